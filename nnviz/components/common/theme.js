// The colours and the font of the page, which part.css has from the page or gives defaults.

// A variable of CSS where an element stands.
export function cssValue(element, name, fallback) {
  return getComputedStyle(element).getPropertyValue(name).trim() || fallback;
}

export function themeOf(root) {
  const background = cssValue(root, "--paper", "#fff");
  return {
    background, dark: isDark(background), text: cssValue(root, "--text", "#111"), faint: cssValue(root, "--faint", "#bbb"),
    font: cssValue(root, "--font", "sans-serif"), picked: "#e6007e", mark: "#00a08a", negative: "#2f6fb5", positive: "#d9700a",
  };
}

// Whatever CSS calls the colour.
function isDark(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  const found = /^#(..)(..)(..)/.exec(context.fillStyle);
  return found !== null && found.slice(1).reduce((sum, part) => sum + parseInt(part, 16), 0) < 382;
}
