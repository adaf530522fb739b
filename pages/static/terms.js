// What a term or a citation means stands beside it: who points at it or comes by the keyboard sees it, who touches it opens it.
(() => {
  if (!document.body.showPopover) return;  // then the mouse shows the title of the link
  const make = (tag, props) => Object.assign(document.createElement(tag), props);
  const tip = make("span", { id: "book-tip", className: "tip", popover: "manual" }), says = make("span"), more = make("a");
  tip.append(says, more);
  const where = / (doi:\S+|arXiv:\S+|([a-z][\w-]*\.)+[a-z]+\.)$/;  // a work is read, as the bibliography tells
  for (const link of document.querySelectorAll("article :is(a.term, a.internal[href*='bibliography.html#'])[title]")) {
    link.dataset.definition = link.title.replace(where, "");
    link.removeAttribute("title");
  }
  let word, timer, touched = false;
  const of = event => event.target.closest?.("a[data-definition]");

  const hide = () => {
    clearTimeout(timer);
    word?.removeAttribute("aria-describedby");
    word = null;
    tip.remove();
  };
  const show = (link, { clientX: x, clientY: y }) => {
    if (link === word) return clearTimeout(timer);
    hide();
    word = link;
    says.textContent = link.dataset.definition;
    more.href = link.href;
    more.textContent = link.matches(".term") ? "In the glossary" : "In the bibliography";
    more.tabIndex = touched ? 0 : -1;  // Enter on the word leads there as well
    link.setAttribute("aria-describedby", tip.id);
    link.after(tip);
    tip.showPopover();
    const lines = [...link.getClientRects()], room = document.documentElement;
    const at = lines.find(line => y >= line.top && y <= line.bottom && x >= line.left && x <= line.right) ?? lines[0];
    const above = at.bottom + 6 + tip.offsetHeight > room.clientHeight && at.top > tip.offsetHeight + 6;
    tip.style.top = `${scrollY + (above ? at.top - 6 - tip.offsetHeight : at.bottom + 6)}px`;
    tip.style.left = `${scrollX + Math.max(8, Math.min(at.left, room.clientWidth - tip.offsetWidth - 8))}px`;
  };
  const soon = (what, wait) => {
    clearTimeout(timer);
    timer = setTimeout(what, wait);
  };

  addEventListener("pointerover", event => {
    if (event.pointerType !== "mouse") return;
    const link = of(event);
    if (link) soon(() => show(link, event), 150);
    else if (tip.contains(event.target)) clearTimeout(timer);
    else if (word && !word.matches(":focus-visible")) soon(hide, 250);
    else clearTimeout(timer);
  });
  addEventListener("focusin", event => {
    const link = of(event);
    if (link?.matches(":focus-visible")) show(link, {});
    else if (word && word !== link && !tip.contains(event.target)) hide();
  });
  addEventListener("focusout", event => {
    if (word && !event.relatedTarget && !touched) hide();
  });
  addEventListener("pointerdown", event => {
    touched = event.pointerType !== "mouse";
    if (word && !word.contains(event.target) && !tip.contains(event.target)) hide();
  }, true);
  addEventListener("click", event => {
    const link = of(event);
    if (!link || !touched || event.detail === 0) return;  // a press of Enter is a click, too
    event.preventDefault();
    link === word ? hide() : show(link, event);
  });
  addEventListener("keydown", event => {
    touched = false;
    if (event.key === "Escape" && word) hide();
  });
})();
