"""Agents on log-odds keep to what an agent is, and their evidence to its definition: one mode and curvature a click."""

# ruff: noqa: RUF012  the settings of a test class are read, never changed

import numpy as np
import pytest
from scipy.optimize import minimize
from small_agents import AgentConformance

from zoolab.columns import LogisticEvidence
from zoolab.logs import action_probabilities
from zoolab.long.conformance import play
from zoolib import (
    ContextSpace,
    FeatureEngineer,
    InverseGap,
    LogisticUCBAgent,
    SharedLogisticUCBAgent,
    Thompson,
    ZooplusSimulator,
)


class TestSharedLogistic(AgentConformance):
    rewards = "random"
    settings: dict = {}

    @classmethod
    def make(cls, features, rng):
        return SharedLogisticUCBAgent(features, alpha=0.5, **cls.settings)


class TestSharedLogisticDiscounted(TestSharedLogistic):
    settings = {"gamma": 0.98}


class TestLogistic(AgentConformance):
    by_arm, rewards = True, "random"

    @staticmethod
    def make(features, rng):
        return LogisticUCBAgent(features, alpha=0.5)


class TestLogisticDiscounted(AgentConformance):
    by_arm, rewards = True, "random"

    @staticmethod
    def make(features, rng):
        return LogisticUCBAgent(features, alpha=0.5, gamma=0.98)


class TestSharedLogisticThompson(AgentConformance):
    prefers, is_random, rewards = False, True, "random"

    @staticmethod
    def make(features, rng):
        return SharedLogisticUCBAgent(features, alpha=0.5, exploration=Thompson(), rng=rng)


def chance(x, theta):
    return 1 / (1 + np.exp(-x @ theta))


class Literal:
    """The mode of a normal prior times one click's likelihood, in all of theta, and the whole Hessian there."""

    def __init__(self, d, ridge, gamma):
        self.theta, self.A, self.prior, self.gamma = np.zeros(d), ridge * np.eye(d), ridge * np.eye(d), gamma

    def learn(self, x, r):
        A = self.gamma * self.A + (1 - self.gamma) * self.prior
        before = np.linalg.solve(A, self.gamma * self.A @ self.theta)
        theta = before.copy()
        for _ in range(200):  # Newton's steps in d dimensions, halved while they make it worse
            p = chance(x, theta)
            gradient, curvature = A @ (theta - before) + (p - r) * x, A + p * (1 - p) * np.outer(x, x)
            step, size = np.linalg.solve(curvature, gradient), 1.0
            while self.loss(theta - size * step, before, A, x, r) > self.loss(theta, before, A, x, r) and size > 1e-9:
                size /= 2
            theta = theta - size * step
        p = chance(x, theta)
        self.theta, self.A = theta, A + p * (1 - p) * np.outer(x, x)

    def loss(self, theta, before, A, x, r):
        return (theta - before) @ A @ (theta - before) / 2 + np.logaddexp(0, x @ theta) - r * (x @ theta)


@pytest.mark.parametrize("gamma", [1.0, 0.9])
@pytest.mark.parametrize("ridge", [1.0, 0.02])
def test_every_click_moves_mode_and_curvature_as_laplace_says(gamma, ridge):
    rng = np.random.default_rng(0)
    evidence, literal = LogisticEvidence(4, ridge=ridge, gamma=gamma), Literal(4, ridge, gamma)
    truth = rng.normal(size=4)
    for _ in range(60):
        x = rng.normal(size=4)
        r = float(rng.random() < chance(x, truth))
        evidence.add(x, r)
        literal.learn(x, r)
        np.testing.assert_allclose(evidence.theta, literal.theta, atol=1e-8)
        np.testing.assert_allclose(evidence.A, literal.A, atol=1e-8)
    X = rng.normal(size=(5, 4))
    np.testing.assert_allclose(evidence.chance(X), chance(X, literal.theta), atol=1e-9)
    np.testing.assert_allclose(evidence.width(X) ** 2, [x @ np.linalg.solve(literal.A, x) for x in X], atol=1e-8)


