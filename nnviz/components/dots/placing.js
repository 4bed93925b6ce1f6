// Where each dot stands at each stop: in one heap, sorted as the pictures were read before, and as they are read now.

export const STILL_RIGHT = 0;
export const NEWLY_WRONG = 1;
export const NEWLY_RIGHT = 2;
export const STILL_WRONG = 3;
// Groups beyond which the dots are not sorted by their class too.
const MOST_GROUPS = 12;

// What became of each picture.
export function kindsOf(labels, before, now) {
  return Uint8Array.from(labels, (label, at) => {
    const [was, is] = [before[at] === label, now[at] === label];
    return was ? (is ? STILL_RIGHT : NEWLY_WRONG) : is ? NEWLY_RIGHT : STILL_WRONG;
  });
}

export function countsOf(kinds) {
  const found = [0, 0, 0, 0];
  for (const kind of kinds) found[kind] += 1;
  return found;
}

// The stacks: of each class the right ones above the line and the wrong ones below it. What changes sides lies outermost at
// both stops, so that nothing else moves.
function stacksOf(labels, kinds, groups) {
  const inner = Array.from({ length: groups }, () => [[], [], [], []]);
  kinds.forEach((kind, at) => inner[groups > 1 ? labels[at] : 0][kind].push(at));
  return inner.map(([right, wronged, righted, wrong]) => [
    { up: [...right, ...wronged], down: [...wrong, ...righted] },
    { up: [...right, ...righted], down: [...wrong, ...wronged] },
  ]);
}

// Args: box: x, y, w, h of the room. strip: height of the line between right and wrong, where the classes are named.
// Returns: pitch, y of the strip, middles of the groups, and of each of the three stops x and y in turn.
export function placeDots(labels, kinds, classes, box, strip) {
  const groups = classes <= MOST_GROUPS ? classes : 1, n = kinds.length, stacks = stacksOf(labels, kinds, groups);
  const tallest = (way) => Math.max(1, ...stacks.flatMap((stops) => stops.map((stop) => stop[way].length)));
  const room = box.w / groups, [most, least] = [tallest("up"), tallest("down")];
  const rowsOf = (count, pitch) => Math.ceil(count / Math.max(1, Math.floor((0.9 * room) / pitch)));
  let pitch = 14;
  while (pitch > 0.5 && (rowsOf(most, pitch) + rowsOf(least, pitch)) * pitch > box.h - strip) pitch -= 0.125;
  const across = Math.max(1, Math.floor((0.9 * room) / pitch)), line = box.y + rowsOf(most, pitch) * pitch;
  const stops = [heap(n, box, pitch), new Float32Array(2 * n), new Float32Array(2 * n)];
  stacks.forEach((two, group) => two.forEach((stop, at) => {
    const left = box.x + group * room + (room - across * pitch) / 2;
    for (const [way, sign, from] of [["up", -1, line - pitch], ["down", 1, line + strip]]) {
      stop[way].forEach((dot, place) => {
        stops[at + 1][2 * dot] = left + (place % across) * pitch;
        stops[at + 1][2 * dot + 1] = from + sign * Math.floor(place / across) * pitch;
      });
    }
  }));
  return { pitch, line, groups, middles: stacks.map((_, group) => box.x + (group + 0.5) * room), stops };
}

// All dots as one block in the middle.
function heap(n, box, pitch) {
  const across = Math.max(1, Math.min(Math.floor(box.w / pitch), Math.ceil(Math.sqrt((n * box.w) / box.h)))), found = new Float32Array(2 * n);
  const left = box.x + (box.w - across * pitch) / 2, top = box.y + Math.max(0, (box.h - Math.ceil(n / across) * pitch) / 2);
  for (let at = 0; at < n; at++) found.set([left + (at % across) * pitch, top + Math.floor(at / across) * pitch], 2 * at);
  return found;
}

// Where all dots are at a position between two stops: each sets off a little later than another, and arrives by the next.
export function placesAt(stops, position, into) {
  const from = Math.min(Math.floor(position), stops.length - 2), share = position - from, [a, b] = [stops[from], stops[from + 1]];
  for (let at = 0; at < into.length; at += 2) {
    // A fraction that looks like chance, the same each time.
    const late = 0.45 * ((at * 0.3090169943749474) % 1), passed = Math.min(1, Math.max(0, (share - late) / 0.55)), eased = passed * passed * (3 - 2 * passed);
    into[at] = a[at] + (b[at] - a[at]) * eased;
    into[at + 1] = a[at + 1] + (b[at + 1] - a[at + 1]) * eased;
  }
  return into;
}
