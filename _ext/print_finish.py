"""Finish the book in print: what the LaTeX of Sphinx and its extensions leaves undone, each mend with its reason."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def leave_reference_unnumbered(tex: str) -> str:
    """Leave the chapters their numbers, and what is only looked up without."""
    mark = r"\part{Reference}"
    return tex.replace(mark, r"\setcounter{secnumdepth}{-1}" + "\n" + mark, 1)


def lead_to_exercises(tex: str) -> str:
    """Lead references to exercises to where these stand, and call them by the numbers they have there.

    Sphinx points to a label of its own, which the extension for exercises, whose labels are others, never sets.
    """
    title = r"\\label\{exercise:([\w-]+)\}\s*\\begin\{sphinxadmonition\}\{note\}\{(Exercise [\d.]+)"
    names = dict(re.findall(title, tex))
    there = r"\\detokenize\{[^{}]*:([\w-]+)\}"
    reference = rf"\\hyperref\[{there}\]\{{Exercise \\ref\{{{there}\}}\}}"

    def mended(match: re.Match[str]) -> str:
        known = match[1] in names
        return rf"\hyperref[exercise:{match[1]}]{{{names[match[1]]}}}" if known else match[0]

    return re.sub(reference, mended, tex)


def finish_print(app: Sphinx, exception: Exception | None) -> None:
    """Finish the LaTeX of a build that succeeded."""
    if exception or app.builder.name != "latex":
        return
    for document in app.config.latex_documents:
        path = Path(app.outdir) / document[1]
        tex = lead_to_exercises(leave_reference_unnumbered(path.read_text(encoding="utf-8")))
        path.write_text(tex, encoding="utf-8")


def number_as_on_the_pages(app: Sphinx) -> None:
    """Let definitions be numbered by chapter, as on the pages, where the extension for print asks for sections."""
    if app.builder.name == "latex":
        app.config.numfig_secnum_depth = 1


def number_figures_by_chapter(app: Sphinx, env: BuildEnvironment) -> None:
    """Give the writer of LaTeX, which counts figures itself and from the part, the depth that means the chapter."""
    if app.builder.name == "latex":
        app.config.numfig_secnum_depth = 2


def mark_named_boxes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set a mark before each box that has a name, as a question has: references lead to it; the writer sets none."""
    if app.builder.name == "latex":
        for box in [box for box in doctree.findall(nodes.admonition) if type(box) is nodes.admonition and box["ids"]]:
            box.parent.insert(box.parent.index(box), nodes.target(ids=list(box["ids"])))


def set_wide_tables_smaller(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set tables of seven columns and more in the size of footnotes: their words run into the margin otherwise."""
    if app.builder.name != "latex":
        return
    for table in [table for table in doctree.findall(nodes.table) if len(list(table.findall(nodes.colspec))) >= 7]:
        place = table.parent.index(table)
        table.parent.insert(place + 1, nodes.raw("", "}", format="latex"))
        smaller = r"{\footnotesize\setlength{\tabcolsep}{4pt}\setlength{\tymin}{3em}"
        table.parent.insert(place, nodes.raw("", smaller, format="latex"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what happens before the numbers are given, after that, and at the end."""
    app.connect("builder-inited", number_as_on_the_pages, priority=990)
    app.connect("env-check-consistency", number_figures_by_chapter)
    app.connect("doctree-resolved", mark_named_boxes)
    app.connect("doctree-resolved", set_wide_tables_smaller)
    app.connect("build-finished", finish_print, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
