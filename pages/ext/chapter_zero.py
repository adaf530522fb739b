"""Chapters are counted from 0, as their file names and the steps of an experiment are.

Sphinx counts them from 1. When it has numbered everything, we take one from the chapter in the number of every section,
figure, table, definition, exercise and equation. The sections that close every chapter lose their numbers: they are the
same in each, and are looked up by their names; so do the pages of the laboratory.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

Number = tuple[int, ...]
CLOSING = {"#on-one-page", "#what-we-established", "#what-we-did-not", "#exercises", "#reading-on"}  # in any language


def shifted(number: Number | list[int] | None) -> Number | None:
    """Return a section number such as (1, 2) as (0, 2); what has no number keeps none."""
    return (number[0] - 1, *number[1:]) if number else None


def count_from_zero(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Shift all numbers that begin with that of a chapter. Sphinx makes them anew before each call."""
    for docname, sections in env.toc_secnumbers.items():
        env.toc_secnumbers[docname] = {anchor: shifted(number) for anchor, number in sections.items()}
        for node in [env.titles[docname], *env.tocs[docname].findall(nodes.reference)]:
            if node.get("secnumber"):
                node["secnumber"] = shifted(node["secnumber"])
        for figures in env.toc_fignumbers.get(docname, {}).values():
            figures.update({name: shifted(number) for name, number in figures.items() if len(number) > 1})
    return []


def leave_unnumbered(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Take the numbers of the sections that close a chapter, and all those of a laboratory."""
    for docname, contents in env.tocs.items():
        laboratory = docname.startswith("chapters/lab_")
        if laboratory:
            env.titles[docname].attributes.pop("secnumber", None)
            env.toc_fignumbers.pop(docname, None)
        for node in contents.findall(nodes.reference):
            if node.get("secnumber") and (laboratory or node["anchorname"] in CLOSING):
                del node["secnumber"]
                env.toc_secnumbers[docname][node["anchorname"]] = None
    return []


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both, to come after all that assigns numbers."""
    app.connect("env-get-updated", count_from_zero, priority=900)
    app.connect("env-get-updated", leave_unnumbered, priority=910)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
