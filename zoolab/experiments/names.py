"""Which names a cell of a notebook reads, and which it gives to those after it."""

import ast
import symtable
from collections.abc import Iterator


def statement_table(node: ast.AST) -> symtable.SymbolTable:
    """Return what Python knows of the names in one statement."""
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
        table = statement_table(statement)
        loops = [node.target for node in ast.walk(statement) if isinstance(node, ast.For)]
        counters = {name.id for target in loops for name in ast.walk(target) if isinstance(name, ast.Name)}
        added = [node.target for node in ast.walk(statement) if isinstance(node, ast.AugAssign)]
        made = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        changed = made & {target.id for target in added if isinstance(target, ast.Name)}
        read |= (set(outer_names(table)) | changed) - given - counters
        given |= made
    return read, given
