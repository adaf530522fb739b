"""Ways from a page to its repository and to a machine that runs it, where the repository's address is known.

The variable BOOK_REPOSITORY names the address, as ``https://github.com/owner/name``, and BOOK_BRANCH the branch, "main"
if it is not set. Then each page offers its source and a way to report a mistake, and each chapter Binder and Colab.
Without the address no page has a link of this kind, so none leads nowhere. BOOK_CONTACT names an address to write to,
for questions and for what the code of conduct speaks of; the page "Ask and report" says either, or that it knows none.

Binder runs the notebooks as they are: it reads the directory ``.binder``. Colab opens a notebook alone, without
the rest of the repository; for it ``python pages/ext/launch.py`` puts a cell before each that fetches the rest, and CI
keeps these notebooks on a branch of their own, "colab".
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a notebook is prepared for Colab with nothing installed
    from sphinx.application import Sphinx
    from sphinx.config import Config

ADDRESS = re.compile(r"https://[\w.-]+(?::\d+)?/[\w./-]+?[^/]")
COLAB_BRANCH = "colab"
FETCH = """# Google Colab opens a notebook alone: this fetches the rest of the book. Anywhere else it does nothing.
import os
import sys

if "google.colab" in sys.modules and not os.path.isdir("/content/book"):
    !git clone --quiet --depth 1 --branch {branch} {address} /content/book
    !cd /content/book && pip install --quiet '.[production]' && python -m zoolab.logs
    os.chdir("/content/book/chapters")"""


def repository() -> tuple[str, str] | None:
    """Return the repository's address and branch, or None if it is not known.

    Raises
    ------
    ConfigError
        If BOOK_REPOSITORY is set and is no address.
    """
    address = os.environ.get("BOOK_REPOSITORY", "").strip().removesuffix("/").removesuffix(".git")
    if not address:
        return None
    if not ADDRESS.fullmatch(address):
        from sphinx.errors import ConfigError

        raise ConfigError(f"BOOK_REPOSITORY must be an address like https://github.com/owner/name, got {address!r}")
    return address, os.environ.get("BOOK_BRANCH", "").strip() or "main"


def where_to_ask() -> str:
    """Return what the page "Ask and report" says of how to reach those who host the book."""
    known, contact = repository(), os.environ.get("BOOK_CONTACT", "").strip()
    ways = [f"in the [reports and questions of the repository]({known[0]}/issues)"] if known else []
    ways += [f"by a message to [{contact}]({contact if '://' in contact else f'mailto:{contact}'})"] if contact else []
    if ways:
        return f"Ask and report {' or '.join(ways)}."
    return (
        "This copy of the book does not say who hosts it. Whoever does names a repository and an address "
        "by the variables `BOOK_REPOSITORY` and `BOOK_CONTACT` when it is built. Till then, ask whoever gave it to you."
    )


def offer(app: Sphinx, config: Config) -> None:
    """Set the options of the theme that make its buttons, and say where to ask."""
    if "myst_substitutions" in config:
        config.myst_substitutions = {**config.myst_substitutions, "where_to_ask": where_to_ask()}
    known = repository()
    if known is None:
        return
    address, branch = known
    launch = {"notebook_interface": "jupyterlab", "binderhub_url": "https://mybinder.org"}
    if address.startswith("https://github.com/"):
        launch["colab_url"] = "https://colab.research.google.com"
    config.html_theme_options |= {
        "repository_url": address,
        "repository_branch": branch,
        "path_to_docs": "",
        "use_repository_button": True,
        "use_issues_button": True,
        "use_edit_page_button": True,
        "launch_buttons": launch,
    }


def to_the_notebooks_for_colab(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Lead Colab to the branch whose notebooks fetch the rest of the book, and call a report of a mistake so."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                button["url"] = re.sub(r"/blob/[^/]+/", f"/blob/{COLAB_BRANCH}/", button["url"], count=1)
            if "/issues/new" in button.get("url", ""):
                button["text"] = "Report a mistake"


def with_the_rest(notebook: dict[str, Any], address: str, branch: str) -> dict[str, Any]:
    """Return a notebook with a cell before all others that fetches the rest of the book on Colab."""
    cell = {
        "cell_type": "code",
        "id": "fetch-the-book",
        "metadata": {"cellView": "form", "tags": ["remove-cell"]},
        "execution_count": None,
        "outputs": [],
        "source": FETCH.format(address=address, branch=branch),
    }
    return {**notebook, "cells": [cell, *notebook["cells"]]}


def prepare(folder: Path) -> list[Path]:
    """Put the cell before every notebook of a folder that has not got it; return those that were changed."""
    known = repository()
    if known is None:
        raise LookupError("BOOK_REPOSITORY must name the address that Colab is to fetch the book from")
    changed = []
    for path in sorted(folder.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if notebook["cells"][0].get("id") != "fetch-the-book":
            text = json.dumps(with_the_rest(notebook, *known), indent=1, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")
            changed.append(path)
    return changed


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what happens when the configuration is read, and when a page has its buttons."""
    app.connect("config-inited", offer)
    app.connect("html-page-context", to_the_notebooks_for_colab, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    print(*prepare(Path(sys.argv[1])), sep="\n")
