"""Which code runs: that of zoolib and of modules of the reader's own, as it was when it was imported.

Comments, docstrings and layout do not count. A file may be another by the time somebody asks for its code: so it is
noted here when a module is imported, and the code of a file that was written to since then is ``CHANGED``.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import os
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

# What shows numbers or keeps them, but does not make them: a change here makes no result out of date.
NOT_IN_NUMBERS = ("book/", "experiment/cache.py", "experiment/progress.py", "persistence.py", "saving.py", "sources.py")
PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "torch")  # whose versions may move a number of zoolib's
CHANGED = "changed since it was imported"
PROCESS = os.urandom(16).hex()  # one that was forked off holds the same code
BEGAN = time.time()

_imported: dict[str, float] = {}
_known: dict[str, tuple[Any, str, set[str]]] = {}


class _Watch:
    """A finder that finds nothing, and notes when a module was looked for: to import it, or to load it again."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        _imported[name] = time.time()


sys.meta_path.insert(0, _Watch)  # type: ignore[arg-type]


@functools.cache
def zoolib_code() -> str:
    """Return a hash of the code of zoolib that makes numbers, and of the versions of what it rests on."""
    from importlib import metadata

    root, said = Path(__file__).parent, []
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(NOT_IN_NUMBERS):
            said.append(name + _code(ast.parse(path.read_bytes())))
            if _changed(f"zoolib.{name[:-3].replace('/', '.')}".removesuffix(".__init__"), path):
                return CHANGED
    there = [name for name in PACKAGES if importlib.util.find_spec({"scikit-learn": "sklearn"}.get(name, name))]
    return _digest("".join(said + [name + metadata.version(name) for name in there]))


def codes(names: Iterable[str]) -> dict[str, str]:
    """Return hashes of zoolib, of modules by their names, and of all of the reader's own that these import.

    The reader's own are those that lie neither among installed packages nor in Python's library. What a module imports
    stands in its statements, also inside functions.
    """
    found, todo = {"zoolib": zoolib_code()}, {name for name in names if name.partition(".")[0] != "zoolib"}
    while todo:
        name = todo.pop()
        found[name], imports = _looked_up(name)
        todo |= imports - found.keys()
    return found


def loaded() -> dict[str, str]:
    """Return the hashes of all that this process has imported of the reader's own, and of zoolib."""
    return codes(filter(_is_own, list(sys.modules)))


def unlike(theirs: dict[str, str]) -> list[str]:
    """Return the names of modules whose code is another here than where somebody else has them ``loaded``."""
    mine = codes(filter(_is_own, theirs)) if theirs else {}
    return [name for name, code in theirs.items() if mine.get(name, code) != code or code == CHANGED]


def _looked_up(name: str) -> tuple[str, set[str]]:
    """Return a hash of a module and what it imports of the reader's own, as they were when it was first looked up."""
    spec = _spec(name)
    if spec is None:
        raise TypeError(f"{name} cannot be part of a key: nothing says where its code lies")
    if not spec.has_location:  # a part of Python itself
        return "", set()
    if name not in _known or _known[name][0] is not spec:
        code, imports = CHANGED, set[str]()
        with suppress(OSError):  # a file that is gone
            data = spec.loader.get_data(spec.origin)
            try:
                tree = ast.parse(data)
                imports = {one for one in (*_imports(tree, spec.parent), name.rpartition(".")[0]) if _is_own(one)}
                code = _code(tree)
            except (SyntaxError, ValueError, ImportError):  # no source, but what a compiler made of it
                code = _digest(data)
        _known[name] = (spec, CHANGED if _changed(name, spec.origin) else code, imports)
    return _known[name][1:]


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            within = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from (within, *(f"{within}.{alias.name}" for alias in node.names))


def _spec(name: str) -> Any:
    """Return where a module comes from, or None; nothing is imported for it."""
    if name in sys.modules:
        return getattr(sys.modules[name], "__spec__", None)
    if package := name.rpartition(".")[0]:
        within = getattr(_spec(package), "submodule_search_locations", None)
        return within and PathFinder.find_spec(name, within)
    with suppress(ImportError, ValueError):
        return importlib.util.find_spec(name)
    return None


def _is_own(name: str) -> bool:
    if name.partition(".")[0] in ("zoolib", "__main__"):
        return False
    spec = _spec(name)
    return getattr(spec, "has_location", False) and not _installed(spec.origin)


@functools.cache
def _installed(origin: str) -> bool:
    path = Path(origin)
    return bool({"site-packages", "dist-packages"} & {*path.parts}) or path.is_relative_to(sysconfig.get_path("stdlib"))


def _changed(name: str, origin: str | os.PathLike[str]) -> bool:
    """Whether the file of a module has been written to since; a time that is still to come says nothing."""
    if name not in sys.modules or not os.path.isfile(origin):  # a member of an archive
        return False
    found = os.stat(origin)
    return any(_imported.get(name, BEGAN) < at <= time.time() for at in (found.st_mtime, found.st_ctime))


def _code(tree: ast.Module) -> str:
    """Return a hash of a module's code without its docstrings; the tree holds no comments and no layout."""
    _bare(tree)
    return _digest(ast.dump(tree))


def _bare(node: Any) -> None:
    for inner in node.body:
        if isinstance(inner, (ast.ClassDef, ast.FunctionDef)):
            _bare(inner)
    if ast.get_docstring(node, clean=False) is not None:
        del node.body[0]


def _digest(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
