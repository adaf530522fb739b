"""The book in print, offered on its pages."""

from __future__ import annotations

import shutil
from pathlib import Path

from bs4 import BeautifulSoup

from finish.markup import read, written

BOOK_PDF = "bandits-that-generalize.pdf"


def offer_print(page: BeautifulSoup, home: str, chapter: str | None) -> None:
    """Offer the chapter, if there is a PDF of it, and the whole book in the place of the browser's printing.

    They lie in ``home``, the way to which begins at the page.
    """
    menu = page.select_one(".dropdown-download-buttons ul")
    if menu is None or menu.select_one("a[href$='.pdf']"):
        return
    for button in menu.select("button.btn-download-pdf-button"):
        button.find_parent("li").decompose()
    offers = [(chapter, "chapter.pdf")] if chapter else []
    for name, words in [*offers, (BOOK_PDF, "book.pdf")]:
        link = page.new_tag("a", href=f"{home}/{name}", attrs={"class": "btn btn-sm dropdown-item", "download": ""})
        for kind, inside in (("icon", '<i class="fas fa-file-pdf"></i>'), ("text", words)):
            span = page.new_tag("span", attrs={"class": f"btn__{kind}-container"})
            span.append(BeautifulSoup(inside, "html.parser"))
            link.append(span)
        item = page.new_tag("li")
        item.append(link)
        menu.append(item)


def add_print(out: Path, pdfs: Path) -> None:
    """Put the PDFs that "make -C pages pdf" has made beside the pages, and offer them there."""
    if not (pdfs / BOOK_PDF).exists():
        return
    (out / "pdf").mkdir(exist_ok=True)
    for path in pdfs.glob("*.pdf"):
        shutil.copyfile(path, out / "pdf" / path.name)
    for path in (out / "chapters").glob("*.html"):
        page = read(path.read_text(encoding="utf-8"))
        chapter = f"{path.stem}.pdf"
        offer_print(page, "../pdf", chapter if (pdfs / chapter).exists() else None)
        path.write_text(written(page), encoding="utf-8")
