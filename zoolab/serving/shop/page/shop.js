// What the page of the shop does; pictures.js has what it draws.
"use strict";

const CROWDS = [1, 5, 10, 25, 50, 100, 200];
const ALPHAS = [0, 0.1, 0.3, 1, 3, 10];
let visit = null; // the decision that waits for its answer
let queue = Promise.resolve(); // one thing after another
let returning = 0; // timer of the next look whether the store is back
let streaming = false;
let drawn = null; // the state that the page shows

const say = words => { byId("said").textContent = words; };

function alarm(words) {
  const box = byId("alarm");
  if (box.textContent !== words) box.textContent = words;
  box.hidden = !words;
}

// ---- the server -----------------------------------------------------------------------------------------

class Refusal extends Error {
  constructor(words, status) {
    super(words);
    this.status = status;
  }
}

async function ask(path, body) {
  let response, told;
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  try {
    response = await fetch(`api/${path}`, body === undefined ? {} : post);
    told = await response.json();
  } catch {
    throw new Refusal("The shop's server does not answer. Is it running?", 0);
  }
  if (!response.ok) throw new Refusal(told.error, response.status);
  return told;
}

const away = error => error instanceof Refusal && (error.status === 0 || error.status >= 500);

// Do something that the reader asked for, after whatever was asked before. What goes wrong is told, and if the store is
// away its return is awaited.
function attempt(work) {
  const done = queue.then(() => tried(work));
  queue = done.catch(() => {});
  return done;
}

async function tried(work) {
  try {
    await work();
    alarm("");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    stopStream();
    if (away(error)) {
      alarm(error.message);
      comeBack(2000);
    } else if (error.status === 404 || error.status === 409) {
      say(`${error.message} The next visitor comes.`);
      visit = null;
      comeBack(0);
    } else alarm(error.message);
  }
}

function comeBack(delay) {
  clearTimeout(returning);
  returning = setTimeout(() => attempt(async () => {
    show(await ask("state"));
    if (!visit) await nextVisitor();
    if (!byId("alarm").hidden) say("The shop is back.");
  }), delay);
}

// ---- the slate ------------------------------------------------------------------------------------------

async function nextVisitor() {
  visit = await ask("visit", { persona: byId("persona").value || null, board: true });
  const { visitor, products } = visit;
  const likes = visitor.likes.length ? `would like something ${listed(visitor.likes)}` : "has no special wishes";
  byId("visitor").textContent = `Visitor ${count(visitor.number)}, ${article(persona(visitor.persona))}, ${likes}.`;
  const list = byId("products");
  while (list.children.length > products.length) list.lastChild.remove();
  while (list.children.length < products.length) list.append(emptyCard(list.children.length));
  products.forEach((product, i) => fillCard(list.children[i], product));
  drawBoard(visit.board);
  drawLedger(visit.entries);
}

function emptyCard(place) {
  const parts = ["payoff", "uncertainty", "score", "propensity"].map(name =>
    make("div", {}, make("dt", { text: name }), make("dd", { "data-number": name })));
  const bar = make("div", { class: "bar", "aria-hidden": "true" },
    make("i", { class: "payoff" }), make("i", { class: "bonus" }), make("i", { class: "truth" }));
  const button = make("button", { type: "button", text: "Click" });
  button.addEventListener("click", () => answer(place));
  return make("li", { class: "product" },
    make("span", { class: "category" }), make("span", { class: "name" }), make("span", { class: "words" }),
    make("dl", {}, ...parts), bar, make("span", { class: "truth-told" }), button);
}

function fillCard(card, product) {
  const payoff = Math.min(1, Math.max(0, product.payoff)), score = Math.min(1, Math.max(payoff, product.score));
  card.dataset.category = product.category;
  for (const name of ["category", "name"]) card.querySelector(`.${name}`).textContent = product[name];
  card.querySelector(".words").textContent = listed(product.words);
  for (const dd of card.querySelectorAll("[data-number]")) dd.textContent = share(product[dd.dataset.number]);
  card.querySelector(".bar .payoff").style.width = percent(payoff);
  card.querySelector(".bar .bonus").style.left = percent(payoff);
  card.querySelector(".bar .bonus").style.width = percent(score - payoff);
  card.querySelector(".bar .bonus").hidden = product.score === null; // a best seller has none
  card.querySelector(".bar .truth").style.left = percent(product.truth);
  card.querySelector(".bar .truth").hidden = !byId("reveal").checked;
  const told = card.querySelector(".truth-told");
  told.textContent = `true click probability ${share(product.truth)}`;
  told.hidden = !byId("reveal").checked;
  card.querySelector("button").setAttribute("aria-label", `Click ${product.name}`);
}

function answer(place) {
  const mine = visit;
  if (!mine || mine.answered) return;
  mine.answered = true; // a second press does not answer again
  attempt(async () => {
    const { decision, visitor, products } = mine;
    const clicked = place === null ? [] : [products[place].id];
    try {
      await ask("answer", { decision, clicked });
    } catch (error) {
      mine.answered = false;
      throw error;
    }
    const what = place === null ? "clicked none of these" : `clicked ${products[place].name}`;
    if (visit === mine) visit = null;
    await nextVisitor();
    show(await ask("state"));
    say(`Visitor ${count(visitor.number)} ${what}; counted. ${byId("visitor").textContent}`);
  });
}

// ---- simulated visitors, shocks and the rest ------------------------------------------------------------

const crowd = () => CROWDS[byId("n").value];
const visitors = n => (n === 1 ? "1 visitor" : `${n} visitors`);

async function send() {
  const state = await ask("simulate", { visitors: crowd(), persona: byId("persona").value || null });
  show(state);
  await nextVisitor();
  return state;
}

