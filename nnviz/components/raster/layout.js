// Where everything stands: whole device pixels a cell, the largest that fits the room.

import { given, typeSizes } from "../common/sizes.js";

export const GAP = 10;
// CSS pixels: what a series of one number a step is wide, at least.
const THIN = 24;

// One panel at a wished tile side (CSS px): its cell size in device pixels, and its grid within `room` px of height.
function measure(panel, side, room, width, ratio, type, tallest = 0) {
  const { text, title } = type, lines = panel.note ? panel.note.split("\n") : [];
  const head = Math.max(tallest, (panel.title ? 1.4 * title : 0) + 1.3 * text * (lines.length + (panel.bar ? 1 : 0)));
  const foot = panel.labels.length ? 1.35 * text : 0;
  let wide, high;
  if (panel.strip) {
    wide = Math.min(panel.strip[0], (width * ratio) / panel.w);
    // Between one and two pixels a cell, rounding down would leave up to half of the room empty.
    wide = wide >= 2 ? Math.floor(wide) : wide;
    high = panel.strip[1] * ratio;
  } else {
    const wish = Math.min(side * panel.scale, panel.most) * ratio;
    const longest = Math.max(panel.w, panel.h), exact = wish / longest;
    // Nearest neighbour by whole numbers; a map larger than its tile is drawn smooth, and fills it.
    wide = exact >= 1 && panel.smooth ? exact : exact >= 1 ? Math.floor(exact) : Math.max(1, Math.floor(wish)) / longest;
    wide = Math.min(wide, (panel.cell || 1e9) * ratio);
    high = wide;
    // Of a series, which is far longer than wide, the cells are stretched: nobody sees a line of their own width.
    if (longest >= 8 * Math.min(panel.w, panel.h)) {
      const thin = Math.min(THIN * ratio, (longest * wide) / 4);
      wide = Math.max(wide, Math.floor(thin / panel.w));
      high = Math.max(high, Math.floor(thin / panel.h));
    }
  }
  const tileW = (panel.w * wide) / ratio, tileH = (panel.h * high) / ratio;
  const label = panel.labels.length ? Math.max(tileW, panel.labelWidth * text * 0.56) : tileW;
  const stepX = Math.max(tileW, label) + GAP, stepY = tileH + foot + GAP;
  const fit = Math.max(1, Math.floor((room - head + GAP) / stepY));
  let columns = panel.columns || Math.ceil(panel.n / fit);
  columns = Math.max(1, Math.min(columns, panel.n, Math.floor((width + GAP) / stepX) || 1));
  const rows = Math.ceil(panel.n / columns);
  // A guess on the safe side: text that is as wide as all there is makes no picture smaller.
  const titles = Math.min(Math.max(panel.title.length * 0.55 * title, ...lines.map((line) => line.length * 0.53 * text), panel.bar ? 7 * text : 0), width);
  return {
    wide, high, tileW, tileH, stepX, stepY, columns, rows, head, foot, ...type,
    width: Math.max(columns * stepX - GAP, panel.strip ? 0 : titles), height: head + rows * stepY - GAP,
  };
}

// All panels, row by row, with the largest tiles that fit; smaller than `least` they flow on below instead.
export function arrange(header, width, ratio) {
  // Text has a least size, so in a low window the pictures give way.
  const low = window.innerHeight < 800 ? 0.88 : 1, type = typeSizes(), least = header.least * low * Math.min(given(), 1);
  const room = Math.max(160 * Math.min(given(), 1), header.height * window.innerHeight * low * given());
  const gap = header.lines.length || header.wide ? Math.max(28, Math.min(90, width * 0.028)) : 24;
  const most = Math.max(...header.panels.map((panel) => (panel.strip ? 0 : panel.most)), 16);
  const rows = [...new Set(header.panels.map((panel) => panel.row))].sort();
  let chosen = null;
  // Panels of one row begin at one height, however many lines stand above them.
  const heads = new Map(rows.map((row) => [row, Math.max(...header.panels.filter((p) => p.row === row).map((p) => measure(p, 16, room, width, ratio, type).head))]));
  for (let side = most; side >= least || !chosen; side -= 2) {
    const below = header.panels.filter((p) => p.strip).reduce((sum, p) => sum + measure(p, side, room, width, ratio, type).height + gap, 0);
    const sizes = header.panels.map((panel) => measure(panel, side, room - (panel.strip ? 0 : below), width, ratio, type, heads.get(panel.row)));
    const fits = rows.every((row) => {
      const inside = sizes.filter((_, index) => header.panels[index].row === row);
      return inside.reduce((sum, size) => sum + size.width + gap, -gap) <= width + 0.5;
    });
    const tall = rows.reduce((sum, row) => sum + Math.max(...sizes.filter((_, i) => header.panels[i].row === row).map((s) => s.height)) + gap, -gap);
    chosen = sizes;
    if ((fits && tall <= room + 0.5) || side <= 8) break;
  }
  let y = 0, right = 0;
  for (const row of rows) {
    let x = 0, tallest = 0, line = y;
    header.panels.forEach((panel, index) => {
      if (panel.row !== row) return;
      const size = chosen[index];
      if (x > 0 && x + size.width > width + 0.5) { line += tallest + gap; x = 0; tallest = 0; }
      size.x = x;
      size.y = line;
      x += size.width + gap;
      right = Math.max(right, x - gap);
      tallest = Math.max(tallest, size.height);
    });
    y = line + tallest + gap;
  }
  if (header.wide && rows.length === 1 && right < width) {
    const extra = (width - right) / Math.max(1, header.panels.length - 1);
    const cap = Math.min(extra, 3 * gap);
    chosen.forEach((size, index) => { size.x += index * cap; });
    right += cap * (header.panels.length - 1);
  }
  return { panels: chosen, width: Math.max(right, 1), height: Math.max(y - gap, 1), gap };
}

export function tileBox(size, tile) {
  const x = size.x + (tile % size.columns) * size.stepX, y = size.y + size.head + Math.floor(tile / size.columns) * size.stepY;
  return { x: x + (size.stepX - GAP - size.tileW) / 2, y, w: size.tileW, h: size.tileH };
}

export function cellBox(size, panel, at) {
  const box = tileBox(size, at.tile);
  if (at.row === null || at.row === undefined) return box;
  const w = box.w / panel.w, h = box.h / panel.h;
  return { x: box.x + at.column * w, y: box.y + at.row * h, w: w * (at.columns || 1), h: h * (at.rows || 1) };
}

// What lies under a point: panel, tile, row and column, or null.
export function locate(header, places, x, y) {
  for (let index = 0; index < header.panels.length; index++) {
    const panel = header.panels[index], size = places.panels[index];
    for (let tile = 0; tile < panel.n; tile++) {
      const box = tileBox(size, tile);
      if (x < box.x || y < box.y || x >= box.x + box.w || y >= box.y + box.h) continue;
      const column = Math.min(panel.w - 1, Math.floor(((x - box.x) / box.w) * panel.w));
      const row = Math.min(panel.h - 1, Math.floor(((y - box.y) / box.h) * panel.h));
      if (panel.units && row * panel.w + column >= panel.units) return null;
      return { panel: index, tile, row, column };
    }
  }
  return null;
}
