"""The index of the book: the terms of the glossary, every definition, algorithm and theorem, and what a page lists.

Sphinx collects the glossary and the ``{index}`` entries by itself. We add the statements that have a title, and a way
to the index from the sidebar of every page.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


def entry(title: str, kind: str) -> str:
    """Return the words under which a statement is listed: no article, a small letter unless it begins with a name."""
    title = re.sub(r"^(?:An?|The) ", "", title)
    first = title.split()[0]
    words = title[0].lower() + title[1:] if first[1:].islower() or len(first) == 1 else title
    return f"{words} ({kind})"


class StatementsInTheIndex(SphinxTransform):
    """List each titled definition, algorithm, theorem, lemma and proposition, before Sphinx collects what to list."""

    default_priority = 840

    def apply(self) -> None:
        """Put an index entry before each statement."""
        for node in list(self.document.findall(lambda node: isinstance(node, nodes.Element) and "realtype" in node)):
            title = node.next_node(nodes.title)
            words = title.astext().strip().removeprefix("(").removesuffix(")") if title is not None else ""
            if words and node["ids"] and node["realtype"] != "proof":
                item = ("single", entry(words, node["realtype"]), node["ids"][0], "", None)
                node.parent.insert(node.parent.index(node), addnodes.index(entries=[item]))


def offer_the_index(app: Sphinx, doctree: nodes.document) -> None:
    """End the table of contents with the index."""
    tables = list(doctree.findall(addnodes.toctree))
    if app.env.docname == app.config.root_doc and tables:
        tables[-1]["entries"].append(("Index", "genindex"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both: the second when the table of contents has been made, and before it is read."""
    app.add_transform(StatementsInTheIndex)
    app.connect("doctree-read", offer_the_index, priority=200)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