function summary(state) {
  const { agent, oracle } = state.rate;
  return agent === null ? "No visits yet." : `Of what was shown in the last ${Math.min(state.visits, state.window)} ` +
    `visits, ${share(agent)} was clicked; the oracle's share is ${share(oracle)}.`;
}

function stopStream() {
  streaming = false;
  byId("stream").setAttribute("aria-pressed", "false");
}

async function stream() {
  while (streaming) {
    if (!document.hidden) await attempt(send);
    await new Promise(resume => setTimeout(resume, 80));
  }
}

byId("send").addEventListener("click", () => attempt(async () => {
  const state = await send();
  say(`${visitors(state.counted)} came. ${summary(state)}`);
}));

byId("stream").addEventListener("click", () => {
  streaming = !streaming;
  byId("stream").setAttribute("aria-pressed", String(streaming));
  say(streaming ? "Visitors keep coming." : `Nobody comes any more. ${drawn ? summary(drawn) : ""}`);
  if (streaming) stream();
});

for (const button of document.querySelectorAll("[data-shock]")) {
  button.addEventListener("click", () => attempt(async () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    show(await ask("shock", { name: button.dataset.shock, on }));
    say(on ? `The ${button.dataset.shock} is here.` : `The ${button.dataset.shock} is over.`);
  }));
}

for (const [id, path, words] of [["deploy", "deploy", "is in force now"], ["roll-back", "roll_back", "is in force again"]]) {
  byId(id).addEventListener("click", () => attempt(async () => {
    say("Counting for the other model what the ledger remembers.");
    const { model, evidence } = await ask(path, {});
    await nextVisitor();
    show(await ask("state"));
    const [shown, clicked] = ["shown", "clicked"].map(what => evidence.reduce((sum, one) => sum + one[what], 0));
    say(`Model ${model} ${words}; its evidence counts ${count(shown)} products shown, ${count(clicked)} of them clicked.`);
  }));
}

byId("fall-back").addEventListener("click", () => attempt(async () => {
  const { fallback } = await ask("fall_back", { on: byId("fall-back").getAttribute("aria-pressed") !== "true" });
  await nextVisitor();
  show(await ask("state"));
  say(fallback ? "Everybody is shown the best sellers now." : "The model chooses again.");
}));

let doubt = 0;
byId("reset").addEventListener("click", () => {
  const button = byId("reset");
  clearTimeout(doubt);
  const calm = () => { button.textContent = "Forget everything"; delete button.dataset.asked; };
  if (!button.dataset.asked) {
    button.dataset.asked = "once";
    button.textContent = "Press again to forget everything";
    say("Press again to forget everything.");
    doubt = setTimeout(calm, 6000);
    return;
  }
  calm();
  attempt(async () => {
    show(await ask("reset", {}));
    visit = null;
    await nextVisitor();
    say("Everything is forgotten.");
  });
});

byId("none").addEventListener("click", () => answer(null));
byId("reveal").addEventListener("change", () => {
  for (const part of document.querySelectorAll(".truth, .truth-told")) part.hidden = !byId("reveal").checked;
});
byId("persona").addEventListener("change", () => attempt(nextVisitor));
byId("n").addEventListener("input", () => {
  byId("n-out").textContent = crowd();
  byId("n").setAttribute("aria-valuetext", visitors(crowd()));
  byId("send").textContent = `Send ${visitors(crowd())}`;
});
byId("alpha").addEventListener("input", () => showAlpha(ALPHAS[byId("alpha").value]));
byId("alpha").addEventListener("change", () => attempt(async () => {
  show(await ask("explore", { alpha: ALPHAS[byId("alpha").value] }));
  if (visit) await nextVisitor();
}));

function showAlpha(alpha) {
  byId("alpha-out").textContent = alpha;
  byId("alpha").setAttribute("aria-valuetext", alpha);
}

// ---- what was learned -----------------------------------------------------------------------------------

function show(state) {
  drawn = state;
  byId("visits").textContent = count(state.visits);
  for (const name of ["agent", "oracle", "random"]) byId(`rate-${name}`).textContent = share(state.rate[name]);
  byId("window").textContent = state.window;
  byId("n-products").textContent = count(state.n_products);
  byId("seed").textContent = state.seed;
  byId("model").textContent = state.model;
  for (const button of document.querySelectorAll("[data-shock]")) {
    button.setAttribute("aria-pressed", String(state.shocks.includes(button.dataset.shock)));
  }
  const nearest = ALPHAS.reduce((a, b) => (Math.abs(b - state.alpha) < Math.abs(a - state.alpha) ? b : a));
  byId("alpha").value = ALPHAS.indexOf(nearest);
  showAlpha(state.alpha);
  byId("categories").replaceChildren(...state.categories.map(category => {
    const head = make("th", { scope: "row" }, make("span", { class: "dot", "data-category": category.name }), category.name);
    const cells = [share(category.share), count(category.shown), count(category.clicked)];
    return make("tr", {}, head, ...cells.map(text => make("td", { text })));
  }));
  byId("evidence").replaceChildren(...state.evidence.map(one => make("tr", {},
    make("th", { scope: "row", text: persona(one.persona) }),
    make("td", { text: count(one.shown) }), make("td", { text: count(one.clicked) }))));
  byId("in-force").textContent = state.model;
  byId("roll-back").disabled = state.models.length < 2;
  byId("fall-back").setAttribute("aria-pressed", String(state.fallback));
  drawLedger(state.entries);
  chart(state);
}

let resizing = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(() => { if (drawn) chart(drawn); });
});

attempt(async () => {
  show(await ask("state"));
  await nextVisitor();
  say("");
});
