// Scenes with their steps in one row: where Page Down stops, counted from 1.

const TURNS = {
  PageDown: (at) => at + 1, ArrowRight: (at) => at + 1, ArrowDown: (at) => at + 1,
  PageUp: (at) => at - 1, ArrowLeft: (at) => at - 1, ArrowUp: (at) => at - 1,
  Home: () => 1, End: (at, steps) => opening(steps, steps.length),
};

function total(steps) {
  return steps.reduce((sum, count) => sum + count + 1, 0);
}

// The stop at which a scene opens.
function opening(steps, scene) {
  return total(steps.slice(0, scene - 1)) + 1;
}

// Scene and step of a stop, as the counter has them.
function label(steps, at) {
  let scene = 1, left = at - 1;
  while (left > steps[scene - 1]) { left -= steps[scene - 1] + 1; scene += 1; }
  return `${scene}/${steps.length}` + (steps[scene - 1] ? ` \u00B7 ${left}/${steps[scene - 1]}` : "");
}

// Digits are a scene's number once Enter follows; what was begun and left is forgotten.
const FORGOTTEN = 5000;

function type(state, digit) {
  state.typed = (state.typed + digit).slice(-3);
  clearTimeout(state.forget);
  state.forget = setTimeout(() => { state.typed = ""; show(state); }, FORGOTTEN);
  show(state);
}

function typed(state) {
  const scene = Math.min(Math.max(Number(state.typed), 1), state.steps.length);
  state.typed = "";
  clearTimeout(state.forget);
  show(state);
  return opening(state.steps, scene);
}
