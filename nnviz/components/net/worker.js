// A network in a thread of its own: what is asked for comes as a message with a number, the answer with the same one.
// Of passes that are asked for faster than they are done, only the last is.

import { apart, run } from "./net.js";
import { inputsOf, outputsOf } from "./gradient.js";

let net = null, tensors = null, next = null;

const STRONGEST = 12;

// The strongest of a few values, as [channel, value].
const strongest = (values, many) => Array.from(values, (value, channel) => [channel, value])
  .filter(([, value]) => value !== 0).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, many);

function pass() {
  const { id, shape, values, names } = next;
  next = null;
  const began = performance.now();
  tensors = run(net, { shape, values });
  const found = names.map((name) => tensors.get(name));
  postMessage({ id, took: performance.now() - began, found });
}

const ANSWERS = {
  net: ({ operations, input, weights }) => { net = { input, operations: apart(operations), weights: new Float32Array(weights) }; tensors = null; return {}; },
  // What feeds a unit of a tensor, and what it feeds.
  wires: ({ before, at, after, unit, many = STRONGEST }) => tensors && ({
    from: before.map((name) => strongest(inputsOf(net, tensors, name, at, unit) ?? [], many)),
    to: after.map((name) => strongest(outputsOf(net, tensors, at, unit, name) ?? [], many)),
  }),
};

onmessage = ({ data }) => {
  if (data.kind === "run") {
    if (!next) setTimeout(pass);
    next = data;
  } else postMessage({ id: data.id, found: ANSWERS[data.kind](data) });
};
