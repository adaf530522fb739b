"""The replay buffer against a list of records."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolib.networks import ReplayBuffer

CELLS = np.random.default_rng(0).normal(size=(6, 3))


def filled(capacity, n, shape=(), seed=0):
    """A buffer after ``n`` clicks, and the list of all of them."""
    rng = np.random.default_rng(seed)
    buffer = ReplayBuffer(capacity, 3, shape)
    records = []
    for _ in range(n):
        cell, reward = rng.integers(0, 6, shape or None), rng.normal(size=shape or None)
        buffer.add(CELLS[cell], reward)
        records.append((CELLS[cell], reward))
    return buffer, records


def sums(tally):
    """What ridge regression asks of a tally: sum n x x' and sum s x."""
    X = np.broadcast_to(tally.X, (*tally.n.shape, tally.X.shape[-1]))
    return np.swapaxes(X, -1, -2) @ (tally.n[..., None] * X), np.vecmat(tally.s, X)


def sums_of(records):
    X, r = (np.stack(part, axis=-1) for part in zip(*records, strict=True))
    X = np.moveaxis(X, -1, -2)
    return np.swapaxes(X, -1, -2) @ X, np.vecmat(r, X)


@settings(max_examples=40, deadline=None)
@given(
    capacity=st.integers(1, 12), n=st.integers(1, 40),
    shape=st.sampled_from([(), (3,)]), seed=st.integers(0, 10**6),
)  # fmt: skip
def test_a_window_is_the_last_records(capacity, n, shape, seed):
    buffer, records = filled(capacity, n, shape, seed)
    kept = records[-capacity:]
    assert len(buffer) == len(kept)
    assert buffer.full == (n >= capacity)
    assert all(np.allclose(a, b) for a, b in zip(sums(buffer.window()), sums_of(kept), strict=True))
    assert (buffer.window().n.sum(-1) == len(kept)).all()
    assert np.array_equal(buffer.window().X, np.stack([x for x, _ in kept], axis=-2))  # oldest first
    x, reward = buffer.oldest()
    assert np.array_equal(x, kept[0][0])
    assert np.array_equal(reward, kept[0][1])


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_sample_is_what_the_generators_pick_with_replacement(shape):
    buffer, records = filled(20, 33, shape)
    rngs = [np.random.default_rng(i) for i in range(3 if shape else 1)]
    tally = buffer.sample(15, rngs)
    ring = [*records[20:], *records[13:20]]  # the ring's places, in order
    for i in range(len(rngs)):
        world = (i,) if shape else ()
        picks = np.random.default_rng(i).integers(0, 20, 15)
        expected = sums_of([(ring[j][0][world], np.asarray(ring[j][1])[world]) for j in picks])
        got = sums(type(tally)(tally.X[world], tally.n[world], tally.s[world]))
        assert all(np.allclose(a, b) for a, b in zip(got, expected, strict=True))


def test_sampling_is_uniform():
    buffer, _ = filled(10, 10)
    rng = np.random.default_rng(1)
    counts = sum((buffer.sample(10, [rng]).s[:, None] == buffer.window().s[None, :]).sum(0) for _ in range(2000))
    assert counts == pytest.approx(np.full(10, 2000), abs=5 * np.sqrt(2000))


def test_a_record_stays_when_the_callers_array_changes():
    buffer = ReplayBuffer(3, 2)
    x = np.ones(2)
    buffer.add(x, 1.0)
    x[...] = 5
    assert np.array_equal(buffer.oldest()[0], [1, 1])


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda b: ReplayBuffer(0, 3), ValueError, "capacity"),
    (lambda b: ReplayBuffer(1.0, 3), TypeError, "capacity"),
    (lambda b: ReplayBuffer(5, 0), ValueError, "d must"),
    (lambda b: ReplayBuffer(5, 3).oldest(), ValueError, "holds 0 records"),
    (lambda b: ReplayBuffer(5, 3).window(), ValueError, "holds 0 records"),
    (lambda b: ReplayBuffer(5, 3).sample(1, [np.random.default_rng(0)]), ValueError, "holds 0 records"),
    (lambda b: b.sample(5, [np.random.default_rng(0)]), ValueError, "holds 4 records, 5 were asked for"),
    (lambda b: b.sample(0, [np.random.default_rng(0)]), ValueError, "batch_size"),
    (lambda b: b.add([1.0, np.nan, 0.0], 1.0), ValueError, "x must be finite"),
    (lambda b: b.add([1.0, 0.0], 1.0), ValueError, "x must have shape"),
    (lambda b: b.add(["a", "b", "c"], 1.0), TypeError, "x"),
    (lambda b: b.add(np.ones(3), np.inf), ValueError, "reward"),
    (lambda b: b.add(np.ones(3), [1.0]), ValueError, "reward"),
    (lambda b: b.add(0.5, 1.0), ValueError, "x must have shape"),
])  # fmt: skip
def test_what_cannot_be_is_refused_by_name_and_leaves_the_records_alone(call, error, message):
    buffer, _ = filled(8, 4)
    before = buffer.window()
    with pytest.raises(error, match=message):
        call(buffer)
    assert len(buffer) == 4
    assert np.array_equal(buffer.window().s, before.s)
