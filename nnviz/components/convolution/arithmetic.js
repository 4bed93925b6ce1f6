// The arithmetic of one filter, from what was sent: maps, kernel, bias, and where the kernel stands.

import { endsIn } from "../common/numbers.js";

// Of a kernel cell in a place of the output: row and column of the input (which may lie in the padding).
export function tapAt(header, row, column, i, j) {
  const { strides, dilation, padding } = header;
  return [row * strides[0] + i * dilation[0] - padding[0], column * strides[1] + j * dilation[1] - padding[1]];
}

// Patch, kernel and products of one channel in one place; `outside` says which cells are padding.
function termsAt(header, values, tile, row, column) {
  const [input, kernel] = header.panels, count = kernel.h * kernel.w;
  const found = { patch: new Float64Array(count), kernel: new Float64Array(count), products: new Float64Array(count), outside: [], sum: 0 };
  for (let i = 0, cell = 0; i < kernel.h; i++) {
    for (let j = 0; j < kernel.w; j++, cell++) {
      const [y, x] = tapAt(header, row, column, i, j), inside = y >= 0 && y < input.h && x >= 0 && x < input.w;
      found.patch[cell] = inside ? values[input.offset + (tile * input.h + y) * input.w + x] : 0;
      found.kernel[cell] = values[kernel.offset + tile * count + cell];
      found.products[cell] = found.patch[cell] * found.kernel[cell];
      found.outside.push(!inside);
      found.sum += found.products[cell];
    }
  }
  return found;
}

// The whole map before any activation: a kernel cell at a time, over all the places that it meets.
function allSums(header, values) {
  const [input, kernel] = header.panels, [rows, columns] = header.size, { strides, dilation, padding } = header;
  const found = new Float64Array(rows * columns).fill(header.bias || 0);
  if (header.rest !== null) found.set(values.subarray(header.panels[header.rest].offset, header.panels[header.rest].offset + rows * columns));
  for (let tile = 0; tile < input.n; tile++) {
    for (let i = 0; i < kernel.h; i++) {
      for (let j = 0; j < kernel.w; j++) {
        const weight = values[kernel.offset + (tile * kernel.h + i) * kernel.w + j];
        const down = i * dilation[0] - padding[0], right = j * dilation[1] - padding[1];
        const first = Math.max(0, Math.ceil(-right / strides[1])), last = Math.min(columns - 1, Math.floor((input.w - 1 - right) / strides[1]));
        for (let row = 0; row < rows; row++) {
          const y = row * strides[0] + down;
          if (y < 0 || y >= input.h) continue;
          const from = input.offset + (tile * input.h + y) * input.w + right;
          for (let column = first; column <= last; column++) found[row * columns + column] += weight * values[from + column * strides[1]];
        }
      }
    }
  }
  return found;
}

// One stage's value from the one before it.
function stageValue(stage, header, values, before, cell) {
  if (stage.rule === "clip") return Math.min(Math.max(before, stage.a), stage.b === null ? Infinity : stage.b);
  if (stage.rule === "affine") return stage.a * before + stage.b;
  if (stage.rule === "tanh") return Math.tanh(before);
  if (stage.rule === "sigmoid") return 1 / (1 + Math.exp(-before));
  return values[header.panels[stage.panel].offset + cell];
}

// All maps that can be looked at: the sums, then what each stage makes of them.
export function allMaps(header, values) {
  const maps = [{ title: "sum", values: allSums(header, values) }];
  for (const stage of header.stages) {
    const before = maps[maps.length - 1].values, made = new Float64Array(before.length);
    for (let cell = 0; cell < made.length; cell++) made[cell] = stageValue(stage, header, values, before[cell], cell);
    maps.push({ title: stage.title, values: made });
  }
  maps.forEach((map, index) => {
    [map.least, map.most] = endsIn(map.values);
    const low = Math.min(map.least, 0), high = Math.max(map.most, 0);
    const signed = index === 0 || low < 0, most = Math.max(-low, high) || 1;
    map.colour = signed ? "diverging" : "viridis";
    map.range = signed ? [-most, most] : [0, high || 1];
  });
  return maps;
}

// Which of the maps is the layer's own output.
export function ownMap(header) {
  return header.stages.length && header.stages[0].own ? 1 : 0;
}

// Everything that one cell of the output is made of.
export function arithmeticAt(header, values, maps, channel, index) {
  const [rows, columns] = header.size, row = Math.floor(index / columns), column = index % columns;
  const whole = header.rest === null, terms = termsAt(header, values, whole ? channel : 0, row, column);
  const sums = whole ? Array.from({ length: header.channels }, (_, tile) => (tile === channel ? terms.sum : channelSum(header, values, tile, row, column))) : null;
  const bias = header.bias || 0;
  const others = whole ? sums.reduce((sum, value) => sum + value, 0) - terms.sum : values[header.panels[header.rest].offset + index] - bias;
  const made = [terms.sum + others + bias];
  header.stages.forEach((stage) => made.push(stageValue(stage, header, values, made[made.length - 1], index)));
  return { row, column, index, rows, channel, ...terms, sums, others, bias: header.bias, made, output: made[ownMap(header)] };
}

function channelSum(header, values, tile, row, column) {
  const [input, kernel] = header.panels;
  let sum = 0;
  for (let i = 0; i < kernel.h; i++) {
    for (let j = 0; j < kernel.w; j++) {
      const [y, x] = tapAt(header, row, column, i, j);
      if (y < 0 || y >= input.h || x < 0 || x >= input.w) continue;
      sum += values[kernel.offset + (tile * kernel.h + i) * kernel.w + j] * values[input.offset + (tile * input.h + y) * input.w + x];
    }
  }
  return sum;
}

// The place of the output whose window has its middle nearest to a cell of the input.
export function placeOver(header, y, x) {
  const kernel = header.panels[1];
  return [[y, kernel.h], [x, kernel.w]].map(([at, size], axis) => {
    const middle = at + header.padding[axis] - ((size - 1) * header.dilation[axis]) / 2;
    return Math.min(header.size[axis] - 1, Math.max(0, Math.round(middle / header.strides[axis])));
  });
}

// The least and the largest value of the map that is read.
export function endsOf(state) {
  const { header, values } = state, input = header.panels[0], tile = header.rest === null ? state.channel : 0, size = input.h * input.w;
  return endsIn(values.subarray(input.offset + tile * size, input.offset + (tile + 1) * size));
}
