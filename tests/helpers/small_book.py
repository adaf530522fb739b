"""A book of a page or two, built here and now: another process would import all of Sphinx for each."""

import gc
import io
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.console import nocolor
from sphinx.util.docutils import docutils_namespace, patch_docutils


def build(folder: Path) -> tuple[Path, str]:
    """Build the book that lies in ``folder``, and return the directory of its pages and what was warned of."""
    out, warnings = folder / "out", io.StringIO()
    own = {"source_suffix": {".rst": "restructuredtext"}}  # as a dict that extensions may add to
    nocolor()
    with patch_docutils(folder), docutils_namespace():
        Sphinx(folder, folder, out, out / ".doctrees", "html", own, status=None, warning=warnings).build()
    gc.enable()  # finish turns it off, for a process that ends with its build
    return out, warnings.getvalue()
