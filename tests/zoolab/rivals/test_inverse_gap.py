"""Inverse gap weighting against its definition, arm by arm."""

import numpy as np
import pytest

from zoolab.logs import action_probabilities
from zoolab.rivals import InverseGap
from zoolib import ContextSpace, SharedLinUCBAgent, UCB1Agent


def literal(payoffs, gamma, per="one"):
    """The chances as the papers write them, one arm after another; None is not for sale."""
    offered = [a for a, payoff in enumerate(payoffs) if payoff is not None]
    best = max(payoffs[a] for a in offered)
    greedy = min(a for a in offered if payoffs[a] == best)
    chances = [0.0] * len(payoffs)
    for a in offered:
        if per != "one" and a != greedy:  # the greedy loss over K times itself plus gamma times the gap
            greedy_one = 1 - best if per == "loss" else best
            chances[a] = greedy_one / (len(offered) * greedy_one + gamma * (best - payoffs[a]))
        elif a != greedy:
            chances[a] = 1 / (len(offered) + gamma * (best - payoffs[a]))
    chances[greedy] = 1 - sum(chances)
    return chances


@pytest.mark.parametrize("per", ["one", "loss", "payoff"])
@pytest.mark.parametrize("gamma", [0.1, 20.0, 1e6])
@pytest.mark.parametrize("payoffs", [
    [0.5, 0.4, 0.1], [0.2, 0.2, 0.1, 0.2], [0.3], [None, 0.5, None, 0.45], [-0.2, 0.0, 0.9],
], ids=str)  # fmt: skip
def test_the_chances_are_those_of_the_papers(payoffs, gamma, per):
    scores = np.array([-np.inf if payoff is None else payoff for payoff in payoffs])
    chances = InverseGap(gamma, per).chances(scores)
    np.testing.assert_allclose(chances, literal(payoffs, gamma, per), rtol=1e-12)
    np.testing.assert_array_equal(InverseGap(gamma, per).chances(np.stack([scores[::-1], scores]))[1], chances)


def test_the_greedy_arm_never_has_less_than_an_equal_share_and_no_arm_none():
    scores = np.random.default_rng(0).normal(size=(200, 7))
    for per in ("one", "loss", "payoff"):
        chances = InverseGap(30.0, per).chances(scores)
        assert (chances > 0).all()
        assert (chances.max(-1) >= 1 / 7).all()
        np.testing.assert_array_equal(chances.argmax(-1), scores.argmax(-1))


def test_what_was_never_shown_shares_all_where_it_counts_as_infinite():
    agent = UCB1Agent(ContextSpace(1, 3), alpha=0.0, exploration=InverseGap(5.0), rng=0)
    agent.learn(np.ones(1), 1, 1)
    np.testing.assert_allclose(agent.exploration.chances(agent.score(np.ones((3, 1)))), [2 / 3, 0, 1 / 3])


def test_an_agent_chooses_by_these_chances_whatever_its_alpha():
    agent = SharedLinUCBAgent(ContextSpace(3, 5), alpha=2.0, exploration=InverseGap(10.0), rng=0)
    rng = np.random.default_rng(1)
    for _ in range(50):
        agent.learn(rng.normal(size=3), 0, rng.normal())
    X, n = rng.normal(size=(5, 3)), 20_000
    expected = np.array(literal(agent.payoff(X).tolist(), 10.0))
    seen = np.bincount([agent.select(X) for _ in range(n)], minlength=5) / n
    assert (np.abs(seen - expected) < 4.5 * np.sqrt(expected * (1 - expected) / n)).all()


def test_products_that_look_alike_are_one_choice(sim, features):
    agent = SharedLinUCBAgent(features, exploration=InverseGap(10.0), rng=0)
    stated = action_probabilities(agent, 0, sim)
    assert (stated > 0).sum() == len(sim.categories)
    np.testing.assert_allclose(stated[stated > 0], 1 / len(sim.categories))


@pytest.mark.parametrize("gamma", [0.0, -1.0, np.inf, "1"])
def test_a_gamma_that_makes_no_sense_is_refused_by_name(gamma):
    with pytest.raises((ValueError, TypeError), match="gamma"):
        InverseGap(gamma)
    with pytest.raises(ValueError, match="per must be one of"):
        InverseGap(per="click")
