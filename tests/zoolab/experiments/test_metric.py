"""The kernel of chapter 8 that learns its metric: its gradients are such, it finds directions, and comes out again."""

import numpy as np
import pytest
from stored_numbers import compares_stored_numbers

from zoolab.experiments import metric, regimes
from zoolib.experiment import stored

POINTS = {(point.dial, point.value): point for point in regimes.POINTS}


@pytest.fixture(scope="module")
def log():
    """Clicks for which one direction of four columns matters, none of which points there."""
    rng = np.random.default_rng(0)
    X, direction = rng.normal(size=(3000, 4)), np.array([0.6, 0.8, 0.0, 0.0])
    return X, (rng.random(3000) < np.where(X @ direction > 0, 0.6, 0.1)).astype(float), direction


def test_gradients_are_those_of_what_it_predicts(log):
    X, r, _ = log
    fitted = metric.Machine(X[:300], r[:300], np.diag([2.0, 1.0, 0.5, 0.5]), np.random.default_rng(1))
    rows, step = np.random.default_rng(2).normal(size=(5, 4)), 1e-5
    numeric = [(fitted(rows + step * e) - fitted(rows - step * e)) / (2 * step) for e in np.eye(4)]
    assert np.allclose(fitted.gradients(rows), np.transpose(numeric), atol=1e-6)


def test_the_metric_turns_to_the_direction_that_matters(log):
    X, r, direction = log
    for M in (metric.metric_of_quadratic(X, r), metric.machine(X, r, np.random.default_rng(1)).M):
        assert np.trace(M) == pytest.approx(4)
        assert abs(np.linalg.eigh(M)[1][:, -1] @ direction) > 0.98


def test_the_quadratic_has_the_hessian_and_the_gradient_of_what_it_was_fitted_to():
    X = np.random.default_rng(0).normal(size=(200_000, 2))
    r = np.random.default_rng(1).random(200_000) < 1 / (1 + np.exp(-(X[:, 0] + X[:, 0] * X[:, 1])))
    expected = np.array([[0, 1], [1, 0]]) @ np.array([[0, 1], [1, 0]]).T + np.outer([1, 0], [1, 0])
    assert np.allclose(metric.metric_of_quadratic(X, r), metric.scaled(expected), atol=0.05)


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize(("dial", "value"), metric.KINDS)
def test_worlds_come_out_again_digit_for_digit(dial, value):
    again = metric.play([7], **POINTS[dial, value].world)
    row = stored(metric.TABLE).set_index("dial").loc[dial]
    assert again[7] == float(row["earned"].split()[7 - row["first"]])
