// Questions that answer: each box becomes a form. What is given stays in this browser, under the question's name.
(() => {
  const KEPT = "book-questions";
  const make = (tag, props = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...inside);
    return node;
  };
  const say = (text, ...values) => text.replace(/\{\}/g, () => values.shift());
  const count = value => Number.isInteger(value) && value > 0 ? value : 0;

  // ---- what is kept; a storage that is blocked, full or garbled holds nothing, and the page still answers

  const read = () => {
    const sound = {};
    try {
      for (const [name, one] of Object.entries(JSON.parse(localStorage.getItem(KEPT)) ?? {})) {
        if (!/^q(-[a-z0-9]+)+$/.test(name) || !one) continue;
        const given = typeof one.given === "string" ? one.given.slice(0, 60) : "";
        sound[name] = { tries: count(one.tries), right: count(one.right), shown: one.shown === true, given };
      }
    } catch {}
    return sound;
  };
  let kept = read();
  const of = name => kept[name] ?? { tries: 0, right: 0, shown: false, given: "" };
  const write = () => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(kept));
      return true;
    } catch {
      return false;
    }
  };
  const keep = (name, change) => {
    kept = { ...read(), ...kept, [name]: { ...of(name), ...change } };
    write();
    for (const tell of told) tell();
  };
  const told = [];  // what says how far one is
  addEventListener("storage", event => {
    if (event.key !== KEPT && event.key !== null) return;
    kept = read();
    for (const tell of told) tell();
  });

  // ---- numbers as people write them: 0.28, .28, 0,28, 28 %, −1, 40 000, 1/4, 2e6, 2 · 10^6, 2 million

  const plain = text => {
    const thousands = /^[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(text) ? [Number(text.replaceAll(",", ""))] : [];
    return [...thousands, Number(text.replace(",", "."))];
  };
  const numbers = text => {
    const tight = text.replace(/[−–]/g, "-").replace(/[\s'’_]/g, "").replace(/^[^\d.,+-]+/, "");
    const [all, sign, number, e, ten, below, rest] =
      tight.match(/^([+-]?)((?:\d|[.,]\d)[\d.,]*)(?:e([+-]?\d+))?(?:[*x×·]10\^?([+-]?\d+))?(?:\/(\d[\d.,]*))?(\D*)$/i) ?? [];
    if (all === undefined) return [];
    const word = { thousand: 3, tausend: 3, million: 6, billion: 9, milliarde: 9 }[rest.match(/^(thousand|tausend|million|billion|milliarde)/i)?.[0].toLowerCase()] ?? 0;
    const grown = Number(`${sign}1e${Number(e ?? 0) + Number(ten ?? 0) + word}`);
    const parts = plain(number.replace(/[.,]$/, "")).map(value => value * grown / (below ? plain(below)[0] : 1));
    return (rest.startsWith("%") || /^(percent|prozent)/i.test(rest) ? parts.flatMap(value => [value / 100, value]) : parts).filter(Number.isFinite);
  };

  // ---- a question

  const words = node => [...node.cloneNode(true).childNodes];
  const choices = list => [...list?.children ?? []].map(item => words(item.firstElementChild?.matches("p:only-child") ? item.firstElementChild : item));
  const ask = box => {
    const name = box.id, { asks, key, within, before } = box.dataset;
    const answer = box.querySelector(":scope > .answer"), list = box.querySelector(":scope > ol");
    const parts = [...box.children].filter(part => !part.matches(".admonition-title, .hint, .answer"));
    const asked = parts.findLast(part => part.matches("p"));
    const fields = make("fieldset", {}, make("legend", {}, ...words(asked)));
    const check = make("button", { type: "submit", textContent: say("Check") }), mark = make("p", { className: "kept" });
    const news = make("div", { className: "told" });
    news.setAttribute("role", "status");
    const form = make("form", { className: "asked", autocomplete: "off", noValidate: true }, fields, make("div", {}, check, mark), news);
    asked.replaceWith(form);
    fields.append(...parts.slice(parts.indexOf(asked) + 1));
    const items = [...list?.children ?? []], said = choices(list);
    const chosen = () => [...fields.querySelectorAll("input:checked")].map(input => input.value).join(" ");
    const order = () => [...list.children].map(item => item.value).join(" ");

    // each kind has controls, what is given, and how it is put back
    let given, restore;
    if (asks === "number") {
      const input = make("input", { type: "text", inputMode: "decimal", spellcheck: false });
      fields.append(make("label", { className: "number" }, say("Your answer"), " ", input));
      given = () => input.value.trim();
      restore = text => { input.value = text; };
    } else if (asks === "order") {
      const places = () => [...list.children].forEach((item, at, { length }) => {
        const [up, down] = item.querySelectorAll("button");
        up.setAttribute("aria-disabled", at === 0);
        down.setAttribute("aria-disabled", at === length - 1);
      });
      items.forEach((item, i) => {
        item.value = i + 1;
        const buttons = [say("Up"), say("Down")].map((way, down) => {
          const button = make("button", { type: "button", textContent: way });
          button.setAttribute("aria-label", `${way}: ${item.textContent.replace(/\\[()]/g, "").trim()}`);
          button.addEventListener("click", () => {
            if (button.getAttribute("aria-disabled") === "true") return;
            down ? item.nextElementSibling.after(item) : item.previousElementSibling.before(item);
            button.focus();
            places();
            news.textContent = say("{} is now at place {} of {}.", item.value, [...list.children].indexOf(item) + 1, items.length);
          });
          return button;
        });
        item.replaceChildren(make("div", { className: "moves" }, make("span", {}, ...said[i].map(part => part.cloneNode(true))), ...buttons));
      });
      places();
      given = order;
      restore = text => {
        const sorted = text.split(" ").map(value => items[value - 1]);
        if (new Set(sorted).size === items.length && sorted.every(Boolean)) list.append(...sorted);
        places();
      };
    } else {
      items.forEach((item, i) => {
        const input = make("input", { type: asks === "one" ? "radio" : "checkbox", name, value: i + 1 });
        item.replaceChildren(make("label", {}, input, make("span", {}, ...said[i].map(part => part.cloneNode(true)))));
      });
      given = chosen;
      restore = text => {
        for (const input of fields.querySelectorAll("input")) input.checked = text.split(" ").includes(input.value);
      };
    }

    // what is said of an answer: a sentence if there is none, else whether it is right, and why not
    const foreseen = [...answer.querySelectorAll("li[data-when]")];
    const because = (item, what) => {
      const said = make("p", {}, ...words(item.querySelector("p") ?? item));
      said.querySelector("[data-lead]").replaceWith(make("strong", { textContent: `${what}:` }));
      return said;
    };
    const judge = text => {
      const values = text.split(" "), all = [];
      if (asks === "number") {
        const tried = numbers(text), near = (low, high, room) => tried.some(value => value >= low - room && value <= high + room);
        if (!tried.length) return { none: say(text ? "That is not read as one number. Write it as 0.5, 1/2 or 50 %." : "Write a number first.") };
        const room = within * (1 + 1e-9);
        if (near(+key, +key, room)) return { right: true };
        const found = foreseen.find(item => near(...item.dataset.when.split(" ").map(Number), item.dataset.when.includes("Infinity") ? 0 : room));
        return { all: [found ? because(found, say("Not {}", text)) : make("p", { textContent: say("Not within {} of it.", Number(within).toLocaleString(document.documentElement.lang || "en", { maximumSignificantDigits: 12 })) })] };
      }
      if (!text) return { none: say(asks === "one" ? "Choose one first." : "Tick what is right first.") };
      if (text === key) return { right: true };
      for (const item of foreseen) {
        const [first, second] = item.dataset.when.split(" ");
        if (asks === "order" ? values.indexOf(first) < values.indexOf(second) : first !== "not" && values.includes(first)) all.push(because(item, asks === "order" ? say("Not {} before {}", first, second) : say("Not {}", first)));
      }
      if (asks === "all" && !all.length) {
        for (const item of foreseen) {
          const [first, second] = item.dataset.when.split(" ");
          if (first === "not" && !values.includes(second)) all.push(because(item, say("Not without {}", second)));
        }
      }
      return { all: all.length ? all : [make("p", { textContent: say(asks === "order" ? "Not in this order." : "What you ticked is right, and it is not all.") })] };
    };
    const why = lead => {
      const text = answer.cloneNode(true);
      for (const part of text.querySelectorAll(".admonition-title, [data-lead], ul:has([data-when])")) part.remove();
      for (const part of text.querySelectorAll("[id]")) part.removeAttribute("id");
      text.querySelector("p").prepend(make("strong", { textContent: lead }));
      return [...text.children];
    };

    // after a wrong answer: what one can do next
    const further = () => {
      const hint = box.querySelector(":scope > .hint.toggle-hidden");
      if (!hint) return asks === "number" ? [make("p", { textContent: say("Try again, or unfold the answer: it says how one gets there.") })] : [];
      const button = make("button", { type: "button", textContent: say("Show the hint") });
      button.addEventListener("click", () => {
        hint.querySelector(".toggle-button").click();
        hint.tabIndex = -1;
        hint.focus();
        button.remove();
      });
      return [button];
    };

    form.addEventListener("submit", event => {
      event.preventDefault();
      const text = given(), { none, right, all } = judge(text), one = of(name);
      if (none) return news.replaceChildren(make("p", { textContent: none }));
      news.replaceChildren(...(right ? why(`${say("Yes.")} `) : all), ...(before && !right ? why("") : []));
      if (!right && !before) news.append(...further());
      window.setFormulasIn?.(news);
      if (one.right) return;
      keep(name, { tries: one.tries + 1, right: right ? one.tries + 1 : 0, given: before && one.given ? one.given : text.slice(0, 60) });
    });
    answer.addEventListener("click", event => {  // printing opens what is folded, too, by a click that is none
      if (event.isTrusted && !of(name).right && !answer.classList.contains("toggle-hidden")) keep(name, { shown: true });
    });
    if (of(name).given) restore(of(name).given);

    const tell = () => {
      const { tries, right, shown } = of(name), asked = boxes.filter(box => !box.matches(".bet")), here = asked.filter(box => of(box.id).right).length;
      const how = right ? say(shown ? "right, after it was shown" : right === 1 ? "right at once" : "right at try {}", right) : shown ? say("shown") : tries ? say("not yet") : "";
      mark.replaceChildren(...(how ? [`${how} · `, make("a", { href: "questions.html", textContent: say("{} of {} right on this page", here, asked.length) })] : []));
    };
    told.push(tell);
    tell();
  };

  // ---- a bet: one click, kept, and shown again at the end beside what came

  const bet = box => {
    const name = box.id, list = box.querySelector(":scope > ol"), came = document.querySelector(`[data-bet="${name}"]`);
    const asked = box.querySelector(":scope > p:not(.admonition-title)"), said = [...list.children].map(item => words(item.querySelector(":scope > p") ?? item));
    const fields = make("fieldset", {}, make("legend", {}, ...words(asked)));
    const mark = make("p", { className: "kept" }), mine = make("p", { className: "said" });
    mark.setAttribute("role", "status");
    said.forEach((choice, i) => {
      const input = make("input", { type: "radio", name, value: i + 1 });
      input.addEventListener("change", () => keep(name, { tries: 1, right: 0, shown: false, given: input.value }));
      fields.append(make("label", {}, input, make("span", {}, ...choice)));
    });
    asked.replaceWith(make("form", { className: "asked" }, fields, mark));
    list.remove();
    if (came) box.querySelector(".answer").remove();
    const tell = () => {
      const { given } = of(name);
      for (const input of fields.querySelectorAll("input")) input.checked = input.value === given;
      mark.textContent = given ? say("Kept. The end of the chapter says what came.") : "";
      mine.replaceChildren(...(given && said[given - 1] ? [make("strong", { textContent: `${say("You bet:")} ` }), ...said[given - 1].map(part => part.cloneNode(true))] : []));
    };
    came?.querySelector(".admonition-title").after(mine);
    told.push(tell);
    tell();
  };

  // ---- a figure that waits for a prediction

  const veil = box => {
    const name = box.id, figure = document.getElementById(box.dataset.before), said = choices(box.querySelector(":scope > ol"));
    if (!figure) return;
    const button = make("button", { type: "button", textContent: say("Show it now") });
    const cover = make("div", { className: "veil" }, make("p", { textContent: say("This figure waits until you have said what you expect.") }), button);
    const tell = () => {
      const { tries, shown, given } = of(name), waits = !tries && !shown;
      if (waits === figure.classList.contains("veiled")) return;
      figure.classList.toggle("veiled", waits);
      figure.querySelector(":scope > .said")?.remove();
      if (waits) return figure.append(cover);
      cover.remove();
      if (lifted && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
        figure.animate([{ height: "180px", overflow: "clip" }, { height: `${figure.offsetHeight}px`, overflow: "clip" }], { duration: 400, easing: "ease-out" });
      }
      if (!given) return;
      const line = make("p", { className: "said" }, make("strong", { textContent: `${say("You expected:")} ` }), ...(said.length === 0 || / /.test(given) ? [given.replaceAll(" ", ", ")] : [`${given}. `, ...(said[given - 1] ?? []).map(part => part.cloneNode(true))]));
      figure.prepend(line);
      window.setFormulasIn?.(line);
    };
    button.addEventListener("click", () => {
      keep(name, { shown: true });
      figure.tabIndex = -1;
      figure.focus();
    });
    let lifted = false;
    figure.classList.add("veiled");
    figure.append(cover);
    told.push(tell);
    tell();
    lifted = true;
  };

  // ---- how far one is in the whole book, to take along or to delete

  const report = place => {
    const asked = JSON.parse(place.dataset.asked ?? "[]"), pages = [...new Set(asked.map(([page]) => page))], news = make("p");
    news.setAttribute("role", "status");
    const number = (tag, props) => make(tag, { className: "text-right", ...props });
    const row = (page, found) => {
      const href = `${page}.html`, head = make("th", { scope: "row" }), numbers = [0, 1, 2, 3].map(() => number("td"));
      const called = document.querySelector(`nav.bd-links a[href="${CSS.escape(href)}"]`)?.textContent.trim() ?? page;
      head.append(page ? make("a", { href, textContent: called }) : say("The book"));
      const go = make("div");
      if (page) head.append(go);
      const tell = () => {
        const left = found.filter(([, name]) => !of(name).right);
        const first = found.filter(([, name]) => of(name).right === 1 && !of(name).shown).length;
        [found.length, found.length - left.length, first, left.length].forEach((n, i) => { numbers[i].textContent = n; });
        go.replaceChildren(...left.slice(0, 1).flatMap(([, name, title]) => [say("Go on here: "), make("a", { href: `${href}#${name}`, textContent: title || say("the first that is open") })]));
      };
      return [make("tr", {}, head, ...numbers), tell];
    };
    const rows = [...pages.map(page => row(page, asked.filter(one => one[0] === page))), row("", asked)];
    const heads = make("tr", {}, make("th", { textContent: say("Chapter") }), ...["Questions", "Right", "At once", "Open"].map(head => number("th", { textContent: say(head) })));
    const box = make("div", { className: "pst-scrollable-table-container", tabIndex: 0 }, make("table", { className: "table" }, make("thead", {}, heads), make("tbody", {}, ...rows.map(([row]) => row))));
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", say("Table"));
    place.append(box);
    const tell = () => rows.forEach(([, tell]) => tell());
    const save = (file, type, text) => {
      const link = make("a", { download: file, href: URL.createObjectURL(new Blob([text], { type })) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    };
    const csv = () => [["name", "tries", "right_at_try", "shown", "given"],
      ...Object.entries(kept).map(([name, one]) => [name, one.tries, one.right, one.shown, one.given.replace(/^(?=[=+@])/, "'")])]
      .map(row => row.map(value => `"${String(value).replaceAll('"', '""')}"`).join(",")).join("\r\n");
    const button = (text, press) => {
      const one = make("button", { type: "button", textContent: say(text) });
      one.addEventListener("click", press);
      return one;
    };
    place.append(make("div", { className: "asked" },
      button("Save as CSV", () => save("answers.csv", "text/csv", csv())),
      button("Save as JSON", () => save("answers.json", "application/json", JSON.stringify(kept, null, 1))),
      button("Delete all", () => {
        if (!confirm(say("Delete what this browser has kept of your answers?"))) return;
        kept = {};
        news.textContent = say(write() ? "Deleted." : "This browser keeps nothing.");
        tell();
      })), news);
    told.push(tell);
    tell();
    if (!write()) news.textContent = say("This browser keeps nothing: what you answer is forgotten with the page.");
  };

  const boxes = [...document.querySelectorAll("[data-asks]:not(:has(form.asked))")];
  boxes.filter(box => box.dataset.before).forEach(veil);  // at once: what a veil covers takes less room
  boxes.forEach(box => setTimeout(box.matches(".bet") ? bet : ask, 0, box));  // one at a time: a page with many stays awake
  document.querySelectorAll("#book-answers").forEach(report);
})();
