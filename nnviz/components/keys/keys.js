// Hears the keys, tells the server which stop of the talk is wanted, and shows the blank screen and the list of keys. In
// the speaker's window it tells the wall instead.

const STATES = new WeakMap();

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

function app() {
  return document.querySelector("[data-testid=stApp]");
}

function show(state) {
  state.said.textContent = state.typed ? `\u2192 ${state.typed}` : state.at ? label(state.steps, state.at) : "";
  state.line.style.width = `${state.at ? (100 * state.at) / total(state.steps) : 0}%`;
  state.blank.hidden = !state.black;
}

function tell(state) {
  if (state.gone) return;
  if (state.told === state.wanted) {
    // There and back before anything was told: what stands there already is wanted.
    if (!state.due && state.seen >= state.sent) settle(state);
    return;
  }
  state.told = state.wanted;
  state.sent += 1;
  state.due = false;
  state.report({ at: state.wanted, count: state.sent });
}

function turn(state, to) {
  const wanted = Math.min(Math.max(to, 1), total(state.steps));
  if (state.gone || wanted === state.wanted) return;
  state.wanted = wanted;
  state.settling += 1;
  hold(state).then(() => tell(state));
}

function help(state, open) {
  state.help.hidden = !open;
  if (open) state.help.focus(); else state.help.blur();
}

// Under a black screen the picture of the scene before has no place. It comes back on a scene that is whole.
function blacken(state, black) {
  state.black = black;
  if (black) {
    state.blank.hidden = false;
    release(state);
  } else if (state.wanted === state.at) state.blank.hidden = true;
}

// What a key of the talk does on the wall, wherever it was pressed.
function act(state, key) {
  if (key === "Escape") {
    help(state, false);
    blacken(state, false);
    state.typed = "";
    show(state);
  } else if ("bB.".includes(key)) blacken(state, !state.black);
  // Who cannot see the scene does not mean to turn it.
  else if (state.black) blacken(state, false);
  else if (key === "?") help(state, state.help.hidden);
  else if (/^\d$/.test(key)) type(state, key);
  else if (key === "Enter") turn(state, typed(state));
  else turn(state, TURNS[key](state.wanted, state.steps));
}

function pressed(state, event) {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape") {
    const had = focused();
    state.act(key);
    if (had && had !== document.body) had.blur();
    return;
  }
  const remote = key === "PageDown" || key === "PageUp";
  if (!remote && !state.black && kept(event)) return;
  if (key.toLowerCase() === "s" && state.leads) window.open(state.speaker, "nnviz-speaker");
  else if (key.toLowerCase() === "d") window.nnTheme.next();
  else if (key === "Enter" ? !state.typed : !TURNS[key] && !/^[bB.?0-9]$/.test(key)) return;
  // A key that is held would run through the whole talk.
  else if (!event.repeat) state.act(key);
  event.preventDefault();
  event.stopImmediatePropagation();
}

// The run that draws the scene has ended, or the connection has: what the app itself says of them.
function watch(state) {
  const { testScriptState: script, testConnectionState: connection } = app().dataset;
  const gone = connection !== "CONNECTED";
  if (gone !== state.gone) {
    state.gone = gone;
    state.lost.hidden = !gone;
    if (gone && state.leads) {
      // Nobody knows what the server heard of it; what it says when it is back counts.
      Object.assign(state, { wanted: state.at, told: state.at, due: false, settling: state.settling + 1 });
      show(state);
      release(state);
    }
  }
  if (state.due && script === "notRunning") {
    state.due = false;
    if (state.told === state.wanted) settle(state);
  }
}

function begin(root) {
  const find = (selector) => root.querySelector(selector);
  const state = {
    said: find(".at"), line: find(".line div"), blank: find(".blank"), help: find(".help"), lost: find(".lost"), unheard: find(".unheard"),
    page: find(".page"), link: find("a.speaker"), jump: find(".jump"), desk: find(".desk"), frame: find("iframe"), steps: [], typed: "", after: null, sent: 0, seen: 0, told: 0, wanted: 0, at: 0, settling: 0, due: false, black: false, gone: false, asking: false,
  };
  state.listen = (event) => pressed(state, event);
  state.hear = (event) => (state.leads ? obey : asked)(state, event);
  state.jump.addEventListener("change", () => {
    send(state, { to: opening(state.steps, state.jump.selectedIndex) });
    state.jump.selectedIndex = 0;
    state.jump.blur();
  });
  state.watcher = new MutationObserver(() => watch(state));
  state.blank.addEventListener("click", () => blacken(state, false));
  return state;
}

function lead(state, data) {
  state.steps = data.steps;
  state.speaker = data.speaker;
  state.page.href = data.page;
  state.link.href = data.speaker;
  state.act = (key) => act(state, key);
  const anew = state.session !== data.session;
  if (data.wall) own(state, data);
  state.session = data.session;
  // A reply to an earlier press must not turn back while a later one is under way, told or not.
  if (!anew && data.seen < state.sent) return;
  const untold = state.wanted !== state.told && !anew;
  Object.assign(state, { told: data.at, seen: data.seen, sent: anew ? data.seen : state.sent, due: true });
  if (!untold) state.wanted = data.at;
  if (!state.at) { state.at = data.at; show(state); }
}

export default function ({ parentElement, data, setStateValue }) {
  if (!STATES.has(parentElement)) STATES.set(parentElement, begin(parentElement));
  const state = STATES.get(parentElement);
  state.report = (value) => setStateValue("wanted", value);
  state.name = (wall) => setStateValue("wall", wall);
  state.leads = !data.remote;
  const small = state.leads && !data.wall, anew = !state.at;
  if (state.leads) lead(state, data);
  else {
    join(state, data.remote);
    follow(state, data);
    state.act = (key) => {
      if (/^\d$/.test(key)) type(state, key);
      else if (key === "Enter") send(state, { to: typed(state) });
      else send(state, { key });
    };
  }
  state.line.parentElement.hidden = !state.leads || small;
  state.said.hidden = small;
  state.desk.hidden = state.leads;
  // Added once however often this is called; on the window, so that it comes before whatever has the focus.
  if (small || !state.leads) window.addEventListener("message", state.hear);
  if (!small) window.addEventListener("keydown", state.listen, true);
  if (small && anew) window.parent.postMessage({ loaded: true }, location.origin);
  state.watcher.observe(app(), { attributes: true });
  watch(state);
  return () => {
    window.removeEventListener("keydown", state.listen, true);
    window.removeEventListener("message", state.hear);
    state.watcher.disconnect();
    // Called before each call too. Where the talk was left, nobody else lets go of the picture, and a wall that is no more
    // must not take the keys of the next.
    setTimeout(() => {
      if (parentElement.isConnected) return;
      release(state);
      if (state.channel) state.channel.close();
      for (const timer of [state.unanswered, state.forget, state.later]) clearTimeout(timer);
      STATES.delete(parentElement);
    });
  };
}
