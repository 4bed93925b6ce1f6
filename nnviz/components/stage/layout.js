// Where everything stands on the stage, in CSS pixels: walls of plates between the picture and the answer. A wall is
// turned about its upright middle; so is each of its plates with it. At no turn all is flat.
//
// A plate: { wall, index, x, y, u, v, w, h, turn, alpha }: the middle of its wall, its own middle on the wall, its half
// width and height, the turn in radians, and how much of it is seen.

export const TURN = (57 * Math.PI) / 180;
// How far the eye is from the wall, in heights of the stage: nearer, and the near side is larger.
const EYE = 1.9;
const GAP = 0.1;

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

// A point of a plate's wall on the stage, and how much larger it is there.
export function project(plate, u, v, eye) {
  const scale = eye / (eye + u * Math.sin(plate.turn));
  return [plate.x + u * Math.cos(plate.turn) * scale, plate.y + v * scale, scale];
}

// The other way round: a point of the stage on the plate, -1 to 1 from edge to edge.
export function within(plate, x, y, eye) {
  const across = x - plate.x, u = (across * eye) / (Math.cos(plate.turn) * eye - across * Math.sin(plate.turn));
  const v = (y - plate.y) / (eye / (eye + u * Math.sin(plate.turn)));
  return [(u - plate.u) / plate.w, (v - plate.v) / plate.h];
}

export const eyeOf = (room) => EYE * room.height;

// Plates beside each other on a wall: a part of all without a rest, where there is one near.
export function across(many, cells) {
  if (many <= 1) return 1;
  const near = Math.sqrt(many / (cells ? 2 : 1.6));
  const parts = Array.from({ length: many }, (_, i) => i + 1).filter((i) => many % i === 0 && i / near < 1.7 && near / i < 1.7);
  return parts.length ? parts.reduce((best, part) => (Math.abs(part - near) < Math.abs(best - near) ? part : best)) : Math.max(1, Math.round(near));
}

// Width and height of a map as it is drawn: what is long and thin is drawn less so.
export const shapeOf = ({ w, h }) => [Math.max(w, h / 4), Math.max(h, w / 4)];

// The sides of a wall's plates for one unit of size, and of the whole.
//   kept: how much of the difference between large and small maps is kept
function sized(wall, unit, high, kept, lanes) {
  const many = wall.units.length, [wide, deep] = shapeOf(wall), one = Math.max(wide, deep);
  const upright = kept < 0.3 && one > 1 ? 1 : across(many, one === 1);
  // Where walls stand above each other each is as many times as wide as it is less high.
  const columns = Math.min(many, upright * lanes), rows = Math.ceil(many / columns);
  // Maps of half the size are drawn somewhat smaller, not half as large: all are to be seen.
  const most = (high / rows) / (1 + GAP), side = Math.min(unit * (one === 1 ? 0.9 : one ** kept), most * (one / deep));
  const w = (side * wide) / one, h = (side * deep) / one;
  return { columns, rows, w, h, width: columns * w * (1 + GAP), height: rows * h * (1 + GAP) };
}

// Left and right end of a wall about its middle.
function ends(width, turn, eye) {
  const at = { x: 0, y: 0, turn };
  return [project(at, -width / 2, 0, eye)[0], project(at, width / 2, 0, eye)[0]];
}

// Walls of one rank stand above each other.
function ranked(walls) {
  const ranks = new Map();
  walls.forEach((wall, number) => ranks.set(wall.rank, [...(ranks.get(wall.rank) ?? []), number]));
  return [...ranks.keys()].sort((a, b) => a - b).map((rank) => ranks.get(rank));
}

