// The way from map to map: play, pause, step, go and follow the pointer; nothing begins by itself. A position counts maps
// from 0; between two the points are on their way, and it never rests there. Who asked for less motion gets jumps.

import { clamp } from "../common/numbers.js";

export const SPEEDS = [0.25, 0.5, 1, 2, 4];
// Seconds from the first map to the last at the usual speed; back to the first; from one map to the next, and to any.
const WHOLE = 6, REWIND = 0.7, STEP = 0.6, FARTHEST = 1.6, LAG = 0.07;
// Share of the time between two maps in which the points stand, before and after they go.
const STAND = 0.1;

export function travelFrom(position) {
  return { position, playing: false, clock: 0, paused: false, goal: null, from: 0, passed: 0, span: 0, then: null, held: null };
}

function smooth(share) {
  return share * share * (3 - 2 * share);
}

// Where the points are at a time that counts maps.
export function positionAt(clock) {
  const whole = Math.floor(clock);
  return whole + smooth(clamp((clock - whole - STAND) / (1 - 2 * STAND), 0, 1));
}

export function moves(travel) {
  return travel.playing || travel.goal !== null || travel.held !== null;
}

// From the first map to the last; from where it was paused, if it was.
export function play(travel, last) {
  travel.held = null;
  if (travel.paused || travel.position === 0) return start(travel, travel.position >= last ? 0 : Math.round(travel.position));
  go(travel, 0, REWIND);
  travel.then = "play";
  travel.playing = true;
}

function start(travel, from) {
  Object.assign(travel, { playing: true, paused: false, goal: null, then: null, clock: from });
}

// It comes to rest at the nearest map.
export function pause(travel, last) {
  const here = clamp(Math.round(travel.position), 0, last);
  travel.playing = false;
  travel.then = null;
  go(travel, here, 0.2);
  travel.paused = here < last;
}

export function go(travel, goal, span = clamp(STEP * Math.abs(goal - travel.position), 0.25, FARTHEST)) {
  Object.assign(travel, { playing: false, paused: false, held: null, then: null, goal, from: travel.position, passed: 0, span });
}

export function step(travel, by, last) {
  const from = travel.goal ?? (travel.playing ? (by > 0 ? Math.floor : Math.ceil)(travel.position) : Math.round(travel.position));
  go(travel, clamp(from + by, 0, last));
}

// Under the pointer, while it is held.
export function hold(travel, position) {
  Object.assign(travel, { playing: false, paused: false, goal: null, then: null, held: position });
}

// Let `seconds` pass; whether it has come to rest now.
export function advance(travel, seconds, last, speed, calm) {
  if (travel.held !== null) {
    const far = travel.held - travel.position;
    travel.position = calm ? Math.round(travel.held) : travel.position + far * (1 - Math.exp(-seconds / LAG));
    return false;
  }
  if (travel.goal !== null) return arrive(travel, seconds, last, calm);
  if (!travel.playing) return false;
  travel.clock = Math.min(last, travel.clock + (seconds * speed * last) / WHOLE);
  travel.position = calm ? Math.floor(travel.clock) : positionAt(travel.clock);
  if (travel.clock < last) return false;
  travel.playing = false;
  return true;
}

function arrive(travel, seconds, last, calm) {
  travel.passed += seconds;
  const share = calm ? 1 : clamp(travel.passed / travel.span, 0, 1);
  travel.position = share < 1 ? travel.from + (travel.goal - travel.from) * smooth(share) : travel.goal;
  if (share < 1) return false;
  travel.goal = null;
  if (travel.then === "play") { start(travel, 0); return false; }
  return true;
}
