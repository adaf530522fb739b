// Takes out what axe-core would ask thousands of times and be told the same: the drawn part of each formula, which is
// hidden from whoever listens and holds no letters; and of the pieces of code all but one of each kind, look and place.
() => {
  document.querySelectorAll('mjx-math').forEach(e => e.textContent.trim() || e.replaceChildren());
  const seen = new Set(), inside = '.highlight, .cell_input, .cell_output', around = '.admonition, .proof, .solution';
  const again = [...document.querySelectorAll('.highlight pre span')].filter(e => {
    const look = getComputedStyle(e), place = [inside, around].map(kind => e.closest(kind)?.className);
    const it = [e.className, look.color, look.backgroundColor, look.fontSize, look.fontWeight, ...place].join();
    return seen.has(it) || !seen.add(it);
  });
  again.forEach(e => e.replaceWith(...e.childNodes));
  document.querySelectorAll('.highlight pre').forEach(e => e.normalize());
}