// The whole net: walls from left to right.
//   room: { left, right, top, bottom, height } of what is free for walls
export function net(walls, room, turn) {
  const eye = eyeOf(room), free = room.right - room.left, stacks = ranked(walls);
  // Of few layers the larger maps are larger; of many all are small, and none so small that nothing is seen of it.
  const kept = stacks.length > 8 ? 0.2 : 0.45;
  const gap = clamp((0.24 * free) / (stacks.length + 1), 10, 60), text = room.label;
  const measure = (unit) => {
    let width = gap;
    const sizes = stacks.map((stack) => {
      const lanes = stack.length, above = lanes > 1 ? room.line : text, high = (room.bottom - room.top) / lanes - above;
      const own = stack.map((number) => lowered(sized(walls[number], unit, high, kept, lanes), high, turn, eye));
      const reach = own.map((size) => ends(size.width, turn, eye)), left = Math.min(...reach.map(([from]) => from)), right = Math.max(...reach.map(([, to]) => to));
      width += right - left + gap;
      return { own, left, right, high, above };
    });
    return { width, sizes };
  };
  let low = 0.01, top = 1000;
  for (let tries = 0; tries < 40; tries++) {
    const middle = (low + top) / 2;
    if (measure(middle).width <= free) low = middle; else top = middle;
  }
  const { width, sizes } = measure(low), plates = [], heads = [];
  // What is left over, where walls are as high as they may be, goes between them.
  const spare = Math.max(0, free - width) / (stacks.length + 1);
  let x = room.left + gap + spare;
  stacks.forEach((stack, rank) => {
    const { own, left, right, high, above } = sizes[rank];
    stack.forEach((number, lane) => {
      const wall = walls[number], size = own[lane], middle = { x: x - left, turn };
      const y = room.top + (lane + 0.5) * (high + above) + above / 2;
      // Its nearest corner at the top left, for what is written above it.
      const [labelX, labelY] = project({ ...middle, y }, -size.width / 2, -size.height / 2, eye);
      heads[number] = { x: labelX, y: labelY, width: right - left + 0.7 * gap, alpha: 1, lanes: stack.length };
      wall.units.forEach((_, index) => plates.push(plateAt(wall, number, index, size, { ...middle, y })));
    });
    x += right - left + gap + spare;
  });
  return { plates, heads, eye };
}

// A wall whose near edge is no higher than the room.
function lowered(size, high, turn, eye) {
  const near = (size.height * eye) / (eye - (size.width / 2) * Math.sin(turn)), by = Math.min(1, high / near);
  return { ...size, w: size.w * by, h: size.h * by, width: size.width * by, height: size.height * by };
}

function plateAt(wall, number, index, size, middle) {
  const row = Math.floor(index / size.columns), column = index % size.columns;
  return {
    wall: number, index, x: middle.x, y: middle.y, turn: middle.turn, alpha: 1,
    u: (column + 0.5) * size.w * (1 + GAP) - size.width / 2, v: (row + 0.5) * size.h * (1 + GAP) - size.height / 2, w: size.w / 2, h: size.h / 2,
  };
}

// The grid of a layer, facing, as large as the room lets it be; what stood before it is gone to the left, the rest to the right.
export function layer(walls, at, room) {
  const whole = net(walls, room, 0), eye = whole.eye, wall = walls[at], many = wall.units.length, [ownW, ownH] = shapeOf(wall);
  const wide = room.right - room.left - 2 * room.label, high = room.bottom - room.top - room.label;
  let best = null;
  for (let columns = 1; columns <= many; columns++) {
    const rows = Math.ceil(many / columns), cell = Math.min(wide / columns / ownW, high / rows / ownH) / (1 + GAP);
    if (!best || cell > best.cell) best = { columns, rows, cell };
  }
  const w = best.cell * ownW, h = best.cell * ownH, size = { ...best, w, h, width: best.columns * w * (1 + GAP), height: best.rows * h * (1 + GAP) };
  const middle = { x: (room.left + room.right) / 2, y: room.top + room.label + size.height / 2, turn: 0 };
  return away(whole, at, room, (index) => plateAt(wall, at, index, size, middle), { x: middle.x - size.width / 2, y: room.top + room.label, width: wide, alpha: 1 });
}

