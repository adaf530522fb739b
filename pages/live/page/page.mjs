// What comes with the first press of a button: it starts the engine, opens cells as editors and runs them.
import {marked} from "marked";
import {coloured, opened} from "./editor.mjs";

const {CELLS, FILES, WORKER, SECONDS, PYODIDE} = window.bookLiveParts;  // what the build knows, see build.py
const LONG = 10;  // seconds: what takes longer asks first
const BOUND = 30;  // seconds that a claim may be replayed
const ROOM = 400e6;  // bytes that Python may come to hold; beyond that a cell is offered with fewer worlds
const MANY = /(?<!\w)range\(100\)/g, FEWER = "range(20)";
const KEPT = `book-live ${location.pathname}`;
const CLAIM = "application/vnd.zoolib.claim+json";
const folder = new URL(".", document.currentScript.src).href;
const AT_ONCE = ["engine.wasm", "library.bin", "book.bin"];

const make = (tag, attributes = {}, ...children) => {
  const one = Object.assign(document.createElement(tag), attributes);
  one.append(...children);
  return one;
};
const button = (words, press, title) => make("button", {type: "button", textContent: words, onclick: press, title: title ?? ""});
const loaded = src => new Promise((yes, no) => {
  const script = make("script", {src, onload: () => { script.remove(); yes(); }, onerror: () => { script.remove(); no(new Error(`${src} is not there`)); }});
  document.head.append(script);
});
const megabytes = bytes => `${Math.round(bytes / 1e6)} MB`;
const time = seconds => seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;

// ---------------------------------------------------------------- the engine

let python, starting, busy = null, night = {};

let parts = Promise.resolve();  // from a disk, where a page may fetch nothing, the bytes come as scripts, one at a time
const part = file => parts = parts.catch(() => {}).then(async () => {
  await loaded(`${folder}${file}.js`);
  const bytes = await (await fetch(`data:application/octet-stream;base64,${window.bookLivePart}`)).arrayBuffer();
  delete window.bookLivePart;
  return bytes;
});

// An engine in a worker of its own, asked one thing at a time.
class Python {
  on = {};
  held = 0;

  ask(message, handlers = {}) {
    return new Promise((yes, no) => {
      this.on = {...handlers, done: yes, ready: yes, failed: ({error}) => no(new Error(error))};
      this.worker.postMessage(message);
    });
  }

  call(method, given = [], handlers) { return this.ask({type: "call", method, given}, handlers); }

  async said(method, ...given) {
    let answer;
    await this.call(method, given, {message: ({message}) => { answer = message; }});
    return answer;
  }

  async start(say) {
    const files = {};
    for (const [name, file] of Object.entries(FILES)) {
      if (location.protocol === "file:") {
        say(`Loading Python from the disk: ${name} …`);
        files[name] = await part(file);
      } else files[name] = folder + file;
    }
    if (this.ended) throw new Error("it was stopped");
    this.worker = new Worker(URL.createObjectURL(new Blob([WORKER], {type: "text/javascript"})), {type: PYODIDE ? "module" : "classic"});
    this.worker.onmessage = ({data}) => {
      if (data.bytes) this.held = data.bytes;
      this.on[data.type]?.(data);
    };
    this.worker.onerror = event => this.on.failed?.({error: event.message});
    const sizes = Object.fromEntries(AT_ONCE.map(name => [name, window.bookLiveParts.SIZES[name]]));
    const whole = Object.values(sizes).reduce((a, b) => a + b), seen = {};
    const progress = ({name, seen: bytes}) => {
      seen[name] = bytes;
      const got = Object.values(seen).reduce((a, b) => a + b);
      say(got < whole ? `Loading Python: ${(got / 1e6).toFixed(1)} of ${(whole / 1e6).toFixed(1)} MB, once` : "Starting Python …");
    };
    await this.ask({type: "start", files, sizes, halved: "rest.wasm" in FILES, pyodide: PYODIDE}, {progress});
    this.slowness = (await this.said("calibrate")).seconds / SECONDS;
  }

  stop() {
    this.ended = true;
    this.worker?.terminate();
    this.on.failed?.({error: "it was stopped"});
  }
}

