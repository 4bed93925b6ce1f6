// What any part is made of: the packed data, the page's colours and sizes, the player's button.

// What Python packs (`parts.buffer`): a header and the bytes after it.
export function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  // A copy, since the bytes may not begin on a multiple of four in the message.
  return { header, rest: bytes.slice(Math.ceil((4 + length) / 4) * 4) };
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

// Red, green and blue of "#rrggbb", 0 to 255.
export function rgb(text) {
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

function rootValue(name, fallback) {
  return parseFloat(getComputedStyle(document.documentElement).getPropertyValue(name)) || fallback;
}

// How much of its share of the window a picture takes: the page gives more or less.
export function given() {
  return rootValue("--nn-room", 1);
}

// The page's font size, CSS pixels.
export function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

// Who asked for less motion.
export function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export function themeOf(root) {
  const style = getComputedStyle(root), css = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const background = css("--paper", "#ffffff");
  const dark = /^#[0-9a-f]{6}$/i.test(background) && rgb(background).reduce((sum, part) => sum + part, 0) < 384;
  return { background, dark, text: css("--text", "#111"), faint: css("--faint", "#bbb"), font: css("--font", "sans-serif"), picked: "#e6007e" };
}

// A canvas so many CSS pixels wide and high, in the device's own; its context draws in the former.
export function fitCanvas(canvas, width, height, ratio) {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

// The button says what it does now.
export function showPlay(button, playing) {
  const word = playing ? "Pause" : "Play";
  button.textContent = playing ? "\u23F8" : "\u25B6";
  button.title = word;
  button.setAttribute("aria-label", word);
}
