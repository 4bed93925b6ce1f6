// A network run in the browser: the operations of `analysis/network/program.py` on arrays without a batch axis, channels
// last. A tensor is { shape, values }; what has one axis of steps is taken as one row of columns. Knows of no page.

const SELU = [1.0507009873554805, 1.6732632423543772];

// By its series; from 4.5 on it is 1 to ten digits.
function erf(x) {
  const z = Math.abs(x);
  let sum = 0;
  if (z < 4.5) {
    for (let n = 0, term = z; Math.abs(term) > 1e-17 && n < 200; n++) {
      sum += term / (2 * n + 1);
      term *= (-z * z) / (n + 1);
    }
    sum *= 2 / Math.sqrt(Math.PI);
  } else sum = 1;
  return x < 0 ? -sum : sum;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
export const clip = (x, low, high) => Math.min(Math.max(x, low), high);

export const F = {
  linear: (x) => x,
  relu: (x) => (x > 0 ? x : 0),
  relu6: (x) => clip(x, 0, 6),
  leaky_relu: (x) => (x > 0 ? x : 0.2 * x),
  elu: (x, alpha = 1) => (x > 0 ? x : alpha * Math.expm1(x)),
  selu: (x) => SELU[0] * (x > 0 ? x : SELU[1] * Math.expm1(x)),
  celu: (x) => Math.max(x, 0) + Math.min(Math.expm1(x), 0),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  silu: (x) => x * sigmoid(x),
  hard_silu: (x) => (x * clip(x + 3, 0, 6)) / 6,
  mish: (x) => x * Math.tanh(softplus(x)),
  sigmoid,
  hard_sigmoid: (x) => clip(x + 3, 0, 6) / 6,
  log_sigmoid: (x) => -softplus(-x),
  tanh: Math.tanh,
  hard_tanh: (x) => clip(x, -1, 1),
  tanh_shrink: (x) => x - Math.tanh(x),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  exponential: Math.exp,
  squareplus: (x) => 0.5 * (x + Math.sqrt(x * x + 4)),
  sparse_plus: (x) => (x <= -1 ? 0 : x >= 1 ? x : 0.25 * (x + 1) ** 2),
  soft_shrink: (x) => (x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0),
  hard_shrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
};

// Along the last axis.
function softmax(values, size, log) {
  for (let at = 0; at < values.length; at += size) {
    let top = -Infinity, sum = 0;
    for (let i = at; i < at + size; i++) top = Math.max(top, values[i]);
    for (let i = at; i < at + size; i++) sum += Math.exp(values[i] - top);
    for (let i = at; i < at + size; i++) {
      const rest = values[i] - top - Math.log(sum);
      values[i] = log ? rest : Math.exp(rest);
    }
  }
}

// In place.
function activate(values, shape, f, alpha) {
  if (f === "softmax" || f === "log_softmax") softmax(values, shape[shape.length - 1], f === "log_softmax");
  else if (f !== "linear") {
    const own = F[f];
    for (let i = 0; i < values.length; i++) values[i] = own(values[i], alpha);
  }
}

export const count = (shape) => shape.reduce((product, size) => product * size, 1);
// Rows, columns and channels of what has them, or only steps and channels.
export const planes = (shape) => (shape.length === 3 ? shape : [1, ...shape]);
const as = (shape, like) => (like.length === 3 ? shape : shape.slice(1));

// Where windows stand along one axis: the padding before the first, and how many there are (analysis/network/padding.py).
export function windows(length, size, stride, dilation, padding) {
  const reach = (size - 1) * dilation + 1;
  if (padding === "same") {
    const many = Math.ceil(length / stride);
    return [Math.floor(Math.max((many - 1) * stride + reach - length, 0) / 2), many];
  }
  const before = padding === "causal" ? reach - 1 : 0;
  return [before, Math.floor((length + before - reach) / stride) + 1];
}

function convolution(o, [{ shape, values }], weights) {
  const [rows, columns, channels] = planes(shape), [high, wide, inner, outer] = o.shape;
  const kernel = weights(o.kernel), bias = weights(o.bias), groups = o.groups, each = outer / groups;
  // Only along columns where there is one row for want of rows.
  const causal = o.padding === "causal" ? ["valid", "causal"] : [o.padding, o.padding];
  const [top, down] = windows(rows, high, o.strides[0], o.dilation[0], causal[0]);
  const [left, across] = windows(columns, wide, o.strides[1], o.dilation[1], causal[1]);
  const made = new Float32Array(down * across * outer), sums = new Float64Array(outer);
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      if (bias) sums.set(bias); else sums.fill(0);
      for (let y = 0; y < high; y++) {
        const r = row * o.strides[0] - top + y * o.dilation[0];
        if (r < 0 || r >= rows) continue;
        for (let x = 0; x < wide; x++) {
          const c = column * o.strides[1] - left + x * o.dilation[1];
          if (c < 0 || c >= columns) continue;
          const cell = (r * columns + c) * channels;
          for (let group = 0; group < groups; group++) {
            const first = group * each;
            for (let i = 0; i < inner; i++) {
              const value = values[cell + group * inner + i];
              if (value === 0) continue;
              const at = ((y * wide + x) * inner + i) * outer;
              for (let k = first; k < first + each; k++) sums[k] += value * kernel[at + k];
            }
          }
        }
      }
      made.set(sums, (row * across + column) * outer);
    }
  }
  const found = as([down, across, outer], shape);
  activate(made, found, o.f);
  return { shape: found, values: made };
}

