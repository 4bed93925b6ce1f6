// What is said beside the pictures: the formula in words and in numbers, the list of sums, names and ranges.

import { number, signed } from "../common/numbers.js";
import { endsOf, ownMap } from "./arithmetic.js";
import { GRIDS } from "./drawing.js";

function put(node, pieces) {
  node.replaceChildren(...pieces.map((piece) => {
    if (typeof piece === "string") return document.createTextNode(piece);
    const span = document.createElement("b");
    span.className = piece[0];
    span.textContent = piece[1];
    return span;
  }));
}

// The functions around the sum, the outermost first; what is done to the output afterwards stays outside.
function around(header) {
  return header.stages.length && header.stages[0].own ? header.stages[0].title : "";
}

export function writeWords(state) {
  const { header } = state, kernel = header.panels[1], name = around(header);
  const parts = [header.channels > 1 ? `${header.channels} channels` : "", kernel.h * kernel.w > 1 ? `${kernel.h}\u00d7${kernel.w} cells` : ""].filter(Boolean);
  const body = [parts.length ? `sum over ${parts.join(" and ")} of ` : "", ["patch", "patch"], " \u00d7 ", ["kernel", "kernel"], ...(header.bias === null ? [] : [" + ", ["bias", "bias"]])];
  put(state.parts.words, [["made", "output"], " = ", ...(name ? [`${name}( `, ...body, " )"] : body)]);
}

export function writeNumbers(state, at) {
  const { header, parts } = state, name = around(header);
  const terms = [...sumTerms(header, at), ...(at.bias === null ? [] : [` ${signed(at.bias)}`])];
  put(parts.numbers, [["made", number(at.output)], " = ", ...(name ? [`${name}( `, ...terms, " )"] : terms)]);
  parts.where.textContent = `row ${at.row}, column ${at.column}`;
  const lines = [[header.channels > 1 ? `channel ${header.first + at.channel}` : "products", number(at.sum)]];
  if (header.channels > 1) lines.push([`+ ${header.channels - 1} other${header.channels > 2 ? "s" : ""}`, number(at.others)]);
  if (at.bias !== null) lines.push(["+ bias", number(at.bias)]);
  while (parts.sums.children.length < lines.length + at.made.length) parts.sums.append(newLine());
  while (parts.sums.children.length > lines.length + at.made.length) parts.sums.lastChild.remove();
  at.made.forEach((value, index) => lines.push([index === 0 ? "= sum" : stageTitle(header.stages[index - 1]), number(value), index]));
  lines.forEach((line, index) => fillLine(parts.sums.children[index], line, state));
}

// The sum in parts: the channel that is seen and the others, else the few products that are not 0.
function sumTerms(header, at) {
  if (header.channels > 1) return [number(at.sum), ` ${signed(at.others)}`];
  const some = Array.from(at.products).filter((product) => product !== 0);
  if (some.length < 2 || some.length > 6) return [number(at.sum)];
  return some.map((product, index) => (index === 0 ? number(product) : ` ${signed(product)}`));
}

export function stageTitle(stage) {
  if (stage.rule !== "affine") return stage.title;
  return `${stage.title} \u00d7 ${number(stage.a)} ${signed(stage.b)}`;
}

function newLine() {
  const line = document.createElement("button");
  line.type = "button";
  line.append(document.createElement("span"), document.createElement("b"));
  return line;
}

// A line that stands for a map is a button that shows it; the map that is shown is marked.
function fillLine(node, [title, value, map], state) {
  const [name, text] = node.children;
  if (name.textContent !== title) { name.textContent = title; node.title = title; }
  text.textContent = value;
  const index = map === undefined ? "" : String(map);
  node.dataset.map = index;
  node.disabled = index === "";
  node.classList.toggle("made", index !== "" && map === ownMap(state.header));
  if (index === "") node.removeAttribute("aria-pressed"); else node.setAttribute("aria-pressed", String(map === state.shown));
}

// Names of pictures and ranges of colours, which change with the filter and not with the cell.
export function label(state) {
  const { header, parts, canvases } = state, [input, kernel] = header.panels, map = state.maps[state.shown];
  const channel = header.channels > 1 ? `, channel ${header.first + state.channel}` : "";
  const title = (part, text) => { parts[part].querySelector("figcaption").textContent = text; };
  title("input", `${header.source}${channel}`);
  title("patch", "Patch");
  title("kernel", `Kernel${channel.replace(",", "")}`);
  title("products", state.root.classList.contains("row") ? "Products" : "= Products");
  title("channels", `The ${header.channels} channels add`);
  title("output", state.shown === ownMap(header) ? header.output : `${header.output}: ${state.shown === 0 ? "sum" : map.title}`);
  // Of both the same: what lies in this one map, whatever its colours could show.
  const told = (rows, columns, low, high) => `${rows}\u00d7${columns}, ${low === high ? `all ${number(low)}` : `values from ${number(low)} to ${number(high)}`}`;
  parts.input.querySelector("p").textContent = told(input.h, input.w, ...endsOf(state));
  parts.output.querySelector("p").textContent = told(header.size[0], header.size[1], map.least, map.most) + (state.filling ? "; pale: still to come" : "");
  canvases.input.setAttribute("role", "img");
  canvases.input.setAttribute("aria-label", `${header.source}${channel}, with the kernel of ${kernel.h} by ${kernel.w} cells on it`);
  for (const name of GRIDS) canvases[name].setAttribute("aria-label", `${name}, ${kernel.h} by ${kernel.w} cells`);
  canvases.channels.setAttribute("aria-label", `What each of the ${header.channels} input channels adds`);
  canvases.output.setAttribute("role", "application");
  canvases.output.setAttribute("aria-label", header.alt);
  canvases.output.tabIndex = 0;
}
