"""The built book, for the tests that look at its pages."""

import fcntl
import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("BOOK_HTML") or ROOT / "_build" / "html")
BUILT_BY = ROOT / "_build" / "built-by"  # the last run of the tests that has built it
JUPYTER_BOOK = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"


@functools.cache
def build() -> Path:
    """Return the directory of the pages; the first of the processes that share the tests builds them anew.

    With BOOK_IS_BUILT=1 they are those that are there.
    """
    if not os.environ.get("BOOK_IS_BUILT"):
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
        BUILT_BY.parent.mkdir(exist_ok=True)
        with BUILT_BY.open("a+") as stamp:
            fcntl.flock(stamp, fcntl.LOCK_EX)  # whoever comes second waits
            stamp.seek(0)
            if stamp.read() != run:
                shutil.rmtree(HTML, ignore_errors=True)
                command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(ROOT)]
                command += ["--all", "-W", "-n", "--keep-going", "--quiet"]
                done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
                assert done.returncode == 0, done.stdout + done.stderr
                live = [sys.executable, "-m", "pages.live.build", str(HTML)]
                subprocess.run(live, cwd=ROOT, timeout=600, check=True)
                stamp.truncate(0)
                stamp.write(run)
    assert (HTML / "index.html").exists(), "the book is not built: make book"
    return HTML


def pages() -> list[Path]:
    """Return all pages of the book, those that only search and index included."""
    return sorted(path for path in build().rglob("*.html") if "_static" not in path.relative_to(HTML).parts)


@functools.cache
def parsed(path: Path) -> BeautifulSoup:
    """Return a page, parsed."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def is_redirect(path: Path) -> bool:
    """Tell whether a page only sends its reader to the first page."""
    return 'http-equiv="refresh"' in path.read_text(encoding="utf-8").lower()


def is_of_a_kind(name: str) -> bool:
    """Tell whether a page is a chapter, and none of the five that between them hold every kind of part that one has."""
    return re.match(r"chapters/\d", name) is not None and name[9:11] not in ("00", "01", "02", "05", "07")


def missing(what: str) -> None:
    """Skip a test for want of something, or fail where nothing may be wanting (BOOK_STRICT=1)."""
    if os.environ.get("BOOK_STRICT") == "1":
        pytest.fail(what)
    pytest.skip(what)
