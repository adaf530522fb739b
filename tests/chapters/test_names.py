"""A cell that is run once more, after all others, speaks of what it spoke of: no later cell has taken its names."""

import ast

import book_checks as book
import pytest
from cell_names import bound_again

from zoolab.experiments.replicate import code_of


def trees(path):
    cells = ((cell.id, code_of(cell)) for cell in book.read(path).cells)
    return {name: tree for name, tree in cells if tree is not None}


def found_in(*sources):
    """What is found in cells that are called a, b, c, ..."""
    return bound_again({name: ast.parse(source) for name, source in zip("abcd", sources, strict=False)})


@pytest.mark.parametrize("path", book.NOTEBOOKS, ids=lambda path: path.name)
def test_no_name_that_a_cell_reads_is_bound_again(path):
    assert [
        f"{path.stem}: {name}, which {reader} reads, is bound again by {binder}"
        for name, reader, binder in bound_again(trees(path))
    ] == []


@pytest.mark.parametrize(
    ("sources", "faults"),
    [
        (("rates = {'a': 0.5}", "print(rates['a'])", "rates = [1, 2]"), [("rates", "b", "c")]),
        (("rate = 0.5", "print(f'{rate}')", "for rate in (1, 2):\n    print(rate)"), [("rate", "b", "c")]),
        (("n = 1", "print([n for _ in 'ab'])", "import numpy as n"), [("n", "b", "c")]),
        (("n = 1", "n = n + 1"), [("n", "b", "b")]),
        (("n = 1", "n += 1"), [("n", "b", "b")]),
        (("n = 1\ndef f():\n    return n", "print(f())", "n = 2"), [("n", "b", "c")]),
        (("n = 1\nf = lambda: n", "g = lambda: f()", "print(g())", "n = 2"), [("n", "b", "d"), ("n", "c", "d")]),
        (("def f():\n    return n", "n = 1", "print(f())", "n = 2"), [("n", "a", "d"), ("n", "c", "d")]),
        (("print(max(1, 2))", "max = 2"), [("max", "a", "b")]),
    ],
)
def test_a_name_that_is_bound_again_is_found(sources, faults):
    assert found_in(*sources) == faults


@pytest.mark.parametrize(
    "sources",
    [
        ("rates = {'a': 0.5}", "print(rates)", "again = [1, 2]"),
        ("n = 1\nprint(n)", "n = 2\nprint(n)"),
        ("n = 1", "print(n)", "def f(n):\n    k = n\n    return k\nprint([n for n in 'ab'])"),
        ("k = 1", "print(k)", "def f():\n    k = 0\n    k += 1\n    return k"),
        ("def f():\n    return n", "n = 1", "print(f())"),
        ("for i in (1, 2):\n    print(i)", "for i in (1, 2):\n    print(i)"),
    ],
)
def test_a_name_that_nobody_else_has_read_can_be_had_again(sources):
    assert found_in(*sources) == []
