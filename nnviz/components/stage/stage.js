// The stage: a picture on the left, the answer on the right, and between them all maps that the net makes of it, a wall a
// layer. One draws, points, and goes from the whole net into a layer and into a map. Where the net can be run in the
// browser it is, with every move of the pen; else what stands there is what the page was given.

import { pageOf, topIn, watch } from "../common/page.js";
import { given, rem, calm } from "../common/sizes.js";
import { themeOf } from "../common/theme.js";
import { clamp, number } from "../common/numbers.js";
import { counted } from "../common/reports.js";
import { browserNet } from "./browser_net.js";
import { between, eyeOf, layer, map, net, plateUnder, TURN } from "./layout.js";
import { answerBars } from "./answer.js";
import { linesOf } from "./lines.js";
import { flat } from "./flat.js";
import { space } from "./space.js";
import { asDigit, pad, DIGIT } from "../pad/drawing.js";
import { asInk, camera, square } from "./camera.js";

const HTML = `
<div class="part stage">
  <div class="view"><div class="floor"><canvas class="scene"></canvas><div class="heads" aria-hidden="true"></div></div></div>
  <div class="given">
    <div class="title"></div>
    <div class="paper"><canvas class="pad"></canvas><i class="field" hidden></i></div>
    <div class="tools"><button class="clear">Clear</button><button class="undo">Undo</button><button class="camera" aria-pressed="false">Camera</button></div>
    <div class="sees"></div>
    <div class="strip"></div>
  </div>
  <div class="answer"></div>
  <div class="moves"><button class="run" title="Watch the signal run through the net (Space: slowly)">Run</button><button class="out" title="Back out (Esc)">Back</button><button class="turn" title="Flat, or in space (F)">Flat</button></div>
  <div class="tip" hidden></div>
  <div class="say" aria-live="polite"></div>
</div>`;
const PHONE = 640, STRIP = 1000;
const FLIGHT = 600, FRONT = 600, SLOW = 4;
const LEVELS = ["net", "layer", "map"];

// Whether somebody wants all flat: for this window.
let wantsFlat = false;

export function mount(element, report, told) {
  element.innerHTML = HTML;
  const root = element.firstElementChild, part = (name) => root.querySelector(`.${name}`), page = pageOf(told), reports = counted(report);
  const state = {
    root, page, reports, header: null, maps: [], floats: [], plates: null, placed: null, flight: null, front: null, hovered: null, picked: null,
    zoom: "net", wires: new Map(), spine: [], drawing: false, dirty: false, theme: themeOf(root), canvas: part("scene"), tip: part("tip"),
  };
  state.answer = answerBars(part("answer"), (index) => pick(state, { answer: index }));
  state.pad = pad(part("pad"), {
    move: (pixels) => drawn(state, pixels, false),
    rest: (pixels) => drawn(state, pixels, true),
  });
  part("undo").onclick = () => state.pad.undo();
  part("clear").onclick = () => state.pad.clear();
  state.camera = camera((video) => filmed(state, video), (text) => { part("sees").textContent = text; });
  part("camera").onclick = () => film(state);
  part("run").onclick = () => front(state, 1);
  part("out").onclick = () => out(state);
  part("turn").onclick = () => turn(state);
  const canvas = state.canvas;
  canvas.addEventListener("pointermove", (event) => hover(state, event));
  canvas.addEventListener("pointerleave", () => { point(state, null); });
  canvas.addEventListener("click", (event) => click(state, event));
  canvas.addEventListener("keydown", (event) => key(state, event));
  canvas.addEventListener("wheel", (event) => wheel(state, event), { passive: false });
  canvas.addEventListener("webglcontextlost", (event) => { event.preventDefault(); renew(state); });
  watch(root, page, () => { if (state.header) { place(state); } });
  return (data) => update(state, data);
}

// What Python packed (stage.py).
function unpackStage(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const body = bytes.slice(Math.ceil((4 + length) / 4) * 4);
  return { header, body };
}

