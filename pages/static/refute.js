// Try to refute it: a claim is played again in worlds of the reader's own seed. What came of it stays in this browser.
(() => {
  const KEPT = "book-refuted", SAID = { held: "Held", fell: "Fell", "cannot be told": "Cannot be told" };
  const make = (tag, props = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...inside);
    return node;
  };
  const read = () => {
    try { return JSON.parse(localStorage.getItem(KEPT)) ?? []; } catch { return []; }
  };
  const keep = one => {
    try { localStorage.setItem(KEPT, JSON.stringify([...read(), one].slice(-200))); } catch { /* it lasts as long as the page */ }
  };

  // The first interval of what was measured, drawn on one axis with the others: one sees it close.
  const drawn = rows => {
    const spans = rows.map(({ measured }) => /(-?[\d,.]+)%? \[(-?[\d,.]+)%?, (-?[\d,.]+)%?\]/.exec(measured)?.slice(1).map(n => Number(n.replaceAll(",", ""))));
    const all = spans.filter(Boolean).flat(), low = Math.min(...all), width = Math.max(...all) - low || 1;
    const at = value => `${(100 * (value - low)) / width}%`;
    return rows.map(({ worlds, measured }, i) => make("p", {}, make("span", { textContent: worlds ? `${worlds} worlds` : "" }),
      ...(spans[i] ? [make("i", { className: "span", ariaHidden: "true" }, make("i", { style: `left:${at(spans[i][1])};right:calc(100% - ${at(spans[i][2])})` }))] : []), measured));
  };

  const offer = ways => {
    const claim = ways.closest("[id^=claim-]"), label = claim.id.replace("claim-", "");
    const seed = make("input", { type: "number", min: 0, max: 999, value: Math.floor(Math.random() * 1000), ariaLabel: "Seed of your worlds" });
    const button = make("button", { type: "button", textContent: "Try to refute it" }), told = make("div", { className: "refuted" });
    told.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      const rows = [], mine = Math.min(999, Math.max(0, Math.floor(Number(seed.value)) || 0));
      seed.value = mine;
      button.disabled = true;
      const { verdict, measured, worlds, why } = await window.bookLive.replay(label, mine, 100, step => {
        if (typeof step === "string") return told.replaceChildren(...drawn(rows), make("p", { textContent: step }));
        rows.push(step);
        told.replaceChildren(...drawn(rows));
      });
      button.disabled = false;
      if (measured) rows.push({ worlds, measured });
      told.replaceChildren(...drawn(rows), make("p", {}, make("strong", { textContent: `${SAID[verdict]} in your worlds, seed ${mine}. ` }), why || ""));
      if (measured) keep({ label, page: location.pathname.split("/").pop(), seed: mine, verdict, worlds });
    });
    ways.append(" · ", button, " ", make("label", {}, "seed ", seed));
    ways.after(told);
  };

  const list = place => {
    const mine = read(), count = verdict => mine.filter(one => one.verdict === verdict).length;
    if (!mine.length) return;
    const rows = mine.map(one => make("li", {}, make("a", { href: `${one.page}#claim-${one.label}`, textContent: one.label }), `, seed ${one.seed}${one.worlds ? `, ${one.worlds} worlds` : ""}: ${one.verdict}`));
    place.append(make("details", {}, make("summary", { textContent: `Your own trials: ${count("held")} held, ${count("fell")} fell, ${count("cannot be told")} cannot be told` }), make("ul", {}, ...rows)));
  };

  if (window.bookLive?.replay) document.querySelectorAll(".claim-ways").forEach(offer);
  document.querySelectorAll("#book-refuted").forEach(list);
})();
