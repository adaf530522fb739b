"""What watches a running funnel: alarms that one may ask after every visitor, a canary, skewed features (chapter 6).

An alarm bets. It starts with one coin and stakes a part of what it has, before each observation x, on x being above
(below) the mean that it should have at most (at least). As long as all is well no bet is favourable, so its wealth is
a nonnegative supermartingale, and the probability that it ever reaches 1 / alpha is at most alpha (Ville, 1939),
however often one looks and whenever one stops. What stake is right depends on how wrong things are, which nobody
knows; so eight of them bet side by side, sixteen where either side is watched, and their mean counts (Robbins's method
of mixtures). This needs bounds of x, and no law: Waudby-Smith and Ramdas, "Estimating means of bounded random variables
by betting", JRSSB 2024.
"""

import hashlib
import threading
import time
from typing import Any, NamedTuple, Self

import numpy as np

from zoolab.serving.stores.base import LEAVE_ALONE, Put, Store, StoreUnavailableError, Values, Writes
from zoolab.serving.stores.codec import UnreadableValueError, pack, understood, unpack
from zoolib import checks

STAKES = 0.9 / 2.0 ** np.arange(8)  # of the largest with which nothing can be owed


class Alarm:
    """Goes off where a mean is not what it should be, and seldom where it is.

    Parameters
    ----------
    mean, low, high
        What the mean of an observation given all before should be, and between which bounds each of them lies.
    side
        ``"above"`` goes off where it is larger than ``mean``, ``"below"`` where it is smaller, ``"both"`` at either.
    alpha
        How probable a false alarm may be, ever.
    restarts
        For what is watched without an end, and may go wrong late: each stake whose wealth has fallen below one coin
        begins anew (Page's CUSUM, 1954). Then there are false alarms, but on average the first of them comes after
        1 / ``alpha`` observations or more (Shin, Ramdas and Rinaldo, 2024): choose it by how many come in a year.
    shape
        ``(...)`` streams of observations side by side, with an alarm each.

    Attributes
    ----------
    off, n
        ``(...)`` bool, whether each has gone off; it stays so, and nobody can write to it. How many observations came.

    >>> alarm = Alarm(0.5, 0.0, 1.0, side="below", alpha=0.01)
    >>> sum(not alarm.hear(click) for click in [0] * 20)
    10
    """

    def __init__(
        self,
        mean: float,
        low: float,
        high: float,
        *,
        side: str = "both",
        alpha: float = 0.01,
        restarts: bool = False,
        shape: tuple[int, ...] = (),
    ) -> None:
        self.low, self.high = checks.real("low", low, -np.inf), checks.real("high", high, -np.inf)
        self.mean = checks.real("mean", mean, self.low, self.high)
        if not self.low < self.mean < self.high:
            raise ValueError(f"mean must lie between low and high, got {mean} between {low} and {high}")
        checks.choice("side", side, ("above", "below", "both"))
        self.restarts = checks.instance("restarts", restarts, bool)
        self.alpha = checks.real("alpha", alpha, 0.0, 1.0, open_low=True)
        self.shape = tuple(checks.whole("shape", size, 1) for size in checks.items("shape", shape))
        above, below = STAKES / (self.mean - self.low), -STAKES / (self.high - self.mean)
        stakes = {"above": above, "below": below, "both": np.concatenate([above, below])}[side]
        if not (stakes.all() and np.isfinite(stakes).all()):
            raise ValueError(f"mean, low and high must not lie so near or so far apart, got {mean}, {low} and {high}")
        self._stakes = stakes.reshape(-1, *(1,) * len(self.shape))
        self._log = np.zeros((len(stakes), *self.shape))
        self.off, self.n = checks.frozen(np.zeros(self.shape, dtype=bool)), 0
        self._lock = threading.Lock()

    @property
    def wealth(self) -> np.ndarray:
        """What each alarm has, ``(...)``, having begun with one; no more than 1e300 is told."""
        return np.exp(np.minimum(self._log, 690.0)).mean(0)

    def hear(self, x: Any) -> np.ndarray:
        """Take in one observation of each stream, ``(...)``, and return ``off``; from any thread."""
        x = checks.finite("x", x, self.shape)
        if x.size and not self.low <= x.min() <= x.max() <= self.high:
            raise ValueError(f"x must lie between {self.low:g} and {self.high:g}, got {x.min():g} to {x.max():g}")
        with self._lock:
            kept = np.maximum(self._log, 0.0) if self.restarts else self._log
            self._log = kept + np.log1p(self._stakes * (x - self.mean))
            mean = np.logaddexp.reduce(self._log) - np.log(len(self._log))
            self.n, self.off = self.n + 1, checks.frozen(self.off | (mean >= -np.log(self.alpha)))
            return self.off


