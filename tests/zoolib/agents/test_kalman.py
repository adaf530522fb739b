"""The network of a Kalman filter keeps to what an agent is, and with all weights it is the dense filter."""

# ruff: noqa: RUF012  the settings of a test class are read, never changed

import numpy as np
import pytest
from small_agents import AgentConformance

from zoolib import ArmThompson, ContextSpace, KalmanNetworkAgent
from zoolib.evidence import LowRankFilter


class TestKalman(AgentConformance):
    settings: dict = {"rank": 8, "drift": 1e-4}

    @classmethod
    def make(cls, features, rng):
        return KalmanNetworkAgent(features, hidden_dim=5, rng=rng, **cls.settings)


class TestKalmanInFull(TestKalman):
    n_steps = 120
    settings = {"rank": None, "drift": 0.0}


class TestKalmanThompson(TestKalman):
    prefers, is_random = False, True
    settings = {"rank": 8, "exploration": ArmThompson()}


class Dense:
    """The extended Kalman filter of a network d -> h -> 1 as textbooks have it, all p weights in one vector."""

    def __init__(self, weights, d, h, covariance, noise, drift):
        self.w, self.d, self.h, self.S, self.noise, self.drift = weights.copy(), d, h, covariance, noise, drift

    def f(self, w, x):
        W = w[: self.d * self.h].reshape(self.d, self.h)
        b, (v, c) = w[self.d * self.h : (self.d + 1) * self.h], (w[(self.d + 1) * self.h : -1], w[-1])
        return np.maximum(x @ W + b, 0) @ v + c

    def gradient(self, x, step=1e-6):
        e = step * np.eye(len(self.w))
        return np.array([(self.f(self.w + one, x) - self.f(self.w - one, x)) / (2 * step) for one in e])

    def learn(self, x, reward, rank=None):
        S, g = self.S + self.drift * np.eye(len(self.w)), self.gradient(x)
        gain = S @ g / (g @ S @ g + self.noise)
        self.w = self.w + gain * (reward - self.f(self.w, x))
        left = np.eye(len(g)) - np.outer(gain, g)
        self.S = left @ S @ left.T + self.noise * np.outer(gain, gain)  # Joseph's form
        if rank is not None:
            values, vectors = np.linalg.eigh(self.S)
            keep = vectors[:, -rank:]
            self.S = (keep * values[-rank:]) @ keep.T


@pytest.mark.parametrize("drift", [0.0, 0.01])
@pytest.mark.parametrize("rank", [None, 4])
def test_it_is_the_dense_filter_of_which_the_largest_directions_are_kept(rank, drift):
    rng = np.random.default_rng(0)
    agent = KalmanNetworkAgent(
        ContextSpace(3, 4), hidden_dim=4, rank=rank, drift=drift, noise=0.3, prior=0.7, rng=0, alpha=0.5
    )
    U = agent.filter.U
    literal = Dense(agent.network.flat, 3, 4, 0.7 * U.T @ U, 0.3, drift)
    for _ in range(40):
        X = rng.normal(size=(4, 3))
        np.testing.assert_allclose(agent.payoff(X), [literal.f(literal.w, x) for x in X], atol=1e-8)
        G, S = np.array([literal.gradient(x) for x in X]), literal.S + drift * np.eye(21)
        np.testing.assert_allclose(agent.uncertainty(X), np.sqrt([g @ S @ g for g in G]), atol=1e-7)
        row, reward = agent.select(X), rng.normal()
        agent.learn(X[row], row, reward)
        literal.learn(X[row], reward, rank)
        np.testing.assert_allclose(agent.network.flat, literal.w, atol=1e-8)
        np.testing.assert_allclose((agent.filter.U.T * agent.filter.v) @ agent.filter.U, literal.S, atol=1e-8)


