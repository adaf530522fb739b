"""All figures of the built book in one archive: ``python -m pages.slides.figures`` ("make -C pages figures").

Each as a drawing (SVG) and as a page of its own (PDF, printed by Chromium), with number, caption and alternative text
in a table and in a page that shows them. A figure that moves is there as it begins.
"""

import csv
import html
import io
import re
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter

from pages.slides import pages
from pages.slides.chromium import print_page
from pages.slides.pages import template

LICENCE = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
SOURCE = "Bandits that Generalize, The zoolib authors"
COLUMNS = ("figure", "number", "chapter", "caption", "alt", "moves", "svg", "pdf", "source", "licence")


def words(caption: str) -> str:
    """Return a caption as words; formulas stay TeX."""
    return " ".join(BeautifulSoup(caption, "html.parser").get_text().split())


def drawing(figure: pages.Figure) -> str:
    """Return a figure as SVG, with its alternative text and its licence in it."""
    svg = figure.still or figure.drawing.read_text(encoding="utf-8")
    said = f"<title>{html.escape(figure.number)}</title><desc>{html.escape(figure.alt)} {SOURCE}, {LICENCE}.</desc>"
    return re.sub(r"<svg\b[^>]*>", lambda found: found[0] + said, svg, count=1)


def size(svg: str) -> tuple[float, float]:
    """Return width and height of a drawing, in points."""
    _, _, width, height = re.search(r'viewBox="([^"]+)"', svg)[1].split()
    return float(width), float(height)


def printed(drawings: Mapping[str, str]) -> dict[str, bytes]:
    """Print drawings, each on a page of its size: one run of Chromium for all; without Chromium there are none."""
    rules, figures = [], []
    for i, svg in enumerate(drawings.values()):
        width, height = size(svg)
        rules.append(
            f"@page f{i} {{ size: {width}pt {height}pt; margin: 0 }}"
            f"#f{i} {{ page: f{i}; width: {width}pt; height: {height}pt }}"
        )
        own = re.sub(r"\bid=\"|url\(#|href=\"#", lambda found, i=i: f"{found[0]}f{i}-", svg)  # one page holds them all
        figures.append(f'<div id="f{i}">{own}</div>')
    style = "body { margin: 0 } div { overflow: hidden; break-after: page } svg { display: block; width: 100% }"
    whole = f"<!DOCTYPE html><meta charset='utf-8'><style>{style}{''.join(rules)}</style>{''.join(figures)}"
    with tempfile.TemporaryDirectory() as folder:
        (page := Path(folder, "all.html")).write_text(whole, encoding="utf-8")
        if not print_page(page, pdf := Path(folder, "all.pdf")):
            return {}
        return dict(zip(drawings, split(pdf), strict=True))


def split(path: Path) -> list[bytes]:
    """Return the pages of a PDF, each as a PDF."""
    found = []
    for page in PdfReader(path).pages:
        writer, written = PdfWriter(), io.BytesIO()
        writer.add_page(page)
        writer.write(written)
        found.append(written.getvalue())
    return found


def archive(path: Path, built: Path = pages.HTML) -> int:
    """Write the archive, and return how many figures are in it."""
    figures = [(page.stem, figure) for page in pages.chapters(built) for figure in pages.figures(page)]
    drawn = {figure.label: drawing(figure) for _, figure in figures}
    documents, rows, shown = printed(drawn), [], []
    for chapter, figure in figures:
        name, caption = figure.label, words(figure.caption)
        svg, pdf = f"svg/{name}.svg", f"pdf/{name}.pdf" if name in documents else ""
        moves = "yes" if figure.moving else "no"
        rows.append((name, figure.number, chapter, caption, figure.alt, moves, svg, pdf, SOURCE, LICENCE))
        links = f'<a href="{svg}">SVG</a>' + (f', <a href="{pdf}">PDF</a>' if pdf else "")
        told = f"<dl><dt>Alternative text</dt><dd>{html.escape(figure.alt)}</dd><dt>Files</dt><dd>{links}</dd></dl>"
        image = f'<img src="{svg}" alt="{html.escape(figure.alt)}" loading="lazy">'
        shown.append(
            f'<figure id="{name}">{image}<figcaption><strong>{figure.number}.</strong> '
            f"{html.escape(caption)}</figcaption></figure>{told}"
        )
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([COLUMNS, *rows])
    files = {
        "index.html": template("figures.html", source=SOURCE, licence=LICENCE, figures="".join(shown)),
        "figures.csv": written.getvalue(),
    }
    files["LICENSE"] = (pages.ROOT / "chapters" / "LICENSE").read_text(encoding="utf-8")
    files |= {f"svg/{name}.svg": svg for name, svg in drawn.items()} | {
        f"pdf/{name}.pdf": pdf for name, pdf in documents.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(f"figures/{name}", (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return len(figures)


if __name__ == "__main__":
    n = archive(place := pages.ROOT / "_build" / "figures.zip")
    print(f"{n} figures are in {place}")
