// What units add to each other: the lines of the unit that is shown, and the strongest of all.

// Of a unit of a wall: { side: "from" or "to", place: { wall, index }, value, share }; the picture is wall -1, the answer -2.
export function wiresOf(state, at) {
  const key = `${at.wall},${at.index}`, { header } = state;
  if (state.wires.has(key)) return state.wires.get(key);
  if (header.wires && header.picked && at.wall === header.picked.wall && at.index === header.picked.index && !state.root.classList.contains("drawing")) {
    state.wires.set(key, shares(header.wires.map(([side, wall, index, value]) => ({ side, place: { wall, index }, value }))));
  } else if (state.local?.ready && at.wall >= 0) {
    state.wires.set(key, null);
    ask(state, at.wall, header.walls[at.wall].units[at.index]).then((found) => { if (found && state.wires.get(key) === null) { state.wires.set(key, shares(found)); state.soon(); } });
  }
  return state.wires.get(key) ?? null;
}

const shares = (wires) => {
  const largest = Math.max(...wires.map((wire) => Math.abs(wire.value)), 1e-12);
  return wires.map((wire) => ({ ...wire, share: Math.abs(wire.value) / largest }));
};

async function ask(state, number, unit, many = 8) {
  const { header } = state, wall = header.walls[number], before = wall.reads, after = header.walls.flatMap((other, index) => (other.reads.includes(number) ? [index] : []));
  const name = (at) => (at === -1 ? header.local.input : header.walls[at].tensor);
  const sinks = [...after, ...(wall.answers ? [-2] : [])];
  const found = await state.local.wires({ before: before.map(name), at: wall.tensor, after: sinks.map((at) => (at === -2 ? header.local.scores : name(at))), unit, many: 64 });
  if (!found || header !== state.header) return null;
  const wires = [];
  const add = (side, at, values) => {
    // The picture is one: what all its cells give.
    if (at === -1) { const sum = values.reduce((total, [, value]) => total + value, 0); if (sum) wires.push({ side, place: { wall: -1, index: 0 }, value: sum }); return; }
    const shown = values.map(([channel, value]) => ({ side, place: { wall: at, index: at === -2 ? channel + (header.local.second ? 1 : 0) : header.walls[at].units.indexOf(channel) }, value })).filter((wire) => wire.place.index >= 0);
    wires.push(...shown.slice(0, many));
  };
  found.from.forEach((values, i) => add("from", before[i], values));
  found.to.forEach((values, i) => add("to", sinks[i], values));
  return wires;
}

// The strongest connections of all, of the strongest units of each wall: what is faintly there when nothing is picked.
export async function spine(state) {
  const { header } = state, found = [];
  for (let number = 0; number < header.walls.length; number++) {
    const wall = header.walls[number], cells = wall.h * wall.w, maps = state.maps[number];
    const peaks = wall.units.map((_, index) => { let most = 0; for (let i = 0; i < cells; i++) most = Math.max(most, Math.abs(maps[index * cells + i])); return [index, most]; });
    for (const [index] of peaks.filter(([, peak]) => peak > 0).sort((a, b) => b[1] - a[1]).slice(0, 4)) {
      const wires = await ask(state, number, wall.units[index], 4);
      if (header !== state.header) return;
      for (const wire of shares(wires ?? [])) if (wire.side === "from" || wire.place.wall === -2) found.push({ ...wire, at: { wall: number, index } });
    }
  }
  state.spine = found;
  state.soon();
}
