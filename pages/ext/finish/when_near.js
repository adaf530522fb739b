window.MathJax.startup = {
  ready: () => setTimeout(() => MathJax.startup.defaultReady()),  // the script itself takes a while
  pageReady: () => {
    const formulas = new Set(document.querySelectorAll(".math")), due = [];
    let done = Promise.resolve();
    const set = async () => {
      for (let size = 1; due.length;) {
        const began = performance.now();
        await MathJax.typesetPromise(due.splice(0, size).filter(formula => formulas.delete(formula)));
        size = Math.max(1, Math.min(16, Math.floor(size * 10 / (performance.now() - began))));
        await new Promise(resolve => setTimeout(resolve));
      }
    };
    const near = new IntersectionObserver(seen => {
      const [far, come] = [one => Math.abs(one.boundingClientRect.top), seen.filter(one => one.isIntersecting)];
      due.unshift(...come.sort((a, b) => far(a) - far(b)).map(one => one.target));  // what is in sight first
      done = done.then(set, set);
    }, {rootMargin: "200%"});
    formulas.forEach(formula => near.observe(formula));
    window.setFormulasIn = box => box.querySelectorAll(".math:not(:has(mjx-container))").forEach(formula => {
      formulas.add(formula);
      near.observe(formula);
    });
    window.setAllFormulas = () => { due.push(...formulas); return done = done.then(set, set); };
    addEventListener("beforeprint", () => MathJax.typeset([...formulas].filter(formula => formulas.delete(formula))));
  },
};
