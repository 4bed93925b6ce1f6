// What the net says, as a bar a class: they race as one draws, and lines end at them.

// As Python writes a probability (figures/words.py): a softmax is never certain.
function percent(share) {
  const text = (100 * share).toFixed(1);
  return Number(text) >= 100 ? "> 99.9%" : Number(text) === 0 ? "< 0.1%" : `${text}%`;
}

export function answerBars(element, choose) {
  let shown = null, bars = [], values = null, grown = 1;

  function write() {
    if (!values || !shown.shares) return;
    const best = values.indexOf(Math.max(...values));
    bars.forEach((bar, index) => {
      bar.numbered.textContent = percent(values[index]);
      bar.fill.style.width = `${100 * values[index]}%`;
      bar.row.classList.toggle("wins", index === best);
    });
    element.dataset.says = shown.names[best];
    element.querySelector(".says").textContent = shown.names[best];
  }

  return {
    // { heading, verdict, names, texts, shares, order, colour, marked }
    show(answer) {
      shown = answer;
      element.replaceChildren();
      element.style.setProperty("--ink", answer.colour);
      const add = (name, text = "", into = element, kind = "div") => { const one = document.createElement(kind); one.className = name; one.textContent = text; into.append(one); return one; };
      add("heading", answer.heading);
      const line = add("line");
      add("says", answer.says, line, "b").classList.toggle("long", answer.says.length > 4);
      add("verdict", answer.verdict, line, "span");
      bars = [];
      element.classList.toggle("long", Boolean(answer.shares) && answer.names.some((name) => name.length > 3));
      const rows = add("rows");
      answer.names.forEach((name, index) => {
        const row = add("row", "", rows, "button");
        row.title = `${name}: what speaks for it`;
        const one = { row, named: add("named", name, row, "span"), bar: add("bar", "", row, "span"), numbered: add("number", answer.texts[index], row, "span") };
        one.fill = add("fill", "", one.bar, "i");
        row.classList.toggle("marked", answer.marked === answer.order[index]);
        row.onclick = () => choose(answer.order[index]);
        row.classList.toggle("wins", index === answer.best);
        if (answer.shares) one.fill.style.width = `${100 * answer.shares[index]}%`; else one.bar.style.visibility = "hidden";
        bars[index] = one;
      });
      element.dataset.says = answer.says;
      values = null;
    },
    // (classes,) from the browser's own net.
    values(found) {
      values = shown.order.map((index) => found[index]);
      element.querySelector(".verdict").textContent = found.every((value, index) => Math.abs(value - (shown.all?.[index] ?? -1)) < 1e-3) ? shown.verdict : "";
      write();
    },
    grown(share) {
      if (share === grown) return;
      grown = share;
      element.style.setProperty("--grown", String(share));
    },
    // How far down lines to a class come in, or null where it has no bar.
    height(index) {
      const row = bars[shown.order.indexOf(index)]?.row;
      if (!row) return null;
      const box = row.getBoundingClientRect();
      return box.top + box.height / 2 - element.parentElement.getBoundingClientRect().top;
    },
  };
}
