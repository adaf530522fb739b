"""An epinet keeps to what an agent is, learns what its loss says, and grows sure of what it has seen alone."""

import numpy as np
import pytest
import torch
from small_agents import held
from torch_networks import network

from zoolab.rivals import EpinetAgent, InverseGap
from zoolib import UCB, ContextSpace

SMALL = {"index_dim": 3, "hidden_dim": 5, "epi_dim": 4, "every": 10, "batch_size": 8, "capacity": 60, "n_batches": 2}


def epinet(**settings):
    return lambda features, rng: EpinetAgent(features, **SMALL, **settings, rng=rng)


TestEpinet = held(epinet(), prefers=False, is_random=True)
TestEpinetUCB = held(epinet(exploration=UCB()))
TestEpinetInverseGap = held(epinet(exploration=InverseGap(20.0)), prefers=False, is_random=True)


def indices(D):
    """Some z over which the mean of a quadratic function is its mean over N(0, I)."""
    return np.sqrt(D) * np.concatenate([np.eye(D), -np.eye(D)])


def test_it_learns_as_one_epinet_does_record_by_record_and_index_by_index():
    agent, d, h, e, D = EpinetAgent(ContextSpace(3, 4), **SMALL, prior=0.7, noise=0.4, lr=0.02, rng=0), 3, 5, 4, 3
    rng = np.random.default_rng(1)
    base, epinet = network(agent.network.flat, d, h, 1), network(agent.epinet.flat, h + d, e, D)
    priors = [network(w, d, e, 1) for w in agent.priors.flat]

    def said(x, z):
        hidden = base[:2](x)
        prior = sum(z[i] * priors[i](x)[0].detach() for i in range(D))
        return base[2](hidden)[0] + epinet(torch.cat([hidden.detach(), x])) @ z + 0.7 * prior

    optimizer = torch.optim.Adam([*base.parameters(), *epinet.parameters()], lr=0.02)
    batches, past, steps = np.random.default_rng(), [], 0
    for t in range(1, 81):
        x, r = rng.normal(size=3), rng.normal()
        batches.bit_generator.state = agent.rngs[0].bit_generator.state
        agent.learn(x, 0, r)
        c = agent.buffer.window().X[-1, d:]
        assert np.linalg.norm(c) == pytest.approx(1)
        past = [*past, tuple(map(torch.tensor, (x, c, r)))][-60:]
        if t % 10 == 0 and len(past) >= 8:
            for _ in range(2):
                places, full = batches.integers(0, len(past), 8), t > 60
                optimizer.zero_grad()
                losses = [
                    (said(x, z) - r - 0.4 * c @ z) ** 2
                    for x, c, r in (past[(place - t) % 60] if full else past[place] for place in places)
                    for z in torch.tensor(indices(D))
                ]
                (sum(losses) / len(losses)).backward()
                optimizer.step()
                steps += 1
    assert steps == 16
    X = rng.normal(size=(4, 3))
    with torch.no_grad():
        payoffs = np.array([[said(x, z) for z in torch.tensor(indices(D))] for x in torch.tensor(X)])
    np.testing.assert_allclose(agent.payoff(X), payoffs.mean(-1), atol=1e-8)
    np.testing.assert_allclose(agent.uncertainty(X), payoffs.std(-1), atol=1e-8)


def test_a_score_is_linear_in_one_index_for_all_arms_and_alpha_stretches_it():
    agent, wide = (EpinetAgent(ContextSpace(3, 4), **SMALL, alpha=alpha, rng=0) for alpha in (1.0, 2.0))
    X = np.random.default_rng(0).normal(size=(4, 3))
    E, n = agent.embed(X), 20_000
    S = E[:, 1:]
    scores = np.array([agent.score(X) for _ in range(n)])
    assert np.linalg.matrix_rank(scores[:10] - E[:, 0]) == 3  # of 4 arms: they are drawn jointly
    np.testing.assert_allclose(scores.mean(0), agent.payoff(X), atol=4.5 * agent.uncertainty(X).max() / np.sqrt(n))
    np.testing.assert_allclose(np.cov(scores.T), S @ S.T, atol=0.05 * (S @ S.T).max())
    np.testing.assert_allclose(wide.score(X), 2 * scores[0] - E[:, 0], atol=1e-12)


@pytest.mark.parametrize(("noise", "n"), [(0.0, 64), (1.0, 64), (1.0, 1000)])
def test_it_grows_sure_of_what_it_has_seen_by_as_much_as_was_seen_and_not_of_the_rest(noise, n):
    agent = EpinetAgent(ContextSpace(2, 4), noise=noise, lr=0.002, every=n, n_batches=2000, rng=0)
    seen, other = np.array([[1.0, 0.0]]), np.array([[-1.0, 1.0], [-1.0, -1.0], [-2.0, 0.0]])
    before, before_other = agent.uncertainty(seen)[0], agent.uncertainty(other)
    for t in range(n):
        agent.learn(seen[0], 0, t % 2)
    left = noise * np.linalg.norm(agent.buffer.window().X[:, 2:].mean(0))
    assert left < (0.3 if n == 64 else 0.08) * noise + 1e-9
    assert agent.uncertainty(seen)[0] == pytest.approx(left, abs=0.03)
    assert agent.uncertainty(seen)[0] < 0.3 * before
    assert (agent.uncertainty(other) > 0.5 * before_other).all()
    assert agent.payoff(seen)[0] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("settings", "message"), [
    ({"index_dim": 0}, "index_dim"), ({"epi_dim": 0}, "epi_dim"), ({"prior": -1.0}, "prior"),
    ({"noise": -0.1}, "noise"), ({"lr": 0.0}, "lr"), ({"batch_size": 61, "capacity": 60}, "batch_size"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(settings, message):
    with pytest.raises(ValueError, match=message):
        EpinetAgent(ContextSpace(3, 4), **settings, rng=0)
