// The view enlarged and moved: by wheel, two fingers, keys and buttons. A place under the pointer stays there.

import { clamp } from "../common/numbers.js";

const MOST = 24, NOTCH = 1.35;
export const KEYS = { "+": NOTCH, "=": NOTCH, "-": 1 / NOTCH, "_": 1 / NOTCH };

// Enlarge by a factor about a place of the canvas; whether that changed anything.
export function zoomBy(view, factor, x = view.width / 2, y = view.height / 2) {
  const zoom = clamp(view.zoom * factor, 1, MOST);
  if (zoom === view.zoom) return false;
  const [right, up] = [x - view.width / 2, view.height / 2 - y];
  // In space the middle stays: it is turned about.
  if (!view.turn) view.pan = [view.pan[0] + right / view.zoom - right / zoom, view.pan[1] + up / view.zoom - up / zoom];
  view.zoom = zoom;
  view.goal = null;
  keepIn(view);
  return true;
}

export function panBy(view, dx, dy) {
  view.goal = null;
  view.pan = [view.pan[0] - dx / view.zoom, view.pan[1] + dy / view.zoom];
  keepIn(view);
}

// The pan that brings a place of the canvas into the middle, or as near to it as may be.
export function panTo(view, x, y) {
  const goal = { ...view, pan: [view.pan[0] + (x - view.width / 2) / view.zoom, view.pan[1] - (y - view.height / 2) / view.zoom] };
  keepIn(goal);
  return goal.pan;
}

// No farther than that what is drawn at the usual size still fills the canvas.
function keepIn(view) {
  const room = (1 - 1 / view.zoom) / 2;
  view.pan = [clamp(view.pan[0], -room * view.width, room * view.width), clamp(view.pan[1], -room * view.height, room * view.height)];
}

// A wheel's turn as a factor, whatever it counts in.
export function factorOf(event) {
  const pixels = event.deltaY * (event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 300 : 1);
  return Math.exp(clamp(-pixels, -240, 240) / 360);
}

// How two fingers' places differ from before: a factor and the middle.
export function pinchOf(before, after) {
  const far = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y), middle = ([a, b]) => [(a.x + b.x) / 2, (a.y + b.y) / 2];
  const [from, to] = [middle(before), middle(after)];
  return { factor: far(after) / Math.max(1, far(before)), x: to[0], y: to[1], dx: to[0] - from[0], dy: to[1] - from[1] };
}
