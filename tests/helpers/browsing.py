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

IN_PAGE = Path(__file__).with_name("in_page")  # functions that a page runs, each with what it is for
IS_SET, STATE, ONE_OF_A_KIND, VIOLATIONS = (
    (IN_PAGE / f"{name}.js").read_text(encoding="utf-8") for name in ("is_set", "state", "one_of_a_kind", "violations")
)
STATE = STATE.replace("IS_SET", f"({IS_SET})")


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
