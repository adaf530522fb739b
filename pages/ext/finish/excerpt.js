
// What a result shows: sentences of the text with the words that were looked for, the definition if it is a term.
Search.makeSearchSummary = (html, words, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html").querySelector("article");
  if (!page) return null;
  const aside = "script, style, pre, table, svg, nav, details.hide, div.math, .headerlink, [data-controls], figure.times";
  for (const part of page.querySelectorAll(aside)) part.remove();
  const greek = "alpha beta gamma delta epsilon _ eta theta _ kappa lambda mu _ _ _ pi rho _ sigma tau".split(" ");
  for (const formula of page.querySelectorAll(".math")) {
    const plain = formula.textContent.replace(/\\[()]/g, "").replace(/\\(?:var)?([a-z]+)\b/g,
      (tex, name) => greek.includes(name) ? String.fromCharCode(0x3b1 + greek.indexOf(name)) : tex);
    formula.textContent = /[\\^_{]/.test(plain) ? "…" : plain;
  }
  let place = anchor ? page.querySelector(anchor) : null;
  while (place?.tagName === "DT") place = place.nextElementSibling;
  const blocks = [...(place ?? page).querySelectorAll("p, figcaption, li:not(:has(p))")];
  if (place && !blocks.length) blocks.push(place);
  const segments = typeof Intl.Segmenter === "function" ? new Intl.Segmenter("en", { granularity: "sentence" }) : null;
  // "Filippi et al. [2010]" is one piece: no sentence begins with a bracket or a small letter.
  const cut = text => (segments ? [...segments.segment(text)].map(piece => piece.segment.trim()) : [text])
    .reduce((all, piece) => /^[[a-z]/.test(piece) && all.length ? [...all.slice(0, -1), `${all.at(-1)} ${piece}`] : [...all, piece], []);
  const wanted = [...words].map(word => word.toLowerCase());
  let best = { found: place ? 0 : -1, sentences: [] };
  for (const block of blocks) {
    const sentences = cut(block.textContent.replace(/\s+/g, " ").trim());
    sentences.forEach((sentence, i) => {
      const found = sentence.length < 40 ? 0 : wanted.filter(word => sentence.toLowerCase().includes(word)).length;
      if (found > best.found) best = { found, sentences: sentences.slice(i) };
    });
    if (place && !best.sentences.length) best.sentences = sentences;
  }
  let said = best.sentences.shift() ?? "";
  while (best.sentences.length && said.length + best.sentences[0].length < 240) said += ` ${best.sentences.shift()}`;
  if (said.length > 300) said = `${said.slice(0, 300).replace(/\s+\S*$/, "")} …`;
  return said ? Object.assign(document.createElement("p"), { className: "context", textContent: said }) : null;
};
