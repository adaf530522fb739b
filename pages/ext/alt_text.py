"""Every image needs a text for those who cannot see it: a missing one is a warning, and warnings fail the build.

In Markdown: ``![what the picture shows](picture.png)`` or the ``:alt:`` option of a figure. In a notebook:
the cell metadata ``{"mystnb": {"image": {"alt": "what the picture shows"}}}``.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

IMG_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
IMG_ALT = re.compile(r"\balt\s*=\s*(\"[^\"]*\S[^\"]*\"|'[^']*\S[^']*')", re.IGNORECASE)


def warn_of_missing_alt_texts(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Warn of each image of a page, from Markdown, a cell's output or raw HTML, that has no alt text."""
    missing = [(node, node["uri"]) for node in doctree.findall(nodes.image) if not node.get("alt", "").strip()]
    for node in doctree.findall(nodes.raw):
        if "html" in node.get("format", ""):
            missing += [(node, tag) for tag in IMG_TAG.findall(node.astext()) if not IMG_ALT.search(tag)]
    for node, image in missing:
        logger.warning("an image has no alt text: %s", image, location=node, type="alt_text")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the check."""
    app.connect("doctree-resolved", warn_of_missing_alt_texts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
