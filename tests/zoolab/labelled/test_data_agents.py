"""The agents that classification asks for keep to what an agent is, and to their literal versions (chapter 10)."""

import copy

import numpy as np
import pytest
from small_agents import AgentConformance, held

from zoolab.labelled import copies
from zoolab.long.conformance import same
from zoolab.rivals import ArmHeadsAgent, ArmHeadsTSAgent, DiagonalNeuralUCBAgent, LinTSAgent, NeuralTSAgent
from zoolib import (
    ContextSpace,
    EndToEnd,
    LinUCBAgent,
    NeuralUCBAgent,
    Online,
    Replay,
    SharedLinUCBAgent,
)
from zoolib.evidence import DiagonalEvidence

REHEARSAL = Replay(capacity=120, batch_size=8, every=10, n_batches=2)
DRAWING = {"prefers": False, "is_random": True}


def small(kind, **settings):
    return lambda features, rng: kind(features, hidden_dim=6, **settings, rng=rng)


TestLinTS = held(lambda f, rng: LinTSAgent(f, alpha=0.3, rng=rng), **DRAWING, by_arm=True)
TestLinTSOnAWindow = held(lambda f, rng: LinTSAgent(f, alpha=0.3, window=100, rng=rng), **DRAWING, by_arm=True)
TestDiagonalNeuralUCB = held(small(DiagonalNeuralUCBAgent, lr=0.02, training=REHEARSAL))
TestDiagonalNeuralUCBOnTheLatestClick = held(small(DiagonalNeuralUCBAgent, lr=0.05))
TestNeuralTS = held(small(NeuralTSAgent, lr=0.02, training=REHEARSAL), **DRAWING)


class TestArmHeads(AgentConformance):
    """Without a shop."""

    by_arm = True
    agent = ArmHeadsAgent

    @classmethod
    def made(cls, seed):
        pytest.skip("knows bare contexts only")

    @classmethod
    def make(cls, features, rng):
        small = {"d_emb": 3, "hidden_dim": 5, "every": 10, "n_batches": 2, "batch_size": 8, "capacity": 60}
        return cls.agent(features, alpha=0.3, rng=rng, **small)

    @pytest.mark.parametrize("batch_shape", [(), (2,)], ids=["one", "batch"])
    def test_a_copy_goes_on_alike(self, batch_shape):
        agent = self.bare(batch_shape)
        play_alone(agent, np.random.default_rng(3), 35)
        twin = copy.deepcopy(agent)
        chosen, its = (play_alone(one, np.random.default_rng(4), 50) for one in (agent, twin))
        assert (chosen == its).all()
        assert same(agent, twin)

    def test_problem_i_of_a_batch_is_the_problem_alone(self):
        together = play_alone(self.bare((3,)), np.random.default_rng(3), 60)
        for i in range(3):
            agent = self.make(ContextSpace(4, 6), self.rngs(3)[i])
            assert (play_alone(agent, np.random.default_rng(3), 60, take=(i, 3)) == together[:, i]).all()

    def rngs(self, n):
        from zoolib.randomness import spawn

        return [spawn(i, "agent") for i in range(n)]

    def test_it_has_no_place_in_the_shop(self):
        with pytest.raises(TypeError, match="ContextSpace"):
            self.make("the shop", 0)


class TestArmHeadsThompson(TestArmHeads):
    prefers, is_random = False, True
    agent = ArmHeadsTSAgent


def play_alone(agent, rng, n_steps, take=None):
    """Let it choose and learn on drawn contexts; ``take``, (i, n): of n problems, see the i-th only."""
    n = take[1] if take else (agent.batch_shape or (1,))[0]
    chosen = []
    for _ in range(n_steps):
        X, rewards = rng.normal(size=(n, 6, 4)), rng.integers(0, 2, (n, 6))
        if not agent.batch_shape:
            i = take[0] if take else 0
            X, rewards = X[i], rewards[i]
        arm = agent.select(X)
        at = np.arange(n) if agent.batch_shape else ...
        x, reward = (X[at, arm], rewards[at, arm]) if agent.batch_shape else (X[arm], int(rewards[arm]))
        agent.learn(x, arm, reward)
        chosen.append(arm)
    return np.array(chosen)


