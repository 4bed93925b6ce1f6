// What is drawn: sheets of one pixel a value, made once; a frame only lays parts of them down.

import { drawBox, sheetFrom } from "../common/canvas.js";
import { clamp, count } from "../common/numbers.js";
import { tileImage } from "../raster/paint.js";
import { lengthOf, placeAt, shareOf, slotAt, strongest, vectorOf } from "./order.js";
import { PAD, homeBox, smooth, stripBox, tapeBox, wayBox } from "./stage.js";

function lineSheet(header, vector, wide, high) {
  const panel = { ...header.panels[0], n: 1, h: high, w: wide, channels: 1, offset: 0, units: 0, under: null, ranges: [header.panels[0].ranges[0]] };
  return sheetFrom(tileImage(panel, vector, 0));
}

// The shown maps, and the vector folded at its rows: row r of that sheet is what row r becomes.
export function makeSheets(state) {
  const { header, values } = state, { row } = lengthOf(header.shape), [first, many] = header.shown;
  state.vector = vectorOf(header, values);
  state.sheets = { maps: Array.from({ length: many }, (_, tile) => sheetFrom(tileImage(header.panels[0], values, first + tile))), rows: lineSheet(header, state.vector, row, header.shape[0]) };
}

export function makeStrip(state) {
  const { stage, vector } = state;
  if (!stage.strip) { state.bins = 0; return; }
  state.bins = Math.min(vector.length, Math.floor(stage.strip.w * stage.ratio), 4096);
  state.sheets.strip = lineSheet(state.header, strongest(vector, state.bins), state.bins, 1);
}

export function write(context, text, x, y, { colour, align = "left", base = "middle", weight = 400, size, most }, state) {
  context.font = `${weight} ${size || state.stage.text}px ${state.theme.font}`;
  context.fillStyle = colour || state.theme.text;
  context.textAlign = align;
  context.textBaseline = base;
  context.fillText(text, x, y, most);
}

export function outline(context, box, kind, state, width = 3) {
  context.setLineDash(kind === "beside" ? [5, 4] : []);
  drawBox(context, box, state.theme[kind], kind === "picked" ? width + 0.5 : width);
  context.setLineDash([]);
}

// The maps: what has left them is washed out.
export function drawPictures(state, context, at) {
  const { header, sheets, stage: { picture } } = state, [rows, columns] = header.shape;
  write(context, header.title, 0, 0, { base: "top", weight: 600, size: 1.06 * state.stage.text }, state);
  let left = 0;
  if (at.moving) while (left < columns && shareOf(header, at.share, left) > 0) left++;
  sheets.maps.forEach((sheet, tile) => {
    const box = { ...homeBox(state, 0, 0, header.shown[0] + tile), w: picture.tileW, h: picture.tileH }, { cell } = picture;
    context.imageSmoothingEnabled = cell * state.stage.ratio < 2;
    context.fillStyle = state.theme.wash;
    context.fillRect(box.x, box.y, box.w, box.h);
    context.globalAlpha = 0.22;
    context.drawImage(sheet, box.x, box.y, box.w, box.h);
    context.globalAlpha = 1;
    const lay = (row, column, w, h) => {
      if (w <= 0 || h <= 0) return;
      context.clearRect(box.x + column * cell, box.y + row * cell, w * cell, h * cell);
      context.drawImage(sheet, column, row, w, h, box.x + column * cell, box.y + row * cell, w * cell, h * cell);
    };
    if (at.row < rows) {
      lay(at.row, left, columns - left, 1);
      lay(at.row + 1, 0, columns, rows - at.row - 1);
    }
    context.strokeStyle = state.theme.faint;
    context.lineWidth = 1;
    context.strokeRect(box.x - 0.5, box.y - 0.5, box.w + 1, box.h + 1);
  });
  for (const mark of state.marks) if (isShown(header, mark.slot)) outline(context, homeBox(state, ...placeAt(header.shape, mark.slot)), mark.kind, state, markWidth(picture.cell));
}

function isShown(header, slot) {
  const channel = slot % header.shape[2], [first, many] = header.shown;
  return channel >= first && channel < first + many;
}

export function markWidth(cell) {
  return cell >= 12 ? 3 : cell >= 5 ? 2.5 : 2;
}

// The vector close up, as far as it has been laid, and empty places for what is to come.
export function drawTape(state, context, at) {
  const { header, sheets, view, stage: { tape } } = state, { row: long, all } = lengthOf(header.shape);
  context.save();
  context.beginPath();
  context.rect(tape.x - 0.5, tape.y - 0.5, tape.w + 1, tape.h + 1);
  context.clip();
  context.imageSmoothingEnabled = tape.slot * state.stage.ratio < 1;
  const end = Math.min(at.laid, Math.ceil(view + tape.shown)), first = Math.floor(Math.max(0, view) / header.step) * header.step;
  for (let slot = first; slot < end; ) {
    const row = Math.floor(slot / long), many = Math.min(end, (row + 1) * long) - slot, box = tapeBox(state, slot, many);
    context.drawImage(sheets.rows, slot - row * long, row, many, 1, box.x, box.y, box.w, box.h);
    slot += many;
  }
  context.strokeStyle = state.theme.faint;
  context.lineWidth = 1;
  context.beginPath();
  const unit = header.step * tape.slot >= 6 ? header.step : long;
  for (let slot = Math.ceil(Math.max(at.laid, view) / unit) * unit; slot <= Math.min(all, view + tape.shown); slot += unit) {
    const x = Math.round(tapeBox(state, slot).x) + 0.5;
    context.moveTo(x, tape.y);
    context.lineTo(x, tape.y + tape.h);
  }
  context.stroke();
  seams(context, state, tapeBox(state, first, end - first), end - first);
  context.restore();
  context.strokeStyle = state.theme.text;
  context.lineWidth = 1;
  context.strokeRect(tape.x - 0.5, tape.y - 0.5, tape.w + 1, tape.h + 1);
}

