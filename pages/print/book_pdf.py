"""Cut the printed book into its chapters: ``python pages/print/book_pdf.py`` after LaTeX has run."""

import re
import shutil
import subprocess
from pathlib import Path

import yaml
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, Destination, DictionaryObject, NameObject, NullObject

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "_build" / "latex" / "bandits-that-generalize.pdf"
OUT = ROOT / "_build" / "pdf"


def chapter_names(toc: dict) -> list[str]:
    """Return the file names of all pages behind the first, in the order of the book."""
    return [Path(chapter["file"]).name for part in toc["parts"] for chapter in part["chapters"]]


def chapter_marks(reader: PdfReader) -> list[Destination]:
    """Return the marks of all chapters in the outline."""
    return [mark for part in reader.outline if isinstance(part, list) for mark in part if not isinstance(mark, list)]


def chapter_starts(reader: PdfReader) -> list[int]:
    """Return the first page of every chapter, and behind them that of the book's end."""
    return [reader.get_destination_page_number(mark) for mark in chapter_marks(reader)] + [len(reader.pages)]


def chapter_pages(reader: PdfReader, names: list[str]) -> dict[str, range]:
    """Return the pages of the chapters whose names begin with a number, from the start of each to the next one's.

    Raises
    ------
    ValueError
        If the book has fewer chapters than there are names.
    """
    starts = chapter_starts(reader)
    if len(starts) <= len(names):
        raise ValueError(f"the book has {len(starts) - 1} chapters, and {len(names)} are listed")
    pages = {}
    for name, start, stop in zip(names, starts, starts[1:], strict=False):
        while stop > start + 1 and len(reader.pages[stop - 1].extract_text().split()) < 12:
            stop -= 1  # the title page of the next part
        if name[0].isdigit():
            pages[name] = range(start, stop)
    return pages


def links(page: PageObject) -> list[tuple[DictionaryObject, str]]:
    """Return the links of a page to other places in the book, each with the name of the place."""
    notes = [note.get_object() for note in page.get("/Annots") or []]
    return [(note, str(note["/A"]["/D"])) for note in notes if note.get("/A", {}).get("/S") == "/GoTo"]


def references(tex: str, cited: dict[str, set[str]]) -> str:
    """Return a document with the works that each chapter cites, under marks that begin with the name of the chapter."""
    works = re.findall(r"(?s)\\bibitem\[[^\n]*\]\{([^}]*)\}(.*?)(?=\\bibitem|\\end\{sphinxthebibliography\})", tex)
    lines = [tex[: tex.index(r"\begin{document}")], r"\begin{document}\pagestyle{empty}"]
    for name, marks in cited.items():
        lines += [rf"\clearpage\hypertarget{{{name}}}{{}}\section*{{References}}", r"\begin{sphinxthebibliography}{}"]
        lines += [
            rf"\item\hypertarget{{{name}/cite.{mark}}}{{}}{work}" for mark, work in works if f"cite.{mark}" in marks
        ]
        lines += [r"\end{sphinxthebibliography}"]
    return "\n".join([*lines, r"\end{document}", ""])


def typeset(tex: Path) -> PdfReader:
    """Typeset a document that needs one run."""
    command = ["xelatex", "-interaction=batchmode", "-halt-on-error", tex.name]
    subprocess.run(command, cwd=tex.parent, check=True, stdout=subprocess.DEVNULL)
    return PdfReader(tex.with_suffix(".pdf"))


def copy_outline(reader: PdfReader, marks: list, writer: PdfWriter, pages: range, parent: object = None) -> None:
    """Copy what of an outline leads to some pages, below the entry before."""
    last = parent
    for mark in marks:
        if isinstance(mark, list):
            copy_outline(reader, mark, writer, pages, last)
        elif (page := reader.get_destination_page_number(mark)) in pages:
            last = writer.add_outline_item(title=mark.title, page_number=page - pages.start, parent=parent)


def chapter(reader: PdfReader, pages: range, name: str, works: PdfReader | None = None) -> PdfWriter:
    """Return a chapter with its title, its outline and the works that it cites; links to elsewhere are taken out."""
    writer, places = PdfWriter(), dict[str, tuple[int, Destination]]()
    for mark, place in reader.named_destinations.items():
        if (page := reader.get_destination_page_number(place)) in pages:
            places[mark] = page - pages.start, place
    for page in pages:
        writer.add_page(reader.pages[page])
    copy_outline(reader, reader.outline, writer, pages)
    if works:
        listed = works.named_destinations
        at = {mark: works.get_destination_page_number(place) for mark, place in listed.items()}
        begin, chapters = at[name], sorted(page for mark, page in at.items() if "/" not in mark)
        places |= {
            mark.removeprefix(f"{name}/"): (len(pages) + at[mark] - begin, place)
            for mark, place in listed.items()
            if mark.startswith(f"{name}/")
        }
        for page in range(begin, min([page for page in chapters if page > begin], default=len(works.pages))):
            writer.add_page(works.pages[page])
        writer.add_outline_item(title="References", page_number=len(pages))
    for page in writer.pages:
        dead = []
        for link, mark in links(page):
            if mark in places:
                number, place = places[mark]
                spot = [NameObject("/XYZ"), place.left or NullObject(), place.top or NullObject(), NullObject()]
                link["/A"][NameObject("/D")] = ArrayObject([writer.pages[number].indirect_reference, *spot])
            else:
                dead.append(link)
        if dead:
            kept = [note for note in page["/Annots"] if not any(note.get_object() is link for link in dead)]
            page[NameObject("/Annots")] = ArrayObject(kept)
    titles = dict(zip(chapter_starts(reader), chapter_marks(reader), strict=False))
    writer.add_metadata({"/Title": str(titles[pages.start].title), "/Author": "The zoolib authors"})
    writer.compress_identical_objects()
    return writer


def split(book: Path, out: Path, names: list[str]) -> list[Path]:
    """Write the chapters, each with the works that it cites where the LaTeX of the book lies beside it."""
    reader = PdfReader(book)
    pages = chapter_pages(reader, names)
    works, tex = None, book.with_suffix(".tex")
    if tex.exists():
        cited = {name: {mark for page in at for _, mark in links(reader.pages[page])} for name, at in pages.items()}
        listed = book.with_name("references.tex")
        listed.write_text(references(tex.read_text(encoding="utf-8"), cited), encoding="utf-8")
        works = typeset(listed)
    written = [out / f"{name}.pdf" for name in pages]
    for path, (name, at) in zip(written, pages.items(), strict=True):
        chapter(reader, at, name, works).write(path)
    return written


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    shutil.copyfile(BOOK, OUT / BOOK.name)
    for path in split(BOOK, OUT, chapter_names(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))):
        print(path.relative_to(ROOT))
