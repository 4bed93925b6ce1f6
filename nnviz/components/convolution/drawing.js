// What is drawn: the maps once each, as sheets; every frame only lays them down and marks the cell.

import { drawBox, sheetFrom } from "../common/canvas.js";
import { colourOf, cssOf } from "../common/colours.js";
import { typeSizes } from "../common/sizes.js";
import { GAP } from "../raster/layout.js";
import { drawPanel, tileImage } from "../raster/paint.js";
import { tapAt } from "./arithmetic.js";

export const PAD = 4;
export const GRIDS = ["patch", "kernel", "products"];
// Cells of a side from which on a map is a photograph, in which no single cell is meant.
const FINE = 100;
// Between cells of white as between dark ones, in light and in dark alike: their colours are those of the values.
const GRID = "rgba(110, 110, 110, 0.55)";

// The cells of the input and of the padding around it that the kernel meets: first row and column, and how many.
export function extentOf(header) {
  const [input, kernel] = header.panels;
  return [[input.h, kernel.h], [input.w, kernel.w]].map(([length, size], axis) => {
    const reach = (header.size[axis] - 1) * header.strides[axis] + (size - 1) * header.dilation[axis] + 1;
    return { before: header.padding[axis], all: header.padding[axis] + Math.max(length, reach - header.padding[axis]) };
  });
}

// Whole pixels a cell; of what is as fine as a photograph, quarters too: else up to half of its room would stay empty.
export function cellSize(rows, columns, side, most) {
  const exact = side / Math.max(rows, columns);
  if (exact >= 1 && exact < 6 && Math.max(rows, columns) >= FINE) return Math.floor(4 * exact) / 4;
  return exact >= 1 ? Math.min(Math.floor(exact), most) : 1 / Math.ceil(1 / exact);
}

function paper(canvas, ratio) {
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(ratio, 0, 0, ratio, PAD * ratio, PAD * ratio);
  context.imageSmoothingEnabled = false;
  return context;
}

function hatch(context, x, y, w, h, theme) {
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = -h; at < w; at += 6) { context.moveTo(x + at, y + h); context.lineTo(x + at + h, y); }
  context.stroke();
  context.restore();
}

// A map scaled to the device once, so that a frame only copies it.
function sheetOf(image, width, height, ratio) {
  const sheet = document.createElement("canvas");
  sheet.width = Math.max(1, Math.round(width * ratio));
  sheet.height = Math.max(1, Math.round(height * ratio));
  const context = sheet.getContext("2d");
  context.imageSmoothingEnabled = sheet.width < image.width || (sheet.width % image.width > 0 && image.width >= FINE);
  context.drawImage(sheetFrom(image), 0, 0, sheet.width, sheet.height);
  return sheet;
}

export function inputSheet(state) {
  const { header, values, sizes, ratio } = state, [rows, columns] = extentOf(header), cell = sizes.inputCell;
  const input = header.panels[0], width = columns.all * cell, height = rows.all * cell;
  const sheet = document.createElement("canvas");
  sheet.width = Math.round(width * ratio);
  sheet.height = Math.round(height * ratio);
  const context = sheet.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  hatch(context, 0, 0, width, height, state.theme);
  const tile = header.rest === null ? state.channel : 0;
  const map = sheetOf(tileImage(input, values, tile), input.w * cell, input.h * cell, ratio);
  context.drawImage(map, columns.before * cell, rows.before * cell, input.w * cell, input.h * cell);
  return sheet;
}

export function outputSheets(state) {
  const { header, sizes, ratio } = state, map = state.maps[state.shown], [h, w] = header.size;
  const panel = { h, w, channels: 1, offset: 0, units: 0, under: null, colour: map.colour, ranges: [map.range] };
  return sheetOf(tileImage(panel, map.values, 0), w * sizes.outputCell, h * sizes.outputCell, ratio);
}

// The input with the kernel lying on it.
export function drawInput(state, at) {
  const { header, sizes, theme, ratio } = state, kernel = header.panels[1], cell = sizes.inputCell;
  const context = paper(state.canvases.input, ratio), [rows, columns] = extentOf(header);
  context.drawImage(state.inputSheet, 0, 0, columns.all * cell, rows.all * cell);
  const corner = tapAt(header, at.row, at.column, 0, 0);
  const y = (corner[0] + rows.before) * cell, x = (corner[1] + columns.before) * cell;
  const apart = header.dilation[0] > 1 || header.dilation[1] > 1;
  if (kernel.h * kernel.w > 1) {
    context.globalAlpha = 0.5;
    if (apart) {
      for (let i = 0, n = 0; i < kernel.h; i++) for (let j = 0; j < kernel.w; j++, n++) {
        context.fillStyle = cssOf(colourOf("diverging", at.kernel[n], kernel.ranges[0]));
        context.fillRect(x + j * header.dilation[1] * cell, y + i * header.dilation[0] * cell, cell, cell);
      }
    } else context.drawImage(kernelImage(state, header.rest === null ? state.channel : 0), x, y, kernel.w * cell, kernel.h * cell);
    context.globalAlpha = 1;
  }
  const h = ((kernel.h - 1) * header.dilation[0] + 1) * cell, w = ((kernel.w - 1) * header.dilation[1] + 1) * cell;
  if (apart && cell >= 4) {
    context.strokeStyle = theme.kernel;
    context.lineWidth = 1.5;
    for (let i = 0; i < kernel.h; i++) for (let j = 0; j < kernel.w; j++) {
      context.strokeRect(x + j * header.dilation[1] * cell + 0.75, y + i * header.dilation[0] * cell + 0.75, cell - 1.5, cell - 1.5);
    }
  }
  drawBox(context, { x, y, w: Math.max(w, 3), h: Math.max(h, 3) }, theme.kernel, 3);
}

