// The component: draws, tells the value under the pointer, and reports what is picked by click and by arrow keys.

const STATES = new WeakMap();
// CSS pixels: a screen narrower than this is a phone's, and so wide a picture is that is swiped there.
const PHONE = 640, STRIP = 1250;

function themeOf(root) {
  const style = getComputedStyle(root);
  const css = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: css("--st-text-color", "#111"), background: css("--st-background-color", "#fff"), faint: css("--st-border-color", "#bbb"),
    font: css("--st-font", "sans-serif"), picked: "#e6007e", mark: "#00a08a", negative: "#2f6fb5", positive: "#d9700a",
  };
}

function draw(state) {
  const { header, values, canvas, root } = state;
  const ratio = window.devicePixelRatio || 1, swipe = header.swipe && root.clientWidth < PHONE;
  const width = swipe ? STRIP : Math.floor(root.clientWidth);
  if (!width) return;
  root.classList.toggle("swipe", swipe);
  const places = (state.places = arrange(header, width, ratio));
  const pad = 5;
  state.pad = pad;
  canvas.width = Math.ceil((places.width + 2 * pad) * ratio);
  canvas.height = Math.ceil((places.height + 2 * pad) * ratio);
  canvas.style.width = `${canvas.width / ratio}px`;
  canvas.style.height = `${canvas.height / ratio}px`;
  const context = canvas.getContext("2d"), theme = themeOf(root);
  context.setTransform(ratio, 0, 0, ratio, Math.round(pad * ratio), Math.round(pad * ratio));
  // Lines pass behind the panels that they do not belong to.
  const tied = new Set(header.lines.flatMap((line) => [line.from.panel, line.to.panel]));
  const over = (index) => header.lines.length > 0 && !tied.has(index);
  header.panels.forEach((panel, index) => { if (!over(index)) drawPanel(context, panel, places.panels[index], values, theme); });
  if (header.lines.length) drawLines(context, header, places, theme);
  header.panels.forEach((panel, index) => {
    if (!over(index)) return;
    const size = places.panels[index];
    context.fillStyle = theme.background;
    context.fillRect(size.x - 5, size.y, size.width + 10, size.height + 5);
    drawPanel(context, panel, size, values, theme);
  });
  for (const cross of header.crosses || []) drawCross(context, cellBox(places.panels[cross.panel], header.panels[cross.panel], cross), theme);
  for (const mark of header.marks) drawBox(context, cellBox(places.panels[mark.panel], header.panels[mark.panel], mark), theme[mark.colour], 2.5);
  if (state.picked) drawBox(context, pickedBox(state, state.picked), theme.picked, 3.5);
  // What stands where, in CSS pixels within the canvas: for tests and for whoever drives the page.
  canvas.dataset.places = JSON.stringify(places.panels.map((size, index) => Array.from({ length: header.panels[index].n }, (_, tile) => {
    const box = tileBox(size, tile);
    return [box.x + pad, box.y + pad, box.w, box.h].map((number_) => Math.round(number_ * 10) / 10);
  })));
  hint(state);
  canvas.dataset.picked = state.picked ? [state.picked.panel, state.picked.tile, state.picked.row, state.picked.column].join(",") : "";
}

// The picture of the page that says how it is picked, until that was done once.
let hinting = null;
// What only holds other parts of a page.
const LAYOUT = "[data-testid=stVerticalBlock], [data-testid=stHorizontalBlock], [data-testid=stLayoutWrapper], [data-testid=stColumn], [data-testid=stMainBlockContainer]";

// Where there is room for the hint, CSS pixels: beside the title, beside the tiles, else below what is shorter than the rest.
function hintPlace(state, index) {
  const { header, places, root } = state, size = places.panels[index], width = root.clientWidth - state.pad, panel = header.panels[index];
  const limit = (at) => Math.min(width, ...places.panels.filter((each) => each.x > at.x && each.y < at.y + at.height && at.y < each.y + each.height).map((each) => each.x - 14));
  const context = state.canvas.getContext("2d"), least = 8 * size.text;
  context.font = `600 ${size.title}px ${themeOf(root).font}`;
  const after = size.x + context.measureText(panel.title).width + size.text;
  if (panel.title && limit(size) - after >= 1.3 * least) return { x: after, y: size.y + 0.15 * size.title, room: limit(size) - after };
  const beside = size.x + size.width + 14;
  if (limit(size) - beside >= least) return { x: beside, y: size.y + size.head, room: limit(size) - beside };
  const floor = (at) => Math.min(places.height, ...places.panels.filter((each) => each.y > at.y && each.x < at.x + 1.2 * least && at.x < each.x + each.width).map((each) => each.y));
  const short = places.panels.find((each) => floor(each) - each.y - each.height >= 3 * size.text && limit(each) - each.x >= 0.8 * least && each.y === size.y);
  if (short) return { x: short.x, y: short.y + short.height + 0.5 * size.text, room: limit(short) - short.x };
  // At the right end above the picture, where nothing of the page is.
  const box = root.getBoundingClientRect(), long = 1.4 * least, middle = box.top - 0.9 * size.text;
  const open = [0, 0.5, 1].every((part) => document.elementFromPoint(box.right - part * long, middle)?.matches(LAYOUT));
  return open ? { x: width - long, y: -1.5 * size.text - state.pad, room: long } : null;
}

