// Pictures as points that travel from map to map. `mount(element, report)` fills an empty element and returns what draws
// data; it reports "pick" {index, follow}, "follow" {on}, "rest" {stop, since} and "turn" [yaw, pitch], counted where it matters.

import { fitCanvas, scaled, sheetFrom } from "../common/canvas.js";
import { unpack } from "../common/packed.js";
import { pageOf } from "../common/page.js";
import { showPlay } from "../common/player.js";
import { counted } from "../common/reports.js";
import { calm, given, rem } from "../common/sizes.js";
import { themeOf } from "../common/theme.js";
import { drawCurve, layCurve } from "./curve.js";
import { dotsOf, drawMarks, drawNames, drawOwn, drawPoints, drawTrail, inksOf, pictureSize, sheetOf } from "./drawing.js";
import { fillPanel, showFollowed } from "./panel.js";
import { DEGREE, listen } from "./pointing.js";
import { framesOf, inFrame, layOut, placeAll, projector } from "./space.js";
import { advance, go, moves, pause, play, SPEEDS, travelFrom } from "./travel.js";
import { panTo } from "./zoom.js";

const HTML = `<div class="part scatter">
  <div class="cloud"><canvas class="points"></canvas>
    <div class="zoom"><button type="button" class="in" aria-label="Zoom in" title="Zoom in (+)">+</button><button type="button" class="out" aria-label="Zoom out" title="Zoom out (-)">&minus;</button></div>
  </div>
  <div class="strip">
    <button type="button" class="back" aria-label="One layer back" title="One layer back">&#8676;</button>
    <button type="button" class="play" aria-label="Play" title="Play">&#9654;</button>
    <button type="button" class="on" aria-label="One layer on" title="One layer on">&#8677;</button>
    <span class="where"></span>
    <label class="speed"><span>Speed</span> <input type="range" aria-label="Speed" min="0" step="1"><span class="rate"></span></label>
    <div class="curve"><canvas></canvas><input type="range" class="scrub" aria-label="Layer" min="0" step="1"></div>
  </div>
  <div class="side"><div class="legend"></div><div class="told"></div><div class="marked"></div></div>
  <div class="tip" hidden><canvas></canvas><span></span></div>
  <div class="say" aria-live="polite"></div>
</div>`;
// Below so many CSS pixels a window is low, and text, which has a least size, takes more of it.
const LOW = 800;
const FADE_SECONDS = 0.12, SLIDE_SECONDS = 0.15;

// Everything that does not change from frame to frame.
function lay(state) {
  const { header, root, parts, canvas, view } = state;
  if (!root.clientWidth) return false;
  const ratio = window.devicePixelRatio || 1;
  state.rem = rem();
  state.low = window.innerHeight < LOW;
  state.theme = themeOf(root);
  state.at = stopOf(state);
  const look = `${header.what} ${state.theme.dark} ${ratio} ${state.rem}`;
  if (state.look !== look) {
    state.inks = inksOf(header, state.theme.dark);
    state.sheet = sheetOf(header, state.pictures, state.inks);
    state.dots = dotsOf(state.inks, 0.19 * state.rem, ratio);
    state.look = look;
  }
  fillPanel(state, (index) => {
    // Where it is not seen the view goes to it.
    const [x, y] = [state.places[3 * index], state.places[3 * index + 1]], seen = x > 0 && y > 0 && x < view.width && y < view.height;
    if (!seen && !view.turn) view.goal = panTo(view, x, y);
    state.pick(index, !(state.follow && state.picked === index));
  });
  parts.strip.hidden = header.stops.length < 2;
  if (!parts.strip.hidden) layCurve(state);
  const total = header.height * window.innerHeight * (state.low ? 0.8 : 1) * given();
  view.width = Math.floor(parts.cloud.clientWidth);
  view.height = Math.max(220, Math.floor(total - (parts.strip.hidden ? 0 : parts.strip.offsetHeight + 6)));
  root.style.setProperty("--high", `${view.height}px`);
  fitCanvas(canvas, view.width, view.height, ratio);
  state.context = scaled(canvas, ratio);
  state.frames = framesOf(header, state.maps, header.own, view.width, view.height);
  state.laid = layOut(header, state.maps, state.frames);
  state.ownLaid = header.own && header.own.map((place, map) => place && inFrame(state.frames[map], place));
  view.turn = header.axes === 3 ? state.turn : null;
  return true;
}

// Where it is among the stops of the curve.
function stopOf({ header, travel }) {
  const low = Math.floor(travel.position), from = header.at[low];
  return from + (travel.position - low) * ((header.at[low + 1] ?? from) - from);
}