function kernelImage(state, tile) {
  if (state.kernelImage && state.kernelTile === tile) return state.kernelImage;
  state.kernelTile = tile;
  return (state.kernelImage = sheetFrom(tileImage(state.header.panels[1], state.values, tile)));
}

// The output: while it fills in, what has not been reached yet is faint; else all of it.
export function drawOutput(state, at) {
  const { sizes, theme, ratio, header } = state, cell = sizes.outputCell, [rows, columns] = header.size;
  const context = paper(state.canvases.output, ratio), sheet = state.outputSheet, width = columns * cell, height = rows * cell;
  context.globalAlpha = state.filling ? 0.28 : 1;
  context.drawImage(sheet, 0, 0, width, height);
  context.globalAlpha = 1;
  const part = (top, wide, high) => {
    if (!wide || !high) return;
    const [sx, sy] = [sheet.width / width, sheet.height / height];
    context.clearRect(0, top, wide, high);
    context.drawImage(sheet, 0, top * sy, wide * sx, high * sy, 0, top, wide, high);
  };
  const row = Math.floor(state.index / columns), column = state.index % columns;
  if (state.filling) {
    part(0, width, row * cell);
    part(row * cell, (column + 1) * cell, cell);
  }
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.strokeRect(-0.5, -0.5, width + 1, height + 1);
  drawBox(context, { x: at.column * cell, y: at.row * cell, w: Math.max(cell, 3), h: Math.max(cell, 3) }, theme.picked, 3.5);
}

// Patch, kernel or products: the cells with their numbers, and hatching where there is only padding.
export function drawGrid(state, name, at) {
  const { header, sizes, theme, ratio } = state, kernel = header.panels[1], cell = sizes.gridCell;
  const context = paper(state.canvases[name], ratio);
  const colour = name === "patch" ? header.panels[0].colour : "diverging";
  const range = name === "patch" ? header.panels[0].ranges[0] : name === "kernel" ? kernel.ranges[0] : state.productRange;
  const panel = { n: 1, h: kernel.h, w: kernel.w, channels: 1, offset: 0, units: 0, under: null, colour, ranges: [range], title: "", note: "", labels: [], empty: [], numbers: cell >= 38 };
  const size = { x: 0, y: 0, head: 0, columns: 1, tileW: kernel.w * cell, tileH: kernel.h * cell, wide: cell, ...typeSizes(), number: 16 };
  drawPanel(context, panel, { ...size, stepX: size.tileW + GAP, stepY: size.tileH + GAP }, at[name], theme);
  context.strokeStyle = GRID;
  context.beginPath();
  for (let i = 1; i < kernel.h; i++) { context.moveTo(0, i * cell); context.lineTo(size.tileW, i * cell); }
  for (let j = 1; j < kernel.w; j++) { context.moveTo(j * cell, 0); context.lineTo(j * cell, size.tileH); }
  context.stroke();
  if (name === "patch") at.outside.forEach((outside, n) => {
    if (!outside) return;
    const x = (n % kernel.w) * cell, y = Math.floor(n / kernel.w) * cell;
    context.fillStyle = theme.background;
    context.fillRect(x, y, cell, cell);
    hatch(context, x, y, cell, cell, theme);
    if (panel.numbers) { context.fillStyle = theme.text; context.textAlign = "center"; context.textBaseline = "middle"; context.fillText("0", x + cell / 2, y + cell / 2); }
  });
  if (theme[name]) drawBox(context, { x: 0, y: 0, w: size.tileW, h: size.tileH }, theme[name], 3);
}

// What each channel adds, as one row (or a few) of cells.
export function drawChannels(state, at) {
  const { sizes, theme, ratio } = state, cell = sizes.channelCell, columns = sizes.channelColumns;
  const context = paper(state.canvases.channels, ratio);
  at.sums.forEach((sum, channel) => {
    const x = (channel % columns) * cell, y = Math.floor(channel / columns) * sizes.channelHigh;
    context.fillStyle = cssOf(colourOf("diverging", sum, state.sumRange));
    context.fillRect(x, y, cell, sizes.channelHigh);
    context.strokeStyle = GRID;
    context.strokeRect(x + 0.5, y + 0.5, cell - 1, sizes.channelHigh - 1);
  });
  const x = (state.channel % columns) * cell, y = Math.floor(state.channel / columns) * sizes.channelHigh;
  drawBox(context, { x, y, w: cell, h: sizes.channelHigh }, theme.picked, 3);
}