// One map, as large as the room lets it be, between the strongest of those that feed it and of those that it feeds.
//   beside: { before: [[wall, index]...], after: [...] }
export function map(walls, at, index, room, beside) {
  const whole = net(walls, room, 0), wall = walls[at], high = room.bottom - room.top - room.label, wide = room.right - room.left;
  const [ownW, ownH] = shapeOf(wall), cell = Math.min(high / ownH, (0.56 * wide) / ownW), w = (cell * ownW) / 2, h = (cell * ownH) / 2;
  const middle = { x: (room.left + room.right) / 2, y: room.top + room.label + h, turn: 0 };
  const found = away(whole, at, room, (own) => ({
    wall: at, index: own, x: middle.x, y: middle.y, u: 0, v: 0, w: own === index ? w : 0.1 * w, h: own === index ? h : 0.1 * h, turn: 0, alpha: own === index ? 1 : 0,
  }), { x: middle.x - w, y: room.top + room.label, width: wide, alpha: 1 });
  for (const [side, x] of [["before", room.left + 0.1 * wide], ["after", room.right - 0.1 * wide]]) {
    const own = beside[side], most = Math.min(high / Math.max(own.length, 4) / (1 + GAP), 0.15 * wide);
    own.forEach(([number, each], order) => {
      const plate = found.plates.find((one) => one.wall === number && one.index === each), [shapeW, shapeH] = shapeOf(walls[number]), one = Math.max(shapeW, shapeH);
      if (!plate) return;
      const y = room.top + room.label + high / 2 + (order - (own.length - 1) / 2) * most * (1 + GAP);
      Object.assign(plate, { x, y, u: 0, v: 0, w: (most * shapeW) / one / 2, h: (most * shapeH) / one / 2, alpha: 1 });
      if (!order) found.heads[number] = { x: x - most / 2, y: y - most / 2, width: 0.2 * wide, alpha: 1 };
    });
  }
  return found;
}

function away(whole, at, room, own, head) {
  const shift = (number) => (number < at ? room.left - room.right : room.right - room.left) / 3;
  return {
    eye: whole.eye,
    plates: whole.plates.map((plate) => (plate.wall === at ? own(plate.index) : { ...plate, x: plate.x + shift(plate.wall), alpha: 0 })),
    heads: whole.heads.map((each, number) => (number === at ? head : { ...each, x: each.x + shift(number), alpha: 0 })),
  };
}

// Between two places of everything, by a share from 0 to 1.
export function between(one, other, share) {
  const mix = (a, b) => a * (1 - share) + b * share, mixed = (a, b, names) => Object.fromEntries(names.map((name) => [name, mix(a[name], b[name])]));
  return {
    eye: mix(one.eye, other.eye),
    plates: other.plates.map((plate, i) => ({ ...plate, ...mixed(one.plates[i], plate, ["x", "y", "u", "v", "w", "h", "turn", "alpha"]) })),
    heads: other.heads.map((head, i) => ({ ...head, ...mixed(one.heads[i], head, ["x", "y", "width", "alpha"]) })),
  };
}

// The plate under a point, with the row and column of its cell there; the last that is drawn lies on top.
export function plateUnder(placed, walls, x, y) {
  for (let i = placed.plates.length - 1; i >= 0; i--) {
    const plate = placed.plates[i];
    if (plate.alpha < 0.5) continue;
    const [across, down] = within(plate, x, y, placed.eye);
    if (Math.abs(across) > 1 || Math.abs(down) > 1) continue;
    const { h, w } = walls[plate.wall];
    return { plate, wall: plate.wall, index: plate.index, row: Math.min(h - 1, Math.floor(((down + 1) / 2) * h)), column: Math.min(w - 1, Math.floor(((across + 1) / 2) * w)) };
  }
  return null;
}

// Where lines leave a plate to the right, and where they come in from the left.
export const outlet = (plate, eye) => project(plate, plate.u + plate.w, plate.v, eye);
export const inlet = (plate, eye) => project(plate, plate.u - plate.w, plate.v, eye);
