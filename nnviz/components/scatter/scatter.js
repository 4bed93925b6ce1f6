// The component: draws, shows the picture under the pointer, turns what has three axes, and reports what is picked.

import { fitCanvas } from "../common/canvas.js";
import { unpack } from "../common/packed.js";
import { pageOf, watch } from "../common/page.js";
import { isOthers, placeIn, take } from "../common/pointer.js";
import { counted } from "../common/reports.js";
import { given, rem } from "../common/sizes.js";
import { themeOf } from "../common/theme.js";
import { drawNames, drawPicture, drawPoints, drawRing, inks, sheetOf } from "./drawing.js";
import { extentOf, nearestTo, nextTo, project, projectAll, scaleOf } from "./space.js";

const HTML = `<div class="part scatter">
  <canvas></canvas>
  <div class="tip" hidden><canvas></canvas><span></span></div>
  <div class="say" aria-live="polite"></div>
</div>`;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const REACH = 14, STEP = Math.PI / 24, DEGREE = Math.PI / 180;

function draw(state) {
  const { header, canvas, root } = state, width = Math.floor(root.clientWidth);
  if (!width) return;
  const ratio = window.devicePixelRatio || 1, low = window.innerHeight < 800 ? 0.8 : 1;
  // Text has a least size, so in a low window the points give way.
  const height = Math.max(220, Math.floor(header.height * window.innerHeight * low * given()));
  const size = rem();
  const theme = (state.theme = themeOf(root));
  if (state.drawnOf !== `${header.what} ${theme.dark}`) {
    state.colours = inks(header, theme);
    state.sheet = sheetOf(header, state.pictures, state.colours);
    state.drawnOf = `${header.what} ${theme.dark}`;
  }
  const extent = extentOf(header, state.values), scale = scaleOf(header, extent, width, height);
  const view = { extent, scale, width, height, turn: header.axes === 3 ? state.turn : null };
  state.places = projectAll(view, state.values, header.shape[0]);
  fitCanvas(canvas, width, height, ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawPoints(context, state, size);
  drawNames(context, state, size);
  if (header.other) drawRing(context, ...project(view, header.other).slice(0, 2), 0.6 * size, theme);
  if (state.picked !== null) drawRing(context, state.places[3 * state.picked], state.places[3 * state.picked + 1], 0.6 * size, theme);
  // Where a place (x, y, z) stands: x and y of the first pixel and pixels a unit, in the plane; and how it is turned.
  canvas.dataset.view = JSON.stringify([...project(view, [0, 0, 0]).slice(0, 2), scale]);
  canvas.dataset.turn = view.turn ? view.turn.map((angle) => angle.toFixed(3)).join(",") : "";
  canvas.dataset.picked = state.picked === null ? "" : String(state.picked);
}

function under(state, event) {
  return nearestTo(state.places, ...placeIn(state.canvas, event), REACH);
}

function hover(state, event) {
  if (state.drag) return turning(state, event);
  const index = under(state, event), { tip, header } = state;
  tip.hidden = index < 0;
  state.canvas.style.cursor = index >= 0 ? "pointer" : header.axes === 3 ? "grab" : "default";
  if (index < 0) return;
  const side = Math.max(112, Math.round(0.13 * window.innerHeight / 28) * 28);
  drawPicture(tip.querySelector("canvas"), header, state.pictures, index, side);
  tip.querySelector("span").textContent = header.titles[index];
  const [x, y] = [state.places[3 * index], state.places[3 * index + 1]];
  const [w, h] = [tip.offsetWidth, tip.offsetHeight], width = state.root.clientWidth;
  tip.style.left = `${x + 22 + w <= width ? x + 22 : Math.max(0, x - 22 - w)}px`;
  tip.style.top = `${Math.max(0, Math.min(y - h / 2, state.canvas.clientHeight - h))}px`;
}

function turning(state, event) {
  const [dx, dy] = [event.clientX - state.drag.x, event.clientY - state.drag.y];
  if (Math.hypot(dx, dy) > 4) state.drag.moved = true;
  if (state.header.axes !== 3 || !state.drag.moved) return;
  state.tip.hidden = true;
  turnTo(state, state.drag.turn[0] + 0.008 * dx, state.drag.turn[1] + 0.008 * dy);
}

function turnTo(state, yaw, pitch) {
  state.turn = [yaw, Math.max(-Math.PI / 2, Math.min(Math.PI / 2, pitch))];
  // Told once the hand rests: the address is not written at every step of it.
  clearTimeout(state.turned);
  state.turned = setTimeout(() => tellTurn(state), 300);
  cancelAnimationFrame(state.frame);
  state.frame = requestAnimationFrame(() => draw(state));
}

function tellTurn(state) {
  if (state.drag) { state.turned = setTimeout(() => tellTurn(state), 300); return; }
  const [yaw, pitch] = state.turn.map((angle) => Math.round(angle / DEGREE));
  state.told = [((yaw % 360) + 360) % 360, pitch];
  state.report("turn", state.told);
}

function release(state, event) {
  const { drag } = state;
  state.drag = null;
  if (drag && !drag.moved) pick(state, under(state, event));
}

function pick(state, index) {
  if (index < 0) return;
  state.picked = index;
  state.say.textContent = state.header.titles[index];
  draw(state);
  state.reports.tell("pick", { index, count: state.reports.next() });
}

function key(state, event) {
  const step = ARROWS[event.key];
  if (!step || isOthers(event)) return;
  take(event);
  if (state.header.axes === 3) return turnTo(state, state.turn[0] + STEP * step[0], state.turn[1] + STEP * step[1]);
  pick(state, state.picked === null ? 0 : nextTo(state.places, state.picked, step));
}

function begin(root, report, page) {
  const state = { root, canvas: root.querySelector("canvas"), tip: root.querySelector(".tip"), say: root.querySelector(".say"), report, reports: counted(report), picked: null, turn: [0.5, 0.3] };
  const { canvas } = state;
  canvas.addEventListener("pointermove", (event) => hover(state, event));
  canvas.addEventListener("pointerleave", () => { state.tip.hidden = true; });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    state.drag = { x: event.clientX, y: event.clientY, turn: state.turn, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => release(state, event));
  canvas.addEventListener("pointercancel", () => { state.drag = null; });
  canvas.addEventListener("keydown", (event) => key(state, event));
  watch(root, pageOf(page), () => { if (state.header) draw(state); });
  return state;
}

// Fills an empty element; reports "pick": the point's index and how many picks there were, and "turn": degrees. Returns
// what draws a buffer of `scatter.packed`.
export function mount(element, report, page) {
  element.innerHTML = HTML;
  const state = begin(element.querySelector(".scatter"), report, page);
  return (data) => show(state, unpack(data));
}

function show(state, { header, values }) {
  state.header = header;
  state.values = values.subarray(0, header.floats);
  state.pictures = new Uint8Array(values.buffer, values.byteOffset + 4 * header.floats);
  // What was told from here comes back late, and must not turn the points back under the hand.
  if (header.turn && !state.told) {
    state.turn = header.turn.map((angle) => angle * DEGREE);
    state.told = header.turn;
  }
  if (state.reports.answered(header.seen) || state.picked === null) state.picked = header.picked;
  state.canvas.setAttribute("role", "application");
  state.canvas.setAttribute("aria-label", header.alt);
  state.canvas.tabIndex = 0;
  draw(state);
  state.canvas.dataset.drawn = String(Number(state.canvas.dataset.drawn || 0) + 1);
}
