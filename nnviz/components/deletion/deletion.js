// A picture that loses its pixels in two orders, the answer that sinks with it, and a point on each curve.
import { fitCanvas } from "../common/canvas.js";
import { unpack } from "../common/packed.js";
import { pageOf, watch } from "../common/page.js";
import { playback } from "../common/playback.js";
import { playerHtml } from "../common/player.js";
import { placeIn } from "../common/pointer.js";
import { counted } from "../common/reports.js";
import { given, typeSizes } from "../common/sizes.js";
import { themeOf } from "../common/theme.js";
import { along, dot, drawChart, drawPoints, placeChart, pointAt } from "./curves.js";
import { FINE, GIVEN, TAKEN, barHeight, drawBar, drawPicture, fitted, limitAt, pictureSheet } from "./pictures.js";

const GAP = 18, SECONDS = 6;
// CSS pixels: from this width on the charts stand beside the pictures.
const WIDE = 560;
const HTML = `<div class="part deletion">
  <canvas></canvas>
  <div class="bottom">
    <div class="ways" role="group" aria-label="What is done with the pixels"><button type="button">Take away</button><button type="button">Give</button></div>
    ${playerHtml("step", "Share of the pixels")}
  </div>
  <div class="say" aria-live="polite"></div>
</div>`;

// Args: report: "at" with { step, way, count } where it came to rest. What is drawn: `deletion.py`.
export function mount(element, report, told) {
  element.innerHTML = HTML;
  const root = element.firstElementChild, canvas = root.querySelector("canvas"), reports = counted(report);
  const state = { root, canvas, way: TAKEN, header: null, stage: null };
  const tell = () => {
    say(state);
    reports.tell("at", { step: Math.round(state.player.position), way: state.way, count: reports.next() });
  };
  state.player = playback(root, { seconds: SECONDS, whole: true, show: () => draw(state), rest: tell });
  const buttons = [...root.querySelectorAll(".ways button")];
  const turn = (way) => {
    state.way = way;
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === way)));
  };
  buttons.forEach((button, way) => button.addEventListener("click", () => { turn(way); draw(state); tell(); }));
  // A chart is a bar to scrub with, and its way is the one that is shown.
  const scrub = (event, done) => {
    const [x, y] = placeIn(canvas, event), way = state.stage.plots.findIndex(({ box }) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h);
    if (state.held === undefined && way < 0) return;
    if (state.held === undefined) { state.held = way; turn(way); canvas.setPointerCapture(event.pointerId); }
    const { plot } = state.stage.plots[state.held], last = state.header.shares.length - 1;
    state.player.jump(Math.round(Math.min(1, Math.max(0, (x - plot.x) / plot.w)) * last), done);
  };
  canvas.addEventListener("pointerdown", (event) => { if (!event.button && state.stage) scrub(event, false); });
  canvas.addEventListener("pointermove", (event) => { if (state.held !== undefined) scrub(event, false); });
  canvas.addEventListener("pointerup", (event) => { if (state.held !== undefined) { scrub(event, true); state.held = undefined; } });
  canvas.addEventListener("pointercancel", () => { state.held = undefined; });
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  watch(root, pageOf(told), () => { if (state.header && place(state)) draw(state); });

  return (data) => {
    const { header, values } = unpack(data), [rows, columns, channels] = header.shape, pixels = rows * columns;
    const fresh = !state.header || state.header.what !== header.what, steps = header.shares.length - 1;
    if (fresh) {
      const bytes = new Uint8Array(values.buffer, 4 * header.floats);
      state.pixels = { picture: bytes.subarray(0, pixels * channels), fill: bytes.subarray(pixels * channels, 2 * pixels * channels) };
      state.ranks = [values.subarray(0, pixels), values.subarray(pixels, 2 * pixels)];
      state.sheets = [];
    }
    state.header = header;
    // A reply to an earlier report moves nothing back while a later one is under way.
    if (fresh || (reports.answered(header.seen) && !state.player.moving && state.held === undefined)) {
      state.player.reset(steps, header.step);
      turn(header.way);
    }
    canvas.setAttribute("aria-label", header.alt);
    if (place(state)) draw(state);
    say(state);
    // Told, not on arrival: what is drawn for the first time stands still.
    if (state.told !== undefined && state.told !== header.play) state.player.play(header.play);
    state.told = header.play;
    canvas.dataset.drawn = String(Number(canvas.dataset.drawn || 0) + 1);
  };
}