function update(state, data) {
  const { header, body } = unpackStage(data), before = state.header;
  // Its weights are on their way while all else is made.
  state.local = header.local ? browserNet(header.local, state.page.address) : null;
  const same = before && before.network === header.network && before.walls.map((wall) => wall.name).join() === header.walls.map((wall) => wall.name).join();
  // A reply to what was drawn or picked before must not undo what is being drawn or picked now.
  const late = !state.reports.answered(header.seen);
  if (state.drawing || (late && same)) { state.header = { ...header, walls: same ? state.header.walls : header.walls }; if (same) return; }
  state.header = header;
  if (state.answered) { pass(state); state.answered(); state.answered = null; }
  state.maps = header.walls.map((wall) => {
    const size = wall.units.length * wall.h * wall.w, [low, high] = wall.range, found = new Float32Array(size);
    const fine = header.fine && header.walls[header.fine.wall] === wall;
    if (fine) return new Float32Array(body.buffer, header.fine.offset, size);
    for (let i = 0; i < size; i++) found[i] = low + ((high - low) * body[wall.offset + i]) / 255;
    return found;
  });
  state.exact = header.walls.map((_, number) => Boolean(header.fine && header.fine.wall === number));
  state.wires.clear();
  state.spine = [];
  if (!late) {
    state.root.classList.remove("drawing");
    state.picked = header.picked;
    const zoom = LEVELS.includes(header.zoom) ? header.zoom : "net";
    state.moved = before && (zoom !== state.zoom || !same);
    state.zoom = zoom;
  }
  state.root.classList.toggle("wall", header.stands);
  picture(state, body);
  strip(state, body);
  state.answer.show(header.answer);
  if (!state.plates || !same) hold(state);
  fill(state);
  if (state.local) refresh(state);
  place(state, state.moved && same);
  state.canvas.setAttribute("aria-label", header.alt);
  state.canvas.setAttribute("role", "application");
  state.canvas.tabIndex = 0;
  if (!before && header.pad) state.pad.tellUntold();
}

// The values of the picture that stands there, in all layers, from the browser's own net: exact ones, for the pointer.
async function refresh(state) {
  const header = state.header;
  const { scale, offset } = header.local, found = await state.local.run(Float32Array.from(state.pixels, (value) => value * scale + offset));
  if (found && state.header === header && !state.drawing) { take(state, found); await spine(state); }
}

// What a pass gave: maps, their scales, and the answer.
function take(state, { tensors, output }) {
  state.header.walls.forEach((wall, number) => {
    const values = tensors.get(wall.tensor);
    if (!values) return;
    const channels = wall.count, cells = wall.h * wall.w, maps = new Float32Array(wall.units.length * cells);
    let least = 0, most = 0;
    for (const value of values) { if (value < least) least = value; if (value > most) most = value; }
    const end = Math.max(most, -least) || 1;
    wall.colour = least < 0 ? "diverging" : "viridis";
    wall.range = least < 0 ? [-end, end] : [0, end];
    wall.units.forEach((unit, index) => { for (let cell = 0; cell < cells; cell++) maps[index * cells + cell] = values[cell * channels + unit]; });
    state.maps[number] = maps;
    state.exact[number] = true;
    state.plates.fill(number, wall, maps);
  });
  state.answer.values(state.header.local.second ? [1 - output[0], output[0]] : output);
  state.wires.clear();
  state.spine = [];
  soon(state);
}

async function drawn(state, pixels, rests) {
  state.drawing = !rests;
  const { local } = state.header;
  state.root.classList.add("drawing");
  if (state.local && local) {
    const given = Float32Array.from(pixels, (value) => value * local.scale + local.offset);
    const found = await state.local.run(given);
    if (found) {
      take(state, found);
      pass(state);
      state.canvas.dataset.took = found.took.toFixed(2);
    }
    if (rests) { await spine(state); front(state, 1); }
  }
  if (rests) { const count = state.reports.next(); state.reports.tell("drawn", { pixels: Array.from(pixels), count }); }
}

