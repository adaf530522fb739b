"""The two tables of chapter 6 are what their experiments give."""

import numpy as np
import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

from experiments import candidates, groups
from zoolib import ZooplusSimulator
from zoolib.experiment import stored


def test_the_candidates_hold_every_agent_in_a_hundred_worlds():
    table = stored(candidates.TABLE)
    names = [*map(str, candidates.CANDIDATES), "towers", "oracle"]
    expected = [(name, seed) for seed in range(100) for name in names]
    assert list(table[["candidates", "replication"]].itertuples(index=False, name=None)) == expected
    assert table.notna().all(axis=None)


@compares_stored_numbers
def test_replications_of_the_candidates_come_out_again_digit_for_digit():
    seeds = [3, 71]
    table = stored(candidates.TABLE)
    kept = table[table["replication"].isin(seeds)].reset_index(drop=True)
    pd.testing.assert_frame_equal(candidates.compute(seeds, progress=False), kept, check_exact=True)


def test_nobody_earns_more_than_the_oracle_and_halves_make_a_whole():
    table = stored(candidates.TABLE).set_index("replication")
    oracle = table.loc[table["candidates"] == "oracle", "all"]
    assert (table["all"] <= oracle.reindex(table.index) + 1e-9).all()
    np.testing.assert_allclose((table["first half"] + table["second half"]) / 2, table["all"], atol=2e-8)


def test_the_groups_hold_every_grouping_in_a_hundred_worlds():
    table = stored(groups.TABLE)
    expected = [
        (persona, grouping, seed)
        for persona in ("known", "hidden")
        for grouping in groups.GROUPINGS
        for seed in range(100)
    ]
    assert list(table[["persona", "grouping", "replication"]].itertuples(index=False, name=None)) == expected
    assert table.notna().all(axis=None)


@compares_stored_numbers
def test_replications_of_the_groups_come_out_again_digit_for_digit():
    seeds = [5, 88]
    table = stored(groups.TABLE)
    kept = table[table["replication"].isin(seeds)].reset_index(drop=True)
    pd.testing.assert_frame_equal(groups.compute(seeds), kept, check_exact=True)


def test_a_guessed_segment_is_right_as_often_as_it_says_and_each_user_is_a_group():
    sim = ZooplusSimulator(n_users=2000, seed=range(3))
    grouped = groups.groups(sim)
    right = (grouped["guessed segment"] == sim.user_persona).mean()
    assert right == pytest.approx(groups.RIGHT, abs=0.02)
    assert set(np.unique(grouped["guessed segment"])) == {0, 1, 2, 3}
    assert (grouped["user"] == np.arange(2000)).all()
    assert not grouped["shared"].any()
