// The two pictures: which pixels are gone, in which order, and the bars of the answer below them.
import { sheetFrom } from "../common/canvas.js";
import { clamp } from "../common/numbers.js";

export const TAKEN = 0;
export const GIVEN = 1;
// Device pixels a pixel, below which a picture is drawn smooth.
export const FINE = 3;

// How many pixels of an order are gone, or there, at a position between two steps. At the last step all of them, also those
// that look like what replaces them.
export function limitAt({ until, differ }, position) {
  const step = Math.floor(position), last = until.length - 1;
  if (step >= last) return until[last];
  return Math.floor(until[step] + (position - step) * (Math.min(until[step + 1], differ) - until[step]) + 1e-9);
}

// One pixel a pixel: those of rank below the limit are replaced, or, where they are given, they alone are there.
export function pictureSheet({ shape: [rows, columns, channels] }, { picture, fill }, ranks, limit, way) {
  const image = new ImageData(columns, rows);
  for (let at = 0; at < rows * columns; at++) {
    const source = ranks[at] < limit === (way === TAKEN) ? fill : picture;
    for (let c = 0; c < 3; c++) image.data[4 * at + c] = source[at * channels + (channels === 3 ? c : 0)];
    image.data[4 * at + 3] = 255;
  }
  return sheetFrom(image);
}

export function drawPicture(context, sheet, box, ratio, theme) {
  context.imageSmoothingEnabled = (box.w * ratio) / sheet.width < FINE;
  context.drawImage(sheet, box.x, box.y, box.w, box.h);
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.strokeRect(box.x - 0.5, box.y - 0.5, box.w + 1, box.h + 1);
}

// A name and a number, and below them a bar from the zero of the range.
export function drawBar(context, box, { name, number, value, range, colour, bold }, type, theme) {
  const [low, high] = range, at = (x) => box.x + (box.w * (clamp(x, low, high) - low)) / (high - low || 1);
  context.textBaseline = "top";
  context.fillStyle = theme.text;
  context.font = `${bold ? 700 : 400} ${type.text}px ${theme.font}`;
  context.textAlign = "right";
  context.fillText(number, box.x + box.w, box.y);
  const room = box.w - context.measureText(number).width - 10;
  context.textAlign = "left";
  context.fillText(fitted(context, name, room), box.x, box.y);
  const y = box.y + 1.25 * type.text, zero = at(Math.max(low, Math.min(0, high)));
  context.fillStyle = "rgba(127, 127, 127, 0.16)";
  context.fillRect(box.x, y, box.w, 0.7 * type.text);
  context.fillStyle = colour;
  context.fillRect(Math.min(zero, at(value)), y, Math.abs(at(value) - zero), 0.7 * type.text);
}

export const barHeight = (type) => 2.3 * type.text;

// As much of a text as there is room for.
export function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let short = text;
  while (short && context.measureText(`${short}\u2026`).width > room) short = short.slice(0, -1);
  return `${short}\u2026`;
}
