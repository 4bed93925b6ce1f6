// The component: its parts, what pointer and keys do, what is said, and how it takes what the page sends.

const STATES = new WeakMap();

function themeOf(root) {
  const style = getComputedStyle(root);
  const css = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const near = css("--near", "#00665a"), text = css("--st-text-color", "#111");
  return {
    text, background: css("--st-background-color", "#fff"), faint: css("--st-border-color", "#bbb"), font: css("--st-font", "sans-serif"),
    picked: "#e6007e", near: "#00a08a", beside: "#14171a", pickedText: css("--own", "#b1005f"), nearText: near, besideText: text,
    // On dark paper black pixels that have left must be lighter than those that have not.
    wash: root.classList.contains("dark") ? "rgba(140, 140, 140, 0.4)" : "rgba(0, 0, 0, 0)",
  };
}

function isDark(root) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color").trim() || "#fff";
  const found = /^#(..)(..)(..)/.exec(context.fillStyle);
  return found !== null && parseInt(found[1], 16) + parseInt(found[2], 16) + parseInt(found[3], 16) < 380;
}

// Everything that does not change from frame to frame.
function lay(state) {
  const { root, canvas } = state;
  if (!root.clientWidth) return false;
  root.classList.toggle("dark", isDark(root));
  state.theme = themeOf(root);
  const stage = (state.stage = placeStage(state));
  canvas.width = Math.round((stage.width + 2 * PAD) * stage.ratio);
  canvas.height = Math.round((stage.height + 2 * PAD) * stage.ratio);
  canvas.style.width = `${canvas.width / stage.ratio}px`;
  canvas.style.height = `${canvas.height / stage.ratio}px`;
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

function draw(state) {
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

function say(state) {
  const words = wordsFor(state, progressAt(state.header, state.position));
  state.parts.say.textContent = words;
  state.parts.scrub.setAttribute("aria-valuetext", words);
}

function point(state, event) {
  const box = state.canvas.getBoundingClientRect();
  return under(state, event.clientX - box.left - PAD, event.clientY - box.top - PAD);
}

function hover(state, event) {
  const found = state.stage && point(state, event), { tip } = state.parts;
  state.canvas.classList.toggle("hand", Boolean(found));
  tip.hidden = !found;
  if (!found) return;
  const { header, values, vector } = state, [row, column, channel] = placeAt(header.shape, found.slot), pixel = found.slot - (found.slot % header.step);
  const whole = header.step > 1 && (found.where === "picture" || found.where === "near");
  const value = whole ? Array.from(values.subarray(pixel, pixel + header.step), (one) => number(one)).join(" / ") : number(vector[found.slot]);
  const what = header.noun === "slot" ? `slot ${count(found.slot + 1)}, map ${channel}` : whole || header.step === 1 ? `pixel ${count(numberOf(header, found.slot))}` : `slot ${count(found.slot + 1)}`;
  tip.textContent = `${what}, row ${row + 1}, column ${column + 1}: ${value}`;
  const room = state.root.getBoundingClientRect(), x = event.clientX - room.left, y = event.clientY - room.top;
  tip.style.left = `${Math.max(0, Math.min(x + 18, room.width - tip.offsetWidth - 4))}px`;
  tip.style.top = `${y > 60 ? y - 46 : y + 26}px`;
}

function pick(state, event) {
  const found = point(state, event);
  if (!found) return;
  state.sent += 1;
  if (!state.playing) state.follow = false;
  state.choose({ slot: found.slot - (found.slot % state.header.step), count: state.sent });
}

function keys(state, event) {
  const { all } = lengthOf(state.header.shape), target = event.composedPath()[0];
  if (event.ctrlKey || event.metaKey || event.altKey || (target.type === "range" && event.key !== " ")) return;
  if (event.key === " " && target.tagName === "BUTTON") return;
  if (event.key === " ") play(state, !state.playing);
  else if (event.key === "ArrowRight" || event.key === "ArrowDown") step(state, 1);
  else if (event.key === "ArrowLeft" || event.key === "ArrowUp") step(state, -1);
  else if (event.key === "Home") go(state, 0);
  else if (event.key === "End") go(state, all);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function listen(state) {
  const { root, canvas, parts } = state;
  canvas.addEventListener("pointermove", (event) => hover(state, event));
  canvas.addEventListener("pointerleave", () => { parts.tip.hidden = true; });
  canvas.addEventListener("click", (event) => pick(state, event));
  root.addEventListener("keydown", (event) => keys(state, event));
  parts.back.addEventListener("click", () => step(state, -1));
  parts.on.addEventListener("click", () => step(state, 1));
  parts.play.addEventListener("click", () => play(state, !state.playing));
  parts.scrub.addEventListener("input", () => scrub(state, Number(parts.scrub.value), false));
  parts.scrub.addEventListener("change", () => scrub(state, Number(parts.scrub.value), true));
  parts.rate.addEventListener("input", () => showSpeed(state));
  parts.rate.addEventListener("change", () => state.tellSpeed({ rows: speedOf(state) }));
  const again = () => { if (state.header && lay(state)) draw(state); };
  const watch = new ResizeObserver(() => { if (state.wide !== root.clientWidth) { state.wide = root.clientWidth; again(); } });
  watch.observe(root);
  // What stands above may come, or fold, later than this does.
  const block = root.getRootNode().host?.closest("[data-testid=stMainBlockContainer]");
  const above = new ResizeObserver(() => {
    if (!state.stage || !root.clientWidth) return;
    const before = state.top;
    roomFor(state);
    if (Math.abs(state.top - before) > 2) again();
  });
  if (block) above.observe(block);
  const resized = () => {
    if (root.isConnected) { again(); return; }
    // The page was left: nothing here may keep its arrays alive.
    window.removeEventListener("resize", resized);
    watch.disconnect();
    above.disconnect();
  };
  window.addEventListener("resize", resized);
}

function showSpeed(state) {
  state.root.querySelector(".rate").textContent = `${speedOf(state)} row${speedOf(state) === 1 ? "" : "s"}/s`;
}

function begin(root) {
  const names = ["controls", "back", "play", "on", "scrub", "where", "tip", "say"];
  const parts = Object.fromEntries(names.map((name) => [name, root.querySelector(`.${name}`)]));
  parts.rate = root.querySelector(".speed input");
  parts.rate.max = String(SPEEDS.length - 1);
  const state = { root, parts, canvas: root.querySelector("canvas"), position: 0, goal: null, view: 0, follow: true, playing: false, running: false, sent: 0, last: -1e9 };
  state.canvas.tabIndex = 0;
  state.canvas.setAttribute("role", "application");
  listen(state);
  return state;
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let state = STATES.get(parentElement);
  if (!state) { state = begin(parentElement.querySelector(".unroll")); STATES.set(parentElement, state); }
  const { header, values } = unpack(data), fresh = state.what !== header.what, shape = header.shape.join(), moved = state.header && state.header.slot !== header.slot;
  const same = state.shape === shape, { all } = lengthOf(header.shape);
  Object.assign(state, { header, values, shape, what: header.what, report: (value) => setStateValue("at", value), choose: (value) => setStateValue("pick", value), tellSpeed: (value) => setStateValue("speed", value) });
  state.marks = [...header.beside.map((slot) => ({ slot, kind: "beside" })), ...header.near.map(([slot, down, right]) => ({ slot, down, right, kind: "near" })), { slot: header.slot, down: 0, right: 0, kind: "picked" }];
  if (!same) {
    showPlaying(state, false);
    state.goal = null;
    state.parts.scrub.max = String(all);
    state.parts.rate.value = String(speedAt(header.speed, header.shape[0]));
    showSpeed(state);
  }
  // Told to be still, it stands where it is told, and reports nothing.
  if (!header.play && state.told) showPlaying(state, false);
  // A reply to an earlier report must not move it back while a later one is under way.
  if (!same || (header.seen >= state.sent && !state.playing && state.goal === null)) {
    if (!same || Math.round(state.position) !== header.unrolled) { state.position = header.unrolled; state.follow = header.unrolled < all; }
    state.sent = Math.max(state.sent, header.seen);
  }
  if (moved && !state.playing) state.follow = false;
  if (fresh) makeSheets(state);
  state.canvas.setAttribute("aria-label", header.alt);
  const before = state.view, glides = same && state.stage && !state.running;
  if (lay(state)) {
    if (glides) state.view = before;
    draw(state);
    say(state);
    if (state.view !== wantedView(state)) animate(state);
  }
  // Told, not on arrival: what is drawn for the first time stands still.
  if (header.play && state.told === false) play(state, true);
  state.told = header.play;
  state.canvas.dataset.drawn = String(Number(state.canvas.dataset.drawn || 0) + 1);
}
