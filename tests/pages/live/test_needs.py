"""Which cells a page runs before the one that is pressed: all that it needs as they now stand, and no others."""

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest

from pages.cells import as_far_as_read, cells_needed, cells_to_run, names_left, names_of

ROOT = Path(__file__).resolve().parents[3]


NONSENSE = ["x = (", "x = '\ud800'", "\0", "(" * 1000]
LOOP = "for i in range(3):\n    x = i\n    print(i, x)"
CHANGES = ["agent = Agent()", "agent.update(1)", "x = 1", "agent.weights[0] = 2", "n = 0", "n += x", "agent, n"]
NEEDED = {  # cells, and which of them the last one needs
    "only those that make what is used": (["a = 1", "b = 2", "c = a + 1", "c"], [0, 2, 3]),
    "imports come with their use": (["import numpy as np\nimport pandas as pd", "x = 1", "np.zeros(3)"], [0, 2]),
    "what a module is asked does not change it": (["import numpy as np", "a = np.ones(2)", "np.zeros(3)"], [0, 2]),
    "what a loop counts with it makes": (["i, x = 1, 2", LOOP], [1]),
    "what a with opens it makes": (["name = 3", "with open('f') as name:\n    name"], [1]),
    "after a loop its last value is there": (["i, x, f = 1, 2, 3", LOOP, "with g as f:\n    f", "i, x"], [1, 3]),
    "what stands under a condition may have been made before": (["x = 1", "if False:\n    x = 2", "x"], [0, 1, 2]),
    "a name that is perhaps set needs both": (["a = 1", "if True:\n    a = 2", "a"], [0, 1, 2]),
    "what is added up was begun before": (["x = 0", "for i in range(3):\n    x += i", "x"], [0, 1, 2]),
    "who changes a thing is needed": (CHANGES, [0, 1, 2, 3, 4, 5, 6]),
    "a generator that is handed on moves on": (["rng = default_rng(0)", "a = draw(rng)", "b = draw(rng)"], [0, 1, 2]),
    "a number that is handed on stays": (["n = 3", "a = draw(n)", "b = draw(n)"], [0, 2]),
    "what is only looked at is not changed": (["agent = Agent()", "print(agent)", "agent"], [0, 2]),
    "a name that is set anew needs no older cell": (["a = slow()", "a = 1", "a"], [1, 2]),
    "what a function does to its own names is its own": (["f = F()", "def g(f):\n    return f.to('x')", "f"], [0, 2]),
    "who uses a function that draws draws": (
        ["rng = generator(0)", "def draw():\n    return rng.normal()", "a = draw()", "b = draw()"],
        [0, 1, 2, 3],
    ),
    "what cannot be read needs and gives nothing": (["a = 1", "a = (", None, "a"], [0, 3]),
    **{f"{nonsense[:9]!r} is asked nothing": (["x = 1", nonsense, "x"], [0, 2]) for nonsense in NONSENSE},
}


@pytest.mark.parametrize(("cells", "needed"), NEEDED.values(), ids=NEEDED)
def test_a_cell_needs_those_that_make_or_change_what_it_uses_and_no_others(cells, needed):
    assert cells_needed(cells, len(cells) - 1) == needed


def test_what_an_edit_wrote_is_written_anew_when_it_is_undone():
    cells = ["a = 1", "b = 2", "print(a + b)"]
    history = [(0, "a = 1"), (1, "a = 5; b = 2"), (2, "print(a + b)"), (1, "b = 2")]
    assert cells_to_run(cells, 2, history) == [0, 2]


def test_what_failed_has_not_run_as_it_stands_and_may_have_written():
    cells = ["a = 1", "b = a", "b"]
    history = [(0, "a = 1"), (1, "b = a"), (2, "b"), (1, "b = 7\n1 / 0\n# failed")]
    assert cells_to_run(cells, 2, history) == [1, 2]


def test_names_within_functions_and_comprehensions_are_their_own():
    names = names_of("def f(x, y=z):\n    w = x + g\n    return [v for v in w]\nsquares = [i * k for i in range(3)]")
    assert names.reads - {"range"} == {"z", "g", "k"}
    assert names.sets == {"f", "squares"}


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


PLAYED = {  # cells; which are pressed, each with what was changed before; what is run each time
    "nothing runs twice that stands as it ran": (["a = 1", "b = a", "b"], [(2, {}), (2, {})], [[0, 1, 2], [2]]),
    "a changed cell runs again and all that need it": (
        ["a = 1", "z = 5", "b = a", "b + z"], [(3, {}), (3, {0: "a = 2"})], [[0, 1, 2, 3], [0, 2, 3]],
    ),
    "a cell that counts on is begun anew": (
        ["n = 0", "n += 1", "n"], [(2, {}), (1, {}), (2, {})], [[0, 1, 2], [0, 1], [2]],
    ),
    "what a later cell has changed is made anew": (
        ["a = [1]", "a", "a.append(2)"], [(1, {}), (2, {}), (1, {})], [[0, 1], [2], [0, 1]],
    ),
    "a later cell that only reads spoils nothing": (
        ["a = [1]", "a", "len(a)"], [(1, {}), (2, {}), (1, {})], [[0, 1], [2], [1]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "presses", "runs"), PLAYED.values(), ids=PLAYED)
def test_what_runs_at_a_press_depends_on_what_has_run_and_was_changed(cells, presses, runs):
    assert played([*cells], presses) == runs


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
