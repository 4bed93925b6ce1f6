// The arithmetic of flattening: which slot holds which cell, how far a position has come, and the vector itself.

import { clamp } from "../common/numbers.js";

// Keras flattens in C order: (row * columns + column) * channels + channel.
export function slotAt([, columns, channels], row, column, channel) {
  return (row * columns + column) * channels + channel;
}

export function placeAt([, columns, channels], slot) {
  const cell = Math.floor(slot / channels);
  return [Math.floor(cell / columns), cell % columns, slot % channels];
}

// Where the value of a slot stands among those that were sent: maps come one after the other, colours cell by cell.
function offsetAt(header, slot) {
  const panel = header.panels[0];
  if (panel.channels > 1) return panel.offset + slot;
  const [row, column, channel] = placeAt(header.shape, slot);
  return panel.offset + (channel * panel.h + row) * panel.w + column;
}

export function vectorOf(header, values) {
  const [rows, columns, channels] = header.shape, vector = new Float32Array(rows * columns * channels);
  for (let slot = 0; slot < vector.length; slot++) vector[slot] = values[offsetAt(header, slot)];
  return vector;
}

// The value furthest from zero in each of `count` runs; slot i is in run floor(i * count / length).
export function strongest(vector, count) {
  const found = new Float32Array(count);
  for (let slot = 0; slot < vector.length; slot++) {
    const run = Math.floor((slot * count) / vector.length);
    if (Math.abs(vector[slot]) > Math.abs(found[run])) found[run] = vector[slot];
  }
  return found;
}

export function lengthOf([rows, columns, channels]) {
  return { row: columns * channels, all: rows * columns * channels };
}

// How far each column of the row under way has come, 0 to 1. A row of pixels moves as one; of maps, whose cells are
// sorted anew on the way, one column follows the other.
export function shareOf(header, share, column) {
  const columns = header.shape[1];
  if (header.step === header.shape[2] || columns === 1) return share;
  return clamp(2 * share - column / (columns - 1), 0, 1);
}

// What a position, in slots, means: the row under way and its share, and how many slots have arrived.
export function progressAt(header, position) {
  const { row: long, all } = lengthOf(header.shape), at = clamp(position, 0, all), row = Math.floor(at / long);
  const share = at / long - row;
  let arrived = 0;
  if (row < header.shape[0]) while (arrived < header.shape[1] && shareOf(header, share, arrived) >= 1) arrived++;
  return { row, share, laid: row * long + arrived * header.shape[2], moving: share > 0 };
}

// What one counts: pixels of an image (of one slot, or three), or slots; from one.
export function numberOf(header, slot) {
  return Math.floor(slot / header.step) + 1;
}