def test_with_a_linear_model_it_is_ridge_regression():
    rng = np.random.default_rng(0)
    covariance, w = LowRankFilter(4, 4, rngs=[rng], prior=0.5, noise=2.0), np.zeros(4)
    A, b = np.eye(4) / 0.5, np.zeros(4)
    for _ in range(50):
        x, r = rng.normal(size=4), rng.normal()
        w += covariance.add(x, r - w @ x)
        A, b = A + np.outer(x, x) / 2.0, b + r * x / 2.0
    np.testing.assert_allclose(w, np.linalg.solve(A, b), atol=1e-10)
    np.testing.assert_allclose(covariance.width(np.eye(4)) ** 2, np.linalg.inv(A).diagonal(), atol=1e-10)


def test_its_directions_stay_orthonormal_and_drift_keeps_it_awake():
    rng = np.random.default_rng(0)
    quiet, awake = (KalmanNetworkAgent(ContextSpace(3, 4), hidden_dim=6, rank=5, drift=q, rng=0) for q in (0.0, 0.01))
    for _ in range(2000):
        x, r = rng.normal(size=3), float(rng.integers(2))
        quiet.learn(x, 0, r)
        awake.learn(x, 0, r)
    X = rng.normal(size=(20, 3))
    for agent in (quiet, awake):
        np.testing.assert_allclose(agent.filter.U @ agent.filter.U.T, np.eye(5), atol=1e-10)
    assert quiet.uncertainty(X).max() < 0.5 * awake.uncertainty(X).min()


@pytest.mark.parametrize("drift", [0.1, 3.0])
def test_its_directions_stay_orthonormal_where_gradients_repeat(drift):
    G = np.array([[2.0, 0, 0], [1, 2, 0], [0, 0, 1]])
    order = {"two": [0, 1], "none": [2], "three": [0, 1, 2]}  # and gradients of no length
    alone = [LowRankFilter(3, 2, rngs=[np.random.default_rng(i)], drift=drift) for i in range(3)]
    together = LowRankFilter(3, 2, (3,), rngs=[np.random.default_rng(i) for i in range(3)], drift=drift)
    S = alone[0].U.T @ alone[0].U
    for t in range(1001):
        g = np.array([G[which[t % len(which)]] * (name != "none") for name, which in order.items()])
        together.add(g, np.zeros(3))
        for one, its in zip(alone, g, strict=True):
            one.add(its, 0.0)
        S = S + drift * np.eye(3)
        S -= np.outer(S @ g[0], S @ g[0]) / (g[0] @ S @ g[0] + 0.25)
        values, vectors = np.linalg.eigh(S)
        S = (vectors[:, 1:] * values[1:]) @ vectors[:, 1:].T
    np.testing.assert_allclose(alone[0].width(G), np.sqrt(np.vecdot(G @ (S + drift * np.eye(3)), G)), rtol=1e-6)
    for one, U, v in zip(alone, together.U, together.v, strict=True):
        np.testing.assert_allclose(one.U @ one.U.T, np.eye(2), atol=1e-12)
        np.testing.assert_allclose(U @ U.T, np.eye(2), atol=1e-12)
        np.testing.assert_allclose(v, one.v, rtol=1e-9)


@pytest.mark.parametrize(("settings", "message"), [
    ({"rank": 22}, "rank"), ({"rank": 0}, "rank"), ({"noise": 0.0}, "noise"), ({"drift": -1.0}, "drift"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(settings, message):
    with pytest.raises(ValueError, match=message):
        KalmanNetworkAgent(ContextSpace(3, 4), **{"hidden_dim": 4} | settings, rng=0)


def test_noise_and_drift_count_when_changed():
    agent = KalmanNetworkAgent(ContextSpace(3, 4), hidden_dim=4, rank=5, rng=0)
    agent.noise, agent.drift = 1.0, 0.1
    assert (agent.filter.noise, agent.filter.drift) == (1.0, 0.1)
    with pytest.raises(AttributeError, match="rank stays as"):
        agent.rank = 6
