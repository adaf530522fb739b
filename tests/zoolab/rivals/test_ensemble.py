"""An ensemble keeps to what an agent is, and each of its members is a network that learns alone from its own clicks."""

import numpy as np
import pytest
import torch
from small_agents import held
from torch_networks import network

from zoolab.logs import action_probabilities
from zoolab.long.conformance import play
from zoolab.rivals import EnsembleAgent, InverseGap, OneMember
from zoolib import UCB, ContextSpace, FeatureEngineer, ZooplusSimulator

SMALL = {"n_members": 4, "hidden_dim": 5, "every": 10, "batch_size": 8, "capacity": 60, "n_batches": 2}


def ensemble(**settings):
    return lambda features, rng: EnsembleAgent(features, **SMALL, **settings, rng=rng)


TestEnsemble = held(ensemble(), prefers=False, is_random=True)
TestEnsembleUCB = held(ensemble(exploration=UCB()))
TestEnsembleInverseGap = held(ensemble(exploration=InverseGap(20.0)), prefers=False, is_random=True)


def test_every_member_is_trained_on_its_own_clicks_as_it_would_be_alone():
    agent = EnsembleAgent(ContextSpace(3, 4), **SMALL, prior=0.7, lr=0.02, rng=0)
    rng, d, h, M = np.random.default_rng(1), 3, 5, 4
    members = [network(w, d, h, 1) for w in agent.network.flat]
    priors = [network(w, d, h, 1) for w in agent.priors.flat]
    optimizers = [torch.optim.Adam(f.parameters(), lr=0.02) for f in members]
    batches = np.random.default_rng()
    past, steps = [], 0
    for t in range(1, 81):
        x, r = rng.normal(size=3), rng.normal()
        batches.bit_generator.state = agent.rngs[0].bit_generator.state
        agent.learn(x, 0, r)
        mask = agent.buffer.window().X[-1, d:]
        past = [*past, (x, mask, r)][-60:]
        if t % 10 == 0 and len(past) >= 8:
            for _ in range(2):
                places, full = batches.integers(0, len(past), 8), t > 60
                ring = [past[(place - t) % 60] if full else past[place] for place in places]
                for i in range(M):
                    mine = [(x, r) for x, mask, r in ring if mask[i]]
                    optimizers[i].zero_grad()
                    loss = sum(
                        (members[i](torch.tensor(x)) + 0.7 * priors[i](torch.tensor(x)).detach() - r) ** 2
                        for x, r in mine
                    )
                    if mine:
                        (loss / len(mine)).sum().backward()
                    else:
                        for w in members[i].parameters():
                            w.grad = torch.zeros_like(w)
                    optimizers[i].step()
                steps += 1
    assert steps == 16
    X = rng.normal(size=(4, 3))
    with torch.no_grad():
        said = [
            (f(torch.tensor(X)) + 0.7 * p(torch.tensor(X)))[:, 0].numpy() for f, p in zip(members, priors, strict=True)
        ]
    np.testing.assert_allclose(agent.embed(X), said, atol=1e-8)
    np.testing.assert_allclose(agent.payoff(X), np.mean(said, axis=0), atol=1e-8)
    np.testing.assert_allclose(agent.uncertainty(X), np.std(said, axis=0), atol=1e-8)


def test_a_score_is_that_of_one_member_each_as_often_and_alpha_stretches_it():
    agent, wide = (EnsembleAgent(ContextSpace(3, 4), **SMALL, alpha=alpha, rng=0) for alpha in (1.0, 2.0))
    X = np.random.default_rng(0).normal(size=(4, 3))
    Z, n = agent.embed(X), 4000
    scores = np.array([agent.score(X) for _ in range(n)])
    who = np.abs(scores[:, None] - Z).max(-1).argmin(-1)
    np.testing.assert_allclose(scores, Z[who], atol=1e-12)
    assert np.abs(np.bincount(who, minlength=4) / n - 0.25).max() < 4.5 * np.sqrt(0.25 * 0.75 / n)
    np.testing.assert_allclose(wide.score(X), 2 * scores[0] - Z.mean(0), atol=1e-12)


def test_the_chances_are_the_shares_of_members_exactly():
    sim = ZooplusSimulator(n_products=10, n_users=40, seed=[3, 5])
    agent = EnsembleAgent(FeatureEngineer(sim), **SMALL, rng=0)
    play(agent, sim, 60)
    users = np.array([1, 2])
    X, arms = agent.candidates(users, sim)
    stated = action_probabilities(agent, users, sim)
    for i in range(2):
        favourites = arms[i][agent.embed(X)[i].argmax(-1)]
        np.testing.assert_allclose(stated[i], np.bincount(favourites, minlength=10) / 4)


def test_masks_are_coins_and_members_begin_apart():
    agent = EnsembleAgent(ContextSpace(2, 3), n_members=8, rng=0)
    for _ in range(500):
        agent.learn(np.ones(2), 0, 1.0)
    masks = agent.buffer.window().X[:, 2:]
    assert set(np.unique(masks)) == {0.0, 1.0}
    assert np.abs(masks.mean(0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(500)
    assert len(np.unique(masks @ 2 ** np.arange(8))) > 200
    fresh = EnsembleAgent(ContextSpace(2, 3), n_members=8, rng=0)
    assert len(np.unique(fresh.network.flat[:, 0])) == len(np.unique(fresh.priors.flat[:, 0])) == 8
    assert fresh.uncertainty(np.ones((1, 2)))[0] > 3 * agent.uncertainty(np.ones((1, 2)))[0]


@pytest.mark.parametrize(("settings", "message"), [
    ({"n_members": 0}, "n_members"), ({"prior": -1.0}, "prior"), ({"lr": 0.0}, "lr"),
    ({"batch_size": 61, "capacity": 60}, "batch_size"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(settings, message):
    with pytest.raises(ValueError, match=message):
        EnsembleAgent(ContextSpace(3, 4), **settings, rng=0)


def test_one_member_alone_is_greedy():
    agent = EnsembleAgent(ContextSpace(3, 4), **SMALL | {"n_members": 1}, exploration=OneMember(), rng=0)
    X = np.random.default_rng(0).normal(size=(4, 3))
    assert agent.select(X) == agent.payoff(X).argmax()
    assert (agent.uncertainty(X) == 0).all()
