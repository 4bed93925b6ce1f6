// Where the arrow keys lead from a tile or a cell.

import { cellBox } from "./layout.js";

export function pickedBox(state, at) {
  const panel = state.header.panels[at.panel];
  return cellBox(state.places.panels[at.panel], panel, panel.pick === "cell" ? at : { tile: at.tile });
}

export function neighbour(state, at, [down, right]) {
  const panel = state.header.panels[at.panel], size = state.places.panels[at.panel];
  if (panel.pick === "cell") {
    const row = at.row + down, column = at.column + right;
    const inside = row >= 0 && row < panel.h && column >= 0 && column < panel.w && (!panel.units || row * panel.w + column < panel.units);
    if (inside) return { ...at, row, column };
    if (right && (column < 0 || column >= panel.w)) return across(state, at, right) || at;
    return at;
  }
  const column = (at.tile % size.columns) + right, tile = at.tile + right + down * size.columns;
  if (right && (column < 0 || column >= size.columns || tile >= panel.n)) return across(state, at, right) || at;
  if (tile >= 0 && tile < panel.n) return { ...at, tile };
  return (down && beyond(state, at, down)) || at;
}

// The tile that stands nearest in a row of panels below or above.
function beyond(state, at, down) {
  const { panels } = state.header, here = pickedBox(state, at);
  let best = null;
  panels.forEach((panel, next) => {
    if (panel.pick !== "tile" || Math.sign(panel.row - panels[at.panel].row) !== down) return;
    for (let tile = 0; tile < panel.n; tile++) {
      const there = { panel: next, tile, row: 0, column: 0 }, box = pickedBox(state, there);
      const far = Math.abs(box.y - here.y) + 0.2 * Math.abs(box.x - here.x);
      if (!best || far < best.far) best = { far, there };
    }
  });
  return best && best.there;
}

// The tile or cell of the next panel that stands level with this one.
function across(state, at, right) {
  const { header } = state, here = pickedBox(state, at);
  for (let next = at.panel + right; next >= 0 && next < header.panels.length; next += right) {
    const panel = header.panels[next];
    if (panel.pick === "none" || panel.row !== header.panels[at.panel].row) continue;
    let best = null;
    const cells = panel.pick === "cell" ? panel.units || panel.h * panel.w : 1;
    for (let tile = 0; tile < panel.n; tile++) for (let cell = 0; cell < cells; cell++) {
      const there = { panel: next, tile, row: Math.floor(cell / panel.w), column: cell % panel.w }, box = pickedBox(state, there);
      const far = Math.abs(box.y - here.y) + 0.2 * Math.abs(box.x - here.x);
      if (!best || far < best.far) best = { far, there };
    }
    return best.there;
  }
  return null;
}
