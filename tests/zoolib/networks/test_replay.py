"""The replay buffer against a list of records, in whole contexts and in cells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolib.networks import ReplayBuffer

CELLS = np.random.default_rng(0).normal(size=(6, 3))


def filled(capacity, n, shape=(), in_cells=True, seed=0):
    """A buffer after ``n`` clicks, and the list of all of them."""
    rng = np.random.default_rng(seed)
    buffer = ReplayBuffer(capacity, 3, shape, CELLS if in_cells else None)
    records = []
    for _ in range(n):
        cell, reward = rng.integers(0, 6, shape or None), rng.normal(size=shape or None)
        buffer.add(cell if in_cells else CELLS[cell], reward)
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
    shape=st.sampled_from([(), (3,)]), in_cells=st.booleans(), seed=st.integers(0, 10**6),
)  # fmt: skip
def test_a_window_is_the_last_records(capacity, n, shape, in_cells, seed):
    buffer, records = filled(capacity, n, shape, in_cells, seed)
    kept = records[-capacity:]
    assert len(buffer) == len(kept)
    assert buffer.full == (n >= capacity)
    assert all(np.allclose(a, b) for a, b in zip(sums(buffer.window()), sums_of(kept), strict=True))
    assert (buffer.window().n.sum(-1) == len(kept)).all()
    if not in_cells:
        assert np.array_equal(buffer.window().X, np.stack([x for x, _ in kept], axis=-2))  # oldest first
    x, reward = buffer.oldest()
    assert np.array_equal(CELLS[x] if in_cells else x, kept[0][0])
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
        got = sums(type(tally)(tally.X, tally.n[world], tally.s[world]))
        assert all(np.allclose(a, b) for a, b in zip(got, expected, strict=True))


def test_cells_and_whole_contexts_give_the_same_sums():
    tallies = []
    for in_cells in (True, False):
        buffer, _ = filled(50, 70, (2,), in_cells)
        tallies.append(buffer.sample(30, [np.random.default_rng(i) for i in range(2)]))
    assert tallies[0].X.shape == (6, 3)
    assert tallies[1].X.shape == (2, 30, 3)
    for a, b in zip(sums(tallies[0]), sums(tallies[1]), strict=True):
        assert np.allclose(a, b)


def test_sampling_is_uniform():
    buffer, _ = filled(10, 10, in_cells=False)
    rng = np.random.default_rng(1)
    counts = sum((buffer.sample(10, [rng]).s[:, None] == buffer.window().s[None, :]).sum(0) for _ in range(2000))
    assert counts == pytest.approx(np.full(10, 2000), abs=5 * np.sqrt(2000))


@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_context_of_no_cell_makes_the_buffer_go_over_to_whole_contexts(shape):
    buffer, records = filled(8, 11, shape)
    stranger = np.full((*shape, 3), 7.0)
    buffer.add(stranger, np.ones(shape))
    assert not buffer.by_cell
    expected = [*records[-7:], (stranger, np.ones(shape))]
    assert all(np.allclose(a, b) for a, b in zip(sums(buffer.window()), sums_of(expected), strict=True))
    buffer.add(CELLS[0] + np.zeros((*shape, 1)), np.zeros(shape))
    assert np.array_equal(buffer.window().X[..., -1, :], np.broadcast_to(CELLS[0], (*shape, 3)))
    buffer.add(np.full(shape, 4), np.zeros(shape))  # a cell is still known by its number
    assert np.array_equal(buffer.window().X[..., -1, :], np.broadcast_to(CELLS[4], (*shape, 3)))


def test_a_record_stays_when_the_callers_array_changes():
    buffer = ReplayBuffer(3, 2)
    x = np.ones(2)
    buffer.add(x, 1.0)
    x[...] = 5
    assert np.array_equal(buffer.oldest()[0], [1, 1])


@pytest.mark.parametrize("n", [0, 5, 20])
@pytest.mark.parametrize("in_cells", [True, False])
def test_a_buffer_goes_on_from_its_state(n, in_cells):
    buffer, _ = filled(8, n, (2,), in_cells)
    twin = ReplayBuffer(8, 3, (2,), CELLS if in_cells else None)
    twin.set_state(buffer.get_state())
    for seed in range(5):
        cell = np.random.default_rng(seed).integers(0, 6, 2)
        for one in (buffer, twin):
            one.add(cell if in_cells else CELLS[cell], cell * 1.0)
        for a, b in zip(buffer.window(), twin.window(), strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda b: ReplayBuffer(0, 3), ValueError, "capacity"),
    (lambda b: ReplayBuffer(1.0, 3), TypeError, "capacity"),
    (lambda b: ReplayBuffer(5, 0), ValueError, "d must"),
    (lambda b: ReplayBuffer(5, 3, (), np.ones((4, 2))), ValueError, "cells"),
    (lambda b: ReplayBuffer(5, 3, (), np.full((4, 3), np.nan)), ValueError, "cells"),
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
    (lambda b: b.add(6, 1.0), ValueError, "cell must be between 0 and 5, got 6"),
    (lambda b: b.add(0.5, 1.0), ValueError, "x must have shape"),
])  # fmt: skip
def test_what_cannot_be_is_refused_by_name_and_leaves_the_records_alone(call, error, message):
    buffer, _ = filled(8, 4)
    before = buffer.window()
    with pytest.raises(error, match=message):
        call(buffer)
    assert len(buffer) == 4
    assert buffer.by_cell
    assert np.array_equal(buffer.window().s, before.s)
