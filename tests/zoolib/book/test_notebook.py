"""What a chapter shows of the package is the code that runs, less what only a caller in error needs."""

import numpy as np
import pytest

import zoolib as zoo
from zoolib.book import source


def test_docstrings_and_mere_refusals_are_left_out_and_nothing_else():
    shown = source(zoo.OracleAgent.predict).data.splitlines()
    assert shown[1:-1] == [
        "def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:",
        "    return sim.best_arm(user_id)",
    ]
    assert "x = checks.finite(" in source(zoo.Agent.checked).data  # what is used further on stays


def test_an_agent_that_does_not_say_how_it_learns_is_told_so():
    class Mute(zoo.Agent):
        def predict(self, user_id, sim):
            return 0

    with pytest.raises(NotImplementedError, match="Mute must say how it learns"):
        Mute(zoo.ContextSpace(d=2, n_arms=3)).learn(np.ones(2), 0, 1)


def test_one_that_has_predict_and_update_needs_no_more():
    class Deaf(zoo.Agent):
        def predict(self, user_id, sim):
            return 0

        def update(self, user_id, chosen_arm, reward, sim):
            pass

    shop = zoo.ZooplusSimulator(n_products=5, seed=0)
    assert zoo.run({"deaf": Deaf(zoo.FeatureEngineer(shop))}, shop, 20).arm.max() == 0
