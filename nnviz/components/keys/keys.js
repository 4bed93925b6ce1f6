// Counts the presses, tells the server which scene is wanted, and shows the blank screen and the list of keys.

const STATES = new WeakMap();

const TURNS = {
  PageDown: (at) => at + 1, ArrowRight: (at) => at + 1, ArrowDown: (at) => at + 1,
  PageUp: (at) => at - 1, ArrowLeft: (at) => at - 1, ArrowUp: (at) => at - 1,
  Home: () => 1, End: (at, total) => total,
};

// What keeps its own keys while it has the focus. A remote's two keys are not among them.
const KEEPS = [
  "input", "textarea", "select", "[contenteditable=true]", "[role=slider]", "[role=listbox]", "[role=combobox]", "[role=radio]",
  "[role=option]", "[role=menuitem]", "[role=tab]", "[role=application]", "[role=spinbutton]",
].join(",");

function kept(event) {
  return event.composedPath().some((node) => node.matches && node.matches(KEEPS));
}

// The focus may stand in a picture's own shadow root.
function focused() {
  let node = document.activeElement;
  while (node && node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
  return node;
}

function show(state) {
  state.said.textContent = `${state.at}/${state.total}`;
  state.line.style.width = `${(100 * state.at) / state.total}%`;
}

function turn(state, to) {
  const at = Math.min(Math.max(to, 1), state.total);
  if (at === state.at) return;
  state.at = at;
  state.sent += 1;
  show(state);
  state.report({ at, count: state.sent });
}

function help(state, open) {
  state.help.hidden = !open;
  if (open) state.help.focus(); else state.help.blur();
}

function pressed(state, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const remote = event.key === "PageDown" || event.key === "PageUp";
  if (event.key === "Escape") {
    const had = focused();
    help(state, false);
    state.blank.hidden = true;
    if (had && had !== document.body) had.blur();
    return;
  }
  if (!remote && kept(event)) return;
  const letter = event.key.toLowerCase();
  if (TURNS[event.key]) {
    // A key that is held would run through the whole talk.
    if (!event.repeat) turn(state, TURNS[event.key](state.at, state.total));
  } else if (letter === "b" || letter === ".") state.blank.hidden = !state.blank.hidden;
  else if (letter === "?") help(state, state.help.hidden);
  else if (letter === "s") window.open(state.speaker, "nnviz-speaker");
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

export default function ({ parentElement, data, setStateValue }) {
  let state = STATES.get(parentElement);
  if (!state) {
    const find = (selector) => parentElement.querySelector(selector);
    state = { said: find(".at"), line: find(".line div"), blank: find(".blank"), help: find(".help"), page: find(".page"), link: find("a.speaker"), sent: 0, at: 0 };
    STATES.set(parentElement, state);
    const now = state;
    now.listen = (event) => pressed(now, event);
    now.blank.addEventListener("click", () => { now.blank.hidden = true; });
  }
  // Added once however often this is called; on the window, so that it comes before whatever has the focus.
  window.addEventListener("keydown", state.listen, true);
  state.report = (value) => setStateValue("wanted", value);
  state.total = data.total;
  state.speaker = data.speaker;
  state.page.href = data.page;
  state.link.href = data.speaker;
  // A reply to an earlier press must not turn back while a later one is under way.
  if (data.seen >= state.sent) { state.at = data.at; state.sent = data.seen; }
  show(state);
  return () => window.removeEventListener("keydown", state.listen, true);
}
