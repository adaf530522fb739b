"""From steps to statements: click-through rates, regret, recovery, and intervals (chapter 0).

Everything is first computed for each replication and only then summarized, so that an interval speaks of new worlds,
new users and new luck. Differences between agents are taken within a replication (paired): what the two share, good
or bad luck, cancels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from zoolib import checks
from zoolib.experiment import Results


@dataclass(frozen=True)
class Interval:
    """A mean over replications and its confidence interval.

    Attributes
    ----------
    mean, low, high
        The mean and the ends of the interval.
    n
        Number of replications.
    level
        Its confidence level.
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
    x = checks.finite("values", values, (None,))
    if len(x) < 2:
        raise ValueError(f"values must hold at least two replications to give an interval, got {len(x)}")
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), got {level}")
    half = stats.t.ppf(0.5 + level / 2, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x))
    return Interval(float(x.mean()), float(x.mean() - half), float(x.mean() + half), len(x), level)


def intervals(frame: pd.DataFrame, level: float = 0.95) -> dict[str, Interval]:
    """Return the mean of every column, one row being a replication, with its interval."""
    return {str(name): mean_interval(frame[name], level) for name in frame}


def phases(results: Results) -> dict[str, tuple[int, int]]:
    """Return the times between shocks as ``{name: (start, stop)}``, each named after the shock that began it."""
    starts = {0: "at first", **results.shocks}
    return dict(zip(starts.values(), zip(starts, [*list(starts)[1:], results.n_steps], strict=True), strict=True))


def paired_difference(frame: pd.DataFrame, a: str, b: str, level: float = 0.95) -> Interval:
    """Return the mean of ``frame[a] - frame[b]``, taken within each replication, with its interval."""
    for name in (a, b):
        if name not in frame:
            raise ValueError(f"no agent {name!r} in the frame; it has {', '.join(map(str, frame.columns))}")
    return mean_interval(frame[a] - frame[b], level)


def ctr(results: Results, start: int = 0, stop: int | None = None) -> pd.DataFrame:
    """Return the click-through rate from step ``start`` to ``stop``: one row a replication, one column an agent."""
    return _by_agent(results, results.reward[..., _steps(results, start, stop)].mean(-1))


def value(results: Results, start: int = 0, stop: int | None = None) -> pd.DataFrame:
    """Return the mean true click probability of what was shown: the rate without the luck of the clicks.

    The column ``Oracle`` holds what the best choices would have earned, if no agent has that name.
    """
    steps = _steps(results, start, stop)
    frame = _by_agent(results, results.expected[..., steps].mean(-1))
    return frame if "Oracle" in frame else frame.assign(Oracle=results.oracle[:, steps].mean(-1))


def regret(results: Results, start: int = 0, stop: int | None = None) -> pd.DataFrame:
    """Return the expected clicks lost against the oracle: one row a replication, one column an agent."""
    steps = _steps(results, start, stop)
    return _by_agent(results, (results.oracle[:, steps] - results.expected[..., steps]).sum(-1))


def rolling(results: Results, window: int = 500, every: int = 100, of: str = "reward") -> tuple[np.ndarray, np.ndarray]:
    """Return the rolling mean over the last ``window`` steps.

    Parameters
    ----------
    results
        Of an experiment.
    window, every
        Length of the window, and the stride at which it is reported.
    of
        ``"reward"`` for the rolling CTR, ``"expected"`` for the same without the luck of the clicks, or ``"oracle"``.

    Returns
    -------
    steps
        ``(n,)`` the last step of each window, counted from 1.
    values
        ``(A, R, n)``, or ``(R, n)`` for the oracle.
    """
    if of not in ("reward", "expected", "oracle"):
        raise ValueError(f"of must be 'reward', 'expected' or 'oracle', got {of!r}")
    window = checks.whole("window", window, 1, results.n_steps)
    total = np.cumsum(getattr(results, of), axis=-1, dtype=float)
    total = np.concatenate([np.zeros((*total.shape[:-1], 1)), total], axis=-1)
    steps = np.arange(window, results.n_steps + 1, checks.whole("every", every, 1))
    return steps, (total[..., steps] - total[..., steps - window]) / window


def steps_to_recover(results: Results, shock: int, share: float = 0.9, window: int = 500) -> pd.DataFrame:
    """Return how many steps after a shock an agent needs to be good again.

    An agent has recovered at the first step, at least ``window`` steps after the shock, at which its mean value over
    the last ``window`` steps reaches ``share`` of the oracle's over the same steps. One that does not before the next
    shock or the end of the run is censored: infinity. So report medians and shares recovered, not means.

    Returns
    -------
    One row a replication, one column an agent.
    """
    shock = checks.whole("shock", shock, 0, results.n_steps - 1)
    stop = min([s for s in results.shocks if s > shock], default=results.n_steps)
    window = checks.whole("window", window, 1, stop - shock)
    share = checks.real("share", share, 0.0, 1.0, open_low=True)
    steps, got = rolling(results, window, every=1, of="expected")
    _, best = rolling(results, window, every=1, of="oracle")
    inside = (steps >= shock + window) & (steps <= stop)
    good = got[..., inside] >= share * best[:, inside] - 1e-9  # rounding must not decide
    first = np.where(good.any(-1), good.argmax(-1) + window, np.inf)
    return _by_agent(results, first)


def _steps(results: Results, start: int, stop: int | None) -> slice:
    stop = results.n_steps if stop is None else checks.whole("stop", stop, 1, results.n_steps)
    return slice(checks.whole("start", start, 0, stop - 1), stop)


def _by_agent(results: Results, values: np.ndarray) -> pd.DataFrame:
    index = pd.Index(results.seeds, name="replication")
    return pd.DataFrame(values.T, index=index, columns=pd.Index(results.agents, name="agent"))
