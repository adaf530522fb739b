new MutationObserver(() => {
  const panel = document.querySelector(".bd-sidebar-secondary"), link = panel.querySelector("a[aria-current]");
  const box = panel.getBoundingClientRect(), at = link?.getBoundingClientRect();
  if (!at || (at.top > box.top + 40 && at.bottom < box.bottom - 40)) return;
  panel.scrollTop += at.top - box.top - box.height / 2;
}).observe(document.querySelector(".bd-sidebar-secondary"), {subtree: true, attributeFilter: ["aria-current"]});
