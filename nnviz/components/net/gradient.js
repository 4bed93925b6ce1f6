// What units do for each other on one picture: activation times gradient between two tensors of a network that was run
// (net.js), as `analysis/network/influence.py` defines it. Backwards for all that feeds one unit, forwards for all that
// one unit feeds. Knows of no page.

import { F, apply, count, planes, spread, windows } from "./net.js";

const ZERO = 1e-4;

// The slope of a function; where it has a corner, the side that TensorFlow takes.
function slope(f, x, alpha) {
  if (f === "linear") return 1;
  if (f === "relu") return x > 0 ? 1 : 0;
  if (f === "relu6") return x > 0 && x < 6 ? 1 : 0;
  return (F[f](x + ZERO, alpha) - F[f](x - ZERO, alpha)) / (2 * ZERO);
}

// Of operations that only move values: where each value comes from in the inputs behind each other, -1 for nowhere.
function sources(net, o, inputs) {
  let from = 0;
  const numbered = inputs.map(({ shape, values }) => {
    const own = Float32Array.from(values, (_, i) => from + i + 1);
    from += values.length;
    return { shape, values: own };
  });
  return Int32Array.from(apply(net, o, numbered).values, (value) => value - 1);
}

// Where the largest value of each window of a pooling stands.
function largest(o, { shape, values }) {
  const [rows, columns, channels] = planes(shape);
  const [high, wide] = o.op === "global" ? [rows, columns] : o.size, [down, right] = o.op === "global" ? [1, 1] : o.strides;
  const [top, many] = o.op === "global" ? [0, 1] : windows(rows, high, down, 1, o.padding);
  const [left, across] = o.op === "global" ? [0, 1] : windows(columns, wide, right, 1, o.padding);
  const found = new Int32Array(many * across * channels);
  for (let row = 0, at = 0; row < many; row++) {
    for (let column = 0; column < across; column++) {
      for (let k = 0; k < channels; k++, at++) {
        let best = -1;
        for (let y = Math.max(row * down - top, 0); y < Math.min(row * down - top + high, rows); y++) {
          for (let x = Math.max(column * right - left, 0); x < Math.min(column * right - left + wide, columns); x++) {
            const cell = (y * columns + x) * channels + k;
            if (best < 0 || values[cell] > values[best]) best = cell;
          }
        }
        found[at] = best;
      }
    }
  }
  return found;
}

