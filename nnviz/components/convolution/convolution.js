// The part: one filter at work, its HTML, and how it takes what it is given.

import { clamp } from "../common/numbers.js";
import { unpack } from "../common/packed.js";
import { pageOf } from "../common/page.js";
import { playerHtml } from "../common/player.js";
import { counted } from "../common/reports.js";
import { allMaps, ownMap } from "./arithmetic.js";
import { GRIDS } from "./drawing.js";
import { lay } from "./layout.js";
import { SPEEDS, draw, play, showPlaying } from "./motion.js";
import { listen } from "./pointing.js";

const HTML = `<div class="part conv">
  <p class="formula words"></p>
  <p class="formula numbers"></p>
  <div class="stage">
    <figure class="input"><figcaption></figcaption><canvas></canvas><p></p></figure>
    <div class="middle">
      <div class="which" role="group" aria-label="What the grid shows">
        <button type="button" data-grid="patch">Patch</button><button type="button" data-grid="kernel">Kernel</button><button type="button" data-grid="products">Products</button>
      </div>
      <figure class="patch"><figcaption></figcaption><canvas role="img"></canvas></figure>
      <span class="sign">&times;</span>
      <figure class="kernel"><figcaption></figcaption><canvas role="img"></canvas></figure>
      <span class="sign equals">=</span>
      <figure class="products"><figcaption></figcaption><canvas role="img"></canvas></figure>
      <div class="side">
        <div class="sums"></div>
        <figure class="channels"><figcaption></figcaption><canvas role="img"></canvas></figure>
      </div>
    </div>
    <figure class="output"><figcaption></figcaption><canvas></canvas><p></p></figure>
  </div>
  ${playerHtml("cell", "Cell of the output")}
  <div class="tip" hidden></div>
  <div class="say" aria-live="polite"></div>
</div>`;

function begin(root, report, page) {
  const names = ["words", "numbers", "stage", "middle", "which", "input", "patch", "kernel", "products", "sums", "channels", "output", "controls", "back", "play", "on", "scrub", "where", "tip", "say"];
  const parts = Object.fromEntries(names.map((name) => [name, root.querySelector(`.${name}`)]));
  parts.rate = root.querySelector(".speed input");
  const canvases = Object.fromEntries(["input", ...GRIDS, "channels", "output"].map((name) => [name, parts[name].querySelector("canvas")]));
  const state = { root, parts, canvases, grid: "products", shown: null, index: 0, preview: null, playing: false, filling: false, channel: 0, page: pageOf(page), reports: counted(report) };
  parts.rate.max = String(SPEEDS.length - 1);
  parts.rate.value = "3";
  listen(state);
  return state;
}

// Fills an empty element; reports "cell": row, column and channel of the cell that was pinned, and how many were. Returns
// what draws a buffer of `convolution.packed`.
export function mount(element, report, page) {
  element.innerHTML = HTML;
  const state = begin(element.querySelector(".conv"), report, page);
  return (data) => show(state, unpack(data));
}

function show(state, { header, values }) {
  const fresh = state.what !== header.what, same = state.header && state.header.size.join() === header.size.join();
  Object.assign(state, { header, values, what: header.what });
  // Told to be still, it stands where it is told, and reports nothing.
  if (!header.play && state.told) showPlaying(state, false);
  if (!(state.playing && same) && state.reports.answered(header.seen)) {
    state.index = clamp(header.cell[0], 0, header.size[0] - 1) * header.size[1] + clamp(header.cell[1], 0, header.size[1] - 1);
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
