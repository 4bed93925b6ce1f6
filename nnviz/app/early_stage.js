// Mounts the stage in what stands in the window before Streamlit does. EARLY is put before it by early_stage.py.
{
  const host = document.querySelector("body > .nn-opening .nn-early"), root = new URL(host.dataset.root, document.baseURI);
  const shadow = host.attachShadow({ mode: "open" });
  shadow.innerHTML = `<style>${EARLY.style}</style><div class="mount"></div>`;
  const kept = (globalThis.nnvizDrawn ??= { strokes: [], own: false });
  // The page's own stage tells the server what was drawn, once it is there.
  const report = (name) => { if (name === "drawn") kept.untold = true; };
  const code = URL.createObjectURL(new Blob([EARLY.code], { type: "text/javascript" }));
  const address = (name) => (name === "code" ? code : new URL(name, root).href);
  const draw = $stage_stage.mount(shadow.querySelector(".mount"), report, { address, hints: false });
  draw(Uint8Array.from(atob(EARLY.data), (letter) => letter.charCodeAt(0)));
}
