// Beside the points: which colour is which group, and the marked ones, each a button that follows it.

import { drawPicture } from "./drawing.js";

// Args: follow(index), when one is chosen.
export function fillPanel(state, follow) {
  const { header, parts, inks } = state;
  parts.legend.replaceChildren(...header.names.map((name, group) => {
    const item = document.createElement("span"), colour = document.createElement("i");
    colour.style.background = `rgb(${inks[group].join(",")})`;
    item.append(colour, name);
    return item;
  }));
  parts.told.textContent = header.told;
  parts.told.hidden = !header.told;
  const side = 56;
  parts.marked.replaceChildren(...header.marked.slice(0, header.listed).map(({ index, short }) => {
    const button = document.createElement("button"), picture = document.createElement("canvas"), words = document.createElement("span");
    drawPicture(picture, header, state.pictures, index, side);
    words.textContent = short;
    button.type = "button";
    button.dataset.index = String(index);
    button.title = header.titles[index];
    button.setAttribute("aria-label", `Follow ${header.titles[index]}`);
    button.append(picture, words);
    button.addEventListener("click", () => follow(index));
    return button;
  }));
  showFollowed(state);
}

// Which of them is followed.
export function showFollowed(state) {
  for (const button of state.parts.marked.children) {
    button.setAttribute("aria-pressed", String(state.follow && Number(button.dataset.index) === state.picked));
  }
}
