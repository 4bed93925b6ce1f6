// Where everything stands, the largest that fits.

import { fitCanvas } from "../common/canvas.js";
import { topIn } from "../common/page.js";
import { given, rem } from "../common/sizes.js";
import { cssValue, themeOf } from "../common/theme.js";
import { GRIDS, PAD, cellSize, extentOf, inputSheet, outputSheets } from "./drawing.js";
import { label, stageTitle, writeWords } from "./words.js";

const MOST_CHANNELS = 128;

// What stands above and below on the page decides how high the pictures may be.
export function roomFor(state) {
  state.top = topIn(state.root, state.page);
  const controls = state.root.clientWidth < 560 ? 5 : 2.6;
  return Math.max(230, (window.innerHeight - state.top - state.parts.stage.offsetTop - (controls + state.header.below) * rem()) * given());
}

// Sizes, the largest that fit: all three grids where there is room, else one of them with a switch.
function place(state) {
  const { header, root } = state, [, kernel] = header.panels, text = Math.max(16, 0.9 * rem());
  const width = root.clientWidth, gap = Math.max(20, 0.024 * width), long = Math.max(kernel.h, kernel.w), budget = roomFor(state);
  const [rows, columns] = extentOf(header), most = Math.max(rows.all, columns.all, ...header.size) > 30 ? 448 : 420;
  const strip = header.rest === null && header.channels > 1 && header.channels <= MOST_CHANNELS;
  const usual = long <= 3 ? 64 : long <= 6 ? 48 : Math.min(32, Math.max(4, Math.floor(352 / long)));
  const perRow = Math.min(header.channels, 32), stripRows = Math.ceil(header.channels / perRow), stripHigh = stripRows > 1 ? 14 : 24;
  const sign = 2.2 * text, head = 1.6 * text, stripTall = strip ? stripRows * stripHigh + 2.4 * text : 0;
  const titles = [header.channels > 1 ? "channel 00+ 00 others" : "products", header.bias === null ? "" : "+ bias", "= sum", ...header.stages.map(stageTitle)].filter(Boolean);
  // The longest title of a line beside its number.
  const sums = Math.max(12.5 * text, 190, (Math.max(...titles.map((title) => title.length)) * 0.53 + 6) * text);
  const lines = (titles.length + (header.channels > 1 ? 1 : 0)) * 1.55 * text + stripTall;
  const inline = titles.reduce((sum, title) => sum + (title.length + 7) * 0.53 * text + 2 * text, 0);
  // "all": two rows of two; "row": three grids beside each other, the sums below; "one": one grid at a time.
  const option = (mode, cell) => {
    const wide = kernel.w * cell + 2 * PAD, high = kernel.h * cell + 2 * PAD;
    const middle = { all: Math.max(2 * wide + sign, wide + 12 + sums), row: Math.max(3 * wide + 2 * sign, 380), one: Math.max(wide, 11 * text) + 12 + sums }[mode];
    const tall = {
      all: 2 * head + high + 4 + Math.max(high, lines), row: head + high + Math.ceil(inline / middle) * 1.9 * text + 6 + stripTall,
      one: 2.2 * text + Math.max(high, lines),
    }[mode];
    const side = Math.min((width - middle - 2 * gap) / 2, budget - head - 1.4 * text, most + 2 * PAD);
    return { mode, cell, middle, side, fits: tall <= budget && side >= 120 };
  };
  let chosen = option("one", usual);
  const least = 0.7 * chosen.side;
  // Rather smaller cells, their numbers still to be read, than a page that scrolls or a grid that is hidden.
  const legible = Math.max(38, Math.ceil((0.855 * rem()) / 0.42));
  for (let cell = usual; cell >= Math.min(usual, legible); cell -= 4) {
    const found = ["all", "row"].map((mode) => option(mode, cell)).filter((made) => made.fits && made.side >= least);
    if (found.length) { chosen = found.reduce((best, made) => (made.side > best.side ? made : best)); break; }
  }
  // What room is left below goes to the numbers, as long as they take little from the pictures beside them.
  for (let cell = chosen.cell + 2, side = chosen.side; cell <= 1.5 * usual; cell += 2) {
    const found = option(chosen.mode, cell);
    if (!chosen.fits || !found.fits || found.side < 0.9 * side) break;
    chosen = found;
  }
  for (let cell = usual - 2; !chosen.fits && cell >= Math.min(usual, 38); cell -= 2) chosen = option("one", cell);
  const stacked = width < 640 || chosen.side < 120;
  const side = (stacked ? Math.min(width, 330) : chosen.side) - 2 * PAD;
  root.classList.toggle("one", stacked || chosen.mode === "one");
  root.classList.toggle("row", !stacked && chosen.mode === "row");
  root.classList.toggle("stacked", stacked);
  const inputCell = cellSize(rows.all, columns.all, side, 64), outputCell = cellSize(header.size[0], header.size[1], side, 64);
  return {
    strip, gap, inputCell, outputCell, gridCell: stacked ? Math.max(4, Math.min(usual, Math.floor((width - 24) / kernel.w))) : chosen.cell,
    channelCell: Math.max(5, Math.floor(Math.min(36, ((chosen.mode === "row" ? chosen.middle : sums) - 8) / perRow))), channelColumns: perRow, channelHigh: stripHigh,
    input: [columns.all * inputCell, rows.all * inputCell], output: [header.size[1] * outputCell, header.size[0] * outputCell],
  };
}

export function lay(state) {
  const { header, root, parts, canvases } = state;
  if (!root.clientWidth) return false;
  state.ratio = window.devicePixelRatio || 1;
  const theme = themeOf(root);
  root.classList.toggle("dark", theme.dark);
  state.theme = { ...theme, patch: cssValue(root, "--patch"), kernel: cssValue(root, "--kernel") };
  writeWords(state);
  const sizes = (state.sizes = place(state)), kernel = header.panels[1];
  label(state);
  root.style.setProperty("--gap", `${sizes.gap}px`);
  const fit = (canvas, wide, high) => fitCanvas(canvas, wide + 2 * PAD, high + 2 * PAD, state.ratio);
  fit(canvases.input, ...sizes.input);
  fit(canvases.output, ...sizes.output);
  for (const name of GRIDS) fit(canvases[name], kernel.w * sizes.gridCell, kernel.h * sizes.gridCell);
  if (sizes.strip) fit(canvases.channels, sizes.channelColumns * sizes.channelCell, Math.ceil(header.channels / sizes.channelColumns) * sizes.channelHigh);
  parts.channels.hidden = !sizes.strip;
  parts.middle.classList.toggle("short", kernel.h * sizes.gridCell < 100);
  for (const name of GRIDS) parts[name].hidden = root.classList.contains("one") && state.grid !== name;
  parts.which.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.grid === state.grid)));
  state.inputSheet = inputSheet(state);
  state.outputSheet = outputSheets(state);
  return true;
}