function draw(state) {
  if (!state.laid) return;
  const { header, view, context, canvas, travel, root, parts } = state, n = header.shape[0];
  view.turn = header.axes === 3 ? state.turn : null;
  placeAll(view, state.laid, n, travel.position, state.places);
  state.here = placeOwn(state);
  state.at = stopOf(state);
  context.clearRect(0, 0, view.width, view.height);
  drawPoints(context, state);
  drawNames(context, state);
  drawMarks(context, state);
  drawTrail(context, state);
  drawOwn(context, state);
  if (!parts.strip.hidden) drawCurve(state, state.at);
  const words = wordsFor(state);
  if (parts.where.textContent !== words) parts.where.textContent = words;
  // Where a place (x, y) of the nearest map stands: x and y of the first pixel and pixels a unit; and how it is turned.
  const frame = state.frames[Math.round(travel.position)], origin = [0, 0, 0];
  projector({ ...view, turn: null })(...inFrame(frame, [0, 0, 0].slice(0, header.axes)), origin, 0);
  canvas.dataset.view = JSON.stringify([...origin.slice(0, 2), frame.scale * view.zoom]);
  canvas.dataset.turn = view.turn ? view.turn.map((angle) => angle.toFixed(3)).join(",") : "";
  canvas.dataset.picked = state.picked === null ? "" : String(state.picked);
  root.dataset.at = JSON.stringify({ position: travel.position, moving: moves(travel), playing: travel.playing, follow: state.follow, zoom: view.zoom, pictures: pictureSize(header, view.zoom, state.rem), own: state.here && Array.from(state.here.slice(0, 2)) });
}

// Where what is under study stands now.
function placeOwn(state) {
  const { picked, places, ownLaid, view, travel } = state, low = Math.floor(travel.position), share = travel.position - low;
  if (picked !== null) return places.subarray(3 * picked, 3 * picked + 3);
  const [a, b] = ownLaid ? [ownLaid[low], ownLaid[share ? low + 1 : low]] : [null, null];
  if (!a || !b) return null;
  const found = [0, 0, 0];
  projector(view)(...a.map((value, axis) => value + share * (b[axis] - value)), found, 0);
  return found;
}

function wordsFor({ header, at }) {
  const low = Math.floor(at), name = header.stops[low].short;
  return at === low ? `${name}, ${low + 1} of ${header.stops.length}` : `${name} \u2192 ${header.stops[low + 1].short}`;
}

// The picture of what is under study, to be drawn at any size.
function thumbOf(state) {
  const { header, pictures, picked } = state;
  const [rows, columns] = picked === null ? header.thumb : header.shape.slice(1), image = new ImageData(columns, rows), size = rows * columns;
  for (let cell = 0; cell < size; cell++) {
    const at = 3 * cell, value = picked === null ? state.thumbnail.subarray(at, at + 3) : Array(3).fill(pictures[picked * size + cell]);
    image.data.set([...value, 255], 4 * cell);
  }
  return sheetFrom(image);
}

function animate(state) {
  if (state.running) return;
  state.running = true;
  let before = performance.now();
  const frame = (now) => {
    const seconds = Math.min(Math.max((now - before) / 1000, 0), 0.25);
    before = now;
    if (!state.root.isConnected) { state.running = false; return; }
    const rested = advance(state.travel, seconds, state.header.maps - 1, SPEEDS[Number(state.parts.rate.value)], calm());
    const wanted = state.follow ? 1 : 0, far = wanted - state.fade;
    state.fade = calm() || Math.abs(far) < 0.02 ? wanted : state.fade + far * (1 - Math.exp(-seconds / FADE_SECONDS));
    const sliding = slide(state, seconds);
    draw(state);
    if (rested) rest(state);
    showPlaying(state);
    if (moves(state.travel) || state.fade !== wanted || sliding) requestAnimationFrame(frame);
    else state.running = false;
  };
  requestAnimationFrame(frame);
}

// The view on its way to what was chosen beside it; whether it still is.
function slide({ view }, seconds) {
  if (!view.goal) return false;
  const share = calm() ? 1 : 1 - Math.exp(-seconds / SLIDE_SECONDS), far = [0, 1].map((axis) => view.goal[axis] - view.pan[axis]);
  const there = Math.hypot(...far) * view.zoom < 0.5;
  view.pan = there ? view.goal : view.pan.map((at, axis) => at + share * far[axis]);
  if (there) view.goal = null;
  return !there;
}