// The camera on and off; what it saw last stays as the picture.
async function film(state) {
  if (!state.camera.on) await state.camera.start();
  else {
    state.camera.stop();
    state.drawing = false;
    if (state.last) state.reports.tell("frame", { ...state.last, kept: true, count: state.reports.next() });
  }
  const button = state.root.querySelector(".camera"), { on } = state.camera;
  button.textContent = on ? "Stop" : "Camera";
  button.setAttribute("aria-pressed", String(on));
}

// One picture of the camera: through the browser's own net, or through the server's, whose answer is waited for.
async function filmed(state, video) {
  const { header } = state;
  if (!state.root.isConnected) { state.camera.stop(); return; }
  const side = header.pad ? 112 : header.picture.w, seen = square(video, side);
  let shown = seen;
  if (header.pad) {
    const pixels = asDigit(asInk(seen), side);
    if (!pixels) return;
    shown = Object.assign(document.createElement("canvas"), { width: DIGIT, height: DIGIT });
    const image = new ImageData(DIGIT, DIGIT);
    pixels.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
    shown.getContext("2d").putImageData(image, 0, 0);
    state.last = { digit: Array.from(pixels) };
    state.pad.picture(shown, false);
    state.root.classList.add("drawing");
    if (state.local) {
      const found = await state.local.run(Float32Array.from(pixels, (value) => value * header.local.scale + header.local.offset));
      if (found && state.camera.on) { state.drawing = true; take(state, found); pass(state); }
      return;
    }
  } else {
    state.pad.picture(shown, false);
    state.last = { jpeg: seen.toDataURL("image/jpeg", 0.85).split(",")[1] };
  }
  await new Promise((answered) => {
    state.answered = answered;
    // A server that is busy may take its time; one that is gone never answers.
    setTimeout(answered, 5000);
    state.reports.tell("frame", { ...state.last, kept: false, count: state.reports.next() });
  });
}

function pass(state) {
  state.passes = (state.passes ?? 0) + 1;
  state.canvas.dataset.passes = String(state.passes);
}

function picture(state, body) {
  const { header, root } = state, { picture: own } = header, paper = root.querySelector(".pad");
  root.classList.toggle("draws", header.pad);
  root.classList.toggle("films", header.films);
  root.querySelector(".given .title").textContent = header.pad ? "Draw a digit" : own.title;
  paper.style.pointerEvents = header.pad ? "auto" : "none";
  paper.setAttribute("role", "img");
  paper.setAttribute("aria-label", `The picture that the network reads: ${own.title}`);
  const sheet = document.createElement("canvas"), image = new ImageData(own.w, own.h);
  Object.assign(sheet, { width: own.w, height: own.h });
  for (let i = 0; i < own.w * own.h; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = body[own.offset + i * own.channels + Math.min(c, own.channels - 1)];
    image.data[4 * i + 3] = 255;
  }
  sheet.getContext("2d").putImageData(image, 0, 0);
  state.pixels = body.slice(own.offset, own.offset + own.w * own.h * own.channels);
  root.querySelector(".paper").style.aspectRatio = `${own.w} / ${own.h}`;
  root.classList.toggle("smooth", own.w > 2 * DIGIT);
  if (!state.camera.on) state.pad.picture(sheet, own.drawn);
  const field = root.querySelector(".field");
  field.hidden = !header.field;
  if (header.field) {
    const [top, left, bottom, right] = header.field;
    Object.assign(field.style, { left: `${(100 * left) / own.w}%`, top: `${(100 * top) / own.h}%`, width: `${(100 * (right - left)) / own.w}%`, height: `${(100 * (bottom - top)) / own.h}%` });
  }
}

