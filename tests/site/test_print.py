"""The printed book is whole: no open reference, no missing sign or figure, nothing cut off at the margin.

Needs the PDF that "make pdf" makes. Without it these tests are skipped, unless BOOK_STRICT=1.
"""

from __future__ import annotations

import re

import book_pdf
import pytest
import yaml
from built_book import ROOT, missing
from print_finish import leave_reference_unnumbered
from pypdf import PdfReader, PdfWriter

LATEX = ROOT / "_build" / "latex"
CUT = 2.0  # points by which a line may run into the margin: less than a letter


@pytest.fixture(scope="module")
def log() -> str:
    path = LATEX / "bandits-that-generalize.log"
    if not book_pdf.OUT.exists() or not path.exists():
        missing('no printed book; "make pdf" makes it')
    text = path.read_text(encoding="utf-8", errors="replace")
    return re.sub(r"(?<=.{79})\n", "", text)  # TeX breaks its lines there


@pytest.fixture(scope="module")
def reader(log: str) -> PdfReader:
    return PdfReader(book_pdf.OUT / "bandits-that-generalize.pdf")


def words(pdf: PdfReader, start: int, stop: int | None) -> str:
    """Return the text of some pages, without the spaces, which a PDF need not hold."""
    return "".join("".join(page.extract_text().split()) for page in pdf.pages[start:stop])


def test_every_reference_and_every_sign_was_found(log):
    assert re.findall(r"(?:Reference|Citation|Hyper reference) `[^']+' [^.]*undefined", log) == []
    assert re.findall(r"Missing character: .*", log) == []


def test_no_line_runs_into_the_margin(log):
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert [points for points in wide if points > CUT] == []


def test_no_open_reference_is_printed(reader):
    pages = [i + 1 for i, page in enumerate(reader.pages) if "??" in page.extract_text()]
    assert pages == []


def test_every_figure_is_printed(reader):
    tex = (LATEX / "bandits-that-generalize.tex").read_text(encoding="utf-8")
    included = set(re.findall(r"\\sphinxincludegraphics[^{]*\{\{([^}]+)\}", tex))
    assert len(included) > 30
    assert all(list(LATEX.glob(f"{name}.*")) for name in included)
    assert sum(images(page["/Resources"]) for page in reader.pages) >= len(included)


def images(resources: dict) -> int:
    """Return how many images there are among some resources and in the drawings among them."""
    found = [one.get_object() for one in resources.get("/XObject", {}).values()]
    drawings = [one["/Resources"] for one in found if "/Resources" in one]
    return sum(one["/Subtype"] == "/Image" for one in found) + sum(map(images, drawings))


def test_every_chapter_has_a_file_with_its_title_and_its_pages(reader):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [name for name in book_pdf.chapter_names(toc) if name[0].isdigit()]
    assert sorted(path.stem for path in book_pdf.OUT.glob("[0-9]*.pdf")) == sorted(names)
    pages = 0
    for number, name in enumerate(names):
        chapter = PdfReader(book_pdf.OUT / f"{name}.pdf")
        assert f"Chapter{number}" in words(chapter, 0, 1), name
        assert "Readingon" in words(chapter, -3, None), name
        pages += len(chapter.pages)
    assert pages < len(reader.pages)


def test_a_book_with_too_few_chapters_is_refused(tmp_path):
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(tmp_path / "book.pdf")
    with pytest.raises(ValueError, match="has 0 chapters, and 2 are listed"):
        book_pdf.split(tmp_path / "book.pdf", tmp_path, ["00_one", "01_two"])


def test_chapters_are_cut_where_the_next_one_begins(tmp_path):
    writer = PdfWriter()
    for _ in range(6):
        writer.add_blank_page(100, 100)
    part = writer.add_outline_item(title="Part", page_number=0)
    for title, page in (("One", 1), ("Two", 4), ("Index", 5)):
        writer.add_outline_item(title=title, page_number=page, parent=part)
    writer.write(tmp_path / "book.pdf")
    assert book_pdf.chapter_starts(PdfReader(tmp_path / "book.pdf")) == [1, 4, 5, 6]
    made = book_pdf.split(tmp_path / "book.pdf", tmp_path, ["00_one", "01_two", "index"])
    assert [path.name for path in made] == ["00_one.pdf", "01_two.pdf"]


def test_what_is_only_looked_up_has_no_number():
    tex = r"\part{One}\chapter{A}\part{Reference}\chapter{B}"
    mended = leave_reference_unnumbered(tex)
    assert mended.index("secnumdepth") < mended.index("Reference")
    assert mended.index("secnumdepth") > mended.index("{A}")
