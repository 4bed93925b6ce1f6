// Where everything stands, and each frame of it: drawn only while something changes.

import { given, rem, calm } from "../common/sizes.js";
import { themeOf } from "../common/theme.js";
import { clamp } from "../common/numbers.js";
import { between, layer, map, net, TURN } from "./layout.js";
import { linesOf } from "./lines.js";
import { flat } from "./flat.js";
import { space } from "./space.js";
import { wiresOf } from "./wires.js";

// CSS pixels: a screen narrower than this is a phone's, and so wide are the walls that are swiped there.
const PHONE = 640, STRIP = 1000;
// Milliseconds of a flight, and of a signal that passes through the net.
export const FLIGHT = 600;
const FRONT = 600;

// Whether somebody wants all flat: for this window.
let wantsFlat = false;

// Those that hold a graphics context, of which a browser gives a few: who left his page gives his back.
const HOLDERS = new Set();

// Room for the maps of all walls, in space where the browser can.
export function hold(state) {
  if (!state.plates || state.plates.lost()) {
    for (const other of HOLDERS) if (!other.root.isConnected) { HOLDERS.delete(other); other.plates.free(); }
    HOLDERS.add(state);
    state.flatOnly = false;
    try {
      if (state.page.flat) throw new Error("asked for");
      state.plates = space(state.canvas);
    } catch {
      // A canvas that was asked for one kind of drawing has no other.
      state.renewCanvas();
      state.plates = flat(state.canvas);
      state.flatOnly = true;
    }
  }
  state.plates.hold(state.header.walls);
  state.root.classList.toggle("flatonly", state.flatOnly);
}

// After the graphics card was away.
export function renew(state) {
  if (!state.root.isConnected || !state.header) return;
  state.plates = null;
  hold(state);
  fill(state);
  soon(state);
}

// The maps as they are now.
export function fill(state) {
  state.header.walls.forEach((wall, number) => state.plates.fill(number, wall, state.maps[number]));
}

const isFlat = (state) => state.flatOnly || wantsFlat || state.width < PHONE;

// The room for the walls, beside what is given and what is answered.
function roomOf(state) {
  const { root, header } = state, text = Math.max(16, 0.85 * rem());
  const wide = root.clientWidth, narrow = wide < PHONE, high = Math.max(280, Math.round(header.height * window.innerHeight * given()));
  state.width = wide;
  state.text = text;
  root.classList.toggle("narrow", narrow);
  root.style.setProperty("--stage-height", `${high}px`);
  const side = narrow ? 0 : clamp(Math.min(0.19 * wide, 0.42 * high), 150, 420), answers = narrow ? 0 : clamp(0.17 * wide, 170, 330);
  root.style.setProperty("--given", `${side}px`);
  root.style.setProperty("--answers", `${answers}px`);
  const size = [narrow ? STRIP : wide - side - answers, narrow ? 0.65 * high : high];
  state.size = size;
  return { left: 0.01 * wide, right: size[0] - 0.01 * wide, top: 0, bottom: size[1] - (narrow ? 0 : 2.4 * text), height: size[1], label: (state.slants ? 5.2 : 2.7) * text, line: 1.5 * text };
}

function arranged(state) {
  const { header, picked, zoom } = state, turned = () => (isFlat(state) ? 0 : TURN);
  state.slants = false;
  let room = roomOf(state);
  if (zoom === "net" || !picked || picked.wall < 0) {
    const found = net(header.walls, room, turned());
    // Titles that have no room beside each other are written aslant.
    state.slants = header.walls.some((wall, number) => found.heads[number].lanes === 1 && wide(state, wall.title) > found.heads[number].width);
    if (!state.slants) return found;
    room = roomOf(state);
    return net(header.walls, room, turned());
  }
  if (zoom === "layer") return layer(header.walls, picked.wall, room);
  return map(header.walls, picked.wall, picked.index, room, beside(state));
}

// Of a title, CSS pixels.
function wide(state, text) {
  const context = (state.ruler ??= document.createElement("canvas").getContext("2d"));
  context.font = `700 ${Math.max(16, rem())}px ${themeOf(state.root).font}`;
  return context.measureText(text).width;
}

// The strongest of what feeds the picked unit, and of what it feeds, that stand on the stage.
function beside(state) {
  const wires = wiresOf(state, state.picked) ?? [], places = (side) => wires.filter((wire) => wire.side === side && wire.place.index >= 0 && wire.place.wall >= 0).slice(0, 6).map((wire) => [wire.place.wall, wire.place.index]);
  return { before: places("from"), after: places("to") };
}

export function place(state, flies = false) {
  const target = arranged(state);
  state.theme = themeOf(state.root);
  state.paper = rgb(state.theme.background);
  if (flies && state.placed && state.placed.plates.length === target.plates.length && !calm()) state.flight = { from: state.placed, to: target, since: performance.now() };
  else { state.flight = null; state.placed = target; }
  state.pad.show();
  heads(state);
  state.headed = null;
  soon(state);
}

// Where it stands.
function headed(state) {
  state.headed = state.placed;
  const labels = state.root.querySelectorAll(".heads button"), { slants, text } = state;
  state.placed.heads.forEach((head, number) => {
    const aslant = slants && head.lanes === 1;
    labels[number].classList.toggle("bare", aslant || head.lanes > 1);
    Object.assign(labels[number].style, {
      transform: `translate(${head.x.toFixed(1)}px, ${head.y.toFixed(1)}px) translateY(-100%) ${aslant ? "rotate(-50deg)" : ""}`,
      maxWidth: aslant ? `${6.2 * text}px` : `${Math.max(20, head.width).toFixed(0)}px`,
      opacity: head.alpha * (state.flight ? 0.4 : 1), pointerEvents: head.alpha > 0.5 ? "auto" : "none",
    });
  });
}