// Pictures to choose from; each of `side` pixels.
function strip(state, body) {
  const { header, root } = state, own = root.querySelector(".strip"), names = header.strip.map((one) => one.name).join();
  if (own.dataset.names !== names) {
    own.dataset.names = names;
    own.replaceChildren(...header.strip.map((one) => {
      const button = document.createElement("button"), sheet = document.createElement("canvas"), side = header.side, image = new ImageData(side, side);
      Object.assign(sheet, { width: side, height: side });
      for (let i = 0; i < side * side; i++) {
        for (let c = 0; c < 3; c++) image.data[4 * i + c] = body[one.offset + i * header.deep + Math.min(c, header.deep - 1)];
        image.data[4 * i + 3] = 255;
      }
      sheet.getContext("2d").putImageData(image, 0, 0);
      Object.assign(button, { title: one.title });
      button.setAttribute("aria-label", one.title);
      button.dataset.name = one.name;
      button.onclick = () => state.reports.tell("image", { name: one.name, count: state.reports.next() });
      button.append(sheet);
      return button;
    }));
  }
  for (const button of own.children) button.classList.toggle("on", button.dataset.name === header.picture.name);
}

function hold(state) {
  if (!state.plates || state.plates.lost()) {
    state.flatOnly = false;
    try {
      if (state.page.flat) throw new Error("asked for");
      state.plates = space(state.canvas);
    } catch {
      // A canvas that was asked for one kind of drawing has no other.
      const fresh = state.canvas;
      state.plates = flat(fresh);
      state.flatOnly = true;
    }
  }
  state.plates.hold(state.header.walls);
  state.root.classList.toggle("flatonly", state.flatOnly);
}

function renew(state) {
  setTimeout(() => { if (state.root.isConnected && state.header) { state.plates = null; hold(state); fill(state); soon(state); } }, 100);
}

