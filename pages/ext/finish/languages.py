"""In a translated book: the book's own words, and of each part the language in which it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from bs4 import BeautifulSoup, Comment, NavigableString, Tag
from translated import ORIGINAL, words

from finish.finding import NO_HITS

SAYS = ["title", "aria-label", "placeholder", "data-toggle-hint-show", "data-toggle-hint-hide"]
UNTRANSLATED = "article.bd-article:has(.translated-none)"
# what scripts of others say, by the file that says it
SCRIPTS = {
    "togglebutton.js": ["Toggle hidden content"],
    "sphinx_highlight.js": ["Hide Search Matches"],
    "searchtools.js": [NO_HITS, "Search finished, found ${resultCount} page(s) matching the search query."],
}
AS_COMPUTED = "article .cell_output, article .cell_input pre, article .untranslated:not(img)"
TRANSLATED = ".translation-note, article .cell_output :is(figcaption, img[alt]), article summary:has(.collapsed)"


def say_it_in_the_language(page: BeautifulSoup) -> None:
    """Put the words that the book adds to its pages in the language of the page, wherever one stands alone.

    In a text itself these are ordinary words, unless they are there to be pressed.
    """
    said = words(_language(page))
    if not said:
        return
    for text in page.find_all(string=lambda text: text.strip() in said):
        told = text.find_parent(["article", "script", "style", "code"]) and not text.find_parent(["summary", "button"])
        if not isinstance(text, Comment) and not told:
            text.replace_with(NavigableString(str(text).replace(text.strip(), said[text.strip()])))
    for name in SAYS:
        for tag in page.find_all(attrs={name: said.keys()}):
            tag[name] = said[tag[name]]


def say_scripts_in_the_language(static: Path, language: str) -> None:
    """Put what the scripts of theme and extensions say in the language of the book."""
    said = words(language)
    for name, texts in SCRIPTS.items():
        if said and (path := static / name).exists():
            script = path.read_text(encoding="utf-8")
            for text in texts:
                script = script.replace(f'"{text}"', json.dumps(said.get(text, text), ensure_ascii=False))
            path.write_text(script, encoding="utf-8")


def words_for_scripts(page: BeautifulSoup, texts: Iterable[str]) -> dict[str, str]:
    """Return ``{text: what it is in the language of a page}``; nothing where the page itself is not translated."""
    said = {} if page.select_one(UNTRANSLATED) else words(_language(page))
    return {text: said[text] for text in texts if text in said}


def name_the_language_of_parts(page: BeautifulSoup) -> None:
    """Say of what is not translated that it is in the original's language: a voice and a hyphenation go by that."""
    language = _language(page)
    if language == ORIGINAL:
        return
    for part in page.select(f"{UNTRANSLATED}, {AS_COMPUTED}"):
        part["lang"] = ORIGINAL
    for part in page.select(TRANSLATED):
        if part.find_parent(attrs={"lang": ORIGINAL}):
            part["lang"] = language


def _language(page: BeautifulSoup) -> str:
    return str(page.html.get("lang", ORIGINAL)) if isinstance(page.html, Tag) else ORIGINAL


MENDS: list[Callable[[BeautifulSoup], None]] = [say_it_in_the_language, name_the_language_of_parts]