# ---- NeuralUCB with a diagonal ---------------------------------------------------------------------------------------


def test_the_width_without_gradients_is_the_width_of_the_gradients():
    agent = DiagonalNeuralUCBAgent(ContextSpace(7, 5, (2,)), hidden_dim=6, alpha=0.5, lr=0.05, ridge=0.3, rng=[1, 2])
    rng = np.random.default_rng(0)
    for _ in range(60):
        X = rng.normal(size=(2, 5, 7))
        literal = np.sqrt((agent.network.gradients(X) ** 2 / agent.evidence.A[:, None, :]).sum(-1))
        np.testing.assert_allclose(agent.uncertainty(X), literal, rtol=1e-12)
        arm = agent.select(X)
        agent.learn(X[np.arange(2), arm], arm, rng.normal(size=2))


def test_on_the_latest_click_it_is_the_diagonal_agent_of_chapter_3():
    """Which :mod:`test_neural_ucb` holds to a literal version in torch."""
    space = ContextSpace(7, 5)
    settings = {"hidden_dim": 6, "alpha": 0.5, "lr": 0.05}
    one = DiagonalNeuralUCBAgent(space, **settings, rng=3)
    other = NeuralUCBAgent(space, **settings, evidence=DiagonalEvidence, rng=4)
    other.network.flat[...] = one.network.flat
    rng = np.random.default_rng(0)
    for _ in range(300):
        X, rewards = rng.normal(size=(5, 7)), rng.integers(0, 2, 5)
        arm = one.select(X)
        assert other.select(X) == arm
        for agent in (one, other):
            agent.learn(X[arm], arm, int(rewards[arm]))
    np.testing.assert_allclose(one.network.flat, other.network.flat, rtol=1e-9)
    np.testing.assert_allclose(one.evidence.A, other.evidence.A, rtol=1e-9)


@pytest.mark.parametrize("training", [Online(), "Replay", None])
def test_a_training_without_a_head_is_refused(training):
    with pytest.raises(TypeError, match="training"):
        DiagonalNeuralUCBAgent(ContextSpace(3, 2), training=training, rng=0)


def test_replay_takes_as_many_steps_as_it_says():
    agent = DiagonalNeuralUCBAgent(ContextSpace(4, 6), training=Replay(60, 8, 10, 3), rng=7)
    play_alone(agent, np.random.default_rng(1), 45)
    assert agent.training.optimizer.t == 4 * 3


# ---- Thompson sampling -----------------------------------------------------------------------------------------------


def test_a_drawn_score_has_the_mean_and_the_spread_of_a_drawn_model():
    """Of theta ~ N(A^-1 b, alpha^2 A^-1) an arm's score theta'x keeps mean and variance, here over 20,000 draws."""
    agent = LinTSAgent(ContextSpace(3, 2), alpha=0.7, rng=0)
    rng = np.random.default_rng(1)
    for _ in range(30):
        agent.learn(rng.normal(size=3), int(rng.integers(2)), rng.normal())
    X = rng.normal(size=(2, 3))
    scores = np.array([agent.score(X) for _ in range(20_000)])
    A_inv, b = np.linalg.inv(agent.evidence.A), agent.evidence.b
    for a in range(2):
        thetas = rng.multivariate_normal(A_inv[a] @ b[a], 0.7**2 * A_inv[a], 20_000)
        drawn = thetas @ X[a]
        assert abs(scores[:, a].mean() - drawn.mean()) < 5 * drawn.std() / np.sqrt(20_000) * np.sqrt(2)
        assert scores[:, a].std() == pytest.approx(drawn.std(), rel=0.03)
    assert abs(np.corrcoef(scores.T)[0, 1]) < 0.03


