"""The printed book is whole: no open reference, no missing sign or figure, nothing cut off at the margin.

Needs the PDF that "make -C pages pdf" makes. Without it these tests are skipped, unless BOOK_STRICT=1.
"""

import re
import shutil
import subprocess
from pathlib import Path

import book_pdf
import pytest
import yaml
from bs4 import BeautifulSoup
from built_book import ROOT, missing
from docutils import nodes
from print_finish import MENDS, leave_reference_unnumbered
from print_tables import LINE, SIZES, layout, measured, start_of, table_nodes
from pypdf import PdfReader, PdfWriter

LATEX = ROOT / "_build" / "latex"
CUT = 2.0  # points by which a line may run into the margin: less than a letter


@pytest.fixture(scope="module")
def log() -> str:
    path = LATEX / "bandits-that-generalize.log"
    if not book_pdf.OUT.exists() or not path.exists():
        missing('no printed book; "make -C pages pdf" makes it')
    text = path.read_text(encoding="utf-8", errors="replace")
    return re.sub(r"(?<=.{79})\n", "", text)  # TeX breaks its lines there


@pytest.fixture(scope="module")
def reader(log: str) -> PdfReader:
    return PdfReader(book_pdf.OUT / "bandits-that-generalize.pdf")


@pytest.fixture(scope="module")
def tex(log: str) -> str:
    return (LATEX / "bandits-that-generalize.tex").read_text(encoding="utf-8")


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
    if shutil.which("pdftotext"):  # reads the book in two seconds, where pypdf takes half a minute
        command = ["pdftotext", str(book_pdf.OUT / "bandits-that-generalize.pdf"), "-"]
        texts = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")[:-1]
    else:
        texts = [page.extract_text() for page in reader.pages]
    assert len(texts) == len(reader.pages)
    assert [i + 1 for i, text in enumerate(texts) if "??" in text] == []


def test_every_figure_is_printed(reader, tex):
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
        assert "Readingon" in words(chapter, -6, None), name
        pages += len(chapter.pages)
    assert pages < len(reader.pages)


def test_figures_and_formulas_have_the_numbers_of_their_pages(log):
    aux = (LATEX / "bandits-that-generalize.aux").read_text(encoding="utf-8")
    label = r"\\newlabel\{(?:equation:)?(?:\\detokenize \{)?chapters/(\w+):((?:fig|eq)-)[\w-]+\}*\{\{([\d.]*)\}"
    found = re.findall(label, aux)
    assert len(found) > 100
    for page in {page for page, _, _ in found}:
        for kind in ("fig-", "eq-"):
            numbers = [number for at, what, number in found if (at, what) == (page, kind)]
            if page[0].isdigit():
                assert set(numbers) == {f"{int(page[:2])}.{i + 1}" for i in range(len(numbers))}, (page, kind)
            else:
                assert all(number.isdigit() for number in numbers), (page, kind)


def test_what_cells_tabulate_is_a_table(tex):
    listings = re.findall(r"(?s)\\begin\{sphinxVerbatim\}.*?\\end\{sphinxVerbatim\}", tex)
    assert [listing[:200] for listing in listings if listing.count(" | ") > 8] == []
    assert tex.count(r"\begin{longtable}") > 12
    assert tex.count("On the page this figure moves") > 10


def test_titles_of_boxes_and_lists_are_whole(tex):
    assert re.findall(r"\\begin\{sphinxadmonition\}\{\w+\}(?!\{).*", tex) == []
    contents = (LATEX / "bandits-that-generalize.toc").read_text(encoding="utf-8")
    assert contents.count("Bibliography") == 1


def test_links_of_a_chapter_lead_to_its_own_pages():
    for path in sorted(book_pdf.OUT.glob("[0-9]*.pdf")) or missing("no printed chapters"):
        chapter = PdfReader(path)
        own = {page.indirect_reference.idnum for page in chapter.pages}
        notes = [note.get_object() for page in chapter.pages for note in page.get("/Annots") or []]
        inside = [note["/A"]["/D"] for note in notes if note.get("/A", {}).get("/S") == "/GoTo"]
        assert len(inside) > 5, path.name
        assert all(place.get_object()[0].idnum in own for place in inside), path.name
        assert [mark for mark in chapter.outline if not isinstance(mark, list)][-1].title == "References"
        assert "References" in words(chapter, -3, None), path.name
        assert chapter.metadata.title == chapter.outline[0].title


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
    tex = r"\part{One}\chapter{A}\part{Deciding}\chapter{B}"
    mended = leave_reference_unnumbered(tex)
    assert mended.index("secnumdepth") < mended.index("Deciding")
    assert mended.index("secnumdepth") > mended.index("{A}")


TO_MEND = Path(__file__).with_name("small").joinpath("to_mend.tex").read_text(encoding="utf-8")


def test_each_mend_of_the_printed_book_finds_what_it_mends():
    tex = TO_MEND
    for mend in MENDS:
        mended = mend(tex)
        assert mended != tex, mend.__name__
        tex = mended
    assert r"{note}{Proof}" in tex
    assert tex.index("sphinxthebibliography") < tex.index("sphinxstepscope")


FRAME = """<table><thead><tr><th></th><th colspan="2">known</th></tr>
<tr><th>who</th><th>first</th><th>last</th></tr></thead>
<tbody><tr><th>shared</th><td>0.5 [0.4, 0.6]</td><td></td></tr></tbody></table>"""


def test_a_frame_becomes_a_table_with_its_heads():
    spec, table = table_nodes(BeautifulSoup(FRAME, "html.parser").table, lambda tag: [nodes.Text(tag.get_text())])[-2:]
    assert spec["spec"] == "lrl"
    rows = [[cell.astext() for cell in row.findall(nodes.entry)] for row in table.findall(nodes.row)]
    assert rows == [["", "known", "known"], ["who", "first", "last"], ["shared", "0.5 [0.4, 0.6]", ""]]
    assert len(list(table.findall(nodes.entry))[-1]) == 0


def test_a_head_in_two_rows_without_a_common_column_is_one_row():
    frame = FRAME.replace('<th colspan="2">known</th>', "<th>first</th><th>last</th>").replace(
        "<th>who</th><th>first</th><th>last</th>", "<th>who</th><th></th><th></th>"
    )
    table = table_nodes(BeautifulSoup(frame, "html.parser").table, lambda tag: [nodes.Text(tag.get_text())])[-1]
    assert [cell.astext() for cell in next(iter(table.findall(nodes.row))).findall(nodes.entry)] == [
        "who",
        "first",
        "last",
    ]


def test_columns_fit_the_line():
    for texts in (["long words " * 9, "3", "more of these " * 12], ["a", "1.0", "2.0"], ["x" * 30] * 6):
        head = [[f"head {i}" for i in range(len(texts))]]
        size, gap, spec = layout(measured(head, [texts]), LINE)
        given = [float(em) for em in re.findall(r"p\{([\d.]+)em\}", spec)]
        assert sum(given) * SIZES[size] + gap * len(texts) <= LINE + 1
        assert len(re.findall(r"p\{|[lr](?!\w)", spec)) >= 1


def test_a_moving_figure_says_where_it_begins():
    figure = BeautifulSoup(
        """<figure><div data-controls><label><span>agent</span><select><option>A</option><option selected>B</option>
        </select></label><label><span>alpha <output>0.5</output></span></label></div></figure>""",
        "html.parser",
    )
    assert start_of(figure) == "agent B, alpha 0.5"
