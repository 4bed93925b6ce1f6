// Mounts the stage in what stands in the window before Streamlit does. STYLES and DATA are put in by early_stage.py.
{
  const host = document.querySelector("body > .nn-opening .nn-early"), root = new URL(host.dataset.root, document.baseURI);
  const shadow = host.attachShadow({ mode: "open" });
  shadow.innerHTML = `<style>${STYLES}</style><div class="mount"></div>`;
  const kept = (globalThis.nnvizDrawn ??= { strokes: [], own: false });
  // The page's own stage tells the server, once it is there.
  const draw = $stage_stage.mount(shadow.querySelector(".mount"), (name) => { if (name === "drawn") kept.untold = true; }, { address: (name) => new URL(name, root).href, hints: false });
  fetch(new URL(DATA, root)).then((found) => found.arrayBuffer()).then((data) => draw(new Uint8Array(data)));
}
