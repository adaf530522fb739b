() => {
  const box = e => e.getBoundingClientRect(), exercises = document.querySelector('#exercises');
  const end = exercises ? box(exercises).top : box(document.body).bottom;
  const seen = [...document.querySelectorAll('article :is(figure, img, svg)')].map(box)
    .filter(b => b.width > 120 && b.height > 80 && b.top < end)  // a sign is no picture
    .sort((a, b) => a.top - b.top);
  const above = i => Math.max(-scrollY, ...seen.slice(0, i).map(b => b.bottom));
  const ways = [...seen, {top: end}].map((b, i) => b.top - above(i));
  return {
    'screens at a desk': document.documentElement.scrollHeight / innerHeight,
    'screens without a picture': Math.max(...ways) / innerHeight,
    'screens to a picture': seen.length ? (seen[0].top + seen[0].height / 2 + scrollY) / innerHeight : Infinity,
  };
}