const ready = say => starting ??= begun(python = new Python(), say);

async function begun(mine, say) {
  try {
    await mine.start(say);
    night = (await mine.said("night")).colours;
  } catch (error) {
    if (mine === python) stop();  // or it was stopped, and another start is under way
    throw error;
  }
}

function stop() {
  python?.stop();
  python = starting = busy = null;
}

// ---------------------------------------------------------------- the cells

const cells = CELLS.map((cell, place) => ({...cell, place, stored: cell.source, labels: [...cell.source.matchAll(/\blabel="([^"]+)"/g)].map(one => one[1])}));
const STORED = JSON.stringify(cells.map(cell => cell.stored));
const byName = new Map(cells.map(cell => [cell.name, cell]));
const source = cell => cell.editor ? cell.editor.text() : cell.source;
const note = (cell, words) => { if (cell.status) cell.status.textContent = words; };
const setsUp = cell => cell.name === "setup";  // imports what the page uses, before whatever is run first

// Where one cell is as in the book but for fewer worlds, all that are run are to have as few: 20 and 100 do not fit together.
const fewer = text => text.replaceAll(MANY, FEWER);
const isFewer = (cell, text) => text !== cell.stored && text === fewer(cell.stored);
const lessened = cell => isFewer(cell, source(cell));
const wish = cell => source(cell) === cell.stored && cells.some(lessened) ? fewer(cell.stored) : source(cell);
const share = worlds => .5 + worlds / 200;  // of the time that a hundred worlds take: they are played at once

// A claim is out of date as long as a cell that it needs is not as it was when the claim was shown.
const basis = cell => cell.needs.map(place => place === cell.place ? "" : source(cells[place])).join("\0");
const asInTheBook = cell => Object.assign(cell, {needs: CELLS[cell.place].needs, basis: CELLS[cell.place].needs.map(place => place === cell.place ? "" : cells[place].stored).join("\0")});
cells.forEach(asInTheBook);

function date() {
  for (const cell of cells) {
    const late = cell.labels.length && basis(cell) !== cell.basis;
    for (const box of cell.labels.map(label => document.getElementById(`claim-${label}`))) {
      const told = box?.querySelector(":scope > .live-stale");
      if (!late) told?.remove();
      else if (box && !told) {
        box.append(make("p", {className: "live-stale"}, "Out of date: a cell above was changed. ", onPage(cell) ? button("Run it again", () => press(cell.name)) : ""));
      }
    }
  }
}

const onPage = cell => document.querySelector(`.cell_input[data-cell="${CSS.escape(cell.name)}"]`);

// A reader's own cell takes the place of the button at an exercise.
function own(cell) {
  const button = document.querySelector(`button[data-cell="${CSS.escape(cell.name)}"]`);
  const input = make("div", {className: "cell_input docutils container"}, make("div", {}, make("div", {className: "highlight"})));
  input.dataset.cell = cell.name;
  button.parentElement.replaceWith(make("div", {className: "cell docutils container"}, input));
  return input;
}

function open(cell) {
  if (cell.editor) return;
  const input = onPage(cell) ?? own(cell);
  cell.input = input;
  cell.box = input.closest("div.cell");
  for (let fold = input.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const place = input.querySelector(".highlight").parentElement;
  cell.status = make("span", {className: "live-status"});
  cell.status.setAttribute("role", "status");
  cell.run = button("Run", () => press(cell.name), "Shift and Enter");
  cell.all = button("Run all above", () => press(cell.name, true), "All cells of the page up to this one");
  cell.reset = button("Reset", () => reset(cell), "Bring back the code and the output of the book");
  cell.keep = keeper("Keep", make("span", {className: "live-more", textContent: " my changes"}));
  cell.bar = make("div", {className: "live-bar"}, cell.run, cell.all, cell.reset, cell.keep, cell.status);
  const frame = make("div", {className: "live-editor highlight"});
  cell.editor = opened(frame, cell.source, {run: () => press(cell.name), changed: () => { keep(); mark(cell); date(); }, name: cell.name});
  cell.closed = place;
  place.replaceWith(frame);
  input.querySelectorAll(":scope > :is(button.live-run, .live-kept)").forEach(one => one.remove());
  input.append(cell.bar);
  mark(cell);
}

function mark(cell) {
  cell.keep.hidden = !store || source(cell) === cell.stored;
  cell.reset.disabled = source(cell) === cell.stored && !cell.before;
}

function reset(cell) {
  const others = lessened(cell) ? cells.filter(one => one !== cell && lessened(one)) : [];
  write(cell, cell.stored);
  if (cell.before) {
    cell.output?.replaceWith(...cell.before);
    if (!cell.before.length) cell.output?.remove();
    cell.before = cell.output = null;
    asInTheBook(cell);
    adopt(cell);
  }
  keep();
  date();
  if (cell.editor) mark(cell);
  note(cell, "As in the book.");
  others.forEach(reset);
}

// Write a cell anew: in its editor, if it has a place on the page.
function write(cell, text) {
  if (onPage(cell)) { open(cell); cell.editor.set(text); }
  else cell.source = text;
}

// The code of a claim lies in the claim's own box; when that is shown anew, it moves.
function adopt(cell) {
  const claim = cell.box.querySelector(".cell_output .zoolib-claim, .cell_output .zoolib-fallen");
  if (claim && cell.fold && !claim.contains(cell.fold)) claim.append(cell.fold);
}

async function press(name, all = false) {
  const wanted = byName.get(name), blank = wanted.own && !wanted.editor;
  open(wanted);
  if (blank) { wanted.editor.focus(); return; }
  if (busy) { if (busy !== wanted) note(wanted, "Another cell is running."); return; }
  busy = wanted;
  wanted.run.textContent = "Stop";
  wanted.run.onclick = () => { stopped(wanted); };
  const say = words => note(wanted, words);
  const mine = {};
  wanted.press = mine;
  say("Starting …");  // at once: what is said of the last run is not said of this one
  try {
    await ready(say);
    const needed = async () => {
      const sources = cells.map(cell => cell.off || (cell.own && !cell.editor) ? null : wish(cell));
      const {cells: places, rests} = await python.said("needs", JSON.stringify(sources), STORED, wanted.place);
      places.forEach((place, n) => { cells[place].needs = rests[n]; });
      return all ? cells.slice(0, wanted.place + 1).filter(cell => !cell.off && (!cell.own || cell === wanted)) : places.map(place => cells[place]);
    };
    let todo = await needed();
    if (await agreed(wanted, todo, say)) {
      todo = await needed();  // with fewer worlds some are needed once more
      for (const cell of todo) if (wish(cell) !== source(cell)) write(cell, wish(cell));
      const counted = todo.filter(cell => !setsUp(cell));
      for (const cell of todo) {
        if (cell === wanted) say("Running …");
        else if (setsUp(cell)) say("Starting Python: its packages …");
        else say(`Running cell ${counted.indexOf(cell) + 1} of the ${counted.length} that are needed …`);
        const good = await execute(cell);
        if (!good) {
          if (cell !== wanted) blame(wanted, cell);
          break;
        }
      }
    }
  } catch (error) {
    if (wanted.press === mine) {
      say(`Python stopped: ${error.message}`);
      stop();
    }
  }
  if (wanted.press !== mine) return;  // it was stopped meanwhile
  done(wanted);
}

// Say that a cell that is needed failed, and lead to it: it may stand far above.
function blame(wanted, cell) {
  note(wanted, `A cell that is needed failed: ${cell.error} `);
  if (cell.editor) wanted.status.append(button("Show it", () => { cell.input.scrollIntoView({block: "center"}); cell.editor.focus(); }));
}

function done(cell) {
  busy = null;
  cell.press = null;
  cell.run.textContent = "Run";
  cell.run.onclick = () => press(cell.name);
  for (const one of cells) if (one.editor) mark(one);
}

function stopped(cell) {
  stop();
  cell.choices?.remove();
  done(cell);
  note(cell, "Stopped. What had been computed is gone; the next run starts Python anew.");
  for (const one of cells) one.output?.querySelectorAll("progress").forEach(bar => bar.closest(".output")?.remove());
}

// Whether the reader wants to wait as long as it may take, or wants fewer worlds. Packages are imported in any case.
async function agreed(wanted, todo, say) {
  const asked = todo.filter(cell => !setsUp(cell)), others = asked.length - asked.includes(wanted);
  const sum = what => asked.reduce((so_far, cell) => so_far + (cell[what] ?? 0) * (isFewer(cell, wish(cell)) ? share(20) : 1), 0);
  const expected = sum("seconds") * python.slowness;
  const much = sum("bytes") > 50e6 && python.held + sum("bytes") > ROOM;
  const many = asked.filter(cell => wish(cell).search(MANY) >= 0);
  if (expected < LONG && !much) return true;
  say(`This takes about ${time(expected)}${much ? " and much memory" : ""} here${others ? `, with ${others} other cell${others > 1 ? "s" : ""}` : ""}.`);
  return new Promise(answer => {
    const choose = (words, then) => button(words, () => {
      choices.remove();
      wanted.bar.classList.remove("asks");
      wanted.run.focus();
      say("Running …");
      then();
    });
    const choices = wanted.choices = make("span", {className: "live-choices"});
    if (many.length) {
      choices.append(choose("With 20 worlds", () => {
        for (const cell of many) write(cell, fewer(source(cell)));
        answer(true);
      }));
    }
    choices.append(choose("As it stands", () => answer(true)), choose("Not now", () => { say(""); answer(false); }));
    wanted.bar.classList.add("asks");
    wanted.status.after(choices);
    choices.firstChild.focus();
  });
}

async function execute(cell) {
  const code = source(cell), rests = basis(cell), shown = new Map(), visible = Boolean(onPage(cell));
  if (visible) open(cell);
  const out = make("div", {className: "cell_output docutils container live-output"});
  out.setAttribute("aria-live", "polite");
  out.append(make("p", {className: "live-own", textContent: `Computed in this page${cell.needs.some(place => lessened(cells[place])) ? ", with 20 worlds" : ""}`}));
  if (visible) put(cell, out);
  cell.error = null;
  const show = ({message}) => {
    if (message.type === "error") {
      cell.error = `${message.ename}: ${message.evalue}`;
      out.append(trouble(message));
    } else if (message.type === "update") shown.get(message.id)?.replaceChildren(...rendered(message.data).childNodes);
    else if (message.data) {
      const box = rendered(message.data);
      if (message.id) shown.set(message.id, box);
      out.append(box);
      settle(box);
    }
  };
  const stream = ({name, text}) => {
    let last = out.lastElementChild;
    if (last?.dataset.stream !== name) {
      last = make("div", {className: `output stream ${name}`}, make("pre"));
      last.dataset.stream = name;
      out.append(last);
    }
    last.firstChild.append(text);
  };
  const {seconds} = await python.call("run", [cell.name, code, matchMedia("(max-width: 600px)").matches ? "narrow" : "wide"], {message: show, stream});
  if (out.children.length === 1) out.hidden = true;
  await python.call("ran", [cell.place, cell.error ? `${code}\n# failed` : code]);  // what it did until then is done
  cell.basis = rests;
  date();
  if (visible) {
    adopt(cell);
    mark(cell);
    note(cell, `${cell.error ? "Failed" : "Done"} in ${seconds.toFixed(1)} s; Python holds ${megabytes(python.held)}.`);
  }
  return !cell.error;
}

// Put what a cell shows in the place of what it showed: below its box, or, of several in one box, below itself.
function put(cell, out) {
  cell.fold ??= cell.input.closest("details.hide");
  const last = [...cell.box.querySelectorAll(".cell_input")].at(-1) === cell.input;
  if (cell.output) { cell.fold && cell.output.contains(cell.fold) && cell.box.append(cell.fold); cell.output.replaceWith(out); }
  else {
    const stored = last ? cell.box.querySelector(":scope > .cell_output") : null;
    cell.before = stored ? [stored] : [];
    if (stored && cell.fold && stored.contains(cell.fold)) cell.box.append(cell.fold);
    if (stored) stored.replaceWith(out);
    else if (last) cell.box.append(out);
    else cell.input.append(out);
  }
  cell.output = out;
}

function trouble({ename, evalue, line, traceback}) {
  const where = line ? `In line ${line}: ` : "";
  return make("div", {className: "output live-error"},
    make("p", {}, make("strong", {textContent: `${ename}. `}), `${where}${evalue}`),
    make("details", {}, make("summary", {textContent: "The whole trace"}), make("pre", {textContent: traceback})));
}

function rendered(data) {
  const box = make("div", {className: "output"});
  if (data["text/html"] !== undefined) {
    box.classList.add("text_html");
    box.innerHTML = data["text/html"];
  } else if (data["image/svg+xml"]) {
    box.classList.add("image_svg");
    for (const [when, text] of [["light", data["image/svg+xml"]], ["dark", data["image/svg+xml"].replace(/#[0-9a-f]{6}/g, one => night[one] ?? one)]]) {
      box.append(make("img", {className: `drawn only-${when}`, alt: data["text/plain"], src: URL.createObjectURL(new Blob([text], {type: "image/svg+xml"}))}));
    }
  } else if (data["image/png"]) box.append(make("img", {src: `data:image/png;base64,${data["image/png"]}`, alt: data["text/plain"]}));
  else if (data["text/markdown"] !== undefined) {
    box.classList.add("text_markdown");
    box.innerHTML = marked.parse(data["text/markdown"]);
    for (const code of box.querySelectorAll("code.language-python")) {
      const pre = make("pre", {}, coloured(code.textContent));
      code.parentElement.replaceWith(make("div", {className: "highlight"}, pre));
    }
  } else {
    box.classList.add("text_plain");
    box.append(make("pre", {textContent: data["text/plain"]}));
  }
  return box;
}

function settle(box) {
  for (const script of box.querySelectorAll("script:not([type])")) script.replaceWith(make("script", {textContent: script.textContent}));
  if (/\\\(|\$/.test(box.textContent)) window.MathJax?.typesetPromise?.([box]);
}

// ---------------------------------------------------------------- what a reader keeps

let store, keeping = false;
try { store = localStorage; keeping = store.getItem(KEPT) !== null; } catch { /* where nothing may be kept */ }

const keptHere = new Set();  // another tab may keep others
function keptNow() {
  try { return Object.assign({}, JSON.parse(store?.getItem(KEPT) ?? "{}")); } catch { return {}; }  // it may have been cut
}

function keep() {
  if (!keeping) return;
  const kept = keptNow();
  for (const cell of cells) {
    if (source(cell) !== cell.stored) { kept[cell.name] = source(cell); keptHere.add(cell.name); }
    else if (keptHere.delete(cell.name)) delete kept[cell.name];
  }
  store?.setItem(KEPT, JSON.stringify(kept));
}

// The switch stands beside every cell that was changed, and at the end of the page.
function keeper(...words) {
  const box = make("input", {type: "checkbox", className: "live-keeps", checked: keeping, onchange: () => {
    keeping = box.checked;
    for (const other of document.querySelectorAll(".live-keeps")) other.checked = keeping;
    keeping ? keep() : store?.removeItem(KEPT);
  }});
  return make("label", {}, box, " ", ...words);
}

function panel() {
  const again = button("Start Python anew", () => { if (busy) stopped(busy); else stop(); told.textContent = "The next run starts Python anew."; }, "Forget all that has been computed");
  const told = make("span", {className: "live-status"});
  told.setAttribute("role", "status");
  const about = make("a", {href: "live.html", textContent: "What runs here"});
  const article = document.querySelector("article");
  article.append(make("div", {className: "live-panel"}, keeper("Keep my changes of this page in this browser"), again, about, told));
}

let begins = true;
export function begin() {
  if (!begins) return;
  begins = false;
  panel();
  for (const [name, text] of Object.entries(keptNow())) {
    const cell = byName.get(name);
    if (!cell || typeof text !== "string") continue;
    keptHere.add(name);
    open(cell);
    cell.editor.set(text);
    note(cell, "Your change, kept in this browser.");
  }
}

// ---------------------------------------------------------------- a claim in worlds of the reader's own

let replaying = Promise.resolve();  // one at a time
export const replay = (...asked) => replaying = replaying.then(() => replayed(...asked));

const many = cell => cell.stored.search(MANY) >= 0;
const total = numbers => numbers.reduce((a, b) => a + b, 0);

// Which cells a claim needs, as the book has them, those that import apart; or why it cannot be replayed.
function toReplay(label, seed) {
  const claim = cells.find(cell => cell.labels.includes(label)), stores = /\bstored\(/;
  if (!claim) return {why: `No claim of this page is called ${label}.`};
  if (!Number.isSafeInteger(seed) || seed < 0) return {why: "A seed is a whole number, 0 or more."};
  if (claim.off) return {why: `It ${claim.off.replace("a cell that needs ", "")}, which a page does not have.`};
  const needed = CELLS[claim.place].needs.map(place => cells[place]);
  const first = needed.filter(setsUp), played = needed.filter(cell => !setsUp(cell));
  const names = first.flatMap(cell => [...cell.stored.matchAll(/^(\w+) = .*\bstored\(/gm)]).map(one => new RegExp(`\\b${one[1]}\\b`));
  const reads = played.some(cell => [stores, ...names].some(one => one.test(cell.stored)));
  return reads ? {why: "It rests on a table that took hours to compute, and not on worlds that can be played here."} : {first, played};
}

// Play the cell of a claim, with all that it needs, in an engine of its own.
async function replayed(label, seed, worlds = 100, report = () => {}) {
  const began = performance.now();
  const answer = (verdict, why, measured = "", played = null) => ({verdict, measured, worlds: played, seconds: (performance.now() - began) / 1000, why});
  const {first, played, why} = toReplay(label, seed);
  if (why) return answer("cannot be told", why);
  const mine = new Python();
  try {
    await mine.start(report);
    report("Starting Python: its packages …");
    for (const cell of first) await mine.call("run", [cell.name, cell.stored]);
    // The book's worlds are shifted by some twenty millions at most; seeds of 32 bits have room for two thousand.
    await mine.call("run", ["shift", `__import__("os").environ["ZOOLIB_SHIFT"] = "${1_000_000 * (1000 + seed % 1000)}"`]);
    const takes = n => mine.slowness * total(played.map(cell => (cell.seconds ?? 0) * (many(cell) ? share(n) : 1)));
    const some = played.some(many), full = Math.min(worlds, 100);
    const most = some && takes(full) > BOUND ? Math.min(full, 20) : full, stages = [most];
    for (const n of [30, 10]) if (some && n < most && total([n, ...stages].map(takes)) <= BOUND) stages.unshift(n);
    const less = some && most < 100 ? `with ${most} worlds and not with 100${most < full ? ", which would take longer than half a minute" : ""}` : "";
    report(`This takes about ${time(total(stages.map(takes)))}${less && `, ${less}`}.`);
    for (const n of stages) {
      let record, error;
      const message = ({message: told}) => {
        if (told.type === "error") error = `${told.ename}: ${told.evalue}`;
        if (told.data?.[CLAIM]?.label === label) record = told.data[CLAIM];
      };
      for (const [at, cell] of played.entries()) {
        report(`Running cell ${at + 1} of ${played.length}${some ? `, with ${n} worlds` : ""} …`);
        await mine.call("run", [cell.name, cell.stored.replaceAll(MANY, `range(${n})`)], {message});
        if (error) break;
      }
      if (n === most) return judged(record, error);
      if (record) report({worlds: n, measured: record.measured});
    }

    function judged(record, error) {
      if (!record) return answer("cannot be told", `It could not be played: ${error ?? "nothing was claimed"}.`);
      const {holds, kind, measured, replications} = record, said = [measured, some ? most : replications];
      if (kind === "machine") return answer("cannot be told", "It is about one machine, and yours is another.", ...said);
      if (kind === "exact") return answer(holds ? "held" : "fell", "Nothing in it is random.", ...said);
      if (less && !holds) return answer("cannot be told", `It was played ${less}, and intervals are wider then.`, ...said);
      return answer(holds ? "held" : "fell", less && `It was played ${less}.`, ...said);
    }
  } catch (error) {
    return answer("cannot be told", `Python stopped: ${error.message}`);
  } finally {
    mine.stop();
  }
}
export {press, cells, stop};
