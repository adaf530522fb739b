"""From steps to statements: click-through rates, regret, recovery, and intervals (chapter 0).

Everything is first computed for each replication and only then summarized, so that an interval speaks of new worlds,
new users and new luck. Differences between agents are taken within a replication (paired): what the two share, good
or bad luck, cancels.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from zoolib import checks
from zoolib.experiment.results import Results

Steps = int | np.ndarray  # one step for all worlds, or one for each


@dataclass(frozen=True)
class Interval:
    """A mean over replications and its confidence interval.

    Attributes
    ----------
    mean, low, high
        The mean and the ends of the interval.
    n, level
        Number of replications, and its confidence level.
    """

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.95

    def __str__(self) -> str:
        return f"{self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"

    def __format__(self, spec: str) -> str:
        return f"{self.mean:{spec}} [{self.low:{spec}}, {self.high:{spec}}]" if spec else str(self)


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Return the mean of independent values with Student's t interval.

    Parameters
    ----------
    values
        One value a replication, at least two.
    level
        Confidence level in (0, 1).
    """
    from scipy.special import stdtrit

    x = checks.finite("values", values, (None,))
    if len(x) < 2:
        raise ValueError(f"values must hold at least two replications to give an interval, got {len(x)}")
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), got {level}")
    half = stdtrit(len(x) - 1, 0.5 + level / 2) * x.std(ddof=1) / np.sqrt(len(x))
    return Interval(float(x.mean()), float(x.mean() - half), float(x.mean() + half), len(x), level)


def intervals(frame: pd.DataFrame, level: float = 0.95) -> dict[str, Interval]:
    """Return the mean of every column, one row being a replication, with its interval."""
    return {str(name): mean_interval(frame[name], level) for name in frame}


def phases(results: Results) -> dict[str, tuple[Steps, Steps]]:
    """Return the times between shocks as ``{name: (start, stop)}``, each named after the shock that began it.

    Where each world drew its own, the start and stop are ``(R,)`` arrays.
    """
    changes = [*((name, step) for step, name in results.shocks.items()), *results.drawn.items()]
    starts = changes if 0 in results.shocks else [("at first", 0), *changes]
    stops = [*(step for _, step in starts[1:]), results.n_steps]
    return {name: (start, stop) for (name, start), stop in zip(starts, stops, strict=True)}


def paired_difference(frame: pd.DataFrame, a: str, b: str, level: float = 0.95) -> Interval:
    """Return the mean of ``frame[a] - frame[b]``, taken within each replication, with its interval."""
    for name in (a, b):
        if name not in frame:
            raise ValueError(f"no agent {name!r} in the frame; it has {', '.join(map(str, frame.columns))}")
    return mean_interval(frame[a] - frame[b], level)


def ctr(results: Results, start: Steps = 0, stop: Steps | None = None) -> pd.DataFrame:
    """Return the click-through rate from step ``start`` to ``stop``: one row a replication, one column an agent.

    Here and below, ``start`` and ``stop`` are steps, or ``(R,)`` arrays with one for each world.
    """
    return _by_agent(results, _between(results, results.reward, start, stop, np.mean))


def value(results: Results, start: Steps = 0, stop: Steps | None = None) -> pd.DataFrame:
    """Return the mean true click probability of what was shown: the rate without the luck of the clicks.

    The column ``Oracle`` holds what the best choices would have earned, if no agent has that name.
    """
    frame = _by_agent(results, _between(results, results.expected, start, stop, np.mean))
    return frame if "Oracle" in frame else frame.assign(Oracle=_between(results, results.oracle, start, stop, np.mean))


def regret(results: Results, start: Steps = 0, stop: Steps | None = None) -> pd.DataFrame:
    """Return the expected clicks lost against the oracle: one row a replication, one column an agent."""
    return _by_agent(results, _between(results, results.oracle - results.expected, start, stop, np.sum))


