"""Slates of which not all is seen."""

import numpy as np
import pytest

from slates import show_slates
from zoolib import FeatureEngineer, SharedLinUCBAgent, ZooplusSimulator


def crossed(sim):
    return SharedLinUCBAgent(FeatureEngineer(sim, "crossed"), alpha=1.0)


def test_a_slate_of_all_categories_is_as_good_as_any_other_and_one_of_one_is_a_recommendation():
    sim = ZooplusSimulator(seed=[0, 1, 2])
    all_five = show_slates({"agent": crossed(sim)}, sim, 50, places=5)
    assert all_five.expected[0] == pytest.approx(all_five.oracle)
    one = show_slates({"agent": crossed(sim)}, sim, 50, places=1)
    users = np.stack([np.arange(1000)] * 3)
    assert set(np.unique(one.oracle.round(9))) <= set(np.unique(sim.oracle_value(users).round(9)))
    assert (one.expected <= one.oracle + 1e-12).all()


def test_below_a_click_nothing_is_learned_unless_it_is_asked_for():
    sim = ZooplusSimulator(seed=[0, 1, 2, 3])
    seen, all_of_it = crossed(sim), crossed(sim)
    visits = show_slates({"agent": seen}, sim, 200, places=3)
    show_slates({"agent": all_of_it}, sim, 200, places=3, only_seen=False)
    lessons = np.trace(seen.evidence.A, axis1=-2, axis2=-1) - 20  # each lesson is a one-hot
    assert np.trace(all_of_it.evidence.A, axis1=-2, axis2=-1) - 20 == pytest.approx(np.full(4, 600))
    assert ((lessons > 200) & (lessons < 600)).all()
    clicks = seen.evidence.b.sum(-1)
    assert ((clicks > 0) & (clicks <= 200)).all()  # a visit ends with its first click
    assert clicks == pytest.approx(visits.reward[0].sum(-1))


def test_slates_that_cannot_be_are_refused():
    sim = ZooplusSimulator(seed=[0, 1])
    with pytest.raises(ValueError, match="places"):
        show_slates({"agent": crossed(sim)}, sim, 10, places=6)
    with pytest.raises(ValueError, match="batch"):
        show_slates({"agent": crossed(ZooplusSimulator(seed=0))}, ZooplusSimulator(seed=0), 10)
