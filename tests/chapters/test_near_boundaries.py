"""A number that stands on an edge of its last digit is noticed, and kernels of other processors are other kernels."""

import ast

import kernels
import near_boundaries
import numpy as np
import pandas as pd
import pytest
from built_book import ROOT


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


def test_the_kernels_of_others_are_others():
    found = kernels.kernels()
    assert len({kernels.architecture(name) for name in [None, *found]}) == len(found) + 1
    assert kernels.kernels(1) == found[:1]
    assert list(kernels.variants(1)) == found[:1]
    assert [name for name in kernels.WITHOUT_NUMBERS if not list((ROOT / "tests").glob(f"{name}*"))] == []
