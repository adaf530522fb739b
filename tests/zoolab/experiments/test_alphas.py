"""The tables of how much exploring is worth are what their experiment gives, and agree with single runs."""

import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.experiments import alphas
from zoolib.experiment import stored

ROW = ["law", "agent", "alpha"]


def table():
    return stored(alphas.DATA / "alphas.csv")


def test_every_alpha_of_every_agent_was_played_under_both_laws():
    assert table().groupby(ROW).size().to_dict() == {
        (law, agent, alpha): 100
        for law in alphas.LAWS
        for agent, grid in {**dict.fromkeys(alphas.AGENTS, alphas.ALPHAS), "Oracle": (0.0,)}.items()
        for alpha in grid
    }
    tuning = stored(alphas.DATA / "alphas_tuning.csv")
    assert len(tuning) == len(alphas.LAWS) * len(alphas.AGENTS) * len(alphas.ALPHAS) == len(tuning.drop_duplicates(ROW))


def test_no_step_of_the_grid_is_wide_and_the_worlds_for_tuning_are_others():
    assert max(b / a for a, b in zip(alphas.ALPHAS, alphas.ALPHAS[1:], strict=False)) < 1.45
    assert not set(alphas.WORLDS) & set(alphas.TUNING_WORLDS)


def test_nobody_earns_more_than_the_oracle_in_the_mean():
    means = table().groupby(["law", "agent", "alpha"])[["before", "after"]].mean()
    for law in alphas.LAWS:
        assert (means.loc[law] <= means.loc[law, "Oracle", 0.0] + 1e-9).all(axis=None)


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize(("law", "agent", "alpha"), [("book", "Shared, crossed", 1.4), ("drawn", "LinUCB", 0.5)])
def test_replications_come_out_again_digit_for_digit(law, agent, alpha):
    all_rows = table()
    kept = all_rows[(all_rows["law"] == law) & (all_rows["replication"] == 7)]
    kept = kept[((kept["agent"] == agent) & (kept["alpha"] == alpha)) | (kept["agent"] == "Oracle")]
    again = alphas.compute([7], [law], [agent], [alpha])
    order = [*ROW, "replication"]
    pd.testing.assert_frame_equal(*(one.sort_values(order).reset_index(drop=True) for one in (again, kept)))


def test_the_curves_are_the_rolling_means_of_the_runs():
    curves = stored(alphas.DATA / "alphas_curves.csv").set_index([*ROW[1:], "what"])
    assert curves.shape == (2 * len(alphas.AGENTS) * len(alphas.ALPHAS), 56)
    kept = table().query("law == 'book' and agent == 'LinUCB' and alpha == 0.5")
    # the windows that end at 500, 1,000, ..., 3,000 are the visits before the boom
    first_half = [str(step) for step in range(500, alphas.SHOCK + 1, 500)]
    assert curves.loc[("LinUCB", 0.5, "mean"), first_half].mean() == pytest.approx(kept["before"].mean(), abs=1e-5)
    assert (curves.xs("half", level="what") > 0).all(axis=None)


def test_a_value_is_that_of_a_single_run():
    (_, row) = alphas.compute([5], ["drawn"], ["Shared, both"], [1.0]).itertuples()
    make = {"one": lambda features, rng: zoo.SharedLinUCBAgent(features.encoded("both"), alpha=1.0)}
    alone = zoo.replicate(make, 5, 6000, {3000: zoo.SHOCK_FISH}, click_table="drawn")
    assert zoo.metrics.value(alone, 3000, 6000)["one"].item() == pytest.approx(row.after, abs=1e-6)
