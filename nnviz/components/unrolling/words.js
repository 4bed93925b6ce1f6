// What is written beside the vector, and the close-ups: numbers, rows, distances, and the legend.

import { colourOf, cssOf, textOn } from "../common/colours.js";
import { clamp, count } from "../common/numbers.js";
import { markWidth, outline, write } from "./drawing.js";
import { lengthOf, numberOf } from "./order.js";
import { nearBox, ownFirst, tapeBox } from "./stage.js";

const WAYS = { picked: 0, near: 1, beside: 2 };

// Labels as near to their places as they can stand without touching: neighbours that collide are centred as a group.
export function spread(labels, low, high) {
  const groups = [];
  for (const label of [...labels].sort((a, b) => a.x - b.x)) {
    let group = { labels: [label], width: label.width, x: label.x };
    while (groups.length && groups[groups.length - 1].x + groups[groups.length - 1].width / 2 > group.x - group.width / 2) {
      const before = groups.pop(), all = [...before.labels, ...group.labels];
      group = { labels: all, width: before.width + group.width, x: all.reduce((sum, one) => sum + one.x, 0) / all.length };
    }
    group.x = clamp(group.x, low + group.width / 2, high - group.width / 2);
    groups.push(group);
  }
  for (const group of groups) {
    let x = group.x - group.width / 2;
    for (const label of group.labels) { label.at = x + label.width / 2; x += label.width; }
  }
  return labels;
}

function inView(state, slot) {
  return slot + state.header.step > state.view && slot < state.view + state.stage.tape.shown;
}

// Outlines and numbers of the marked slots that have been laid.
export function drawMarks(state, context, at) {
  const { header, theme, stage } = state, { tape, text } = stage, there = state.marks.filter((mark) => mark.slot < at.laid && inView(state, mark.slot));
  for (const mark of there) {
    const box = tapeBox(state, mark.slot, header.step);
    outline(context, box.w < 4 ? { ...box, x: box.x - (4 - box.w) / 2, w: 4 } : box, mark.kind, state, markWidth(tape.slot * header.step));
  }
  const labels = there.map((mark) => {
    const words = count(numberOf(header, mark.slot)), box = tapeBox(state, mark.slot, header.step);
    return { words, mark, x: box.x + box.w / 2, width: (0.57 * words.length + 0.75) * text };
  });
  for (const label of spread(labels, 0, stage.width)) {
    const colour = theme[`${label.mark.kind}Text`], y = tape.y - 16;
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(label.at, y + 1);
    context.lineTo(label.x, tape.y - 4);
    context.stroke();
    write(context, label.words, label.at, y, { align: "center", base: "bottom", weight: label.mark.kind === "near" ? 500 : 700, colour }, state);
  }
}

// Which row each stretch of the vector was.
export function drawRows(state, context, at) {
  const { header, theme, view, stage } = state, { tape, text, names } = stage, { row: long } = lengthOf(header.shape), rows = header.shape[0];
  const wide = long * tape.slot, every = Math.max(1, Math.ceil((5 * text) / wide));
  context.strokeStyle = theme.text;
  context.lineWidth = 2;
  for (let row = Math.floor(view / long); row < Math.min(rows, (view + tape.shown) / long); row++) {
    const gone = Math.min(at.laid, (row + 1) * long) - row * long;
    if (gone <= 0 || row % every) continue;
    const box = tapeBox(state, row * long, Math.min(gone, every * long)), from = Math.max(box.x, tape.x), to = Math.min(box.x + box.w, tape.x + tape.w);
    if (to - from < 8) continue;
    context.beginPath();
    context.moveTo(from + 2, names + 3);
    context.lineTo(from + 2, names + 8);
    context.lineTo(to - 2, names + 8);
    context.lineTo(to - 2, names + 3);
    context.stroke();
    const words = `row ${row + 1}`;
    if (to - from > 0.58 * words.length * text) write(context, words, (from + to) / 2, names + 0.8 * text + 3, { align: "center" }, state);
  }
}

