"""The table of columns that were chosen together is what its experiment gives: one thing changed, and complete."""

import pytest
from stored_numbers import compares_stored_numbers

from zoolab.experiments import chosen, regime_runs, regimes
from zoolib.experiment import stored

SEEDS = [7, 61]
POINTS = {(point.dial, point.value): point for point in regimes.POINTS}


def test_each_agent_plays_as_it_was_best_but_for_its_columns():
    table, of = (
        stored(chosen.TABLE),
        stored(regimes.TABLE).query("role == 'tested'").set_index(["dial", "value", "agent"]),
    )
    assert {(one.dial, one.value) for one in table.itertuples()} == set(chosen.KINDS)
    for one in table.itertuples():
        family = one.agent.removesuffix(", chosen")
        old, new = (regimes.read(s) for s in (of.loc[(one.dial, one.value, family), "setting"], one.setting))
        assert {name for name in old if old[name] != new[name]} == {"prep"}
        assert new["prep"].startswith("chosen")
        assert len(one.earned.split()) == len(regimes.SEEDS)
    left_out = {(kind[0], family) for kind in chosen.KINDS for family in chosen.FAMILIES} - {
        (one.dial, one.agent.removesuffix(", chosen")) for one in table.itertuples()
    }
    assert left_out == chosen.TOO_LONG


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize(
    ("dial", "value", "agent"), [("log", 1000, "clusters"), ("quality", 1, "clusters"), ("log", 1000, "network")]
)
def test_worlds_come_out_again_digit_for_digit(dial, value, agent):
    point = POINTS[dial, value]
    again = regime_runs.play(family=agent, setting=chosen.best(point, agent), seeds=SEEDS, **point.world)
    row = stored(chosen.TABLE).set_index(["dial", "agent"]).loc[(dial, f"{agent}, chosen")]
    assert [again[seed] for seed in SEEDS] == [float(row["earned"].split()[seed - row["first"]]) for seed in SEEDS]
