// Mounts the part in a Streamlit component v2: of all these files this alone knows Streamlit.

const PARTS = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let part = PARTS.get(parentElement);
  if (!part) {
    part = {};
    // What it told last may be told no more: it belongs to an earlier run.
    part.draw = mount(parentElement.querySelector(".mount"), (name, value) => part.component.setStateValue(name, value));
    PARTS.set(parentElement, part);
  }
  part.component = component;
  part.draw(data);
}
