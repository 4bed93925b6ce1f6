// Mounts a part in a Streamlit component v2. Of what a part is made of, this alone knows Streamlit (and adapter.css).

const PARTS = new WeakMap();
// What only holds other parts of a page.
const LAYOUT = "[data-testid=stVerticalBlock], [data-testid=stHorizontalBlock], [data-testid=stLayoutWrapper], [data-testid=stColumn], [data-testid=stMainBlockContainer]";

function pageAround(parentElement) {
  const host = parentElement.getRootNode().host, main = host?.closest("[data-testid=stMain]");
  return {
    scroller: main || document.scrollingElement, block: host?.closest("[data-testid=stMainBlockContainer]"), hints: Boolean(main),
    empty: (x, y) => Boolean(document.elementFromPoint(x, y)?.matches(LAYOUT)),
  };
}

// Of `mount`, which is called once for each place on the page, what Streamlit calls whenever its data is new.
export function adapt(mount) {
  return (component) => {
    const { parentElement, data } = component;
    let part = PARTS.get(parentElement);
    if (!part) {
      part = {};
      // What it told last may be told no more: it belongs to an earlier run.
      const report = (name, value) => part.component.setStateValue(name, value);
      part.draw = mount(parentElement.querySelector(".mount"), report, pageAround(parentElement));
      PARTS.set(parentElement, part);
    }
    part.component = component;
    part.draw(data);
  };
}
