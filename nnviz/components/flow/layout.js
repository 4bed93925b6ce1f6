// Where nodes and ribbons stand: pure arithmetic, in CSS pixels. One scale for all: pixels of width for what flows.

const BAR = 7, GAP = 10;

// Args: header, as Python packs it; width and height in CSS pixels; text, the size of what is written.
export function place(header, width, height, text) {
  const narrow = width < 640, titles = 3 * text;
  const room = height - titles, flows = flowsOf(header);
  const most = Math.max(...header.columns.map((column) => column.nodes.filter((node) => node.picture).length));
  // The largest that leaves a quarter of the room to what has none; whole multiples of 14 show small pictures as they are.
  const face = narrow ? 28 : [84, 56, 42].find((size) => most * (size + GAP) <= 0.78 * room) || 28;
  const least = (node) => (node.picture ? face : 0) || (node.kind === "score" ? (narrow ? 3.2 : 6.9) * text : 1.3 * text);
  const unit = scaleOf(header, flows, room, least);
  const whole = header.whole && !narrow ? wholeBox(header.whole, Math.min(0.25 * width, room), titles, room) : null;
  const edges = edgesOf(header, width, text, face, narrow, whole);
  const nodes = new Map();
  header.columns.forEach((column, at) => {
    const heights = column.nodes.map((node) => Math.max(least(node), unit * sizeOf(flows, node)));
    const gap = Math.max(2, Math.min(1.6 * GAP, (room - heights.reduce((a, b) => a + b, 0)) / Math.max(1, heights.length)));
    let y = titles + Math.max(0, (room - heights.reduce((a, b) => a + b, 0) - gap * (heights.length - 1)) / 2);
    column.nodes.forEach((node, index) => {
      nodes.set(node.id, { node, column: at, x: edges[at].x, w: edges[at].w, y, h: heights[index], face: node.picture ? face : 0 });
      y += heights[index] + gap;
    });
  });
  return { nodes, ribbons: ribbonsOf(header, nodes, flows, unit), whole, unit, edges, titles, narrow, bar: BAR, face };
}

// By node what flows in and out, in the order of the nodes at the other end.
function flowsOf(header) {
  const order = new Map();
  header.columns.forEach((column) => column.nodes.forEach((node, at) => order.set(node.id, at)));
  const flows = new Map([...order.keys()].map((id) => [id, { into: [], out: [] }]));
  header.ribbons.forEach((ribbon, index) => {
    flows.get(ribbon.start).out.push(index);
    flows.get(ribbon.end).into.push(index);
  });
  const by = (other) => (a, b) => order.get(header.ribbons[a][other]) - order.get(header.ribbons[b][other]);
  for (const [id, each] of flows) {
    each.out.sort(by("end"));
    each.into.sort(by("start"));
    // What adds first, then what takes away: a score's own bar stands beside them.
    if (header.columns.at(-1).nodes.some((node) => node.id === id)) {
      each.into.sort((a, b) => (header.ribbons[a].value < 0) - (header.ribbons[b].value < 0));
    }
    each.size = Math.max(...[each.into, each.out].map((list) => list.reduce((sum, at) => sum + Math.abs(header.ribbons[at].value), 0)));
  }
  return flows;
}

function sizeOf(flows, node) {
  return Math.max(flows.get(node.id).size, node.kind === "score" ? Math.abs(node.value) : 0);
}

// The largest scale at which every column fits.
function scaleOf(header, flows, room, least) {
  const fits = (unit) => header.columns.every(({ nodes }) => (
    nodes.reduce((sum, node) => sum + Math.max(least(node), unit * sizeOf(flows, node)) + GAP, -GAP) <= room
  ));
  let low = 0, high = room / Math.max(1e-9, ...header.columns.flatMap(({ nodes }) => nodes.map((node) => sizeOf(flows, node))));
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle; else high = middle;
  }
  return low;
}

function wholeBox(whole, most, titles, room) {
  const times = Math.floor(Math.min(most / whole.columns, room / whole.rows)), share = times >= 1 ? times : Math.min(most / whole.columns, room / whole.rows);
  const [w, h] = [share * whole.columns, share * whole.rows];
  return { x: 0, y: titles + (room - h) / 2, w, h, share };
}

// Where each column of nodes stands, and how wide its nodes are: pictures and what is written beside them.
function edgesOf(header, width, text, face, narrow, whole) {
  const wide = header.columns.map((column, at) => {
    const faces = column.nodes.some((node) => node.picture) ? face + 6 : 0;
    // Without pictures label and note stand in one line; how a score adds up stands in several.
    const one = (node) => !faces && node.kind !== "score" ? `${node.label} ${node.note}`.length : Math.max(node.label.length, node.note.length);
    const letters = Math.max(0, ...column.nodes.map((node) => Math.max(one(node), narrow ? 0 : Math.max(...node.sum.split("\n").map((line) => line.length)))));
    // Labels of the first column stand in the place of a picture.
    const written = at === 0 && faces ? 0 : Math.min(letters, narrow ? 9 : 19) * 0.56 * text + 6;
    return (at ? 2 : 1) * BAR + faces + written;
  });
  // Labels of the first column end at its bar, and keep off the picture.
  const bare = Math.max(0, ...header.columns[0].nodes.map((node) => (node.picture ? 0 : `${node.label} ${node.note}`.length)));
  const first = whole ? whole.w + Math.max(0.05 * width, 0.6 * bare * text - wide[0] + 3 * BAR) : 0, last = header.columns.length - 1;
  const between = last ? (width - first - wide.reduce((a, b) => a + b, 0)) / last : 0;
  let x = first;
  return wide.map((w) => { const edge = { x, w }; x += w + between; return edge; });
}

// Each ribbon from the right bar of its start to the left bar of its end, below those that come before it.
function ribbonsOf(header, nodes, flows, unit) {
  const found = header.ribbons.map((ribbon) => ({ ...ribbon, w: unit * Math.abs(ribbon.value) }));
  for (const [id, each] of flows) {
    const box = nodes.get(id);
    for (const [list, y] of [[each.out, "y0"], [each.into, "y1"]]) {
      const total = list.reduce((sum, at) => sum + found[at].w, 0);
      let top = box.y + (box.h - total) / 2;
      if (box.node.kind === "score") top = box.y;
      for (const at of list) { found[at][y] = top; top += found[at].w; }
    }
  }
  for (const ribbon of found) {
    const [start, end] = [nodes.get(ribbon.start), nodes.get(ribbon.end)];
    ribbon.x0 = start.x + start.w;
    ribbon.x1 = end.x;
  }
  return found;
}
