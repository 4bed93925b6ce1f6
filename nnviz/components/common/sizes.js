// Sizes of what is written, and the share of the window that pictures take, which the page says in variables of CSS.

function rootValue(name, fallback) {
  return parseFloat(getComputedStyle(document.documentElement).getPropertyValue(name)) || fallback;
}

// The page's font size, CSS pixels.
export function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

// How much of its share of the window a picture takes: the page gives more or less.
export function given() {
  return rootValue("--nn-room", 1);
}

// Sizes of what is written, CSS pixels: a panel's title in shares of the root's, which a page may say anew.
export function typeSizes() {
  const root = rem();
  return { text: Math.max(16, 0.78 * root), title: Math.max(17, rootValue("--nn-panel-title", 0.82) * root), number: Math.max(16, 0.86 * root) };
}

// Who asked for less motion.
export function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
