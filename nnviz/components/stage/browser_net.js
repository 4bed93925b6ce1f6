// A network that runs in this browser: its code and weights are fetched once, and kept as long as the page is open.

const NETS = new Map();
const MOST = 3;

//   given: { key, code, weights (addresses), input, operations, shape, tensors, output }
//   address: makes of an address of the server one that can be fetched from here
export function browserNet(given, address = (url) => url) {
  const kept = NETS.get(given.key);
  if (kept) { kept.facts = given; return kept.face; }
  const one = { facts: given, worker: null, waits: new Map(), asked: 0, ready: false, failed: false };
  const ask = (message, transfer = []) => new Promise((resolve) => {
    const id = (one.asked += 1);
    one.waits.set(id, resolve);
    one.worker.postMessage({ ...message, id }, transfer);
  });
  const started = (async () => {
    const weights = await (await fetch(address(given.weights))).arrayBuffer();
    one.worker = new Worker(address(given.code));
    one.worker.onmessage = ({ data }) => {
      // Those asked before it that were passed over are answered with nothing.
      if (data.took !== undefined) for (const [id, resolve] of one.waits) if (id < data.id && resolve.pass) { resolve(null); one.waits.delete(id); }
      one.waits.get(data.id)?.(data.took === undefined ? data.found : data);
      one.waits.delete(data.id);
    };
    await ask({ kind: "net", input: given.input, operations: given.operations, weights }, [weights]);
    one.ready = true;
  })().catch((error) => { one.failed = true; console.warn("nnviz: the net is not run in this browser:", error); });
  one.face = {
    get ready() { return one.ready; },
    // { tensors: name -> values, output: (classes,), took: ms }; null where a later pass was asked for meanwhile.
    async run(values) {
      await started;
      if (one.failed) return null;
      const { tensors, output, shape } = one.facts, names = [...tensors, output];
      const found = await new Promise((resolve) => {
        const id = (one.asked += 1);
        resolve.pass = true;
        one.waits.set(id, resolve);
        one.worker.postMessage({ kind: "run", id, values, shape, names });
      });
      if (!found) return null;
      return { tensors: new Map(names.map((name, at) => [name, found.found[at].values])), output: found.found[names.length - 1].values, took: found.took };
    },
    async wires(asked) {
      await started;
      return one.failed ? null : ask({ kind: "wires", ...asked });
    },
  };
  NETS.set(given.key, one);
  if (NETS.size > MOST) {
    const [key, oldest] = NETS.entries().next().value;
    oldest.worker?.terminate();
    NETS.delete(key);
  }
  return one.face;
}
