// A wall, the speaker's window that turns it, and the picture of what comes next in there: windows of one browser.

// Milliseconds in which a window of this browser answers another, also while it draws.
const UNANSWERED = 1000;

// In the speaker's window: a key has an answer, or it is said that no wall of this browser hears it.
function send(state, message) {
  state.channel.postMessage(message);
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
    if (data.key || data.to) {
      state.channel.postMessage({ heard: true });
      if (data.key) act(state, data.key); else turn(state, data.to);
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


// Milliseconds that the wall has to itself before the picture of what comes next is drawn.
const LATER = 700;

// A frame as wide as the box around it, whatever that comes to be; before it is laid out the box has no width.
function shrink(frame) {
  const watch = new ResizeObserver(() => { frame.style.transform = `scale(${frame.parentElement.clientWidth / frame.clientWidth})`; });
  watch.observe(frame.parentElement);
  return watch;
}

// In the speaker's window. The picture is a wall in a frame: loaded once, then told which stop it is to show.
function follow(state, data) {
  state.steps = data.steps;
  if (state.listed !== data.scenes.join("\n")) {
    state.listed = data.scenes.join("\n");
    state.jump.replaceChildren(...["Jump to a scene", ...data.scenes.map((say, at) => `${at + 1}  ${say}`)].map((text) => {
      const option = document.createElement("option");
      option.textContent = text;
      return option;
    }));
  }
  state.frame.parentElement.hidden = data.after === null;
  state.small ??= shrink(state.frame);
  if (data.after === null || data.after === state.after) return;
  state.after = data.after;
  clearTimeout(state.later);
  state.later = setTimeout(() => {
    if (!state.frame.src) state.frame.src = data.preview;
    else state.frame.contentWindow.postMessage({ to: state.after }, location.origin);
  }, LATER);
}

// In the frame: what the window around it says. It asks first, since it may have been told while it was loaded.
function obey(state, event) {
  if (event.origin === location.origin && event.source === window.parent && event.data.to) turn(state, event.data.to);
}

function asked(state, event) {
  if (event.source === state.frame.contentWindow && event.data.loaded) event.source.postMessage({ to: state.after }, location.origin);
}
