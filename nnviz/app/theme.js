// Light, dark or a dark room: the browser keeps the choice, and Streamlit is told it as what the system prefers. So all
// of the page changes at once, and nothing is loaded anew. Stands in the page before Streamlit's own script.
{
  const KEY = "nnviz-theme", THEMES = ["light", "dark", "dark room"], PREFERS = "(prefers-color-scheme: dark)";
  const ask = window.matchMedia.bind(window), system = ask(PREFERS), told = new EventTarget();
  // A browser that keeps nothing for pages says so by an error.
  const storage = (() => { try { return window.localStorage; } catch { return null; } })();
  let chosen = storage?.getItem(KEY);
  const theme = () => (THEMES.includes(chosen) ? chosen : system.matches ? "dark" : "light");
  Object.defineProperties(told, { matches: { get: () => theme() !== "light" }, media: { value: PREFERS } });
  window.matchMedia = (query) => (query === PREFERS ? told : ask(query));
  const show = () => { document.documentElement.dataset.nnTheme = theme(); };
  const change = () => {
    show();
    told.dispatchEvent(new Event("change"));
    // Canvases are drawn anew as for another size of the window, once Streamlit's own colours have changed.
    requestAnimationFrame(() => requestAnimationFrame(() => window.dispatchEvent(new Event("resize"))));
  };
  system.addEventListener("change", change);
  // The other windows of this browser follow: the speaker's switches the wall.
  window.addEventListener("storage", (event) => { if (event.key === KEY) { chosen = event.newValue; change(); } });
  window.nnTheme = {
    get name() { return theme(); },
    get after() { return THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]; },
    next() {
      chosen = this.after;
      storage?.setItem(KEY, chosen);
      change();
    },
  };
  show();
}
