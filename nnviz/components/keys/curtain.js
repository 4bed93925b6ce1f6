// From a press until the scene is whole the wall shows the one before.

// Milliseconds after the end of a run that a picture may take to be drawn; one that never is must not stop the talk.
const LONGEST = 4000;

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

// Whether all that the scene announces is drawn, as high as the window has room for, and nothing of the one before is left.
function whole() {
  const main = document.querySelector("[data-testid=stMain]");
  return main !== null && window.nnRoom.whole(main) && window.nnRoom.settled;
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
