"""Cut the printed book into its chapters: ``python _ext/book_pdf.py`` after LaTeX has run ("make pdf" does both)."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml
from pypdf import PdfReader, PdfWriter

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "_build" / "latex" / "bandits-that-generalize.pdf"
OUT = ROOT / "_build" / "pdf"


def chapter_names(toc: dict) -> list[str]:
    """Return the file names of all pages behind the first, in the order of the book."""
    return [Path(chapter["file"]).name for part in toc["parts"] for chapter in part["chapters"]]


def chapter_starts(reader: PdfReader) -> list[int]:
    """Return the first page of every chapter, and behind them that of the book's end."""
    marks = [mark for part in reader.outline if isinstance(part, list) for mark in part if not isinstance(mark, list)]
    return [reader.get_destination_page_number(mark) for mark in marks] + [len(reader.pages)]


def split(book: Path, out: Path, names: list[str]) -> list[Path]:
    """Write the chapters, those whose names begin with a number, each with the pages from its start to the next one's.

    Raises
    ------
    ValueError
        If the book has fewer chapters than there are names.
    """
    reader = PdfReader(book)
    starts = chapter_starts(reader)
    if len(starts) <= len(names):
        raise ValueError(f"{book.name} has {len(starts) - 1} chapters, and {len(names)} are listed")
    written = []
    for i, name in enumerate(names):
        if not name[0].isdigit():
            continue
        writer = PdfWriter()
        stop = starts[i + 1]
        while stop > starts[i] + 1 and len(reader.pages[stop - 1].extract_text().split()) < 12:
            stop -= 1  # the title page of the next part
        for page in reader.pages[starts[i] : stop]:
            writer.add_page(page)
        writer.add_metadata({"/Title": name[3:].replace("_", " ").capitalize(), "/Author": "The zoolib authors"})
        writer.compress_identical_objects()
        writer.write(path := out / f"{name}.pdf")
        written.append(path)
    return written


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    shutil.copyfile(BOOK, OUT / BOOK.name)
    for path in split(BOOK, OUT, chapter_names(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))):
        print(path.relative_to(ROOT))
