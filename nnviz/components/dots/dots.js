// Pictures as dots that are sorted into right and wrong: from one heap to how they were read before, and how they are now.
import { fitCanvas } from "../common/canvas.js";
import { count } from "../common/numbers.js";
import { unpack } from "../common/packed.js";
import { pageOf, watch } from "../common/page.js";
import { playback } from "../common/playback.js";
import { playerHtml } from "../common/player.js";
import { placeIn } from "../common/pointer.js";
import { counted } from "../common/reports.js";
import { given, typeSizes } from "../common/sizes.js";
import { themeOf } from "../common/theme.js";
import { NEWLY_RIGHT, NEWLY_WRONG, STILL_RIGHT, STILL_WRONG, countsOf, kindsOf, placeDots, placesAt } from "./placing.js";

const STOPS = 3, SECONDS = 5, REACH = 12;
const HTML = `<div class="part dots">
  <canvas></canvas>
  ${playerHtml("stop", "From one heap to how they are read now")}
  <div class="tip" hidden><canvas></canvas><span></span></div>
  <div class="say" aria-live="polite"></div>
</div>`;
// The last play that was asked for and begun: a part that is mounted anew plays nothing again.
let begun = 0;

// Args: report: "pick" with { index, count }. What is drawn: `dots.py`.
export function mount(element, report, told) {
  element.innerHTML = HTML;
  const root = element.firstElementChild, canvas = root.querySelector("canvas"), reports = counted(report);
  const state = { root, canvas, tip: root.querySelector(".tip"), header: null, stage: null, pictures: null };
  state.player = playback(root, { seconds: SECONDS, whole: false, show: () => draw(state), rest: () => say(state) });
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.addEventListener("pointermove", (event) => hover(state, event));
  canvas.addEventListener("pointerleave", () => { state.tip.hidden = true; });
  canvas.addEventListener("click", (event) => {
    const index = under(state, event);
    if (index >= 0) reports.tell("pick", { index, count: reports.next() });
  });
  watch(root, pageOf(told), () => { if (state.header && place(state)) draw(state); });

  return (data) => {
    const { header, values } = unpack(data), n = header.n, fresh = !state.header || state.header.what !== header.what;
    if (fresh) {
      [state.labels, state.before, state.now] = [0, 1, 2].map((at) => values.subarray(at * n, (at + 1) * n));
      state.kinds = kindsOf(state.labels, state.before, state.now);
      state.counts = countsOf(state.kinds);
      state.places = new Float32Array(2 * n);
      readPictures(state, header, new Uint8Array(values.buffer, 4 * header.floats, header.packed));
    }
    state.header = header;
    if (fresh) state.player.reset(STOPS - 1, STOPS - 1);
    canvas.setAttribute("aria-label", header.alt);
    if (place(state)) draw(state);
    say(state);
    canvas.dataset.drawn = String(Number(canvas.dataset.drawn || 0) + 1);
    if (header.play > begun) {
      begun = header.play;
      state.player.jump(0, false);
      state.player.play(true);
    }
  };
}

// The pictures of all dots, deflated; they are there a moment later.
async function readPictures(state, header, bytes) {
  state.pictures = null;
  if (!header.packed) return;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const found = new Uint8Array(await new Response(stream).arrayBuffer());
  if (state.header.what === header.what) state.pictures = found;
}

function place(state) {
  const { root, canvas, header } = state, width = Math.floor(root.clientWidth);
  if (!width) return false;
  const ratio = window.devicePixelRatio || 1, type = typeSizes(), theme = themeOf(root), wide = width > 700;
  const height = Math.max(220, Math.floor(header.height * window.innerHeight * (wide ? given() : 1)));
  fitCanvas(canvas, width, height, ratio);
  const gutter = wide ? 12.5 * type.text : 0, above = wide ? 0 : 5.6 * type.text, box = { x: gutter, y: above, w: width - gutter, h: height - above };
  state.colours = theme.dark ? ["#8793a3", "#f0953c", "#6fb1ee", "#f2f4f6"] : ["#a3adba", "#c85f00", "#1f66b3", "#14171a"];
  state.order = [STILL_RIGHT, STILL_WRONG, NEWLY_WRONG, NEWLY_RIGHT].map((kind) => [kind, Array.from(state.kinds.keys()).filter((at) => state.kinds[at] === kind)]);
  state.stage = { ratio, width, height, type, theme, wide, gutter, ...placeDots(state.labels, state.kinds, header.names.length, box, 1.7 * type.text) };
  return true;
}

function draw(state) {
  const { canvas, stage, player, places, order, colours, header } = state, context = canvas.getContext("2d"), { type, theme, pitch } = stage;
  context.setTransform(stage.ratio, 0, 0, stage.ratio, 0, 0);
  context.clearRect(0, 0, stage.width, stage.height);
  drawNames(context, state);
  placesAt(stage.stops, player.position, places);
  const size = pitch > 3 ? pitch - Math.max(0.75, 0.18 * pitch) : 0.8 * pitch;
  for (const [kind, dots] of order) {
    // Who changes sides shows it once it sets off, and lies above the rest.
    const changed = kind === NEWLY_WRONG || kind === NEWLY_RIGHT, started = player.position > 1;
    context.fillStyle = colours[changed && !started ? (kind === NEWLY_WRONG ? STILL_RIGHT : STILL_WRONG) : player.position === 0 ? STILL_RIGHT : kind];
    for (const at of dots) context.fillRect(places[2 * at], places[2 * at + 1], size, size);
  }
  if (header.picked !== null) {
    context.strokeStyle = theme.picked;
    context.lineWidth = 3;
    context.strokeRect(places[2 * header.picked] - 3, places[2 * header.picked + 1] - 3, size + 6, size + 6);
  }
  state.root.querySelector(".where").textContent = stopName(player.position);
  // For tests and for whoever drives the page, as the middle of one dot that is newly wrong.
  canvas.dataset.at = JSON.stringify({ position: player.position, counts: state.counts });
  const one = state.kinds.indexOf(NEWLY_WRONG);
  canvas.dataset.wronged = JSON.stringify(one < 0 ? null : { x: places[2 * one] + size / 2, y: places[2 * one + 1] + size / 2 });
  canvas.dataset.picked = player.position.toFixed(3);
}

