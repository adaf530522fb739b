// What a page says of itself once its formulas are set.
async () => {
  await IS_SET();
  const wide = [...document.querySelectorAll('article *')].filter(e => {
    const scrolls = '.math, pre, table, .pst-scrollable-table-container, .text_html, mjx-container, .visually-hidden';
    if (e.closest(scrolls)) return false;
    const box = e.getBoundingClientRect();
    return box.width && box.right > document.documentElement.clientWidth + 1;
  });
  const panel = document.querySelector('.bd-sidebar-secondary')?.getBoundingClientRect();
  const beside = panel?.width && panel.left > document.documentElement.clientWidth / 2;
  const boxes = [...document.querySelectorAll('.bd-article div.cell pre, .bd-article .zoolib-claim')];
  // what does not begin at the left edge of the words, outside of boxes and lists
  const first = document.querySelector('article section > p')?.getBoundingClientRect().left;
  const own = '.admonition, .proof, details, li, dd, blockquote, .chapter-map, .zoolib-widget *, .zoolib-claim *';
  const flush = 'section > p, .cell pre, .cell img, figcaption, .zoolib-widget, .zoolib-claim, table';
  const askew = [...document.querySelectorAll(flush)].filter(e => e.closest('article') && !e.closest(own)
    && e.getBoundingClientRect().width && Math.abs(e.getBoundingClientRect().left - first) > 4);
  const within = [...document.querySelectorAll('article div.math')];
  const behead = within.filter(e => e.offsetWidth && e.querySelector('mjx-math')?.getBoundingClientRect().left
    < e.getBoundingClientRect().left - 1);
  const dangling = [...document.querySelectorAll('article span.math')].filter(e => {
    const next = e.nextSibling;
    if (!e.offsetWidth || next?.nodeType !== 3 || !/^[,.;:!?)]/.test(next.data)) return false;
    const mark = document.createRange();
    mark.setStart(next, 0);
    mark.setEnd(next, 1);
    return mark.getBoundingClientRect().left < e.getBoundingClientRect().left;
  });
  const tables = [...document.querySelectorAll('.pst-scrollable-table-container, .output.text_html')];
  const said = [...document.querySelectorAll('.zoolib-claim p:first-child')].map(p => getComputedStyle(p));
  return {
    askew: askew.slice(0, 3).map(e => e.outerHTML.slice(0, 120)),
    beheaded: behead.map(e => e.id),
    dangling: dangling.map(e => e.textContent + e.nextSibling.data.slice(0, 9)),
    scrolling: tables.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.trim().slice(0, 60)),
    covered: boxes.filter(e => beside && e.getBoundingClientRect().right > panel.left).length,
    faint: said.filter(s => parseFloat(s.fontSize) < 15 || s.color !== getComputedStyle(document.body).color).length,
    theme: document.documentElement.dataset.theme,
    background: getComputedStyle(document.body).backgroundColor,
    formulas: document.querySelectorAll('.math').length,
    rendered: document.querySelectorAll('mjx-container').length,
    failed: [...document.querySelectorAll('mjx-merror')].map(e => e.textContent),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    wide: wide.slice(0, 3).map(e => e.outerHTML.slice(0, 120)),
    broken: [...document.images].filter(i => i.loading !== 'lazy' && i.complete && !i.naturalWidth).map(i => i.src),
    serif: [...document.fonts].some(f => f.family.includes('Source Serif') && f.status === 'loaded'),
  };
}
