"""Ties: the outcome is that of a plain reading of the rule, whatever the order, the company, the size and the noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolib.experiment.metrics import Interval, mean_interval
from zoolib.ties import SINGLE, TIE, argmax, printed, top_k

SIZES = st.sampled_from([1e-200, 1e-12, 1e-3, 1.0, 1e6, 1e200])


def read_plainly(scores, n, tolerance=TIE):
    """The rule, word for word: at each place the lowest of those that are as high as the highest that is left."""
    left, size = dict(enumerate(scores)), abs(max(scores))
    order = []
    while left and len(order) < n:
        highest = max(left.values())
        order.append(min(i for i, score in left.items() if score >= highest - tolerance * size))
        del left[order[-1]]
    return order


@st.composite
def tied(draw, lowest=-3):
    """Scores of a few levels that are far apart, each off by a little noise; and the same without the noise."""
    levels = draw(st.lists(st.integers(lowest, 5), min_size=1, max_size=30).filter(lambda found: max(found)))
    size = draw(SIZES)
    noise = draw(st.lists(st.floats(-1, 1), min_size=len(levels), max_size=len(levels)))
    exact = np.array(levels) * size / 3
    return exact, exact + 1e-13 * size * np.array(noise)


@given(tied(), st.integers(1, 40))
def test_noise_far_below_the_tolerance_changes_nothing(scores, n):
    exact, noisy = scores
    expected = np.argsort(-exact, kind="stable")[:n]
    assert top_k(noisy, n).tolist() == expected.tolist() == read_plainly(noisy, n)
    assert argmax(noisy) == expected[0]


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=12), st.integers(1, 12), st.sampled_from([TIE, SINGLE, 0.3]))
def test_it_is_the_rule_word_for_word(scores, n, tolerance):
    scores = np.array(scores)
    assert top_k(scores, n, tolerance).tolist() == read_plainly(scores, n, tolerance)


@given(tied(), st.randoms(use_true_random=False))
def test_in_another_order_the_same_products_come_out(scores, random):
    """Where a product has a number, and the numbers are sorted before they are looked at, as everywhere."""
    _, noisy = scores
    ids = list(range(len(noisy)))
    shuffled = random.sample(ids, len(ids))
    by_id = np.argsort(shuffled)
    assert np.array(shuffled)[by_id][top_k(noisy[shuffled][by_id], 5)].tolist() == top_k(noisy, 5).tolist()


@given(tied(lowest=1), st.integers(1, 10), st.lists(st.integers(1, 29), max_size=3))
def test_the_best_of_the_best_of_parts_are_the_best_of_all(scores, n, cuts):
    _, noisy = scores
    parts = [part for part in np.split(np.arange(len(noisy)), sorted(cuts)) if part.size]
    some = np.sort(np.concatenate([part[top_k(noisy[part], n)] for part in parts]))
    assert some[top_k(noisy[some], n)].tolist() == top_k(noisy, n).tolist()


@settings(max_examples=30)
@given(st.lists(tied(), min_size=1, max_size=5), st.integers(1, 8))
def test_rows_of_a_batch_are_judged_each_by_itself(rows, n):
    m = min(len(noisy) for _, noisy in rows)
    batch = np.stack([noisy[:m] for _, noisy in rows])
    np.testing.assert_array_equal(top_k(batch, n), [top_k(row, n) for row in batch])
    np.testing.assert_array_equal(argmax(batch), [argmax(row) for row in batch])


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e9])
def test_the_tolerance_is_a_part_of_the_size(size):
    assert argmax(size * np.array([1 - 0.9 * TIE, 1])) == 0
    assert argmax(size * np.array([1 - 1.1 * TIE, 1])) == 1
    assert argmax(-size * np.array([1 + 0.9 * TIE, 1])) == 0
    assert argmax(-size * np.array([1 + 1.1 * TIE, 1])) == 1


def test_what_is_not_for_sale_comes_last_and_never_twice():
    scores = np.array([-np.inf, 0.5, -np.inf, 0.7])
    assert top_k(scores, 4).tolist() == [3, 1, 0, 2]
    assert argmax(np.full(3, -np.inf)) == 0
    assert argmax(np.array([0.0, np.inf])) == 1
    assert top_k(np.empty((2, 0)), 3).shape == (2, 0)


def test_scores_without_end_are_ordered_like_others():
    assert top_k(np.array([1.0, np.inf, np.inf, -np.inf]), 4).tolist() == [1, 2, 0, 3]
    assert top_k(np.array([1.0, -np.inf, 3.0], dtype=np.float32), 3).tolist() == [2, 0, 1]


@pytest.mark.parametrize("shift", [-1e-15, 0.0, 1e-15])
@pytest.mark.parametrize(("x", "spec", "text"), [
    (0.1435, ".3f", "0.144"), (-0.1435, ".3f", "-0.144"), (0.12345, ".2%", "12.35%"), (2311.5, ",.0f", "2,312"),
    (0.0, ".3f", "0.000"), (1.45, ".2g", "1.5"), (float("inf"), ".1f", "inf"), (float("nan"), ".1f", "nan"),
])  # fmt: skip
def test_a_number_on_an_edge_is_printed_alike_whatever_its_last_digit(x, spec, text, shift):
    assert printed(x * (1 + shift), spec) == text


def test_a_number_that_is_on_no_edge_is_printed_as_always():
    for x in np.random.default_rng(0).normal(size=1000):
        assert printed(x, ".3f") == f"{x:.3f}"


def test_an_interval_whose_ends_stand_on_edges_is_printed_alike_in_whatever_order_its_values_were_summed():
    values = np.array([0.0, 1, 0, 0, 1, 1, 0, 1]) / 8
    texts = {f"{mean_interval(np.random.default_rng(i).permutation(values)):.4f}" for i in range(20)}
    assert texts == {"0.0625 [0.0066, 0.1184]"}
    assert f"{Interval(0.0625 - 1e-17, 0.5, 1, 8):.3f}" == f"{Interval(0.0625 + 1e-17, 0.5, 1, 8):.3f}"
