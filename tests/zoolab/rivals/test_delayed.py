"""Feedback that comes late or in batches, and agents that start over."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused import each
from small_agents import held

import zoolib as zoo
from zoolab.columns import Identity, Layout, MappedAgent
from zoolab.long.conformance import play, same
from zoolab.rivals import Anticipating, Delayed, PerProductAgent, Restarting


def frozen(features, rng, exploration):
    return zoo.NeuralLinearAgent(
        features, d_emb=5, hidden_dim=8, training=zoo.Frozen(), exploration=exploration, rng=rng
    )


def shared(features):
    return zoo.SharedLinUCBAgent(features, alpha=0.3)


TestDelayedLinUCB = held(lambda f, rng: Delayed(zoo.LinUCBAgent(f, alpha=0.3), delay=5), by_arm=True)
TestDelayedSharedInBatches = held(lambda f, rng: Delayed(shared(f), delay=3, every=7))
TestDelayedThompson = held(lambda f, rng: Delayed(frozen(f, rng, zoo.Thompson()), every=10), is_random=True)
TestRestartingLinUCB = held(
    lambda f, rng: Restarting(zoo.LinUCBAgent(f, alpha=0.3, window=40), at=[60, 100, 230]), by_arm=True, n_steps=300
)
TestRestartingThompson = held(
    lambda f, rng: Restarting(frozen(f, rng, zoo.Thompson()), at=range(50, 400, 50)), is_random=True, n_steps=300
)
TestDelayedEpsilonGreedyOnAFrozenNetwork = held(
    lambda f, rng: Delayed(frozen(f, rng, zoo.EpsilonGreedy(0.2)), delay=2), prefers=False, is_random=True
)
TestAnticipating = held(lambda f, rng: Anticipating(shared(f), delay=3, every=7))
TestOneInsideTheOther = held(lambda f, rng: Delayed(Restarting(zoo.SharedLinUCBAgent(f), at=[90]), delay=2))


class Diary:
    """Notes what it is taught, and when."""

    def __init__(self, agent):
        self.taught = []
        self._learn_as_before, agent._learn = agent._learn, self

    def __call__(self, x, arm, reward):
        self.taught.append((x.tolist(), arm, reward))
        self._learn_as_before(x, arm, reward)


@settings(max_examples=60, deadline=None)
@given(delay=st.integers(0, 12), every=st.integers(1, 9), n=st.integers(0, 40))
def test_what_has_been_learned_by_a_visit_is_what_was_due_then(delay, every, n):
    agent = zoo.SharedLinUCBAgent(zoo.ContextSpace(2, 3))
    diary, late = Diary(agent), Delayed(agent, delay=delay, every=every)
    lessons = [([float(t), 1.0], t % 3, float(t % 2)) for t in range(n)]
    for t, (x, arm, reward) in enumerate(lessons):
        late.learn(np.array(x), arm, reward)
        complete = (t + 1) // every * every  # visits until the last batch was complete
        assert diary.taught == lessons[: max(0, complete - delay)]


@pytest.mark.parametrize("settle", [1, 20])
def test_while_clicks_are_waited_for_each_choice_has_a_draw_of_its_own(settle):
    def shown(space, rng):
        agent = Delayed(MappedAgent(space, map=Identity(), alpha=1.0, settle=settle, rng=rng), every=200)
        arms = []
        for _ in range(400):
            arms.append(agent.select(np.broadcast_to(np.eye(5), (*space.batch_shape, 5, 5))))
            one = np.array(arms[-1])
            agent.learn(np.eye(5)[one], arms[-1], 0.0 * one)
        return np.array(arms)

    alone = np.array([shown(zoo.ContextSpace(5, 5), seed) for seed in range(2)])
    for half in (alone[:, :200], alone[:, 200:]):
        for arms in half:
            assert (np.bincount(arms, minlength=5) > 20).all()
            repeated = arms[settle:] == arms[:-settle]
            assert 0.1 < repeated.mean() < 0.35  # draws that came again would give 1
    assert np.array_equal(shown(zoo.ContextSpace(5, 5, (2,)), [0, 1]).T, alone)


def test_after_it_has_started_over_it_is_as_new():
    sim = zoo.ZooplusSimulator(seed=[5, 6])
    features = zoo.FeatureEngineer(sim)
    restarting = Restarting(zoo.NeuralLinearAgent(features, d_emb=4, hidden_dim=6, rng=0), at=[80])
    untaught = copy.deepcopy(restarting.agent)
    play(restarting, sim, 79)
    assert not same(restarting.agent, untaught)
    play(restarting, sim, 1)
    assert same(restarting.agent, untaught)
    play(restarting, sim, 30)
    assert not same(restarting.agent, untaught)
    assert same(restarting._fresh, untaught)


@settings(max_examples=15, deadline=None)
@given(delay=st.integers(0, 400), gamma=st.floats(0.98, 0.999), alpha=st.floats(0.05, 1.0))
def test_to_count_visits_instead_of_clicks_is_another_ridge_and_another_alpha(delay, gamma, alpha):
    """With a constant delay D, weights gamma^age are those of the discount times gamma^D, which the prior lacks."""
    rng = np.random.default_rng(delay)
    X, r, probe = rng.normal(size=(60, 3)), rng.random(60), rng.normal(size=(5, 3))
    agent = zoo.SharedLinUCBAgent(
        zoo.ContextSpace(3, 5), alpha=alpha * gamma ** (-delay / 2), gamma=gamma, ridge=gamma**-delay
    )
    for x, one in zip(X, r, strict=True):
        agent.learn(x, 0, one)
    weight = gamma ** (np.arange(59, -1, -1) + delay)  # by age: the newest click is delay visits old
    A = np.eye(3) + (X * weight[:, None]).T @ X
    theta = np.linalg.solve(A, (X * weight[:, None]).T @ r)
    width = np.sqrt(np.vecdot(np.linalg.solve(A, probe.T).T, probe))
    assert agent.score(probe) == pytest.approx(probe @ theta + alpha * width, rel=1e-8)


@pytest.mark.parametrize(("kind", "wrong", "name"), [
    *((Delayed, *row) for row in each(delay=[-1, 1.5, "1"], every=[0, True], agent=["LinUCB"])),
    *((Restarting, *row) for row in each(at=[[0], [-3], [2.5], [10, True]])),
    (Restarting, {"agent": "LinUCB", "at": [1]}, "agent"),
])  # fmt: skip
def test_times_that_cannot_be_and_what_is_no_agent_are_refused(kind, wrong, name):
    with pytest.raises(TypeError if name == "agent" else (ValueError, TypeError), match=name):
        kind(**{"agent": zoo.RandomAgent(zoo.ContextSpace(2, 3), rng=0)} | wrong)


@settings(max_examples=30, deadline=None)
@given(delay=st.integers(0, 8), every=st.integers(1, 6), n=st.integers(1, 40), seed=st.integers(0, 99))
def test_who_anticipates_knows_in_the_end_what_all_know(delay, every, n, seed):
    rng = np.random.default_rng(seed)
    X, r = rng.normal(size=(n, 3)), rng.random(n)
    late = Anticipating(zoo.SharedLinUCBAgent(zoo.ContextSpace(3, 5)), delay=delay, every=every)
    for x, one in zip(X, r, strict=True):
        late.learn(x, 0, one)
    outstanding = n - max(0, n // every * every - delay)
    known, prompt = late.agent.evidence, zoo.SharedLinUCBAgent(zoo.ContextSpace(3, 5)).evidence
    for x, one in zip(X[: n - outstanding], r, strict=False):
        prompt.add(x, one)
    assert pytest.approx(np.eye(3) + X.T @ X) == known.A  # the widths know of all that has been shown
    if not outstanding:
        assert known.b == pytest.approx(prompt.b)
    else:  # and b of what is outstanding what was expected of it
        expected = sum(np.array(x) * (one - surprise) for (_, x, _, surprise), one in
                       zip(late._waiting, r[n - outstanding :], strict=True))  # fmt: skip
        assert known.b == pytest.approx(prompt.b + expected)


def test_to_anticipate_moves_no_payoff_and_makes_sure():
    late = Anticipating(zoo.SharedLinUCBAgent(zoo.ContextSpace(2, 3), alpha=1.0), delay=9)
    x, X = np.array([1.0, 0.5]), np.array([[1.0, 0.5], [0.0, 1.0], [1.0, 1.0]])
    late.agent.learn(x, 0, 1.0)
    payoff, width = late.agent.payoff(X), late.agent.uncertainty(X)
    late.learn(x, 0, 0.0)
    assert late.agent.payoff(X) == pytest.approx(payoff)
    assert late.agent.uncertainty(X)[0] < 0.9 * width[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda space: zoo.SharedLinUCBAgent(space, gamma=0.99),
        lambda space: zoo.SharedLinUCBAgent(space, window=10),
        zoo.LinUCBAgent,
        lambda space: zoo.RandomAgent(space, rng=0),
    ],
)
def test_only_a_shared_agent_that_remembers_everything_can_anticipate(make):
    with pytest.raises(TypeError, match="remembers everything"):
        Anticipating(make(zoo.ContextSpace(2, 3)), delay=1)


LAYOUT = Layout(n_user=1, n_nominal=1, n_product=0)


@pytest.mark.parametrize(
    ("make", "x", "reward", "message"),
    [
        (lambda space: zoo.BetaThompsonAgent(space, rng=0), [1, 1, 1], 5.0, "between 0 and 1"),
        (lambda space: PerProductAgent(space, layout=LAYOUT, n_products=3), [3, 1, 1], 1.0, "whole and below 3"),
        (lambda space: PerProductAgent(space, layout=LAYOUT, n_products=3), [0.5, 1, 1], 1.0, "whole and below 3"),
    ],
)
def test_what_its_agent_refuses_is_refused_when_it_comes(make, x, reward, message):
    agent = zoo.Snapshots(Delayed(make(zoo.ContextSpace(3, 3)), delay=1), at=[])
    with pytest.raises(ValueError, match=message):
        agent.learn(np.array(x, dtype=float), 0, reward)
    agent.learn(np.ones(3), 0, 1.0)
    assert agent.agent.n_visits == 1


@pytest.mark.parametrize(
    "make", [zoo.SharedLinUCBAgent, zoo.LinUCBAgent, lambda features: zoo.SharedLinUCBAgent(features, gamma=0.99)]
)
def test_what_was_learned_may_count_for_less_instead(make):
    features = zoo.ContextSpace(3, 4)
    kept, whole = Restarting(make(features), at=[20], keep=0.3), make(features)
    for x, arm in zip(np.random.default_rng(0).normal(size=(20, 3)), [0, 1, 2, 3] * 5, strict=True):
        for agent in (kept, whole):
            agent.learn(x, arm, 1.0)
    prior = whole.evidence.ridge * np.eye(3)
    np.testing.assert_allclose(kept.evidence.A, prior + 0.3 * (whole.evidence.A - prior), atol=1e-12)
    np.testing.assert_allclose(kept.evidence.b, 0.3 * whole.evidence.b, atol=1e-12)
    np.testing.assert_allclose(
        kept.evidence.A_inv @ kept.evidence.A, np.broadcast_to(np.eye(3), kept.evidence.A.shape), atol=1e-9
    )


@pytest.mark.parametrize(
    "agent",
    [
        zoo.SharedLinUCBAgent(zoo.ContextSpace(3, 4), window=50),
        zoo.NeuralLinearAgent(zoo.ContextSpace(3, 4), rng=0),
        Delayed(zoo.SharedLinUCBAgent(zoo.ContextSpace(3, 4)), delay=1),
    ],
)
def test_only_sums_that_are_kept_can_count_for_less(agent):
    with pytest.raises(TypeError, match="keep"):
        Restarting(agent, at=[20], keep=0.3)
    with pytest.raises(ValueError, match="keep"):
        Restarting(zoo.SharedLinUCBAgent(zoo.ContextSpace(3, 4)), at=[20], keep=1.1)
