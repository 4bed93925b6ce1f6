// What moves along steps, 0 to `last`: play, pause, step, scrub, speed. It never begins by itself, draws only while something
// changes, and who asked for less motion gets jumps.
import { clamp } from "./numbers.js";
import { showPlay } from "./player.js";
import { isOthers, take } from "./pointer.js";
import { calm } from "./sizes.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const STEP_SECONDS = 0.3;

// Args: root: with `playerHtml` in it. seconds: what all steps take at speed 1. whole: whether it rests on whole steps only;
// else less motion means the end at once. show(position): draws. rest(position): told where a hand left it.
export function playback(root, { seconds, whole, show, rest }) {
  const find = (name) => root.querySelector(`.controls ${name}`), scrub = find(".scrub"), rate = find(".speed input"), button = find(".play");
  let last = 1, position = 0, goal = null, playing = false, running = false;
  const speed = () => SPEEDS[Number(rate.value)];
  const say = () => { find(".rate").textContent = `${speed()}\u00d7`; };
  rate.max = String(SPEEDS.length - 1);
  rate.value = String(SPEEDS.indexOf(1));
  if (!whole) scrub.step = "any";
  say();

  const draw = () => { scrub.value = String(position); show(position); };
  const toggle = (on) => { playing = on; showPlay(button, on); };
  const arrive = (at) => { position = whole ? Math.round(at) : at; goal = null; toggle(false); draw(); rest(position); };

  function animate() {
    if (running) return;
    running = true;
    let before = performance.now(), reached = position;
    const frame = (now) => {
      const passed = clamp((now - before) / 1000, 0, 0.25);
      before = now;
      if (!root.isConnected || (!playing && goal === null)) { running = false; toggle(false); return; }
      if (playing) {
        reached += (passed * speed() * last) / seconds;
        position = Math.min(last, calm() ? Math.floor(reached) : reached);
      } else {
        const far = goal - position, most = (Math.max(1, Math.abs(far)) * passed) / STEP_SECONDS;
        position = Math.abs(far) <= most ? goal : position + Math.sign(far) * most;
      }
      const there = playing ? position >= last : position === goal;
      if (there) { running = false; arrive(position); return; }
      draw();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  function play(on) {
    if (on === playing) return;
    if (!on) { arrive(position); return; }
    if (calm() && !whole) { arrive(last); return; }
    goal = null;
    if (position >= last) position = 0;
    toggle(true);
    animate();
  }

  function step(by) {
    const from = goal ?? position;
    go(clamp(by > 0 ? Math.floor(from + 1e-6) + by : Math.ceil(from - 1e-6) + by, 0, last));
  }

  function go(wanted) {
    if (playing) toggle(false);
    if (wanted === position) return;
    if (calm()) { arrive(wanted); return; }
    goal = wanted;
    animate();
  }

  function jump(at, done) {
    if (playing) toggle(false);
    goal = null;
    position = at;
    if (done) arrive(at); else draw();
  }

  button.addEventListener("click", () => play(!playing));
  find(".back").addEventListener("click", () => step(-1));
  find(".on").addEventListener("click", () => step(1));
  scrub.addEventListener("input", () => jump(Number(scrub.value), false));
  scrub.addEventListener("change", () => jump(Number(scrub.value), true));
  rate.addEventListener("input", say);
  root.addEventListener("keydown", (event) => {
    const target = event.composedPath()[0];
    if (isOthers(event) || (target.type === "range" && event.key !== " ") || (target.tagName === "BUTTON" && event.key === " ")) return;
    if (event.key === " ") play(!playing);
    else if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(last);
    else return;
    take(event);
  });
  return {
    get position() { return position; },
    get playing() { return playing; },
    get moving() { return playing || goal !== null; },
    play, jump,
    // So many steps, standing at one of them: nothing is told.
    reset(steps, at) { last = steps; scrub.max = String(steps); toggle(false); goal = null; position = clamp(at, 0, steps); scrub.value = String(position); },
  };
}
