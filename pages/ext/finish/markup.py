"""How the pages are read, searched and written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import soupsieve
from bs4 import BeautifulSoup, Tag
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter
from soupsieve.css_match import CSSMatch
from soupsieve.css_types import Selector

HTML5 = HTMLFormatter(EntitySubstitution.substitute_xml, void_element_close_prefix="")


class Movable(Tag):
    """A tag of a :class:`Page`, which counts how often one was put or taken somewhere."""

    moves = 0

    def insert(self, *args: Any) -> Any:
        """Put something into this tag."""
        Movable.moves += 1
        return super().insert(*args)

    def extract(self, *args: Any, **how: Any) -> Any:
        """Take this tag out of the one that it is in."""
        Movable.moves += 1
        return super().extract(*args, **how)


class Page(Movable, BeautifulSoup):
    """A page that compares a selector with the tags of the right name, class and attributes, and not with all of them.

    The same tags in the same order, many times as fast; with every mend a page is searched for some twenty of them. All
    its tags are listed anew when one has moved.
    """

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, element_classes={Tag: Movable}, **how)
        self._tags, self._moves = [], -1

    def select(self, selector: str) -> list[Tag]:
        """Return all tags that a selector fits."""
        return list(self._fitting(selector))

    def select_one(self, selector: str) -> Tag | None:
        """Return the first tag that a selector fits."""
        return next(self._fitting(selector), None)

    def _fitting(self, selector: str) -> Iterator[Tag]:
        asked = soupsieve.compile(selector)
        fits = CSSMatch(asked.selectors, self, asked.namespaces, asked.flags).match
        ends = [_end(one) for one in asked.selectors]
        if self._moves != Movable.moves:
            self._tags, self._moves = [tag for tag in self.descendants if isinstance(tag, Tag)], Movable.moves
        for tag in self._tags:
            attrs = tag.attrs
            for name, ids, classes, attributes in ends:
                if (
                    (name is None or name == tag.name)
                    and (not ids or attrs.get("id") in ids)
                    and (not classes or all(one in attrs.get("class", ()) for one in classes))
                    and (not attributes or all(one in attrs for one in attributes))
                ):
                    if fits(tag):
                        yield tag
                    break


def _end(selector: Selector) -> tuple[str | None, Any, Any, list[str]]:
    """Return what the end of a selector names: tag (None: any), ids, classes and attributes."""
    name = None if selector.tag is None or selector.tag.name == "*" else selector.tag.name.lower()
    return name, selector.ids, selector.classes, [a.attribute.lower() for a in selector.attributes if not a.inverse]


def read(html: str) -> Page:
    """Return a page of HTML."""
    return Page(html, "html.parser")


def written(page: BeautifulSoup) -> str:
    """Return a page as HTML 5."""
    return page.decode(formatter=HTML5)
