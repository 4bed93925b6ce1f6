// The component: where everything stands, what is said in words, and play, step, scrub, hover and pin.

const STATES = new WeakMap();
const SPEEDS = [1, 2, 4, 8, 16, 30, 60, 120, 500, 2000, 10000];
const GRIDS = ["patch", "kernel", "products"];
const MOST_CHANNELS = 128;

function themeOf(root) {
  const style = getComputedStyle(root);
  const css = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: css("--st-text-color", "#111"), background: css("--st-background-color", "#fff"), faint: css("--st-border-color", "#bbb"),
    font: css("--st-font", "sans-serif"), picked: "#e6007e", patch: css("--patch", "#00665a"), kernel: css("--kernel", "#8a3f00"),
  };
}

function isDark(root) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color").trim() || "#fff";
  const found = /^#(..)(..)(..)/.exec(context.fillStyle);
  return found !== null && parseInt(found[1], 16) + parseInt(found[2], 16) + parseInt(found[3], 16) < 380;
}

// The least and the largest value of the map that is read.
function endsOf(state) {
  const { header, values } = state, input = header.panels[0], tile = header.rest === null ? state.channel : 0, size = input.h * input.w;
  return endsIn(values.subarray(input.offset + tile * size, input.offset + (tile + 1) * size));
}

// What stands above and below on the page decides how high the pictures may be.
function roomFor(state) {
  const main = state.root.getRootNode().host?.closest("[data-testid=stMain]") || document.scrollingElement;
  state.top = state.root.getBoundingClientRect().top + (main ? main.scrollTop : 0);
  const controls = state.root.clientWidth < 560 ? 5 : 2.6;
  return Math.max(230, (window.innerHeight - state.top - state.parts.stage.offsetTop - (controls + state.header.below) * rem()) * given());
}

// Sizes, the largest that fit: all three grids where there is room, else one of them with a switch.
function place(state) {
  const { header, root } = state, [, kernel] = header.panels, text = Math.max(16, 0.9 * rem());
  const width = root.clientWidth, gap = Math.max(20, 0.024 * width), long = Math.max(kernel.h, kernel.w), budget = roomFor(state);
  const [rows, columns] = extentOf(header), most = Math.max(rows.all, columns.all, ...header.size) > 30 ? 448 : 420;
  const strip = header.rest === null && header.channels > 1 && header.channels <= MOST_CHANNELS;
  const usual = long <= 3 ? 64 : long <= 6 ? 48 : Math.min(32, Math.max(4, Math.floor(352 / long)));
  const perRow = Math.min(header.channels, 32), stripRows = Math.ceil(header.channels / perRow), stripHigh = stripRows > 1 ? 14 : 24;
  const sign = 2.2 * text, head = 1.6 * text, stripTall = strip ? stripRows * stripHigh + 2.4 * text : 0;
  const titles = [header.channels > 1 ? "channel 00+ 00 others" : "products", header.bias === null ? "" : "+ bias", "= sum", ...header.stages.map(stageTitle)].filter(Boolean);
  // The longest title of a line beside its number.
  const sums = Math.max(12.5 * text, 190, (Math.max(...titles.map((title) => title.length)) * 0.53 + 6) * text);
  const lines = (titles.length + (header.channels > 1 ? 1 : 0)) * 1.55 * text + stripTall;
  const inline = titles.reduce((sum, title) => sum + (title.length + 7) * 0.53 * text + 2 * text, 0);
  // "all": two rows of two; "row": three grids beside each other, the sums below; "one": one grid at a time.
  const option = (mode, cell) => {
    const wide = kernel.w * cell + 2 * PAD, high = kernel.h * cell + 2 * PAD;
    const middle = { all: Math.max(2 * wide + sign, wide + 12 + sums), row: Math.max(3 * wide + 2 * sign, 380), one: Math.max(wide, 11 * text) + 12 + sums }[mode];
    const tall = {
      all: 2 * head + high + 4 + Math.max(high, lines), row: head + high + Math.ceil(inline / middle) * 1.9 * text + 6 + stripTall,
      one: 2.2 * text + Math.max(high, lines),
    }[mode];
    const side = Math.min((width - middle - 2 * gap) / 2, budget - head - 1.4 * text, most + 2 * PAD);
    return { mode, cell, middle, side, fits: tall <= budget && side >= 120 };
  };
  let chosen = option("one", usual);
  const least = 0.7 * chosen.side;
  // Rather smaller cells, their numbers still to be read, than a page that scrolls or a grid that is hidden.
  const legible = Math.max(38, Math.ceil((0.855 * rem()) / 0.42));
  for (let cell = usual; cell >= Math.min(usual, legible); cell -= 4) {
    const found = ["all", "row"].map((mode) => option(mode, cell)).filter((made) => made.fits && made.side >= least);
    if (found.length) { chosen = found.reduce((best, made) => (made.side > best.side ? made : best)); break; }
  }
  // What room is left below goes to the numbers, as long as they take little from the pictures beside them.
  for (let cell = chosen.cell + 2, side = chosen.side; cell <= 1.5 * usual; cell += 2) {
    const found = option(chosen.mode, cell);
    if (!chosen.fits || !found.fits || found.side < 0.9 * side) break;
    chosen = found;
  }
  for (let cell = usual - 2; !chosen.fits && cell >= Math.min(usual, 38); cell -= 2) chosen = option("one", cell);
  const stacked = width < 640 || chosen.side < 120;
  const side = (stacked ? Math.min(width, 330) : chosen.side) - 2 * PAD;
  root.classList.toggle("one", stacked || chosen.mode === "one");
  root.classList.toggle("row", !stacked && chosen.mode === "row");
  root.classList.toggle("stacked", stacked);
  const inputCell = cellSize(rows.all, columns.all, side, 64), outputCell = cellSize(header.size[0], header.size[1], side, 64);
  return {
    strip, gap, inputCell, outputCell, gridCell: stacked ? Math.max(4, Math.min(usual, Math.floor((width - 24) / kernel.w))) : chosen.cell,
    channelCell: Math.max(5, Math.floor(Math.min(36, ((chosen.mode === "row" ? chosen.middle : sums) - 8) / perRow))), channelColumns: perRow, channelHigh: stripHigh,
    input: [columns.all * inputCell, rows.all * inputCell], output: [header.size[1] * outputCell, header.size[0] * outputCell],
  };
}

