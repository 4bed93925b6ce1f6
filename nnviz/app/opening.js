// Until the page is whole its title and what is waited for stand alone; then all of it is shown at once, and nothing of it
// moves any more. Long work of the page's own, which has a bar, is not waited for.
{
  // Milliseconds after the end of a run that a picture may take; one that never comes must not hide the rest.
  const LONGEST = 6000;
  const began = performance.now();
  const opening = document.querySelector("body > .nn-opening"), words = opening.querySelector("p"), bar = opening.querySelector("progress");
  const since = words && Number(words.querySelector("b").textContent);
  let ended = null, frames = 0;

  const whole = (main) => {
    if (main.querySelector("[data-stale=true], [data-testid=stSkeleton]")) return false;
    if ([...main.querySelectorAll("[data-testid=stPlotlyChart]")].some((chart) => chart.checkVisibility() && !chart.querySelector(".main-svg"))) return false;
    if ([...document.querySelectorAll("img")].some((image) => !image.complete)) return false;
    return [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].every(({ shadowRoot: root }) => (
      root?.childElementCount && (!root.querySelector("canvas") || root.querySelector("canvas[data-drawn]"))
    ));
  };

  const look = () => {
    const main = document.querySelector("[data-testid=stMain]"), app = document.querySelector("[data-testid=stApp]");
    const waited = main?.querySelector(".st-key-waiting [data-testid=stProgress]");
    if (words) {
      if (waited) {
        words.textContent = waited.textContent;
        bar.value = Number(waited.querySelector("[role=progressbar]").getAttribute("aria-valuenow")) / 100;
      } else if (words.firstElementChild) {
        words.firstElementChild.textContent = Math.floor(since + (performance.now() - began) / 1000);
      }
    }
    if (main && !waited) {
      const works = main.querySelector("[data-testid=stProgress], [data-testid=stSpinner], [data-testid=stException]");
      if (app.dataset.testScriptState !== "notRunning") ended = null;
      else if (main.querySelector("[data-testid=stElementContainer]")) ended ??= performance.now();
      frames = ended !== null && whole(main) ? frames + 1 : 0;
      // What is drawn in the frame after a change, as points and marks are, takes one more.
      if (works || frames > 2 || (ended !== null && performance.now() - ended > LONGEST)) { opening.remove(); return; }
    }
    requestAnimationFrame(look);
  };
  look();
}
