// Back, play, on, the bar and the speed.

// Args: step: what back and on move by, as "cell"; scrub: what the bar stands for, as "Cell of the output".
export function playerHtml(step, scrub) {
  return `<div class="controls">
    <button type="button" class="back" aria-label="One ${step} back" title="One ${step} back">&#8676;</button>
    <button type="button" class="play" aria-label="Play" title="Play">&#9654;</button>
    <button type="button" class="on" aria-label="One ${step} on" title="One ${step} on">&#8677;</button>
    <input type="range" class="scrub" aria-label="${scrub}" min="0" step="1">
    <span class="where"></span>
    <label class="speed"><span>Speed</span> <input type="range" aria-label="Speed" min="0" step="1"><span class="rate"></span></label>
  </div>`;
}

// The button says what it does now.
export function showPlay(button, playing) {
  const word = playing ? "Pause" : "Play";
  button.textContent = playing ? "\u23F8" : "\u25B6";
  button.title = word;
  button.setAttribute("aria-label", word);
}