function lay(state) {
  const { header, root, parts, canvases } = state;
  if (!root.clientWidth) return false;
  state.ratio = window.devicePixelRatio || 1;
  root.classList.toggle("dark", isDark(root));
  state.theme = themeOf(root);
  writeWords(state);
  const sizes = (state.sizes = place(state)), kernel = header.panels[1];
  label(state);
  root.style.setProperty("--gap", `${sizes.gap}px`);
  fit(canvases.input, ...sizes.input, state.ratio);
  fit(canvases.output, ...sizes.output, state.ratio);
  for (const name of GRIDS) fit(canvases[name], kernel.w * sizes.gridCell, kernel.h * sizes.gridCell, state.ratio);
  if (sizes.strip) fit(canvases.channels, sizes.channelColumns * sizes.channelCell, Math.ceil(header.channels / sizes.channelColumns) * sizes.channelHigh, state.ratio);
  parts.channels.hidden = !sizes.strip;
  parts.middle.classList.toggle("short", kernel.h * sizes.gridCell < 100);
  for (const name of GRIDS) parts[name].hidden = root.classList.contains("one") && state.grid !== name;
  parts.which.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.grid === state.grid)));
  state.inputSheet = inputSheet(state);
  state.outputSheet = outputSheets(state);
  return true;
}

function draw(state) {
  if (!state.sizes) return;
  const { header, values, maps, root } = state, index = state.preview === null ? state.index : state.preview;
  const at = (state.at = arithmeticAt(header, values, maps, state.channel, index));
  drawInput(state, at);
  for (const name of GRIDS) if (!state.parts[name].hidden) drawGrid(state, name, at);
  if (state.sizes.strip) drawChannels(state, at);
  drawOutput(state, at);
  writeNumbers(state, at);
  const value = maps[ownMap(header)].values[index];
  root.dataset.cell = JSON.stringify({
    row: at.row, column: at.column, channel: state.channel, sum: at.sum, others: at.others, bias: at.bias, total: at.made[0],
    activated: at.output, made: at.made, value, playing: state.playing, patch: Array.from(at.patch), kernel: Array.from(at.kernel), products: Array.from(at.products),
  });
  root.dataset.frames = String(Number(root.dataset.frames || 0) + 1);
  state.canvases.output.dataset.picked = `${Math.floor(state.index / header.size[1])},${state.index % header.size[1]}`;
  state.parts.scrub.value = String(state.index);
}

function say(state) {
  const { at } = state;
  const text = `row ${at.row}, column ${at.column}: ${number(at.output)}`;
  state.parts.scrub.setAttribute("aria-valuetext", text);
  state.parts.say.textContent = text;
}