function dense(o, [{ shape, values }], weights) {
  const kernel = weights(o.kernel), bias = weights(o.bias), { units } = o;
  const size = shape[shape.length - 1], rows = values.length / size;
  const made = new Float32Array(rows * units), sums = new Float64Array(units);
  for (let row = 0; row < rows; row++) {
    if (bias) sums.set(bias); else sums.fill(0);
    for (let i = 0; i < size; i++) {
      const value = values[row * size + i];
      if (value === 0) continue;
      for (let k = 0; k < units; k++) sums[k] += value * kernel[i * units + k];
    }
    made.set(sums, row * units);
  }
  const found = [...shape.slice(0, -1), units];
  activate(made, found, o.f);
  return { shape: found, values: made };
}

function pooling(o, [{ shape, values }]) {
  const [rows, columns, channels] = planes(shape), [high, wide] = o.size, most = o.kind === "max";
  const [top, down] = windows(rows, high, o.strides[0], 1, o.padding);
  const [left, across] = windows(columns, wide, o.strides[1], 1, o.padding);
  const made = new Float32Array(down * across * channels);
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      // Padding is no cell: a mean is that of the cells that are there.
      const r = row * o.strides[0] - top, c = column * o.strides[1] - left;
      const from = [Math.max(r, 0), Math.max(c, 0)], to = [Math.min(r + high, rows), Math.min(c + wide, columns)];
      const cells = (to[0] - from[0]) * (to[1] - from[1]);
      for (let k = 0; k < channels; k++) {
        let found = most ? -Infinity : 0;
        for (let y = from[0]; y < to[0]; y++) {
          for (let x = from[1]; x < to[1]; x++) {
            const value = values[(y * columns + x) * channels + k];
            found = most ? Math.max(found, value) : found + value;
          }
        }
        made[(row * across + column) * channels + k] = most ? found : found / cells;
      }
    }
  }
  return { shape: as([down, across, channels], shape), values: made };
}

function over(o, [{ shape, values }]) {
  const channels = shape[shape.length - 1], cells = values.length / channels, most = o.kind === "max";
  const sums = new Float64Array(channels).fill(most ? -Infinity : 0);
  for (let i = 0; i < values.length; i++) {
    const k = i % channels;
    sums[k] = most ? Math.max(sums[k], values[i]) : sums[k] + values[i] / cells;
  }
  return { shape: o.keeps ? [...shape.slice(0, -1).fill(1), channels] : [channels], values: Float32Array.from(sums) };
}

function normalization(o, [{ shape, values }], weights) {
  const size = shape[shape.length - 1], gamma = weights(o.gamma), beta = weights(o.beta), made = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += size) {
    let mean = 0, variance = 0;
    for (let i = 0; i < size; i++) mean += values[at + i] / size;
    for (let i = 0; i < size; i++) variance += (values[at + i] - mean) ** 2 / size;
    const by = 1 / Math.sqrt(variance + o.epsilon);
    for (let i = 0; i < size; i++) made[at + i] = (values[at + i] - mean) * by * (gamma ? gamma[i] : 1) + (beta ? beta[i] : 0);
  }
  return { shape, values: made };
}

// Axes of size 1, and those that are missing before, stand for all.
export function spread(shape, whole) {
  const sizes = [...Array(whole.length - shape.length).fill(1), ...shape];
  const steps = sizes.map((size, axis) => (size === 1 ? 0 : count(sizes.slice(axis + 1))));
  return (index) => {
    let at = 0;
    for (let axis = whole.length - 1, left = index; axis >= 0; axis--) {
      at += (left % whole[axis]) * steps[axis];
      left = Math.floor(left / whole[axis]);
    }
    return at;
  };
}

const TOGETHER = {
  add: (a, b) => a + b,
  average: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  maximum: Math.max,
  minimum: Math.min,
};

function together(o, inputs) {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const padded = inputs.map(({ shape }) => [...Array(rank - shape.length).fill(1), ...shape]);
  const shape = padded[0].map((_, axis) => Math.max(...padded.map((sizes) => sizes[axis])));
  const made = new Float32Array(count(shape)), own = TOGETHER[o.kind];
  inputs.forEach((input, number) => {
    const at = input.values.length === made.length ? (index) => index : spread(input.shape, shape);
    for (let i = 0; i < made.length; i++) made[i] = number ? own(made[i], input.values[at(i)]) : input.values[at(i)];
  });
  if (o.kind === "average") for (let i = 0; i < made.length; i++) made[i] /= inputs.length;
  return { shape, values: made };
}

