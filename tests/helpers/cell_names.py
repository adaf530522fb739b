"""Which cells of a notebook would speak of something else if they ran once more after all others."""

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence

from zoolab.experiments.names import outer_names, read_and_given, statement_table


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
            given = {s.get_name() for s in statement_table(statement).get_symbols() if s.is_assigned()}
            read = {name for function in functions for name in outer_names(statement_table(function))}
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
