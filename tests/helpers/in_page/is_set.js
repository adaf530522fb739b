// Sets every formula, also those far away, and waits; the script that does it comes after the text.
async () => {
  while (document.querySelector('.math') && !window.setAllFormulas) await new Promise(r => setTimeout(r, 10));
  await window.setAllFormulas?.();
  await document.fonts.ready;
  await new Promise(resolve => requestIdleCallback(resolve, {timeout: 2000}));
}
