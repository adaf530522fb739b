// Formulas first, while every slide is laid out; then the letters of a slide that is too full become smaller; then the show.
const typeset = async () => {
  await MathJax.startup.promise;
  for (const node of document.querySelectorAll('.math')) {
    const display = node.tagName !== 'SPAN';
    node.querySelector('.eqno')?.remove();
    const tex = node.textContent.trim().slice(2, -2); // without \( \) or \[ \]
    node.textContent = '';
    node.append(MathJax.tex2chtml(tex, { display }));
  }
  MathJax.startup.document.clear();
  MathJax.startup.document.updateDocument();
};
const fits = (slide) => slide.scrollHeight <= 690 && slide.scrollWidth <= 1280;
const fit = () => {
  for (const slide of document.querySelectorAll('.slides section:not(:has(> section))')) {
    for (let size = 34; size >= 24 && !fits(slide); size -= 1) slide.style.fontSize = `${size}px`;
  }
};
// A figure that is hardly wider than high has the whole height, and its message stands beside it.
const turn = () => {
  for (const image of document.querySelectorAll('.figure img')) {
    image.closest('section').classList.toggle('tall', image.naturalWidth < 1.45 * image.naturalHeight);
  }
};
const begin = async () => {
  await typeset();
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  await document.fonts.ready;
  turn();
  fit();
  document.body.classList.remove('preparing');
  const onPaper = new Promise((done) => { Reveal.on('pdf-ready', done); });
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0.02, center: false, hash: true, transition: 'none', slideNumber: 'c/t',
    controlsTutorial: false, pdfMaxPagesPerSlide: 1, pdfSeparateFragments: false, plugins: [RevealNotes],
    keyboardCondition: () => !document.activeElement?.closest('.zoolib-widget'), // there the keys are the control's
  });
  if (Reveal.isPrintView()) await onPaper; // a slide a page, which takes a moment longer
  document.body.dataset.ready = 'true';
};
begin();
document.addEventListener('keydown', (event) => { // back from a control to the slides
  if (event.key === 'Escape' && document.activeElement.closest?.('.zoolib-widget')) {
    document.activeElement.blur();
    event.stopPropagation();
  }
}, true);
