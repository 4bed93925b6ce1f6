// Where the points stand on the canvas, which one lies under the pointer, and which one next to another.

const EDGE = 26;

// The middle of the points and how far they reach: of each axis in the plane, of the whole cloud in space.
export function extentOf(header, values) {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity], n = header.shape[0];
  for (let i = 0; i < 3 * n; i++) {
    low[i % 3] = Math.min(low[i % 3], values[i]);
    high[i % 3] = Math.max(high[i % 3], values[i]);
  }
  const middle = low.map((value, axis) => (value + high[axis]) / 2);
  let radius = 0;
  for (let i = 0; i < n; i++) {
    radius = Math.max(radius, Math.hypot(values[3 * i] - middle[0], values[3 * i + 1] - middle[1], values[3 * i + 2] - middle[2]));
  }
  return { middle, half: [(high[0] - low[0]) / 2, (high[1] - low[1]) / 2], radius };
}

// One scale for all axes, so that distances can be compared.
export function scaleOf(header, extent, width, height) {
  const [w, h] = [width / 2 - EDGE, height / 2 - EDGE];
  const found = header.axes === 3 ? Math.min(w, h) / extent.radius : Math.min(w / extent.half[0], h / extent.half[1]);
  return Number.isFinite(found) ? found : 1;
}

// A place as x and y on the canvas and its nearness to the eye, -1..1.
export function project(view, [x, y, z]) {
  const { extent, scale, width, height, turn } = view;
  const [a, b, c] = [x - extent.middle[0], y - extent.middle[1], z - extent.middle[2]];
  if (!turn) return [width / 2 + scale * a, height / 2 - scale * b, 0];
  // Turned about the upright axis, then tipped towards the eye.
  const [sy, cy, sp, cp] = [Math.sin(turn[0]), Math.cos(turn[0]), Math.sin(turn[1]), Math.cos(turn[1])];
  const right = cy * a + sy * c, deep = cy * c - sy * a;
  const up = cp * b - sp * deep, near = sp * b + cp * deep;
  return [width / 2 + scale * right, height / 2 - scale * up, extent.radius ? near / extent.radius : 0];
}

export function projectAll(view, values, n) {
  const places = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) places.set(project(view, [values[3 * i], values[3 * i + 1], values[3 * i + 2]]), 3 * i);
  return places;
}

// The point nearest to a place within `reach` pixels; of those that lie as near, the one nearest to the eye. -1: none.
export function nearestTo(places, x, y, reach) {
  let best = -1, least = reach * reach, eye = -Infinity;
  for (let i = 0; i < places.length / 3; i++) {
    const far = (places[3 * i] - x) ** 2 + (places[3 * i + 1] - y) ** 2;
    if (far > least || (far === least && places[3 * i + 2] <= eye)) continue;
    [best, least, eye] = [i, far, places[3 * i + 2]];
  }
  return best;
}

// The next point in a direction (right, down): within 45 degrees of it, the nearest. The point itself where none is.
export function nextTo(places, from, [right, down]) {
  let best = from, least = Infinity;
  for (let i = 0; i < places.length / 3; i++) {
    const dx = places[3 * i] - places[3 * from], dy = places[3 * i + 1] - places[3 * from + 1];
    const along = dx * right + dy * down, aside = Math.abs(dx * down) + Math.abs(dy * right);
    if (i === from || along <= 0 || aside > along) continue;
    if (along + aside < least) [best, least] = [i, along + aside];
  }
  return best;
}

// The middle of each group: medians, which a few strays do not move; pushed apart where two would cover each other.
export function middles(header, places, room) {
  const groups = header.names.map(() => [[], []]);
  header.groups.forEach((group, i) => { groups[group][0].push(places[3 * i]); groups[group][1].push(places[3 * i + 1]); });
  const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const found = groups.map(([xs, ys]) => (xs.length ? [median(xs), median(ys)] : null));
  for (let round = 0; round < 30; round++) {
    for (const a of found) for (const b of found) {
      if (!a || !b || a === b) continue;
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]], far = Math.hypot(dx, dy);
      if (far >= room) continue;
      const push = (room - far) / 4, [x, y] = far > 0.01 ? [dx / far, dy / far] : [1, 0];
      [a[0], a[1], b[0], b[1]] = [a[0] - push * x, a[1] - push * y, b[0] + push * x, b[1] + push * y];
    }
  }
  return found;
}
