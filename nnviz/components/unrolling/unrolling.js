// The part: an array laid out as one vector, its HTML, and how it takes what it is given.

import { unpack } from "../common/packed.js";
import { pageOf } from "../common/page.js";
import { playerHtml } from "../common/player.js";
import { counted } from "../common/reports.js";
import { makeSheets } from "./drawing.js";
import { SPEEDS, animate, play, showPlaying, speedAt } from "./motion.js";
import { lengthOf } from "./order.js";
import { listen, showSpeed } from "./pointing.js";
import { wantedView } from "./stage.js";
import { draw, lay, say } from "./view.js";

const HTML = `<div class="part unroll">
  <canvas></canvas>
  ${playerHtml("row", "Slots unrolled")}
  <div class="tip" hidden></div>
  <div class="say" aria-live="polite"></div>
</div>`;

function begin(root, report, page) {
  const names = ["controls", "back", "play", "on", "scrub", "where", "tip", "say"];
  const parts = Object.fromEntries(names.map((name) => [name, root.querySelector(`.${name}`)]));
  parts.rate = root.querySelector(".speed input");
  parts.rate.max = String(SPEEDS.length - 1);
  const state = { root, parts, canvas: root.querySelector("canvas"), position: 0, goal: null, view: 0, follow: true, playing: false, running: false, report, page: pageOf(page), reports: counted(report) };
  state.canvas.tabIndex = 0;
  state.canvas.setAttribute("role", "application");
  listen(state);
  return state;
}

// Fills an empty element; reports "at": slots that are unrolled where it came to rest, "pick": the slot, both with how many
// reports there were, and "speed": rows a second. Returns what draws a buffer of `unrolling.packed`.
export function mount(element, report, page) {
  element.innerHTML = HTML;
  const state = begin(element.querySelector(".unroll"), report, page);
  return (data) => show(state, unpack(data));
}

function show(state, { header, values }) {
  const fresh = state.what !== header.what, shape = header.shape.join(), moved = state.header && state.header.slot !== header.slot;
  const same = state.shape === shape, { all } = lengthOf(header.shape);
  Object.assign(state, { header, values, shape, what: header.what });
  state.marks = [...header.beside.map((slot) => ({ slot, kind: "beside" })), ...header.near.map(([slot, down, right]) => ({ slot, down, right, kind: "near" })), { slot: header.slot, down: 0, right: 0, kind: "picked" }];
  if (!same) {
    showPlaying(state, false);
    state.goal = null;
    state.parts.scrub.max = String(all);
    state.parts.rate.value = String(speedAt(header.speed, header.shape[0]));
    showSpeed(state);
  }
  // Told to be still, it stands where it is told, and reports nothing.
  if (!header.play && state.told) showPlaying(state, false);
  const still = !state.playing && state.goal === null && state.reports.answered(header.seen);
  if (!same || (still && Math.round(state.position) !== header.unrolled)) { state.position = header.unrolled; state.follow = header.unrolled < all; }
  if (moved && !state.playing) state.follow = false;
  if (fresh) makeSheets(state);
  state.canvas.setAttribute("aria-label", header.alt);
  const before = state.view, glides = same && state.stage && !state.running;
  if (lay(state)) {
    if (glides) state.view = before;
    draw(state);
    say(state);
    if (state.view !== wantedView(state)) animate(state);
  }
  // Told, not on arrival: what is drawn for the first time stands still.
  if (header.play && state.told === false) play(state, true);
  state.told = header.play;
  state.canvas.dataset.drawn = String(Number(state.canvas.dataset.drawn || 0) + 1);
}
