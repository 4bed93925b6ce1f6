// What is seen as it goes on: a cell shown, pinned and told; play, step, and the output that fills in.

import { clamp, number } from "../common/numbers.js";
import { showPlay } from "../common/player.js";
import { calm } from "../common/sizes.js";
import { arithmeticAt, ownMap } from "./arithmetic.js";
import { GRIDS, drawChannels, drawGrid, drawInput, drawOutput } from "./drawing.js";
import { label, writeNumbers } from "./words.js";

export const SPEEDS = [1, 2, 4, 8, 16, 30, 60, 120, 500, 2000, 10000];

export function draw(state) {
  if (!state.sizes) return;
  const { header, values, maps, root } = state, index = state.preview === null ? state.index : state.preview;
  const at = (state.at = arithmeticAt(header, values, maps, state.channel, index));
  drawInput(state, at);
  for (const name of GRIDS) if (!state.parts[name].hidden) drawGrid(state, name, at);
  if (state.sizes.strip) drawChannels(state, at);
  drawOutput(state, at);
  writeNumbers(state, at);
  const value = maps[ownMap(header)].values[index];
  root.dataset.cell = JSON.stringify({
    row: at.row, column: at.column, channel: state.channel, sum: at.sum, others: at.others, bias: at.bias, total: at.made[0],
    activated: at.output, made: at.made, value, playing: state.playing, patch: Array.from(at.patch), kernel: Array.from(at.kernel), products: Array.from(at.products),
  });
  root.dataset.frames = String(Number(root.dataset.frames || 0) + 1);
  state.canvases.output.dataset.picked = `${Math.floor(state.index / header.size[1])},${state.index % header.size[1]}`;
  state.parts.scrub.value = String(state.index);
}

function say(state) {
  const { at } = state;
  const text = `row ${at.row}, column ${at.column}: ${number(at.output)}`;
  state.parts.scrub.setAttribute("aria-valuetext", text);
  state.parts.say.textContent = text;
}

// Show a cell for good, and report it.
export function pin(state, index, silent = false) {
  state.index = clamp(index, 0, state.header.size[0] * state.header.size[1] - 1);
  state.preview = null;
  draw(state);
  if (silent) return;
  say(state);
  const columns = state.header.size[1], place = { row: Math.floor(state.index / columns), column: state.index % columns };
  state.reports.tell("cell", { ...place, channel: state.channel, count: state.reports.next() });
}

export function speedOf(state) {
  // Who asked for less motion gets a slow one.
  return Math.min(SPEEDS[Number(state.parts.rate.value)], calm() ? 2 : Infinity);
}

export function showPlaying(state, on) {
  state.playing = on;
  fill(state, true);
  showPlay(state.parts.play, on);
}

export function play(state, on) {
  const all = state.header.size[0] * state.header.size[1];
  if (state.playing === on) return;
  showPlaying(state, on);
  if (!on) return pin(state, state.index);
  if (state.index >= all - 1) state.index = 0;
  state.progress = state.index;
  let before = performance.now();
  const frame = (now) => {
    if (!state.playing) return;
    if (!state.root.isConnected) { state.playing = false; return; }
    const passed = Math.max(0, Math.min(now - before, 250));
    before = now;
    if (state.preview === null) {
      state.progress += (passed / 1000) * speedOf(state);
      const index = Math.min(all - 1, Math.floor(state.progress));
      if (index !== state.index) pin(state, index, true);
      if (index >= all - 1) return play(state, false);
    }
    requestAnimationFrame(frame);
  };
  draw(state);
  requestAnimationFrame(frame);
}

// Whether the output is shown as it fills in, cell by cell, or as it is.
export function fill(state, on) {
  if (state.filling === on) return;
  state.filling = on;
  label(state);
}

export function step(state, by) {
  play(state, false);
  fill(state, true);
  pin(state, state.index + by);
}
