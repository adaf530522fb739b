"""Which names a cell of a notebook reads, and which it gives to those after it."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator, Mapping, Sequence


def _table(node: ast.AST) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(node), "a cell", "exec")


def outer_names(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that a statement reads and does not make for itself, as a comprehension or a function does."""
    module = table.get_type() == "module"
    yield from (s.get_name() for s in table.get_symbols() if s.is_referenced() and (module or s.is_global()))
    for inner in table.get_children():
        yield from outer_names(inner)


def read_and_given(cell: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names that a cell reads from elsewhere, and those that it gives.

    A statement that gives a name and reads it counts as one that reads what was there before, unless the name counts
    a loop.
    """
    read: set[str] = set()
    given: set[str] = set()
    for statement in cell.body:
        table = _table(statement)
        loops = [node.target for node in ast.walk(statement) if isinstance(node, ast.For)]
        counters = {name.id for target in loops for name in ast.walk(target) if isinstance(name, ast.Name)}
        added = [node.target for node in ast.walk(statement) if isinstance(node, ast.AugAssign)]
        made = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        changed = made & {target.id for target in added if isinstance(target, ast.Name)}
        read |= (set(outer_names(table)) | changed) - given - counters
        given |= made
    return read, given


def _for_later(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the functions in a statement that outlive it; what a call is given is taken to be done with at once."""
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        yield node
    elif not isinstance(node, ast.Call):
        for part in ast.iter_child_nodes(node):
            yield from _for_later(part)


def read_when_called(cell: ast.Module) -> dict[str, set[str]]:
    """Return for each name that a cell gives what functions under it will read whenever they are called."""
    found: dict[str, set[str]] = {}
    for statement in cell.body:
        if functions := list(_for_later(statement)):
            given = {s.get_name() for s in _table(statement).get_symbols() if s.is_assigned()}
            read = {name for function in functions for name in outer_names(_table(function))}
            for name in given:
                found[name] = found.get(name, set()) | read - {name} - set(vars(builtins))
    return found


def bound_again(cells: Mapping[str, ast.Module]) -> list[tuple[str, str, str]]:
    """Return what would go wrong if a cell ran once more after all others: the name, the cell, and what binds it anew.

    A cell reads a name from an earlier cell, itself or by a function of that cell which it calls, and then that name
    stands for something else: because a later cell gives it, too, or because the cell itself does.
    """
    ids = list(cells)
    read, given = zip(*map(read_and_given, cells.values()), strict=True)
    called = [read_when_called(cell) for cell in cells.values()]

    def binders(name: str) -> list[int]:
        return [i for i, names in enumerate(given) if name in names]

    found = []
    for i, reader in enumerate(ids):
        names = read[i] | _by_functions(i, read[i], given, called)
        for name in sorted(names):
            before, after = [k for k in binders(name) if k < i], [k for k in binders(name) if k > i]
            own, itself = name in given[i], name in read[i]
            if own and itself and before:
                found.append((name, reader, reader))
            by_functions_only = own and not itself
            of_two = not own and (len(after) > 1 or hasattr(builtins, name))
            if after and (before or by_functions_only or of_two):
                found.append((name, reader, ids[after[-1]]))
    return found


def _by_functions(
    i: int, read: set[str], given: Sequence[set[str]], called: Sequence[Mapping[str, set[str]]]
) -> set[str]:
    """Return what a cell reads by functions of earlier cells that it names, and by functions that these name."""
    found: set[str] = set()
    new = set(read)
    while new:
        name = new.pop()
        made = max((k for k in range(i) if name in given[k]), default=None)
        more = called[made].get(name, set()) - found - read if made is not None else set()
        found |= more
        new |= more
    return found
