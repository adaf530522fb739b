"""What Lighthouse says of the chapters, and what they weigh.

Needs Node, Chromium and Lighthouse, which ``.ci/run`` installs in ``.cache/node`` (another place is named by
BOOK_LIGHTHOUSE). Without them these tests are skipped, unless BOOK_STRICT=1.

How fast a page is depends on the machine, which is allowed for, and on what it does besides. Those tests, marked
``alone``, are left to "make -C pages speed", which runs nothing else, and take the best of three measurements.
"""

import functools
import gzip
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from browsing import DESK, FLAGS, IS_SET, browser  # noqa: F401  a fixture
from built_book import HTML, ROOT, build, missing

from pages.slides.chromium import found

DRIVER = Path(__file__).parent / "lighthouse.mjs"
LIGHTHOUSE = Path(os.environ.get("BOOK_LIGHTHOUSE", ROOT / ".cache" / "node"))

SOUND = ["accessibility", "best-practices", "seo"]
WAITS = ("pauseAfterFcpMs", "pauseAfterLoadMs", "networkQuietThresholdMs", "cpuQuietThresholdMs")
AT_ONCE = dict.fromkeys(WAITS, 250)  # milliseconds; where speed is not asked for, a page that is there is there
FAST_ON_A_DESK = 95
FAST_ON_A_PHONE = (
    70  # formulas: MathJax is 330 kB, and sets them with a processor that Lighthouse makes up to four times slower
)
TIMES = "first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "speed-index"
MEASUREMENTS = 3
# By how much Lighthouse slows a machine down to make a phone of it, by its own index of the machine's speed: what its
# documentation (throttling.md) asks for in the middle of its low-end and of its high-end desktops, and not at all where
# the machine is no faster than a phone of the middle. Its default is 4.
MACHINES, SLOWDOWNS = (800, 1250, 1750), (1.0, 2.0, 4.0)

# What a chapter may weigh when it is opened, as it comes over the wire, and the number of files it may ask for.
KILOBYTES, REQUESTS = 1_000, 40


@functools.cache
def body_of(path: Path, text: bool) -> bytes:
    """Return what is sent of a file."""
    return gzip.compress(path.read_bytes()) if text else path.read_bytes()


class Compressed(SimpleHTTPRequestHandler):
    """Serve as a web host does: text compressed, the connection kept."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        kind = self.guess_type(path)
        text = kind.startswith("text/") or kind.endswith(("javascript", "json", "+xml"))
        body = body_of(path, text)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if text:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the book on a free port of the loopback address."""
    build()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Compressed, directory=str(HTML)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/chapters"
    server.shutdown()


@pytest.fixture(scope="module")
def lighthouse(address):
    """Return a function that asks Lighthouse about pages and returns what it says of each, by name."""
    chromium = found()
    if not (LIGHTHOUSE / "node_modules" / "lighthouse").exists() or not shutil.which("node") or not chromium:
        missing("no Lighthouse, Node or Chromium; .ci/run installs them")

    def ask(names: list[str], desktop: bool = True, **flags) -> dict[str, dict]:
        asked = {
            "home": str(LIGHTHOUSE),
            "chromium": chromium,
            "chromeFlags": ["--headless=new", *FLAGS],
            "urls": [f"{address}/{name}.html" for name in names],
            "desktop": desktop,
            "flags": {"disableFullPageScreenshot": True, **flags},
        }
        done = subprocess.run(["node", DRIVER, json.dumps(asked)], capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr[-2000:]
        said = [json.loads(line) for line in done.stdout.splitlines()]
        assert [page for page in said if page.get("error")] == []
        return dict(zip(names, said, strict=True))

    return ask


def chapters() -> list[str]:
    return sorted(path.stem for path in (build() / "chapters").glob("[0-9]*.html"))


def heaviest() -> str:
    return max(chapters(), key=lambda name: (HTML / "chapters" / f"{name}.html").stat().st_size)


@pytest.mark.slow
def test_the_book_is_accessible_sound_and_found(lighthouse):
    """100 of 100 for accessibility, best practices and what search engines ask for, on a page of each kind.

    What Lighthouse asks of one page and not of its kind is asked of every page elsewhere: the rules of axe-core and
    errors in the console in ``test_browser``, title, description and the words of links in ``test_site``.
    """
    pages = lighthouse(["index", heaviest(), "claims"], onlyCategories=SOUND, **AT_ONCE)
    assert [f"{name}: {page['failed']}" for name, page in pages.items() if page["failed"]] == []
    assert {name: page["scores"] for name, page in pages.items() if set(page["scores"].values()) != {100}} == {}


@pytest.fixture(scope="module")
def slowdown(lighthouse) -> float:
    """Return by how much this machine is slower as a phone; one look at its speed is off by half."""
    looks = [lighthouse(["index"], onlyCategories=["seo"], **AT_ONCE)["index"]["speed"] for _ in range(5)]
    print(f"Speed of this machine: {np.median(looks):.0f}")
    return float(np.interp(np.median(looks), MACHINES, SLOWDOWNS))


def best_of_some(lighthouse, name: str, floor: float, slowdown: float | None) -> list[dict]:
    """Measure a page until it reaches the floor, but not for ever: what else the machine does only makes it slower."""
    how, said = {"onlyCategories": ["performance"]}, []
    if slowdown:
        how["throttling"] = {"cpuSlowdownMultiplier": slowdown}
    while len(said) < MEASUREMENTS and not any(page["scores"]["performance"] >= floor for page in said):
        said.append(lighthouse([name], not slowdown, **how)[name])
    return said


def timed(said: dict) -> str:
    """Return what a measurement found: the score, the machine's speed, and the times in milliseconds."""
    times = ", ".join(f"{name} {said['values'][name]:.0f}" for name in TIMES)
    return f"{said['scores']['performance']:.0f} at {said['speed']:.0f}: {times}"


@pytest.mark.alone
@pytest.mark.parametrize("name", ["index", "01_fifty_strangers", "heaviest"])
@pytest.mark.parametrize(
    ("desktop", "floor"), [(True, FAST_ON_A_DESK), (False, FAST_ON_A_PHONE)], ids=["desk", "phone"]
)
def test_a_page_comes_fast(lighthouse, slowdown, name, desktop, floor):
    page = heaviest() if name == "heaviest" else name
    said = best_of_some(lighthouse, page, floor, None if desktop else slowdown)
    best = max(one["scores"]["performance"] for one in said)
    print(f"{name}: {best:.0f}")
    assert best >= floor, "; ".join(map(timed, said))


@pytest.mark.slow
def test_no_chapter_weighs_more_than_its_budget(browser, address):  # noqa: F811
    """The bytes that come over the wire when a chapter is opened at a desk, and the number of requests."""
    weights = {name: weigh(browser, f"{address}/{name}.html") for name in chapters()}
    print(weights)
    assert all(kilobytes > 100 for kilobytes, _ in weights.values())
    assert {name: weight for name, weight in weights.items() if weight > (KILOBYTES, 0) or weight[1] > REQUESTS} == {}


def weigh(browser, url: str) -> tuple[int, int]:  # noqa: F811
    """Return the kilobytes and the requests of a page, once its formulas are set."""
    context = browser.new_context(viewport=DESK)
    page, lengths = context.new_page(), []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: lengths.append(event["encodedDataLength"]))
    page.goto(url, wait_until="load")
    page.evaluate(IS_SET)
    page.wait_for_load_state("networkidle")
    context.close()
    return round(sum(lengths) / 1000), len(lengths)