// How far the cells straight above and below have gone, and what the strip is.
export function drawFar(state, context, at) {
  const { header, theme, stage } = state, { tape, text, far, strip, width } = stage, { all } = lengthOf(header.shape), y = far + 0.62 * text;
  const middle = (slot) => { const box = tapeBox(state, slot, header.step); return box.x + box.w / 2; };
  const own = middle(header.slot), ends = [];
  for (const mark of state.marks) {
    if (mark.kind !== "near" || mark.right || header.slot >= at.laid || mark.slot >= at.laid || !inView(state, header.slot)) continue;
    const words = `${count(Math.abs(mark.slot - header.slot))} slots`, to = clamp(middle(mark.slot), tape.x, tape.x + tape.w), half = 0.29 * text * words.length;
    if (Math.abs(to - own) < 2 * half + 24) continue;
    ends.push(own, to);
    const way = Math.sign(to - own), from = own + 3 * way, centre = (from + to) / 2;
    context.strokeStyle = theme.nearText;
    context.lineWidth = 2;
    context.beginPath();
    for (const [a, b] of [[from, centre - way * half], [centre + way * half, to]]) { context.moveTo(a, y); context.lineTo(b, y); }
    if (to === middle(mark.slot)) { context.moveTo(to, y - 6); context.lineTo(to, y + 6); }
    context.moveTo(to - 7 * way, y - 5);
    context.lineTo(to, y);
    context.lineTo(to - 7 * way, y + 5);
    context.moveTo(from, y - 6);
    context.lineTo(from, y + 6);
    context.stroke();
    write(context, words, centre, y + 1, { align: "center", colour: theme.nearText, weight: 600 }, state);
  }
  const [least, most] = [Math.floor, Math.ceil].map((whole) => count(whole(all / (state.bins || all))));
  const some = most === "1" ? "" : `, each line the strongest of ${least === most ? most : `${least} or ${most}`}`;
  const title = `The vector: ${count(all)} slots${some}`, long = 0.53 * text * title.length, used = [Math.min(...ends, 1e9), Math.max(...ends, -1e9)];
  if (!strip) return;
  if (used[1] < width - long - 20) write(context, title, width, y, { align: "right" }, state);
  else if (used[0] > long + 20) write(context, title, 0, y, {}, state);
}

function drawCell(state, context, box, slot, lines, pixel) {
  const { header, values } = state, panel = header.panels[0];
  const colour = pixel && panel.channels === 3 ? Array.from(values.subarray(panel.offset + slot, panel.offset + slot + 3)) : colourOf(panel.colour, state.vector[slot], panel.ranges[0]);
  context.fillStyle = cssOf(colour);
  context.fillRect(box.x + 3, box.y + 3, box.w - 6, box.h - 6);
  const ink = textOn(colour), size = Math.max(16, Math.min(1.35 * state.stage.text, 0.3 * box.w)), most = box.w - 10, middle = box.y + box.h / 2;
  write(context, lines[0], box.x + box.w / 2, middle - (lines[1] ? 0.52 * state.stage.text : 0), { align: "center", colour: ink, weight: 700, size, most }, state);
  if (lines[1]) write(context, lines[1], box.x + box.w / 2, middle + 0.72 * state.stage.text, { align: "center", colour: ink, size: Math.max(16, 0.98 * state.stage.text), most }, state);
}

const within = (box) => ({ x: box.x + 3, y: box.y + 3, w: box.w - 6, h: box.h - 6 });

export function drawClose(state, context) {
  const { header, theme, stage } = state, { near, own, legend, text } = stage, first = ownFirst(state), kinds = new Map(state.marks.map((mark) => [mark.slot, mark.kind]));
  write(context, `Around it in the ${header.whole}`, near.x, near.y - 1.5 * text, { base: "top", weight: 600, size: 1.06 * text }, state);
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.setLineDash([3, 4]);
  for (let cell = 0; cell < near.down * near.across; cell++) {
    const box = { x: near.x + (cell % near.across) * near.cell, y: near.y + Math.floor(cell / near.across) * near.cell, w: near.cell, h: near.cell };
    context.strokeRect(box.x + 3.5, box.y + 3.5, box.w - 7, box.h - 7);
  }
  context.setLineDash([]);
  const drawn = state.marks.filter((mark) => mark.kind !== "beside");
  for (const mark of drawn) {
    const away = Math.abs(mark.slot - header.slot), box = nearBox(near, mark);
    drawCell(state, context, box, mark.slot, [count(numberOf(header, mark.slot)), mark.kind === "near" ? `${count(away)} away` : ""], true);
    outline(context, within(box), mark.kind, state);
  }
  write(context, "Around it in the vector", own.x, own.y - 1.5 * text, { base: "top", weight: 600, size: 1.06 * text }, state);
  const boxOf = (slot, slots = 1) => ({ x: own.x + (slot - first) * own.cell, y: own.y, w: slots * own.cell, h: own.high });
  for (let slot = first; slot < first + own.cells; slot++) drawCell(state, context, boxOf(slot), slot, [count(slot + 1)], false);
  for (const [slot, kind] of [...kinds].sort((a, b) => WAYS[b[1]] - WAYS[a[1]])) {
    const from = Math.max(slot, first), to = Math.min(slot + header.step, first + own.cells);
    if (from >= to) continue;
    outline(context, within(boxOf(from, to - from)), kind, state);
    if (header.step > 1) write(context, `${header.noun} ${count(numberOf(header, slot))}`, boxOf(from, to - from).x + ((to - from) * own.cell) / 2, own.y + own.high + 0.7 * text, { align: "center", colour: theme[`${kind}Text`], weight: 600, most: (to - from) * own.cell }, state);
  }
  let y = legend + 0.4 * text;
  for (const [kind, words] of [["picked", header.own], ["near", header.touch], ["beside", header.stranger]]) {
    if (!words || !state.marks.some((mark) => mark.kind === kind)) continue;
    outline(context, { x: own.x + 6, y: y - 0.32 * text, w: 0.64 * text, h: 0.64 * text }, kind, state);
    write(context, words, own.x + 1.3 * text + 4, y + 1, { most: stage.width - own.x - 1.4 * text }, state);
    y += 1.3 * text;
  }
}
