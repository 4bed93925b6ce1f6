// A page fits its window: all pictures and charts of it are larger or smaller by one factor, `--nn-room`, until its foot
// stands at the foot of the window. A scene of a talk, which has no foot, is only ever made lower. Stands in the page
// before Streamlit's own script.
{
  const KEY = "nnviz-room", LEAST = 0.68, MOST = 1.2, PHONE = 640;
  // Pixels: what is too high is seen as a bar to scroll with; what is too low is seen when it is more than a line. Then
  // milliseconds since the last click or key, and what two factors may differ by.
  const HIGH = 1, LOW = 26, TRIES = 6, PEACE = 400, NEAR = 0.03;
  const storage = (() => { try { return window.sessionStorage; } catch { return null; } })();
  const kept = JSON.parse(storage?.getItem(KEY) ?? "{}");
  const find = (name) => document.querySelector(`[data-testid=${name}]`);
  let at = null, factor = 1, tries = 0, before = null, fits = null, over = null, waiting = null, touched = -1e9, seenLeft = null, keptLeft = null;

  // Whether all that is announced is drawn.
  const whole = (main) => {
    if (document.querySelector("link[rel=preload][as=style], [data-stale=true], [data-testid=stSkeleton]")) return false;
    if ([...main.querySelectorAll("[data-testid=stPlotlyChart]")].some((chart) => chart.checkVisibility() && !chart.querySelector(".main-svg"))) return false;
    if ([...document.querySelectorAll("img")].some((image) => !image.complete)) return false;
    // Pictures of ours stand beside what is said of them; nobody else's canvas tells when it is drawn.
    return [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].every(({ shadowRoot: root }) => (
      root?.childElementCount && (!root.querySelector(".say, .mount") || root.querySelector("[data-drawn]"))
    ));
  };

  const take = (wanted) => {
    factor = wanted;
    seenLeft = null;
    document.documentElement.style.setProperty("--nn-room", String(factor));
    // All that draws by itself draws anew as for another size of the window.
    window.dispatchEvent(new Event("resize"));
  };

  const keep = () => {
    keptLeft = seenLeft;
    if (at !== null) kept[at] = factor;
    storage?.setItem(KEY, JSON.stringify(kept));
  };

  // Pixels by which the page could be higher; negative where it is too high.
  const spare = (main) => {
    const foot = main.querySelector("[data-nn-holds=foot]");
    if (innerWidth <= PHONE || (!foot && !main.querySelector(".st-key-talk-keys"))) return 0;
    const high = main.scrollHeight - main.clientHeight;
    if (high > HIGH) return -high;
    if (!foot) return 0;
    const above = [...foot.parentElement.children].filter((node) => node !== foot && node.checkVisibility());
    return foot.getBoundingClientRect().top - Math.max(...above.map((node) => node.getBoundingClientRect().bottom));
  };

  // Long work of a page, whose bar comes and goes: the page is looked at as it is, and fitted once it is done. Where a bar
  // makes a scene too high the scene is made lower.
  const works = (main) => main?.querySelector(".st-key-foot") && main.querySelector("[data-testid=stProgress], [data-testid=stSpinner]");

  const forget = () => { tries = 0; before = fits = over = keptLeft = null; };

  const fit = () => {
    waiting = null;
    const main = find("stMain");
    if (works(main)) return again(200);
    if (!main || find("stApp").dataset.testScriptState !== "notRunning" || !whole(main)) return again(60);
    const said = new URLSearchParams(location.search);
    const place = [location.pathname, said.get("net"), said.get("scene"), innerWidth, innerHeight].join(" ");
    if (place !== at) {
      at = place;
      forget();
      if ((kept[at] ?? 1) !== factor) { take(kept[at] ?? 1); return again(60); }
    }
    // What is seen twice alike: between a change and the next frame a page has any height.
    const left = spare(main);
    if (left !== seenLeft) { seenLeft = left; return again(30); }
    // What came after the page had been fitted, as the chart of a long job does, is fitted as a page of its own.
    if (keptLeft !== null && left !== keptLeft) forget();
    // The largest factor that fits, and the smallest that does not; tiles that come to stand in other rows may turn them
    // about, and then the last one holds.
    if (left >= 0) {
      fits = Math.max(fits ?? 0, factor);
      if (over <= fits) over = null;
    } else {
      over = Math.min(over ?? Infinity, factor);
      if (fits >= over) fits = null;
    }
    // As it was left: more cannot be done, and what was drawn changed nothing of it.
    if ((left >= 0 && left <= LOW) || left === keptLeft) return keep();
    // Nothing moves under a hand that is at work.
    if (performance.now() - touched < PEACE) return again(60);
    if (tries >= TRIES || (fits !== null && over !== null && over - fits < NEAR)) {
      if (left >= 0 || fits === null) return keep();
      tries = TRIES;
      take(fits);
      return again(40);
    }
    // What a share more of the factor adds to the page: as measured by the step before, or a good half of the window.
    const measured = before && (before.left - left) / (factor - before.factor), plenty = 0.1 * innerHeight;
    // Pictures that are as wide as the page grow no more.
    if (left > 0 && before && measured < plenty / 2) return keep();
    const gained = measured > plenty ? measured : 0.55 * innerHeight;
    let next = factor + (left > 0 ? left - LOW / 2 : left - 4) / gained;
    if (fits !== null && over !== null && (next <= fits || next >= over)) next = (fits + over) / 2;
    // Too high by far, as with all that can be opened open: one scrolls, and the pictures keep their size.
    next = next < LEAST ? (tries ? LEAST : 1) : Math.min(next, MOST);
    before = { factor, left };
    tries += 1;
    if (Math.abs(next - factor) < 0.004) return keep();
    take(next);
    return again(40);
  };

  const again = (after) => {
    waiting ??= requestAnimationFrame(() => setTimeout(fit, after));
  };

  // Nothing is waited for but the end of long work: it ends at once where that does.
  window.nnRoom = { whole, get settled() { return waiting === null || Boolean(works(find("stMain"))); } };
  // Another page, another size, another number of lines.
  const sizes = new ResizeObserver(() => again(60));
  const seen = new WeakSet();
  new MutationObserver(() => {
    const block = find("stMainBlockContainer")?.firstElementChild;
    if (block && !seen.has(block)) { seen.add(block); sizes.observe(block); }
  }).observe(document, { childList: true, subtree: true });
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, () => { touched = performance.now(); }, true);
  window.addEventListener("resize", (event) => { if (event.isTrusted) { forget(); again(60); } });
}