// The weighted pairs (of output, of input, weight) of what is neither a product with a kernel nor a move of values.
function pairs(net, o, number, inputs, output, visit) {
  const { shape, values } = inputs[number], weights = (part) => net.weights.subarray(part[0], part[0] + part[1]), n = output.values.length;
  if (o.op === "activation" && (o.f === "softmax" || o.f === "log_softmax")) {
    const size = shape[shape.length - 1], p = o.f === "softmax" ? output.values : output.values.map(Math.exp);
    for (let at = 0; at < n; at += size) {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) visit(at + i, at + j, ((i === j) - p[at + j]) * (o.f === "softmax" ? p[at + i] : 1));
      }
    }
  } else if (o.op === "activation") for (let i = 0; i < n; i++) visit(i, i, slope(o.f, values[i], o.alpha));
  else if (o.op === "rectified") for (let i = 0; i < n; i++) visit(i, i, values[i] <= o.from_ ? o.slope : values[i] < (o.top ?? Infinity) ? 1 : 0);
  else if (o.op === "prelu") {
    const alpha = weights(o.alpha), at = spread(o.shape, shape);
    for (let i = 0; i < n; i++) visit(i, i, values[i] > 0 ? 1 : alpha[at(i)]);
  } else if (o.op === "affine") {
    const scale = weights(o.scale);
    for (let i = 0; i < n; i++) visit(i, i, scale[i % scale.length]);
  } else if (o.op === "normalization") {
    const size = shape[shape.length - 1], gamma = o.gamma && weights(o.gamma);
    for (let at = 0; at < n; at += size) {
      let mean = 0, variance = 0;
      for (let i = 0; i < size; i++) mean += values[at + i] / size;
      for (let i = 0; i < size; i++) variance += (values[at + i] - mean) ** 2 / size;
      const by = 1 / Math.sqrt(variance + o.epsilon), hat = (i) => (values[at + i] - mean) * by;
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) visit(at + i, at + j, (gamma ? gamma[i] : 1) * by * ((i === j) - 1 / size - (hat(i) * hat(j)) / size));
      }
    }
  } else if (o.op === "together") {
    const whole = output.shape, ways = inputs.map((input) => spread(input.shape, whole)), own = ways[number];
    for (let i = 0; i < n; i++) {
      let weight = o.kind === "average" ? 1 / inputs.length : o.kind === "subtract" && number ? -1 : 1;
      if (o.kind === "multiply") inputs.forEach((input, other) => { if (other !== number) weight *= input.values[ways[other](i)]; });
      if (o.kind === "maximum" || o.kind === "minimum") {
        // Of equal ones the first.
        const first = inputs.findIndex((input, other) => input.values[ways[other](i)] === output.values[i]);
        weight = first === number ? 1 : 0;
      }
      visit(i, own(i), weight);
    }
  } else if (o.op === "pooling" || o.op === "global") {
    if (o.kind === "max") return largest(o, inputs[0]).forEach((from, at) => visit(at, from, 1));
    const [rows, columns, channels] = planes(shape), whole = o.op === "global";
    const [high, wide] = whole ? [rows, columns] : o.size, [down, right] = whole ? [1, 1] : o.strides;
    const [top, many] = whole ? [0, 1] : windows(rows, high, down, 1, o.padding), [left, across] = whole ? [0, 1] : windows(columns, wide, right, 1, o.padding);
    for (let row = 0; row < many; row++) {
      for (let column = 0; column < across; column++) {
        const y0 = Math.max(row * down - top, 0), y1 = Math.min(row * down - top + high, rows);
        const x0 = Math.max(column * right - left, 0), x1 = Math.min(column * right - left + wide, columns), weight = 1 / ((y1 - y0) * (x1 - x0));
        for (let y = y0; y < y1; y++) {
          for (let x = x0; x < x1; x++) for (let k = 0; k < channels; k++) visit((row * across + column) * channels + k, (y * columns + x) * channels + k, weight);
        }
      }
    }
  } else if (o.op === "up" && o.smooth) {
    // Linear in each value: what one cell gives is what a map of that cell alone becomes.
    const plain = values.slice().fill(0);
    for (let from = 0; from < values.length; from++) {
      plain[from] = 1;
      apply(net, o, [{ shape, values: plain }]).values.forEach((weight, at) => { if (weight) visit(at, from, weight); });
      plain[from] = 0;
    }
  } else {
    const before = inputs.slice(0, number).reduce((sum, input) => sum + input.values.length, 0);
    sources(net, o, inputs).forEach((from, at) => { if (from >= before && from < before + values.length) visit(at, from - before, 1); });
  }
}

// Products with a kernel: (of output, of input, of kernel), for those outputs that `wants` and those inputs that `gives`.
function products(o, { shape }, wants, gives, visit) {
  if (o.op === "dense") {
    const size = shape[shape.length - 1], rows = count(shape) / size;
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < size; i++) {
        if (gives(row * size + i)) for (let k = 0; k < o.units; k++) if (wants(row * o.units + k)) visit(row * o.units + k, row * size + i, i * o.units + k);
      }
    }
    return;
  }
  const [rows, columns, channels] = planes(shape), [high, wide, inner, outer] = o.shape, each = outer / o.groups;
  const causal = o.padding === "causal" ? ["valid", "causal"] : [o.padding, o.padding];
  const [top, down] = windows(rows, high, o.strides[0], o.dilation[0], causal[0]), [left, across] = windows(columns, wide, o.strides[1], o.dilation[1], causal[1]);
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const at = (row * across + column) * outer, wanted = [];
      for (let k = 0; k < outer; k++) if (wants(at + k)) wanted.push(k);
      if (!wanted.length) continue;
      for (let y = 0; y < high; y++) {
        const r = row * o.strides[0] - top + y * o.dilation[0];
        if (r < 0 || r >= rows) continue;
        for (let x = 0; x < wide; x++) {
          const c = column * o.strides[1] - left + x * o.dilation[1];
          if (c < 0 || c >= columns) continue;
          for (const k of wanted) {
            const first = (r * columns + c) * channels + Math.floor(k / each) * inner;
            for (let i = 0; i < inner; i++) if (gives(first + i)) visit(at + k, first + i, ((y * wide + x) * inner + i) * outer + k);
          }
        }
      }
    }
  }
}

