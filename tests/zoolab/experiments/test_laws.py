"""The gauntlet over a hundred laws is the gauntlet, in worlds that draw their click tables."""

import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.experiments import contenders, laws
from zoolib.experiment import stored


def test_every_agent_played_under_a_hundred_laws():
    table = stored(laws.TABLE)
    assert table["kind"].tolist() == [kind for kind in laws.KINDS for _ in range(100)]
    assert all(contenders.named(kind) for kind in laws.KINDS if kind not in contenders.YARDSTICKS)


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize(
    "kind", ["Neural-Linear, replay", "Shared, crossed, window", "Shared, crossed: alpha 1, window 5500"]
)
def test_replications_come_out_again_digit_for_digit(kind):
    table = stored(laws.TABLE)
    kept = table[(table["kind"] == kind) & (table["replication"] == 7)].reset_index(drop=True)
    pd.testing.assert_frame_equal(laws.compute([7], [kind]), kept)


def test_the_law_is_drawn_and_the_shocks_are_those_of_the_gauntlet():
    table = stored(laws.TABLE)
    sim = zoo.ZooplusSimulator(seed=7, click_table="drawn")
    before = sim.click_table.max(-1)
    oracle = table[(table["kind"] == "Oracle") & (table["replication"] == 7)]
    assert oracle["start"].item() == pytest.approx(before[sim.user_persona].mean(), abs=0.02)
    for shock in contenders.STANDARD.values():
        sim.apply_shock(shock)
    after = sim.click_table.max(-1)
    assert oracle["dog-toy craze"].item() == pytest.approx(after[sim.user_persona].mean(), abs=0.02)
