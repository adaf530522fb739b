"""A linear model that expects a reward of the unknown: the same as one whose rewards begin there."""

import numpy as np
import pytest

import zoolib as zoo
from zoolab.experiments.expecting import ExpectingLinUCB


def test_it_is_ridge_regression_towards_what_is_expected():
    rng = np.random.default_rng(0)
    agent = ExpectingLinUCB(zoo.ContextSpace(3, 2), alpha=0.0, ridge=2.0, expects=0.7)
    X, r = rng.normal(size=(20, 3)), rng.random(20)
    for x, reward in zip(X, r, strict=True):
        agent.learn(x, 1, reward)
    theta = np.linalg.solve(2 * np.eye(3) + X.T @ X, X.T @ (r - 0.7))
    np.testing.assert_allclose(agent.evidence.theta[1], theta)
    np.testing.assert_array_equal(agent.evidence.theta[0], 0)


@pytest.mark.parametrize(("expects", "shown"), [(0.0, 0), (0.9, 1)])
def test_who_expects_much_leaves_an_arm_that_earned_less(expects, shown):
    agent = ExpectingLinUCB(zoo.ContextSpace(1, 2), alpha=0.0, expects=expects)
    agent.learn(np.ones(1), 0, 0.5)
    assert agent.select(np.ones((2, 1))) == shown


def test_who_expects_nothing_is_linucb():
    rng = np.random.default_rng(1)
    both = [make(zoo.ContextSpace(2, 3), alpha=0.3) for make in (ExpectingLinUCB, zoo.LinUCBAgent)]
    for _ in range(30):
        X, r = rng.normal(size=(3, 2)), rng.random()
        one, other = (agent.select(X) for agent in both)
        assert one == other
        for agent in both:
            agent.learn(X[one], one, r)