// Where everything stands: the two pictures with their bars, and the two charts beside them or, on a phone, below.
function place(state) {
  const { root, canvas, header } = state, width = Math.floor(root.clientWidth);
  if (!width) return false;
  const ratio = window.devicePixelRatio || 1, type = typeSizes(), low = window.innerHeight < 800 ? 0.88 : 1, wide = width >= WIDE;
  const theme = { ...themeOf(root) };
  theme.random = theme.dark ? "#a9b1bd" : "#5b6470";
  const head = 1.7 * type.text, foot = 0.5 * type.text + 2 * barHeight(type) + 0.6 * type.text, [rows, columns] = header.shape;
  const room = Math.max(wide ? 240 : 0, Math.floor(header.height * window.innerHeight * low * (wide ? given() : 1)));
  const side = wide ? Math.min((0.56 * width - GAP) / 2, Math.max(120, room - head - foot)) : (width - GAP) / 2;
  // Whole device pixels a pixel of the picture, but of a photograph, whose pixels nobody counts.
  const cell = (side * ratio) / Math.max(rows, columns), scale = (cell >= FINE ? Math.floor(cell) : cell) / ratio;
  const [w, h] = [columns * scale, rows * scale], height = wide ? Math.max(room, head + h + foot) : head + h + foot + 2 * 11 * type.text;
  const pictures = [0, 1].map((order) => ({ x: order * (Math.max(w, side * (wide ? 0 : 1)) + GAP), y: head, w, h }));
  const context = canvas.getContext("2d");
  fitCanvas(canvas, width, height, ratio);
  const from = wide ? 2 * w + GAP + 2 * GAP : 0, top = wide ? 0 : head + h + foot, each = (height - top - (wide ? 0.6 * type.text : 0)) / 2;
  const plots = [TAKEN, GIVEN].map((way) => {
    const box = { x: from, y: top + way * (each + (wide ? 0.6 * type.text : 0)), w: width - from, h: each };
    return { box, plot: placeChart(context, box, header.range, type, theme) };
  });
  state.stage = { type, theme, ratio, width, height, pictures, plots };
  // What stands where, CSS pixels within the canvas: for tests and for whoever drives the page.
  canvas.dataset.places = JSON.stringify({ pictures, plots: plots.map(({ plot }) => plot) });
  return true;
}

function draw(state) {
  const { canvas, header, stage, player, way } = state, { type, theme } = stage, context = canvas.getContext("2d");
  const { position } = player, step = Math.min(Math.floor(position + 1e-9), header.shares.length - 1), limit = limitAt(header, position);
  context.setTransform(stage.ratio, 0, 0, stage.ratio, 0, 0);
  context.clearRect(0, 0, stage.width, stage.height);
  header.orders.forEach((order, at) => drawOrder(context, state, order, at, limit, step));
  const points = [TAKEN, GIVEN].map((one) => {
    const { box, plot } = stage.plots[one], curves = header.orders.map((order) => order.curves[one]), share = along(header.shares, position);
    const chart = { title: header.ways[one].title, active: one === way, shares: header.shares, own: curves[0], random: curves[1], low: header.ways[one].low, high: header.ways[one].high };
    drawChart(context, box, plot, chart, type, theme);
    // The points run along the lines as they are drawn; what is measured stands at the steps.
    const values = curves.map((curve) => along(curve, position));
    drawPoints(context, plot, share, values, theme);
    return values.map((value) => pointAt(plot, share, value));
  });
  const gone = Math.min(limit, header.differ);
  state.root.querySelector(".where").textContent = `${gone.toLocaleString("en")} of ${header.differ.toLocaleString("en")} ${way === TAKEN ? "gone" : "there"}`;
  canvas.dataset.at = JSON.stringify({ position, step, way, limit, points, values: header.orders.map((order) => order.curves[way][step]) });
  canvas.dataset.picked = `${way},${position.toFixed(2)}`;
}

// One picture with its title above, and below it the answer as it was measured last.
function drawOrder(context, state, order, at, limit, step) {
  const { header, stage, way, ranks, pixels, sheets } = state, { type, theme } = stage, box = stage.pictures[at], key = `${limit} ${way}`;
  if (sheets[at]?.key !== key) sheets[at] = { key, sheet: pictureSheet(header, pixels, ranks[at], limit, way) };
  const colour = at ? theme.random : theme.positive, y = 0.75 * type.text;
  dot(context, [box.x + 9, y], colour, theme, 8);
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = theme.text;
  context.font = `600 ${type.text}px ${theme.font}`;
  context.fillText(fitted(context, order.title, box.w - 24), box.x + 24, y);
  drawPicture(context, sheets[at].sheet, box, stage.ratio, theme);
  const bar = { x: box.x, y: box.y + box.h + 0.5 * type.text, w: box.w }, { name, ink, range } = header;
  drawBar(context, bar, { name, number: order.numbers[way][step], value: order.curves[way][step], range, colour: ink, bold: true }, type, theme);
  const other = order.said?.[way][step];
  if (other) drawBar(context, { ...bar, y: bar.y + barHeight(type) }, { ...other, range, colour: theme.random, bold: false }, type, theme);
}

function say(state) {
  const { header, player, way, root } = state, step = Math.round(player.position);
  const [own, random] = header.orders.map((order) => order.numbers[way][step]), where = root.querySelector(".where").textContent;
  root.querySelector(".say").textContent = `${where}: ${header.measure} ${own} in the map's order, ${random} in a random one`;
  root.querySelector(".scrub").setAttribute("aria-valuetext", where);
}
