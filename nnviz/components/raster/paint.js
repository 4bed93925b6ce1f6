// From packed numbers to pixels.

import { COLOURS, colourOf, cssOf, share, textOn } from "../common/colours.js";
import { number, shortNumber } from "../common/numbers.js";
import { sheetFrom } from "../common/canvas.js";
import { cellBox, tileBox } from "./layout.js";

function rangeOf(panel, tile) {
  return panel.ranges[panel.ranges.length > 1 ? tile : 0];
}

function underAt(panel, values, row, column) {
  const under = panel.under;
  const r = Math.min(under.h - 1, Math.floor(((row + 0.5) * under.h) / panel.h));
  const c = Math.min(under.w - 1, Math.floor(((column + 0.5) * under.w) / panel.w));
  const at = under.offset + (r * under.w + c) * under.channels;
  return under.channels === 3 ? [values[at], values[at + 1], values[at + 2]] : [values[at], values[at], values[at]];
}

// One tile as an image of one pixel a cell. With a picture under it, the tile is drawn as fine as the picture.
export function tileImage(panel, values, tile) {
  const up = panel.under ? Math.max(1, Math.round(panel.under.h / panel.h)) : 1;
  const image = new ImageData(panel.w * up, panel.h * up);
  const table = COLOURS[panel.colour], range = rangeOf(panel, tile), out = image.data;
  const base = panel.offset + tile * panel.h * panel.w * panel.channels;
  for (let y = 0, o = 0; y < panel.h * up; y++) {
    for (let x = 0; x < panel.w * up; x++, o += 4) {
      const cell = Math.floor(y / up) * panel.w + Math.floor(x / up);
      if (panel.units && cell >= panel.units) continue;
      out[o + 3] = 255;
      if (panel.channels === 3) {
        for (let c = 0; c < 3; c++) {
          const value = values[base + cell * 3 + c];
          out[o + c] = panel.colour === "diverging" ? 255 * share(value, range) : value;
        }
        continue;
      }
      const t = share(values[base + cell], range), k = 3 * Math.round(256 * t);
      if (!panel.under) {
        for (let c = 0; c < 3; c++) out[o + c] = table[k + c];
        continue;
      }
      const below = underAt({ ...panel, h: panel.h * up, w: panel.w * up }, values, y, x);
      const amount = panel.strength * (panel.colour === "diverging" ? Math.abs(2 * t - 1) : t);
      for (let c = 0; c < 3; c++) out[o + c] = below[c] + amount * (table[k + c] - below[c]);
    }
  }
  return image;
}

// Numbers in the cells, where the smallest that may be written fits: else each cell says its value under the pointer.
function drawNumbers(context, panel, size, values, tile, font) {
  const box = tileBox(size, tile), w = box.w / panel.w, h = box.h / panel.h;
  const letters = Math.max(size.number, Math.min(26, 0.45 * w));
  if (!panel.numbers || h < 1.2 * size.number || w < 1.2 * size.number) return;
  const cells = Array.from({ length: panel.units || panel.h * panel.w }, (_, cell) => cell).filter((cell) => !panel.blank?.includes(cell));
  const valueOf = (cell) => values[panel.offset + tile * panel.h * panel.w + cell];
  const said = new Map(cells.map((cell) => [cell, panel.texts?.length ? panel.texts[cell] : w < 84 ? shortNumber(valueOf(cell)) : number(valueOf(cell))]));
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `${letters}px ${font}`;
  const widest = Math.max(...Array.from(said.values(), (text) => context.measureText(text).width));
  const fitting = Math.min(letters, (letters * (w - 4)) / widest);
  if (fitting < size.number) return;
  context.font = `${fitting}px ${font}`;
  for (const [cell, text] of said) {
    context.fillStyle = textOn(colourOf(panel.colour, valueOf(cell), rangeOf(panel, tile)));
    context.fillText(text, box.x + ((cell % panel.w) + 0.5) * w, box.y + (Math.floor(cell / panel.w) + 0.5) * h);
  }
}