// It stands: the page is told where, and where the page had it, once, unless that is where it stands.
function rest(state) {
  const stop = state.header.at[state.travel.position];
  state.parts.say.textContent = wordsFor(state);
  if (state.travel.position === state.header.now) state.told = stop;
  if (stop === state.told) return;
  state.told = stop;
  state.report("rest", { stop, since: state.header.at[state.header.now], count: state.reports.next() });
}

function showPlaying(state) {
  const { parts, travel } = state, shown = `${travel.playing} ${parts.where.textContent}`;
  // To write the same again would cost a layout in each frame.
  if (state.shown === shown) return;
  state.shown = shown;
  showPlay(parts.play, travel.playing);
  parts.scrub.value = String(Math.round(travel.position));
  parts.scrub.setAttribute("aria-valuetext", parts.where.textContent);
}

function begin(element, report, page) {
  element.innerHTML = HTML;
  const root = element.querySelector(".scatter"), names = ["cloud", "strip", "side", "legend", "told", "marked", "back", "play", "on", "where", "curve", "scrub", "tip", "say", "in", "out"];
  const parts = Object.fromEntries(names.map((name) => [name, root.querySelector(`.${name}`)]));
  parts.rate = root.querySelector(".speed input");
  parts.rate.max = String(SPEEDS.length - 1);
  parts.rate.value = String(SPEEDS.indexOf(1));
  const state = {
    root, parts, report, canvas: root.querySelector(".points"), curve: { box: parts.curve, canvas: parts.curve.querySelector("canvas") },
    travel: travelFrom(0), view: { zoom: 1, pan: [0, 0], turn: null }, turn: [0.5, 0.3], picked: null, follow: false, fade: 0, told: null,
    page: pageOf(page), reports: counted(report),
  };
  state.again = () => { if (state.header && lay(state)) draw(state); };
  state.draw = () => { cancelAnimationFrame(state.frame); state.frame = requestAnimationFrame(() => draw(state)); };
  state.animate = () => animate(state);
  state.toggle = () => { const { travel, header } = state; if (travel.playing) pause(travel, header.maps - 1); else play(travel, header.maps - 1); showPlaying(state); animate(state); };
  state.pick = (index, follow) => {
    Object.assign(state, { picked: index, follow });
    state.thumb = thumbOf(state);
    parts.say.textContent = state.header.titles[index];
    showFollowed(state);
    draw(state);
    animate(state);
    state.reports.tell("pick", { index, follow, count: state.reports.next() });
  };
  state.unfollow = () => {
    if (!state.follow) return;
    state.follow = false;
    showFollowed(state);
    animate(state);
    report("follow", { on: false, count: state.reports.next() });
  };
  listen(state);
  return state;
}

// Takes what the page sends: arrives where it is told, but never moves back what was moved meanwhile.
function take(state, { header, values }) {
  const { travel } = state, bytes = new Uint8Array(values.buffer), size = header.shape.reduce((a, b) => a * b, 1), from = 4 * header.floats;
  const same = state.header && state.header.of === header.of && state.header.maps === header.maps;
  Object.assign(state, { header, maps: values.subarray(0, header.floats), pictures: bytes.subarray(from, from + size), thumbnail: bytes.subarray(from + size) });
  if (!same) {
    state.places = new Float32Array(3 * header.shape[0]);
    state.order = Uint16Array.from({ length: header.shape[0] }, (_, i) => i);
    Object.assign(travel, travelFrom(header.now));
  }
  if (state.reports.answered(header.seen) || !same) {
    if (same && !moves(travel) && travel.position !== header.now) go(travel, header.now);
    Object.assign(state, { picked: header.picked, follow: header.follow, told: header.at[header.now] });
  }
  if (!same) state.fade = state.follow ? 1 : 0;
  // What was told from here comes back late, and must not turn the points back under the hand.
  if (header.turn && !state.turned) [state.turn, state.turned] = [header.turn.map((angle) => angle * DEGREE), true];
  const many = header.maps > 1;
  for (const part of [state.parts.back, state.parts.play, state.parts.on]) part.disabled = !many;
  state.parts.scrub.max = String(header.maps - 1);
  state.parts.scrub.disabled = !many;
  state.canvas.setAttribute("aria-label", header.alt);
}

export function mount(element, report, page) {
  const state = begin(element, report, page);
  return (data) => {
    take(state, unpack(data));
    state.thumb = thumbOf(state);
    if (lay(state)) {
      draw(state);
      showPlaying(state);
      if (moves(state.travel) || state.fade !== (state.follow ? 1 : 0)) animate(state);
    }
    state.canvas.dataset.drawn = String(Number(state.canvas.dataset.drawn || 0) + 1);
  };
}
