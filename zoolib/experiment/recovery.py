"""How long it takes an agent to recover from a shock, and how many do (chapters 4 and 7)."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from zoolib import checks
from zoolib.experiment.metrics import Steps, _by_agent, _each, rolling
from zoolib.experiment.results import Results


def steps_to_recover(
    results: Results, shock: Steps, share: float = 0.9, window: int = 500, persona: str | None = None
) -> pd.DataFrame:
    """Return how many steps after a shock an agent needs to be good again.

    An agent has recovered at the first step, at least ``window`` steps after the shock, at which its mean value over
    the last ``window`` steps reaches ``share`` of the oracle's over the same steps. One that does not before the next
    shock or the end of the run is censored: infinity. So report medians and shares recovered, not means.

    Parameters
    ----------
    results, shock
        Of an experiment; and when the shock came, a step, or an ``(R,)`` array with one for each world.
    share, window
        What good means.
    persona
        Whose visits count; everybody's if None. Where the taste of one persona changes, the others' visits tell little,
        and may hide that nothing has been learned.

    Returns
    -------
    One row a replication, one column an agent.

    >>> from zoolib.agents import OracleAgent
    >>> from zoolib.experiment import replicate
    >>> results = replicate({"oracle": lambda features, rng: OracleAgent(features)}, range(3), 50)
    >>> steps_to_recover(results, shock=10, window=20)["oracle"].tolist()
    [20.0, 20.0, 20.0]
    """
    shock = _each(results, "shock", shock, 0, results.n_steps - 1)
    ends = [_each(results, "end", end, 0) for end in (*results.shocks, *results.drawn.values(), results.n_steps)]
    stop = np.where(ends > shock, ends, results.n_steps).min(0)
    window = checks.whole("window", window, 1, int((stop - shock).min()))
    share = checks.real("share", share, 0.0, 1.0, open_low=True)
    steps, got = rolling(results, window, every=1, of="expected", persona=persona)
    _, best = rolling(results, window, every=1, of="oracle", persona=persona)
    good = got >= share * best - 1e-9  # rounding must not decide
    good &= (steps >= shock[:, None] + window) & (steps <= stop[:, None])
    return _by_agent(results, np.where(good.any(-1), steps[good.argmax(-1)] - shock, np.inf))


def recovered(
    steps: ArrayLike, watched: ArrayLike, at: ArrayLike, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the share of replications that have recovered within ``at`` steps: the estimator of Kaplan and Meier.

    Parameters
    ----------
    steps, watched
        ``(R,)`` steps to recover, infinite where it did not happen while we watched; and for how many steps each was
        watched, one number or ``(R,)``.
    at, level
        ``(n,)`` times, none later than the longest watch; and the confidence level in (0, 1).

    Returns
    -------
    share, low, high
        ``(n,)`` each. The limits are those of a log-log transform; where the share is 0 or 1 it has none, and they are
        Wilson's for as many replications as were still watched, or had recovered.

    >>> share, low, high = recovered([100, 300, np.inf], watched=500, at=[50, 500])
    >>> share.round(2).tolist()
    [0.0, 0.67]
    """
    from scipy import stats

    steps, at = np.asarray(steps, dtype=float), np.asarray(at, dtype=float)
    seen, watched = np.isfinite(steps), np.broadcast_to(np.asarray(watched, dtype=float), steps.shape)
    if not len(steps) or not (steps[seen] <= watched[seen]).all():
        raise ValueError("steps must hold at least one replication, and no recovery after the end of its watch")
    if not ((at >= 0) & (at <= watched.max())).all():
        raise ValueError(f"at must lie between 0 and the longest watch, {watched.max():g}, got {at}")
    z2 = stats.norm.ppf(0.5 + level / 2) ** 2
    n_watched = (watched >= at[:, None]).sum(axis=1)
    at_nought, at_one = z2 / (n_watched + z2), len(steps) / (len(steps) + z2)
    if not seen.any():
        return np.zeros(at.shape), np.zeros(at.shape), at_nought
    cdf = stats.ecdf(stats.CensoredData(uncensored=steps[seen], right=watched[~seen])).cdf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the transform is infinite at 0 and 1
        ends = cdf.confidence_interval(level, method="log-log")
    part = cdf.evaluate(at)
    none, everyone = part == 0, part == 1
    low = np.select([none, everyone], [0.0, at_one], ends.low.evaluate(at))
    high = np.select([none, everyone], [at_nought, 1.0], ends.high.evaluate(at))
    return part, low, high
