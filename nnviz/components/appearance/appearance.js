// The button: a sun, a moon, or a dark disk, for what is now; a click goes on to the next.

const SHAPES = {
  light: "M12 8a4 4 0 1 0 .01 0zM12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  "dark room": "M3 5h18v11H3zM8 20h8M12 16v4",
};

function show(button) {
  const { name, after } = window.nnTheme;
  button.querySelector("path").setAttribute("d", SHAPES[name]);
  button.setAttribute("aria-label", `Colours: ${name}. Change to ${after}.`);
  button.title = `Colours: ${name}. A click changes to ${after}.`;
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  show(button);
  button.onclick = () => { window.nnTheme.next(); };
  // Also when the system changes, or another window of this browser.
  const watch = new MutationObserver(() => show(button));
  watch.observe(document.documentElement, { attributeFilter: ["data-nn-theme"] });
  return () => watch.disconnect();
}
