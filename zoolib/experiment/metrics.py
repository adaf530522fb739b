"""From steps to statements: click-through rates, regret, recovery, and intervals (chapter 0).

Everything is first computed for each replication and only then summarized, so that an interval speaks of new worlds,
new users and new luck. Differences between agents are taken within a replication (paired): luck that is shared cancels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from zoolib import checks
from zoolib.experiment.results import Results
from zoolib.randomness import generator
from zoolib.ties import printed

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

    >>> f"{Interval(0.5, 0.4, 0.6, n=100):.1f}"
    '0.5 [0.4, 0.6]'
    """

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.95

    def __str__(self) -> str:
        return f"{self:.4g}"

    def __format__(self, spec: str) -> str:
        mean, low, high = (printed(x, spec or ".4g") for x in (self.mean, self.low, self.high))
        return f"{mean} [{low}, {high}]"


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Return the mean of independent values with Student's t interval.

    Parameters
    ----------
    values, level
        One value a replication, at least two; and the confidence level in (0, 1).

    >>> f"{mean_interval([1.0, 2.0, 3.0]):.2f}"
    '2.00 [-0.48, 4.48]'
    """
    from scipy.special import stdtrit

    x = checks.finite("values", values, (None,))
    if len(x) < 2:
        raise ValueError(f"values must hold at least two replications to give an interval, got {len(x)}")
    level = checks.real("level", level, 0.0, 0.999_999, open_low=True)
    half = stdtrit(len(x) - 1, 0.5 + level / 2) * x.std(ddof=1) / np.sqrt(len(x))
    checks.real("half the interval of values", half, 0.0)
    return Interval(float(x.mean()), float(x.mean() - half), float(x.mean() + half), len(x), level)


def phases(results: Results) -> dict[str, tuple[Steps, Steps]]:
    """Return the times between shocks as ``{name: (start, stop)}``, each named after the shock that began it.

    Of several of one name each has its step behind it, as ``"shock at 30"``. Where each world drew its own, the start
    and stop are ``(R,)`` arrays.
    """
    checks.instance("results", results, Results)
    begun = {0: "at first", **results.shocks}
    names = [*begun.values(), *results.drawn]
    common = ((name if names.count(name) == 1 else f"{name} at {step}", step) for step, name in begun.items())
    starts = [*common, *results.drawn.items()]
    stops = [*(step for _, step in starts[1:]), results.n_steps]
    return {name: (start, stop) for (name, start), stop in zip(starts, stops, strict=True)}


def paired_difference(frame: pd.DataFrame, a: str, b: str, level: float = 0.95) -> Interval:
    """Return the mean of ``frame[a] - frame[b]``, taken within each replication, with its interval.

    >>> f"{paired_difference(pd.DataFrame({'a': [1.0, 3.0], 'b': [0.0, 1.0]}), 'a', 'b'):.2f}"
    '1.50 [-4.85, 7.85]'
    """
    for which, name in {"a": a, "b": b}.items():
        if checks.hashable(which, name) not in checks.instance("frame", frame, pd.DataFrame):
            raise ValueError(f"{which}: there is no agent {name!r} in the frame; it has {', '.join(map(str, frame))}")
    return mean_interval(np.subtract(frame[a].to_numpy(), frame[b].to_numpy(), dtype=float), level)


def ctr(results: Results, start: Steps = 0, stop: Steps | None = None) -> pd.DataFrame:
    """Return the click-through rate from step ``start`` to ``stop``: one row a replication, one column an agent.

    Here and below, ``start`` and ``stop`` are steps, or ``(R,)`` arrays with one for each world.
    """
    return _by_agent(results, _between(results, "reward", start, stop, np.mean))


def value(results: Results, start: Steps = 0, stop: Steps | None = None) -> pd.DataFrame:
    """Return the mean true click probability of what was shown: the rate without the luck of the clicks.

    The column ``Oracle`` holds what the best choices would have earned, if no agent has that name.
    """
    frame = _by_agent(results, _between(results, "expected", start, stop, np.mean))
    return frame if "Oracle" in frame else frame.assign(Oracle=_between(results, "oracle", start, stop, np.mean))


def regret(results: Results, start: Steps = 0, stop: Steps | None = None) -> pd.DataFrame:
    """Return the expected clicks lost against the oracle: one row a replication, one column an agent."""
    return _by_agent(results, _between(results, "regret", start, stop, np.sum))


def rolling(
    results: Results, window: int = 500, every: int = 100, of: str = "reward", persona: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rolling mean over the last ``window`` steps.

    Parameters
    ----------
    results, window, every
        Of an experiment; length of the window, and the stride at which it is reported.
    of
        ``"reward"`` for the rolling CTR, ``"expected"`` for the same without the luck of the clicks, or ``"oracle"``.
    persona
        Whose visits count; everybody's if None. NaN where none of them came in a window.

    Returns
    -------
    steps, values
        ``(n,)`` the last step of each window, counted from 1; and ``(A, R, n)``, or ``(R, n)`` for the oracle.

    >>> from zoolib.agents import OracleAgent
    >>> from zoolib.experiment import replicate
    >>> results = replicate({"oracle": lambda features, rng: OracleAgent(features)}, range(3), 50)
    >>> rolling(results, window=10, every=10)[1].shape
    (1, 3, 5)
    """
    checks.instance("results", results, Results)
    checks.choice("of", of, ("reward", "expected", "oracle"))
    if checks.instance("persona", persona, str, type(None)) not in (None, *results.personas):
        raise ValueError(f"unknown persona {persona!r}; these results know {', '.join(results.personas)}")
    window = checks.whole("window", window, 1, results.n_steps)
    steps = np.arange(window, results.n_steps + 1, checks.whole("every", every, 1))

    def in_window(values: np.ndarray) -> np.ndarray:
        total = np.zeros((*values.shape[:-1], results.n_steps + 1))
        np.cumsum(values, axis=-1, out=total[..., 1:])
        return total[..., window::every] - total[..., :-window:every]

    if persona is None:
        return steps, in_window(getattr(results, of)) / window
    came = results.persona == results.personas.index(persona)
    with np.errstate(invalid="ignore"):
        return steps, in_window(getattr(results, of) * came) / in_window(came)