// What is written above each wall.
function heads(state) {
  const own = state.root.querySelector(".heads"), { walls } = state.header;
  const key = walls.map((wall) => wall.title + wall.note).join("|");
  if (own.dataset.key !== key) {
    own.dataset.key = key;
    own.replaceChildren(...walls.map((wall, number) => {
      const one = document.createElement("button");
      one.tabIndex = -1;
      one.append(Object.assign(document.createElement("b"), { textContent: wall.title }), Object.assign(document.createElement("span"), { textContent: wall.note }));
      one.onclick = () => state.enter(number);
      return one;
    }));
  }
}

const rgb = (() => {
  const known = new Map();
  return (colour) => {
    if (!known.has(colour)) {
      const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      known.set(colour, Array.from(context.getImageData(0, 0, 1, 1).data.slice(0, 3), (value) => value / 255));
    }
    return known.get(colour);
  };
})();

export function soon(state) {
  if (state.dirty) return;
  state.dirty = true;
  requestAnimationFrame((now) => { state.dirty = false; if (state.root.isConnected) frame(state, now); });
}

const ease = (t) => (t < 0.5 ? 4 * t * t * t : 1 - (2 - 2 * t) ** 3 / 2);

function frame(state, now) {
  const began = performance.now(), { header, root } = state;
  if (state.flight) {
    const share = clamp((now - state.flight.since) / FLIGHT, 0, 1);
    state.placed = between(state.flight.from, state.flight.to, ease(share));
    if (share === 1) { state.placed = state.flight.to; state.flight = null; }
  }
  const run = state.front && clamp((now - state.front.since) / state.front.lasts, 0, 1);
  if (state.front && run === 1) state.front = null;
  const stops = header.walls.length + 1, at = (wall) => (state.front ? clamp((run * stops - wall - 0.3) * 1.8, 0.06, 1) : 1);
  const shown = state.hovered && state.hovered.index >= 0 && !state.flight ? state.hovered : state.picked, wires = shown ? wiresOf(state, shown) : null;
  const ends = (state.ends = wires ?? []), marks = new Map();
  for (const wire of ends) if (wire.place.wall >= 0) marks.set(`${wire.place.wall},${wire.place.index}`, wire);
  const picked = state.picked && `${state.picked.wall},${state.picked.index}`, over = state.hovered && `${state.hovered.wall},${state.hovered.index}`;
  const ink = { mark: rgb(state.theme.picked), positive: rgb(state.theme.positive), negative: rgb(state.theme.negative), text: rgb(state.theme.text) };
  const plates = state.placed.plates.map((plate) => {
    const key = `${plate.wall},${plate.index}`, wall = header.walls[plate.wall], wire = marks.get(key);
    const edge = key === picked ? [...ink.mark, 3] : key === over ? [...ink.text, 2] : wire ? [...(wire.value < 0 ? ink.negative : ink.positive), 1 + 2 * wire.share] : null;
    return { ...plate, range: wall.range, colour: wall.colour, edge, lit: at(plate.wall) };
  });
  const lines = linesOf(state, { ink, run: state.front ? run : null, stops, shown, wires: ends, padBox: padBox(state), answerBox: (index) => answerBox(state, index) });
  const ratio = window.devicePixelRatio || 1;
  state.plates.draw({ size: state.size, ratio, eye: state.placed.eye, paper: state.paper, plates, lines });
  if (state.headed !== state.placed) headed(state);
  state.answer.grown(state.front ? clamp((run * stops - stops + 1) * 1.2, 0, 1) : 1);
  root.dataset.zoom = state.zoom;
  const canvas = state.canvas;
  canvas.dataset.frames = String(Number(canvas.dataset.frames || 0) + 1);
  canvas.dataset.script = (performance.now() - began).toFixed(2);
  if (state.flight || state.front) return soon(state);
  // What stands where, in CSS pixels within the stage: for tests and for whoever drives the page.
  canvas.dataset.places = JSON.stringify(plates.filter((plate) => plate.alpha > 0.5).map((plate) => [plate.wall, plate.index, ...middle(plate, state.placed.eye)]));
  canvas.dataset.picked = state.picked ? [state.picked.wall, state.picked.index].join() : "";
  canvas.dataset.wires = JSON.stringify(ends.map((wire) => [wire.side, wire.place.wall, wire.place.index, wire.value]));
  canvas.dataset.drawn = String(Number(canvas.dataset.drawn || 0) + 1);
}

const middle = (plate, eye) => {
  const scale = eye / (eye + plate.u * Math.sin(plate.turn));
  return [plate.x + plate.u * Math.cos(plate.turn) * scale, plate.y + plate.v * scale].map((value) => Math.round(10 * value) / 10);
};

// Where lines from the picture begin, and those to a class end: at the edges of what lies between.
function padBox(state) {
  if (state.root.classList.contains("narrow")) return null;
  const paper = state.root.querySelector(".paper").getBoundingClientRect();
  return { x: 0, y: (paper.top + paper.bottom) / 2 - state.root.getBoundingClientRect().top };
}

function answerBox(state, index) {
  const y = state.root.classList.contains("narrow") ? null : state.answer.height(index);
  return y === null ? null : [state.size[0], y];
}

// The front of a signal that passes through the net once.
export function front(state, times) {
  if (calm() || !state.header.walls.length) return;
  state.front = { since: performance.now(), lasts: FRONT * times };
  soon(state);
}

// Flat, or in space.
export function turn(state) {
  if (state.flatOnly) return;
  wantsFlat = !wantsFlat;
  state.root.querySelector(".turn").textContent = wantsFlat ? "In space" : "Flat";
  place(state, true);
}