function hint(state) {
  const { root, hint: mark } = state, index = state.header.panels.findIndex((panel) => panel.pick !== "none");
  const free = !hinting || hinting === root || !hinting.isConnected, main = root.getRootNode().host?.closest("[data-testid=stMain]");
  const place = free && main && index >= 0 && !state.sent ? hintPlace(state, index) : null;
  mark.hidden = !place;
  if (place) hinting = root; else if (hinting === root) hinting = null;
  if (place) Object.assign(mark.style, { left: `${place.x + state.pad}px`, top: `${place.y + state.pad}px`, maxWidth: `${place.room}px` });
}

function pickedBox(state, at) {
  const panel = state.header.panels[at.panel];
  return cellBox(state.places.panels[at.panel], panel, panel.pick === "cell" ? at : { tile: at.tile });
}

function valueText(state, at) {
  const panel = state.header.panels[at.panel];
  const cell = at.row * panel.w + at.column, base = panel.offset + (at.tile * panel.h * panel.w + cell) * panel.channels;
  const found = Array.from(state.values.slice(base, base + panel.channels), (value) => number(value));
  const name = panel.names[panel.units ? cell : at.tile] || (panel.units ? `${panel.unit} ${cell}` : "");
  if (panel.texts?.length) return name || panel.texts[cell];
  const where = panel.units ? "" : `row ${at.row + state.header.first}, column ${at.column + state.header.first}: `;
  if (panel.blank.includes(cell)) return `${name}${name ? ", " : ""}${where}no value`;
  return `${name}${name ? (panel.units ? ": " : ", ") : ""}${where}${found.join(" / ")}`;
}

function point(state, event) {
  const box = state.canvas.getBoundingClientRect();
  return [event.clientX - box.left - state.pad, event.clientY - box.top - state.pad];
}

function hover(state, event) {
  const [x, y] = point(state, event), at = locate(state.header, state.places, x, y);
  state.tip.hidden = !at;
  if (!at) return;
  state.tip.textContent = valueText(state, at);
  const pickable = state.header.panels[at.panel].pick !== "none";
  state.canvas.style.cursor = pickable ? "pointer" : "crosshair";
  const width = state.tip.offsetWidth, left = Math.min(x + 18, state.root.clientWidth - width - 4);
  state.tip.style.left = `${Math.max(0, left)}px`;
  state.tip.style.top = `${y > 60 ? y - 46 : y + 26}px`;
}

