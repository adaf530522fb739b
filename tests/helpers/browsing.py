"""A real browser for the tests that look at pages: visits that let nothing out and note what goes wrong.

Needs Chromium (or Chrome), found on the path or named by BOOK_CHROMIUM. Without it these tests are skipped, unless
BOOK_STRICT=1.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from built_book import HTML, build, is_redirect, missing, pages

from pages.slides.chromium import found

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
FLAGS += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]  # nothing gets out
AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
# axe-core's rules that see colours and sizes; all others say the same of a page however it is shown
SEEN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "css-orientation-lock"]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

# Sets every formula, also those far away, and waits; the script that does it comes after the text.
IS_SET = """async () => {
  while (document.querySelector('.math') && !window.setAllFormulas) await new Promise(r => setTimeout(r, 10));
  await window.setAllFormulas?.();
  await document.fonts.ready;
  await new Promise(resolve => requestIdleCallback(resolve, {timeout: 2000}));
}"""
# What the page says of itself then.
STATE = (
    f"""async () => {{
  await ({IS_SET})();"""
    + """
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
}"""
)
# Takes out what axe-core would ask thousands of times and be told the same: the drawn part of each formula, which is
# hidden from whoever listens and holds no letters; and of the pieces of code all but one of each kind, look and place.
ONE_OF_A_KIND = """() => {
  document.querySelectorAll('mjx-math').forEach(e => e.textContent.trim() || e.replaceChildren());
  const seen = new Set(), inside = '.highlight, .cell_input, .cell_output', around = '.admonition, .proof, .solution';
  const again = [...document.querySelectorAll('.highlight pre span')].filter(e => {
    const look = getComputedStyle(e), place = [inside, around].map(kind => e.closest(kind)?.className);
    const it = [e.className, look.color, look.backgroundColor, look.fontSize, look.fontWeight, ...place].join();
    return seen.has(it) || !seen.add(it);
  });
  again.forEach(e => e.replaceWith(...e.childNodes));
  document.querySelectorAll('.highlight pre').forEach(e => e.normalize());
}"""
VIOLATIONS = """async rules => (await axe.run(document, {
    resultTypes: ['violations'], ...(rules && {runOnly: rules, preload: false})
  })).violations.map(
  v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')}`)"""


def violations(page, rules: list[str] | None = None) -> list[str]:
    """Return the rules of axe-core, or those of these, that a page breaks, each with where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(VIOLATIONS, rules)


@contextmanager
def chromium() -> Iterator:
    """Start the browser."""
    sync_api = pytest.importorskip("playwright.sync_api")
    executable = found()
    if not executable:
        missing("no Chromium on the path; install it, or name it in BOOK_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with chromium() as browser:
        build()
        yield browser


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *asked: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a page that is left wants the rest no more
            super().handle_error(*asked)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the book on a free port of the loopback address."""
    server = Server(("127.0.0.1", 0), functools.partial(Quiet, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Visit:
    """A page of one context, and what went wrong in it."""

    def __init__(self, browser, home: str, mode: str = "light", size: dict | None = None, **device: bool) -> None:
        self.home, self.wrong = home, []
        self.context = browser.new_context(color_scheme=mode, viewport=size or DESK, bypass_csp=True, **device)
        self.page = self.context.new_page()
        self.page.on("request", self.guard)
        self.page.on("console", self.said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("requestfailed", self.failed)

    def guard(self, request) -> None:
        """Note what would go out. (To stop it here, by a route, would load everything anew for each page.)"""
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.wrong.append(f"request to outside: {request.url}")

    def said(self, message) -> None:
        """Note an error in the console, and the address that it is about."""
        if message.type == "error":
            self.wrong.append(f"console: {message.text} ({message.location['url']})")

    def failed(self, request) -> None:
        """Note a failure, unless the page was left before its icon had come."""
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"failed: {request.url} {request.failure}")

    def open(self, name: str) -> None:
        self.page.goto(f"{self.home}/{name}", wait_until="load")

    def look(self, name: str) -> dict:
        """Open a page, set all its formulas, and return what it says of itself."""
        self.open(name)
        return self.page.evaluate(STATE)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def names() -> list[str]:
    return [path.relative_to(HTML).as_posix() for path in pages() if not is_redirect(path)]
