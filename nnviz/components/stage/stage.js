// The stage: a picture on the left, the answer on the right, and between them all maps that the net makes of it, a wall a
// layer. One draws, points, and goes from the whole net into a layer and into a map. Where the net can be run in the
// browser it is, with every move of the pen; else what stands there is what the page was given.

import { pageOf, watch } from "../common/page.js";
import { themeOf } from "../common/theme.js";
import { counted } from "../common/reports.js";
import { asDigit, pad, DIGIT } from "../pad/drawing.js";
import { answerBars } from "./answer.js";
import { browserNet } from "./browser_net.js";
import { asInk, camera, square } from "./camera.js";
import { fill, front, hold, place, renew, soon, turn } from "./frame.js";
import { click, hover, key, LEVELS, out, pick, point, wheel } from "./moves.js";
import { spine } from "./wires.js";

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

export function mount(element, report, told) {
  element.innerHTML = HTML;
  const root = element.firstElementChild, part = (name) => root.querySelector(`.${name}`), page = pageOf(told), reports = counted(report);
  const state = {
    root, page, reports, header: null, maps: [], plates: null, placed: null, flight: null, front: null, hovered: null, picked: null,
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
  state.soon = () => soon(state);
  // A wall that is chosen by its title.
  state.enter = (wall) => pick(state, { wall, index: state.picked?.wall === wall ? state.picked.index : 0 }, state.header.walls[wall].block ? "net" : "layer");
  const bind = (canvas) => {
    state.canvas = canvas;
    canvas.addEventListener("pointermove", (event) => hover(state, event));
    canvas.addEventListener("pointerleave", () => { point(state, null); });
    canvas.addEventListener("click", (event) => click(state, event));
    canvas.addEventListener("keydown", (event) => key(state, event));
    canvas.addEventListener("wheel", (event) => wheel(state, event), { passive: false });
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => renew(state));
  };
  bind(state.canvas);
  state.renewCanvas = () => { const old = state.canvas; bind(old.cloneNode()); old.replaceWith(state.canvas); };
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