def rolling(
    results: Results, window: int = 500, every: int = 100, of: str = "reward", persona: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rolling mean over the last ``window`` steps.

    Parameters
    ----------
    results
        Of an experiment.
    window, every
        Length of the window, and the stride at which it is reported.
    of
        ``"reward"`` for the rolling CTR, ``"expected"`` for the same without the luck of the clicks, or ``"oracle"``.
    persona
        Whose visits count; everybody's if None. NaN where none of them came in a window.

    Returns
    -------
    steps
        ``(n,)`` the last step of each window, counted from 1.
    values
        ``(A, R, n)``, or ``(R, n)`` for the oracle.
    """
    if of not in ("reward", "expected", "oracle"):
        raise ValueError(f"of must be 'reward', 'expected' or 'oracle', got {of!r}")
    if persona not in (None, *results.personas):
        raise ValueError(f"unknown persona {persona!r}; these results know {', '.join(results.personas)}")
    window = checks.whole("window", window, 1, results.n_steps)
    steps = np.arange(window, results.n_steps + 1, checks.whole("every", every, 1))

    def in_window(values: np.ndarray) -> np.ndarray:
        total = np.cumsum(values, axis=-1, dtype=float)
        total = np.concatenate([np.zeros((*total.shape[:-1], 1)), total], axis=-1)
        return total[..., steps] - total[..., steps - window]

    if persona is None:
        return steps, in_window(getattr(results, of)) / window
    came = results.persona == results.personas.index(persona)
    with np.errstate(invalid="ignore"):
        return steps, in_window(getattr(results, of) * came) / in_window(came)


def steps_to_recover(
    results: Results, shock: Steps, share: float = 0.9, window: int = 500, persona: str | None = None
) -> pd.DataFrame:
    """Return how many steps after a shock an agent needs to be good again: one row a replication, one column an agent.

    An agent has recovered at the first step, at least ``window`` steps after the shock, at which its mean value over
    the last ``window`` steps reaches ``share`` of the oracle's over the same steps. One that does not before the next
    shock or the end of the run is censored: infinity. So report medians and shares recovered, not means.

    Parameters
    ----------
    results
        Of an experiment.
    shock
        When it came: a step, or an ``(R,)`` array with one for each world.
    share, window
        What good means.
    persona
        Whose visits count; everybody's if None. Where the taste of one persona changes, the others' visits tell little,
        and may hide that nothing has been learned.
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


def _between(results: Results, values: np.ndarray, start: Steps, stop: Steps | None, how: Any) -> np.ndarray:
    """Return ``how`` of each world's own steps, ``(..., R, T) -> (..., R)``."""
    stops = _each(results, "stop", results.n_steps if stop is None else stop, 1)
    starts = _each(results, "start", start, 0, stops - 1)
    return np.stack([how(values[..., i, starts[i] : stops[i]], axis=-1) for i in range(len(stops))], axis=-1)


def _each(results: Results, name: str, steps: Steps, low: int, high: Any = None) -> np.ndarray:
    """Return ``steps`` as one for each world, if they lie where they may."""
    R, high = len(results.seeds), results.n_steps if high is None else high
    if np.shape(steps) not in ((), (R,)):
        raise ValueError(f"{name} must be a step, or an array with one for each of {R} worlds, got {steps!r}")
    ends = np.broadcast(np.array(steps, dtype=object), high, range(R))
    return np.array([checks.whole(name, step, low, most) for step, most, _ in ends])


def _by_agent(results: Results, values: np.ndarray) -> pd.DataFrame:
    index = pd.Index(results.seeds, name="replication")
    return pd.DataFrame(values.T, index=index, columns=pd.Index(results.agents, name="agent"))


def share(hits: ArrayLike, level: float = 0.95, method: str = "wilson") -> Interval:
    """Return the share of replications of which something is true, with its interval.

    Parameters
    ----------
    hits
        ``(R,)`` truth values.
    level
        Confidence level in (0, 1).
    method
        ``"wilson"``, which on average covers the truth as often as it says, or ``"exact"`` (Clopper and Pearson, 1934),
        which never covers it less often.
    """
    from scipy.stats import binomtest

    hits = np.asarray(hits)
    if hits.dtype != bool or hits.ndim != 1 or not len(hits):
        raise ValueError(f"hits must be a row of truth values, at least one, got {hits!r}")
    ends = binomtest(int(hits.sum()), len(hits)).proportion_ci(level, method=method)
    return Interval(float(hits.mean()), float(ends.low), float(ends.high), len(hits), level)


def recovered(
    steps: ArrayLike, watched: ArrayLike, at: ArrayLike, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the share of replications that have recovered within ``at`` steps: the estimator of Kaplan and Meier.

    Parameters
    ----------
    steps
        ``(R,)`` steps to recover; infinite where it did not happen while we watched.
    watched
        For how many steps each was watched: one number, or ``(R,)``.
    at
        ``(n,)`` times, none later than the longest watch.
    level
        Confidence level in (0, 1).

    Returns
    -------
    share, low, high
        ``(n,)`` each. The limits are those of a log-log transform; where the share is 0 or 1 it has none, and they are
        Wilson's for as many replications as were still watched, or had recovered.
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
