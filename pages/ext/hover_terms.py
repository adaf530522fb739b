"""Lead from the first use of a term on a page to its entry in the glossary, and show its definition on the way.

Beside the word ``pages/static/terms.js`` shows the definition; who follows the link finds the whole entry.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from docutils import nodes
from finish.words import GREEK, greek
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

GLOSSARY = "chapters/glossary"
CHAPTER = re.compile(r"^chapters/\d\d_")
# words that are also ordinary English: a link at the first of them would rarely be at the term
ORDINARY = {
    "agent", "arm", "bandit", "bonus", "catalog", "claim", "context", "interval", "log", "overlap", "policy", "prior",
    "reward", "score", "spread", "step", "value", "width",
}  # fmt: skip
QUIET = (nodes.reference, nodes.title, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.caption,
         nodes.raw, nodes.term, nodes.image)  # fmt: skip
LONGEST = 220


def words_of(paragraph: nodes.Element) -> str:
    """Return what a definition says, its Greek letters as letters; nothing if it needs more of a formula than that."""
    text = paragraph.deepcopy()
    for citation in [node for node in text.findall(nodes.Element) if node.get("refdomain") == "cite"]:
        citation.parent.remove(citation)
    for formula in list(text.findall(nodes.math)):
        plain = re.sub(rf"\\(?:var)?({GREEK}|eta|phi|pi)\b", lambda m: greek(m[1]), formula.astext())
        if re.search(r"[\\^_]", plain):
            return ""
        formula.replace_self(nodes.Text(plain))
    said = re.sub(r"\s+\.", ".", " ".join(text.astext().split()))
    return said if len(said) <= LONGEST else said[:LONGEST].rsplit(" ", 1)[0] + " …"


@functools.lru_cache(maxsize=1)
def entries(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """Return ``{term: (anchor, what its definition says)}``, the longest terms first."""
    found = {}
    for item in env.get_doctree(GLOSSARY).findall(nodes.definition_list_item):
        terms = [child for child in item.children if isinstance(child, nodes.term)]
        paragraph = next(item.findall(nodes.paragraph), None)
        for term in terms:
            if term["ids"] and paragraph is not None and term.astext() not in ORDINARY:
                found[term.astext()] = (term["ids"][0], words_of(paragraph))
    return dict(sorted(found.items(), key=lambda entry: -len(entry[0])))


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the first use of each term in the text of a chapter."""
    env = app.env
    if app.builder.format != "html" or not CHAPTER.match(docname) or GLOSSARY not in env.found_docs:
        return
    left = dict(entries(env))
    for text in list(doctree.findall(nodes.Text)):
        if not left or any(_around(text, QUIET)) or not any(_around(text, nodes.paragraph)):
            continue
        boxes = _around(text, nodes.admonition)
        if any(name.startswith("asks-") for box in boxes for name in box["classes"]):
            continue  # a link in a choice would be in the way of who chooses it
        pieces = linked(str(text), left, app, docname)
        if len(pieces) > 1:
            text.parent.replace(text, pieces)


def linked(text: str, left: dict[str, tuple[str, str]], app: Sphinx, docname: str) -> list[nodes.Node]:
    """Cut a text at the terms in it, each the first of its kind, which are taken from ``left``."""
    for term in list(left):
        match = re.search(rf"(?<![\w-]){re.escape(term)}s?(?![\w-])", text, re.IGNORECASE if term.islower() else 0)
        if match:
            anchor, said = left.pop(term)
            link = make_refnode(app.builder, docname, GLOSSARY, anchor, nodes.inline(text=match[0]), None)
            link["classes"].append("term")
            if said:
                link["reftitle"] = said
            before, after = text[: match.start()], text[match.end() :]
            return [*linked(before, left, app, docname), link, *linked(after, left, app, docname)]
    return [nodes.Text(text)] if text else []


def _around(node: nodes.Node, kinds: type | tuple[type, ...]) -> Iterator[nodes.Node]:
    """Yield what a node stands in, of some kinds."""
    while node := node.parent:
        if isinstance(node, kinds):
            yield node


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the links, to be made when all references are resolved."""
    app.connect("doctree-resolved", link_terms, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
