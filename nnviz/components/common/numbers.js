// Numbers as they are written, and kept within bounds.

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

// The least and the largest of many.
export function endsIn(values) {
  let least = Infinity, most = -Infinity;
  for (const value of values) { if (value < least) least = value; if (value > most) most = value; }
  return [least, most];
}

// With so many digits that count, and a true minus.
export function number(value, digits = 3) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1000 || size < 0.001 ? value.toExponential(1) : value.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(Math.max(size, 0.1)))));
  return text.replace("-", "\u2212");
}

// As short as a cell needs it.
export function shortNumber(value) {
  const text = Math.abs(value) >= 10 ? value.toFixed(0) : Math.abs(value) >= 0.995 ? value.toFixed(1) : value.toFixed(2).replace("0.", ".");
  return Number(text) === 0 ? "0" : text.replace("-", "\u2212");
}

// As a term of a sum.
export function signed(value) {
  return `${value < 0 ? "\u2212" : "+"} ${number(Math.abs(value))}`;
}

// A whole number, its thousands apart.
export function count(value) {
  return value.toLocaleString("en");
}
