"""What a chapter shows with ``source(...)`` is what its cells run."""

import ast
import builtins
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

import book_checks as book
import pytest


def shown(nb) -> list[tuple[int, str]]:
    """Return what the cells of a notebook show: the number of the cell, and the expression."""
    found = []
    for number, cell in enumerate(book.code_cells(nb)):
        for node in ast.walk(ast.parse(re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "source":
                found += [(number, ast.unparse(one)) for one in node.args]
    return found


SHOWING = [path for path in book.NOTEBOOKS if shown(book.read(path))]


def functions(one: object) -> Iterator[FunctionType]:
    """Yield a function itself, of a class those that it defines."""
    if isinstance(one, FunctionType):
        yield one
    for inner in vars(one).values() if isinstance(one, type) else ():
        inner = getattr(inner, "fget", getattr(inner, "__func__", inner))
        yield from [inner] if isinstance(inner, FunctionType) else ()


def watch(one: FunctionType, name: str, entered: set[str]) -> None:
    """Note when a function is first entered, and give it its own code back."""
    own: CodeType = one.__code__
    key = f"_entered_{len(vars(builtins))}"

    def note(*args, **kwargs):
        one.__code__ = own
        entered.add(name)
        return one(*args, **kwargs)

    setattr(builtins, key, note)
    code = compile(f"def noting(*args, **kwargs): return {key}(*args, **kwargs)", own.co_filename, "exec")
    noting = code.co_consts[0]
    one.__code__ = noting.replace(co_firstlineno=own.co_firstlineno, co_freevars=own.co_freevars, co_name=own.co_name)


def never_entered_by(path: Path) -> list[str]:
    """Run the cells of a notebook until all that it shows has been entered; return what never was."""
    from IPython.core.interactiveshell import InteractiveShell

    nb, entered, names = book.read(path), set(), {}
    wanted, shell = {name for _, name in shown(nb)}, InteractiveShell.instance()
    for cell in book.code_cells(nb):  # what is shown is imported, so we can watch it before the first cell runs
        for node in ast.parse(re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE)).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                exec(ast.unparse(node), names)
    for name in wanted:
        for function in functions(eval(name, names)):
            watch(function, name, entered)
    for cell in book.code_cells(nb):
        shell.run_cell(cell.source, silent=True).raise_error()
        if wanted <= entered:
            break
    return sorted(wanted - entered)


@pytest.mark.slow
@pytest.mark.parametrize("path", SHOWING, ids=lambda path: path.stem)
def test_a_chapter_enters_what_it_shows(path):
    code = f"import pathlib, test_shown_is_run as t; print(':', *t.never_entered_by(pathlib.Path({str(path)!r})))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "MPLBACKEND": "agg", "BOOK_DRAWINGS": "0"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split()[1:] == []
