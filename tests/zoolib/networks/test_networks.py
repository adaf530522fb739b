"""Networks against torch, against finite differences, and one at a time against many at a time."""

import copy
import itertools
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolab.columns import AdamW
from zoolab.literal.neural import linear
from zoolab.literal.neural_ucb import AutogradMLP
from zoolib.networks import MLP, SGD, Adam

SIZES = st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple)


def networks(sizes, n=3, **settings):
    return MLP(sizes, [np.random.default_rng(i) for i in range(n)], (n,), **settings)


@pytest.mark.parametrize("sizes", [(9, 64, 1), (9, 64, 32, 1), (3, 2)])
def test_a_network_starts_with_the_weights_of_torchs_layers(sizes, rng):
    twin = np.random.default_rng(0)
    layers = [linear(twin, m, n) for m, n in itertools.pairwise(sizes)]
    for (W, b), layer in zip(MLP(sizes, [rng]).layers, layers, strict=True):
        assert np.allclose(W, layer.weight.detach().numpy().T, atol=1e-15)
        assert np.allclose(b, layer.bias.detach().numpy(), atol=1e-15)


@settings(max_examples=30, deadline=None)
@given(sizes=SIZES, n=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_network_i_of_a_batch_is_the_single_network(sizes, n, seed):
    X = np.random.default_rng(seed).normal(size=(3, n, sizes[0]))
    G = np.random.default_rng(seed + 1).normal(size=(3, n, sizes[-1]))
    batch = networks(sizes)
    for i in range(3):
        single = MLP(sizes, [np.random.default_rng(i)])
        assert np.array_equal(batch.flat[i], single.flat)
        # some kernels round by where a matrix lies in memory: alike, but for the last digits
        assert batch(X)[i] == pytest.approx(single(X[i]), rel=1e-12, abs=1e-14)
        gradient = single.backward(single.forward(X[i]), G[i])
        assert batch.backward(batch.forward(X), G)[i] == pytest.approx(gradient, rel=1e-12, abs=1e-14)


@settings(max_examples=30, deadline=None)
@given(sizes=SIZES, linear_layer=st.integers(1, 3), n=st.integers(1, 4), seed=st.integers(0, 10**6))
def test_gradients_equal_central_differences(sizes, linear_layer, n, seed):
    rng = np.random.default_rng(seed)
    network = MLP(sizes, [rng], linear=[linear_layer])
    X, G = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    gradient = network.backward(network.forward(X), G)
    for j in rng.integers(0, network.p, 5):
        values = []
        for h in (1e-6, -1e-6):
            moved = copy.deepcopy(network)
            moved.flat[j] += h
            values.append((moved(X) * G).sum())
        assert gradient[j] == pytest.approx((values[0] - values[1]) / 2e-6, abs=1e-5, rel=1e-5)


def test_a_loss_that_looks_at_an_inner_layer_leaves_the_layers_beyond_alone(rng):
    network = MLP((4, 5, 3, 1), [rng], linear=[2])
    inner = MLP((4, 5, 3), [np.random.default_rng(0)])
    X, G = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    outputs = network.forward(X, depth=2)
    assert len(outputs) == 3
    assert np.array_equal(outputs[-1], inner(X))
    gradient = network.backward(outputs, G)
    assert np.array_equal(gradient[: inner.p], inner.backward(inner.forward(X), G))
    assert not gradient[inner.p :].any()


@pytest.mark.parametrize("shape", [(), (3,)])
def test_gradients_of_each_row_equal_automatic_differentiation(shape, rng):
    network = networks((9, 64, 1)) if shape else MLP((9, 64, 1), [np.random.default_rng(0)])
    X = rng.normal(size=(*shape, 7, 9))
    gradients = network.gradients(X)
    assert gradients.shape == (*shape, 7, 705)
    for i in range(3 if shape else 1):
        literal = AutogradMLP((9, 64, 1), [np.random.default_rng(i)])
        mine, x = (gradients[i], X[i]) if shape else (gradients, X)
        assert np.allclose(mine, literal.gradients(x), atol=1e-14)


def test_the_loss_gradient_is_that_of_torchs_mean_squared_error(rng):
    network, literal = (kind((9, 16, 1), [np.random.default_rng(0)]) for kind in (MLP, AutogradMLP))
    X, r = rng.normal(size=(12, 9)), rng.normal(size=12)
    assert np.allclose(network.loss_gradient(X, np.ones(12), r), literal.loss_gradient(X, np.ones(12), r), atol=1e-14)


def test_equal_contexts_may_be_counted_instead_of_repeated(rng):
    network, X = MLP((9, 16, 1), [rng]), rng.normal(size=(5, 9))
    rows, r = rng.integers(0, 5, 40), rng.normal(size=40)
    counted = network.loss_gradient(X, np.bincount(rows, minlength=5), np.bincount(rows, r, minlength=5))
    assert np.allclose(counted, network.loss_gradient(X[rows], np.ones(40), r), atol=1e-14)


@pytest.mark.parametrize(("mine", "torchs"), [(SGD, torch.optim.SGD), (Adam, torch.optim.Adam)])
def test_a_thousand_steps_equal_those_of_torchs_optimiser(mine, torchs, rng):
    weights = rng.normal(size=(4, 20))
    parameter = torch.tensor(weights, requires_grad=True)
    optimizer, literal = mine(weights, 0.01), torchs([parameter], lr=0.01)
    for scale in np.exp(rng.normal(scale=3, size=1000)):
        gradient = rng.normal(size=(4, 20)) * scale
        parameter.grad = torch.tensor(gradient)
        literal.step()
        optimizer.step(gradient)
    assert np.allclose(weights, parameter.detach().numpy(), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_a_network_of_a_batch_is_trained_alone_as_it_is_with_the_others(kind, rng):
    batch, alone = networks((4, 3, 1)), networks((4, 3, 1))
    together, apart = kind(batch.flat, 0.1), kind(alone.flat, 0.1)
    X, r = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3, 5))
    for x, y in zip(X, r, strict=True):
        together.step(batch.loss_gradient(x, np.ones((3, 5)), y))
    for i in range(3):
        network, optimizer = alone.of_world(i), apart.of_world(i)
        for x, y in zip(X[:, i], r[:, i], strict=True):
            optimizer.step(network.loss_gradient(x, np.ones(5), y))
        assert optimizer.t == together.t
    assert np.array_equal(alone.flat, batch.flat)
    assert np.array_equal(apart.m, together.m)


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))], ids=["copy", "pickle"])
@pytest.mark.parametrize("kind", [MLP, AutogradMLP])
def test_a_copy_of_a_network_is_trained_apart_from_it_and_its_optimiser_with_it(twin_of, kind, rng):
    network = kind((3, 4, 1), [np.random.default_rng(0)])
    twin, optimizer = twin_of((network, SGD(network.flat, 0.1)))
    X, before = rng.normal(size=(5, 3)), network.flat.copy()
    expected = before - 0.1 * network.loss_gradient(X, np.ones(5), np.ones(5))
    optimizer.step(twin.loss_gradient(X, np.ones(5), np.ones(5)))
    assert np.array_equal(network.flat, before)
    assert np.allclose(twin.flat, expected, atol=1e-15)
    again = kind((3, 4, 1), [np.random.default_rng(0)])
    again.flat[...] = expected
    assert np.allclose(twin(X), again(X), atol=1e-14)


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda rng: MLP((9, 0, 1), [rng]), ValueError, "sizes"),
    (lambda rng: MLP((9, 1.5, 1), [rng]), TypeError, "sizes"),
    (lambda rng: MLP((9,), [rng]), ValueError, "sizes"),
    (lambda rng: SGD(np.ones(3), 0.0), ValueError, "lr"),
    (lambda rng: Adam(np.ones(3), float("nan")), ValueError, "lr"),
    (lambda rng: Adam(np.ones(3), "fast"), TypeError, "lr"),
    (lambda rng: MLP((9, 4, 2), [rng]).gradients(np.ones((1, 9))), ValueError, "single output"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused_by_name(make, error, message, rng):
    with pytest.raises(error, match=message):
        make(rng)
