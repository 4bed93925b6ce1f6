// The same stage on a plain canvas, without a turn: for a browser without WebGL. What it is given, space.js says.

import { COLOURS } from "../common/colours.js";

export function flat(canvas) {
  const context = canvas.getContext("2d");
  let held = [];
  const css = ([r, g, b], alpha = 1) => `rgba(${Math.round(255 * r)}, ${Math.round(255 * g)}, ${Math.round(255 * b)}, ${alpha})`;

  // A map as a picture of a pixel a cell, painted when it is first drawn.
  function picture(plate, wall) {
    const one = (held[plate.wall].pictures[plate.index] ??= document.createElement("canvas"));
    const key = [plate.range, plate.colour].join(" ");
    if (one.key === key) return one;
    Object.assign(one, { width: wall.w, height: wall.h, key });
    const image = new ImageData(wall.w, wall.h), table = COLOURS[plate.colour], [low, high] = plate.range, from = plate.index * wall.h * wall.w;
    for (let cell = 0; cell < wall.h * wall.w; cell++) {
      const t = Math.min(1, Math.max(0, (held[plate.wall].maps[from + cell] - low) / Math.max(high - low, 1e-20))), k = 3 * Math.round(256 * t);
      image.data.set([table[k], table[k + 1], table[k + 2], 255], 4 * cell);
    }
    one.getContext("2d").putImageData(image, 0, 0);
    return one;
  }

  return {
    hold(walls) { held = walls.map((wall) => ({ wall, maps: new Float32Array(wall.units.length * wall.h * wall.w), pictures: [] })); },
    fill(number, wall, maps) { Object.assign(held[number], { maps, pictures: [] }); },
    draw({ size, ratio, paper, plates, lines }) {
      Object.assign(canvas, { width: Math.round(size[0] * ratio), height: Math.round(size[1] * ratio) });
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      for (const line of lines) {
        const [[x, y], [toX, toY]] = [line.from, line.to], bend = Math.max((toX - x) / 2, 0);
        context.beginPath();
        context.moveTo(x, y);
        context.bezierCurveTo(x + bend, y, toX - bend, toY, toX, toY);
        context.strokeStyle = css(line.ink, line.ink[3]);
        context.lineWidth = line.width;
        context.stroke();
      }
      for (const plate of plates) {
        if (plate.alpha <= 0.01) continue;
        const left = plate.x + plate.u - plate.w, top = plate.y + plate.v - plate.h, one = picture(plate, held[plate.wall].wall);
        context.globalAlpha = plate.alpha;
        if (plate.edge) {
          context.fillStyle = css(plate.edge);
          context.fillRect(left - plate.edge[3], top - plate.edge[3], 2 * (plate.w + plate.edge[3]), 2 * (plate.h + plate.edge[3]));
        }
        context.fillStyle = css(paper);
        context.fillRect(left, top, 2 * plate.w, 2 * plate.h);
        context.globalAlpha = plate.alpha * plate.lit;
        context.imageSmoothingEnabled = one.width > 2 * plate.w;
        context.drawImage(one, left, top, 2 * plate.w, 2 * plate.h);
        context.globalAlpha = 1;
      }
    },
    lost: () => false,
    free() {},
  };
}
