"""How the pages are written."""

from __future__ import annotations

from bs4 import BeautifulSoup
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter

HTML5 = HTMLFormatter(EntitySubstitution.substitute_xml, void_element_close_prefix="")


def written(page: BeautifulSoup) -> str:
    """Return a page as HTML 5."""
    return page.decode(formatter=HTML5)
