"""Label the works of the bibliography as the text cites them, by author and year: [Li et al., 2010]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.richtext import HRef
from pybtex.style.formatting.unsrt import Style as UnsrtStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.template import Node, field, node
from sphinx.application import Sphinx


def author_and_year(entry: Entry) -> str:
    """Return the author, both authors or the first of several, and the year."""
    people = [
        " ".join(map(str, person.rich_prelast_names + person.rich_last_names)) for person in entry.persons["author"]
    ]
    names = " and ".join(people) if len(people) <= 2 else f"{people[0]} et al."
    return f"{names}, {entry.fields['year']}"


class AuthorYearLabels(BaseLabelStyle):
    """Author and year, with a, b, c where both are the same."""

    def format_labels(self, sorted_entries: list[Entry]) -> Iterator[str]:
        """Yield one label for each entry, in order."""
        labels = [author_and_year(entry) for entry in sorted_entries]
        totals, seen = Counter(labels), Counter()
        for label in labels:
            seen[label] += 1
            yield label if totals[label] == 1 else label + chr(ord("a") - 1 + seen[label])


@node
def host(children: list, data: dict[str, Any]) -> HRef:
    """Return a link to a work's address, of which the reader sees where it leads."""
    address = str(field("url", raw=True).format_data(data))
    return HRef(address, urlsplit(address).netloc)


class BookStyle(UnsrtStyle):
    """Works in the order of author and year, labelled so."""

    default_sorting_style = "author_year_title"
    default_label_style = "author_year"

    def format_url(self, entry: Entry) -> Node:
        """Return the link of a work that has neither a DOI nor a number of arXiv's."""
        return host


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the style under the name "book"."""
    register_plugin("pybtex.style.labels", "author_year", AuthorYearLabels)
    register_plugin("pybtex.style.formatting", "book", BookStyle)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
