// Pointer and keys: hovering shows a cell, clicking pins it, arrow keys walk.

import { colourOf, cssOf, textOn } from "../common/colours.js";
import { number } from "../common/numbers.js";
import { watch } from "../common/page.js";
import { isOthers, placeIn, take } from "../common/pointer.js";
import { placeOver } from "./arithmetic.js";
import { GRIDS, PAD, extentOf, inputSheet, outputSheets } from "./drawing.js";
import { lay, roomFor } from "./layout.js";
import { draw, fill, pin, play, speedOf, step } from "./motion.js";
import { label } from "./words.js";

// The cell of a canvas under the pointer, in cells of `size` pixels, or null beyond its edge.
function cellUnder(canvas, event, size, rows, columns) {
  const [column, row] = placeIn(canvas, event).map((at) => Math.floor((at - PAD) / size));
  return row >= 0 && row < rows && column >= 0 && column < columns ? [row, column] : null;
}

function outputUnder(state, event) {
  const [rows, columns] = state.header.size, at = cellUnder(state.canvases.output, event, state.sizes.outputCell, rows, columns);
  return at && at[0] * columns + at[1];
}

function inputUnder(state, event) {
  const [rows, columns] = extentOf(state.header), at = cellUnder(state.canvases.input, event, state.sizes.inputCell, rows.all, columns.all);
  if (!at) return null;
  const [row, column] = placeOver(state.header, at[0] - rows.before, at[1] - columns.before);
  return row * state.header.size[1] + column;
}

function preview(state, index) {
  if (index === state.preview) return;
  state.preview = index;
  draw(state);
}

// The cell of a grid, enlarged: its number, and for a product its two factors.
function enlarge(state, name, event) {
  const { header, sizes, parts, at } = state, kernel = header.panels[1];
  const found = cellUnder(state.canvases[name], event, sizes.gridCell, kernel.h, kernel.w);
  parts.tip.hidden = !found;
  if (!found) return;
  const cell = found[0] * kernel.w + found[1], big = document.createElement("b"), small = document.createElement("span");
  big.textContent = at.outside[cell] && name === "patch" ? "0" : number(at[name][cell]);
  small.textContent = name === "products" ? `${number(at.patch[cell])} \u00d7 ${number(at.kernel[cell])}` : at.outside[cell] && name === "patch" ? "padding" : `row ${found[0]}, column ${found[1]}`;
  const range = name === "patch" ? header.panels[0].ranges[0] : name === "kernel" ? kernel.ranges[0] : state.productRange;
  const colour = colourOf(name === "patch" ? header.panels[0].colour : "diverging", at[name][cell], range);
  big.style.background = cssOf(colour);
  big.style.color = textOn(colour);
  parts.tip.replaceChildren(big, small);
  const room = state.root.getBoundingClientRect();
  const left = event.clientX - room.left + 18, top = event.clientY - room.top;
  parts.tip.style.left = `${Math.max(0, Math.min(left, room.width - parts.tip.offsetWidth - 4))}px`;
  parts.tip.style.top = `${top > 140 ? top - parts.tip.offsetHeight - 10 : top + 24}px`;
}

function keys(state, event) {
  const columns = state.header.size[1], all = columns * state.header.size[0], column = state.index % columns;
  const moves = { ArrowLeft: column > 0 ? -1 : 0, ArrowRight: column < columns - 1 ? 1 : 0, ArrowUp: -columns, ArrowDown: columns, Home: -state.index, End: all - 1 - state.index };
  if (isOthers(event)) return;
  if (event.key === " ") play(state, !state.playing);
  else if (event.key in moves) {
    const next = state.index + moves[event.key];
    if (next >= 0 && next < all && next !== state.index) step(state, moves[event.key]);
  } else return;
  take(event);
}

export function listen(state) {
  const { parts, canvases, root } = state;
  for (const [name, under] of [["output", outputUnder], ["input", inputUnder]]) {
    canvases[name].addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") preview(state, under(state, event)); });
    canvases[name].addEventListener("pointerleave", () => preview(state, null));
    canvases[name].addEventListener("click", (event) => {
      const index = under(state, event);
      if (index === null) return;
      play(state, false);
      fill(state, false);
      pin(state, index);
    });
  }
  for (const name of GRIDS) {
    canvases[name].addEventListener("pointermove", (event) => enlarge(state, name, event));
    canvases[name].addEventListener("pointerleave", () => { parts.tip.hidden = true; });
  }
  canvases.channels.addEventListener("click", (event) => {
    const { sizes, header } = state, rows = Math.ceil(header.channels / sizes.channelColumns), [x, y] = placeIn(canvases.channels, event);
    const column = Math.floor((x - PAD) / sizes.channelCell), row = Math.floor((y - PAD) / sizes.channelHigh);
    const channel = row * sizes.channelColumns + column;
    if (row < 0 || row >= rows || column < 0 || column >= sizes.channelColumns || channel >= header.channels) return;
    state.channel = channel;
    label(state);
    state.inputSheet = inputSheet(state);
    pin(state, state.index);
  });
  canvases.output.addEventListener("keydown", (event) => keys(state, event));
  parts.which.addEventListener("click", (event) => {
    if (!event.target.dataset.grid) return;
    state.grid = event.target.dataset.grid;
    if (lay(state)) draw(state);
  });
  parts.sums.addEventListener("click", (event) => {
    const line = event.target.closest("button");
    if (!line || line.dataset.map === "") return;
    state.shown = Number(line.dataset.map);
    label(state);
    state.outputSheet = outputSheets(state);
    draw(state);
  });
  parts.back.addEventListener("click", () => step(state, -1));
  parts.on.addEventListener("click", () => step(state, 1));
  parts.play.addEventListener("click", () => play(state, !state.playing));
  parts.scrub.addEventListener("input", () => { fill(state, true); if (state.playing) { state.playing = true; state.progress = Number(parts.scrub.value); } pin(state, Number(parts.scrub.value), true); });
  parts.scrub.addEventListener("change", () => pin(state, Number(parts.scrub.value)));
  const rate = () => { root.querySelector(".rate").textContent = `${speedOf(state).toLocaleString("en")} cells/s`; };
  parts.rate.addEventListener("input", rate);
  rate();
  watch(root, state.page, () => { if (state.header && lay(state)) draw(state); }, () => {
    if (!state.header) return false;
    const before = state.top;
    roomFor(state);
    return Math.abs(state.top - before) > 2;
  });
}
