// Ask Lighthouse about pages, one Chromium for all: node lighthouse.mjs '{"home": ..., "chromium": ..., "urls": [...], "flags": {...}}'
// Prints one line of JSON a page: the scores, what failed, and what the time was spent on.
import { pathToFileURL } from "node:url";

const asked = JSON.parse(process.argv[2]);
const module = (path) => import(pathToFileURL(`${asked.home}/node_modules/${path}`));
const { default: lighthouse, desktopConfig } = await module("lighthouse/core/index.js");
const { launch } = await module("chrome-launcher/dist/index.js");

const chrome = await launch({ chromePath: asked.chromium, chromeFlags: asked.chromeFlags, logLevel: "silent" });
try {
  for (const url of asked.urls) {
    const config = asked.desktop ? desktopConfig : undefined;
    const { lhr } = await lighthouse(url, { port: chrome.port, output: "json", logLevel: "silent", ...asked.flags }, config);
    const scores = Object.fromEntries(Object.values(lhr.categories).map((category) => [category.id, category.score * 100]));
    const failed = Object.values(lhr.categories).flatMap((category) =>
      category.auditRefs
        .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
        .map(({ id }) => `${id}: ${lhr.audits[id].displayValue ?? JSON.stringify(lhr.audits[id].details?.items?.slice(0, 2))}`));
    const values = Object.fromEntries(Object.values(lhr.audits)
      .filter(({ numericValue }) => numericValue !== undefined).map(({ id, numericValue }) => [id, numericValue]));
    const error = lhr.runtimeError?.message;
    console.log(JSON.stringify({ url, scores, failed, values, error, speed: lhr.environment.benchmarkIndex }));
  }
} finally {
  await chrome.kill();
}
