"""Which cells a page runs before the one that is pressed: all that it needs as they now stand, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest

from pages.cells import as_far_as_read, cells_needed, cells_to_run, names_left, names_of

ROOT = Path(__file__).resolve().parents[3]


def test_only_those_that_make_what_is_used():
    assert cells_needed(["a = 1", "b = 2", "c = a + 1", "c"], 3) == [0, 2, 3]


def test_imports_come_with_their_use():
    assert cells_needed(["import numpy as np\nimport pandas as pd", "x = 1", "np.zeros(3)"], 2) == [0, 2]


def test_what_a_loop_counts_with_is_made_by_it_and_asked_of_nobody():
    cells = [
        "i, x, name = 1, 2, 3",
        "for i in range(3):\n    x = i\n    print(i, x)",
        "with open('f') as name:\n    name",
        "i, x",
    ]
    assert cells_needed(cells, 1) == [1]
    assert cells_needed(cells, 2) == [2]
    assert cells_needed(cells, 3) == [1, 3]


def test_what_stands_under_a_condition_may_have_been_made_before():
    assert cells_needed(["x = 1", "if False:\n    x = 2", "x"], 2) == [0, 1, 2]
    assert cells_needed(["x = 0", "for i in range(3):\n    x += i", "x"], 2) == [0, 1, 2]


def test_what_an_edit_wrote_is_written_anew_when_it_is_undone():
    cells = ["a = 1", "b = 2", "print(a + b)"]
    history = [(0, "a = 1"), (1, "a = 5; b = 2"), (2, "print(a + b)"), (1, "b = 2")]
    assert cells_to_run(cells, 2, history) == [0, 2]


def test_what_failed_has_not_run_as_it_stands_and_may_have_written():
    cells = ["a = 1", "b = a", "b"]
    history = [(0, "a = 1"), (1, "b = a"), (2, "b"), (1, "b = 7\n1 / 0\n# failed")]
    assert cells_to_run(cells, 2, history) == [1, 2]


@pytest.mark.parametrize("nonsense", ["x = (", "x = '\ud800'", "\0", "(" * 1000])
def test_a_cell_that_cannot_be_read_is_asked_nothing(nonsense):
    assert cells_needed(["x = 1", nonsense, "x"], 2) == [0, 2]


def test_what_a_module_is_asked_does_not_change_it():
    assert cells_needed(["import numpy as np", "a = np.ones(2)", "np.zeros(3)"], 2) == [0, 2]


def test_who_changes_a_thing_is_needed():
    cells = [
        "agent = Agent()",
        "agent.update(1)",
        "x = 1",
        "agent.weights[0] = 2",
        "total = 0",
        "total += x",
        "agent, total",
    ]
    assert cells_needed(cells, 6) == [0, 1, 2, 3, 4, 5, 6]


def test_a_generator_that_is_handed_on_moves_on():
    cells = ["rng = np.random.default_rng(0)", "first = draw(rng)", "second = draw(rng)"]
    assert cells_needed(cells, 2) == [0, 1, 2]
    assert cells_needed(["n = 3", "first = draw(n)", "second = draw(n)"], 2) == [0, 2]


def test_what_is_only_looked_at_is_not_changed():
    assert cells_needed(["agent = Agent()", "print(agent)", "agent"], 2) == [0, 2]


def test_a_name_that_is_set_anew_needs_no_older_cell():
    assert cells_needed(["a = slow()", "a = 1", "a"], 2) == [1, 2]


def test_a_name_that_is_perhaps_set_needs_both():
    assert cells_needed(["a = 1", "if True:\n    a = 2", "a"], 2) == [0, 1, 2]


def test_names_within_functions_and_comprehensions_are_their_own():
    names = names_of("def f(x, y=z):\n    w = x + g\n    return [v for v in w]\nsquares = [i * k for i in range(3)]")
    assert names.reads - {"range"} == {"z", "g", "k"}
    assert names.sets == {"f", "squares"}


def test_what_a_function_does_to_its_own_names_is_its_own():
    cells = ["features = Features()", "def linucb(features):\n    return features.encoded('x')", "features"]
    assert cells_needed(cells, 2) == [0, 2]


def test_who_uses_a_function_that_draws_draws():
    cells = ["rng = generator(0)", "def draw():\n    return rng.normal()", "first = draw()", "second = draw()"]
    assert cells_needed(cells, 3) == [0, 1, 2, 3]


def test_what_cannot_be_read_needs_and_gives_nothing():
    assert cells_needed(["a = 1", "a = (", None, "a"], 3) == [0, 3]


def test_who_needs_what_can_no_longer_be_read_does_not_find_what_it_made_before():
    stored, history = ["a = 1", "b = 2", "a + b"], [(0, "a = 1"), (1, "b = 2"), (2, "a + b")]
    cells = ["a = (", None, "a + b"]
    assert cells_to_run(as_far_as_read(cells, stored, 2), 2, history) == [0, 2]
    assert as_far_as_read(cells, stored, 0) == cells


def test_names_that_no_cell_makes_any_more_are_left():
    history = [(0, "a = 1\nfor len in range(3):\n    b.append(len)"), (1, "def f():\n    return 1"), (0, "a = 1")]
    assert names_left(["a = 2", "def f():\n    return 2", None], history) == {"len", "b"}


def played(cells, presses):
    """Press cells one after the other, each with the sources as they stand then; return what was run each time."""
    history, runs = [], []
    for wanted, changes in presses:
        for place, code in changes.items():
            cells[place] = code
        runs.append(cells_to_run(cells, wanted, history))
        history += [(place, cells[place]) for place in runs[-1]]
    return runs


def test_nothing_runs_twice_that_stands_as_it_ran():
    assert played(["a = 1", "b = a", "b"], [(2, {}), (2, {})]) == [[0, 1, 2], [2]]


def test_a_changed_cell_runs_again_and_all_that_need_it():
    assert played(["a = 1", "z = 5", "b = a", "b + z"], [(3, {}), (3, {0: "a = 2"})]) == [[0, 1, 2, 3], [0, 2, 3]]


def test_a_cell_that_counts_on_is_begun_anew():
    """Pressed twice it would count double."""
    assert played(["n = 0", "n += 1", "n"], [(2, {}), (1, {}), (2, {})]) == [[0, 1, 2], [0, 1], [2]]


def test_what_a_later_cell_has_changed_is_made_anew():
    assert played(["a = [1]", "a", "a.append(2)"], [(1, {}), (2, {}), (1, {})]) == [[0, 1], [2], [0, 1]]


def test_a_later_cell_that_only_reads_spoils_nothing():
    assert played(["a = [1]", "a", "len(a)"], [(1, {}), (2, {}), (1, {})]) == [[0, 1], [2], [1]]


@pytest.mark.parametrize("seed", range(200))
def test_any_order_of_presses_shows_what_the_whole_page_would_show(seed):
    """Random pages of assignments, additions and appends, pressed at random: as if all had run from top to bottom."""
    rng = np.random.default_rng(seed)
    names = "abc"
    kinds = ["{} = {k}", "{} = {o} + {k}", "{} += {k}", "{} = [{k}, {o}]", "l.append({o})", "l = [{k}]", "{o}, l"]
    cells = [f"{name} = 0" for name in names] + ["l = []"]
    for _ in range(9):
        cells.append(
            str(rng.choice(kinds)).format(rng.choice(list(names)), o=rng.choice(list(names)), k=rng.integers(9))
        )
    cells = [code.replace("+= ", "= 1 * ") if "[" in code else code for code in cells]
    cells = [
        code if " + " not in code and "+=" not in code else f"try:\n    {code}\nexcept TypeError:\n    pass"
        for code in cells
    ]
    world, history = {}, []
    for _ in range(12):
        if rng.random() < 0.3:
            changed = int(rng.integers(3))
            cells[changed] = f"{names[changed]} = {rng.integers(9)}"
        wanted = int(rng.integers(4, len(cells)))
        for place in cells_to_run(cells, wanted, history):
            exec(cells[place], world)
            history.append((place, cells[place]))
        whole = {}
        for code in cells[: wanted + 1]:
            try:
                exec(code, whole)
            except NameError:
                break
        else:
            used = names_of(cells[wanted])
            for name in (used.reads | used.sets | used.changes) & {*names, "l"}:
                assert world.get(name) == whole.get(name), (cells, wanted, name)


@pytest.mark.parametrize("chapter", sorted((ROOT / "chapters").glob("0[0-578]*.ipynb")), ids=lambda path: path.stem)
def test_a_cell_of_the_book_needs_few_others(chapter):
    cells = [cell.source for cell in nbformat.read(chapter, as_version=4).cells if cell.cell_type == "code"]
    many = [len(cells_needed(cells, place)) for place in range(len(cells))]
    assert np.mean(many) < 16, json.dumps(many)
