// Stands in each page: shows the buttons, and loads all else at the first press of one.
(() => {
  const folder = "FOLDER", buttons = document.querySelectorAll("button.live-run");
  let loading;
  const load = () => loading ??= new Promise((yes, no) => {
    const script = Object.assign(document.createElement("script"), {src: folder + "SCRIPT", onload: yes, onerror: () => {
      script.remove();
      loading = null;
      no(new Error("its files are not where they should be"));
    }});
    document.head.append(script);
  }).then(() => window.bookLive.begin(folder));
  const press = async button => {
    try {
      if (!window.WebAssembly?.validate(Uint8Array.of(WITH_EXCEPTIONS))) throw new Error("this browser is too old: Chrome 137, Firefox 131 and Safari 18.4 can");
      await load();
    } catch (error) {
      const sentence = Object.assign(document.createElement("span"), {className: "live-off", textContent: `Cannot run here: ${error.message}.`});
      sentence.setAttribute("role", "status");
      button.replaceWith(sentence);
      return;
    }
    window.bookLive.press(button.dataset.cell);
  };
  for (const button of buttons) {
    button.addEventListener("click", () => press(button));
    button.hidden = false;
  }
})();
