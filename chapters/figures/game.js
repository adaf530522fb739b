// You are the agent. Who comes, what each would click and what LinUCB shows was played by the notebook: this looks it up.
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
  const sum = (steps, of) => steps.reduce((total, t) => total + of(t), 0);

  for (const figure of document.querySelectorAll("figure[data-game]:not([data-live])")) {
    figure.dataset.live = "";
    const { start, visitors, personas, categories, worlds, style } = JSON.parse(figure.querySelector("script").textContent);
    const onPage = figure.closest("article"), n = categories.length, last = worlds.length - 1;
    let kept = { seed: start, shown: {} }; // of each world the products shown, and a + where the reader went on
    try { kept = JSON.parse(sessionStorage[KEPT] ?? "null") ?? kept; } catch { /* a page that may keep nothing */ }
    const asked = () => {
      const seed = onPage && /^#seed=(\d{1,4})$/.exec(location.hash);
      return seed && Number(seed[1]) <= last ? Number(seed[1]) : null;
    };
    let seed = asked() ?? (kept.seed <= last ? kept.seed : start), world, shown, resting;

    // ---- what was recorded of a world
    const read = ([names, who, would, before, after, when]) => {
      const rates = [before, after].map(digits => upTo(0, 2 * n).map(i => Number(digits.slice(2 * i, 2 * i + 2))));
      const persona = t => Math.floor(who[t] / n);
      const row = (late, p) => rates[late].slice(n * p, n * p + n);
      const at = t => row(Number(t >= when), persona(t));
      const best = row => row.indexOf(Math.max(...row));
      return {
        when, persona, row, at, best,
        names: [...names].map(c => categories[c]),
        linucb: t => who[t] % n,
        clicked: (t, product) => (parseInt(would[t], 32) >> product) & 1,
        cost: (t, product) => Math.max(...at(t)) - at(t)[product],
      };
    };
    const mine = t => Number(shown[t]);
    const who = () => [["you", mine], ["LinUCB", world.linucb]];

    // ---- the table
    const field = make("input", { type: "number", min: 0, max: last, inputMode: "numeric" });
    const intro = make("p", { className: "intro" }), told = make("p", { className: "told" });
    const guest = make("p", { className: "guest" });
    const news = make("div", { role: "status", "aria-atomic": "true" }, told, guest);
    const buttons = upTo(0, n).map(product => {
      const button = make("button", { type: "button" }, make("kbd", { textContent: product + 1 }), " ",
        make("span", { className: "name" }), " ", make("span", { className: "record" }));
      button.addEventListener("click", () => show(product));
      return button;
    });
    const shelf = make("div", { className: "shelf", role: "group", "aria-label": "Products" }, ...buttons);
    const tally = make("div", { className: "tally" });
    const result = make("div", { className: "result", tabIndex: -1 });
    figure.append(
      make("style", { textContent: style }),
      make("div", { className: "play" },
        make("p", { className: "head" }, make("strong", { textContent: "You are the agent" }),
          make("label", {}, "World ", field)),
        intro, news, shelf, tally, result));

    const keep = () => {
      kept = { seed, shown: { ...kept.shown, [seed]: shown.join("") } };
      if (shown.length > visitors || (shown.length === visitors && !resting)) {
        kept.shown[seed] = `${kept.shown[seed].slice(0, visitors)}+${kept.shown[seed].slice(visitors)}`;
      }
      try { sessionStorage[KEPT] = JSON.stringify(kept); } catch { /* then it lasts as long as the page */ }
    };
    const open = at => {
      seed = at;
      world = read(worlds[seed]);
      const before = kept.shown[seed] ?? "";
      shown = [...before.replace("+", "")];
      resting = shown.length === 2 * visitors || (shown.length === visitors && !before.includes("+"));
      field.value = seed;
      told.innerHTML = shown.length ? "" : 'Press a product<span class="keys">, or use the keys 1 to 5</span>.';
      draw();
    };
    const show = product => {
      if (resting) return;
      const t = shown.length, click = world.clicked(t, product);
      shown.push(product);
      resting = shown.length % visitors === 0;
      keep();
      told.innerHTML = `<b>${click ? "Click" : "No click"}</b> on ${world.names[product]} from visitor ${t + 1}.`;
      draw();
      buttons.forEach((button, k) => { button.dataset.said = k === product ? (click ? "yes" : "no") : ""; });
      if (resting) result.focus({ preventScroll: true });
      else buttons[product].focus({ preventScroll: true }); // where a press alone does not
    };

    // ---- what it shows
    const draw = () => {
      const t = shown.length, late = Number(t > visitors || (t === visitors && !resting)), first = late * visitors;
      shelf.hidden = guest.hidden = intro.hidden = resting;
      intro.innerHTML = late
        ? "Thirty more, in the same world. You know now what they like."
        : "Thirty visitors come. Show each of them one product. What the two kinds of visitors like was dealt like cards: "
          + "go by their clicks, not by the names.";
      if (!resting) {
        const persona = world.persona(t);
        guest.innerHTML = `<i data-persona="${persona}" aria-hidden="true">${personas[persona][0].toUpperCase()}</i>`
          + `Visitor ${t + 1}: <b>a ${personas[persona]}</b>`;
        buttons.forEach((button, product) => {
          const times = upTo(0, t).filter(s => mine(s) === product && world.persona(s) === persona);
          button.dataset.said = "";
          button.querySelector(".name").textContent = world.names[product];
          button.querySelector(".record").textContent = times.length
            ? `${sum(times, s => world.clicked(s, product))} of ${times.length} clicked` : "not shown yet";
        });
      }
      const steps = upTo(resting ? t - visitors : first, t);
      tally.replaceChildren(...who().map(([name, of]) => {
        const hits = steps.map(s => world.clicked(s, of(s)));
        const dots = upTo(0, visitors).map(i => `<i class="${["no", "yes"][hits[i]] ?? ""}"></i>`).join("");
        return make("p", { innerHTML: `<span>${name}</span><span class="dots" aria-hidden="true">${dots}</span>`
          + `<span><b>${sum(hits, hit => hit)}</b> ${sum(hits, hit => hit) === 1 ? "click" : "clicks"}</span>` });
      }));
      result.replaceChildren(...(resting ? (t > visitors ? second() : half()) : []));
    };
    const lost = (of, from, to) => sum(upTo(from, to), t => world.cost(t, of(t)));
    const got = (of, from, to) => sum(upTo(from, to), t => world.clicked(t, of(t)));
    const oracle = t => world.best(world.at(t));
    const half = () => {
      const [[, you], [, other]] = who(), early = lost(you, 0, 10), late = lost(you, visitors - 10, visitors);
      return [
        make("p", { className: "says", innerHTML: `Your regret is ${clicks(lost(you, 0, visitors))} clicks, LinUCB’s `
          + `${clicks(lost(other, 0, visitors))}, the oracle’s 0.` }),
        says("That is what was lost against the best product for each visitor, in expected clicks. Luck is left out of it: "
          + `with the same visitors and the same luck you had ${got(you, 0, visitors)} clicks, LinUCB `
          + `${got(other, 0, visitors)}, the oracle, who knows every taste, ${got(oracle, 0, visitors)}.`),
        says(`The first ten visitors cost you ${clicks(early)} of it, the last ten ${clicks(late)}. ` + (late < early
          ? "You had to show what they do not like to find out what they do." : "The searching was not over yet.")),
        chart(visitors), table(0, 0, visitors),
        make("div", { className: "next" }, press("Thirty more visitors", () => {
          resting = false;
          keep();
          told.textContent = "";
          draw();
          buttons[0].focus();
        })),
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
          + (fell ? `, and ${names[old]} fell from ${clicks(before[old])} to ${clicks(after[old])}: who goes on showing that sees the clicks dry up.`
            : `, and what they liked before, ${names[old]}, is as good as it was: nothing tells you so.`)
          + ` ${found(p, now)}`);
      });
      const line = `You are the agent, world ${seed}: my regret is ${clicks(lost(you, 0, visitors))} + `
        + `${clicks(lost(you, visitors, end))} = ${clicks(lost(you, 0, end))} expected clicks, LinUCB’s `
        + `${clicks(lost(other, 0, visitors))} + ${clicks(lost(other, visitors, end))} = ${clicks(lost(other, 0, end))}.`
        + (onPage && location.protocol !== "file:" ? ` ${location.href.split("#")[0]}#seed=${seed}` : "");
      const mine = make("input", { type: "text", readOnly: true, value: line, "aria-label": "Your result, to be copied" });
      const copy = press("Copy", async () => {
        mine.select();
        try { await navigator.clipboard.writeText(line); } catch { document.execCommand("copy"); }
        copy.textContent = "Copied";
      });
      const next = (seed + 1) % worlds.length;
      return [
        make("p", { className: "says", textContent: `Did you notice? Before visitor ${when + 1} taste changed.` }),
        ...news,
        says(`From then on you lost ${clicks(lost(you, when, end))}, LinUCB ${clicks(lost(other, when, end))}, the oracle 0. `
          + "To show what did best so far is <em>exploitation</em>. To try something else is <em>exploration</em>: it costs a "
          + "click now and then, and only who tries finds out what nobody announces."),
        chart(end, when), table(1, when, end),
        says(`Whoever plays world ${seed} meets the same visitors and the same luck. Compare:`),
        make("p", { className: "mine" }, mine, copy),
        make("div", { className: "next" },
          press(`Next: world ${next}`, () => { open(next); keep(); buttons[0].focus(); }),
          press(`World ${seed} again`, () => { shown = []; resting = false; keep(); open(seed); buttons[0].focus(); })),
      ];
    };
    const press = (words, act) => {
      const button = make("button", { type: "button", textContent: words });
      button.addEventListener("click", act);
      return button;
    };
    const table = (late, from, to) => {
      const row = (name, product) => `<tr><th scope="row">${name}</th>` + personas.map((_, p) => {
        const rates = world.row(late, p), rate = clicks(rates[product]);
        const times = of => upTo(from, to).filter(t => of(t) === product && world.persona(t) === p).length;
        const shownBy = who().filter(([, of]) => times(of)).map(([name, of]) => `${name} ${times(of)}`).join(", ");
        return `<td>${product === world.best(rates) ? `<b>${rate}</b>` : rate} <small>${shownBy}</small></td>`;
      }).join("") + "</tr>";
      return make("table", { innerHTML: `<caption>${late ? "From visitor " + (from + 1) + " on: how" : "How"} likely a click is, `
        + `and how often each was shown</caption><thead><tr><td></td>${personas.map(p => `<th scope="col">${p}s</th>`).join("")}`
        + `</tr></thead><tbody>${world.names.map(row).join("")}</tbody>` });
    };
    const chart = (end, when) => {
      const [W, H, left, right, top, foot] = [440, 205, 30, 100, 40, 24];
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
    figure.addEventListener("keydown", event => {
      const product = Number(event.key) - 1;
      if (event.target === field || event.repeat || event.ctrlKey || event.metaKey || event.altKey || !buttons[product]) return;
      event.preventDefault();
      show(product);
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
  }
})();
