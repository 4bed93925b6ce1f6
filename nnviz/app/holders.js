// What the style would find with `:has()`, for which a browser styles nearly the whole page anew whenever something in it
// changes, is written down here as it comes and goes: on the root what there is (`data-nn-has`), on a box what it holds
// (`data-nn-holds`). Stands in the page before Streamlit's own script.
{
  const THERE = {
    foot: "st-key-foot", wall: "st-key-talk-keys", remote: "st-key-talk-remote", stage: "st-key-stage",
    hidden: "st-key-predict-ask", shifts: "st-key-mlp-vs-cnn-dx", opening: "nn-opening",
  };
  const WRAPPER = "[data-testid=stLayoutWrapper]", ELEMENT = "[data-testid=stElementContainer]", COLUMN = "[data-testid=stColumn]";
  // By what they are told apart, the box that holds them.
  const HELD = {
    "st-key-foot": WRAPPER, "st-key-paste": WRAPPER, "st-key-menu-button": WRAPPER, "st-key-menu-talk": WRAPPER,
    "st-key-study": COLUMN, "nn-reading": ELEMENT, "nn-chapter": ELEMENT,
    "nn-configuration": "[data-testid=stPopoverBody]",
  };
  // Lists that the browser keeps up to date by itself.
  const of = (name) => document.getElementsByClassName(name);
  const there = Object.entries(THERE).map(([name, marked]) => [name, of(marked)]);
  const held = Object.entries(HELD).map(([marked, box]) => [marked.replace(/^(st-key|nn)-/, ""), of(marked), box]);
  const lines = of("nn-small"), columns = of("stColumn"), root = document.documentElement;
  let before = new Map();

  const isEmpty = (block) => block?.dataset.testid === "stVerticalBlock"
    && [...block.children].every((child) => block.children.length === 1 && child.firstElementChild?.dataset.testid === "stEmpty");

  const look = () => {
    const has = there.filter(([, found]) => found.length).map(([name]) => name).join(" ");
    if (root.dataset.nnHas !== has) root.dataset.nnHas = has;
    const now = new Map();
    for (const [name, found, box] of held) for (const node of found) now.set(node.parentElement.closest(box), name);
    // What is there for the order of things alone, and holds nothing now.
    for (const line of lines) if (!line.firstChild) now.set(line.closest(ELEMENT), "nothing");
    const page = document.querySelector("[data-testid=stMainBlockContainer]")?.firstElementChild;
    const boxes = [...(page?.children ?? [])].filter((box) => box.dataset.testid === "stLayoutWrapper");
    for (const box of [...boxes, ...columns]) if (isEmpty(box.firstElementChild)) now.set(box, "nothing");
    now.delete(null);
    for (const [box, name] of now) if (box.dataset.nnHolds !== name) box.dataset.nnHolds = name;
    for (const box of before.keys()) if (!now.has(box)) delete box.dataset.nnHolds;
    before = now;
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
}
