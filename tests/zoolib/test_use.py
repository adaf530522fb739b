"""Use: what stands in zoolib is reached by the story, what stands in a room of zoolab by a page or by what defends it.

Names are followed as they stand in the code: from the cells of notebooks, through imports and attributes of modules and
packages, into the definitions that they name, and on from there.
"""

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import book_checks as book
import pytest

ROOT = book.ROOT
STORY = [path for path in book.CHAPTERS if path.name[:2] in ("00", "01", "02", "03", "04", "05", "07")]
ROOMS = sorted(path.name for path in (ROOT / "zoolab").iterdir() if (path / "__init__.py").exists())
NOT_BY_USE = {"benchmarks", "experiments", "literal"}  # who runs them asks for them by name
DEFENDERS = ["judges/*.py", "serving/shop/*.py", "long/conformance.py"]

Place = tuple[str, str]  # a module, and a name in it; "" is the module itself


@functools.cache
def file_of(module: str) -> Path | None:
    """Return where a module of ours is written; those beside the chapters are imported by their own names."""
    for top in (ROOT, ROOT / "chapters"):
        path = top.joinpath(*module.split("."))
        for found in (path / "__init__.py", path.with_suffix(".py")):
            if found.is_file() and (top != ROOT or module.split(".")[0] in ("zoolib", "zoolab")):
                return found
    return None


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@functools.cache
def defined_in(module: str) -> dict[str, ast.stmt]:
    """Return what a module defines at its top: classes, functions, and values by their names."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(file_of(module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in getattr(node, "targets", None) or [node.target]:
                found |= {leaf.id: node for leaf in ast.walk(target) if isinstance(leaf, ast.Name)}
    return found


def imported(tree: ast.AST) -> dict[str, Place]:
    """Return what the imports in code, wherever they stand, bind to names."""
    found: dict[str, Place] = {}
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.Import) else ():
            top = alias.name.split(".")[0]
            found[alias.asname or top] = (alias.name if alias.asname else top, "")
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    return found


@functools.cache
def names_in(module: str) -> dict[str, Place]:
    return imported(ast.parse(file_of(module).read_text(encoding="utf-8")))


@functools.cache
def resolved(module: str, name: str) -> Place | None:
    """Return where a name of a module is defined, through what packages hand on, now or when it is first used."""
    if file_of(module) is None or not name:
        return (module, "") if file_of(module) else None
    if name in defined_in(module):
        return module, name
    if file_of(f"{module}.{name}"):
        return f"{module}.{name}", ""
    if name in names_in(module):
        return resolved(*names_in(module)[name])
    if file_of(module).name == "__init__.py":  # handed on when it is first used
        for path in sorted(file_of(module).parent.rglob("*.py")):
            if (inner := module_of(path)) != module and path.name != "__init__.py":
                if path.stem == name:
                    return inner, ""
                if name in defined_in(inner) and not name.startswith("_"):
                    return inner, name
    return None


def named(node: ast.AST, names: dict[str, Place], home: str | None) -> Iterator[Place]:
    """Yield the places that code names, ``zoo.metrics.ctr`` as well as ``ctr``."""

    def place(node: ast.AST) -> Place | None:
        if isinstance(node, ast.Name):
            if node.id in names:
                return resolved(*names[node.id])
            return (home, node.id) if home and node.id in defined_in(home) else None
        if isinstance(node, ast.Attribute) and (before := place(node.value)) and not before[1]:
            return resolved(before[0], node.attr)
        return None

    yield from filter(None, map(place, ast.walk(node)))
    for part in ast.walk(node):
        if isinstance(part, ast.Import | ast.ImportFrom):
            yield from filter(None, (resolved(*found) for found in imported(part).values()))


def reached_from(places: Iterable[Place]) -> set[Place]:
    """Return all that definitions name, and what these name, and so on."""
    found, todo = set(), list(places)
    while todo:
        if (one := todo.pop()) in found:
            continue
        found.add(one)
        module, name = one
        if name:
            todo += named(defined_in(module)[name], names_in(module), module)
    return found


def told_by(notebooks: Iterable[Path], *, solutions: bool) -> set[Place]:
    """Return what the code cells of notebooks reach; to import a name and not to use it reaches nothing."""
    found = set[Place]()
    for path in notebooks:
        nb = book.read(path)
        left_out = set() if solutions else {cell.id for cell in book.in_solutions(nb)}
        code = "\n".join(cell.source for cell in book.code_cells(nb) if cell.id not in left_out)
        tree = ast.parse(re.sub(r"^[%!].*", "", code, flags=re.MULTILINE))
        names = imported(tree)
        tree.body = [one for one in tree.body if not isinstance(one, ast.Import | ast.ImportFrom)]
        found |= set(named(tree, names, None))
    return reached_from(found)


def public(module: str) -> set[Place]:
    kinds = (ast.ClassDef, ast.FunctionDef)
    return {(module, name) for name, node in defined_in(module).items() if isinstance(node, kinds) and name[0] != "_"}


def test_every_definition_of_zoolib_is_reached_by_the_story():
    reached = told_by(STORY, solutions=False)
    here = {place for path in (ROOT / "zoolib").rglob("*.py") for place in public(module_of(path))}
    assert sorted(".".join(place) for place in here - reached) == []


def tables(path: Path) -> set[str]:
    return set(re.findall(r"\w+\.csv", path.read_text(encoding="utf-8")))


@functools.cache
def reached_by_pages_and_defenders() -> frozenset[str]:
    """Return the modules that notebooks reach, or experiments whose tables they read, or what defends the story."""
    read = set[str]().union(*map(tables, book.NOTEBOOKS))
    makers = [path for path in (ROOT / "zoolab" / "experiments").glob("*.py") if read & tables(path)]
    makers += [path for pattern in DEFENDERS for path in (ROOT / "zoolab").glob(pattern)]
    seeds = {(module_of(path), name) for path in makers for name in defined_in(module_of(path))}
    found = told_by(book.NOTEBOOKS, solutions=True) | reached_from(seeds)
    return frozenset(module for module, _ in found)


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in NOT_BY_USE])
def test_every_module_of_a_room_is_reached_by_a_page_or_by_what_defends_it(room):
    files = [path for path in (ROOT / "zoolab" / room).rglob("*.py") if path.name not in ("__init__.py", "__main__.py")]
    assert sorted({module_of(path) for path in files} - reached_by_pages_and_defenders()) == []
