// Stands in each page: shows the buttons and what a reader kept, and loads all else at the first press of one.
(() => {
  const folder = "FOLDER", buttons = document.querySelectorAll("button.live-run");
  const make = (tag, attributes) => Object.assign(document.createElement(tag), attributes);
  let loading;
  const load = async () => {
    if (!window.WebAssembly?.validate(Uint8Array.of(WITH_EXCEPTIONS))) throw new Error("this browser is too old: Chrome 137, Firefox 131 and Safari 18.4 can");
    await (loading ??= new Promise((yes, no) => {
      const script = make("script", {src: folder + "SCRIPT", onload: yes, onerror: () => {
        script.remove();
        loading = null;
        no(new Error("its files are not where they should be"));
      }});
      document.head.append(script);
    }));
    return window.bookLive;  // now that of page.mjs
  };
  window.bookLive = {replay: (...asked) => load().then(
    live => live.replay(...asked),
    error => ({verdict: "cannot be told", measured: "", worlds: null, seconds: 0, why: `Cannot run here: ${error.message}.`}),
  )};
  const press = async button => {
    try {
      const live = await load();
      live.begin();
      live.press(button.dataset.cell);
    } catch (error) {
      const sentence = make("span", {className: "live-off", textContent: `Cannot run here: ${error.message}.`});
      sentence.setAttribute("role", "status");
      button.replaceWith(sentence);
    }
  };
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(`book-live ${location.pathname}`)) ?? {}; } catch { /* nothing may be kept, or it was cut */ }
  for (const button of buttons) {
    button.addEventListener("click", () => press(button));
    button.hidden = false;
    const {[button.dataset.cell]: text} = kept, box = button.parentElement, shown = box.querySelector("pre");
    if (typeof text !== "string") continue;
    if (shown) shown.textContent = text;
    else {  // an exercise has only the button
      const frame = make("div", {className: "highlight"});
      frame.append(make("pre", {textContent: text}));
      box.append(frame);
    }
    box.append(make("p", {className: "live-kept", textContent: `Your change, kept in this browser.${shown ? " Results stay the book's until you run it." : ""}`}));
    for (let fold = box.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
})();
