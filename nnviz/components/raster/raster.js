// The component: draws, tells the value under the pointer, and reports what is picked by click and by arrow keys.

import { drawBox, fitCanvas } from "../common/canvas.js";
import { number } from "../common/numbers.js";
import { unpack } from "../common/packed.js";
import { pageOf, watch } from "../common/page.js";
import { isOthers, placeIn, placeTip, take } from "../common/pointer.js";
import { counted } from "../common/reports.js";
import { themeOf } from "../common/theme.js";
import { arrange, cellBox, locate, tileBox } from "./layout.js";
import { drawCross, drawLines, drawPanel } from "./paint.js";
import { neighbour, pickedBox } from "./walk.js";

const HTML = `<div class="part raster">
  <canvas></canvas>
  <div class="tip" hidden></div>
  <div class="hint" aria-hidden="true" hidden><span>click or arrow keys</span><span>tap</span></div>
  <div class="say" aria-live="polite"></div>
</div>`;
// CSS pixels: a screen narrower than this is a phone's, and so wide a picture is that is swiped there.
const PHONE = 640, STRIP = 1250;

function draw(state) {
  const { header, values, canvas, root } = state;
  const ratio = window.devicePixelRatio || 1, swipe = header.swipe && root.clientWidth < PHONE;
  const width = swipe ? STRIP : Math.floor(root.clientWidth);
  if (!width) return;
  root.classList.toggle("swipe", swipe);
  const places = (state.places = arrange(header, width, ratio));
  const pad = 5;
  state.pad = pad;
  fitCanvas(canvas, places.width + 2 * pad, places.height + 2 * pad, ratio, Math.ceil);
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
  const open = [0, 0.5, 1].every((part) => state.page.empty(box.right - part * long, middle));
  return open ? { x: width - long, y: -1.5 * size.text - state.pad, room: long } : null;
}

function hint(state) {
  const { root, hint: mark } = state, index = state.header.panels.findIndex((panel) => panel.pick !== "none");
  const free = !hinting || hinting === root || !hinting.isConnected;
  const place = free && state.page.hints && index >= 0 && !state.reports.sent ? hintPlace(state, index) : null;
  mark.hidden = !place;
  if (place) hinting = root; else if (hinting === root) hinting = null;
  if (place) Object.assign(mark.style, { left: `${place.x + state.pad}px`, top: `${place.y + state.pad}px`, maxWidth: `${place.room}px` });
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
  return placeIn(state.canvas, event).map((at) => at - state.pad);
}

function hover(state, event) {
  const [x, y] = point(state, event), at = locate(state.header, state.places, x, y);
  state.tip.hidden = !at;
  if (!at) return;
  state.tip.textContent = valueText(state, at);
  const pickable = state.header.panels[at.panel].pick !== "none";
  state.canvas.style.cursor = pickable ? "pointer" : "crosshair";
  placeTip(state.tip, state.root, x, y);
}

function pick(state, at) {
  if (!at || state.header.panels[at.panel].pick === "none") return;
  state.picked = at;
  const count = state.reports.next();
  state.recent = [...(state.recent || []), { ...at, count }].slice(-16);
  state.say.textContent = valueText(state, at);
  draw(state);
  state.reports.tell("pick", { ...at, count, recent: state.recent });
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function key(state, event) {
  const step = STEPS[event.key], press = state.header.toggles && (event.key === "Enter" || event.key === " ");
  const open = state.header.panels.findIndex((panel) => panel.pick !== "none");
  if ((!step && !press) || open < 0 || isOthers(event)) return;
  take(event);
  const here = { panel: open, tile: 0, row: 0, column: 0 };
  const to = press || !state.picked ? state.picked || here : neighbour(state, state.picked, step);
  if (press || !state.header.toggles) return pick(state, to);
  state.picked = to;
  state.say.textContent = valueText(state, to);
  draw(state);
}

// Fills an empty element; reports "pick": panel, tile, row, column, how many picks there were, and the last of them.
// Returns what draws a buffer of `raster.pack`.
export function mount(element, report, page) {
  element.innerHTML = HTML;
  const part = (name) => element.querySelector(name), root = part(".raster"), canvas = part("canvas");
  const state = { root, canvas, tip: part(".tip"), hint: part(".hint"), say: part(".say"), page: pageOf(page), reports: counted(report), picked: null };
  canvas.addEventListener("pointermove", (event) => hover(state, event));
  canvas.addEventListener("pointerleave", () => { state.tip.hidden = true; });
  canvas.addEventListener("click", (event) => pick(state, locate(state.header, state.places, ...point(state, event))));
  canvas.addEventListener("keydown", (event) => key(state, event));
  watch(root, state.page, () => { if (state.header) draw(state); });
  return (data) => show(state, unpack(data));
}

function show(state, { header, values }) {
  const { canvas, reports } = state;
  Object.assign(state, { header, values });
  if (reports.answered(header.seen) || !state.picked) state.picked = header.picked;
  const active = header.panels.some((panel) => panel.pick !== "none");
  canvas.setAttribute("role", active ? "application" : "img");
  canvas.setAttribute("aria-label", header.alt);
  if (active) canvas.tabIndex = 0; else canvas.removeAttribute("tabindex");
  draw(state);
  canvas.dataset.drawn = String(Number(canvas.dataset.drawn || 0) + 1);
}
