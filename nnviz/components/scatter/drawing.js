// What is drawn: points or small pictures, the names of the groups, the outline, and the picture under the pointer.

import { rgb } from "../common/colours.js";
import { middles } from "./space.js";

// The groups' colours; on dark paper half way to white, so that dark blue can be seen.
export function inks(header, theme) {
  return header.colours.map((text) => rgb(text).map((part) => Math.round(theme.dark ? part + 0.45 * (255 - part) : part)));
}

// All pictures on one sheet in their group's colour, as see-through as they are dark.
export function sheetOf(header, pictures, colours) {
  const [n, rows, columns] = header.shape, across = Math.ceil(Math.sqrt(n));
  const canvas = document.createElement("canvas");
  canvas.width = across * columns;
  canvas.height = Math.ceil(n / across) * rows;
  const image = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < n; i++) {
    const left = (i % across) * columns, top = Math.floor(i / across) * rows, ink = colours[header.groups[i]];
    for (let cell = 0; cell < rows * columns; cell++) {
      const at = 4 * ((top + Math.floor(cell / columns)) * canvas.width + left + (cell % columns));
      image.data.set(ink, at);
      image.data[at + 3] = pictures[i * rows * columns + cell];
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { canvas, across };
}

export function drawPoints(context, state, rem) {
  const { header, places, colours } = state, n = header.shape[0], deep = header.axes === 3;
  const order = Array.from({ length: n }, (_, i) => i);
  if (deep) order.sort((a, b) => places[3 * a + 2] - places[3 * b + 2]);
  const [, rows, columns] = header.shape, radius = 0.19 * rem;
  for (const i of order) {
    const near = deep ? (places[3 * i + 2] + 1) / 2 : 1, [x, y] = [places[3 * i], places[3 * i + 1]];
    if (header.small) {
      const size = 1.15 * rem * (deep ? 0.6 + 0.6 * near : 1);
      context.globalAlpha = 0.35 + 0.65 * near;
      context.drawImage(state.sheet.canvas, (i % state.sheet.across) * columns, Math.floor(i / state.sheet.across) * rows, columns, rows, x - size / 2, y - size / 2, size, size);
      continue;
    }
    context.globalAlpha = deep ? 0.25 + 0.6 * near : 0.75;
    context.fillStyle = `rgb(${colours[header.groups[i]].join(",")})`;
    context.beginPath();
    context.arc(x, y, radius * (deep ? 0.7 + 0.7 * near : 1), 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}

export function drawNames(context, state, rem) {
  const { header, theme, colours } = state;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.font = `700 ${1.7 * rem}px ${theme.font}`;
  middles(header, state.places, 1.7 * rem).forEach((place, group) => {
    if (!place) return;
    // In the paper's colour around, so that it stands out from its own points.
    context.strokeStyle = theme.background;
    context.lineWidth = 0.45 * rem;
    context.strokeText(header.names[group], ...place);
    const shade = theme.dark ? colours[group] : colours[group].map((part) => Math.round(0.62 * part));
    context.fillStyle = `rgb(${shade.join(",")})`;
    context.fillText(header.names[group], ...place);
  });
}

export function drawRing(context, x, y, radius, theme) {
  for (const [colour, width] of [[theme.background, 7], [theme.picked, 3.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
  }
}

// One picture in grey, cell by cell.
export function drawPicture(canvas, header, pictures, index, side) {
  const [, rows, columns] = header.shape, image = new ImageData(columns, rows), size = rows * columns;
  for (let cell = 0; cell < size; cell++) {
    const value = pictures[index * size + cell];
    image.data.set([value, value, value, 255], 4 * cell);
  }
  canvas.width = columns;
  canvas.height = rows;
  canvas.style.width = `${side}px`;
  canvas.style.height = `${(side * rows) / columns}px`;
  canvas.getContext("2d").putImageData(image, 0, 0);
}
