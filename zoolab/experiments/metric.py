"""The last spoiler of chapter 8: a rival that learns directions from clicks, and has no network.

Kernel ridge regression measures by some metric M how far two contexts are from each other. In a *recursive feature
machine* (Radhakrishnan, Beaglehole, Pandit and Belkin, Science 2024) M is the mean outer product of the gradients of
what was fitted before. Ours begins with a quadratic of the columns, logistic, and goes round twice, on centres drawn
from the log. It shows what it rates highest: it does not explore, and learns from nothing but the log. Its length and
its ridge were found on worlds that no table holds, from the seed 500,000 on.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import PolynomialFeatures

import zoolib as zoo
from zoolab.columns import FeatureShop
from zoolab.experiments.regime_runs import rated_highest
from zoolab.experiments.regimes import CHUNK, POINTS, SEEDS, row
from zoolab.long import DATA, Cache, gather

TABLE = DATA / "metric.csv"
AGENT, KINDS = "kernel", [("AND rotated", 2), ("AND rotated, log", 1000)]
LENGTH, RIDGE, START, CENTRES, ROWS = 8.0, 1.0, 27.0, 1000, 2000  # the last: of the log, for the gradients


def metric_of_quadratic(X: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Return H H' + g g', ``(d, d)``: Hessian and gradient in 0 of a quadratic that is fitted to ``X``, ``(n, d)``."""
    products = PolynomialFeatures(2, include_bias=False)
    fitted = LogisticRegression(C=1 / START, solver="newton-cholesky", tol=1e-8).fit(products.fit_transform(X), r)
    g, H = np.zeros(X.shape[1]), np.zeros((X.shape[1],) * 2)
    for weight, powers in zip(fitted.coef_[0], products.powers_, strict=True):
        i, *j = np.repeat(np.arange(len(g)), powers)
        if j:
            H[i, j[0]] += weight
            H[j[0], i] += weight
        else:
            g[i] = weight
    return scaled(H @ H.T + np.outer(g, g))


def scaled(M: np.ndarray) -> np.ndarray:
    """Return a metric of which the directions have a mean square of 1."""
    return M * (len(M) / np.trace(M))


def distances(X: np.ndarray, C: np.ndarray, M: np.ndarray) -> np.ndarray:
    """Return sqrt((x - c)' M (x - c)) of the rows of ``X`` and ``C``, ``(n, m)``."""
    squares, turns = np.linalg.eigh(M)
    root = turns * np.sqrt(np.maximum(squares, 0))
    return cdist(X @ root, C @ root)


class Machine:
    """f(x) = mean + sum w_i exp(-distance(x, c_i) / length), its centres c_i drawn from the log.

    Parameters
    ----------
    X, r, M, rng
        ``(n, d)`` contexts and ``(n,)`` clicks; the metric, ``(d, d)``; whoever draws the centres.
    """

    def __init__(self, X: np.ndarray, r: np.ndarray, M: np.ndarray, rng: np.random.Generator) -> None:
        self.M, self.centres = M, X[rng.permutation(len(X))[:CENTRES]]
        K, among = (np.exp(-distances(rows, self.centres, M) / LENGTH) for rows in (X, self.centres))
        A = K.T @ K + RIDGE * among + 1e-6 * len(X) / len(among) * np.eye(len(among))
        self.weights = np.linalg.solve(A, K.T @ (r - r.mean()))

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return f(x), but for the mean, for the rows of ``X``."""
        return np.exp(-distances(X, self.centres, self.M) / LENGTH) @ self.weights

    def gradients(self, X: np.ndarray) -> np.ndarray:
        """Return df(x)/dx for the rows of ``X``, ``(n, d)``, what a centre adds at its own place being 0."""
        D = distances(X, self.centres, self.M)
        W = np.where(D > 1e-3, np.exp(-D / LENGTH) / (LENGTH * np.maximum(D, 1e-3)), 0) * self.weights
        return (W @ self.centres - W.sum(1)[:, None] * X) @ self.M


def machine(X: np.ndarray, r: np.ndarray, rng: np.random.Generator) -> Machine:
    """Return one whose metric is that of the gradients of another, whose metric is that of a quadratic."""
    G = Machine(X, r, metric_of_quadratic(X, r), rng).gradients(X[:ROWS])
    return Machine(X, r, scaled(G.T @ G), rng)


def learned(world: FeatureShop, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return what rates contexts by the columns of visitor and product."""
    columns = np.r_[world.layout.user, world.layout.product]
    rates = machine(world.log_x[:, columns], world.log_r, zoo.spawn(seed, "metric"))
    return lambda X: rates(X[:, columns])


def play(seeds: Sequence[int], taste: Mapping[str, Any], shop: Mapping[str, Any]) -> dict[int, float]:
    """Return what it earns in each of the worlds ``seeds``: the mean click probability of what it showed."""
    return rated_highest(seeds, taste, shop, learned)


def compute(cache: Cache = None, seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """Return the table, as :mod:`zoolab.experiments.regimes` does: what was ``earned``, world by world, in a row."""
    points = [point for point in POINTS if (point.dial, point.value) in KINDS]
    found = gather(play, [(dict(point.world), list(seeds)) for point in points], cache, chunk=CHUNK)
    setting = f"length={LENGTH:g} ridge={RIDGE:g} centres={CENTRES}"
    return pd.DataFrame(row(point, AGENT, setting, "tested", got) for point, got in zip(points, found, strict=True))