// Cells without a value: hatched, so that none is taken for a zero.
function drawBlank(context, panel, size, tile, theme) {
  for (const cell of panel.blank || []) {
    const box = cellBox(size, panel, { tile, row: Math.floor(cell / panel.w), column: cell % panel.w });
    context.save();
    context.beginPath();
    context.rect(box.x, box.y, box.w, box.h);
    context.clip();
    context.fillStyle = theme.background;
    context.fillRect(box.x, box.y, box.w, box.h);
    context.strokeStyle = theme.text;
    context.globalAlpha = 0.45;
    context.lineWidth = 1.5;
    context.beginPath();
    // In step over neighbouring cells: x + y of every line is a multiple of ten.
    for (let x = Math.ceil((box.x + box.y) / 10) * 10 - box.y - box.h; x < box.x + box.w; x += 10) {
      context.moveTo(x, box.y + box.h);
      context.lineTo(x + box.h, box.y);
    }
    context.stroke();
    context.restore();
  }
}

// What a tile without a picture holds, on it: as a word or two, or as a sign where they have no room.
function drawEmpty(context, panel, values, tile, box, size, theme) {
  const at = panel.offset + tile * panel.h * panel.w * panel.channels, pixel = panel.colour === "diverging" ? [128, 128, 128] : values.slice(at, at + 3);
  context.fillStyle = textOn(panel.channels === 3 ? pixel : colourOf(panel.colour, values[at], rangeOf(panel, tile)));
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `${size.text}px ${theme.font}`;
  const said = panel.empty[tile], words = said.split(" "), fits = (text) => context.measureText(text).width <= box.w - 4;
  const lines = fits(said) ? [said] : words.every(fits) && box.h > 2.6 * size.text ? words : [said === "all zero" ? "0" : "\u22480"];
  lines.forEach((line, index) => context.fillText(line, box.x + box.w / 2, box.y + box.h / 2 + 1.2 * (index - (lines.length - 1) / 2) * size.text));
}

// The colours between the ends of a range.
function drawBar(context, panel, x, y, size, theme) {
  const [low, high] = rangeOf(panel, 0).map((end) => number(end));
  const room = size.width - context.measureText(low + high).width - 0.8 * size.text, wide = Math.max(size.text, Math.min(5 * size.text, room));
  const from = x + context.measureText(low).width + 0.4 * size.text, fill = context.createLinearGradient(from, 0, from + wide, 0);
  for (let stop = 0; stop <= 16; stop++) fill.addColorStop(stop / 16, cssOf(colourOf(panel.colour, stop, [0, 16])));
  context.fillText(low, x, y);
  context.fillText(high, from + wide + 0.4 * size.text, y);
  context.fillStyle = fill;
  context.fillRect(from, y + 0.12 * size.text, wide, 0.8 * size.text);
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.strokeRect(from, y + 0.12 * size.text, wide, 0.8 * size.text);
  context.fillStyle = theme.text;
}

export function drawPanel(context, panel, size, values, theme) {
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillStyle = theme.text;
  context.font = `600 ${size.title}px ${theme.font}`;
  if (panel.title) context.fillText(panel.title, size.x, size.y);
  context.font = `${size.text}px ${theme.font}`;
  const lines = panel.note ? panel.note.split("\n") : [], below = size.y + (panel.title ? 1.36 * size.title : 0);
  lines.forEach((line, index) => context.fillText(line, size.x, below + 1.3 * index * size.text));
  if (panel.bar) drawBar(context, panel, size.x, below + 1.3 * lines.length * size.text, size, theme);
  const sheet = document.createElement("canvas");
  for (let tile = 0; tile < panel.n; tile++) {
    const box = tileBox(size, tile);
    sheetFrom(tileImage(panel, values, tile), sheet);
    // Averaged where it is shown smaller, cell by cell where larger.
    context.imageSmoothingEnabled = panel.smooth || Math.min(size.wide, size.high) < 1 || (panel.under !== null && sheet.width > box.w);
    context.drawImage(sheet, box.x, box.y, box.w, box.h);
    context.strokeStyle = theme.faint;
    context.lineWidth = 1;
    if (!panel.units) context.strokeRect(box.x - 0.5, box.y - 0.5, box.w + 1, box.h + 1);
    drawNumbers(context, panel, size, values, tile, theme.font);
    drawBlank(context, panel, size, tile, theme);
    if (panel.empty?.[tile]) drawEmpty(context, panel, values, tile, box, size, theme);
    if (panel.labels[tile]) {
      context.fillStyle = theme.text;
      context.textAlign = "center";
      context.textBaseline = "top";
      context.font = `${size.text}px ${theme.font}`;
      context.fillText(panel.labels[tile], box.x + box.w / 2, box.y + box.h + 0.22 * size.text, size.stepX - 2);
    }
  }
}

