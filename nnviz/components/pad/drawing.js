// A place to draw a digit on: strokes become a digit as MNIST has them, 28x28, with every move of the pen.

const SIDE = 252, BRUSH = 20;
export const DIGIT = 28;
const BOX = 20;
// Row and column of the centre of mass of MNIST's digits, to half a pixel (measured on the bundled ones).
const MIDDLE = 14;

// What one pixel of a smaller picture covers of a longer line: each with its share.
function shares(from, to) {
  const times = from / to;
  return Array.from({ length: to }, (_, at) => {
    const first = at * times, last = first + times, found = [];
    for (let i = Math.floor(first); i < Math.min(Math.ceil(last - 1e-9), from); i++) found.push([i, (Math.min(last, i + 1) - Math.max(first, i)) / times]);
    return found;
  });
}

// A drawing, white on black, as MNIST has its digits: scaled into 20x20 pixels with its proportions kept, and its centre
// of mass put in the middle of 28x28 (LeCun et al. 1998, "Gradient-based learning applied to document recognition",
// section III). Null where nothing is drawn.
//   ink: (side, side), 0 to 255
export function asDigit(ink, side) {
  let top = side, left = side, bottom = -1, right = -1;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      if (!ink[row * side + column]) continue;
      top = Math.min(top, row); bottom = Math.max(bottom, row); left = Math.min(left, column); right = Math.max(right, column);
    }
  }
  if (bottom < 0) return null;
  const high = bottom - top + 1, wide = right - left + 1, scale = BOX / Math.max(high, wide);
  const down = Math.max(1, Math.round(high * scale)), across = Math.max(1, Math.round(wide * scale));
  const rows = shares(high, down), columns = shares(wide, across), placed = new Float64Array(DIGIT * DIGIT);
  const above = Math.floor((DIGIT - down) / 2), before = Math.floor((DIGIT - across) / 2);
  let sum = 0, sumRow = 0, sumColumn = 0;
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      let value = 0;
      for (const [y, part] of rows[row]) for (const [x, share] of columns[column]) value += part * share * ink[(top + y) * side + left + x];
      value = Math.round(value);
      placed[(above + row) * DIGIT + before + column] = value;
      sum += value; sumRow += value * (above + row); sumColumn += value * (before + column);
    }
  }
  // Whole pixels: MNIST's digits were moved so, and half ones would blur the strokes.
  const moveRow = Math.round(MIDDLE - sumRow / sum), moveColumn = Math.round(MIDDLE - sumColumn / sum), found = new Uint8Array(DIGIT * DIGIT);
  for (let row = 0; row < DIGIT; row++) {
    for (let column = 0; column < DIGIT; column++) {
      const fromRow = row - moveRow, fromColumn = column - moveColumn;
      if (fromRow >= 0 && fromRow < DIGIT && fromColumn >= 0 && fromColumn < DIGIT) found[row * DIGIT + column] = placed[fromRow * DIGIT + fromColumn];
    }
  }
  return found;
}

// What was drawn in this window, as long as it is open: another page and back, and it is there again; so it is where the
// module is loaded twice. `untold`: nobody has taken it yet. `pen`: it is being drawn.
const drawn = (globalThis.nnvizDrawn ??= { strokes: [], own: false });

// The pad on a canvas of a page.
//   on: { move(pixels), rest(pixels) }: after each move of the pen, and when it is lifted; pixels as `asDigit` gives them
export function pad(canvas, on) {
  const sheet = document.createElement("canvas");
  Object.assign(sheet, { width: SIDE, height: SIDE });
  const ink = sheet.getContext("2d", { willReadFrequently: true });
  let shown = null, pen = null;

  function paint() {
    ink.fillStyle = "#000";
    ink.fillRect(0, 0, SIDE, SIDE);
    Object.assign(ink, { strokeStyle: "#fff", fillStyle: "#fff", lineWidth: BRUSH, lineCap: "round", lineJoin: "round" });
    for (const stroke of drawn.strokes) {
      ink.beginPath();
      ink.moveTo(...stroke[0]);
      for (const point of stroke.slice(1)) ink.lineTo(...point);
      if (stroke.length === 1) ink.lineTo(stroke[0][0] + 0.01, stroke[0][1]);
      ink.stroke();
    }
  }

  function show() {
    const context = canvas.getContext("2d"), own = drawn.own && drawn.strokes.length;
    const wide = Math.max(1, Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)));
    Object.assign(canvas, { width: wide, height: wide });
    context.imageSmoothingEnabled = Boolean(own);
    if (own) context.drawImage(sheet, 0, 0, wide, wide);
    else if (shown) context.drawImage(shown, 0, 0, wide, wide);
  }

  function digit() {
    const { data } = ink.getImageData(0, 0, SIDE, SIDE);
    return asDigit(Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i]), SIDE);
  }

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
  };
  function tell(kind) {
    paint();
    show();
    const found = digit();
    if (found) on[kind](found);
  }
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    // The picture that stood there makes room for what is drawn.
    if (!drawn.own) drawn.strokes = [];
    drawn.own = true;
    pen = event.pointerId;
    drawn.pen = true;
    canvas.setPointerCapture(pen);
    drawn.strokes.push([place(event)]);
    tell("move");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pen) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) drawn.strokes[drawn.strokes.length - 1].push(place(each));
    tell("move");
  });
  const lift = (event) => {
    if (event.pointerId !== pen) return;
    pen = null;
    drawn.pen = false;
    tell("rest");
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  return {
    // The picture that is read now, (28, 28) of 0 to 255 or a canvas; `own` where it is the viewer's drawing.
    picture(found, own) {
      shown = found;
      drawn.own = own && drawn.strokes.length > 0;
      paint();
      show();
    },
    undo() {
      if (!drawn.own || !drawn.strokes.length) return;
      drawn.strokes.pop();
      tell("rest");
    },
    clear() {
      drawn.strokes = [];
      drawn.own = true;
      paint();
      const context = canvas.getContext("2d");
      context.fillStyle = "#000";
      context.fillRect(0, 0, canvas.width, canvas.height);
    },
    show,
    // Tell what was drawn before there was anybody to tell it to.
    tellUntold() {
      if (!drawn.untold) return;
      drawn.untold = false;
      tell("rest");
    },
    get drawing() { return pen !== null; },
  };
}
