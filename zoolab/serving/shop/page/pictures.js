// What the page of the shop draws: curves, the board, the ledger. Whatever the server says is put in as text, never as
// markup.
"use strict";

const byId = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

// ---- words and numbers ----------------------------------------------------------------------------------

const share = value => (value === null ? "–" : value.toFixed(3).replace("-", "−"));
const chance = value => (value !== null && value < 0.01 ? value.toFixed(4) : share(value)); // most are small
const count = value => value.toLocaleString("en");
const persona = name => name.replaceAll("_", " ");
const article = words => (/^[aeiou]/.test(words) ? "an " : "a ") + words;
const listed = words => words.join(words.length > 2 ? ", " : " and ");

function make(tag, { text, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  node.append(...children);
  return node;
}

function draw(parent, tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

// ---- curves ---------------------------------------------------------------------------------------------

const LEFT = 40, RIGHT = 12, TOP = 20, BOTTOM = 26;

function frame(id, height, last, words) {
  const box = byId(id), width = Math.max(280, box.clientWidth), svg = document.createElementNS(SVG, "svg");
  const x = visits => LEFT + (width - LEFT - RIGHT) * visits / last;
  const y = value => TOP + (height - TOP - BOTTOM) * (1 - value);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("aria-hidden", "true");
  const step = niceStep(last / (width < 500 ? 3 : 7));
  for (let at = 0; at <= last; at += step) {
    const anchor = x(at) > width - RIGHT - 14 ? "end" : "middle";
    draw(svg, "text", { x: x(at), y: height - 6, "text-anchor": anchor }, count(at));
  }
  box.replaceChildren(svg);
  box.setAttribute("aria-label", words);
  return { svg, x, y, width };
}

function niceStep(rough) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  return [1, 2, 5, 10].map(k => k * unit).find(step => step >= rough) ?? 10 * unit;
}

const path = points => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function chart(state) {
  const { curve, categories } = state, last = Math.max(state.visits, 10);
  const top = Math.max(0.6, ...curve.flatMap(point => point.slice(1, 4))), high = Math.ceil(top * 5) / 5;
  const rate = frame("chart-rate", 230, last, `${summary(state)} ` +
    (state.shock_log.length ? `Marked: ${state.shock_log.map(([at, name, on]) => `${name} ${on ? "came" : "went"} at visit ${at}`).join(", ")}.` : ""));
  for (let value = 0; value <= high + 1e-9; value += 0.2) {
    const at = rate.y(value / high);
    draw(rate.svg, "line", { class: "grid", x1: LEFT, x2: rate.width - RIGHT, y1: at, y2: at });
    draw(rate.svg, "text", { x: LEFT - 6, y: at + 4, "text-anchor": "end" }, value.toFixed(1));
  }
  ["random", "oracle", "agent"].forEach(name => {
    const column = { agent: 1, oracle: 2, random: 3 }[name];
    draw(rate.svg, "path", { class: name, d: path(curve.map(p => [rate.x(p[0]), rate.y(p[column] / high)])) });
  });
  const latest = categories.filter(c => c.share).map(c => `${c.name} ${share(c.share)}`).join(", ");
  const shares = frame("chart-share", 170, last, latest ? `Lately: ${latest}.` : "No visits yet.");
  const under = curve.map(() => 0);
  categories.forEach((category, i) => {
    const low = curve.map((p, k) => [shares.x(p[0]), shares.y(under[k])]);
    curve.forEach((p, k) => { under[k] += p[4 + i]; });
    const up = curve.map((p, k) => [shares.x(p[0]), shares.y(Math.min(1, under[k]))]);
    if (curve.length > 1) {
      draw(shares.svg, "path", { class: "area", "data-category": category.name, d: `${path([...up, ...low.reverse()])}Z` });
    }
  });
  for (const value of [0, 0.5, 1]) {
    draw(shares.svg, "text", { x: LEFT - 6, y: shares.y(value) + 4, "text-anchor": "end" }, value.toFixed(1));
  }
  for (const { svg, x, width } of [rate, shares]) {
    const height = svg.viewBox.baseVal.height;
    state.shock_log.forEach(([at, name, on], i) => {
      draw(svg, "line", { class: "mark", x1: x(at), x2: x(at), y1: TOP - 6, y2: height - BOTTOM });
      if (svg !== rate.svg) return;
      const late = x(at) > 0.7 * width;
      draw(svg, "text", { class: "marked", x: x(at) + (late ? -4 : 4), y: TOP - 6 + 14 * (i % 2),
        "text-anchor": late ? "end" : "start" }, on ? name : `${name} over`);
    });
  }
}

// ---- the board of what a visitor might be shown, and the end of the ledger ---------------------------------

const percent = value => `${100 * Math.min(1, Math.max(0, value))}%`;

function drawBoard(rows) {
  byId("board-off").hidden = rows.length > 0;
  byId("board-words").hidden = rows.length === 0;
  const last = Math.max(1, ...rows.map(row => row.payoff + row.uncertainty)); // an uncertainty may be above 1 at first
  byId("board").replaceChildren(...rows.map(row => {
    const { name, category, payoff, uncertainty, propensity, truth, place } = row;
    const parts = ["payoff", "spread", "truth"].map(part => make("i", { class: part }));
    const low = Math.max(0, payoff - uncertainty);
    parts[0].style.width = percent(payoff / last);
    parts[1].style.left = percent(low / last);
    parts[1].style.width = percent((payoff + uncertainty - low) / last);
    parts[2].style.left = percent(truth / last);
    parts[2].hidden = !byId("reveal").checked;
    const shown = place ? [make("b", { class: "place", text: place, "aria-label": `shown in place ${place}`, role: "img" })] : [];
    return make("li", { "data-category": category },
      make("span", { class: "name" }, make("span", { class: "dot", role: "img", "aria-label": category }), name, ...shown),
      make("span", { class: "bar", "aria-hidden": "true" }, ...parts),
      make("span", { class: "payoff-told", text: `${share(payoff)} ± ${share(uncertainty)}` }),
      make("span", { class: "chance", text: chance(propensity) }));
  }));
}

function drawLedger(entries) {
  byId("entries").replaceChildren(...entries.map(entry => {
    const when = new Date(1000 * entry.made);
    const models = entry.counted.length > 1 ? `counted for ${entry.counted.length} models` : "";
    return make("li", {},
      make("p", { class: "entry" },
        make("time", { datetime: when.toISOString(), text: when.toLocaleTimeString("en-GB") }),
        make("span", { text: `visitor ${count(entry.number)}, ${article(persona(entry.persona))}` }),
        make("span", {}, "φ ", make("code", { text: entry.model.slice(0, 6) })),
        make("span", { text: models })),
      make("ol", {}, ...entry.products.map(({ name, category, propensity, verdict }) =>
        make("li", { "data-category": category, "data-verdict": verdict },
          make("span", { class: "name", text: name }), make("span", { class: "chance", text: chance(propensity) }),
          make("b", { text: verdict })))));
  }));
}