function fill(state) {
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

function place(state, flies = false) {
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
      one.onclick = () => { pick(state, { wall: number, index: state.picked?.wall === number ? state.picked.index : 0 }, state.header.walls[number].block ? "net" : "layer"); };
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

function soon(state) {
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
function front(state, times) {
  if (calm() || !state.header.walls.length) return;
  state.front = { since: performance.now(), lasts: FRONT * times };
  soon(state);
}

// Of a unit of a wall: { side: "from" or "to", place: { wall, index }, value, share }; the picture is wall -1, the answer -2.
function wiresOf(state, at) {
  const key = `${at.wall},${at.index}`, { header } = state;
  if (state.wires.has(key)) return state.wires.get(key);
  if (header.wires && header.picked && at.wall === header.picked.wall && at.index === header.picked.index && !state.root.classList.contains("drawing")) {
    state.wires.set(key, shares(header.wires.map(([side, wall, index, value]) => ({ side, place: { wall, index }, value }))));
  } else if (state.local?.ready && at.wall >= 0) {
    state.wires.set(key, null);
    ask(state, at.wall, header.walls[at.wall].units[at.index]).then((found) => { if (found && state.wires.get(key) === null) { state.wires.set(key, shares(found)); soon(state); } });
  }
  return state.wires.get(key) ?? null;
}

const shares = (wires) => {
  const largest = Math.max(...wires.map((wire) => Math.abs(wire.value)), 1e-12);
  return wires.map((wire) => ({ ...wire, share: Math.abs(wire.value) / largest }));
};

async function ask(state, number, unit, many = 8) {
  const { header } = state, wall = header.walls[number], before = wall.reads, after = header.walls.flatMap((other, index) => (other.reads.includes(number) ? [index] : []));
  const name = (at) => (at === -1 ? header.local.input : header.walls[at].tensor);
  const sinks = [...after, ...(wall.answers ? [-2] : [])];
  const found = await state.local.wires({ before: before.map(name), at: wall.tensor, after: sinks.map((at) => (at === -2 ? header.local.scores : name(at))), unit, many: 64 });
  if (!found || header !== state.header) return null;
  const wires = [];
  const add = (side, at, values) => {
    // The picture is one: what all its cells give.
    if (at === -1) { const sum = values.reduce((total, [, value]) => total + value, 0); if (sum) wires.push({ side, place: { wall: -1, index: 0 }, value: sum }); return; }
    const shown = values.map(([channel, value]) => ({ side, place: { wall: at, index: at === -2 ? channel + (header.local.second ? 1 : 0) : header.walls[at].units.indexOf(channel) }, value })).filter((wire) => wire.place.index >= 0);
    wires.push(...shown.slice(0, many));
  };
  found.from.forEach((values, i) => add("from", before[i], values));
  found.to.forEach((values, i) => add("to", sinks[i], values));
  return wires;
}

// The strongest connections of all, of the strongest units of each wall: what is faintly there when nothing is picked.
async function spine(state) {
  const { header } = state, found = [];
  for (let number = 0; number < header.walls.length; number++) {
    const wall = header.walls[number], cells = wall.h * wall.w, maps = state.maps[number];
    const peaks = wall.units.map((_, index) => { let most = 0; for (let i = 0; i < cells; i++) most = Math.max(most, Math.abs(maps[index * cells + i])); return [index, most]; });
    for (const [index] of peaks.filter(([, peak]) => peak > 0).sort((a, b) => b[1] - a[1]).slice(0, 4)) {
      const wires = await ask(state, number, wall.units[index], 4);
      if (header !== state.header) return;
      for (const wire of shares(wires ?? [])) if (wire.side === "from" || wire.place.wall === -2) found.push({ ...wire, at: { wall: number, index } });
    }
  }
  state.spine = found;
  soon(state);
}

function local(state, event) {
  const box = state.canvas.getBoundingClientRect();
  return [((event.clientX - box.left) * state.size[0]) / box.width, ((event.clientY - box.top) * state.size[1]) / box.height];
}

function point(state, at, x = 0, y = 0) {
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

function hover(state, event) {
  if (!state.placed || state.flight) return;
  const [x, y] = local(state, event), at = plateUnder(state.placed, state.header.walls, x, y);
  state.canvas.style.cursor = at ? "pointer" : "default";
  const box = state.canvas.getBoundingClientRect(), own = state.root.getBoundingClientRect();
  point(state, at, event.clientX - own.left, event.clientY - own.top + 0 * box.top);
}

// A unit and the value under the pointer, where the value is known exactly; else its strongest.
function told(state, at) {
  const wall = state.header.walls[at.wall], unit = wall.units[at.index], cells = wall.h * wall.w, maps = state.maps[at.wall];
  const name = wall.h * wall.w === 1 ? `${wall.name}, unit ${unit}` : `${wall.name}, map ${unit}`;
  if (cells === 1) return `${name}: ${number(state.exact[at.wall] ? maps[at.index] : wall.peaks[at.index])}`;
  if (state.exact[at.wall] && wall.whole) return `${name}, row ${at.row}, column ${at.column}: ${number(maps[at.index * cells + at.row * wall.w + at.column])}`;
  return `${name}: ${number(wall.peaks[at.index])} at its strongest`;
}

function click(state, event) {
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

function out(state) {
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

function pick(state, at, zoom = state.zoom, opens = false) {
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

function turn(state) {
  if (state.flatOnly) return;
  wantsFlat = !wantsFlat;
  state.root.querySelector(".turn").textContent = wantsFlat ? "In space" : "Flat";
  place(state, true);
}

let wheeled = -1e9;

function wheel(state, event) {
  if (Math.abs(event.deltaY) < 4 || event.ctrlKey) return;
  const inwards = event.deltaY < 0, at = state.placed && plateUnder(state.placed, state.header.walls, ...local(state, event)), level = LEVELS.indexOf(state.zoom);
  if ((inwards && (!at || level === 2)) || (!inwards && level === 0)) return;
  event.preventDefault();
  if (performance.now() - wheeled < FLIGHT + 100) return;
  wheeled = performance.now();
  if (inwards) deeper(state, at); else out(state);
}

function key(state, event) {
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
