// Figures that the reader moves: every frame was computed by the notebook, this only shows the one that is asked for.
(() => {
  for (const figure of document.querySelectorAll("figure[data-widget]:not([data-live])")) {
    figure.dataset.live = "";
    const { sizes, paths, frames, words, axes, axesOf } = JSON.parse(figure.querySelector("script").textContent);
    const inputs = [...figure.querySelectorAll("[data-control]")];
    const drawn = [...figure.querySelectorAll("[data-mark]")];
    const status = figure.querySelector("[role=status]");
    const show = () => {
      const frame = inputs.reduce((at, input, i) => at * sizes[i] + Number(input.value), 0);
      frames[frame].forEach((path, i) => drawn[i].setAttribute("d", paths[path]));
      if (axes) figure.querySelector("[data-axes]").innerHTML = axes[axesOf[frame]];
      status.textContent = words[frame];
      for (const input of inputs.filter(input => input.type === "range")) {
        const value = JSON.parse(input.dataset.values)[input.value];
        input.setAttribute("aria-valuetext", value);
        input.closest("label").querySelector("output").textContent = value;
      }
    };
    for (const input of inputs) input.addEventListener("input", show);
    const play = figure.querySelector("button");
    if (play) {
      const input = inputs[Number(play.dataset.plays)];
      let timer = 0;
      const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
      const step = () => {
        if (!figure.isConnected || input.value === input.max) return stop();
        input.value = Number(input.value) + 1;
        show();
      };
      play.addEventListener("click", () => {
        if (timer) return stop();
        if (input.value === input.max) input.value = 0;
        show();
        play.textContent = "Pause";
        timer = setInterval(step, Math.max(120, 6000 / input.max));
      });
    }
    figure.querySelector("[data-controls]").hidden = false;
    show();
  }
})();
