// Until the page is whole its title and what is waited for stand alone; then all of it is shown at once, and nothing of it
// moves any more. Long work of the page's own, which has a bar, is not waited for.
{
  // Milliseconds after the end of a run that a picture may take; one that never comes must not hide the rest.
  const LONGEST = 6000;
  // Milliseconds after it is whole in which nothing else is done: what comes first is looked at, and perhaps pressed.
  const PEACE = 700;
  const began = performance.now();
  // Addresses are the page's own: which one it is may have changed by then.
  const later = document.currentScript.dataset.later.split(" ").map((name) => new URL(name, document.baseURI).href);
  const opening = document.querySelector("body > .nn-opening"), words = opening.querySelector("p"), bar = opening.querySelector("progress");
  const since = words && Number(words.querySelector("b").textContent);
  let ended = null, frames = 0;

  // What only some pages have is loaded while nobody waits, so that its first time takes no longer than any other.
  const prepare = () => {
    const idle = window.requestIdleCallback ?? ((done) => setTimeout(done, 50));
    // One that is not to be had now is asked for again by whatever needs it.
    if (later.length) idle(() => import(later.shift()).then(prepare, () => {}));
  };

  const look = () => {
    const main = document.querySelector("[data-testid=stMain]"), app = document.querySelector("[data-testid=stApp]");
    const waited = main?.querySelector(".st-key-waiting [data-testid=stProgress]");
    if (words) {
      if (waited) {
        if (words.textContent !== waited.textContent) words.textContent = waited.textContent;
        bar.value = Number(waited.querySelector("[role=progressbar]").getAttribute("aria-valuenow")) / 100;
      } else if (words.firstElementChild) {
        const spent = String(Math.floor(since + (performance.now() - began) / 1000));
        if (words.firstElementChild.textContent !== spent) words.firstElementChild.textContent = spent;
      }
    }
    if (main && !waited && !globalThis.nnvizDrawn?.pen) {
      const works = main.querySelector("[data-testid=stProgress], [data-testid=stSpinner], [data-testid=stException]");
      if (app.dataset.testScriptState !== "notRunning") ended = null;
      else if (main.querySelector("[data-testid=stElementContainer]")) ended ??= performance.now();
      frames = ended !== null && window.nnRoom.whole(main) && window.nnRoom.settled ? frames + 1 : 0;
      // What is drawn in the frame after a change, as points and marks are, takes one more.
      if (works || frames > 2 || (ended !== null && performance.now() - ended > LONGEST)) {
        opening.remove();
        setTimeout(prepare, PEACE);
        return;
      }
    }
    requestAnimationFrame(look);
  };
  look();
}
