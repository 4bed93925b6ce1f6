// Lines between plates: faint ones wherever one layer reads another, and in full those of the unit that is shown.

import { inlet, outlet } from "./layout.js";

const FAINT = 22;

// Where a line leaves or comes in: of the picture, of a class of the answer, or of a plate.
function ends(state, at, side, { padBox, answerBox }) {
  if (at.wall === -1) return padBox && [padBox.x, padBox.y];
  if (at.wall === -2) return answerBox(at.index);
  const plate = state.byKey.get(`${at.wall},${at.index}`);
  if (!plate || plate.alpha < 0.5) return null;
  return (side === "out" ? outlet : inlet)(plate, state.placed.eye).slice(0, 2);
}

// Pairs of plates that stand for all connections of two walls: evenly spread over both.
function spread(from, to, straight) {
  const many = Math.min(FAINT, Math.max(from, to));
  return Array.from({ length: many }, (_, i) => {
    const a = Math.floor((i * from) / many);
    return [a, straight ? Math.min(to - 1, Math.floor((a * to) / from)) : Math.floor(((i * 7 + 3) % many) * (to / many))];
  });
}

export function linesOf(state, given) {
  const { header, placed } = state, { ink, run, stops, shown, wires } = given, found = [];
  state.byKey = new Map(placed.plates.map((plate) => [`${plate.wall},${plate.index}`, plate]));
  // The share of a run in which a signal goes from one wall to the next.
  const pulse = (wall) => (run === null ? -1 : run * stops - wall - 0.3 + 0.5);
  const add = (one, other, colour, alpha, width, at) => {
    const from = ends(state, one, "out", given), to = ends(state, other, "in", given);
    if (from && to) found.push({ from, to, ink: [...colour, alpha], width, pulse: at });
  };
  const whole = state.zoom === "net";
  if (whole) {
    header.walls.forEach((wall, number) => {
      for (const source of wall.reads) {
        const many = source < 0 ? 1 : header.walls[source].units.length;
        for (const [a, b] of spread(many, wall.units.length, wall.straight)) add({ wall: source, index: a }, { wall: number, index: b }, ink.text, 0.09, 1, -1);
      }
      if (wall.answers) for (const [a, b] of spread(wall.units.length, header.answer.names.length, false)) add({ wall: number, index: a }, { wall: -2, index: b }, ink.text, 0.09, 1, -1);
    });
    for (const wire of state.spine) {
      const colour = wire.value < 0 ? ink.negative : ink.positive, here = wire.at, fades = wires.length ? 0.4 : 1;
      const width = 0.8 + 2.2 * wire.share, alpha = (run === null ? 0.28 : 0.9) * fades;
      if (wire.side === "from") add(wire.place, here, colour, alpha, width, pulse(here.wall));
      else add(here, wire.place, colour, alpha, width, pulse(stops - 1));
    }
  }
  if (shown && state.zoom !== "layer") {
    for (const wire of [...wires].sort((a, b) => a.share - b.share)) {
      const colour = wire.value < 0 ? ink.negative : ink.positive, alpha = 0.5 + 0.45 * wire.share, width = 1.2 + 6 * wire.share;
      if (wire.side === "from") add(wire.place, shown, colour, alpha, width, pulse(shown.wall));
      else add(shown, wire.place, colour, alpha, width, pulse(wire.place.wall === -2 ? stops - 1 : wire.place.wall));
    }
  }
  return found;
}