const stopName = (position) => (position === 0 ? "all in one heap" : position <= 1 ? "as trained" : "now");

// The line between right and wrong with the classes, and both sides with their counts: as trained, and now.
function drawNames(context, state) {
  const { stage, header, counts, colours } = state, { type, theme, line, middles } = stage, strip = 1.7 * type.text;
  context.fillStyle = theme.text;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.font = `600 ${type.text}px ${theme.font}`;
  if (stage.groups > 1 && state.player.position > 0) middles.forEach((x, at) => context.fillText(header.names[at], x, line + strip / 2, 0.9 * (middles[1] - middles[0])));
  const [right, wronged, righted, wrong] = counts, total = header.n;
  const sides = [
    ["Right", `${count(right + wronged)} \u2192 ${count(right + righted)}`, NEWLY_RIGHT, `${count(righted)} newly right`],
    ["Wrong", `${count(wrong + righted)} \u2192 ${count(wrong + wronged)}`, NEWLY_WRONG, `${count(wronged)} newly wrong`],
  ];
  context.textAlign = "left";
  sides.forEach(([title, numbers, kind, changed], side) => {
    const x = stage.wide ? 0 : (side * stage.width) / 2;
    let y = stage.wide ? (side ? Math.min(line + strip, stage.height - 4 * type.text) : Math.max(0, line - 4.6 * type.text)) + 0.7 * type.text : 0.7 * type.text;
    context.fillStyle = theme.text;
    context.font = `700 ${type.text}px ${theme.font}`;
    context.fillText(title, x, y);
    y += 1.35 * type.text;
    context.font = `600 ${1.15 * type.text}px ${theme.font}`;
    context.fillText(numbers, x, y);
    y += 1.35 * type.text;
    context.fillStyle = colours[kind];
    context.fillRect(x, y - 0.4 * type.text, 0.8 * type.text, 0.8 * type.text);
    context.fillStyle = theme.text;
    context.font = `${type.text}px ${theme.font}`;
    context.fillText(changed, x + 1.2 * type.text, y);
  });
  if (total && stage.wide) {
    context.strokeStyle = theme.faint;
    context.lineWidth = 1;
    context.beginPath();
    for (const y of [line + 1, line + strip - 1]) { context.moveTo(stage.gutter, y); context.lineTo(stage.width, y); }
    context.stroke();
  }
}

function under(state, event) {
  if (!state.stage) return -1;
  const [x, y] = placeIn(state.canvas, event), half = state.stage.pitch / 2, { places } = state;
  let best = -1, least = REACH * REACH;
  for (let at = 0; at < places.length / 2; at++) {
    const far = (places[2 * at] + half - x) ** 2 + (places[2 * at + 1] + half - y) ** 2;
    if (far < least) [best, least] = [at, far];
  }
  return best;
}

function hover(state, event) {
  const index = under(state, event), { tip, root, canvas, header, places } = state;
  tip.hidden = index < 0;
  canvas.style.cursor = index < 0 ? "default" : "pointer";
  if (index < 0) return;
  const name = (values) => header.names[values[index]], title = header.titles ? header.titles[index] : `${header.noun} ${index}`;
  const [was, is] = [name(state.before), name(state.now)];
  tip.querySelector("span").textContent = `${title}, ${name(state.labels)}: ${was === is ? `read as ${was}, before and now` : `read as ${was} before, as ${is} now`}`;
  const picture = tip.querySelector("canvas");
  picture.hidden = !state.pictures;
  if (state.pictures) drawPicture(picture, header.shape, state.pictures, index);
  const [x, y] = [places[2 * index], places[2 * index + 1]], [w, h] = [tip.offsetWidth, tip.offsetHeight];
  tip.style.left = `${x + 20 + w <= root.clientWidth ? x + 20 : Math.max(0, x - 14 - w)}px`;
  tip.style.top = `${Math.max(0, Math.min(y - h / 2, canvas.clientHeight - h))}px`;
}

function drawPicture(canvas, [rows, columns], pictures, index) {
  const image = new ImageData(columns, rows), size = rows * columns;
  for (let cell = 0; cell < size; cell++) image.data.set([...Array(3).fill(pictures[index * size + cell]), 255], 4 * cell);
  canvas.width = columns;
  canvas.height = rows;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function say(state) {
  const [right, wronged, righted, wrong] = state.counts;
  state.root.querySelector(".say").textContent = `${count(right + wronged)} right as trained, ${count(right + righted)} now; ${count(wronged)} newly wrong, ${count(righted)} newly right, ${count(wrong)} wrong as before`;
  state.root.querySelector(".scrub").setAttribute("aria-valuetext", stopName(state.player.position));
}