function pick(state, at) {
  if (!at || state.header.panels[at.panel].pick === "none") return;
  state.picked = at;
  state.sent += 1;
  state.recent = [...(state.recent || []), { ...at, count: state.sent }].slice(-16);
  state.say.textContent = valueText(state, at);
  draw(state);
  // A key that is held sends at most one pick in 60 ms, and always the last one.
  clearTimeout(state.timer);
  const send = () => { state.last = performance.now(); state.report({ ...state.picked, count: state.sent, recent: state.recent }); };
  const wait = 60 - (performance.now() - state.last);
  if (wait <= 0) send(); else state.timer = setTimeout(send, wait);
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function key(state, event) {
  const step = STEPS[event.key], press = state.header.toggles && (event.key === "Enter" || event.key === " ");
  const open = state.header.panels.findIndex((panel) => panel.pick !== "none");
  if ((!step && !press) || open < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  const here = { panel: open, tile: 0, row: 0, column: 0 };
  const to = press || !state.picked ? state.picked || here : neighbour(state, state.picked, step);
  if (press || !state.header.toggles) return pick(state, to);
  state.picked = to;
  state.say.textContent = valueText(state, to);
  draw(state);
}

function neighbour(state, at, [down, right]) {
  const panel = state.header.panels[at.panel], size = state.places.panels[at.panel];
  if (panel.pick === "cell") {
    const row = at.row + down, column = at.column + right;
    const inside = row >= 0 && row < panel.h && column >= 0 && column < panel.w && (!panel.units || row * panel.w + column < panel.units);
    if (inside) return { ...at, row, column };
    if (right && (column < 0 || column >= panel.w)) return across(state, at, right) || at;
    return at;
  }
  const column = (at.tile % size.columns) + right, tile = at.tile + right + down * size.columns;
  if (right && (column < 0 || column >= size.columns || tile >= panel.n)) return across(state, at, right) || at;
  if (tile >= 0 && tile < panel.n) return { ...at, tile };
  return (down && beyond(state, at, down)) || at;
}

// The tile that stands nearest in a row of panels below or above.
function beyond(state, at, down) {
  const { panels } = state.header, here = pickedBox(state, at);
  let best = null;
  panels.forEach((panel, next) => {
    if (panel.pick !== "tile" || Math.sign(panel.row - panels[at.panel].row) !== down) return;
    for (let tile = 0; tile < panel.n; tile++) {
      const there = { panel: next, tile, row: 0, column: 0 }, box = pickedBox(state, there);
      const far = Math.abs(box.y - here.y) + 0.2 * Math.abs(box.x - here.x);
      if (!best || far < best.far) best = { far, there };
    }
  });
  return best && best.there;
}

// The tile or cell of the next panel that stands level with this one.
function across(state, at, right) {
  const { header, places } = state, here = pickedBox(state, at);
  for (let next = at.panel + right; next >= 0 && next < header.panels.length; next += right) {
    const panel = header.panels[next];
    if (panel.pick === "none" || panel.row !== header.panels[at.panel].row) continue;
    let best = null;
    const cells = panel.pick === "cell" ? panel.units || panel.h * panel.w : 1;
    for (let tile = 0; tile < panel.n; tile++) for (let cell = 0; cell < cells; cell++) {
      const there = { panel: next, tile, row: Math.floor(cell / panel.w), column: cell % panel.w }, box = pickedBox(state, there);
      const far = Math.abs(box.y - here.y) + 0.2 * Math.abs(box.x - here.x);
      if (!best || far < best.far) best = { far, there };
    }
    return best.there;
  }
  return null;
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let state = STATES.get(parentElement);
  if (!state) {
    const root = parentElement.querySelector(".raster");
    state = { root, canvas: root.querySelector("canvas"), tip: root.querySelector(".tip"), hint: root.querySelector(".hint"), say: root.querySelector(".say"), sent: 0, last: -1e9, picked: null };
    STATES.set(parentElement, state);
    const now = state;
    now.canvas.addEventListener("pointermove", (event) => hover(now, event));
    now.canvas.addEventListener("pointerleave", () => { now.tip.hidden = true; });
    now.canvas.addEventListener("click", (event) => pick(now, locate(now.header, now.places, ...point(now, event))));
    now.canvas.addEventListener("keydown", (event) => key(now, event));
    now.watch = new ResizeObserver(() => { if (now.header && now.width !== root.clientWidth) { now.width = root.clientWidth; draw(now); } });
    now.watch.observe(root);
    now.resized = () => {
      if (root.isConnected) { if (now.header) draw(now); return; }
      // The page was left: nothing here may keep its arrays alive.
      window.removeEventListener("resize", now.resized);
      now.watch.disconnect();
    };
    window.addEventListener("resize", now.resized);
  }
  Object.assign(state, unpack(data));
  state.report = (value) => setStateValue("pick", value);
  // A reply to an earlier pick must not move the outline back while a later one is under way.
  if (state.header.seen >= state.sent || !state.picked) { state.picked = state.header.picked; state.sent = Math.max(state.sent, state.header.seen); }
  const active = state.header.panels.some((panel) => panel.pick !== "none");
  state.canvas.setAttribute("role", active ? "application" : "img");
  state.canvas.setAttribute("aria-label", state.header.alt);
  if (active) state.canvas.tabIndex = 0; else state.canvas.removeAttribute("tabindex");
  state.width = state.root.clientWidth;
  draw(state);
  state.canvas.dataset.drawn = String(Number(state.canvas.dataset.drawn || 0) + 1);
}
