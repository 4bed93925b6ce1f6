// Pointer and keys.

// Where the pointer is, in CSS pixels from the corner of an element.
export function placeIn(element, event) {
  const box = element.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

// What is said under the pointer, at x and y of its part's root: above it, or below where that would be outside.
export function placeTip(tip, root, x, y, above = 46) {
  tip.style.left = `${Math.max(0, Math.min(x + 18, root.clientWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${y > above + 14 ? y - above : y + 26}px`;
}

// Keys that the browser or the page has for itself.
export function isOthers(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

// A key that was taken is nobody else's.
export function take(event) {
  event.preventDefault();
  event.stopPropagation();
}