function concatenate(o, inputs) {
  const shape = [...inputs[0].shape], rest = shape.slice(o.axis + 1);
  shape[o.axis] = inputs.reduce((sum, input) => sum + input.shape[o.axis], 0);
  const made = new Float32Array(count(shape)), stretch = count(shape.slice(o.axis));
  let from = 0;
  for (const { shape: own, values } of inputs) {
    const part = own[o.axis] * count(rest);
    for (let at = 0, to = from; at < values.length; at += part, to += stretch) made.set(values.subarray(at, at + part), to);
    from += part;
  }
  return { shape, values: made };
}

// Below 0 is cut off.
function padding(o, [{ shape, values }]) {
  const [rows, columns, channels] = planes(shape), [top, left] = o.before;
  const down = rows + top + o.behind[0], across = columns + left + o.behind[1], made = new Float32Array(down * across * channels);
  for (let row = Math.max(top, 0); row < Math.min(rows + top, down); row++) {
    for (let column = Math.max(left, 0); column < Math.min(columns + left, across); column++) {
      const at = ((row - top) * columns + column - left) * channels;
      made.set(values.subarray(at, at + channels), (row * across + column) * channels);
    }
  }
  return { shape: as([down, across, channels], shape), values: made };
}

function up(o, [{ shape, values }]) {
  const [rows, columns, channels] = planes(shape), [high, wide] = o.size, down = rows * high, across = columns * wide;
  const made = new Float32Array(down * across * channels);
  // The middle of a cell stays the middle of the cells that it becomes.
  const between = (at, times, most) => {
    const place = o.smooth ? clip((at + 0.5) / times - 0.5, 0, most - 1) : Math.floor(at / times);
    const low = Math.floor(place);
    return [low, Math.min(low + 1, most - 1), place - low];
  };
  for (let row = 0; row < down; row++) {
    const [above, below, y] = between(row, high, rows);
    for (let column = 0; column < across; column++) {
      const [left, right, x] = between(column, wide, columns);
      for (let k = 0; k < channels; k++) {
        const value = (r, c) => values[(r * columns + c) * channels + k];
        made[(row * across + column) * channels + k] = (value(above, left) * (1 - x) + value(above, right) * x) * (1 - y)
          + (value(below, left) * (1 - x) + value(below, right) * x) * y;
      }
    }
  }
  return { shape: as([down, across, channels], shape), values: made };
}

function permute(o, [{ shape, values }]) {
  const found = o.axes.map((axis) => shape[axis]), steps = o.axes.map((axis) => count(shape.slice(axis + 1)));
  const made = Float32Array.from(values, (_, index) => {
    let at = 0;
    for (let axis = found.length - 1, left = index; axis >= 0; axis--) {
      at += (left % found[axis]) * steps[axis];
      left = Math.floor(left / found[axis]);
    }
    return values[at];
  });
  return { shape: found, values: made };
}

function reshape(o, [{ shape, values }]) {
  const known = o.shape.reduce((product, size) => (size < 0 ? product : product * size), 1);
  return { shape: o.shape.map((size) => (size < 0 ? values.length / known : size)), values };
}

const each = (values, f) => Float32Array.from(values, f);

const OPERATIONS = {
  convolution, dense, pooling, global: over, normalization, together, concatenate, padding, up, permute, reshape,
  identity: (o, [input]) => input,
  affine: (o, [{ shape, values }], weights) => {
    const scale = weights(o.scale), shift = weights(o.shift);
    return { shape, values: each(values, (value, i) => value * scale[i % scale.length] + shift[i % shift.length]) };
  },
  activation: (o, [{ shape, values }]) => {
    const made = values.slice();
    activate(made, shape, o.f, o.alpha);
    return { shape, values: made };
  },
  rectified: (o, [{ shape, values }]) => ({
    shape,
    values: each(values, (x) => (x < o.from_ ? o.slope * (x - o.from_) : Math.min(x, o.top ?? Infinity))),
  }),
  prelu: (o, [{ shape, values }], weights) => {
    const alpha = weights(o.alpha), at = spread(o.shape, shape);
    return { shape, values: each(values, (x, i) => (x > 0 ? x : alpha[at(i)] * x)) };
  },
};

// Operations whose activation function stands apart from their sum, which is so a tensor of its own: "name/sum".
export function apart(operations) {
  return operations.flatMap((operation) => {
    const { name, f, op, alpha } = operation;
    if (op === "activation" || !f || f === "linear") return [operation];
    return [{ ...operation, name: `${name}/sum`, f: "linear" }, { name, op: "activation", from: [`${name}/sum`], f, alpha }];
  });
}

// One operation on its inputs.
//   net: { weights }, a Float32Array
export function apply(net, operation, inputs) {
  return OPERATIONS[operation.op](operation, inputs, (part) => part && net.weights.subarray(part[0], part[0] + part[1]));
}

// Every tensor by name, the input's among them.
//   net: { input, operations } and `weights`, a Float32Array
//   given: { shape, values } of the input
export function run(net, given) {
  const found = new Map([[net.input, given]]);
  for (const operation of net.operations) {
    found.set(operation.name, apply(net, operation, operation.from.map((name) => found.get(name))));
  }
  return found;
}
