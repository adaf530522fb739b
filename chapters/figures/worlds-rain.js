// A hundred worlds rain. Every line is a run of the notebook; so is every mean with its interval.
played("worlds-rain", (figure, box, data, make) => {
  const { names, seeds, at, shocks, lead, means } = data, all = lead.length, LOW = -250, HIGH = 150, END = at.at(-1);
  const ends = lead.map(line => line.at(-1)), sorted = [...ends].sort((a, b) => a - b);
  const SVG = "http://www.w3.org/2000/svg", signed = value => String(Math.round(value)).replace("-", "−");
  const interval = ([mean, low, high]) => `${signed(mean)} [${signed(low)}, ${signed(high)}]`;
  const best = k => sorted.reduce((sum, value, i) => sum + value * (((i + 1) / all) ** k - (i / all) ** k), 0); // in the mean over all choices of k
  let n = 1, k = 1;

  // ---- the sky
  const W = figure.clientWidth < 500 ? 350 : 640, H = 300, left = 46, right = 104, top = 10, foot = 30;
  const x = visits => left + visits / END * (W - left - right), y = value => top + (HIGH - Math.max(LOW, Math.min(HIGH, value))) / (HIGH - LOW) * (H - top - foot);
  const draw = (tag, set, text = "") => {
    const one = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(set)) one.setAttribute(key, value);
    one.textContent = text;
    return one;
  };
  const sky = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", class: "sky" });
  for (const value of [-200, -100, 0, 100]) {
    sky.append(draw("path", { class: value ? "grid" : "zero", d: `M${left} ${y(value)}H${W - right}` }),
      draw("text", { x: left - 6, y: y(value) + 5, "text-anchor": "end" }, signed(value)));
  }
  for (const visits of [0, END / 2, END]) sky.append(draw("text", { x: x(visits), y: H - 8, "text-anchor": visits ? "middle" : "start" }, visits.toLocaleString("en")));
  for (const [name, visits] of Object.entries(shocks)) {
    sky.append(draw("path", { class: "shock", d: `M${x(visits)} ${top}V${H - foot}` }), draw("text", { x: x(visits) + 5, y: H - foot - 6 }, name));
  }
  const lines = lead.map((line, i) => draw("path", { class: "drop", d: `M${line.map((value, j) => `${x(at[j]).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`, style: `--wait: ${(i % 99 * .018).toFixed(2)}s` }));
  const tongs = draw("path", { class: "tongs" }), mean = draw("circle", { class: "mean", r: 5, cx: W - right + 14 });
  const mark = draw("path", { class: "best" }), said = draw("text", { class: "best-said", x: W - right + 35 });
  sky.append(...lines.slice(1), lines[0], tongs, mean, mark, said);

  // ---- the controls
  const button = (words, act) => {
    const one = make("button", { type: "button", textContent: words });
    one.addEventListener("click", act);
    return one;
  };
  const more = by => { n = Math.min(all, n + by); show(); };
  const buttons = [button("Another seed", () => more(1)), button("Ten more", () => more(10)), button(`All ${all}`, () => more(all))];
  const again = button(`Only world ${seeds[0]}`, () => { n = 1; show(); });
  const output = make("b"), keep = make("input", { type: "range", min: 1, max: 20, step: 1, value: 1 });
  keep.dataset.control = "seeds";
  keep.addEventListener("input", () => { k = Number(keep.value); show(); });
  const says = make("p", { role: "status", ariaLive: "polite" });
  box.append(
    make("p", { className: "head" }, make("strong", { textContent: "A hundred worlds rain" })),
    make("p", { className: "intro", textContent: `How many clicks per 1,000 visits ${names[0]} is ahead of ${names[1]}, so far. World ${seeds[0]} is ready for the press. Publish it?` }),
    sky, make("div", { className: "next" }, ...buttons, again),
    make("div", { className: "sliders" }, make("label", {}, make("span", {}, "seeds tried, of which the best is published ", output), keep)), says);

  const sentence = () => {
    const one = `In world ${seeds[0]} ${names[0]} is ahead of ${names[1]} by ${signed(ends[0])} clicks per 1,000 visits.`;
    const some = n === 1 ? one : n === 2 ? `${one} In world ${seeds[1]} the difference is ${signed(ends[1])}.`
      : `${names[0]} is ahead in ${ends.slice(0, n).filter(value => value > 0).length} of ${n} worlds. The mean difference is ${interval(means[n - 2])}.`;
    return some + (k > 1 ? ` If ${k} seeds are tried and the best is published, it says ${signed(best(k))} on average.` : "")
      + (n === all ? ` We ran ${all} worlds and chose world ${seeds[0]}.` : "");
  };
  const show = () => {
    lines.forEach((line, i) => line.classList.toggle("fallen", i < n));
    lines[0].classList.toggle("first", true);
    const [middle, low, high] = n > 1 ? means[n - 2] : [ends[0], ends[0], ends[0]], c = W - right + 14;
    tongs.setAttribute("d", n > 2 ? `M${c - 7} ${y(high)}h14M${c} ${y(high)}V${y(low)}M${c - 7} ${y(low)}h14` : "");
    mean.setAttribute("cy", y(middle));
    const level = y(best(k));
    mark.setAttribute("d", k > 1 ? `M${c + 12} ${level}l9 -6v12z` : "");
    said.setAttribute("y", level + 5);
    said.textContent = k > 1 ? `best of ${k}` : "";
    output.textContent = k;
    keep.setAttribute("aria-valuetext", `${k}: ${signed(best(k))} clicks per 1,000 visits`);
    for (const one of buttons) one.disabled = n === all;
    says.textContent = sentence();
    sky.setAttribute("aria-label", `${n === 1 ? "One line" : `${n} lines`}, from ${signed(Math.min(...ends.slice(0, n)))} to ${signed(Math.max(...ends.slice(0, n)))} at the end.`);
  };
  show();
});
