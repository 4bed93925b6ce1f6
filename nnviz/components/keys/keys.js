// Hears the keys, tells the server which scene is wanted, and shows the blank screen and the list of keys. In the
// speaker's window it tells the wall instead. From a press until the scene is whole the wall shows the one before.

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

// Milliseconds after the end of a run that a picture may take to be drawn; one that never is must not stop the talk.
const LONGEST = 4000;

// Milliseconds in which a window of this browser answers another, also while it draws.
const UNANSWERED = 1000;

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
  state.said.textContent = `${state.at}/${state.total}`;
  state.line.style.width = `${(100 * state.at) / state.total}%`;
  state.blank.hidden = !state.black;
}

// The browser's own picture of the window stands before everything, until `release`. It is taken in the next frame, which
// is what is waited for: nothing that the server answers from then on is in it. Without such pictures, or where nobody
// sees the window, what is drawn is seen as it comes.
function hold(state) {
  if (state.held) return state.taken;
  if (!document.startViewTransition || document.hidden || state.black) return Promise.resolve();
  const held = document.startViewTransition(() => {});
  state.held = held;
  // A window that is hidden or resized meanwhile lets go of its picture by itself.
  held.ready.catch(() => {});
  held.finished.finally(() => { if (state.held === held) state.held = null; });
  state.taken = Promise.race([new Promise(requestAnimationFrame), held.updateCallbackDone]);
  return state.taken;
}

function release(state) {
  if (state.held) state.held.skipTransition();
  state.held = null;
}

// Whether all that the scene announces is drawn, and nothing of the one before is left.
function whole() {
  const main = document.querySelector("[data-testid=stMain]");
  if (!main || main.querySelector("[data-stale=true], [data-testid=stSkeleton]")) return false;
  const charts = [...main.querySelectorAll("[data-testid=stPlotlyChart]")];
  if (charts.some((chart) => !chart.querySelector(".main-svg"))) return false;
  if ([...main.querySelectorAll("img")].some((image) => !image.complete)) return false;
  return [...main.querySelectorAll("[data-testid=stBidiComponentIsolated]")].every(({ shadowRoot: root }) => (
    root && root.childElementCount && (!root.querySelector("canvas") || root.querySelector("canvas[data-drawn]"))
  ));
}

// The server has drawn what was wanted: shown at once when it stands there whole, the counter with it.
function settle(state) {
  const ended = performance.now();
  state.settling += 1;
  const mine = state.settling;
  let frames = 0;
  const look = () => {
    if (mine !== state.settling) return;
    frames = whole() ? frames + 1 : 0;
    // What is drawn in the frame after a change, as points and marks are, takes one more.
    if (frames < 3 && performance.now() - ended < LONGEST && !document.hidden) { requestAnimationFrame(look); return; }
    state.at = state.wanted;
    show(state);
    release(state);
  };
  look();
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
  const wanted = Math.min(Math.max(to, 1), state.total);
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
  } else if ("bB.".includes(key)) blacken(state, !state.black);
  // Who cannot see the scene does not mean to turn it.
  else if (state.black) blacken(state, false);
  else if (key === "?") help(state, state.help.hidden);
  else turn(state, TURNS[key](state.wanted, state.total));
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
  else if (!TURNS[key] && !["b", "B", ".", "?"].includes(key)) return;
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

// In the speaker's window: a key has an answer, or it is said that no wall of this browser hears it.
function send(state, key) {
  state.channel.postMessage({ key });
  clearTimeout(state.unanswered);
  state.unanswered = setTimeout(() => { state.unheard.hidden = false; }, UNANSWERED);
}

function hear(state) {
  clearTimeout(state.unanswered);
  state.unheard.hidden = true;
}

function join(state, wall) {
  if (state.wall === wall) return;
  if (state.channel) state.channel.close();
  state.wall = wall;
  state.channel = new BroadcastChannel(`nnviz-wall-${wall}`);
  state.channel.onmessage = ({ data }) => {
    if (data.heard) hear(state);
    if (!state.leads) return;
    if (data.key) {
      state.channel.postMessage({ heard: true });
      act(state, data.key);
    }
    if (data.who && !state.asking) state.channel.postMessage({ here: data.who });
  };
}

// Whether no other window of this browser is that wall: a window that is doubled takes the name along.
function free(wall) {
  const channel = new BroadcastChannel(`nnviz-wall-${wall}`);
  const who = crypto.getRandomValues(new Uint32Array(2)).join("-");
  return new Promise((resolve) => {
    const done = (answer) => { channel.close(); resolve(answer); };
    channel.onmessage = ({ data }) => { if (data.here === who) done(false); };
    channel.postMessage({ who });
    setTimeout(done, UNANSWERED, true);
  });
}

// A wall keeps its name in its own window, where no link carries it and a reload finds it.
function own(state, data) {
  const keep = (wall) => { join(state, wall); sessionStorage.setItem("nnviz-wall", wall); };
  const before = sessionStorage.getItem("nnviz-wall");
  if (data.wall !== data.session || data.sure || !before || before === data.wall) keep(data.wall);
  else if (state.session !== data.session) {
    // It is heard by that name at once: the speaker's window goes on.
    join(state, before);
    state.asking = true;
    free(before).then((unused) => {
      state.asking = false;
      if (unused) state.name(before); else keep(data.wall);
    });
  }
}

function begin(root) {
  const find = (selector) => root.querySelector(selector);
  const state = {
    said: find(".at"), line: find(".line div"), blank: find(".blank"), help: find(".help"), lost: find(".lost"), unheard: find(".unheard"),
    page: find(".page"), link: find("a.speaker"), sent: 0, seen: 0, told: 0, wanted: 0, at: 0, settling: 0, due: false, black: false, gone: false, asking: false,
  };
  state.listen = (event) => pressed(state, event);
  state.watcher = new MutationObserver(() => watch(state));
  state.blank.addEventListener("click", () => blacken(state, false));
  return state;
}

function lead(state, data) {
  state.total = data.total;
  state.speaker = data.speaker;
  state.page.href = data.page;
  state.link.href = data.speaker;
  state.act = (key) => act(state, key);
  const anew = state.session !== data.session;
  own(state, data);
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
  state.leads = Boolean(data.total);
  if (state.leads) lead(state, data);
  else {
    join(state, data.wall);
    state.act = (key) => send(state, key);
  }
  for (const node of [state.said, state.line.parentElement]) node.hidden = !state.leads;
  // Added once however often this is called; on the window, so that it comes before whatever has the focus.
  window.addEventListener("keydown", state.listen, true);
  state.watcher.observe(app(), { attributes: true });
  watch(state);
  return () => {
    window.removeEventListener("keydown", state.listen, true);
    state.watcher.disconnect();
    // Called before each call too. Where the talk was left, nobody else lets go of the picture, and a wall that is no more
    // must not take the keys of the next.
    setTimeout(() => {
      if (parentElement.isConnected) return;
      release(state);
      if (state.channel) state.channel.close();
      clearTimeout(state.unanswered);
      STATES.delete(parentElement);
    });
  };
}
