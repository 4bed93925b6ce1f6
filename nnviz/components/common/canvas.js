// What is drawn with: canvases of the device's pixels, sheets of one pixel a cell, outlines.

// A canvas so many CSS pixels wide and high, in the device's own.
export function fitCanvas(canvas, width, height, ratio, whole = Math.round) {
  canvas.width = whole(width * ratio);
  canvas.height = whole(height * ratio);
  canvas.style.width = `${canvas.width / ratio}px`;
  canvas.style.height = `${canvas.height / ratio}px`;
}

// An image as a canvas that can be drawn at any size.
export function sheetFrom(image) {
  const sheet = document.createElement("canvas");
  sheet.width = image.width;
  sheet.height = image.height;
  sheet.getContext("2d").putImageData(image, 0, 0);
  return sheet;
}

// An outline around a box, seen on light and dark alike.
export function drawBox(context, box, colour, width) {
  context.strokeStyle = "#fff";
  context.lineWidth = width + 2;
  context.strokeRect(box.x - width / 2, box.y - width / 2, box.w + width, box.h + width);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(box.x - width / 2, box.y - width / 2, box.w + width, box.h + width);
}
