// A pad to draw a digit on, by itself: what is drawn is told with every stroke.

import { counted } from "../common/reports.js";
import { pad } from "./drawing.js";

const HTML = `
<div class="part pad-alone">
  <canvas class="pad" role="img" aria-label="A pad to draw a digit on"></canvas>
  <div class="tools"><button class="clear">Clear</button><button class="undo">Undo</button></div>
</div>`;

export function mount(element, report) {
  element.innerHTML = HTML;
  const root = element.firstElementChild, canvas = root.querySelector("canvas"), reports = counted(report);
  const rest = (pixels) => reports.tell("drawn", { pixels: Array.from(pixels), count: reports.next() });
  const own = pad(canvas, { move: () => {}, rest });
  root.querySelector(".clear").onclick = () => own.clear();
  root.querySelector(".undo").onclick = () => own.undo();
  return () => {
    own.picture(null, true);
    canvas.dataset.drawn = "1";
  };
}
