// What the figures with a script of their own have in common.
const played = (name, show) => {
  const make = (tag, set = {}, ...parts) => {
    const one = document.createElement(tag);
    for (const [key, value] of Object.entries(set)) key in one ? one[key] = value : one.setAttribute(key, value);
    one.append(...parts);
    return one;
  };
  for (const figure of document.querySelectorAll(`figure[data-played="${name}"]:not([data-live])`)) {
    figure.dataset.live = "";
    const data = JSON.parse(figure.querySelector("script").textContent), box = make("div", { className: "play" });
    figure.append(make("style", { textContent: data.style }), box);
    show(figure, box, data, make);
  }
};
