// You are the agent. Who comes, what each would click, what agents show and expect was played by the notebook: this looks it up.
(() => {
  const KEPT = "you-are-the-agent", NTH = new Intl.PluralRules("en", { type: "ordinal" });
  const make = (tag, set = {}, ...parts) => {
    const one = document.createElement(tag);
    for (const [name, value] of Object.entries(set)) name in one ? one[name] = value : one.setAttribute(name, value);
    one.append(...parts);
    return one;
  };
  const says = text => make("p", { innerHTML: text });
  const clicks = hundredths => (hundredths / 100).toFixed(2);
  const nth = n => n + { one: "st", two: "nd", few: "rd", other: "th" }[NTH.select(n)];
  const upTo = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
  const plural = name => name.toLowerCase() + (name.endsWith("Toy") ? "s" : "");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const move = (what, ...steps) => calm.matches || what.animate(steps.map(transform => ({ transform })), 280);
  const HOP = ["none", "translateY(-5px) scale(1.03)", "none"], SHAKE = ["none", "translateX(-3px)", "translateX(3px)", "none"];
  const ROUNDS = ["Choose", "Did you notice?", "Fifty products"], BY_TEN = "1234567890";
  const sum = (steps, of) => steps.reduce((total, t) => total + of(t), 0);

  for (const figure of document.querySelectorAll("figure[data-game]:not([data-live])")) {
    figure.dataset.live = "";
    const { start, visitors, personas, categories, worlds, style, places, lost: usual } =
      JSON.parse(figure.querySelector("script").textContent);
    const onPage = figure.closest("article"), n = categories.length, last = worlds.length - 1;
    let kept = { seed: start, shown: {} }; // of each world the round, and the products shown of five and of fifty
    try {
      const before = JSON.parse(localStorage[KEPT] ?? "null");
      if (Number.isInteger(before?.seed) && before.seed >= 0 && before.shown?.constructor === Object) kept = { ...kept, ...before };
    } catch { /* a page that may keep nothing, or has kept nonsense */ }
    const asked = () => {
      const seed = onPage && /^#seed=(\d{1,4})$/.exec(location.hash);
      return seed && Number(seed[1]) <= last ? Number(seed[1]) : null;
    };
    let seed = asked() ?? (kept.seed <= last ? kept.seed : start), both, played, round, resting, line = null, keys = true;
    let world, shown; // those of the shop in which the round is played

    // ---- what was recorded of a world
    const read = ([names, kinds, would, tables, when, expected, ...chosen]) => {
      const rates = upTo(0, tables.length / 2).map(i => Number(tables.slice(2 * i, 2 * i + 2)));
      const each = chosen.length > 1 ? 10 : 1; // products in a row
      const persona = t => Number(kinds[t]);
      const row = (late, p) => rates.slice(n * (personas.length * late + p)).slice(0, n);
      const at = t => row(Number(t >= when), persona(t));
      const best = row => row.indexOf(Math.max(...row));
      const rowOf = product => Math.floor(product / each);
      return {
        when, persona, row, at, best, each, rowOf,
        names: [...names].map(c => categories[c]),
        agents: chosen.map(shown => t => places.indexOf(shown[t])),
        expected: t => upTo(n * t, n * t + n).map(i => expected.charCodeAt(i) - 40),
        clicked: (t, product) => (parseInt(would[t], 32) >> rowOf(product)) & 1,
        cost: (t, product) => Math.max(...at(t)) - at(t)[rowOf(product)],
      };
    };
    const called = product => world.names[world.rowOf(product)] + (world.each > 1 ? ` ${product % world.each + 1}` : "");
    const mine = t => shown[t];
    const whoIn = shop => [["you", t => played[shop][t]],
      ...both[shop].agents.map((of, i) => [["LinUCB", "shared"][i], of])];
    const who = () => whoIn(Number(round > 1));
    const first = () => round === 1 ? visitors : 0;

    // ---- the table
    const field = make("input", { type: "number", min: 0, max: last, inputMode: "numeric" });
    const able = make("input", { type: "checkbox", checked: true });
    able.addEventListener("change", () => { keys = able.checked; });
    const steps = make("ol", { className: "steps", "aria-label": "Rounds" });
    const again = make("div", { className: "again", hidden: true });
    const intro = make("p", { className: "intro" }), told = make("p", { className: "told" });
    const guest = make("p", { className: "guest" });
    const news = make("div", { role: "status", "aria-atomic": "true" }, told, guest);
    const shelf = make("div", { role: "group", "aria-label": "Products" });
    let buttons = [];
    const stock = () => { // five buttons, or five rows of ten
      if (buttons.length === n * world.each && shelf.dataset.seed === String(seed)) return;
      shelf.dataset.seed = seed;
      buttons = upTo(0, n * world.each).map(product => {
        const button = make("button", { type: "button" });
        button.addEventListener("click", () => show(product));
        return button;
      });
      shelf.className = world.each > 1 ? "shelf fifty" : "shelf";
      shelf.replaceChildren(...(world.each === 1 ? buttons : [
        make("p", { className: "columns keys", "aria-hidden": "true", innerHTML: `<span></span>${[...BY_TEN].map(i => `<kbd>${i}</kbd>`).join("")}` }),
        ...world.names.map((name, row) => make("div", { className: "kind", role: "group", "aria-label": name },
          make("span", { className: "name", innerHTML: `<kbd class="keys">${row + 1}</kbd> ${name}` }),
          ...buttons.slice(row * world.each, (row + 1) * world.each)))]));
      rove(buttons[0]);
    };
    const rove = to => { if (world.each > 1) buttons.forEach(button => { button.tabIndex = button === to ? 0 : -1; }); };
    shelf.addEventListener("focusin", event => rove(event.target));
    const tally = make("div", { className: "tally" });
    const result = make("div", { className: "result", tabIndex: -1 });
    figure.append(
      make("style", { textContent: style }),
      make("div", { className: "play" },
        make("p", { className: "head" }, make("strong", { textContent: "You are the agent" }),
          ...(onPage ? [make("label", { className: "keys" }, able, " Keys 1 to 5")] : []), make("label", {}, "World ", field)),
        steps, again, intro, news, shelf, tally, result));

    const signs = products => products.map(product => places[product]).join("");
    const keep = () => {
      kept = { seed, shown: { ...kept.shown, [seed]: [round, ...played.map(signs)] } };
      try { localStorage[KEPT] = JSON.stringify(kept); } catch { /* then it lasts as long as the page */ }
    };
    const recall = seed => { // where the reader was in a world, if it can have been so
      const [at, ...strings] = Array.isArray(kept.shown[seed]) ? kept.shown[seed] : [0, "", ""];
      const [few, many] = strings.map(each => [...String(each)].map(sign => places.indexOf(sign)));
      const sound = [0, 1, 2].includes(at) && few && many && few.every(i => i >= 0 && i < n) && many.every(i => i >= 0 && i < 10 * n)
        && few.length >= visitors * Math.min(at, 2) && few.length <= visitors * Math.min(at + 1, 2)
        && many.length <= (at > 1 ? visitors : 0);
      return sound ? [at, [few, many]] : [0, [[], []]];
    };
    const turn = at => { // to a round
      round = at;
      world = both[Number(round > 1)];
      shown = played[Number(round > 1)];
      resting = shown.length === first() + visitors;
      line = null;
      stock();
    };
    const open = at => {
      seed = at;
      both = worlds[seed].map(read);
      const [before, products] = recall(seed);
      played = products;
      turn(before);
      field.value = seed;
      again.hidden = true;
      told.innerHTML = shown.length > first() ? "" : how();
      draw();
    };
    const how = () => world.each > 1
      ? 'Press a product<span class="keys">, or two keys: 1 to 5 for its row, then 1 to 9 or 0</span>.'
      : 'Press a product<span class="keys">, or use the keys 1 to 5: they work while the game is in view</span>.';
    const onwards = () => {
      turn(round + 1);
      again.hidden = true;
      keep();
      told.innerHTML = how();
      draw();
      see(shelf);
      buttons[0].focus({ preventScroll: true });
    };
    const see = what => { // all of it, if it can be
      const { top, bottom } = what.getBoundingClientRect();
      if (top < 60 || bottom > innerHeight - 8) figure.scrollIntoView({ behavior: "instant" });
    };
    const show = product => {
      if (resting) return;
      const t = shown.length, click = world.clicked(t, product);
      shown.push(product);
      resting = shown.length === first() + visitors;
      again.hidden = true;
      line = null;
      keep();
      told.innerHTML = `<b>${click ? "Click" : "No click"}</b> on ${called(product)} from visitor ${t + 1}.`;
      draw();
      buttons.forEach((button, k) => { button.dataset.said = k === product ? (click ? "yes" : "no") : ""; });
      if (resting) {
        see(result.querySelector(".next"));
        result.focus({ preventScroll: true });
      } else {
        move(buttons[product], ...(click ? HOP : SHAKE));
        move(guest, "translateX(14px)", "none");
        buttons[product].focus({ preventScroll: true }); // where a press alone does not
      }
    };

    // ---- what it shows
    const INTROS = [
      "Thirty visitors come. Show each of them one product. Tastes are random in this shop: "
        + "a cat connoisseur may love dog toys. Trust only the clicks. Each product carries its clicks so far from either kind.",
      "Thirty more, in the same world. You know now what they like.",
      "A new world: fifty products, ten of a kind in each row, and thirty visitors. Taste was dealt again. Each product carries "
        + "its clicks so far: above from budget shoppers, below from cat connoisseurs.",
    ];
    const draw = () => {
      const t = shown.length, persona = resting ? 0 : world.persona(t);
      shelf.hidden = guest.hidden = intro.hidden = resting;
      intro.textContent = INTROS[round];
      steps.innerHTML = ROUNDS.map((name, i) => `<li class="${i < round || (i === round && resting) ? "done" : ""}"${
        i === round ? ' aria-current="step"' : ""}>${name}</li>`).join("");
      if (!resting) {
        guest.innerHTML = `${badge(persona)} Visitor ${t + 1}: <b>a ${personas[persona]}</b>`;
        buttons.forEach((button, product) => {
          button.dataset.said = "";
          const records = personas.map((name, p) => {
            const times = upTo(0, t).filter(s => mine(s) === product && world.persona(s) === p);
            return [p, name, sum(times, s => world.clicked(s, product)), times.length];
          });
          if (world.each > 1) {
            button.innerHTML = `<span class="unseen">${called(product)}</span>` + records.map(([p, name, hits, times]) =>
              `<span class="unseen">, ${name}s: ${times ? "" : "not shown"}</span><span class="record" data-persona="${p}"${
                p === persona ? " data-now" : ""}>${times ? `${hits}/${times}` : ""}</span>`).join("");
          } else {
            button.innerHTML = `<kbd>${product + 1}</kbd> <span class="name">${world.names[product]}</span>` + records.map(([p, name, hits, times]) =>
              ` <span class="record"${p === persona ? " data-now" : ""}>${badge(p)} <span class="unseen">${name}s: </span>${
                times ? `${hits} of ${times}` : "not yet"}</span>`).join("");
          }
        });
        shelf.querySelectorAll(".kind").forEach((row, i) => { row.dataset.picked = line === i ? "yes" : ""; });
      }
      tally.replaceChildren(...who().map(([name, of]) => {
        const hits = upTo(first(), t).map(s => world.clicked(s, of(s)));
        const dots = upTo(0, visitors).map(i => `<i class="${["no", "yes"][hits[i]] ?? ""}"></i>`).join("");
        return make("p", { innerHTML: `<span>${name}</span><span class="dots" aria-hidden="true">${dots}</span>`
          + `<span><b>${sum(hits, hit => hit)}</b> ${sum(hits, hit => hit) === 1 ? "click" : "clicks"}</span>` });
      }));
      result.replaceChildren(...(resting ? [half, second, third][round]() : []));
    };
    const badge = p => `<i data-persona="${p}" aria-hidden="true">${personas[p][0].toUpperCase()}</i>`;
    const lost = (of, from, to, shop = world) => sum(upTo(from, to), t => shop.cost(t, of(t)));
    const finished = () => round + Number(resting);
    const regrets = i => upTo(0, finished()).map(r =>
      lost(whoIn(r >> 1)[i][1], r % 2 * visitors, (r % 2 + 1) * visitors, both[r >> 1]));
    const added = i => regrets(i).map(clicks).join(" + ") + (finished() > 1 ? ` = ${clicks(sum(regrets(i), lost => lost))}` : "");
    const fresh = () => upTo(1, worlds.length + 1).map(i => (seed + i) % worlds.length).find(at => !kept.shown[at]) ?? (seed + 1) % worlds.length;
    const another = (words, at) => press(words, () => { open(at); keep(); see(shelf); buttons[0].focus({ preventScroll: true }); });
    const got = (of, from, to) => sum(upTo(from, to), t => world.clicked(t, of(t)));
    const oracle = t => world.each * world.best(world.at(t));
    const half = () => {
      const [[, you], [, other]] = who(), early = lost(you, 0, 10), late = lost(you, visitors - 10, visitors);
      return [
        make("p", { className: "says", innerHTML: `Your regret is ${clicks(lost(you, 0, visitors))} clicks, LinUCB’s `
          + `${clicks(lost(other, 0, visitors))}, the oracle’s 0.` }),
        make("div", { className: "next" }, press("Round 2: thirty more visitors", onwards)),
        says("Regret is what was lost against the best product for each visitor, in expected clicks. Luck is left out of it: "
          + `with the same visitors and the same luck you had ${got(you, 0, visitors)} clicks, LinUCB `
          + `${got(other, 0, visitors)}, the oracle, who knows every taste, ${got(oracle, 0, visitors)}.`),
        says(`The first ten visitors cost you ${clicks(early)} of it, the last ten ${clicks(late)}. ` + (late < early
          ? "You had to show what they do not like to find out what they do." : "The searching was not over yet.")),
        chart(visitors), table(0, 0, visitors),
      ];
    };
    const found = (persona, product) => {
      const came = upTo(world.when, 2 * visitors).filter(t => world.persona(t) === persona);
      const [you, other] = who().map(([, of]) => came.findIndex(t => of(t) === product) + 1);
      const these = `${came.length} who still came`;
      if (!you && !other) return `Neither you nor LinUCB showed ${world.names[product]} to any of the ${these}.`;
      return `You showed ${world.names[product]} ${you ? `first to the ${nth(you)}` : "to none"} of the ${these}, LinUCB ${
        other ? `${you ? "" : "first "}to the ${nth(other)}` : "to none"}.`;
    };
    const second = () => {
      const [[, you], [, other]] = who(), end = 2 * visitors, { when, names } = world;
      const news = personas.map((persona, p) => {
        const [before, after] = [world.row(0, p), world.row(1, p)], [old, now] = [world.best(before), world.best(after)];
        const fell = after[old] < before[old];
        return says(`<b>${persona[0].toUpperCase()}${persona.slice(1)}s.</b> ${names[now]} rose from ${clicks(before[now])} to ${clicks(after[now])}`
          + (fell ? `, and ${names[old]} fell from ${clicks(before[old])} to ${clicks(after[old])}. If you kept showing it, you got fewer clicks.`
            : `, and what they liked before, ${names[old]}, is as good as it was. Nothing told you.`)
          + ` ${found(p, now)}`);
      });
      return [
        make("p", { className: "says", textContent: `Did you notice? Before visitor ${when + 1} taste changed.` }),
        make("div", { className: "next" }, press("Round 3: fifty products", onwards)),
        ...news,
        says(`From then on you lost ${clicks(lost(you, when, end))}, LinUCB ${clicks(lost(other, when, end))}, the oracle 0. `
          + "To show what did best so far is <em>exploitation</em>. To try something else is <em>exploration</em>: it costs a "
          + "click now and then, and nothing else finds what got better."),
        chart(end, when), table(1, when, end),
        replay("LinUCB", 2 * visitors),
        ...compare(),
      ];
    };
    const third = () => {
      const [[, you], [, other], [, shared]] = who(), all = n * world.each;
      const tried = of => new Set(upTo(0, visitors).map(of)).size;
      const seen = (t, fits) => upTo(0, t).some(s => world.persona(s) === world.persona(t) && fits(s));
      const guessed = upTo(0, visitors).filter(t => !seen(t, s => you(s) === you(t))
        && seen(t, s => world.rowOf(you(s)) === world.rowOf(you(t)) && world.clicked(s, you(s)))).length;
      const chapter = onPage ? '<a href="02_the_principle.html">Chapter 2</a>' : "Chapter 2";
      return [
        make("p", { className: "says", textContent: `You lost ${clicks(lost(you, 0, visitors))} clicks against the oracle, LinUCB `
          + `${clicks(lost(other, 0, visitors))}, the shared agent ${clicks(lost(shared, 0, visitors))}.` }),
        make("div", { className: "next" }, another(`Next: world ${fresh()}`, fresh())),
        says(`You tried ${tried(you)} of ${all} products. ` + (guessed
          ? `${guessed === 1 ? "Once" : `${guessed} times`} you showed a product that was new to that kind of visitor, from a row that they had clicked. `
            + "That is to <em>generalize</em>: to expect of one product what others like it have earned."
          : "You never tried a new product from a row that had earned a click. "
            + "That would be to <em>generalize</em>: to expect of one product what others like it have earned.")),
        says(`LinUCB has a model for every product. It tried ${tried(other)}, and none of its models learned from another. The shared `
          + `agent has one model for all ${all}. It tried ${tried(shared)}, and each visit taught it about a whole row.`),
        chart(visitors), table(0, 0, visitors),
        replay("the shared agent", visitors),
        says(`One world is an anecdote. Here is the mean of ${worlds.length}, in expected clicks with its interval: LinUCB loses ${usual.LinUCB}, the `
          + `shared agent ${usual["Shared LinUCB"]}. Thirty visits are too few to part them. ${chapter} builds the shared agent, and shows what sharing gains and what it costs.`),
        ...compare(),
      ];
    };
    const compare = () => {
      const text = `You are the agent, world ${seed}: my regret is ${added(0)} expected clicks, LinUCB’s ${added(1)}`
        + (finished() > 2 ? `; one model for all lost ${clicks(lost(who()[2][1], 0, visitors))} in round 3.` : ".")
        + (onPage && location.protocol !== "file:" ? ` ${location.href.split("#")[0]}#seed=${seed}` : "");
      const mine = make("input", { type: "text", readOnly: true, value: text, "aria-label": "Your result, to be copied" });
      const copy = press("Copy", async () => {
        mine.select();
        try { await navigator.clipboard.writeText(text); } catch { document.execCommand("copy"); }
        copy.textContent = "Copied";
      });
      const next = press(`World ${seed} again`, () => {
        kept.shown[seed] = null;
        open(seed);
        keep();
        see(shelf);
        buttons[0].focus({ preventScroll: true });
      });
      return [
        says(`Whoever plays world ${seed} meets the same visitors and the same luck. Compare:`),
        make("p", { className: "mine" }, mine, copy),
        make("div", { className: "more" }, ...(finished() > 2 ? [] : [another(`Next: world ${fresh()}`, fresh())]), next),
      ];
    };
    const replay = (name, end) => { // visit by visit: the reader's choices, and what an agent expected before it chose
      const [W, H, left, high, top, below] = [width(), 214, 94, 16, 18, 126], of = who().at(-1)[1], { when, names, rowOf } = world;
      const Name = name[0].toUpperCase() + name.slice(1), wide = (W - left) / end, x = t => left + wide * t;
      const mark = (t, product, y) => `<circle class="${world.clicked(t, product) ? "yes" : "no"}" cx="${x(t + .5)}" cy="${
        y + high * (rowOf(product) + .5)}" r="${Math.min(4, .44 * wide)}"/>`;
      const strip = (y, title, inside) => `<text class="whose" x="${left - 6}" y="${y - 4}" text-anchor="end">${title}</text>` + names.map((each, row) =>
        `<text x="${left - 6}" y="${y + high * row + 12}" text-anchor="end">${each}</text><path class="grid" d="M${left} ${y + high * row}H${W}"/>`).join("")
        + `<path class="grid" d="M${left} ${y + n * high}H${W}"/>` + upTo(0, end).map(inside).join("");
      const drawn = make("div", { innerHTML: `<svg viewBox="0 0 ${W} ${H}" role="img" aria-label="${end} visits: what you showed, and what ${
        name} expected and showed. The slider tells each of them.">`
        + strip(top, "you", t => mark(t, mine(t), top))
        + strip(below, who().at(-1)[0], t => world.expected(t).map((rate, row) => rate && `<rect x="${x(t)}" y="${below + high * row}" width="${wide + .2}" height="${
          high}" fill-opacity="${Math.min(.9, rate / 70)}"/>`).filter(Boolean).join("") + mark(t, of(t), below))
        + (when < end ? `<path class="change" d="M${x(when)} ${top}V${H - 6}"/>` : "")
        + `<rect class="now" y="${top - 2}" width="${wide}" height="${H - top - 2}"/></svg>` });
      const slider = make("input", { type: "range", min: 1, max: end, value: 1, "aria-label": "Visit" });
      const sentence = make("p", { className: "sentence", role: "status" });
      const tell = () => {
        const t = slider.value - 1, rates = world.expected(t), row = rowOf(of(t)), most = Math.max(...rates);
        const outcome = (t, product) => world.clicked(t, product) ? "a click" : "no click";
        const chose = !most ? `expected nothing of any yet and tried ${plural(names[row])}`
          : rates[row] === most ? `expected ${clicks(most)} of ${plural(names[row])} and showed ${names[row].endsWith("Food") ? "it" : "them"}`
            : `expected most, ${clicks(most)}, of ${plural(names[rates.indexOf(most)])} but tried ${plural(names[row])} (${clicks(rates[row])})`;
        drawn.querySelector(".now").setAttribute("x", x(t));
        slider.setAttribute("aria-valuetext", `${t + 1} of ${end}`);
        sentence.innerHTML = `Visit ${t + 1}, a ${personas[world.persona(t)]}: you showed ${plural(names[rowOf(mine(t))])}, ${outcome(t, mine(t))}. `
          + `${Name} ${chose}, ${outcome(t, of(t))}.`;
      };
      let timer = 0;
      const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; sentence.setAttribute("aria-live", "polite"); tell(); };
      const play = press("Play", () => {
        if (timer) return stop();
        if (Number(slider.value) === end) slider.value = 1;
        play.textContent = "Pause";
        sentence.setAttribute("aria-live", "off");
        tell();
        timer = setInterval(() => {
          if (!slider.isConnected || Number(slider.value) === end) return stop();
          slider.value = Number(slider.value) + 1;
          tell();
        }, 500);
      });
      slider.addEventListener("input", tell);
      tell();
      return make("div", { className: "replay", role: "group", "aria-label": "Replay" },
        says(`<b>Once more, visit by visit.</b> A full circle is a click. Below, the darker a field, the more ${name} expected of that category, for `
          + "that visitor, before it chose. It tries something else where its uncertainty is great."),
        drawn, make("p", { className: "moves" }, play, slider), sentence);
    };
    const press = (words, act) => {
      const button = make("button", { type: "button", textContent: words });
      button.addEventListener("click", act);
      return button;
    };
    const table = (late, from, to) => {
      const row = (name, product) => `<tr><th scope="row">${name}</th>` + personas.map((_, p) => {
        const rates = world.row(late, p), rate = clicks(rates[product]);
        const times = of => upTo(from, to).filter(t => world.rowOf(of(t)) === product && world.persona(t) === p).length;
        const shownBy = who().filter(([, of]) => times(of)).map(([name, of]) => `${name} ${times(of)}`).join(", ");
        return `<td>${product === world.best(rates) ? `<b>${rate}</b>` : rate} <small>${shownBy}</small></td>`;
      }).join("") + "</tr>";
      return make("table", { innerHTML: `<caption>${late ? "From visitor " + (from + 1) + " on: how" : "How"} likely a click is, `
        + `and how often each was shown</caption><thead><tr><td></td>${personas.map(p => `<th scope="col">${p}s</th>`).join("")}`
        + `</tr></thead><tbody>${world.names.map(row).join("")}</tbody>` });
    };
    const width = () => figure.clientWidth < 480 ? 330 : 440; // so that letters are not too small
    const chart = (end, when) => {
      const [W, H, left, right, top, foot] = [width(), 205, 30, 100, 40, 24];
      const lines = [...who(), ["oracle", oracle]].map(([name, of]) => [name, upTo(0, end + 1).map(t => lost(of, 0, t))]);
      const most = 2 * Math.max(1, Math.ceil(Math.max(...lines.map(([, y]) => y[end])) / 200));
      const x = t => left + t / end * (W - left - right), y = lost => H - foot - lost / 100 / most * (H - top - foot);
      let floor = H;
      const words = [...lines].sort((a, b) => a[1][end] - b[1][end]).map(([name, lost]) => {
        floor = Math.min(y(lost[end]) + 4, floor - 15);
        return `<text x="${W - right + 6}" y="${floor}">${name} ${clicks(lost[end])}</text>`;
      });
      return make("div", { innerHTML: `<svg viewBox="0 0 ${W} ${H}" role="img" aria-label="Regret, visitor by visitor: ${
        lines.map(([name, lost]) => `${name} ends at ${clicks(lost[end])}`).join(", ")}.">`
        + `<text x="0" y="12">regret, in expected clicks</text>`
        + [0, most / 2, most].map(v => `<path class="grid" d="M${left} ${y(100 * v)}H${W - right}"/>`
          + `<text x="${left - 6}" y="${y(100 * v) + 4}" text-anchor="end">${v}</text>`).join("")
        + upTo(1, end / 10 + 1).map(v => `<text x="${x(10 * v)}" y="${H - 6}" text-anchor="middle">${10 * v}</text>`).join("")
        + (when ? `<path class="change" d="M${x(when)} ${top - 16}V${H - foot}"/><text x="${x(when) - 4}" y="${top - 6}"
          text-anchor="end">taste changes</text>` : "")
        + lines.map(([name, lost]) => `<path class="${name}" d="M${lost.map((v, t) => `${x(t)} ${y(v)}`).join("L")}"/>`)
          .reverse().join("") + words.join("") + "</svg>" });
    };

    // ---- who plays
    const inView = () => {
      const { top, bottom, height } = shelf.getBoundingClientRect();
      return Math.min(bottom, innerHeight) - Math.max(top, 0) > height / 2;
    };
    (onPage ? document : figure).addEventListener("keydown", event => {
      const within = figure.contains(event.target), i = BY_TEN.indexOf(event.key);
      if (resting || !figure.isConnected || event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
      if (!within && !(keys && inView())) return;
      const at = buttons.indexOf(event.target), far = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10 }[event.key];
      if (world.each > 1 && at >= 0 && far) {
        buttons[at + far]?.focus();
        return event.preventDefault();
      }
      if (world.each === 1) {
        if (event.key.length !== 1 || i < 0 || i >= n) return;
        event.preventDefault();
        return show(i);
      }
      if (event.key === "Escape") line = null;
      else if (event.key.length !== 1 || i < 0 || (line === null && i >= n)) return;
      else if (line !== null) {
        event.preventDefault();
        return show(line * world.each + i);
      } else line = i;
      event.preventDefault();
      told.textContent = line === null ? "" : `Row ${line + 1}, ${plural(world.names[line])}: now 1 to 9, or 0 for the tenth.`;
      shelf.querySelectorAll(".kind").forEach((row, i) => { row.dataset.picked = line === i ? "yes" : ""; });
    });
    const go = at => { open(at); keep(); };
    field.addEventListener("change", () => {
      if (field.value !== "" && field.validity.valid) return go(Number(field.value));
      field.value = seed;
      told.textContent = `There are the worlds 0 to ${last}.`;
    });
    if (onPage) addEventListener("hashchange", () => { if (asked() !== null) { go(asked()); figure.scrollIntoView(); } });
    if (asked() !== null) addEventListener("load", () => figure.scrollIntoView());
    open(seed);
    if (finished()) { // who comes back, here or on the other page
      again.append(says(`You have played world ${seed}: your regret is ${added(0)} clicks, LinUCB’s ${added(1)}. It stands as you left it.`),
        another(`Begin world ${fresh()}`, fresh()));
      again.hidden = false;
    }
  }
})();
