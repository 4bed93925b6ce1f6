// The curve below the points: a measure at each stop, and where one is on it. It is the bar that is scrubbed.

import { fitCanvas, scaled } from "../common/canvas.js";
import { clamp } from "../common/numbers.js";

// What stands where: text sizes, the plot's box, CSS pixels.
export function layCurve(state) {
  const { canvas, box } = state.curve, width = Math.floor(box.clientWidth), { rem } = state;
  const text = Math.max(16, 0.75 * rem), height = Math.round(state.low ? 5.4 * text : 6.6 * text);
  const ratio = window.devicePixelRatio || 1;
  fitCanvas(canvas, width, height, ratio);
  const context = scaled(canvas, ratio);
  context.font = `${text}px ${state.theme.font}`;
  const left = context.measureText("100%").width + 12, right = width - 3.2 * text;
  Object.assign(state.curve, { context, width, height, text, left, right, top: 1.75 * text, bottom: height - 1.5 * text });
}

export function xOf(state, stop) {
  const { left, right } = state.curve, last = Math.max(1, state.header.stops.length - 1);
  return left + (stop / last) * (right - left);
}

function yOf({ top, bottom }, share) {
  return bottom - share * (bottom - top);
}

// The stop at a place on the canvas, not whole between two.
export function stopAt(state, x) {
  const { left, right } = state.curve, last = state.header.stops.length - 1;
  return clamp(((x - left) / Math.max(1, right - left)) * last, 0, last);
}

// What a line has at a stop, or between two that it has; null elsewhere.
export function valueAt(stops, line, at) {
  const low = Math.floor(at), a = stops[low].values[line], b = stops[Math.min(low + 1, stops.length - 1)].values[line];
  return at === low ? a : a === null || b === null ? null : a + (at - low) * (b - a);
}

export function drawCurve(state, at) {
  const { header, curve, theme } = state, { context, text } = curve;
  context.clearRect(0, 0, curve.width, curve.height);
  drawAxes(state);
  header.lines.forEach((line, which) => drawLine(state, line, which));
  drawHeading(state);
  const x = xOf(state, at), value = valueAt(header.stops, 0, at);
  context.strokeStyle = theme.picked;
  context.lineWidth = 2.5;
  context.beginPath();
  context.moveTo(x, curve.top - 3);
  context.lineTo(x, curve.bottom);
  context.stroke();
  if (value === null) return;
  const y = yOf(curve, value);
  context.fillStyle = theme.background;
  context.lineWidth = 4;
  context.beginPath();
  context.arc(x, y, 0.42 * text, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  // Only where it was measured.
  if (at === Math.floor(at)) {
    Object.assign(context, { font: `700 ${text}px ${theme.font}`, textAlign: "left", textBaseline: "middle", strokeStyle: theme.background, lineWidth: 5, fillStyle: theme.text });
    const words = header.stops[at].said, long = context.measureText(words).width, beside = x + 0.75 * text + long < curve.width ? x + 0.75 * text : x - 0.75 * text - long, low = Math.min(y + 0.85 * text, curve.bottom - 0.6 * text);
    context.strokeText(words, beside, low);
    context.fillText(words, beside, low);
  }
}

function drawAxes(state) {
  const { curve, theme, header } = state, { context, text, left, right } = curve;
  Object.assign(context, { font: `${text}px ${theme.font}`, textAlign: "right", textBaseline: "middle", strokeStyle: theme.faint, lineWidth: 1 });
  for (const share of [0, 0.5, 1]) {
    const y = Math.round(yOf(curve, share)) + 0.5;
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(right, y);
    context.stroke();
    context.fillStyle = theme.text;
    if (share !== 0.5 || curve.bottom - curve.top > 3 * text) context.fillText(`${100 * share}%`, left - 8, y);
  }
  drawStops(state, Math.round(state.at), header.stops.length - 1);
}

// The names of the stops: that of the present one always, the others as far as they have room.
function drawStops(state, now, last) {
  const { curve, theme, header } = state, { context, text } = curve, taken = [];
  context.textBaseline = "bottom";
  for (const stop of [now, 0, last, ...header.stops.keys()]) {
    const bold = stop === now;
    context.font = `${bold ? 700 : 400} ${text}px ${theme.font}`;
    const words = header.stops[stop].short, half = context.measureText(words).width / 2 + 4;
    const x = clamp(xOf(state, stop), half, curve.width - half);
    if (taken.some(([from, to]) => x - half < to && x + half > from)) continue;
    taken.push([x - half, x + half]);
    context.fillStyle = theme.text;
    context.textAlign = "center";
    context.fillText(words, x, curve.height - 1);
  }
}

function drawLine(state, { colour, dash }, which) {
  const { curve, header } = state, { context } = curve;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 3;
  context.setLineDash(dash ? [8, 6] : []);
  context.beginPath();
  let drawn = false;
  header.stops.forEach(({ values }, stop) => {
    if (values[which] === null) { drawn = false; return; }
    context[drawn ? "lineTo" : "moveTo"](xOf(state, stop), yOf(curve, values[which]));
    drawn = true;
  });
  context.stroke();
  context.setLineDash([]);
  header.stops.forEach(({ values }, stop) => {
    if (values[which] === null) return;
    context.beginPath();
    context.arc(xOf(state, stop), yOf(curve, values[which]), 5, 0, 2 * Math.PI);
    context.fill();
  });
}

// What is measured, and which line is which, in one row; what has no room is left out.
function drawHeading(state) {
  const { curve, theme, header } = state, { context, text } = curve, y = 0.7 * text;
  let x = 0;
  Object.assign(context, { font: `600 ${text}px ${theme.font}`, textAlign: "left", textBaseline: "middle", fillStyle: theme.text });
  const heading = context.measureText(header.heading).width;
  if (heading <= curve.width) { context.fillText(header.heading, x, y); x += heading + 1.4 * text; }
  context.font = `${text}px ${theme.font}`;
  for (const { name, colour, dash } of header.lines) {
    const long = context.measureText(name).width + 2.6 * text;
    if (x + long > curve.width) break;
    context.strokeStyle = colour;
    context.lineWidth = 3;
    context.setLineDash(dash ? [8, 6] : []);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + 2 * text, y);
    context.stroke();
    context.setLineDash([]);
    context.fillText(name, x + 2.4 * text, y);
    x += long + 1.2 * text;
  }
}
