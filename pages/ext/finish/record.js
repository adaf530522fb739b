// The record: a reader finds claims by words and by marks, and a link opens the row that it leads to.
(() => {
  const make = (tag, props = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...inside);
    return node;
  };
  const MARKS = { held: "held", fell: "fell once", waits: "wait", star: "have a star", guide: "the guide leans on" };
  const chapters = [...document.querySelectorAll("details.zoolib-record")].filter(one => one.querySelector("[id^='claim-']"));
  if (!chapters.length) return;
  const rows = chapters.flatMap(chapter => [...chapter.querySelectorAll("tbody > tr")].map(row => {
    const [, , retested, star, guide] = [...row.cells].map(cell => cell.textContent);
    const marks = {
      held: /^(\d+) of \1$/.test(retested), waits: retested === "waits", star, guide, fell: row.querySelector("a[href^='#fell-']"),
    };
    return { row, chapter, marks, words: `${row.textContent} ${row.querySelector("[id]").id}`.toLowerCase() };
  }));

  const search = make("input", { type: "search", name: "words" });
  const names = chapters.map((chapter, i) => make("option", { value: i }, chapter.querySelector("b").textContent));
  const chosen = make("select", { name: "chapter" }, make("option", { value: "" }, "All chapters"), ...names);
  const boxes = Object.keys(MARKS).map(value => make("input", { type: "checkbox", name: "mark", value }));
  const found = make("output"), all = make("button", { type: "button" });
  const form = make("form", { className: "record-filter" },
    make("label", {}, "Find", search), make("label", {}, "In", chosen),
    make("fieldset", {}, make("legend", {}, "Only claims that"), ...boxes.map(box => make("label", {}, box, MARKS[box.value]))),
    make("p", {}, found, all));
  form.setAttribute("role", "search");
  form.ariaLabel = "Claims";

  const opened = new Map();  // chapters as the reader had them before the first filter
  const shown = () => chapters.filter(chapter => !chapter.hidden);
  const name = () => { all.textContent = shown().every(chapter => chapter.open) ? "Close all" : "Open all"; };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean), asked = boxes.filter(box => box.checked).map(box => box.value);
    const active = words.length || asked.length || chosen.value;
    if (active && !opened.size) for (const chapter of chapters) opened.set(chapter, chapter.open);
    let count = 0;
    for (const one of rows) {
      one.row.hidden = !(words.every(word => one.words.includes(word)) && asked.every(mark => one.marks[mark])
        && (!chosen.value || chapters[chosen.value] === one.chapter));
      count += !one.row.hidden;
    }
    for (const chapter of chapters) {
      chapter.hidden = rows.every(one => one.chapter !== chapter || one.row.hidden);
      chapter.open = active ? !chapter.hidden : opened.get(chapter) ?? chapter.open;
    }
    if (!active) opened.clear();
    found.textContent = active ? `${count} of ${rows.length} claims` : `${rows.length} claims`;
    name();
  };
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", event => event.preventDefault());
  all.addEventListener("click", () => {
    const open = all.textContent === "Open all";
    for (const chapter of shown()) chapter.open = open;
    name();
  });
  for (const chapter of chapters) chapter.addEventListener("toggle", name);
  chapters[0].closest(".cell").before(form);
  filter();

  const follow = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.closest("[hidden]")) {
      form.reset();
      filter();
    }
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.closest("tr")?.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  addEventListener("load", follow);
  addEventListener("click", event => event.target.closest?.("a")?.hash === location.hash && follow());  // once more
  follow();
})();
