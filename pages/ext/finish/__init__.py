"""Finish the built pages: what theme and extensions leave undone, each mend with its reason.

Runs once, when Sphinx has written everything, and changes nothing that is already as it should be, so that building
twice gives the same pages. The mends are in the rooms: what a page loads (:mod:`finish.assets`), what it says to all
(:mod:`finish.access`), what it folds (:mod:`finish.folds`), how its tables (:mod:`finish.tables`) and signs
(:mod:`finish.words`) are set, how one finds what one looks for (:mod:`finish.finding`), how it stands still
(:mod:`finish.layout`), how its figures are drawn (:mod:`finish.drawn`) and its questions answer (:mod:`finish.asked`),
what stands at its head (:mod:`finish.head`) and below its claims (:mod:`finish.claims`), how a laboratory page folds
(:mod:`finish.laboratory`), what it offers in print (:mod:`finish.pdf`), and what stands where there is no page
(:mod:`finish.lost`).
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from functools import partial
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from questions import Question
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

from finish import access, assets, claims, finding, folds, laboratory, layout, lean, tables, words
from finish.asked import ask_for_scripts, asked_in, let_answer
from finish.assets import make_lean, one_style_sheet, options_in_the_page, remove_unused
from finish.drawn import drawings, show_drawings
from finish.finding import finish_index, sections_of
from finish.head import make_head
from finish.layout import size_images
from finish.lost import add_lost
from finish.markup import read, written
from finish.pdf import add_print

REDIRECT = """<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={url}"><title>{title}</title>
<link rel="icon" href="data:,"></head>
<body><p><a href="{url}">{title}</a></p></body>
</html>
"""
Mend = Callable[[BeautifulSoup], None]
MENDS: list[Mend] = [
    *assets.MENDS,
    *folds.MENDS,
    *words.MENDS,  # before a table is measured
    *tables.MENDS,
    *access.MENDS,
    *finding.MENDS,
    *layout.MENDS,
]


def finish(html: str, mends: Iterable[Mend] = MENDS) -> str:
    """Return a page with all mends made."""
    page = read(html)
    if not isinstance(page.html, Tag) or page.select_one("meta[http-equiv=Refresh i]"):
        return html
    for mend in mends:
        mend(page)
    return written(page)


def in_its_place(
    folder: Path,
    out: Path,
    drawn: Mapping[str, tuple[str, str]] | None = None,
    asked: MutableMapping[str, Question] | None = None,
) -> list[Mend]:
    """Return the mends for which one must know where a page is, what is ``drawn``, and what is ``asked``."""
    return [
        lambda page: show_drawings(page, folder, drawn or {}),
        lambda page: let_answer(page, asked or {}),
        lambda page: size_images(page, folder),
        lambda page: one_style_sheet(page, folder, out),
        lambda page: options_in_the_page(page, folder),
    ]


def finish_pages(app: Sphinx, exception: Exception | None) -> None:
    """Finish every page of a build that succeeded, and remove the files that no page loads any more."""
    if exception or app.builder.format != "html":
        return
    out, language = Path(app.outdir), app.config.language
    drawn = drawings(*(Path(app.srcdir).glob(f"chapters/{which}") for which in ("*.ipynb", "images/*.png")))
    asked = asked_in(Path(app.srcdir) / "chapters")
    known, doubted = claims.standings(Path(app.srcdir) / "chapters"), claims.doubts(out / "chapters")
    sections: dict[str, list[tuple[str, str, str]]] = {}
    for path in sorted(path for path in out.rglob("*.html") if "_static" not in path.relative_to(out).parts):
        before = path.read_text(encoding="utf-8")
        if re.search(r'http-equiv="?refresh"?', before, re.IGNORECASE):
            url = re.search(r'content="0; *url=([^"]+)"', before)
            leads = REDIRECT.format(url=url[1], title=app.config.html_title, language=language)
            path.write_text(leads, encoding="utf-8")
            continue
        mends = [*MENDS, *in_its_place(path.parent, out, drawn, asked)]
        mends += [partial(make_head, out=out, name=path.stem), partial(claims.lead_on, known=known, doubted=doubted)]
        if path.name.startswith(claims.LABORATORY):
            mends.append(partial(laboratory.fold_doubts, known=known))
        if path.parent.name == "chapters" and path.name[0].isdecimal():
            mends.append(laboratory.go_on)
            mends.append(partial(_note, sections, f"chapters/{path.name}"))
        mends.append(partial(ask_for_scripts, folder=path.parent, out=out))
        after = finish(before, mends)
        if after != before:
            path.write_text(after, encoding="utf-8")
    finish_index(out, [section for way in sorted(sections) for section in sections[way]])
    add_print(out, Path(app.srcdir) / "_build" / "pdf")
    lost = add_lost(out, app.config.html_title, out / "_static" / "favicon.svg")
    lost.write_text(finish(lost.read_text(encoding="utf-8")), encoding="utf-8")
    make_lean(out)
    remove_unused(out, logos=not app.config.html_theme_options.get("repository_url"))


def _note(sections: dict[str, list[tuple[str, str, str]]], way: str, page: BeautifulSoup) -> None:
    sections[way] = list(sections_of(page, way))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the last step of a build."""
    gc.disable()  # nearly all that a build makes lives to its end: to look through it takes a third of the time
    PygmentsBridge.html_formatter = lean.Formatter
    app.connect("build-finished", finish_pages, priority=900)
    app.connect("build-finished", lambda *_: gc.enable(), priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
