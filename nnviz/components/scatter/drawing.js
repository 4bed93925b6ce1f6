// What is drawn: points or the pictures themselves, the names of the groups, rings, a trail, and what is under study.

import { rgb } from "../common/colours.js";
import { middles, projector } from "./space.js";

// Enlarged so far, points begin to be pictures; both as large as they are then, in the page's font size.
const NEAR = 1.8, DOT = 0.38, LARGEST = 3.4;

// The groups' colours; on dark paper half way to white, so that dark blue can be seen.
export function inksOf(header, dark) {
  return header.colours.map((text) => rgb(text).map((part) => Math.round(dark ? part + 0.45 * (255 - part) : part)));
}

function css(ink) {
  return `rgb(${ink.join(",")})`;
}

// All pictures on one sheet in their group's colour, as see-through as they are dark.
export function sheetOf(header, pictures, inks) {
  const [n, rows, columns] = header.shape, across = Math.ceil(Math.sqrt(n));
  const canvas = document.createElement("canvas");
  canvas.width = across * columns;
  canvas.height = Math.ceil(n / across) * rows;
  const image = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < n; i++) {
    const left = (i % across) * columns, top = Math.floor(i / across) * rows, ink = inks[header.groups[i]];
    for (let cell = 0; cell < rows * columns; cell++) {
      const at = 4 * ((top + Math.floor(cell / columns)) * canvas.width + left + (cell % columns));
      image.data.set(ink, at);
      image.data[at + 3] = pictures[i * rows * columns + cell];
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { canvas, across };
}

// A dot of each colour in a row: to copy one is quicker than to draw it.
export function dotsOf(inks, radius, ratio) {
  const side = 2 * Math.ceil(radius * ratio) + 2, canvas = new OffscreenCanvas(side * inks.length, side), context = canvas.getContext("2d");
  inks.forEach((ink, at) => {
    context.fillStyle = css(ink);
    context.beginPath();
    context.arc((at + 0.5) * side, side / 2, radius * ratio, 0, 2 * Math.PI);
    context.fill();
  });
  return { image: canvas.transferToImageBitmap(), side, size: side / ratio };
}

// How large a picture stands for its point, CSS pixels; 0: a dot does.
export function pictureSize(header, zoom, rem) {
  const grown = zoom > NEAR ? Math.min(LARGEST, DOT + 0.62 * (zoom - NEAR)) * rem : 0;
  return header.small ? Math.max(grown, 1.15 * rem) : grown;
}

export function drawPoints(context, state) {
  const { header, places, view, sheet, dots, order } = state, [n, rows, columns] = header.shape, deep = header.axes === 3;
  const large = pictureSize(header, view.zoom, state.rem), most = 1.2 * Math.max(large, dots.size), seen = 1 - 0.84 * state.fade;
  if (deep) order.sort((a, b) => places[3 * a + 2] - places[3 * b + 2]);
  let alpha = -1;
  for (let k = 0; k < n; k++) {
    const i = deep ? order[k] : k, x = places[3 * i], y = places[3 * i + 1];
    if (x < -most || y < -most || x > view.width + most || y > view.height + most) continue;
    const near = deep ? (places[3 * i + 2] + 1) / 2 : 1;
    const wanted = seen * (large ? 0.35 + 0.65 * near : deep ? 0.25 + 0.6 * near : 0.75);
    if (wanted !== alpha) context.globalAlpha = alpha = wanted;
    const size = (large || dots.size) * (deep ? (large ? 0.6 + 0.6 * near : 0.7 + 0.7 * near) : 1);
    if (large) context.drawImage(sheet.canvas, (i % sheet.across) * columns, Math.floor(i / sheet.across) * rows, columns, rows, x - size / 2, y - size / 2, size, size);
    else context.drawImage(dots.image, header.groups[i] * dots.side, 0, dots.side, dots.side, x - size / 2, y - size / 2, size, size);
  }
  context.globalAlpha = 1;
}

export function drawNames(context, state) {
  const { header, theme, inks, rem } = state, size = 1.7 * rem;
  Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round", font: `700 ${size}px ${theme.font}`, globalAlpha: 1 - 0.6 * state.fade });
  middles(header, state.places, size).forEach((place, group) => {
    if (!place) return;
    // In the paper's colour around, so that it stands out from its own points.
    context.strokeStyle = theme.background;
    context.lineWidth = 0.45 * rem;
    context.strokeText(header.names[group], ...place);
    context.fillStyle = css(theme.dark ? inks[group] : inks[group].map((part) => Math.round(0.62 * part)));
    context.fillText(header.names[group], ...place);
  });
  context.globalAlpha = 1;
}

// The rings of those that are marked.
export function drawMarks(context, state) {
  const { header, places, theme, rem } = state, large = pictureSize(header, state.view.zoom, rem);
  context.globalAlpha = 1 - 0.6 * state.fade;
  for (const [colour, width] of [[theme.background, 5], [theme.text, 2.4]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const { index } of header.marked) {
      const radius = Math.max(0.4 * rem, 0.62 * large), [x, y] = [places[3 * index], places[3 * index + 1]];
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.stroke();
  }
  context.globalAlpha = 1;
}

// The way of what is under study through all maps: what lies behind it in full, what is to come dashed.
export function drawTrail(context, state) {
  const { header, theme, rem } = state, way = wayOf(state);
  if (header.maps < 2 || !way) return;
  const put = projector(state.view), points = way.map((place) => { const found = [0, 0, 0]; put(...place, found, 0); return found; });
  const at = Math.floor(state.travel.position), here = state.here, strong = 0.55 + 0.45 * state.fade;
  const line = (list, dash) => {
    for (const [colour, width] of [[theme.background, 6], [theme.picked, 2.6]]) {
      context.setLineDash(dash);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      list.forEach((place, i) => (i ? context.lineTo(place[0], place[1]) : context.moveTo(place[0], place[1])));
      context.stroke();
    }
    context.setLineDash([]);
  };
  context.lineJoin = "round";
  context.globalAlpha = 0.5 * strong;
  line([here, ...points.slice(at + 1)], [3, 7]);
  context.globalAlpha = strong;
  line([...points.slice(0, at + 1), here], []);
  for (const [x, y] of points) dot(context, x, y, 0.2 * rem, theme);
  // Where it stands now its picture is.
  const ends = [0, points.length - 1].filter((end) => end !== state.travel.position);
  if (state.fade > 0.5) ends.forEach((end) => label(context, state, points[end], header.stops[header.at[end]].name));
  context.globalAlpha = 1;
}

// By map the place of what is under study, as `layOut` has it; null where it has none.
export function wayOf(state) {
  const { header, laid, picked } = state, n = header.shape[0];
  if (picked === null) return state.ownLaid && state.ownLaid.every(Boolean) ? state.ownLaid : null;
  return Array.from({ length: header.maps }, (_, map) => Array.from(laid.subarray(3 * (map * n + picked), 3 * (map * n + picked) + 3)));
}

function dot(context, x, y, radius, theme) {
  context.fillStyle = theme.picked;
  context.strokeStyle = theme.background;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

function label(context, { theme, rem, view }, [x, y], text) {
  const size = Math.max(16, 0.8 * rem);
  Object.assign(context, { font: `600 ${size}px ${theme.font}`, textAlign: "center", textBaseline: "middle", strokeStyle: theme.background, lineWidth: 5, fillStyle: theme.text });
  const half = context.measureText(text).width / 2 + 3, left = Math.min(Math.max(x, half), view.width - half), low = y > 2 * size ? y - 1.1 * size : y + 1.1 * size;
  context.strokeText(text, left, low);
  context.fillText(text, left, low);
}

// What is under study, as its picture: larger than a point.
export function drawOwn(context, state) {
  const { header, theme, rem, here, thumb } = state;
  if (!here) return;
  const side = Math.max(1.5 * rem, 1.15 * pictureSize(header, state.view.zoom, rem)), high = (side * thumb.height) / thumb.width;
  const [left, top] = [here[0] - side / 2, here[1] - high / 2];
  context.imageSmoothingEnabled = true;
  context.drawImage(thumb, left, top, side, high);
  for (const [colour, width, out] of [[theme.background, 1.5, 4.2], [theme.picked, 3.2, 1.6]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(left - out, top - out, side + 2 * out, high + 2 * out);
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
