// Where the points stand on the canvas, which one lies under the pointer, and which one next to another.

const EDGE = 30;

// Of each map its middle and the pixels a unit takes: one scale for all its axes, so that distances can be compared.
export function framesOf(header, maps, own, width, height) {
  const n = header.shape[0], { axes } = header, [w, h] = [width / 2 - EDGE, height / 2 - EDGE];
  return Array.from({ length: header.maps }, (_, map) => {
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    const take = (axis, value) => { low[axis] = Math.min(low[axis], value); high[axis] = Math.max(high[axis], value); };
    for (let at = map * n * axes, i = 0; i < n * axes; i++, at++) take(i % axes, maps[at]);
    own?.[map]?.forEach((value, axis) => take(axis, value));
    const middle = low.map((value, axis) => (axis < axes ? (value + high[axis]) / 2 : 0));
    let radius = 0;
    for (let at = map * n * axes, i = 0; i < n; i++, at += axes) {
      radius = Math.max(radius, Math.hypot(maps[at] - middle[0], maps[at + 1] - middle[1], axes === 3 ? maps[at + 2] - middle[2] : 0));
    }
    const fits = axes === 3 ? Math.min(w, h) / radius : Math.min(w / ((high[0] - low[0]) / 2), h / ((high[1] - low[1]) / 2));
    return { middle, scale: Number.isFinite(fits) ? fits : 1 };
  });
}

// A place of a map in pixels from the middle of the canvas, before it is turned and enlarged.
export function inFrame(frame, place) {
  return [0, 1, 2].map((axis) => (axis < place.length ? frame.scale * (place[axis] - frame.middle[axis]) : 0));
}

// All maps so: (maps, n, 3).
export function layOut(header, maps, frames) {
  const n = header.shape[0], { axes } = header, found = new Float32Array(header.maps * n * 3);
  for (let map = 0, at = 0, to = 0; map < header.maps; map++) {
    const { middle, scale } = frames[map];
    for (let i = 0; i < n; i++, to += 3) for (let axis = 0; axis < axes; axis++, at++) found[to + axis] = scale * (maps[at] - middle[axis]);
  }
  return found;
}

// What `view` does to a place: turned about the upright axis, tipped towards the eye, moved and enlarged. Gives x and y on
// the canvas and the nearness to the eye, -1..1.
export function projector(view) {
  const { width, height, turn, zoom, pan } = view, [left, top] = [width / 2 - zoom * pan[0], height / 2 + zoom * pan[1]];
  if (!turn) return (x, y, z, to, at) => { to[at] = left + zoom * x; to[at + 1] = top - zoom * y; to[at + 2] = 0; };
  const [sy, cy, sp, cp] = [Math.sin(turn[0]), Math.cos(turn[0]), Math.sin(turn[1]), Math.cos(turn[1])];
  const radius = Math.max(1, Math.min(width, height) / 2 - EDGE);
  return (x, y, z, to, at) => {
    const deep = cy * z - sy * x;
    to[at] = left + zoom * (cy * x + sy * z);
    to[at + 1] = top - zoom * (cp * y - sp * deep);
    to[at + 2] = (sp * y + cp * deep) / radius;
  };
}

// Where all points stand between two maps, into `places` (n, 3).
export function placeAll(view, laid, n, position, places) {
  const put = projector(view), last = laid.length / (3 * n) - 1, from = Math.min(Math.floor(position), last);
  const share = position - from, a = 3 * n * from, b = 3 * n * Math.min(from + 1, last);
  for (let i = 0; i < 3 * n; i += 3) {
    const [x, y, z] = [laid[a + i], laid[a + i + 1], laid[a + i + 2]];
    if (share) put(x + share * (laid[b + i] - x), y + share * (laid[b + i + 1] - y), z + share * (laid[b + i + 2] - z), places, i);
    else put(x, y, z, places, i);
  }
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
  const median = (list) => Float32Array.from(list).sort()[Math.floor(list.length / 2)];
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