class Canary:
    """Shows a change to a share of the visitors, and stops it where that earns less than the others do.

    With W = 1 for visitors of the canary, probability q, and a reward Y in [0, 1],

        x = (W / q - (1 - W) / (1 - q)) (Y - m)

    has the mean of what the change brings, whatever m is, if chosen before W: here the mean reward so far, against
    noise. An :class:`Alarm` hears x and goes off where that mean is below ``-margin``. So a change that costs no more
    is stopped with a probability of at most ``alpha``.

    Parameters
    ----------
    share
        q, in (0, 1).
    margin
        How much less a reward may be, in its own unit, without being stopped.
    name
        Of the change: another one draws other visitors.
    alpha
        How probable it may be that a harmless change is stopped.
    shape
        ``(...)`` canaries side by side.
    store
        Where several processes serve: what all of them have heard is kept there under ``name``, so that they stop
        together. Then each visitor costs a reading of it, and each that is heard a transaction; while it is away, what
        was last read holds, and it is asked once a second at most.

    >>> canary = Canary(0.5, name="new phi")
    >>> [canary.takes(visitor) for visitor in ("Ann", "Bob", "Cleo")]
    [False, True, True]
    """

    def __init__(
        self,
        share: float,
        *,
        name: str,
        margin: float = 0.0,
        alpha: float = 0.01,
        shape: tuple[int, ...] = (),
        store: Store | None = None,
    ) -> None:
        self.share = checks.real("share", share, 1e-9, 1.0)
        self.margin = checks.real("margin", margin, 0.0, 1.0)
        if self.share == 1.0:
            raise ValueError("share must be below 1: somebody must see what was there before")
        if not checks.instance("name", name, str):
            raise ValueError("name must not be empty: two changes without would be shown to the same visitors")
        self.name, self._key, self.store = name, f"canary/{name}", checks.instance("store", store, Store, type(None))
        bound = 1 / min(self.share, 1 - self.share)
        self._alarm = Alarm(-self.margin, -bound, bound, side="below", alpha=alpha, shape=shape)
        self._total = np.full(self._alarm.shape, 0.5)  # as if somebody had come before
        self._lock, self._asked_again = threading.Lock(), 0.0  # when, by the monotonic clock

    @property
    def stopped(self) -> np.ndarray:
        """Whether it is stopped, ``(...)`` bool; for good."""
        if self.store is not None and time.monotonic() >= self._asked_again:
            try:
                self._take(self._stored(self.store.get(self._key)))
            except StoreUnavailableError:
                self._asked_again = time.monotonic() + LEAVE_ALONE
        return self._alarm.off

    def takes(self, visitor: str) -> bool:
        """Return whether ``visitor``, a name, is shown the change: always the same answer until it is stopped."""
        digest = hashlib.blake2b(f"{self.name}\0{checks.instance('visitor', visitor, str)}".encode(), digest_size=8)
        return bool(int.from_bytes(digest.digest()) < self.share * 2**64) and not bool(self.stopped.all())

    def hear(self, changed: Any, reward: Any) -> np.ndarray:
        """Take in one visitor, who was shown the change or not, and return ``stopped``.

        ``changed`` is 0 or 1, ``reward`` in [0, 1], ``(...)`` both. Once for each visitor: who comes again is in the
        same group again, so her visits are no independent draws, and nothing here knows that she has been heard. And
        each when her visit has reached one and the same age, not when her click comes in: else those who like what
        they see are heard before the others.
        """
        W, Y = checks.clicks("changed", changed, self._alarm.shape), checks.finite("reward", reward, self._alarm.shape)
        if Y.size and not 0 <= Y.min() <= Y.max() <= 1:
            raise ValueError(f"reward must lie in [0, 1], got {Y.min():g} to {Y.max():g}")
        if self.store is None:
            return self._heard(W, Y)

        def hear(values: Values) -> tuple[Writes, Self]:
            now = self._stored(values[self._key])
            now._heard(W, Y)
            return {self._key: Put(now._packed())}, now

        self._take(self.store.transact([self._key], hear))
        return self._alarm.off

    def _heard(self, W: np.ndarray, Y: np.ndarray) -> np.ndarray:
        with self._lock:
            m = self._total / (self._alarm.n + 1)
            self._total = self._total + Y
            return self._alarm.hear((W / self.share - (1 - W) / (1 - self.share)) * (Y - m))

    def _take(self, now: Self) -> None:
        self._alarm, self._total = now._alarm, now._total

    @property
    def _settings(self) -> list[Any]:
        return [self.share, self.margin, self._alarm.alpha, list(self._alarm.shape)]

    def _packed(self) -> bytes:
        arrays = {"log": self._alarm._log, "total": self._total, "off": self._alarm.off.astype(np.int8)}
        return pack(self._key, "canary", {"settings": self._settings, "n": self._alarm.n}, arrays)

    def _stored(self, value: bytes | None) -> Self:
        """Return the canary that a value tells of; one that has heard nothing if there is none."""
        of, alpha = self._alarm.shape, self._alarm.alpha
        now = type(self)(self.share, name=self.name, margin=self.margin, alpha=alpha, shape=of)
        alarm = now._alarm
        if value is not None:
            words, arrays = unpack(self._key, "canary", value)
            with understood(self._key):
                if words["settings"] != self._settings:
                    said = "the canary at {!r} has (share, margin, alpha, shape) {}, not {}"
                    raise UnreadableValueError(said.format(self._key, words["settings"], self._settings))
                alarm._log = checks.finite("log", arrays["log"], alarm._log.shape)
                now._total = checks.finite("total", arrays["total"].reshape(alarm.shape), alarm.shape)
                alarm.n, off = checks.whole("n", words["n"], 0), arrays["off"].reshape(alarm.shape) > 0
                alarm.off = checks.frozen(off)
        return now