def test_without_exploration_it_is_linucb():
    rng = np.random.default_rng(1)
    one, other = LinTSAgent(ContextSpace(4, 6), alpha=0.0, rng=0), LinUCBAgent(ContextSpace(4, 6), alpha=0.0)
    for _ in range(100):
        X, reward = rng.normal(size=(6, 4)), rng.normal()
        arm = one.select(X)
        assert arm == other.select(X)
        one.learn(X[arm], arm, reward)
        other.learn(X[arm], arm, reward)


# ---- a head for each arm ---------------------------------------------------------------------------------------------


def literal_evidence(agent, X, arms, rewards):
    """A_a and b_a of all that came, embedded by the network as it is."""
    Z = agent.phi(np.array(X))
    A = np.array([np.eye(agent.d_emb) * agent.ridge] * agent.n_arms)
    b = np.zeros((agent.n_arms, agent.d_emb))
    for z, arm, reward in zip(Z, arms, rewards, strict=True):
        A[arm] += np.outer(z, z)
        b[arm] += reward * z
    return A, b


def test_after_each_training_the_evidence_is_that_of_all_records():
    agent = ArmHeadsAgent(ContextSpace(4, 3), d_emb=3, hidden_dim=5, every=10, batch_size=8, ridge=0.5, rng=0)
    rng = np.random.default_rng(1)
    X, arms, rewards = [], [], []
    for t in range(1, 61):
        x, arm, reward = rng.normal(size=4), int(rng.integers(3)), float(rng.integers(2))
        agent.learn(x, arm, reward)
        X.append(x), arms.append(arm), rewards.append(reward)
        if t % 10 == 0 or t == 5:
            A, b = literal_evidence(agent, X, arms, rewards)
            np.testing.assert_allclose(agent.evidence.A, A, rtol=1e-9)
            np.testing.assert_allclose(agent.evidence.b, b, rtol=1e-9, atol=1e-12)


def test_only_the_chosen_head_is_trained_and_by_its_own_error():
    agent = ArmHeadsAgent(ContextSpace(4, 3), d_emb=3, hidden_dim=5, every=10, batch_size=8, n_batches=40, rng=0)
    before = [part.copy() for part in agent.network.layers[-1]]
    rng = np.random.default_rng(1)
    for _ in range(20):
        agent.learn(rng.normal(size=4), 1, 1.0)
    W, b = agent.network.layers[-1]
    for other in (0, 2):
        assert np.array_equal(W[:, other], before[0][:, other])
        assert b[other] == before[1][other]
    assert agent.network(rng.normal(size=(50, 4)))[:, 1].mean() > before[1][1] + 0.2


def test_one_row_for_all_arms_gives_what_its_copies_give():
    agent = ArmHeadsAgent(ContextSpace(4, 3), rng=0)
    rng = np.random.default_rng(1)
    for _ in range(50):
        agent.learn(rng.normal(size=4), int(rng.integers(3)), rng.normal())
    x = rng.normal(size=4)
    np.testing.assert_allclose(agent.score(np.broadcast_to(x, (3, 4))), agent.score(np.stack([x] * 3)), rtol=1e-12)


# ---- one model on copies is a model for each arm ---------------------------------------------------------------------


def test_shared_linucb_on_copies_is_disjoint_linucb_on_the_row():
    rng = np.random.default_rng(1)
    one, other = SharedLinUCBAgent(ContextSpace(12, 3), alpha=0.5), LinUCBAgent(ContextSpace(4, 3), alpha=0.5)
    for _ in range(400):
        x, rewards = rng.normal(size=4), rng.integers(0, 2, 3)
        X = copies(x, 3)
        np.testing.assert_allclose(one.score(X), other.score(np.broadcast_to(x, (3, 4))), atol=1e-9)
        arm = other.select(np.broadcast_to(x, (3, 4)))
        one.learn(X[arm], arm, int(rewards[arm]))
        other.learn(x, arm, int(rewards[arm]))


def test_end_to_end_is_what_it_starts_with():
    assert DiagonalNeuralUCBAgent(ContextSpace(3, 2), rng=0).training == EndToEnd()
