// What a hand does on the stage: points, picks, goes in and out, by pointer, wheel and keys.

import { clamp, number } from "../common/numbers.js";
import { plateUnder } from "./layout.js";
import { FLIGHT, front, place, soon, turn } from "./frame.js";

// How near one stands.
export const LEVELS = ["net", "layer", "map"];
const SLOW = 4;

function local(state, event) {
  const box = state.canvas.getBoundingClientRect();
  return [((event.clientX - box.left) * state.size[0]) / box.width, ((event.clientY - box.top) * state.size[1]) / box.height];
}

export function point(state, at, x = 0, y = 0) {
  const key = at && `${at.wall},${at.index}`, before = state.hovered && `${state.hovered.wall},${state.hovered.index}`;
  state.hovered = at;
  state.tip.hidden = !at;
  if (at) {
    state.tip.textContent = told(state, at);
    const wide = state.tip.offsetWidth;
    state.tip.style.left = `${clamp(x + 16, 0, state.root.clientWidth - wide - 4)}px`;
    state.tip.style.top = `${y > 50 ? y - 44 : y + 24}px`;
  }
  if (key !== before) soon(state);
}

export function hover(state, event) {
  if (!state.placed || state.flight) return;
  const [x, y] = local(state, event), at = plateUnder(state.placed, state.header.walls, x, y);
  state.canvas.style.cursor = at ? "pointer" : "default";
  const own = state.root.getBoundingClientRect();
  point(state, at, event.clientX - own.left, event.clientY - own.top);
}

// A unit and the value under the pointer, where the value is known exactly; else its strongest.
function told(state, at) {
  const wall = state.header.walls[at.wall], unit = wall.units[at.index], cells = wall.h * wall.w, maps = state.maps[at.wall];
  const name = wall.h * wall.w === 1 ? `${wall.name}, unit ${unit}` : `${wall.name}, map ${unit}`;
  if (cells === 1) return `${name}: ${number(state.exact[at.wall] ? maps[at.index] : wall.peaks[at.index])}`;
  if (state.exact[at.wall] && wall.whole) return `${name}, row ${at.row}, column ${at.column}: ${number(maps[at.index * cells + at.row * wall.w + at.column])}`;
  return `${name}: ${number(wall.peaks[at.index])} at its strongest`;
}

export function click(state, event) {
  const at = state.placed && plateUnder(state.placed, state.header.walls, ...local(state, event));
  if (!at) return;
  const again = state.picked && state.picked.wall === at.wall && state.picked.index === at.index;
  if (state.zoom === "map" && again) return open(state, at);
  if (again) return deeper(state, at);
  pick(state, at, state.zoom === "map" ? "map" : state.zoom);
}

function deeper(state, at) {
  const level = LEVELS.indexOf(state.zoom), wall = state.header.walls[at.wall];
  if (wall.block) return pick(state, at, "net", true);
  // A layer of single cells has no map to go into: its arithmetic is next.
  if (level === 2 || (level === 1 && wall.h * wall.w === 1)) return open(state, at);
  pick(state, at, LEVELS[level + 1]);
}

export function out(state) {
  const level = LEVELS.indexOf(state.zoom);
  if (level > 0) pick(state, state.picked, LEVELS[level - 1]);
  else if (state.header.inside) state.reports.tell("pick", { leave: true, count: state.reports.next() });
}

// The strongest cell of a map.
function peakOf(state, at) {
  const { h, w } = state.header.walls[at.wall], maps = state.maps[at.wall].subarray(at.index * h * w, (at.index + 1) * h * w);
  const cell = maps.reduce((best, value, i) => (Math.abs(value) > Math.abs(maps[best]) ? i : best), 0);
  return { ...at, row: Math.floor(cell / w), column: cell % w };
}

// The arithmetic of a cell, which the page opens.
function open(state, at) {
  const wall = state.header.walls[at.wall];
  const cell = wall.whole && wall.h * wall.w > 1 ? { row: at.row, column: at.column } : {};
  state.reports.tell("pick", { layer: wall.layer, unit: wall.units[at.index], ...cell, zoom: "cell", count: state.reports.next() });
}

export function pick(state, at, zoom = state.zoom, opens = false) {
  if (at.answer !== undefined) { state.reports.tell("pick", { target: at.answer, count: state.reports.next() }); return; }
  const { header } = state, wall = header.walls[at.wall], flies = zoom !== state.zoom || (zoom !== "net" && (state.picked?.wall !== at.wall || state.picked?.index !== at.index));
  state.picked = { wall: at.wall, index: at.index };
  state.zoom = zoom;
  state.root.querySelector(".say").textContent = told(state, { ...at, row: at.row ?? 0, column: at.column ?? 0 });
  point(state, null);
  place(state, flies);
  const cell = zoom === "map" && at.row !== undefined ? { row: at.row, column: at.column } : {};
  state.reports.tell("pick", { layer: wall.layer, unit: wall.units[at.index], zoom, ...cell, block: opens ? wall.block : undefined, count: state.reports.next() });
}

let wheeled = -1e9;

export function wheel(state, event) {
  if (Math.abs(event.deltaY) < 4 || event.ctrlKey) return;
  const inwards = event.deltaY < 0, at = state.placed && plateUnder(state.placed, state.header.walls, ...local(state, event)), level = LEVELS.indexOf(state.zoom);
  if ((inwards && (!at || level === 2)) || (!inwards && level === 0)) return;
  event.preventDefault();
  if (performance.now() - wheeled < FLIGHT + 100) return;
  wheeled = performance.now();
  if (inwards) deeper(state, at); else out(state);
}

export function key(state, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { header } = state, step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const at = state.picked?.wall >= 0 ? state.picked : { wall: 0, index: 0 };
  if (step) {
    const [across, down] = step, wall = clamp(at.wall + (state.zoom === "net" ? across : 0), 0, header.walls.length - 1), many = header.walls[wall].units.length;
    const index = wall !== at.wall ? Math.min(Math.round((at.index / header.walls[at.wall].units.length) * many), many - 1) : clamp(at.index + down + (state.zoom === "net" ? 0 : across), 0, many - 1);
    if (wall !== at.wall || index !== at.index || !state.picked) pick(state, { wall, index });
  } else if (event.key === "Enter" || event.key === "+") { if (state.picked?.wall >= 0) deeper(state, peakOf(state, state.picked)); }
  else if (event.key === "Escape" || event.key === "-") out(state);
  else if (event.key === " ") front(state, SLOW);
  else if (event.key === "f" || event.key === "F") turn(state);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
