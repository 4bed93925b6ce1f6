// The page around a part, as `mount` is told of it, or any page at all.

// scroller: what scrolls, with the part in it. block: what grows as something above the part comes or folds. hints: whether
// the page says how a picture is picked. empty(x, y): whether nothing of the page stands at a point of the window.
export function pageOf(told = {}) {
  return { scroller: document.scrollingElement, block: document.body, hints: true, empty: () => false, ...told };
}

// Pixels above a part's root, however far the page is scrolled.
export function topIn(root, page) {
  return root.getBoundingClientRect().top + (page.scroller ? page.scroller.scrollTop : 0);
}

// Draw again when the part's width or the window changes, and, where `shifted` tells whether it did, when the part has come
// to stand elsewhere: what is above may come, or fold, later than the part does.
export function watch(root, page, again, shifted = null) {
  let width = root.clientWidth;
  const sizes = new ResizeObserver(() => {
    if (width === root.clientWidth) return;
    width = root.clientWidth;
    again();
  });
  sizes.observe(root);
  const above = new ResizeObserver(() => { if (root.clientWidth && shifted()) again(); });
  if (shifted && page.block) above.observe(page.block);
  const resized = () => {
    if (root.isConnected) { again(); return; }
    // The page was left: nothing here may keep the part's arrays alive.
    window.removeEventListener("resize", resized);
    sizes.disconnect();
    above.disconnect();
  };
  window.addEventListener("resize", resized);
}
