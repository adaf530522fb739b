"""Scores of many tasks at once, and their intervals (chapter 10).

Agarwal, Schwarzer, Castro, Courville and Bellemare, NeurIPS 2021. A mean over tasks can be made by one of them, a
median by none of those far from it. Scores are put on one scale first, task by task.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from zoolib import checks
from zoolib.randomness import Seed, generator


def performance_profile(scores: ArrayLike, at: ArrayLike) -> np.ndarray:
    """Return the share of all runs whose score is above each value of ``at``, ``(..., M, N) -> (..., n)``.

    Parameters
    ----------
    scores, at
        N runs of each of M tasks; and ``(n,)`` values. Every task counts alike.

    >>> performance_profile([[0.1, 0.4], [0.8, 1.0]], at=[0.0, 0.5, 0.9]).tolist()
    [1.0, 0.5, 0.25]
    """
    scores, at = _runs(scores), checks.finite("at", at, (None,))
    return (scores[..., None] > at).mean((-3, -2))


def interquartile_mean(scores: ArrayLike) -> np.ndarray:
    """Return the mean of the middle half of all runs, those of all tasks together, ``(..., M, N) -> (...)``.

    A quarter of the M N runs is cut off at either end, rounded down to whole runs.

    >>> float(interquartile_mean([[0.0, 1.0, 2.0, 90.0]]))
    1.5
    """
    scores = _runs(scores)
    runs = np.sort(scores.reshape(*scores.shape[:-2], -1), axis=-1)
    cut = runs.shape[-1] // 4
    return runs[..., cut : runs.shape[-1] - cut].mean(-1)


def stratified_bootstrap(
    scores: ArrayLike,
    of: Callable[[np.ndarray], np.ndarray],
    *,
    rng: Seed,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the percentile interval of ``of(scores)``, the runs of each task being drawn anew.

    Parameters
    ----------
    scores
        ``(..., M, N)``. What leading axes tell apart, agents say, is given the same draws, so that differences are
        paired. The tasks stay as they are: the interval speaks of new runs of these.
    of
        What to return of scores.
    rng, n_resamples, level
        A seed or generator; how often to draw; and the confidence level in (0, 1).

    >>> low, high = stratified_bootstrap([[1.0, 2.0], [5.0, 9.0]], interquartile_mean, rng=0)
    >>> float(low), float(high)
    (3.0, 5.5)
    """
    scores, rng, of = _runs(scores), generator(rng), checks.called("of", of)
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), got {level}")
    tasks, runs = np.arange(scores.shape[-2])[:, None], scores.shape[-1]
    drawn = [
        of(scores[..., tasks, rng.integers(runs, size=scores.shape[-2:])])
        for _ in range(checks.whole("n_resamples", n_resamples, 1))
    ]
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return low, high


def _runs(scores: ArrayLike) -> np.ndarray:
    scores = checks.finite("scores", scores, (None,) * max(2, np.ndim(scores)))
    if not scores.size:
        raise ValueError(f"scores must hold numbers (..., tasks, runs), got shape {scores.shape}")
    return scores
