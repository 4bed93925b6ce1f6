// Pointer and keys: what is told of a cell, what is picked, and the player's buttons.

import { count, number } from "../common/numbers.js";
import { watch } from "../common/page.js";
import { isOthers, placeIn, placeTip, take } from "../common/pointer.js";
import { go, play, scrub, speedOf, step } from "./motion.js";
import { lengthOf, numberOf, placeAt } from "./order.js";
import { PAD, roomFor, under } from "./stage.js";
import { draw, lay } from "./view.js";

function point(state, event) {
  return under(state, ...placeIn(state.canvas, event).map((at) => at - PAD));
}

function hover(state, event) {
  const found = state.stage && point(state, event), { tip } = state.parts;
  state.canvas.classList.toggle("hand", Boolean(found));
  tip.hidden = !found;
  if (!found) return;
  const { header, values, vector } = state, [row, column, channel] = placeAt(header.shape, found.slot), pixel = found.slot - (found.slot % header.step);
  const whole = header.step > 1 && (found.where === "picture" || found.where === "near");
  const value = whole ? Array.from(values.subarray(pixel, pixel + header.step), (one) => number(one)).join(" / ") : number(vector[found.slot]);
  const what = header.noun === "slot" ? `slot ${count(found.slot + 1)}, map ${channel}` : whole || header.step === 1 ? `pixel ${count(numberOf(header, found.slot))}` : `slot ${count(found.slot + 1)}`;
  tip.textContent = `${what}, row ${row + 1}, column ${column + 1}: ${value}`;
  placeTip(tip, state.root, ...placeIn(state.root, event));
}

function pick(state, event) {
  const found = point(state, event);
  if (!found) return;
  if (!state.playing) state.follow = false;
  state.report("pick", { slot: found.slot - (found.slot % state.header.step), count: state.reports.next() });
}

function keys(state, event) {
  const { all } = lengthOf(state.header.shape), target = event.composedPath()[0];
  if (isOthers(event) || (target.type === "range" && event.key !== " ")) return;
  if (event.key === " " && target.tagName === "BUTTON") return;
  if (event.key === " ") play(state, !state.playing);
  else if (event.key === "ArrowRight" || event.key === "ArrowDown") step(state, 1);
  else if (event.key === "ArrowLeft" || event.key === "ArrowUp") step(state, -1);
  else if (event.key === "Home") go(state, 0);
  else if (event.key === "End") go(state, all);
  else return;
  take(event);
}

export function listen(state) {
  const { root, canvas, parts } = state;
  canvas.addEventListener("pointermove", (event) => hover(state, event));
  canvas.addEventListener("pointerleave", () => { parts.tip.hidden = true; });
  canvas.addEventListener("click", (event) => pick(state, event));
  root.addEventListener("keydown", (event) => keys(state, event));
  parts.back.addEventListener("click", () => step(state, -1));
  parts.on.addEventListener("click", () => step(state, 1));
  parts.play.addEventListener("click", () => play(state, !state.playing));
  parts.scrub.addEventListener("input", () => scrub(state, Number(parts.scrub.value), false));
  parts.scrub.addEventListener("change", () => scrub(state, Number(parts.scrub.value), true));
  parts.rate.addEventListener("input", () => showSpeed(state));
  parts.rate.addEventListener("change", () => state.report("speed", { rows: speedOf(state) }));
  watch(root, state.page, () => { if (state.header && lay(state)) draw(state); }, () => {
    if (!state.stage) return false;
    const before = state.top;
    roomFor(state);
    return Math.abs(state.top - before) > 2;
  });
}

export function showSpeed(state) {
  state.root.querySelector(".rate").textContent = `${speedOf(state)} row${speedOf(state) === 1 ? "" : "s"}/s`;
}
