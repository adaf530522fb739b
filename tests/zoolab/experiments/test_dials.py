"""The table of agents of the ablation with more exploration weights."""

import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

from zoolab.experiments import ablation, dials
from zoolib.experiment import stored

BY = ["kind", "alpha", "replication"]


def test_the_table_holds_every_kind_and_alpha_in_a_hundred_worlds():
    runs = [(kind, alpha) for _, kinds, alphas in dials.FAMILIES.values() for kind in kinds for alpha in alphas]
    expected = [(*run, seed) for run in runs for seed in range(100)]
    assert list(stored(dials.TABLE)[BY].itertuples(index=False, name=None)) == expected


def test_who_plays_in_the_ablation_with_the_same_alpha_earns_the_same_there():
    here, there = (stored(module.TABLE).set_index(BY) for module in (dials, ablation))
    both = here.index.intersection(there.index)
    assert len(both) == len((*dials.LINEAR, *dials.NEURAL)) * 2 * 100
    pd.testing.assert_frame_equal(here.loc[both], there.loc[both], check_exact=True)


def test_each_kind_is_best_inside_its_grid():
    for kind, table in stored(dials.TABLE).groupby("kind"):
        earned = table.groupby("alpha")["all"].mean()
        assert earned.idxmax() in earned.index[1:-1], kind


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize(("kind", "alpha"), [("disjoint, window", 0.3), ("frozen", 4.0)])
def test_a_replication_comes_out_again_digit_for_digit(kind, alpha, monkeypatch):
    ((family, (make, *_)),) = [one for one in dials.FAMILIES.items() if kind in one[1][1]]
    monkeypatch.setitem(dials.FAMILIES, family, (make, [kind], [alpha]))
    table = stored(dials.TABLE)
    kept = table[(table[BY] == [kind, alpha, 23]).all(axis=1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(dials.compute([23], [kind]), kept, check_exact=True)
