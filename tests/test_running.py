"""How the checks are run: numbers on an edge are noticed, kernels compared, and the end says what happened."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import changed
import kernels
import machine
import nbformat
import near_boundaries
import numpy as np
import pandas as pd
import pytest
from built_book import ROOT
from nbformat.v4 import new_code_cell, new_notebook

from zoolib.experiment.metrics import Interval, mean_interval
from zoolib.ties import printed

# ---- numbers on an edge ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [-1e-15, 0.0, 1e-15])
@pytest.mark.parametrize(("x", "spec", "text"), [
    (0.1435, ".3f", "0.144"), (-0.1435, ".3f", "-0.144"), (0.12345, ".2%", "12.35%"), (2311.5, ",.0f", "2,312"),
    (0.0, ".3f", "0.000"), (1.45, ".2g", "1.5"), (float("inf"), ".1f", "inf"), (float("nan"), ".1f", "nan"),
])  # fmt: skip
def test_a_number_on_an_edge_is_printed_alike_whatever_its_last_digit(x, spec, text, shift):
    assert printed(x * (1 + shift), spec) == text


def test_a_number_that_is_on_no_edge_is_printed_as_always():
    for x in np.random.default_rng(0).normal(size=1000):
        assert printed(x, ".3f") == f"{x:.3f}"


def test_an_interval_whose_ends_stand_on_edges_is_printed_alike_in_whatever_order_its_values_were_summed():
    values = np.array([0.0, 1, 0, 0, 1, 1, 0, 1]) / 8
    texts = {f"{mean_interval(np.random.default_rng(i).permutation(values)):.4f}" for i in range(20)}
    assert texts == {"0.0625 [0.0066, 0.1184]"}
    assert f"{Interval(0.0625 - 1e-17, 0.5, 1, 8):.3f}" == f"{Interval(0.0625 + 1e-17, 0.5, 1, 8):.3f}"


@pytest.mark.parametrize(("code", "found"), [
    ("f'{x:.3f}'", [("0.1435", 3)]),
    ("f'{x:.2f} {x + 1e-3:.3f}'", [("0.1445", 3)]),
    ("f'{x / 100:.3%}'", [("0.001435", 3)]),
    ("f'{1e6 * x + .5:,.0f}'", [("143500.5", 0)]),
    ("'{:.3f}'.format(x)", [("0.1435", 3)]),
    ("list(map('{:.3f} of {}'.format, [x, .1], [2, 3]))", [("0.1435", 3)]),
    ("'{a:.3f}'.format(a=x)", [("0.1435", 3)]),
    ("round(x, 3)", [("0.1435", 3)]),
    ("pd.Series([x, .2]).round(3)", [("0.1435", 3)]),
    ("np.array([[x], [x + 1e-6]]).round(decimals=3)", []),
    ("f'{x!r} {x:.{3}f} {3:.1f}'", []),
    ("f'{x + 1e-9:.3f}'", []),
    ("f'{0.0:.3f} {float(\"nan\"):.3f}'", []),
])  # fmt: skip
def test_a_cell_that_prints_a_number_on_an_edge_is_noticed_and_prints_what_it_did(code, found):
    noted = []
    look = near_boundaries.Look(lambda x, digits: noted.append((f"{x:.9g}", digits)))
    names = {"x": 0.1435, "np": np, "pd": pd, "__look__": look}
    tree = ast.fix_missing_locations(near_boundaries.Looking().visit(ast.parse(code, mode="eval")))
    assert str(eval(compile(tree, "cell", "eval"), names)) == str(eval(code, names))
    assert noted == found


# ---- kernels -----------------------------------------------------------------------------------------------


def test_the_kernels_of_others_are_others():
    found = kernels.kernels()
    assert len({kernels.architecture(name) for name in [None, *found]}) == len(found) + 1
    assert kernels.kernels(1) == found[:1]
    assert list(kernels.variants(1)) == found[:1]
    assert [name for name in kernels.WITHOUT_NUMBERS if not (ROOT / "tests" / name).exists()] == []


@pytest.mark.slow
def test_what_does_not_come_out_again_under_a_kernel_is_named(tmp_path):
    test = tmp_path / "test_kernel.py"
    test.write_text(
        "import os\n\ndef test_it(): assert os.environ['OPENBLAS_CORETYPE'] != 'Prescott'\n\ndef test_that(): pass\n"
    )
    failed = kernels.run({"OPENBLAS_CORETYPE": "Prescott"}, [str(test)], tmp_path / "one.xml")
    assert [name.split(": ")[1] for name in failed] == ["test_it"]
    assert "ended with" in kernels.run({}, [str(tmp_path / "test_nothing.py")], tmp_path / "none")[0]


@pytest.mark.slow
def test_under_the_kernels_of_others_a_table_is_played_again_in_one_case():
    environment = kernels.variants(1)[kernels.kernels(1)[0]]
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "tests/experiments/test_alphas.py"]
    own, other = (
        subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True).stdout.splitlines()
        for env in ({}, environment)
    )
    cases = [line for line in own if "digit_for_digit[" in line]
    assert len(cases) > 1
    assert [line for line in other if "::" in line] == [line for line in own if "::" in line and line not in cases[1:]]


# ---- what has changed, and the end -------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "tests"), [
    ("zoolib/agents/base.py", "tests/agents"), ("zoolab/serving/stores/codec.py", "tests/production"),
    ("zoolib/ties.py", "tests/ground"), ("chapters/guide.ipynb", "chapters/guide.ipynb"),
    ("tests/world/test_segments.py", "tests/world/test_segments.py"), ("shop/world.py", "tests/shop"),
    ("README.md", None), ("chapters/figures/svg.py", "tests/chapters/test_figures.py"),
])  # fmt: skip
def test_what_has_changed_is_tested_where_it_is_tested(name, tests):
    assert changed.tests_of(name) == tests
    assert (ROOT / name).exists()


def test_the_longest_files_are_known_and_there():
    seconds = json.loads((ROOT / "tests" / "seconds.json").read_text(encoding="utf-8"))
    assert [name for name in seconds if not (ROOT / name).exists()] == []
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "chapters").glob("0*.ipynb")} <= set(seconds)


def test_who_waits_for_the_book_is_handed_out_last(pytestconfig):
    running = pytestconfig.pluginmanager.get_plugin(str(ROOT / "conftest.py"))
    seconds = {"tests/site/long.py": 9, "tests/site/short.py": 3, "chapters/a.ipynb": 6, "tests/slow.py": 2}
    wanted = ["tests/site/long.py", "chapters/a.ipynb", "tests/slow.py", "tests/new.py", "tests/site/short.py"]
    assert running.handed_out({*seconds, "tests/new.py"}, seconds) == wanted


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").glob("*.ipynb")), ids=lambda path: path.name)
def test_every_notebook_says_on_what_it_was_stored(path):
    assert machine.stored_on(path).startswith("Python 3.11, NumPy ")


def said_of(folder: Path, code: str, *options: str) -> str:
    """Return what pytest says of a small book whose tests are ``code``."""
    (folder / "tests" / "helpers").mkdir(parents=True)
    shutil.copy(ROOT / "conftest.py", folder)
    shutil.copy(ROOT / "tests" / "helpers" / "machine.py", folder / "tests" / "helpers")
    (folder / "tests" / "seconds.json").write_text("{}")
    (folder / "tests" / "test_some.py").write_text(f"import pytest\n\n{code}\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "BOOK"))}
    command = [sys.executable, "-m", "pytest", *options, "--rootdir", ".", "."]
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_at_the_end_stands_what_ran_what_did_not_and_what_to_do_about_a_number(tmp_path: Path):
    (tmp_path / "chapters").mkdir()
    cell = new_code_cell("print(0.144)", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="0.143\n")]
    notebook = new_notebook(cells=[cell], metadata={"stored_on": "a machine of brass"})
    nbformat.write(notebook, tmp_path / "chapters" / "some.ipynb")
    code = "def test_fine(): pass\n\ndef test_wanting(): pytest.skip('no Redis; install it')"
    said = said_of(tmp_path, code, "-q", "-n", "2", "--nbval", "--nbval-current-env")
    assert re.search(r"2 checks ran in \d\.\d minutes on " + re.escape(machine.here()), said)
    assert "1 of the notebooks" in said
    assert "Not run: 1, no Redis; install it." in said
    assert "chapters/some.ipynb::Cell 0 does not come out as stored" in said
    assert "stored on a machine of brass" in said
    assert "make -C zoolab kernels" in said
    assert said.splitlines()[-1].startswith("1 failed, 1 passed, 1 skipped")
    assert "make test ALL=1" not in said


CASES = """
@pytest.mark.many
@pytest.mark.parametrize("x", [1, 2, 3])
def test_pages(x): pass

