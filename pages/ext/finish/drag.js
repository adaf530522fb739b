// A number in a sentence that moves a figure: <span class="drag" data-moves="the figure" data-control="alpha">0.2</span>.
// It shows what the control says, or with data-shows="worth" what the control says in data-worth.
for (const number of document.querySelectorAll("span.drag[data-moves]")) {
  const { moves, control, shows = "values", label = control } = number.dataset, width = 24; // pixels from one value to the next
  const figure = () => document.querySelector(`[data-played="${moves}"], [data-widget="${moves}"]`);
  const find = () => figure()?.querySelector(`input[data-control="${control}"]`)
    ?? [...figure()?.querySelectorAll("label") ?? []].find(label => label.textContent.trim().startsWith(control))?.querySelector("input[data-control]");
  if (!find()) continue;
  const values = () => JSON.parse(find().dataset[shows]);
  const show = () => {
    const at = Number(find().value), words = values()[at];
    number.textContent = words;
    for (const [name, value] of Object.entries({ valuenow: at, valuetext: words, valuemax: values().length - 1 })) number.setAttribute(`aria-${name}`, value);
  };
  const move = at => {
    const input = find(), to = Math.max(0, Math.min(Number(input.max), at));
    if (to === Number(input.value)) return;
    input.value = to;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  number.tabIndex = 0;
  for (const [name, value] of Object.entries({ role: "slider", "aria-label": `${label}, moves the figure`, "aria-valuemin": 0 })) number.setAttribute(name, value);
  number.addEventListener("keydown", event => {
    const at = Number(find().value);
    const to = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: Infinity }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move(to);
  });
  let from = null;
  number.addEventListener("pointerdown", event => {
    number.setPointerCapture(event.pointerId);
    from = [event.clientX, Number(find().value)];
  });
  number.addEventListener("pointermove", event => from && move(from[1] + Math.round((event.clientX - from[0]) / width)));
  for (const ends of ["pointerup", "pointercancel"]) number.addEventListener(ends, () => { from = null; });
  document.addEventListener("input", event => event.target === find() && show());
  show();
}
