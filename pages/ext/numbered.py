"""Read a page once for the references to its figures and tables by number, and not once for each of them."""

from __future__ import annotations

import functools
from typing import Any

from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.environment import BuildEnvironment


class Reader:
    """An environment whose pages are only read: the last few need not be loaded again."""

    def __init__(self, env: BuildEnvironment) -> None:
        self.env, self.get_doctree = env, functools.lru_cache(maxsize=3)(env.get_doctree)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.env, name)


class Numbered(StandardDomain):
    """Sphinx's own domain, which loads a page for each number that it looks up there; chapters are large."""

    @functools.cached_property
    def reader(self) -> Reader:
        """The environment, when all pages have been read and references are resolved."""
        return Reader(self.env)

    def _resolve_numref_xref(self, env: BuildEnvironment, *asked: Any) -> Any:
        return super()._resolve_numref_xref(self.reader, *asked)


def setup(app: Sphinx) -> dict[str, bool]:
    """Put it in the place of Sphinx's own."""
    app.add_domain(Numbered, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
