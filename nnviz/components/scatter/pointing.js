// What pointer and keys do: point, pick, turn, enlarge, move, and travel along the curve.

import { clamp } from "../common/numbers.js";
import { watch } from "../common/page.js";
import { isOthers, placeIn, take } from "../common/pointer.js";
import { stopAt } from "./curve.js";
import { drawPicture, pictureSize } from "./drawing.js";
import { nearestTo, nextTo } from "./space.js";
import { go, hold, moves, step, SPEEDS } from "./travel.js";
import { factorOf, KEYS, panBy, pinchOf, zoomBy } from "./zoom.js";

export const DEGREE = Math.PI / 180;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const REACH = 14, TURN = Math.PI / 24;

function under(state, event) {
  const reach = Math.max(REACH, 0.5 * pictureSize(state.header, state.view.zoom, state.rem));
  return nearestTo(state.places, ...placeIn(state.canvas, event), reach);
}

function hover(state, event) {
  const index = moves(state.travel) ? -1 : under(state, event), { tip } = state.parts, { header, canvas, places } = state;
  tip.hidden = index < 0;
  canvas.style.cursor = index >= 0 ? "pointer" : header.axes === 3 || state.view.zoom > 1 ? "grab" : "default";
  if (index < 0) return;
  drawPicture(tip.querySelector("canvas"), header, state.pictures, index, Math.max(112, Math.round((0.13 * window.innerHeight) / 28) * 28));
  tip.querySelector("span").textContent = header.titles[index];
  const [x, y] = [places[3 * index], places[3 * index + 1]], [w, h] = [tip.offsetWidth, tip.offsetHeight], { width, height } = state.view;
  tip.style.left = `${x + 22 + w <= width ? x + 22 : Math.max(0, x - 22 - w)}px`;
  tip.style.top = `${Math.max(0, Math.min(y - h / 2, height - h))}px`;
}

function drag(state, event) {
  const { fingers } = state, at = { x: event.offsetX, y: event.offsetY }, before = fingers.get(event.pointerId);
  if (!before) return hover(state, event);
  state.parts.tip.hidden = true;
  if (fingers.size > 1) {
    const old = [...fingers.values()].slice(0, 2);
    fingers.set(event.pointerId, { ...before, ...at });
    const pinch = pinchOf(old, [...fingers.values()].slice(0, 2));
    state.moved = true;
    zoomBy(state.view, pinch.factor, pinch.x, pinch.y);
    panBy(state.view, pinch.dx, pinch.dy);
    return state.draw();
  }
  if (Math.hypot(at.x - before.startX, at.y - before.startY) > 4) state.moved = true;
  if (!state.moved) return undefined;
  const [dx, dy] = [at.x - before.x, at.y - before.y];
  fingers.set(event.pointerId, { ...before, ...at });
  if (state.header.axes === 3) return turnTo(state, state.turn[0] + 0.008 * dx, state.turn[1] + 0.008 * dy);
  panBy(state.view, dx, dy);
  return state.draw();
}

function turnTo(state, yaw, pitch) {
  state.turn = [yaw, clamp(pitch, -Math.PI / 2, Math.PI / 2)];
  state.turned = true;
  // Told once the hand rests: the address is not written at every step of it.
  clearTimeout(state.turning);
  state.turning = setTimeout(() => tellTurn(state), 300);
  state.draw();
}

function tellTurn(state) {
  if (state.fingers.size) { state.turning = setTimeout(() => tellTurn(state), 300); return; }
  const [yaw, pitch] = state.turn.map((angle) => Math.round(angle / DEGREE));
  state.report("turn", [((yaw % 360) + 360) % 360, pitch]);
}

function release(state, event) {
  if (!state.fingers.delete(event.pointerId) || state.fingers.size) return;
  const { moved } = state, index = moved ? -1 : under(state, event);
  state.moved = false;
  if (moved) return;
  if (index < 0) state.unfollow(); else state.pick(index, !(state.follow && state.picked === index));
}

function key(state, event) {
  if (isOthers(event)) return;
  const arrow = ARROWS[event.key], factor = KEYS[event.key];
  if (factor) zoomBy(state.view, factor);
  else if (event.key === "0") Object.assign(state.view, { zoom: 1, pan: [0, 0] });
  else if (event.key === " " && state.header.maps > 1) state.toggle();
  else if (event.key === "Escape" && state.follow) state.unfollow();
  else if (arrow && state.header.axes === 3) turnTo(state, state.turn[0] + TURN * arrow[0], state.turn[1] + TURN * arrow[1]);
  else if (arrow) state.pick(state.picked === null ? 0 : nextTo(state.places, state.picked, arrow), state.follow);
  else return;
  take(event);
  if (factor || event.key === "0") state.draw();
}

// The curve: a click goes to the nearest stop, a drag takes the points along.
function listenToCurve(state) {
  const { canvas } = state.curve, { parts } = state;
  const place = (event) => stopAt(state, placeIn(canvas, event)[0]);
  let from = null, dragged = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    [from, dragged] = [event.clientX, false];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (from === null || state.header.maps < 2) return;
    dragged = dragged || Math.abs(event.clientX - from) > 4;
    if (dragged) { hold(state.travel, place(event)); state.animate(); }
  });
  canvas.addEventListener("pointerup", (event) => {
    if (from === null) return;
    from = null;
    const stop = Math.round(place(event)), map = state.header.at.indexOf(stop);
    if (map < 0) { state.report("rest", { stop, count: (state.sent += 1) }); return; }
    go(state.travel, map);
    state.animate();
  });
  canvas.addEventListener("pointercancel", () => {
    from = null;
    go(state.travel, Math.round(state.travel.position));
    state.animate();
  });
  parts.scrub.addEventListener("input", () => { go(state.travel, Number(parts.scrub.value)); state.animate(); });
}

function listenToPlayer(state) {
  const { parts } = state, by = (way) => { step(state.travel, way, state.header.maps - 1); state.animate(); };
  parts.back.addEventListener("click", () => by(-1));
  parts.on.addEventListener("click", () => by(1));
  parts.play.addEventListener("click", () => state.toggle());
  const rate = () => { state.root.querySelector(".rate").textContent = `${SPEEDS[Number(parts.rate.value)]}\u00d7`; };
  parts.rate.addEventListener("input", rate);
  rate();
  for (const [part, factor] of [[parts.in, KEYS["+"]], [parts.out, KEYS["-"]]]) {
    part.addEventListener("click", () => { zoomBy(state.view, factor); state.draw(); });
  }
}

export function listen(state) {
  const { canvas, root, parts } = state;
  state.fingers = new Map();
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.addEventListener("pointermove", (event) => drag(state, event));
  canvas.addEventListener("pointerleave", () => { parts.tip.hidden = true; });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const at = { x: event.offsetX, y: event.offsetY };
    state.fingers.set(event.pointerId, { ...at, startX: at.x, startY: at.y });
    if (state.fingers.size === 1) state.moved = false;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => release(state, event));
  canvas.addEventListener("pointercancel", (event) => { state.fingers.delete(event.pointerId); });
  canvas.addEventListener("keydown", (event) => key(state, event));
  canvas.addEventListener("wheel", (event) => {
    // At its usual size the page is scrolled on.
    if (!zoomBy(state.view, factorOf(event), ...placeIn(canvas, event))) return;
    event.preventDefault();
    parts.tip.hidden = true;
    state.draw();
  }, { passive: false });
  listenToCurve(state);
  listenToPlayer(state);
  watch(root, state.page, state.again);
}
