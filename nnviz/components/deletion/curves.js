// A curve chart: the map's order, one random order, the range of all random ones, and a point on each line.
import { fitted } from "./pictures.js";

const STEPS = [1, 2, 2.5, 5, 10];

// Round numbers within a range, about so many.
export function ticksOf([low, high], about) {
  const rough = (high - low) / about, power = 10 ** Math.floor(Math.log10(rough)), step = STEPS.find((one) => one * power >= rough * 0.999) * power;
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at++) found.push(at * step);
  return found;
}

// The value of a curve between two of its points, on the straight line that is drawn.
export function along(curve, position) {
  const step = Math.min(Math.floor(position), curve.length - 2);
  return curve[step] + (position - step) * (curve[step + 1] - curve[step]);
}

// Where the curves stand in the box of a chart.
export function placeChart(context, box, range, type, theme) {
  context.font = `${type.text}px ${theme.font}`;
  const ticks = ticksOf(range, box.h < 260 ? 2 : 4), left = Math.max(...ticks.map((tick) => context.measureText(tickText(tick)).width)) + 10;
  const [low, high] = range, right = 1.4 * type.text;
  return { x: box.x + left, y: box.y + 1.75 * type.text, w: box.w - left - right, h: box.h - 3.3 * type.text, low, high, ticks };
}

const tickText = (tick) => (tick === 0 ? "0" : String(Number(tick.toPrecision(6)))).replace("-", "\u2212");

export function pointAt(plot, share, value) {
  return [plot.x + share * plot.w, plot.y + (plot.h * (plot.high - value)) / (plot.high - plot.low || 1)];
}

// Args: chart: title, active, shares, own, random, low, high.
export function drawChart(context, box, plot, chart, type, theme) {
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillStyle = theme.text;
  context.font = `${chart.active ? 700 : 400} ${type.text}px ${theme.font}`;
  context.fillText(fitted(context, chart.title, box.w), box.x, box.y);
  context.font = `${type.text}px ${theme.font}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of plot.ticks) {
    const [, y] = pointAt(plot, 0, tick);
    context.fillText(tickText(tick), plot.x - 8, y);
    context.strokeStyle = theme.faint;
    context.globalAlpha = tick === 0 ? 1 : 0.55;
    context.lineWidth = 1;
    stroke(context, [[plot.x, y], [plot.x + plot.w, y]]);
    context.globalAlpha = 1;
  }
  context.textBaseline = "top";
  for (const share of [0, 0.5, 1]) {
    context.textAlign = share === 1 && plot.x + plot.w + 30 > box.x + box.w ? "right" : "center";
    context.fillText(`${100 * share}%`, pointAt(plot, share, 0)[0] + (context.textAlign === "right" ? 1.3 * type.text : 0), plot.y + plot.h + 0.35 * type.text);
  }
  const line = (curve) => chart.shares.map((share, at) => pointAt(plot, share, curve[at]));
  context.fillStyle = "rgba(127, 133, 144, 0.28)";
  context.beginPath();
  [...line(chart.high), ...line(chart.low).reverse()].forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.fill();
  context.lineJoin = "round";
  context.strokeStyle = theme.random;
  context.lineWidth = 3;
  context.setLineDash([9, 7]);
  stroke(context, line(chart.random));
  context.setLineDash([]);
  context.strokeStyle = theme.positive;
  context.lineWidth = 4;
  stroke(context, line(chart.own));
}

// The line down at a share, and a point on each curve.
export function drawPoints(context, plot, share, values, theme) {
  const [x] = pointAt(plot, share, plot.low);
  context.strokeStyle = theme.text;
  context.globalAlpha = 0.35;
  context.lineWidth = 1.5;
  stroke(context, [[x, plot.y], [x, plot.y + plot.h]]);
  context.globalAlpha = 1;
  // The map's own lies above.
  [[values[1], theme.random], [values[0], theme.positive]].forEach(([value, colour]) => dot(context, pointAt(plot, share, value), colour, theme));
}

export function dot(context, [x, y], colour, theme, radius = 8) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.strokeStyle = theme.background;
  context.lineWidth = 2.5;
  context.stroke();
}

function stroke(context, points) {
  context.beginPath();
  points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}
