// What moves: play, step and scrub; it never begins by itself, and who asked for less motion gets jumps.

import { clamp } from "../common/numbers.js";
import { showPlay } from "../common/player.js";
import { calm } from "../common/sizes.js";
import { lengthOf } from "./order.js";
import { wantedView } from "./stage.js";
import { draw, say } from "./view.js";

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 30, 60, 120];
const STEP_SECONDS = 0.6;
const GLIDE_SECONDS = 0.12;

export function speedOf(state) {
  return SPEEDS[Number(state.parts.rate.value)];
}

// The slowest speed at which the whole takes no more than a quarter of a minute.
function usualSpeed(rows) {
  const found = SPEEDS.findIndex((speed) => rows / speed <= 15);
  return found < 0 ? SPEEDS.length - 1 : found;
}

// The speed of the address, where it is one of them.
export function speedAt(wanted, rows) {
  const found = SPEEDS.indexOf(Number(wanted));
  return wanted !== "" && found >= 0 ? found : usualSpeed(rows);
}

// Tell the page where it is.
function report(state) {
  say(state);
  state.reports.tell("at", { unrolled: Math.round(state.position), count: state.reports.next() });
}

export function showPlaying(state, on) {
  state.playing = on;
  showPlay(state.parts.play, on);
}

export function play(state, on) {
  if (state.playing === on) return;
  const { all } = lengthOf(state.header.shape);
  state.goal = null;
  showPlaying(state, on);
  if (!on) {
    state.position = Math.round(state.position);
    draw(state);
    report(state);
    return;
  }
  if (state.position >= all) { state.position = 0; state.view = 0; }
  state.follow = true;
  state.reached = state.position;
  animate(state);
}

// To the next end of a row, from wherever it is.
export function step(state, by) {
  const { row, all } = lengthOf(state.header.shape);
  if (state.playing) showPlaying(state, false);
  const from = state.goal === null ? state.position : state.goal;
  go(state, clamp(by > 0 ? (Math.floor(from / row + 1e-9) + by) * row : (Math.ceil(from / row - 1e-9) + by) * row, 0, all));
}

export function go(state, goal) {
  const { row } = lengthOf(state.header.shape);
  if (state.playing) showPlaying(state, false);
  state.follow = true;
  if (goal === state.position) return;
  // Across many rows it jumps.
  if (calm() || Math.abs(goal - state.position) > 3 * row) { arrive(state, goal); animate(state); return; }
  state.goal = goal;
  animate(state);
}

function arrive(state, goal) {
  state.position = goal;
  state.goal = null;
  if (goal >= lengthOf(state.header.shape).all) state.follow = false;
  report(state);
}

// The bar: it shows every place at once, and tells the last.
export function scrub(state, position, done) {
  if (state.playing) showPlaying(state, false);
  Object.assign(state, { position, goal: null, follow: true });
  if (done) arrive(state, position);
  animate(state);
}

export function animate(state) {
  if (state.running) return;
  state.running = true;
  let before = performance.now();
  const frame = (now) => {
    const seconds = clamp((now - before) / 1000, 0, 0.25);
    before = now;
    if (!state.root.isConnected) { state.running = state.playing = false; return; }
    advance(state, seconds);
    glide(state, seconds);
    draw(state);
    if (state.playing || state.goal !== null || state.view !== wantedView(state)) requestAnimationFrame(frame);
    else state.running = false;
  };
  requestAnimationFrame(frame);
}

function advance(state, seconds) {
  const { row, all } = lengthOf(state.header.shape);
  if (state.playing) {
    state.reached += seconds * speedOf(state) * row;
    state.position = Math.min(all, calm() ? Math.floor(state.reached / row) * row : state.reached);
    if (state.position >= all) { showPlaying(state, false); arrive(state, all); }
  } else if (state.goal !== null) {
    const far = state.goal - state.position, most = (Math.max(row, Math.abs(far)) * seconds) / STEP_SECONDS;
    if (Math.abs(far) <= most) arrive(state, state.goal);
    else state.position += Math.sign(far) * most;
  }
}

// The close-up follows smoothly, and never so late that the end of the vector leaves it.
function glide(state, seconds) {
  const wanted = wantedView(state), { tape } = state.stage;
  const near = state.view + (wanted - state.view) * (1 - Math.exp(-seconds / GLIDE_SECONDS));
  if (calm() || Math.abs(wanted - near) * tape.slot < 0.5) state.view = wanted;
  else state.view = state.follow ? clamp(near, state.position - 0.9 * tape.shown, Math.max(state.position, wanted)) : near;
}
