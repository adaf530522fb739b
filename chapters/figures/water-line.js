// The water line of strangers. All that is shown happened in runs that the notebook made: this looks them up.
played("water-line", (figure, box, data, make) => {
  const { names, drawn, truth, at, boom, came, runs } = data, every = at[1] - at[0], HIGH = 900, alphas = [...new Set(runs.map(run => run.alpha))];
  const sums = steps => steps.map(column => { let sum = 0; return column.map(step => sum += step); });
  for (const run of runs) [run.payoff, run.bonus] = [sums(run.payoff), sums(run.bonus)];
  const last = came.length - 1, percent = value => `${(100 * Math.max(0, Math.min(HIGH, value)) / HIGH).toFixed(1)}%`;
  const count = n => n.toLocaleString("en"), big = words => words[0].toUpperCase() + words.slice(1);

  // ---- the sea
  const bars = drawn.map(([product, kind], i) => {
    const parts = { payoff: make("i", { className: "payoff" }), bonus: make("i", { className: "bonus" }), truth: make("i", { className: "true" }) };
    const group = i && drawn[i - 1][1] === kind ? "" : kind;
    return { ...parts, whole: make("div", { className: "bar" }, ...Object.values(parts), make("span", { textContent: names[product].match(/\d+$/)[0] })), group };
  });
  const line = make("div", { className: "line" }, make("span"));
  const grid = [0, 200, 400, 600, 800].map(value => {
    const one = make("div", { className: "level", textContent: value });
    one.style.bottom = percent(value);
    return one;
  });
  const sea = make("div", { className: "sea", role: "img" }, ...grid, make("div", { className: "bars" }, ...bars.map(bar => bar.whole)), line);
  const groups = make("div", { className: "groups", ariaHidden: "true" }, ...bars.filter(bar => bar.group).map(({ group }) => {
    const one = make("span", { textContent: group });
    one.style.flexGrow = drawn.filter(([, kind]) => kind === group).length;
    return one;
  }));

  // ---- the controls
  const slider = (label, max, value) => {
    const input = make("input", { type: "range", min: 0, max, step: 1, value }), output = make("b");
    input.addEventListener("input", () => draw());
    return { input, output, label: make("label", {}, make("span", {}, `${label} `, output), input) };
  };
  const when = slider("visits", last, 0), alpha = slider("alpha", alphas.length - 1, data.start);
  alpha.input.dataset.control = "alpha";
  alpha.input.dataset.values = JSON.stringify(alphas.map(String));
  alpha.input.dataset.stranger = JSON.stringify(alphas.map(one => (one * Math.SQRT2).toFixed(2)));
  const forgets = make("input", { type: "checkbox" });
  forgets.addEventListener("change", () => draw());
  const visit = make("button", { type: "button", textContent: `${every} visits` }), again = make("button", { type: "button", textContent: "From the start" });
  const says = make("p", { role: "status", ariaLive: "polite" });
  const key = make("p", { className: "scale" }, ...[["payoff", "what it has earned"], ["bonus", "what not knowing adds"], ["true", "the truth"]]
    .map(([kind, words]) => make("span", {}, make("i", { className: `key ${kind}` }), ` ${words}`)));
  box.append(
    make("p", { className: "head" }, make("strong", { textContent: "The water line of strangers" })),
    make("p", { className: "intro", textContent: `What LinUCB expects of ${drawn.length} products for budget shoppers, in clicks per 1,000 visits. Press, or hold, and let visitors come.` }),
    sea, groups, key,
    make("div", { className: "next" }, visit, again, make("label", { className: "tick" }, forgets, " forget: count only the last 4,000 visits")),
    make("div", { className: "sliders" }, when.label, alpha.label), says);
  when.label.style.setProperty("--boom", boom / last);
  when.label.append(make("small", { textContent: "fish boom", ariaHidden: "true" }));

  // ---- what it says
  const sentence = (run, t) => {
    const shown = run.shown[t], place = drawn.findIndex(([product]) => product === shown), late = came[t] - came[boom];
    const earned = place < 0 ? "" : `, which has earned ${run.payoff[place][t]} clicks per 1,000 visits`;
    const left = run.strangers[t], stranger = `A stranger is worth ${Math.round(1000 * Math.SQRT2 * run.alpha)}; ${
      left ? `${left} of ${names.length} products ${left === 1 ? "is" : "are"} left` : "none is left"}.`;
    if (t === 0) return `Nobody has come. ${stranger}`;
    if (t <= boom) return `Budget shoppers have come ${count(came[t])} times. LinUCB shows them ${names[shown]}${earned}. ${stranger}`;
    const best = Math.max(...truth[1]), found = place >= 0 && truth[1][place] === best ? "That is the best there is."
      : `Fish is worth ${best} now, and LinUCB has not found out.`;
    return `Budget shoppers have come ${count(late)} times since the boom. LinUCB shows them ${names[shown]}${earned}. ${found} ${stranger}`;
  };

  const draw = () => {
    const t = Number(when.input.value), run = runs[2 * Number(alpha.input.value) + Number(forgets.checked)], level = 1000 * Math.SQRT2 * run.alpha;
    bars.forEach((bar, i) => {
      bar.payoff.style.height = percent(run.payoff[i][t]);
      bar.bonus.style.height = percent(run.bonus[i][t]);
      bar.bonus.style.bottom = percent(run.payoff[i][t]);
      bar.truth.style.bottom = percent(truth[Number(t > boom)][i]);
      bar.whole.classList.toggle("shown", drawn[i][0] === run.shown[t] && t > 0);
    });
    line.style.bottom = percent(level);
    line.firstChild.textContent = `a stranger is worth ${Math.round(level)}`;
    when.output.textContent = count(at[t]);
    when.input.setAttribute("aria-valuetext", `${count(at[t])}${t === boom ? ", fish boom" : ""}`);
    alpha.output.textContent = run.alpha;
    alpha.input.setAttribute("aria-valuetext", `${run.alpha}: a stranger is worth ${Math.round(level)}`);
    says.textContent = sentence(run, t);
    sea.setAttribute("aria-label", `${drawn.map(([product], i) => `${big(names[product])} ${run.payoff[i][t]}`).join(", ")}; a stranger ${Math.round(level)}.`);
    visit.disabled = t === last;
  };

  // ---- what happens
  let timer = 0;
  const step = by => {
    when.input.value = Number(when.input.value) + by;
    draw();
    if (Number(when.input.value) === last || !figure.isConnected) stop();
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    says.ariaLive = "polite";
  };
  visit.addEventListener("click", event => event.detail === 0 && step(1)); // by keyboard
  visit.addEventListener("pointerdown", event => {
    if (event.button) return;
    says.ariaLive = "off"; // until it stops
    step(1);
    timer ||= setInterval(step, 90, 1);
  });
  for (const ends of ["pointerup", "pointerleave", "pointercancel"]) visit.addEventListener(ends, stop);
  again.addEventListener("click", () => { when.input.value = 0; draw(); });
  line.addEventListener("pointerdown", event => {
    line.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  line.addEventListener("pointermove", event => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const { top, height } = sea.getBoundingClientRect(), level = HIGH * (1 - (event.clientY - top) / height) / 1000 / Math.SQRT2;
    const near = alphas.map(one => Math.abs(one - level));
    alpha.input.value = near.indexOf(Math.min(...near));
    alpha.input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  draw();
});