// Show a cell for good, and report it: at most once in 60 ms, and always the last one.
function pin(state, index, silent = false) {
  state.index = Math.min(Math.max(index, 0), state.header.size[0] * state.header.size[1] - 1);
  state.preview = null;
  draw(state);
  if (silent) return;
  say(state);
  state.sent += 1;
  clearTimeout(state.timer);
  const send = () => {
    state.last = performance.now();
    const columns = state.header.size[1];
    state.report({ row: Math.floor(state.index / columns), column: state.index % columns, channel: state.channel, count: state.sent });
  };
  const wait = 60 - (performance.now() - state.last);
  if (wait <= 0) send(); else state.timer = setTimeout(send, wait);
}

function speedOf(state) {
  // Who asked for less motion gets a slow one.
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  return Math.min(SPEEDS[Number(state.parts.rate.value)], calm ? 2 : Infinity);
}

function showPlaying(state, on) {
  state.playing = on;
  fill(state, true);
  const button = state.parts.play, word = on ? "Pause" : "Play";
  button.textContent = on ? "\u23F8" : "\u25B6";
  button.title = word;
  button.setAttribute("aria-label", word);
}

function play(state, on) {
  const all = state.header.size[0] * state.header.size[1];
  if (state.playing === on) return;
  showPlaying(state, on);
  if (!on) return pin(state, state.index);
  if (state.index >= all - 1) state.index = 0;
  state.progress = state.index;
  let before = performance.now();
  const frame = (now) => {
    if (!state.playing) return;
    if (!state.root.isConnected) { state.playing = false; return; }
    const passed = Math.max(0, Math.min(now - before, 250));
    before = now;
    if (state.preview === null) {
      state.progress += (passed / 1000) * speedOf(state);
      const index = Math.min(all - 1, Math.floor(state.progress));
      if (index !== state.index) pin(state, index, true);
      if (index >= all - 1) return play(state, false);
    }
    requestAnimationFrame(frame);
  };
  draw(state);
  requestAnimationFrame(frame);
}

// Whether the output is shown as it fills in, cell by cell, or as it is.
function fill(state, on) {
  if (state.filling === on) return;
  state.filling = on;
  label(state);
}

function step(state, by) {
  play(state, false);
  fill(state, true);
  pin(state, state.index + by);
}

function begin(root) {
  const part = (name) => root.querySelector(`.${name}`);
  const names = ["words", "numbers", "stage", "middle", "which", "input", "patch", "kernel", "products", "sums", "channels", "output", "controls", "back", "play", "on", "scrub", "where", "tip", "say"];
  const parts = Object.fromEntries(names.map((name) => [name, part(name)]));
  parts.rate = root.querySelector(".speed input");
  const canvases = Object.fromEntries(["input", ...GRIDS, "channels", "output"].map((name) => [name, parts[name].querySelector("canvas")]));
  const state = { root, parts, canvases, grid: "products", shown: null, index: 0, preview: null, playing: false, filling: false, sent: 0, last: -1e9, channel: 0 };
  parts.rate.max = String(SPEEDS.length - 1);
  parts.rate.value = "3";
  listen(state);
  return state;
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let state = STATES.get(parentElement);
  if (!state) { state = begin(parentElement.querySelector(".conv")); STATES.set(parentElement, state); }
  const { header, values } = unpack(data), fresh = state.what !== header.what, same = state.header && state.header.size.join() === header.size.join();
  Object.assign(state, { header, values, what: header.what, report: (value) => setStateValue("cell", value) });
  // Told to be still, it stands where it is told, and reports nothing.
  if (!header.play && state.told) showPlaying(state, false);
  // A reply to an earlier pick must not move the cell back while a later one is under way.
  if (header.seen >= state.sent && !(state.playing && same)) {
    state.index = Math.min(Math.max(header.cell[0], 0), header.size[0] - 1) * header.size[1] + Math.min(Math.max(header.cell[1], 0), header.size[1] - 1);
    state.sent = Math.max(state.sent, header.seen);
  }
  state.index = Math.min(state.index, header.size[0] * header.size[1] - 1);
  if (fresh) {
    state.maps = allMaps(header, values);
    state.channel = header.channel;
    state.kernelImage = null;
    const stages = header.stages.map((stage) => stage.title).join();
    if (state.stages !== stages) { state.shown = ownMap(header); state.stages = stages; }
    const [input, kernel] = header.panels, largest = Math.max(...input.ranges[0].map(Math.abs));
    state.productRange = kernel.ranges[0].map((end) => end * (largest || 1));
    state.sumRange = state.maps[0].range;
    state.preview = null;
    state.parts.scrub.max = String(header.size[0] * header.size[1] - 1);
  }
  if (lay(state)) draw(state);
  // Told, not on arrival: what is drawn for the first time stands still.
  if (header.play && state.told === false) play(state, true);
  state.told = header.play;
  state.canvases.output.dataset.drawn = String(Number(state.canvases.output.dataset.drawn || 0) + 1);
}
