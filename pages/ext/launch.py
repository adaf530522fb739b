"""Ways from a page to its repository and to a machine that runs it, where the repository's address is known.

``_config.yml`` has it (``repository``), or BOOK_REPOSITORY and BOOK_BRANCH give it to one build. Without it no page has
a link of this kind, so none leads nowhere. ``book_contact``, or BOOK_CONTACT, is an address to write to; the page
"Ask and report" says either, or that it knows none. Binder reads ``.binder``; for Colab see ``pages/colab.py``.
"""

from __future__ import annotations

import os
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

ADDRESS = re.compile(r"https://[\w.-]+(?::\d+)?/[\w./-]+?[^/]")
NOBODY = (
    "This copy of the book does not say who hosts it. Whoever does names a repository and an address "
    "by the variables `BOOK_REPOSITORY` and `BOOK_CONTACT` when it is built. Till then, ask whoever gave it to you."
)


def offer(app: Sphinx, config: Config) -> None:
    """Say where to ask, and let the theme make its buttons where the address is known."""
    options = config.html_theme_options
    address = os.environ.get("BOOK_REPOSITORY", "").strip() or options.get("repository_url", "")
    address = address.removesuffix("/").removesuffix(".git")
    contact = os.environ.get("BOOK_CONTACT", "").strip() or config.book_contact
    ways = [f"in the [reports and questions of the repository]({address}/issues)"] if address else []
    ways += [f"by a message to [{contact}]({contact if '://' in contact else f'mailto:{contact}'})"] if contact else []
    said = f"Ask and report {' or '.join(ways)}." if ways else NOBODY
    if "myst_substitutions" in config:
        config.myst_substitutions = {**config.myst_substitutions, "where_to_ask": said}
    if not address:
        options.pop("launch_buttons", None)
        return
    if not ADDRESS.fullmatch(address):
        raise ConfigError(f"the repository must be an address like https://github.com/owner/name, got {address!r}")
    branch = os.environ.get("BOOK_BRANCH", "").strip() or options.get("repository_branch", "main")
    options |= {"repository_url": address, "repository_branch": branch}
    options |= dict.fromkeys(["use_repository_button", "use_issues_button", "use_edit_page_button"], True)
    if not address.startswith("https://github.com/"):
        options.get("launch_buttons", {}).pop("colab_url", None)


def lead_to_the_branch_for_colab(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Lead Colab to the branch whose notebooks fetch the rest of the book, and call a report of a mistake so."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                button["url"] = re.sub(r"/blob/[^/]+/", "/blob/colab/", button["url"], count=1)
            if "/issues/new" in button.get("url", ""):
                button["text"] = "Report a mistake"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what happens when the configuration is read, and when a page has its buttons."""
    app.add_config_value("book_contact", "", "env")
    app.connect("config-inited", offer)
    app.connect("html-page-context", lead_to_the_branch_for_colab, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
