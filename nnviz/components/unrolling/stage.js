// Where everything stands, the largest that fits: pictures, close-ups beside them, and the vector below, close up and whole.

import { clamp, count } from "../common/numbers.js";
import { topIn } from "../common/page.js";
import { given, rem } from "../common/sizes.js";
import { lengthOf, progressAt, slotAt } from "./order.js";

export const PAD = 5;
const BETWEEN = 8;

// What stands above and below on the page decides how high the pictures may be.
export function roomFor(state) {
  state.top = topIn(state.root, state.page);
  return (window.innerHeight - state.top - state.parts.controls.offsetHeight - state.header.below * rem() - 2 * PAD) * given();
}

// A length in whole device pixels; below one of them, a whole part of one.
function snapped(length, ratio) {
  const pixels = length * ratio;
  return (pixels >= 1 ? Math.floor(pixels) : 1 / Math.ceil(1 / pixels)) / ratio;
}

// Of a cell in the picture: between one pixel and two, where no cell is told from the next anyway, all the room is used.
function cellFor(length, ratio) {
  return length * ratio > 1 && length * ratio < 2 ? length : snapped(length, ratio);
}

// The grid of maps with the largest cells that fit.
function gridFor(header, wide, high, ratio) {
  const [rows, columns] = header.shape, many = header.shown[1];
  let best = null;
  for (let across = 1; across <= many; across++) {
    const down = Math.ceil(many / across);
    const cell = cellFor(Math.min((high - (down - 1) * BETWEEN) / down / rows, (wide - (across - 1) * BETWEEN) / across / columns, 64), ratio);
    // A grid with a rest in its last row must be worth it.
    const worth = (cell * many) / (across * down);
    if (!best || worth > best.worth) best = { worth, cell, across, down };
  }
  const { cell, across, down } = best;
  return { cell, across, tileW: columns * cell, tileH: rows * cell, width: across * (columns * cell + BETWEEN) - BETWEEN, height: down * (rows * cell + BETWEEN) - BETWEEN };
}

// Width of a slot in the close-up of the vector: a cell's own, unless then the cell's neighbours would not fit.
function slotWidth(header, width, cell, ratio) {
  const { row, all } = lengthOf(header.shape), whole = snapped(width / all, ratio);
  if (whole >= 4) return Math.min(whole, 40);
  const reach = 2 * (row + header.shape[2]) + 9 * header.step;
  return snapped(clamp(Math.min(Math.max(cell / header.step, 1), width / reach), 0.5, 24), ratio);
}

export function placeStage(state) {
  const { header, root } = state, ratio = window.devicePixelRatio || 1, { all } = lengthOf(header.shape);
  const text = Math.max(16, 0.85 * rem()), width = Math.floor(root.clientWidth) - 2 * PAD, stacked = width < 640;
  const gap = Math.max(24, 0.028 * width), room = roomFor(state), head = 1.5 * text;
  const high = { fan: 1.9 * text + 16, tape: Math.round(clamp(0.042 * window.innerHeight, 26, 46)), names: 1.35 * text, far: 1.45 * text };
  high.strip = snapped(width / all, ratio) >= 4 ? 0 : Math.round(0.7 * high.tape);
  high.ends = high.strip ? 1.3 * text : 0;
  const below = high.fan + high.tape + high.names + high.far + high.strip + high.ends;
  const side = clamp(stacked ? 0.9 * width : room - head - below, 130, 480);
  const wide = stacked ? width : (header.shown[1] > 1 ? 0.5 : 0.44) * width;
  const picture = { x: 0, y: head, ...gridFor(header, wide, side, ratio) };
  const close = placeClose(header, { text, width, gap, stacked, side, head, picture });
  const bottom = stacked ? close.bottom : Math.max(picture.y + picture.height, close.bottom);
  const slot = slotWidth(header, width, picture.cell, ratio), shown = Math.min(all, Math.floor(width / slot + 1e-6));
  const tape = { x: 0, y: Math.round(bottom + high.fan), w: shown * slot, h: high.tape, slot, shown };
  const names = tape.y + tape.h, far = names + high.names;
  const strip = high.strip ? { x: 0, y: Math.round(far + high.far), w: width, h: high.strip } : null;
  return { ratio, text, width, gap, stacked, picture, ...close, bottom, tape, names, far, strip, height: Math.ceil(far + high.far + high.strip + high.ends) };
}

// The two close-ups: the cell among its neighbours in the picture, and, level with it, among those in the vector.
function placeClose(header, { text, width, gap, stacked, side, head, picture }) {
  const [rows, columns] = header.shape, { all } = lengthOf(header.shape);
  const down = rows > 1 ? 3 : 1, across = columns > 1 ? 3 : 1;
  const x = stacked ? 0 : Math.max(picture.width, 0.55 * text * header.title.length) + gap, y = stacked ? picture.y + picture.height + gap + head : head, room = width - x;
  const cell = Math.floor(stacked ? Math.min(84, room / 3) : clamp(Math.min(side / 3, 0.14 * room), 44, 132));
  const near = { x, y, cell, down, across };
  const left = stacked ? 0 : x + across * cell + gap, least = Math.max(50, 0.5 * cell, (count(all).length * 0.54 + 0.4) * text);
  const cells = Math.min(all, [9, 7, 5, 3].find((many) => (width - left) / many >= least) || 3);
  const ownY = stacked ? y + down * cell + gap + head : y + (down === 3 ? cell : 0.9 * head);
  const wide = Math.floor(Math.min((width - left) / cells, cell)), high = Math.min(cell, Math.round(1.25 * wide));
  const own = { x: left, y: ownY + (stacked || down === 1 ? 0 : Math.floor((cell - high) / 2)), cell: wide, high, cells };
  const legend = own.y + own.high + (header.step > 1 ? 1.4 : 0) * text + 0.5 * text;
  return { near, own, legend, bottom: Math.max(y + down * cell, legend + (stacked ? 4.5 : 3.4) * text) };
}