const kernelOf = (net, o) => net.weights.subarray(o.kernel[0], o.kernel[0] + o.kernel[1]);
const multiplies = (o) => o.op === "convolution" || o.op === "dense";

// A cotangent of an operation's output as one of each of its inputs.
function backward(net, o, inputs, output, given) {
  return inputs.map((input, number) => {
    const found = new Float64Array(input.values.length);
    if (multiplies(o)) {
      const kernel = kernelOf(net, o);
      products(o, input, (at) => given[at] !== 0, () => true, (at, from, weight) => { found[from] += given[at] * kernel[weight]; });
    } else pairs(net, o, number, inputs, output, (at, from, weight) => { found[from] += given[at] * weight; });
    return found;
  });
}

// Tangents of an operation's inputs, null where nothing changes, as one of its output.
function forward(net, o, inputs, output, given) {
  const found = new Float64Array(output.values.length);
  given.forEach((own, number) => {
    if (!own) return;
    if (multiplies(o)) {
      const kernel = kernelOf(net, o);
      products(o, inputs[number], () => true, (from) => own[from] !== 0, (at, from, weight) => { found[at] += own[from] * kernel[weight]; });
    } else pairs(net, o, number, inputs, output, (at, from, weight) => { found[at] += own[from] * weight; });
  });
  return found;
}

const byChannel = ({ shape, values }, factor) => {
  const channels = shape[shape.length - 1], sums = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) sums[i % channels] += values[i] * factor[i];
  return Float32Array.from(sums);
};
const ofChannel = ({ shape, values }, channel, value) => {
  const channels = shape[shape.length - 1];
  return Float64Array.from(values, (own, i) => (i % channels === channel ? value(own) : 0));
};

// What each channel of `source` adds to the sum over a channel of `sink`, (channels,); null where it leads not there.
//   net: as `run` takes it, its operations as `apart` gives them
//   tensors: what `run` gave
export function inputsOf(net, tensors, source, sink, channel) {
  const open = new Map([[sink, ofChannel(tensors.get(sink), channel, () => 1)]]);
  for (const o of [...net.operations].reverse()) {
    const given = open.get(o.name);
    if (!given || o.name === source) continue;
    backward(net, o, o.from.map((name) => tensors.get(name)), tensors.get(o.name), given).forEach((own, at) => {
      const before = open.get(o.from[at]);
      if (before) own.forEach((value, i) => { before[i] += value; }); else open.set(o.from[at], own);
    });
  }
  const found = open.get(source);
  return found ? byChannel(tensors.get(source), found) : null;
}

// What a channel of `source` adds to each channel of `sink`, summed over its cells, (channels,); null where it does not.
export function outputsOf(net, tensors, source, channel, sink) {
  const open = new Map([[source, ofChannel(tensors.get(source), channel, (own) => own)]]);
  for (const o of net.operations) {
    if (o.name === source || !o.from.some((name) => open.has(name))) continue;
    open.set(o.name, forward(net, o, o.from.map((name) => tensors.get(name)), tensors.get(o.name), o.from.map((name) => open.get(name) ?? null)));
    if (o.name === sink) break;
  }
  const found = open.get(sink);
  return found ? byChannel({ ...tensors.get(sink), values: found }, new Float64Array(found.length).fill(1)) : null;
}
