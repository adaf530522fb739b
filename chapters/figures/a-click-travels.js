// A click travels. What each agent expects, and what each visit changes, was computed by the notebook: this shows it.
played("a-click-travels", (figure, box, data, make) => {
  const { personas, categories, truth, times, visits, agents } = data, P = personas.length, n = data.products / categories.length;
  const WIDE = Math.ceil(n / 2), TOP = 7000, FELT = 0.5; // tiles side by side; in tenths of a click per 1,000 visits
  const often = k => k === 1 ? "once" : `${k} times`;
  const compact = Boolean(figure.closest(".compact")), shown = agents.filter(agent => !compact || data.compact.includes(agent.name));
  const each = of => Array.from({ length: P * data.products }, (_, i) => of(Math.floor(i / data.products), i % data.products));
  const named = k => `${categories[Math.floor(k / n)].toLowerCase()} ${k % n + 1}`;
  const whole = tenths => Math.round(tenths / 10).toLocaleString("en").replace("-", "−");
  let agent = shown[0], [p, k] = data.start, time = -1; // whose head, which persona and product, and which of the times

  // ---- what was recorded
  const kind = k => Math.floor(k / n);
  const before = (agent, row, product) => agent.before[row][agent.shared ? kind(product) : product];
  const change = (agent, row, product) => time < 0 ? 0 : agent.shared ? agent.changes[p][kind(k)][time][row][kind(product)]
    : product === k ? agent.changes[p][k][time][row] : 0;
  const changed = agent => each((row, product) => Math.abs(change(agent, row, product)) >= FELT).filter(Boolean).length;

  // ---- what it says
  const move = (agent, many, inside) => {
    const found = each((row, product) => inside(row, product) ? change(agent, row, product) : null).filter(d => d !== null);
    const low = Math.min(...found), high = Math.max(...found), by = [low, high].map(d => Math.round(Math.abs(d) / 10)).sort((a, b) => a - b);
    if (Math.max(-low, high) < FELT) return "";
    const far = by[1] < 1 ? "less than 1" : by[0] === by[1] ? by[1] : by[0] < 1 ? `up to ${by[1]}` : `${by[0]} to ${by[1]}`;
    return `${low < -FELT && high > FELT ? "move" : high > 0 ? "rise" : "fall"}${many ? "" : "s"} by ${far}`;
  };
  const others = agent => {
    const category = categories[kind(k)].toLowerCase();
    const parts = [
      [`${named(k)} for the other personas`, false, (row, product) => row !== p && product === k],
      [`its ${n - 1} siblings`, true, (row, product) => row === p && product !== k && kind(product) === kind(k)],
      [`${category} for the other personas`, false, (row, product) => row !== p && product !== k && kind(product) === kind(k)],
      [`everything else for a ${personas[p]}`, false, (row, product) => row === p && kind(product) !== kind(k)],
      ["all the rest", false, (row, product) => row !== p && kind(product) !== kind(k)],
    ].slice(Number(agent.shared)); // where a category is one thing, a product is no more than that
    const said = parts.map(([what, many, inside]) => [what, move(agent, many, inside)]).filter(([, moves]) => moves);
    const text = said.map(([what, moves]) => `${what} ${moves}`).join("; ");
    return (text && `${text[0].toUpperCase()}${text.slice(1)}. `) + (said.length < parts.length ? "Nothing else changes." : "");
  };
  const misses = () => times[time] === 1 ? "One visit without a click" : `${times[time]} visits without a click`;
  const sentence = agent => {
    const from = before(agent, p, k), to = from + change(agent, p, k);
    if (time < 0) return `${agent.name} expects ${whole(from)} clicks per 1,000 visits from a ${personas[p]} on ${named(k)}. The truth is ${whole(truth[p][kind(k)])}.`;
    return `${misses()}: ${agent.name} changes ${changed(agent)} of ${P * data.products} expectations. For a ${personas[p]} ${named(k)} falls from `
      + `${whole(from)} to ${whole(to)} clicks per 1,000 visits. ${others(agent)}`;
  };
  const together = () => time < 0 ? "Choose a tile, and let a visitor come who does not click."
    : `${misses()}: ${shown.map((one, i) => `${one.name} changes ${changed(one)}${i ? "" : ` of ${P * data.products} expectations`}`).join(", ")}.`;

  // ---- a map: for each persona two rows of tiles, by category
  const map = (label, role) => {
    const tiles = each(() => make("i", { className: "tile" })), rows = [];
    for (let row = 0; row < 2 * P; row++) {
      const some = make("div", { className: "strip" });
      if (row % 2 === 0) some.append(make("b", { textContent: personas[row / 2] }));
      for (let product = 0; product < data.products; product++) {
        if (Math.floor(product % n / WIDE) === row % 2) some.append(tiles[Math.floor(row / 2) * data.products + product]);
      }
      rows.push(some);
    }
    const heads = make("div", { className: "strip heads", ariaHidden: "true" }, ...categories.map(name => make("span", { textContent: name })));
    const whole = make("div", { className: "map", role, ariaLabel: label }, heads, ...rows);
    whole.style.setProperty("--blocks", categories.length);
    whole.style.setProperty("--wide", WIDE);
    return { whole, rows, tiles };
  };
  const place = i => [2 * Math.floor(i / data.products) + Math.floor(i % n / WIDE), WIDE * kind(i % data.products) + i % n % WIDE]; // row, column
  const colour = (tile, tenths) => {
    const share = Math.max(0, Math.min(1, tenths / TOP));
    tile.style.setProperty("--much", `${(100 * share).toFixed(1)}%`);
    tile.classList.toggle("dark", share > .5);
  };

  // ---- the table
  const group = `travels-${document.querySelectorAll("figure[data-live]").length}`;
  const counts = new Map(), radios = shown.map(one => {
    const radio = make("input", { type: "radio", name: group, checked: one === agent });
    radio.addEventListener("change", () => { agent = one; draw(); });
    counts.set(one, make("small"));
    return make("label", {}, radio, make("span", {}, make("b", { textContent: one.name }), counts.get(one)));
  });
  const maps = (compact ? shown : [null]).map((one, i) => {
    const drawn = map("", i === 0 ? "grid" : "img");
    if (i === 0) {
      drawn.rows.forEach(row => row.setAttribute("role", "row"));
      drawn.whole.querySelectorAll("b").forEach(name => name.setAttribute("role", "rowheader"));
      drawn.tiles.forEach(tile => tile.setAttribute("role", "gridcell"));
    }
    drawn.tiles.forEach((tile, at) => tile.addEventListener("click", () => choose(at, i === 0)));
    return { ...drawn, of: () => one ?? agent };
  });
  const known = make("div", { className: "map truth", role: "img", ariaLabel: `The truth. ${personas.map((who, row) =>
    `A ${who} clicks, in 1,000 visits: ${categories.map((name, c) => `${name.toLowerCase()} ${whole(truth[row][c])}`).join(", ")}.`).join(" ")}` },
    ...personas.map((who, row) => make("div", { className: "strip" }, make("b", { textContent: who }), ...truth[row].map(rate => {
      const tile = make("i", { className: "tile" });
      colour(tile, rate);
      return make("span", {}, tile, ` ${whole(rate)}`);
    }))));
  known.style.setProperty("--blocks", categories.length);
  known.style.setProperty("--wide", WIDE);
  const asks = make("p", { className: "asks" }), says = make("p", { role: "status", ariaLive: "polite" });
  const buttons = times.map((k, i) => {
    const button = make("button", { type: "button", textContent: often(k) });
    button.addEventListener("click", () => press(i));
    return button;
  });
  const back = make("button", { type: "button", textContent: "undo" });
  back.addEventListener("click", () => press(-1));
  const scale = make("p", { className: "scale" }, "0 ", make("i", { className: "ramp", ariaHidden: "true" }), ` ${TOP / 10} clicks per 1,000 visits `,
    make("span", { innerHTML: 'falls <i class="key down"></i> rises <i class="key up"></i> the larger, the further' }));
  const choices = make("div", { className: "agents", role: "radiogroup", ariaLabel: "In whose head" }, ...radios);
  box.append(
    make("p", { className: "head" }, make("strong", { textContent: "A click travels" })),
    ...(compact ? [] : [make("p", { className: "intro", textContent: `All have seen the same ${visits.toLocaleString("en")} visits, with products drawn at random. `
      + "What does one more teach them? Choose a tile." }), choices]),
    make("div", { className: "maps" }, ...maps.map(({ whole, of }) => make("div", {}, ...(compact ? [make("b", { className: "whose", textContent: of().name })] : []), whole))),
    scale, make("div", { className: "next" }, asks, ...buttons, back), says,
    ...(compact ? [] : [make("b", { className: "whose", textContent: "The truth" }), known]));

  // ---- what happens
  const draw = () => {
    for (const { whole: drawn, tiles, of } of maps) {
      const one = of(), [r0, c0] = place(p * data.products + k);
      drawn.setAttribute("aria-label", `What ${one.name} expects, in clicks per 1,000 visits`);
      tiles.forEach((tile, i) => {
        const row = Math.floor(i / data.products), product = i % data.products, [r, c] = place(i);
        const from = before(one, row, product), by = change(one, row, product), far = Math.abs(by);
        tile.style.setProperty("--wait", time < 0 ? "0s" : `${(.035 * Math.hypot(r - r0, c - c0)).toFixed(2)}s`);
        colour(tile, from + by);
        tile.dataset.moves = far < FELT ? "" : `${by < 0 ? "down" : "up"} ${far < 100 ? "small" : far < 1000 ? "middle" : "large"}`;
        if (tile.role !== "gridcell") return tile.classList.toggle("chosen", row === p && product === k);
        tile.setAttribute("aria-selected", row === p && product === k);
        tile.tabIndex = row === p && product === k ? 0 : -1;
        tile.setAttribute("aria-label", `${personas[row]}, ${named(product)}: ${whole(from + by)}${far < FELT ? "" : `, ${by < 0 ? "down" : "up"} from ${whole(from)}`}`);
      });
    }
    for (const [one, small] of counts) small.textContent = time < 0 ? one.is : `${changed(one)} of ${P * data.products} change`;
    asks.innerHTML = `A ${personas[p]} sees <b>${named(k)}</b> and does not click:`;
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === time));
    back.disabled = time < 0;
    says.textContent = compact ? together() : sentence(agent);
  };
  const press = i => {
    if (i < 0) buttons[Math.max(0, time)].focus(); // what takes back is about to sleep
    time = i;
    draw();
  };
  const choose = (at, focus) => {
    [p, k, time] = [Math.floor(at / data.products), at % data.products, -1];
    draw();
    if (focus) maps[0].tiles[at].focus({ preventScroll: true });
  };
  maps[0].whole.addEventListener("keydown", event => {
    const [r, c] = place(p * data.products + k), all = WIDE * categories.length;
    const to = { ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1], ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], Home: [r, 0], End: [r, all - 1] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(to || event.key === "Enter" || event.key === " ")) return;
    event.preventDefault();
    if (!to) return press(0);
    const at = Array.from({ length: P * data.products }, (_, i) => i).find(i => String(place(i)) === String(to));
    if (at !== undefined) choose(at, true);
  });
  draw();
});