// First slot of the close-up of the vector: behind the end that grows, or around the chosen one.
export function wantedView(state) {
  const { header, stage, position } = state, { row, all } = lengthOf(header.shape), { shown } = stage.tape;
  const last = all - shown, chosen = header.slot + header.step / 2 - shown / 2;
  if (!state.follow && progressAt(header, position).laid > header.slot) return clamp(Math.round(chosen), 0, last);
  if (row > 0.5 * shown) return clamp(position - 0.5 * shown, 0, last);
  // Room is made for a row once it has set out: until then as much as can be stays of what has been laid.
  const whole = Math.floor(position / row);
  return clamp((whole + Math.min(1, 4 * (position / row - whole))) * row - shown, 0, last);
}

export function homeBox(state, row, column, channel) {
  const { picture } = state.stage, tile = channel - state.header.shown[0];
  const x = picture.x + (tile % picture.across) * (picture.tileW + BETWEEN), y = picture.y + Math.floor(tile / picture.across) * (picture.tileH + BETWEEN);
  return { x: x + column * picture.cell, y: y + row * picture.cell, w: picture.cell, h: picture.cell };
}

export function tapeBox(state, slot, slots = 1) {
  const { tape } = state.stage;
  return { x: tape.x + (slot - state.view) * tape.slot, y: tape.y, w: slots * tape.slot, h: tape.h };
}

export function stripBox(state, slot, slots = 1) {
  const { strip } = state.stage, { all } = lengthOf(state.header.shape);
  return { x: strip.x + (slot / all) * strip.w, y: strip.y, w: Math.max(3, (slots / all) * strip.w), h: strip.h };
}

export function smooth(from, to, at) {
  const share = clamp((at - from) / (to - from), 0, 1);
  return share * share * (3 - 2 * share);
}

// Where a cell is on its way: out of the picture, down to just above the vector, along it, and into its place.
export function wayBox(state, home, slot, slots, share) {
  const end = tapeBox(state, slot, slots), lane = Math.min(end.y - home.h - 4, Math.max(home.y, state.stage.bottom));
  const along = smooth(0.2, 0.85, share), drop = smooth(0, 0.4, share), settle = smooth(0.8, 1, share);
  const mix = (a, b, part) => a + (b - a) * part;
  return {
    x: mix(home.x, end.x, along), w: mix(home.w, end.w, along),
    y: mix(mix(home.y, lane, drop), end.y, settle), h: mix(home.h, end.h, settle),
  };
}

// What lies under a point: where, and the slot there; or null.
export function under(state, x, y) {
  const { stage, header } = state, [rows, columns] = header.shape, { all } = lengthOf(header.shape), { near, own, tape, strip, picture } = stage;
  const inside = (box) => x >= box.x && y >= box.y && x < box.x + box.w && y < box.y + box.h;
  for (let tile = 0; tile < header.shown[1]; tile++) {
    const channel = header.shown[0] + tile, box = { ...homeBox(state, 0, 0, channel), w: picture.tileW, h: picture.tileH };
    if (!inside(box)) continue;
    const row = clamp(Math.floor((y - box.y) / picture.cell), 0, rows - 1), column = clamp(Math.floor((x - box.x) / picture.cell), 0, columns - 1);
    return { where: "picture", slot: slotAt(header.shape, row, column, channel) };
  }
  for (const mark of state.marks) {
    if (mark.kind !== "beside" && inside(nearBox(near, mark))) return { where: "near", slot: mark.slot };
  }
  for (let cell = 0; cell < own.cells; cell++) {
    if (inside({ x: own.x + cell * own.cell, y: own.y, w: own.cell, h: own.high })) return { where: "own", slot: ownFirst(state) + cell };
  }
  if (inside(tape)) return { where: "vector", slot: clamp(Math.floor(state.view + (x - tape.x) / tape.slot), 0, all - 1) };
  if (strip && inside(strip)) return { where: "vector", slot: clamp(Math.floor(((x - strip.x) / strip.w) * all), 0, all - 1) };
  return null;
}

export function nearBox(near, mark) {
  return { x: near.x + (near.across === 3 ? mark.right + 1 : 0) * near.cell, y: near.y + (near.down === 3 ? mark.down + 1 : 0) * near.cell, w: near.cell, h: near.cell };
}

export function ownFirst(state) {
  const { header, stage: { own } } = state, { all } = lengthOf(header.shape);
  return clamp(header.slot + Math.floor((header.step - 1) / 2) - Math.floor(own.cells / 2), 0, all - own.cells);
}
