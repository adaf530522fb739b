"""Print pages with Chromium, where there is one: it is named by BOOK_CHROMIUM, or found on the path."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]


def found() -> str | None:
    """Return the path of a Chromium, or None."""
    return os.environ.get("BOOK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def print_page(page: Path, pdf: Path) -> bool:
    """Print a page with its formulas into a PDF; return False where there is no Chromium."""
    if (browser := found()) is None:
        return False
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--virtual-time-budget=30000"]
    options += ["--allow-file-access-from-files", f"--print-to-pdf={pdf}"]
    subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True, timeout=300)
    return True