// Thin lines between cells, without which the black rows of a digit would be one.
function seams(context, state, box, slots) {
  const wide = (box.w / slots) * state.header.step;
  if (slots <= 0 || wide < 7) return;
  context.strokeStyle = "rgba(150, 150, 150, 0.55)";
  context.lineWidth = 1;
  context.beginPath();
  for (let x = box.x + wide; x < box.x + box.w - 1; x += wide) {
    context.moveTo(Math.round(x) + 0.5, box.y);
    context.lineTo(Math.round(x) + 0.5, box.y + box.h);
  }
  context.stroke();
}

// What is on its way: pixels as one row, maps cell by cell.
export function drawWay(state, context, at) {
  if (!at.moving) return;
  const { header, sheets, stage: { tape } } = state, [, columns, channels] = header.shape, { row: long } = lengthOf(header.shape), first = at.row * long;
  context.save();
  context.beginPath();
  context.rect(-PAD, -PAD, tape.x + tape.w + 2 * PAD, 1e5);
  context.clip();
  if (header.step === channels) {
    const home = homeBox(state, at.row, 0, 0), box = wayBox(state, { ...home, w: columns * home.w }, first, long, at.share), split = header.step > 1 ? smooth(0.5, 1, at.share) : 0;
    context.imageSmoothingEnabled = box.w * state.stage.ratio < columns;
    context.drawImage(sheets.maps[0], 0, at.row, columns, 1, box.x, box.y, box.w, box.h);
    context.globalAlpha = split;
    if (split > 0) context.drawImage(sheets.rows, 0, at.row, long, 1, box.x, box.y, box.w, box.h);
    context.globalAlpha = 1;
    seams(context, state, box, long);
    context.strokeStyle = state.theme.faint;
    context.lineWidth = 1;
    context.strokeRect(box.x - 0.5, box.y - 0.5, box.w + 1, box.h + 1);
  } else {
    // So many that a frame is still drawn in time; where maps have more cells in a row, some of them stand for all.
    const every = Math.ceil((columns * header.shown[1]) / 2500);
    for (let cell = 0; cell < columns * header.shown[1]; cell += every) {
      const column = Math.floor(cell / header.shown[1]), channel = header.shown[0] + (cell % header.shown[1]), way = shareOf(header, at.share, column);
      if (way <= 0 || way >= 1) continue;
      const slot = slotAt(header.shape, at.row, column, channel), box = wayBox(state, homeBox(state, at.row, column, channel), slot, 1, way);
      context.drawImage(sheets.rows, slot - first, at.row, 1, 1, box.x, box.y, Math.max(box.w, 1), box.h);
    }
  }
  for (const mark of state.marks) {
    const [row, column, channel] = placeAt(header.shape, mark.slot), way = shareOf(header, at.share, column);
    if (row !== at.row || way <= 0 || way >= 1 || !isShown(header, mark.slot)) continue;
    outline(context, wayBox(state, homeBox(state, row, column, channel), mark.slot, header.step, way), mark.kind, state);
  }
  context.restore();
}

// The whole vector over the whole width, as far as it has been laid; a frame shows which part is close up.
export function drawStrip(state, context, at) {
  const { header, sheets, bins, theme, stage: { strip, tape, text, width } } = state, { all } = lengthOf(header.shape);
  if (!strip) return;
  const part = Math.floor((at.laid / all) * bins), edge = (part / bins) * strip.w;
  context.imageSmoothingEnabled = false;
  if (part) context.drawImage(sheets.strip, 0, 0, part, 1, strip.x, strip.y, edge, strip.h);
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.strokeRect(strip.x - 0.5, strip.y - 0.5, strip.w + 1, strip.h + 1);
  const from = (state.view / all) * strip.w, wide = (tape.shown / all) * strip.w, lower = strip.y + strip.h;
  drawBox(context, { x: from + 2, y: strip.y - 1, w: Math.max(4, wide - 4), h: strip.h + 2 }, theme.text, 2);
  for (const mark of state.marks) if (mark.slot < at.laid) outline(context, stripBox(state, mark.slot, header.step), mark.kind, state, 2);
  const y = lower + 0.72 * text, last = count(all), front = count(at.laid), half = 0.3 * text * front.length;
  write(context, "1", 0, y, {}, state);
  write(context, last, width, y, { align: "right", weight: at.laid === all ? 700 : 400 }, state);
  const x = clamp(edge, 1.2 * text + half, width);
  if (at.laid > 1 && at.laid < all && x + half < width - 0.62 * text * last.length - 8) write(context, front, x, y, { align: "center", weight: 700 }, state);
}
