"""A factorization machine is the sum over all pairs, its derivatives are those of torch, and its agent learns ids."""

import copy

import numpy as np
import pytest
import torch
from small_agents import AgentConformance

from zoolab.columns import FeatureShop, Segments, serve
from zoolab.long.conformance import same
from zoolib import ArmThompson, ContextSpace, EndToEnd, FactorizationAgent, Online, Replay, load, save
from zoolib.networks import FactorizationMachine

REHEARSAL = Replay(capacity=120, batch_size=8, every=10, n_batches=2)


class TestFactorization(AgentConformance):
    @staticmethod
    def make(features, rng):
        return FactorizationAgent(features, n_factors=3, training=REHEARSAL, rng=rng)


class TestFactorizationOnTheLatestClick(AgentConformance):
    @staticmethod
    def make(features, rng):
        return FactorizationAgent(features, n_factors=3, training=EndToEnd(), lr=0.05, rng=rng)


class TestFactorizationThompson(AgentConformance):
    prefers, is_random = False, True

    @staticmethod
    def make(features, rng):
        return FactorizationAgent(features, n_factors=3, training=REHEARSAL, exploration=ArmThompson(), rng=rng)


def one_hot(x, ids, n_features):
    """The vector that the paper's formula is about: the features, then a block for each id."""
    blocks = [np.eye(n)[int(number)] for n, number in zip(ids, x, strict=False)]
    return np.concatenate([x[len(ids) :], *blocks]), n_features


def literal(flat, x, ids, n_factors):
    """The sum over all pairs, in torch."""
    z, _ = one_hot(x, ids, len(x) - len(ids))
    z, m = torch.tensor(z), len(z)
    w, v = flat[1 : m + 1], flat[m + 1 :].reshape(m, n_factors)
    f = flat[0] + w @ z
    for i in range(m):
        for j in range(i + 1, m):
            f = f + (v[i] @ v[j]) * z[i] * z[j]
    return f


def contexts(rng, ids, n, n_features=3):
    return np.column_stack([*(rng.integers(0, k, n) for k in ids), rng.normal(size=(n, n_features))])


@pytest.mark.parametrize("ids", [(), (5,), (4, 3)])
def test_values_gradients_and_widths_are_those_of_the_sum_over_all_pairs(ids):
    rng = np.random.default_rng(0)
    machine = FactorizationMachine(3 + len(ids), [rng], ids=ids, n_factors=2, spread=0.8)
    machine.flat[:] += 0.3 * rng.normal(size=machine.flat.shape)
    X, G, weights = contexts(rng, ids, 6), rng.normal(size=6), rng.uniform(0.5, 2, machine.flat.shape)
    gradients = []
    for x, value in zip(X, machine(X), strict=True):
        flat = torch.tensor(machine.flat, requires_grad=True)
        f = literal(flat, x, ids, 2)
        assert f.item() == pytest.approx(value, abs=1e-12)
        f.backward()
        gradients.append(flat.grad.numpy())
    gradients = np.array(gradients)
    np.testing.assert_allclose(machine.backward(X, G), G @ gradients, atol=1e-12)
    np.testing.assert_allclose(machine.squared_gradients(X, weights), gradients**2 @ weights, atol=1e-11)
    n, s = rng.integers(1, 4, 6), rng.normal(size=6)
    expected = 2 * (n * machine(X) - s) @ gradients / n.sum()
    np.testing.assert_allclose(machine.loss_gradient(X, n, s), expected, atol=1e-12)


@pytest.mark.parametrize("ids", [(), (4, 3)])
def test_machine_i_of_a_batch_is_the_one_of_its_generator(ids):
    X = np.stack([contexts(np.random.default_rng(i), ids, 6) for i in range(3)])
    G, weights = np.random.default_rng(0).normal(size=(3, 6)), None
    batch = FactorizationMachine(3 + len(ids), [np.random.default_rng(i) for i in range(3)], (3,), ids=ids)
    for i in range(3):
        alone = FactorizationMachine(3 + len(ids), [np.random.default_rng(i)], ids=ids)
        weights = np.random.default_rng(9).uniform(size=batch.flat.shape)
        np.testing.assert_array_equal(alone.flat, batch.flat[i])
        np.testing.assert_allclose(alone(X[i]), batch(X)[i], atol=1e-14)
        np.testing.assert_allclose(alone.backward(X[i], G[i]), batch.backward(X, G)[i], atol=1e-13)
        mine, all_of_them = alone.squared_gradients(X[i], weights[i]), batch.squared_gradients(X, weights)[i]
        np.testing.assert_allclose(mine, all_of_them, atol=1e-13)


def test_it_learns_what_only_ids_tell():
    rng, space = np.random.default_rng(0), ContextSpace(3, 2)
    quality, agent = rng.normal(size=10), FactorizationAgent(ContextSpace(3, 2), ids=(10,), lr=0.02, rng=0)
    blind = FactorizationAgent(space, lr=0.02, rng=0)
    X = contexts(rng, (10,), 3000, 2)
    r = quality[X[:, 0].astype(int)]
    agent.warm(X, r)
    blind.warm(X * [0, 1, 1], r)
    new = contexts(rng, (10,), 200, 2)
    error, guess = (((one(new) - quality[new[:, 0].astype(int)]) ** 2).mean() for one in (agent.payoff, blind.payoff))
    assert error < 0.02 < 0.2 * guess


def test_world_i_of_a_shop_of_features_is_the_single_run_and_it_can_be_saved(tmp_path):
    def made(seed, rng):
        shop = FeatureShop(Segments(), seed=seed, n_products=12, shown=5, n_log=60, n_steps=60)
        return shop, FactorizationAgent(shop.space, ids=(12,), training=REHEARSAL, rng=rng)

    shop, agent = made([2, 5], [0, 1])
    together = serve({"agent": agent}, shop).arm[0]
    for i, seed in enumerate((2, 5)):
        alone, single = made(seed, i)
        assert (serve({"agent": single}, alone).arm[0, 0] == together[i]).all()
    save(agent, tmp_path / "agent.npz")
    loaded = load(tmp_path / "agent.npz", into=made([2, 5], [7, 8])[1])
    np.testing.assert_array_equal(loaded.score(shop.contexts(3)), agent.score(shop.contexts(3)))


@pytest.mark.parametrize("number", [10.0, -1.0, 2.9, -0.9])
@pytest.mark.parametrize("take", [
    lambda agent, X: agent.warm(X, np.ones(len(X))),
    lambda agent, X: agent.learn_many(X, np.zeros(len(X), int), np.ones(len(X))),
    lambda agent, X: agent.learn(X[17], 0, 1.0),
    lambda agent, X: agent.select(X),
])  # fmt: skip
def test_one_id_that_is_none_is_refused_and_nothing_of_what_came_with_it_is_learned(take, number):
    agent = FactorizationAgent(ContextSpace(3, 20), ids=(10,), rng=0)
    before, X = copy.deepcopy(agent.get_state()), np.ones((20, 3))
    X[17, 0] = number
    with pytest.raises(ValueError, match="ids must lie below"):
        take(agent, X)
    assert same(before, agent.get_state())


def test_what_makes_no_sense_is_refused_by_name():
    with pytest.raises(ValueError, match="d must be"):
        FactorizationAgent(ContextSpace(1, 2), ids=(10, 4), rng=0)
    with pytest.raises(ValueError, match="n_factors"):
        FactorizationAgent(ContextSpace(3, 2), n_factors=0, rng=0)
    with pytest.raises(TypeError, match="training"):
        FactorizationAgent(ContextSpace(3, 2), training=Online(), rng=0)