@pytest.mark.parametrize("x", [1, 2])
def test_rows_come_out_again_digit_for_digit(x): pass

@pytest.mark.parametrize("x", [1, 2])
def test_numbers(x): pass

@pytest.mark.slow
def test_a_long_run(): pass
"""


FIRST_OF_MANY = ["pages[1]", "rows_come_out_again_digit_for_digit[1]", "numbers[1]", "numbers[2]"]
FURTHER = ["pages[2]", "pages[3]", "rows_come_out_again_digit_for_digit[2]", "a_long_run"]


@pytest.mark.parametrize(("options", "more"), [(["-m", "not slow"], []), ([], FURTHER)], ids=["quick", "all"])
def test_of_what_takes_long_together_one_case_is_looked_at_and_all_where_that_is_asked_for(tmp_path, options, more):
    said = said_of(tmp_path, CASES, "-v", *options)
    assert sorted(re.findall(r"::test_(\S+) PASSED", said)) == sorted(FIRST_OF_MANY + more)
    assert ("make test ALL=1 runs all" in said) == (not more)


SLOW_ALTOGETHER = {"tests/production/test_histories.py", "tests/site/test_lighthouse.py"}


@pytest.mark.slow
def test_make_test_looks_at_something_of_every_file(request):
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    left_out = {"slow", "alone"}
    here = [one for one in request.session.items if left_out.isdisjoint(mark.name for mark in one.iter_markers())]
    looked_at = {one.nodeid.partition("::")[0] for one in here}
    if files - looked_at != SLOW_ALTOGETHER:  # this is a run of a part
        command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "tests", "-m", "not slow and not alone"]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
        looked_at = {line.partition("::")[0] for line in said.splitlines()}
    assert files - looked_at == SLOW_ALTOGETHER