def steps_to_recover(
    results: Results, shock: Steps, share: float = 0.9, window: int = 500, persona: str | None = None
) -> pd.DataFrame:
    """Return how many steps after a shock an agent needs to be good again, a row a replication, a column an agent.

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

    >>> from zoolib.agents import OracleAgent
    >>> from zoolib.experiment import replicate
    >>> results = replicate({"oracle": lambda features, rng: OracleAgent(features)}, range(3), 50)
    >>> steps_to_recover(results, shock=10, window=20)["oracle"].tolist()
    [20.0, 20.0, 20.0]
    """
    checks.instance("results", results, Results)
    shock = _each(results, "shock", shock, 0, results.n_steps - 1)
    ends = [_each(results, "end", end, 0) for end in (*results.shocks, *results.drawn.values(), results.n_steps)]
    stop = np.where(ends > shock, ends, results.n_steps).min(0)
    window = checks.whole("window", window, 1, int((stop - shock).min()))
    share = checks.real("share", share, 0.0, 1.0, open_low=True)
    steps, got = rolling(results, window, every=1, of="expected", persona=persona)
    _, best = rolling(results, window, every=1, of="oracle", persona=persona)
    good = got >= share * best - 1e-9  # Rounding must not decide.
    good &= (steps >= shock[:, None] + window) & (steps <= stop[:, None])
    return _by_agent(results, np.where(good.any(-1), steps[good.argmax(-1)] - shock, np.inf))


def _between(results: Results, of: str, start: Steps, stop: Steps | None, how: Any) -> np.ndarray:
    """Return ``how`` of each world's own steps, ``(..., R, T) -> (..., R)``."""
    checks.instance("results", results, Results)
    values = np.subtract(results.oracle, results.expected, dtype=float) if of == "regret" else getattr(results, of)
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
    hits, level
        ``(R,)`` truth values, and the confidence level in (0, 1).
    method
        ``"wilson"``, which on average covers the truth as often as it says, or ``"exact"`` (Clopper and Pearson, 1934),
        which never covers it less often.

    >>> f"{share([True, True, False]):.2f}"
    '0.67 [0.21, 0.94]'
    """
    from scipy.stats import binomtest

    hits = np.asarray(hits)
    if hits.dtype != bool or hits.ndim != 1 or not len(hits):
        raise ValueError(f"hits must be a row of truth values, at least one, got {hits!r}")
    level = checks.real("level", level, 0.0, 0.999_999, open_low=True)
    ends = binomtest(int(hits.sum()), len(hits)).proportion_ci(level, method=method)
    return Interval(float(hits.mean()), float(ends.low), float(ends.high), len(hits), level)


def resampled(of: Callable[..., float], *samples: ArrayLike, level: float = 0.95) -> Interval:
    """Return a number about replications, such as a median, with its percentile bootstrap interval (Efron, 1979).

    Parameters
    ----------
    of, samples
        A function that returns the number of ``samples``, each ``(R, ...)``; replications are resampled a thousand
        times, the same ones from all samples.
    level
        Confidence level in (0, 1).

    >>> f"{resampled(np.median, [3.0, 1.0, 2.0, 9.0]):.1f}"
    '2.5 [1.0, 9.0]'
    """
    rows = [checks.finite("samples", x, (None,) * max(1, np.ndim(x))) for x in samples]
    if len({len(x) for x in rows}) != 1 or (n := len(rows[0])) < 2:
        raise ValueError(f"samples must be of the same replications, two at least, got {[len(x) for x in rows]} rows")
    if not 0 < level < 1:
        raise ValueError(f"level must be in (0, 1), got {level}")
    of, rng = checks.called("of", of), generator(0)
    found = [of(*(x[picked] for x in rows)) for picked in (rng.integers(n, size=n) for _ in range(1000))]
    ends = np.quantile(found, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    if np.isnan(ends).any():
        raise ValueError("of must return a number of every resample, and is NaN or infinite for some: no interval")
    return Interval(float(of(*(x.copy() for x in rows))), *map(float, ends), n, level)
