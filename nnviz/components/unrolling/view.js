// The whole picture: what stands still, a frame of what does not, and its words.

import { fitCanvas } from "../common/canvas.js";
import { count } from "../common/numbers.js";
import { cssValue, themeOf } from "../common/theme.js";
import { drawPictures, drawStrip, drawTape, drawWay, makeStrip } from "./drawing.js";
import { lengthOf, progressAt } from "./order.js";
import { PAD, homeBox, nearBox, ownFirst, placeStage, wantedView } from "./stage.js";
import { drawClose, drawFar, drawMarks, drawRows } from "./words.js";

function coloursOf(root) {
  const theme = themeOf(root);
  root.classList.toggle("dark", theme.dark);
  return {
    ...theme, near: theme.mark, beside: "#14171a", pickedText: cssValue(root, "--own"), nearText: cssValue(root, "--near"), besideText: theme.text,
    // On dark paper black pixels that have left must be lighter than those that have not.
    wash: theme.dark ? "rgba(140, 140, 140, 0.4)" : "rgba(0, 0, 0, 0)",
  };
}

// Everything that does not change from frame to frame.
export function lay(state) {
  const { root, canvas } = state;
  if (!root.clientWidth) return false;
  state.theme = coloursOf(root);
  const stage = (state.stage = placeStage(state));
  fitCanvas(canvas, stage.width + 2 * PAD, stage.height + 2 * PAD, stage.ratio);
  makeStrip(state);
  state.still = stillSheet(state);
  // What stands where, in CSS pixels within the canvas: for tests and for whoever drives the page.
  const { picture, near, own, tape, strip } = stage, box = ({ x, y, w, h }) => [x + PAD, y + PAD, w, h];
  canvas.dataset.places = JSON.stringify({
    maps: Array.from({ length: state.header.shown[1] }, (_, tile) => box({ ...homeBox(state, 0, 0, state.header.shown[0] + tile), w: picture.tileW, h: picture.tileH })),
    near: state.marks.filter((mark) => mark.kind !== "beside").map((mark) => [mark.slot, ...box(nearBox(near, mark))]),
    own: [ownFirst(state), own.cells, ...box({ ...own, w: own.cells * own.cell, h: own.high })], tape: box(tape), strip: strip && box(strip),
  });
  if (!state.running) state.view = wantedView(state);
  return true;
}

// The close-ups, which no frame changes.
function stillSheet(state) {
  const sheet = document.createElement("canvas"), pad = Math.round(PAD * state.stage.ratio);
  sheet.width = state.canvas.width;
  sheet.height = Math.min(state.canvas.height, Math.ceil((state.stage.bottom + 2 * PAD) * state.stage.ratio) + 1);
  const context = sheet.getContext("2d");
  context.setTransform(state.stage.ratio, 0, 0, state.stage.ratio, pad, pad);
  drawClose(state, context);
  return sheet;
}

export function draw(state) {
  if (!state.stage) return;
  const { canvas, header, stage, root } = state, context = canvas.getContext("2d"), at = progressAt(header, state.position);
  const pad = Math.round(PAD * stage.ratio);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(state.still, 0, 0);
  context.setTransform(stage.ratio, 0, 0, stage.ratio, pad, pad);
  drawPictures(state, context, at);
  drawTape(state, context, at);
  drawRows(state, context, at);
  drawFar(state, context, at);
  drawStrip(state, context, at);
  drawMarks(state, context, at);
  drawWay(state, context, at);
  state.parts.where.textContent = wordsFor(state, at);
  state.parts.scrub.value = String(Math.round(state.position));
  const frames = Number(root.dataset.frames || 0) + 1;
  root.dataset.frames = String(frames);
  root.dataset.at = JSON.stringify({ position: state.position, row: at.row, laid: at.laid, playing: state.playing, moving: at.moving, slot: header.slot, view: state.view, shown: stage.tape.shown });
  canvas.dataset.picked = `${header.slot},${Math.round(state.position)},${Math.round(state.view)}`;
}

function wordsFor(state, at) {
  const { header } = state, { row, all } = lengthOf(header.shape), rows = header.shape[0];
  const slots = `slot ${count(at.laid)} of ${count(all)}`;
  if (at.moving) return `row ${at.row + 1} of ${rows} on its way, ${slots}`;
  return `row ${Math.round(state.position / row)} of ${rows}, ${slots}`;
}

export function say(state) {
  const words = wordsFor(state, progressAt(state.header, state.position));
  state.parts.say.textContent = words;
  state.parts.scrub.setAttribute("aria-valuetext", words);
}
