// The colour tables, as `nnviz.figures.colour` has them, and the colour of a value.

const STOPS = {
  grey: ["#000000", "#ffffff"],
  diverging: ["#0b3c6f", "#2f78bd", "#92c0e4", "#ffffff", "#fdc38a", "#dd7a1a", "#7a3a00"],
  viridis: ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"],
  inferno: ["#000004", "#210c4a", "#57106e", "#8a226a", "#bc3754", "#e45a31", "#f98e09", "#f9cb35", "#fcffa4"],
};
const STEPS = 256;

// Red, green and blue of "#rrggbb", 0 to 255.
export function rgb(text) {
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

// As numpy interpolates and rounds, down to its last bit: halves are met.
function tableOf(stops) {
  const ends = stops.map(rgb), table = [], apart = 1 / (ends.length - 1);
  for (let step = 0; step <= STEPS; step++) {
    const from = Math.min(Math.floor((step / STEPS) / apart), ends.length - 2), beyond = step / STEPS - from * apart;
    const slope = (c) => (ends[from + 1][c] - ends[from][c]) / ((from + 1) * apart - from * apart);
    for (let c = 0; c < 3; c++) table.push(halfToEven(slope(c) * beyond + ends[from][c]));
  }
  return table;
}

function halfToEven(value) {
  const low = Math.floor(value);
  return value - low === 0.5 ? low + (low % 2) : Math.round(value);
}

// By name, 257 times red, green and blue in turn: an odd number, so that the middle of a diverging range is white.
export const COLOURS = Object.fromEntries(Object.entries(STOPS).map(([name, stops]) => [name, tableOf(stops)]));

// How far a value is from one end of a range to the other, 0 to 1.
export function share(value, range) {
  return range[1] > range[0] ? Math.min(1, Math.max(0, (value - range[0]) / (range[1] - range[0]))) : 0;
}

// Red, green and blue of a value in the range of a table.
export function colourOf(name, value, range) {
  const at = 3 * Math.round(STEPS * share(value, range));
  return COLOURS[name].slice(at, at + 3);
}

export function cssOf(colour) {
  return `rgb(${Array.from(colour, Math.round).join(",")})`;
}

// Black or white, whichever is read better on a colour.
export function textOn(colour) {
  return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 140 ? "#000" : "#fff";
}