def test_arms_and_worlds_have_each_their_own():
    rng = np.random.default_rng(0)
    batch, singles = LogisticEvidence(3, (2, 4)), [LogisticEvidence(3, (4,)) for _ in range(2)]
    for _ in range(50):
        x, arm, r = rng.normal(size=(2, 3)), rng.integers(0, 4, 2), rng.integers(0, 2, 2)
        batch.add(x, r, arm)
        for i, one in enumerate(singles):
            one.add(x[i], int(r[i]), int(arm[i]))
    for i, one in enumerate(singles):
        np.testing.assert_allclose(batch.theta[i], one.theta, atol=1e-12)


def test_a_log_gives_the_mode_of_all_its_clicks():
    rng = np.random.default_rng(0)
    X, truth = rng.normal(size=(200, 3)), np.array([1.0, -2.0, 0.5])
    r = (rng.random(200) < chance(X, truth)) * 1.0
    agent = SharedLogisticUCBAgent(ContextSpace(3, 5), ridge=0.5)
    agent.warm(X, r)

    def loss(theta):
        return (np.logaddexp(0, X @ theta) - r * (X @ theta)).sum() + 0.25 * theta @ theta

    best = minimize(loss, np.zeros(3), tol=1e-12).x
    np.testing.assert_allclose(agent.evidence.theta, best, atol=1e-5)
    p = chance(X, agent.evidence.theta)
    np.testing.assert_allclose(agent.evidence.A, 0.5 * np.eye(3) + X.T @ (X * (p * (1 - p))[:, None]), rtol=1e-6)
    stream = SharedLogisticUCBAgent(ContextSpace(3, 5), ridge=0.5)
    for x, reward in zip(X, r, strict=True):
        stream.learn(x, 0, reward)
    assert np.abs(stream.payoff(X) - agent.payoff(X)).max() < 0.05  # one step a click is close to all at once


def test_optimism_and_sampling_are_on_log_odds_and_payoffs_are_probabilities():
    rng = np.random.default_rng(0)
    agent = SharedLogisticUCBAgent(ContextSpace(4, 3), alpha=2.0)
    drawn = SharedLogisticUCBAgent(ContextSpace(4, 3), alpha=2.0, exploration=Thompson(), rng=0)
    for _ in range(40):
        x, r = rng.normal(size=4), int(rng.integers(2))
        agent.learn(x, 0, r)
        drawn.learn(x, 0, r)
    X, A_inv = rng.normal(size=(3, 4)), agent.evidence.A_inv
    np.testing.assert_allclose(agent.payoff(X), chance(X, agent.evidence.theta))
    widths = np.sqrt([x @ A_inv @ x for x in X])
    np.testing.assert_allclose(agent.score(X), X @ agent.evidence.theta + 2 * widths)
    draws = np.array([drawn.score(X) for _ in range(20_000)])
    np.testing.assert_allclose(draws.mean(0), X @ agent.evidence.theta, atol=5 * 2 * widths.max() / 20_000**0.5)
    np.testing.assert_allclose(np.cov(draws.T), 4 * X @ A_inv @ X.T, rtol=0.1, atol=0.02)


@pytest.mark.parametrize("kind", [SharedLogisticUCBAgent, LogisticUCBAgent])
def test_inverse_gaps_are_those_of_probabilities(kind):
    sim = ZooplusSimulator(n_products=10, n_users=40, seed=5)
    features = FeatureEngineer(sim)
    agent = kind(features, exploration=InverseGap(15.0), rng=0)
    play(agent, sim, 150)
    X, arms = agent.choices(3, sim)
    payoff = agent.payoff(X)
    stated = action_probabilities(agent, 3, sim)[arms]
    others = payoff < payoff.max() - 1e-9
    np.testing.assert_allclose(stated[others], 1 / (len(arms) + 15 * (payoff.max() - payoff[others])))


def test_a_window_is_refused_and_settings_count_when_changed():
    with pytest.raises(TypeError, match="window"):
        SharedLogisticUCBAgent(ContextSpace(3, 2), window=5)
    agent = SharedLogisticUCBAgent(ContextSpace(3, 2))
    agent.learn(np.ones(3), 0, 1)
    A = agent.evidence.A.copy()
    agent.gamma, agent.ridge = 0.9, 2.0
    np.testing.assert_allclose(agent.evidence.A, A + np.eye(3), atol=1e-12)
    assert agent.evidence.gamma == 0.9
