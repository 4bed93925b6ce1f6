// The camera as the picture: its middle square, again and again, as long as it is on.

// The middle square of what the camera sees, on a canvas of so many pixels.
export function square(video, side) {
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const { videoWidth: wide, videoHeight: high } = video, most = Math.min(wide, high);
  // As in a mirror: who moves a hand to the right sees it go to the right.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.translate(side, 0);
  context.scale(-1, 1);
  context.imageSmoothingQuality = "high";
  context.drawImage(video, (wide - most) / 2, (high - most) / 2, most, most, 0, 0, side, side);
  return canvas;
}

// A square seen as a drawing, white on black: what is unlike the paper, whichever of them is dark.
export function asInk(canvas) {
  const side = canvas.width, { data } = canvas.getContext("2d").getImageData(0, 0, side, side);
  const grey = Float32Array.from({ length: side * side }, (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
  const paper = Float32Array.from(grey).sort()[grey.length >> 1], unlike = grey.map((value) => Math.abs(value - paper));
  const most = Math.max(...unlike, 60);
  return Uint8Array.from(unlike, (value) => (value < 0.35 * most ? 0 : Math.min(255, Math.round((255 * (value - 0.35 * most)) / (0.5 * most)))));
}

//   each(video): called as often as the screen is drawn, not again before what it returned is done
//   says(text): what is to be told, "" for nothing
export function camera(each, says) {
  let stream = null, video = null, on = false;
  async function go() {
    while (on) {
      await new Promise((next) => requestAnimationFrame(next));
      if (on && video.videoWidth) await each(video);
    }
  }
  return {
    get on() { return on; },
    async start() {
      if (!navigator.mediaDevices) { says("A camera was expected. A browser gives it to pages of https and of this machine alone."); return; }
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, facingMode: "user" } });
      } catch (error) {
        says(`A camera was expected. Received: ${error.name === "NotAllowedError" ? "none, since the browser was told to give none" : "none that this browser can use"}.`);
        return;
      }
      says("");
      video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true, playsInline: true });
      await video.play();
      on = true;
      go();
    },
    stop() {
      on = false;
      for (const track of stream?.getTracks() ?? []) track.stop();
      stream = null;
    },
  };
}
