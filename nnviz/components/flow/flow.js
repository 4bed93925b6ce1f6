// Flows between columns of nodes, drawn as one SVG: ribbons as wide as what flows, numbers under the pointer, nodes that
// can be picked. A change moves what stays from where it was to where it is.

import { counted } from "../common/reports.js";
import { pageOf, watch } from "../common/page.js";
import { calm, given, typeSizes } from "../common/sizes.js";
import { isOthers, placeIn, placeTip, take } from "../common/pointer.js";
import { number } from "../common/numbers.js";
import { themeOf } from "../common/theme.js";
import { unpack } from "../common/packed.js";
import { place } from "./layout.js";

const SVG = "http://www.w3.org/2000/svg", MOVE = 350, THIN = 0.2;

function made(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// A ribbon between two upright edges, bent in the middle; never thinner than can be seen.
function path({ x0, y0, x1, y1, w }) {
  const wide = Math.max(w, 0.6), middle = (x0 + x1) / 2;
  return `M${x0},${y0}C${middle},${y0} ${middle},${y1} ${x1},${y1}L${x1},${y1 + wide}C${middle},${y1 + wide} ${middle},${y0 + wide} ${x0},${y0 + wide}Z`;
}

function mix(from, to, share) {
  const found = { ...to };
  for (const key of ["x", "y", "w", "h", "x0", "x1", "y0", "y1"]) if (key in to && from && key in from) found[key] = from[key] + (to[key] - from[key]) * share;
  return found;
}

// What stands at a share of the way from the layout before to this one.
function between(before, after, share) {
  const nodes = new Map([...after.nodes].map(([id, box]) => [id, mix(before?.nodes.get(id), box, share)]));
  const old = new Map((before?.ribbons || []).map((ribbon) => [`${ribbon.start} ${ribbon.end} ${ribbon.value < 0}`, ribbon]));
  const ribbons = after.ribbons.map((ribbon) => mix(old.get(`${ribbon.start} ${ribbon.end} ${ribbon.value < 0}`), ribbon, share));
  return { ...after, nodes, ribbons };
}

function drawWhole(state, at) {
  const { header, svg, sizes } = state, { whole, nodes } = at;
  if (!whole) return;
  svg.append(made("text", { class: "title", x: whole.x, y: whole.y - 0.9 * sizes.title, "font-size": sizes.title }, header.whole.title));
  const smooth = whole.share < 1 || header.whole.rows >= 96;
  svg.append(made("image", { href: header.whole.picture, x: whole.x, y: whole.y, width: whole.w, height: whole.h, class: smooth ? "smooth" : "", preserveAspectRatio: "none" }));
  for (const [id, box] of nodes) {
    if (!box.node.box) continue;
    const [top, left, rows, columns] = box.node.box.map((value) => value * whole.share), middle = box.y + box.h / 2;
    const [x, y] = [whole.x + left + columns, whole.y + top + rows / 2];
    svg.append(made("path", { class: "leader", "data-of": id, d: `M${x},${y}C${(x + box.x) / 2},${y} ${(x + box.x) / 2},${middle} ${box.x},${middle}` }));
    svg.append(made("rect", { class: "place", "data-of": id, x: whole.x + left + 1, y: whole.y + top + 1, width: columns - 2, height: rows - 2 }));
  }
}

function drawRibbons(state, at) {
  const { theme } = state;
  at.ribbons.forEach((ribbon, index) => {
    if (ribbon.w < THIN) return;
    state.svg.append(made("path", { class: "ribbon", d: path(ribbon), fill: ribbon.value < 0 ? theme.negative : theme.positive, "data-at": index, "data-from": ribbon.start, "data-to": ribbon.end, "data-value": ribbon.value }));
  });
}

// The bar at one side of a node, in the colours of what flows there.
function bars(state, at, id, x, side) {
  for (const ribbon of at.ribbons) {
    if (ribbon[side === "y0" ? "start" : "end"] !== id) continue;
    state.svg.append(made("rect", { x, y: ribbon[side], width: at.bar, height: Math.max(ribbon.w, 0.5), fill: ribbon.value < 0 ? state.theme.negative : state.theme.positive }));
  }
}

function drawNodes(state, at) {
  const { header, sizes } = state, last = header.columns.length - 1;
  header.columns.forEach((column, index) => {
    [[column.title, "title"], [column.note, "note"]].forEach(([line, kind], row) => {
      if (line) state.svg.append(made("text", { class: kind, x: at.edges[index].x, y: sizes.title * (0.6 + 1.1 * row), "font-size": row ? sizes.text : sizes.title }, line));
    });
  });
  for (const [id, box] of at.nodes) {
    const { node } = box, group = made("g", { "data-id": id }), middle = box.y + box.h / 2;
    if (box.column && box.column < last) state.svg.append(made("rect", { class: "block", x: box.x, y: box.y, width: box.w, height: box.h }));
    if (box.column) bars(state, at, id, box.x, "y1");
    if (box.column < last) bars(state, at, id, box.x + box.w - at.bar, "y0");
    if (node.pick !== null) {
      group.setAttribute("class", `pickable${node.picked ? " picked" : ""}`);
      group.setAttribute("role", "button");
      group.setAttribute("tabindex", "0");
      group.setAttribute("aria-pressed", String(node.picked));
    } else group.setAttribute("role", "img");
    group.setAttribute("aria-label", [node.label, node.note, ...node.tip].filter(Boolean).join(". "));
    let x = box.x + (box.column ? at.bar + 5 : 0);
    // All of it is heard, also between the letters.
    group.append(made("rect", { x: box.x, y: box.y, width: box.w, height: box.h, fill: "transparent" }));
    if (node.kind === "score") { drawScore(state, at, group, box); state.svg.append(group); continue; }
    if (box.face) {
      group.append(made("image", { href: node.picture, x, y: middle - box.face / 2, width: box.face, height: box.face }));
      group.append(made("rect", { class: "frame", x: x - 1, y: middle - box.face / 2 - 1, width: box.face + 2, height: box.face + 2 }));
      x += box.face + 6;
    } else group.append(made("rect", { class: "frame", x: box.x - 1, y: box.y - 1, width: box.w + 2, height: box.h + 2 }));
    const ends = box.column === 0 && !box.face, one = !box.face && box.h < 2.5 * sizes.text;
    // A phone has no room for them; the tip says it.
    const lines = ends && at.narrow ? [] : one ? [`${node.label} ${node.note}`] : [node.label, node.note].filter(Boolean);
    if (ends) x = box.x + box.w - at.bar - 5;
    lines.forEach((line, row) => group.append(made("text", { class: row ? "note" : "label", x, y: middle + (row - (lines.length - 1) / 2) * 1.12 * sizes.text, "font-size": sizes.text, "text-anchor": ends ? "end" : "start" }, line)));
    state.svg.append(group);
  }
}

// What flows in, and beside it what that comes to.
function drawScore(state, at, group, box) {
  const { node } = box, { sizes, theme } = state, x = box.x + at.bar + 3;
  group.append(made("rect", { x, y: box.y, width: at.bar, height: Math.max(1, at.unit * Math.abs(node.value)), fill: theme.text, "fill-opacity": 0.75 }));
  const lines = [[node.label, "label", sizes.text], [node.note, "net", 1.5 * sizes.text], ...node.sum.split("\n").map((line) => [line, "note", sizes.text])];
  let y = box.y + sizes.text * 0.6;
  for (const [line, kind, size] of at.narrow ? lines.slice(0, 2) : lines) {
    group.append(made("text", { class: kind, x: x + at.bar + 6, y: y + (size - sizes.text) / 2, "font-size": size }, line));
    y += 1.18 * size;
  }
}

function render(state, at) {
  // Who goes through the nodes by keys stays where he is.
  const active = state.root.getRootNode().activeElement, focus = state.svg.contains(active) ? active.dataset.id : undefined;
  state.svg.replaceChildren();
  drawWhole(state, at);
  drawRibbons(state, at);
  drawNodes(state, at);
  state.svg.dataset.moving = String(at !== state.layout);
  if (focus !== undefined) focusOn(state, focus);
  mark(state, state.over);
}

function focusOn(state, id) {
  state.svg.querySelector(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}

// Whether two layouts show the same flows in the same places.
function same(before, after) {
  const places = (layout) => JSON.stringify([layout.ribbons.map(({ x0, y0, x1, y1, w }) => [x0, y0, x1, y1, w]), [...layout.nodes].map(([id, { y }]) => [id, y])]);
  return places(before) === places(after);
}

function draw(state) {
  const { root, svg } = state, width = Math.floor(root.clientWidth);
  if (!width || !state.header) return;
  state.theme = themeOf(root);
  root.classList.toggle("dark", state.theme.dark);
  state.sizes = typeSizes();
  const height = Math.max(320, Math.floor(state.header.height * window.innerHeight * given()));
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("aria-label", state.header.alt);
  const before = state.width === `${width} ${height}` ? state.shown : null;
  state.width = `${width} ${height}`;
  state.layout = place(state.header, width, height, state.sizes.text);
  svg.dataset.unit = state.layout.unit;
  cancelAnimationFrame(state.frame);
  if (!before || calm() || same(before, state.layout)) { state.shown = state.layout; render(state, state.layout); return; }
  const began = performance.now();
  const step = (now) => {
    const share = Math.min(1, Math.max(0, (now - began) / MOVE)), eased = share * share * (3 - 2 * share);
    state.shown = share < 1 ? between(before, state.layout, eased) : state.layout;
    render(state, state.shown);
    if (share < 1) state.frame = requestAnimationFrame(step);
  };
  step(began);
}

// What belongs to the node or the ribbon under the pointer, or to the picked node, stands out.
function mark(state, over) {
  const { root, svg, header } = state, picked = header.columns.flatMap((column) => column.nodes).find((node) => node.picked)?.id;
  const id = over?.id ?? (over?.at === undefined ? picked : undefined);
  root.classList.toggle("chosen", id !== undefined || over?.at !== undefined);
  for (const each of svg.querySelectorAll(".ribbon")) {
    each.classList.toggle("on", over?.at !== undefined ? each.dataset.at === over.at : each.dataset.from === id || each.dataset.to === id);
  }
  const places = over?.at !== undefined ? [header.ribbons[over.at].start] : [id];
  for (const each of svg.querySelectorAll(".place")) each.classList.toggle("on", places.includes(each.dataset.of));
}

function hover(state, event) {
  const target = event.target.closest?.("[data-id], .ribbon, .place");
  const over = !target ? null : target.dataset.id !== undefined ? { id: target.dataset.id } : target.dataset.of !== undefined ? { id: target.dataset.of } : { at: target.dataset.at };
  if (JSON.stringify(over) !== JSON.stringify(state.over)) { state.over = over; mark(state, over); }
  say(state, over, ...placeIn(state.root, event));
}

function say(state, over, x, y) {
  const { tip, header } = state;
  tip.hidden = !over;
  if (!over) return;
  const node = over.id === undefined ? null : header.columns.flatMap((column) => column.nodes).find((each) => each.id === over.id);
  const ribbon = over.at === undefined ? null : header.ribbons[over.at];
  const lines = node ? [[node.label, node.note].filter(Boolean).join(": "), ...node.tip] : [ribbon.tip || `${ribbon.value < 0 ? "takes" : "adds"} ${number(Math.abs(ribbon.value))}`];
  tip.replaceChildren(...lines.filter(Boolean).map((line) => Object.assign(document.createElement("span"), { textContent: line })));
  placeTip(tip, state.root, x, y, tip.offsetHeight + 12);
}

function pick(state, id) {
  const node = state.header.columns.flatMap((column) => column.nodes).find((each) => each.id === id);
  if (!node || node.pick === null) return;
  for (const each of state.header.columns.flatMap((column) => column.nodes)) each.picked = each.id === id;
  render(state, state.shown);
  focusOn(state, id);
  state.reports.tell("pick", { pick: node.pick, count: state.reports.next() });
}

function key(state, event) {
  const id = event.target.closest?.(".pickable")?.dataset.id;
  if (id === undefined || isOthers(event)) return;
  if (event.key === "Enter" || event.key === " ") { take(event); pick(state, id); return; }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  take(event);
  const all = [...state.svg.querySelectorAll(".pickable")], next = all[all.findIndex((each) => each.dataset.id === id) + step];
  if (next) pick(state, next.dataset.id);
}

export function mount(element, report, told) {
  const root = Object.assign(document.createElement("div"), { className: "part flow" }), page = pageOf(told);
  const svg = made("svg", { role: "group" }), tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
  root.append(svg, tip);
  element.replaceChildren(root);
  const state = { root, svg, tip, reports: counted(report), over: null, shown: null };
  svg.addEventListener("pointermove", (event) => hover(state, event));
  svg.addEventListener("pointerleave", () => { state.over = null; tip.hidden = true; if (state.header) mark(state, null); });
  svg.addEventListener("click", (event) => pick(state, event.target.closest?.("[data-id]")?.dataset.id));
  svg.addEventListener("keydown", (event) => key(state, event));
  // Not of the drawing itself: Chromium takes one that listens to its focus for one that has a focus.
  root.addEventListener("focusin", (event) => {
    const id = event.target.closest?.("[data-id]")?.dataset.id;
    if (id !== undefined) { state.over = { id }; mark(state, state.over); }
  });
  watch(root, page, () => { state.width = ""; draw(state); });
  return (data) => {
    const { header } = unpack(data);
    // A reply to an earlier pick must not move the outline back while a later one is under way.
    if (!state.reports.answered(header.seen)) return;
    state.header = header;
    draw(state);
    svg.dataset.drawn = String(Number(svg.dataset.drawn || 0) + 1);
  };
}
