// Put into every page before its own scripts: says whether the app is done with all that it was asked.

window.nn = {
  // Milliseconds in which nothing is drawn any more, and those after a run in which its last words are put in.
  QUIET: 100,
  BREATH: 50,
  // When a run was asked for, while none has begun since; and how long one is waited for: Streamlit answers nothing to
  // the timer of a part of the page that is gone.
  asked: null,
  UNHEARD: 5000,
  idle: null,
  since: 0,
  was: "",
  canvases() {
    // Asked for many times a second: only where there can be one.
    const roots = [document, ...[...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].map((host) => host.shadowRoot)];
    return roots.flatMap((root) => (root ? [...root.querySelectorAll("canvas[data-drawn]")] : []));
  },
  // What is announced and not there yet: a chart, a picture, or the script that draws either.
  missing(canvases) {
    if (document.querySelector('[data-testid="stSkeleton"], [data-testid="stAppSkeleton"]')) return true;
    for (const chart of document.querySelectorAll('[data-testid="stPlotlyChart"]')) {
      if (chart.checkVisibility() && !chart.querySelector(".main-svg")) return true;
    }
    return canvases.length < document.querySelectorAll('[class*="st-key-raster-"], [class*="st-key-scatter-"], [class*="st-key-deletion-"], [class*="st-key-dots-"], [class*="st-key-stage-"]').length;
  },
  still() {
    const now = performance.now();
    const app = document.querySelector('[data-testid="stApp"]');
    if (!app || app.dataset.testScriptState !== "notRunning" || (this.asked !== null && now - this.asked < this.UNHEARD)) { this.idle = null; return false; }
    this.idle ??= now;
    const shown = '[data-testid="stMain"] h1, [data-testid="stAlert"], [data-testid="stException"]';
    const canvases = this.canvases();
    // Nothing is seen before all of it is (app/opening.js).
    if (document.querySelector("body > .nn-opening") || !(window.nnRoom?.settled ?? true)) { this.was = ""; return false; }
    if (!document.querySelector(shown) || this.missing(canvases)) { this.was = ""; return false; }
    const drawn = canvases.map((canvas) => [canvas.dataset.drawn, canvas.dataset.frames, canvas.dataset.picked, canvas.width].join());
    // The app learns of another size of the window later than the window has it.
    const { scrollWidth, scrollHeight } = document.querySelector('[data-testid="stMain"]') ?? document.body;
    const sizes = [innerWidth, innerHeight, scrollWidth, scrollHeight];
    const all = [location.href, document.querySelectorAll("[data-stale=true]").length, ...sizes, ...drawn].join("|");
    // A bar that moves beside it draws nothing of this: it is not waited for.
    if (all !== this.was) { this.was = all; this.since = now; return false; }
    return now - this.since > this.QUIET && now - this.idle > this.BREATH;
  },
  async colours(drawn) {
    const canvas = drawn.getContext("2d") ? drawn : await this.copied(drawn);
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    // Neighbours are mostly alike, and a comparison is quicker than a set.
    const found = new Set();
    let last = -1;
    for (const pixel of new Uint32Array(pixels.buffer)) {
      if (pixel === last) continue;
      last = pixel;
      found.add(pixel & 0xffffff);
    }
    return found.size;
  },
  // A canvas that the graphics card draws has its pixels in the frame alone in which they were drawn.
  async copied(drawn) {
    const copy = Object.assign(document.createElement("canvas"), { width: drawn.width, height: drawn.height });
    dispatchEvent(new Event("resize"));
    await new Promise((done) => requestAnimationFrame(() => { copy.getContext("2d").drawImage(drawn, 0, 0); done(); }));
    return copy;
  },
  // All that is drawn: the key of its picture, where it has one, how many colours it has and what is said of it.
  pictures() {
    return Promise.all(this.canvases().map(async (canvas) => {
      const host = canvas.getRootNode().host || canvas, holder = host.closest('[class*="st-key-raster-"]');
      const key = holder ? /st-key-raster-([\w-]+)/.exec(holder.className)[1] : null;
      const main = host.closest('[data-testid="stMain"]') !== null;
      return { key, main, colours: await this.colours(canvas), label: canvas.getAttribute("aria-label") };
    }));
  },
};

{
  // The fields that stand at the top of a message in the protocol buffers' form.
  function* fields(bytes) {
    let at = 0;
    const varint = () => {
      let value = 0, shift = 1;
      for (;;) {
        const byte = bytes[at++] ?? 0;
        value += (byte & 127) * shift;
        shift *= 128;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const tag = varint();
      yield tag >> 3;
      const kind = tag & 7;
      if (kind === 0) varint();
      else if (kind === 1) at += 8;
      else if (kind === 2) {
        const length = varint();
        at += length;
      } else at += 4;
    }
  }

  // Numbers of Streamlit's fields: `test_look.py` holds them.
  const RERUN = 11, NEW_SESSION = 4;

  // A run that was asked for begins with a message of its own, so what waits between the two is known without a clock.
  window.WebSocket = class extends window.WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
          if (data instanceof ArrayBuffer && [...fields(new Uint8Array(data))].includes(NEW_SESSION)) window.nn.asked = null;
      });
    }
    send(data) {
      if (data instanceof Uint8Array && [...fields(data)].includes(RERUN)) window.nn.asked = performance.now();
      super.send(data);
    }
  };
}
