"""The page that a host shows where it has none: 404.html, which finds the book from whatever address it stands at."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from finish.layout import FACE

PAGE = Path(__file__).with_name("lost.html")


def add_lost(out: Path, book: str, icon: Path) -> Path:
    """Put the page beside the first one, with its icon in it, as no address holds at every depth; return where."""
    drawn = f"data:image/svg+xml,{quote(icon.read_text(encoding='utf-8'))}" if icon.exists() else "data:,"
    page = Template(PAGE.read_text(encoding="utf-8")).substitute(book=escape(book), icon=drawn, face=FACE)
    (lost := out / "404.html").write_text(page, encoding="utf-8")
    return lost
