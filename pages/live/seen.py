"""Which chapters have been seen to show in the engine what is stored, and on what that rests.

WebAssembly without threads computes the same everywhere: the same engine, the same cells and the same files give the
same output on every machine. ``seen.json`` keeps for each chapter the files of the book that were opened while its
cells ran and showed what is stored, and a digest of all that the output rests on: the engine, these files, the cells
and what is stored. As long as the digest is the same the chapter need not run again; ``tests/pages/live`` runs one of
those all the same, and all with ``BOOK_LIVE=all``. :mod:`pages.live.measure` writes the list.
"""

import ast
import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pages.live.build import book_entries
from pages.live.cells import as_compared
from pages.live.engine_files import PROFILE, WHEEL

HERE = Path(__file__).parent
LIST = HERE / "seen.json"
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
RUN_BY = ("engine.mjs", "run.mjs", "prepare.mjs", "engine_files.py", "strip.py")


@functools.cache
def _files() -> dict[str, bytes]:
    return {f"/book/{path}": content for path, content, _ in book_entries({})}


@functools.cache
def _engine() -> bytes:
    parts = [WHEEL[2].encode(), *(path.read_bytes() for path in sorted(PROFILE.iterdir()))]
    return b"".join(parts + [(HERE / name).read_bytes() for name in RUN_BY])


@functools.cache  # most chapters open the same files
def _content(name: str, content: bytes) -> str:
    """Return what counts of a file: of Python what it does, without comments, docstrings and layout."""
    if name.endswith(".py"):
        tree = ast.parse(content)
        for node in ast.walk(tree):
            if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
        content = ast.dump(tree).encode()
    return hashlib.sha256(content).hexdigest()


def digest(
    cells: Iterable[Any], opened: Iterable[str], files: Mapping[str, bytes] | None = None, engine: bytes | None = None
) -> str:
    """Return a digest of the engine, of the files that were opened, and of cells with what is stored of them."""
    known = _files() if files is None else files
    whole = hashlib.sha256(_engine() if engine is None else engine)
    for name in sorted(opened):
        whole.update(json.dumps([name, _content(name, known.get(name, b""))]).encode())
    for cell in cells:
        whole.update(json.dumps([cell.id, cell.source, as_compared(cell.outputs)], sort_keys=True).encode())
    return whole.hexdigest()[:24]


def kept() -> dict[str, dict[str, Any]]:
    """Return the list: for each chapter its ``digest``, which cells are ``off``, and what was ``opened``."""
    return json.loads(LIST.read_text(encoding="utf-8")) if LIST.exists() else {}


def keep(chapter: str, cells: Iterable[Any], opened: Iterable[str], off: Iterable[str] = ()) -> None:
    """Write down that a chapter showed what is stored, but for the cells that are ``off``."""
    names = sorted(name for name in opened if name in _files())
    rows = {**kept(), chapter: {"digest": digest(cells, names), "off": [*off], "opened": names}}
    lines = [f"{json.dumps(name)}: {json.dumps(rows[name])}" for name in sorted(rows)]
    LIST.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def is_known(chapter: str, cells: Iterable[Any]) -> bool:
    """Whether a chapter has been seen to show what is stored, with the engine, files and cells as they are now."""
    row = kept().get(chapter)
    return row is not None and row["digest"] == digest(cells, row["opened"])


def again(chapters: Iterable[str]) -> str | None:
    """Return which of some chapters runs although it is known: another one whenever any of them has changed."""
    names, rows = sorted(chapters), kept()
    if not names:
        return None
    of_all = hashlib.sha256("".join(rows[name]["digest"] for name in names).encode()).digest()
    return names[int.from_bytes(of_all[:8], "big") % len(names)]
