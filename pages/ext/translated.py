"""The book in other languages: what is translated, what says so on the pages, and the book's own few words.

Sphinx cuts a page into messages, one for each paragraph, title and caption, and puts in their place what it finds in
``pages/locale/<language>/LC_MESSAGES``. What a cell has printed and what is a formula is no message: it stands in every
language as it was computed. ``pages/ext/translate.py`` extracts the messages, checks what was made of them and builds.

The words that the book puts on its pages itself (:data:`WORDS`) are in ``words.po`` of a language.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from docutils import nodes
from sphinx.addnodes import toctree
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms import SphinxTransform
from sphinx_exercise.nodes import exercise_title, solution_title

LOCALE = Path(__file__).resolve().parents[1] / "locale"
ORIGINAL = "en"

NOT_TRANSLATED = "This page is not translated yet. It appears in English."
IN_PARTS = "Some of this page is not translated yet. It appears in English."
AS_COMPUTED = (
    "Code, what it printed, figures that move and formulas are those of the English original, "
    "with a point before decimals."
)
ASKED = [  # by the script of the questions
    "Check",
    "Your answer",
    "Up",
    "Down",
    "{} is now at place {} of {}.",
    "That is not read as one number. Write it as 0.5, 1/2 or 50 %.",
    "Write a number first.",
    "Not {}",
    "Not within {} of it.",
    "Choose one first.",
    "Tick what is right first.",
    "Not {} before {}",
    "Not without {}",
    "Not in this order.",
    "What you ticked is right, and it is not all.",
    "Yes.",
    "right, after it was shown",
    "right at once",
    "right at try {}",
    "shown",
    "not yet",
    "{} of {} right on this page",
    "Show it now",
    "This figure waits until you have said what you expect.",
    "You expected:",
    "To the first of them",
    "Save as CSV",
    "Save as JSON",
    "Delete all",
    "Delete what this browser has kept of your answers?",
    "Deleted.",
    "This browser keeps nothing.",
    "This browser keeps nothing: what you answer is forgotten with the page.",
    "Right",
    "At once",
    "Open",
]
WORDS = [
    NOT_TRANSLATED,
    IN_PARTS,
    AS_COMPUTED,
    "Figure %s",
    "Table %s",
    "Listing %s",
    "Section %s",
    "Show the code",
    "Hide the code",
    "How this is checked",
    "Show",
    "Hide",
    "On this page",
    "Search the book",
    "Index",
    "Letters",
    "Book",
    "Page",
    "Table",
    "Formula",
    "Main",
    "Toggle primary sidebar",
    "Toggle secondary sidebar",
    "Link to this heading",
    "Link to this image",
    "Link to this equation",
    "Link to this table",
    "Link to this term",
    "Toggle hidden content",
    "Hide Search Matches",
    "No page has all of these words. Is each spelled as it was meant?",
    "Search finished, found ${resultCount} page(s) matching the search query.",
    *ASKED,
    "definition",
    "algorithm",
    "theorem",
    "lemma",
    "proposition",
    "corollary",
    *re.findall(r"caption: (.+)", (LOCALE.parents[1] / "_toc.yml").read_text(encoding="utf-8")),
]


def catalog(language: str, domain: str) -> Path:
    """Return the file that holds what a page, or the book itself (``words``), says in a language."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


@cache
def words(language: str) -> dict[str, str]:
    """Return ``{word: what it is in the language}``; nothing for the original or a language without ``words.po``."""
    path = catalog(language, "words")
    if language == ORIGINAL or not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}


class WhatIsNoMessage(SphinxTransform):
    """Leave out outputs and formulas, and take in what is meant to be translated and does not say where it is from."""

    default_priority = 15  # before Locale

    def apply(self, **_: Any) -> None:
        """Mark the nodes."""
        for output in self.document.findall(_is_output):
            for node in output.findall(nodes.TextElement):
                if not isinstance(node, nodes.Inline) and not _within(node, (nodes.caption, nodes.legend), output):
                    node["translatable"] = False
        for kind in (nodes.math_block, exercise_title, solution_title):  # "Exercise" and "Solution to"
            for node in self.document.findall(kind):
                node["translatable"] = False
        for node in list(self.document.findall(nodes.subtitle)):  # the title of an exercise
            node.source, node.line = self.document["source"], node.parent.line or 0
            node.rawsource = node.rawsource or node.astext()
            if self.app.builder.name == "gettext":  # which collects only when numbers have taken the place of titles
                again = nodes.paragraph(node.rawsource, node.astext())
                again.source, again.line = node.source, node.line
                node.parent.parent.insert(0, again)


class AfterTheTranslation(SphinxTransform):
    """Tell those who have taken notes of the page before it was translated."""

    default_priority = 30  # after Locale

    def apply(self, **_: Any) -> None:
        """Mend the notes."""
        document, notes = self.document, self.env.metadata[self.env.docname]
        if slugs := getattr(document, "myst_slugs", None):  # MyST would know those of the last translated title alone
            notes["myst_slugs"] = slugs
        for title in document.findall(lambda node: isinstance(node, nodes.title) and "label" in node.parent):
            noted = getattr(self.env, "sphinx_exercise_registry", {}).get(title.parent["label"])
            if noted and isinstance(noted["node"].children[0], type(title)):  # by which solutions are called
                noted["node"][0] = title.deepcopy()


def count(app: Sphinx, doctree: nodes.document) -> None:
    """Count what is translated of a page, when all that it will hold is in it; no note is taken of images."""
    said = [node for node in doctree.findall(nodes.Element) if "translated" in node]
    said = [node["translated"] for node in said if not isinstance(node, (nodes.image, toctree))]
    doctree["translation_progress"] = {"total": len(said), "translated": sum(map(bool, said))}


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_output"


def _within(node: nodes.Node, kinds: tuple[type, ...], root: nodes.Node) -> bool:
    while node is not root:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def in_the_language(app: Sphinx, config: Config) -> None:
    """Put the words of the configuration in the language of the book."""
    said = words(config.language)

    def of(value: str) -> str:
        return said.get(value, value)

    config.numfig_format = {kind: of(text) for kind, text in config.numfig_format.items()}
    options = config.html_theme_options
    options |= {name: of(options[name]) for name in ("toc_title", "search_bar_text") if name in options}
    for name in ("nb_code_prompt_show", "nb_code_prompt_hide", "togglebutton_hint", "togglebutton_hint_hide"):
        if name in config:
            config[name] = of(config[name])


def say_what_is_translated(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Begin a page by a quiet note if it, or some of it, appears in English."""
    language = app.config.language
    first = next(doctree.findall(nodes.title), None)
    if app.builder.format != "html" or language == ORIGINAL or first is None:
        return
    done = doctree.get("translation_progress", {"total": 0, "translated": 0})
    whole = done["translated"] == done["total"]
    said = NOT_TRANSLATED if not done["translated"] else AS_COMPUTED if whole else IN_PARTS
    kind = "whole" if said == AS_COMPUTED else "none" if said == NOT_TRANSLATED else "part"
    note = nodes.container(classes=["translation-note", f"translated-{kind}"])
    note += nodes.paragraph(text=words(language).get(said, said))
    first.parent.insert(first.parent.index(first) + 1, note)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all."""
    app.add_transform(WhatIsNoMessage)
    app.add_transform(AfterTheTranslation)
    app.connect("config-inited", in_the_language, priority=400)
    app.connect("doctree-read", count)
    app.connect("doctree-resolved", say_what_is_translated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