class Skew(NamedTuple):
    """How far columns have moved, and how far luck would move them, ``(d,)`` each."""

    index: np.ndarray
    limit: np.ndarray


def feature_skew(trained: Any, served: Any, *, bins: int = 10, alpha: float = 0.01) -> Skew:
    """Compare what a model was trained on with what it is asked about, column by column.

    The *population stability index* of a column is sum (q - p) log(q / p) over bins that hold the shares p of
    ``trained``, about as much each, and q of ``served``. If both are drawn from one law it is about 1/n + 1/m times a
    chi-square of one less than the bins (Yurdakul and Naranjo, 2020), whence the limit. It is for one look: whoever
    looks every day divides alpha by the days. And it holds for bins with many rows: where alpha is 0.01, numbers passed
    it in 0.004 to 0.017 of all looks at hundreds to thousands of rows, a label that two in a thousand have in 0.13.

    Parameters
    ----------
    trained, served
        ``(n, d)`` and ``(m, d)`` contexts.
    bins, alpha
        How many, at most: fewer where a column has few values, or there are not twenty rows for each. The probability
        that chance takes any column beyond its limit.

    >>> x = np.linspace(0, 1, 1000)[:, None]
    >>> index, limit = feature_skew(np.hstack([x, x]), np.hstack([x, x**2]))
    >>> (index > limit).tolist()
    [False, True]
    """
    from scipy.special import chdtri

    trained = checks.finite("trained", trained, (None, None))
    served = checks.finite("served", served, (None, trained.shape[1]))
    if not (trained.size and served.size):
        raise ValueError(f"trained and served must hold rows, got shapes {trained.shape} and {served.shape}")
    bins, alpha = checks.whole("bins", bins, 2, 1000), checks.real("alpha", alpha, 0.0, 1.0, open_low=True)
    n, m, d = len(trained), len(served), trained.shape[1]
    bins = min(bins, max(2, min(n, m) // 20))
    at = np.arange(bins) / bins
    index, limit = np.zeros((2, d))
    for j, (a, b) in enumerate(zip(trained.T, served.T, strict=True)):
        few = len(values := np.unique(a)) <= bins
        edges = values if few else np.unique(np.quantile(a, at, method="higher"))
        edges = np.append(edges, np.nextafter(a.max(), np.inf))  # below and above these nothing was seen
        edges = edges if few or len(edges) == 2 else edges[1:-1]  # of many values luck finds some beyond
        counts = [np.bincount(np.searchsorted(edges, v, "right"), minlength=len(edges) + 1) for v in (a, b)]
        of_a, of_b = np.compress(np.sum(counts, 0) > 0, counts, axis=1)
        p = (of_a + 0.5) / (of_a + 0.5).sum()
        q = (of_b + p) / (m + 1)  # no share is quite zero
        index[j] = ((q - p) * np.log(q / p)).sum()
        limit[j] = chdtri(max(np.count_nonzero(of_a) - 1, 1), alpha / d) * (1 / n + 1 / m)
    return Skew(index, limit)