export function drawLines(context, header, places, theme) {
  const largest = Math.max(...header.lines.map((line) => Math.abs(line.value)), 1e-12);
  const ordered = [...header.lines].sort((a, b) => Math.abs(a.value) - Math.abs(b.value));
  for (const line of ordered) {
    const a = cellBox(places.panels[line.from.panel], header.panels[line.from.panel], line.from);
    const b = cellBox(places.panels[line.to.panel], header.panels[line.to.panel], line.to);
    const strength = Math.abs(line.value) / largest;
    const down = header.panels[line.from.panel].row !== header.panels[line.to.panel].row;
    const from = down ? [a.x + a.w / 2, a.y + a.h] : [a.x + a.w, a.y + a.h / 2];
    const to = down ? [b.x + b.w / 2, b.y] : [b.x, b.y + b.h / 2];
    // Downwards a line runs straight for long, so that it turns aside below the panels that it passes.
    const bend = down ? 0.88 * (to[1] - from[1]) : (to[0] - from[0]) / 2;
    context.beginPath();
    // Within one panel a line is a line of the picture: straight, between the middles of its cells.
    const within = line.from.panel === line.to.panel;
    context.moveTo(...(within ? [a.x + a.w / 2, a.y + a.h / 2] : from));
    if (within) context.lineTo(b.x + b.w / 2, b.y + b.h / 2);
    else if (down) context.bezierCurveTo(from[0], from[1] + bend, to[0], from[1] + bend, ...to);
    else context.bezierCurveTo(from[0] + bend, from[1], to[0] - bend, to[1], ...to);
    if (line.plain) {
      // A light seam, so that it is seen on dark maps too.
      context.strokeStyle = "#fff";
      context.globalAlpha = 0.6;
      context.lineWidth = 4.5;
      context.stroke();
    }
    context.strokeStyle = line.plain ? theme.mark : line.value < 0 ? theme.negative : theme.positive;
    context.globalAlpha = line.plain ? 0.9 : 0.45 + 0.5 * strength;
    context.lineWidth = line.plain ? 2 : 1.5 + 7 * strength;
    context.stroke();
    context.globalAlpha = 1;
    if (!line.plain && line.sign) {
      const at = line.sign === "from" ? from : to, shift = line.sign === "from" ? 11 : -11;
      context.beginPath();
      context.arc(at[0] + shift, at[1], 9, 0, 2 * Math.PI);
      context.fillStyle = theme.background;
      context.fill();
      context.fillStyle = theme.text;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.font = `700 18px ${theme.font}`;
      context.fillText(line.value < 0 ? "\u2212" : "+", at[0] + shift, at[1] + 1);
    }
  }
}

// What is off: pale, with a cross, so that one still sees what it was.
export function drawCross(context, box, theme) {
  context.save();
  context.globalAlpha = 0.55;
  context.fillStyle = theme.background;
  context.fillRect(box.x, box.y, box.w, box.h);
  context.globalAlpha = 1;
  const width = Math.max(2, Math.min(5, Math.min(box.w, box.h) / 12));
  for (const [colour, wide] of [["#fff", width + 3], ["#14171a", width]]) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.beginPath();
    context.moveTo(box.x + 1, box.y + 1);
    context.lineTo(box.x + box.w - 1, box.y + box.h - 1);
    context.moveTo(box.x + box.w - 1, box.y + 1);
    context.lineTo(box.x + 1, box.y + box.h - 1);
    context.stroke();
  }
  context.restore();
}
