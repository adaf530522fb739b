"""Evidence that forgets: a window of the past, or a past that fades (chapters 5 and 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.evidence.eigen import DiscountedArms
from zoolib.evidence.ridge import Entry, Evidence, each, outer


class WindowedEvidence(Evidence):
    """Evidence of the last ``window`` clicks of a world, whichever arms they belong to (a sliding window)."""

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0, *, window: int) -> None:
        super().__init__(d, shape, ridge)
        self.window = checks.whole("window", window, 1)
        self._ring: list[tuple[np.ndarray, Any, Entry]] = []
        self._next = 0

    def add(self, x: np.ndarray, r: Any, entry: Entry = None) -> tuple[Entry, ...]:
        """Take in a click and, once the window is full, take the oldest out."""
        record = np.array(x), np.array(r), entry  # copies: the caller may use the arrays again
        changed = (entry,)
        if len(self._ring) < self.window:
            self._ring.append(record)
        else:
            oldest, self._ring[self._next] = self._ring[self._next], record
            self.remove(*oldest)
            changed = (oldest[2], entry)
        self._next = (self._next + 1) % self.window
        self._rank_one(x, r, entry, +1.0)
        self._tidy()
        return changed

    def get_state(self) -> dict[str, Any]:
        """Return the sums and the clicks in the window."""
        x, r, entry = zip(*self._ring, strict=True) if self._ring else ((), (), (None,))
        entries = None if entry[0] is None else np.array(entry)
        return super().get_state() | {"next": self._next, "x": np.array(x), "r": np.array(r), "entry": entries}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
        super().set_state(state)
        x, r, entry = state["x"], state["r"], state["entry"]
        entries = [None] * len(x) if entry is None else each(entry)
        self._ring, self._next = list(zip(x, r, entries, strict=True)), state["next"]

    def rebuild(self, X: np.ndarray, r: np.ndarray) -> None:
        """Start afresh from the last ``window`` of the records, of which the first then leaves the window first."""
        X, r = np.array(X[..., -self.window :, :]), np.array(r[..., -self.window :])
        super().rebuild(X, r)
        self._ring = [(X[..., i, :], r[..., i], None) for i in range(X.shape[-2])]
        self._next = len(self._ring) % self.window

    def grow(self, n_new: int) -> None:
        """Append ``n_new`` arms without a past; the entries of the others are numbered anew."""
        K = self.shape[-1]
        super().grow(n_new)
        self._ring = [(x, r, entry // K * (K + n_new) + entry % K) for x, r, entry in self._ring]


class DiscountedEvidence(Evidence):
    """Evidence that fades: A <- gamma A + (1 - gamma) lambda I, b <- gamma b before each click is added.

    All of it fades at each click of its world, that of the arms not shown too: time passes for all (Russac, Vernade
    and Cappe, 2019). The prior does not fade, and so a direction that is no longer seen becomes uncertain again.
    """

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0, *, gamma: float) -> None:
        super().__init__(d, shape, ridge)
        self.gamma = checks.real("gamma", gamma, 0.0, 1.0, open_low=True)

    def add(self, x: np.ndarray, r: Any, entry: Entry = None) -> tuple[Entry, ...]:
        """Let the past fade, then take in a click. Fading is not of rank one: the inverse is computed anew."""
        A = self.gamma * self.A + (1 - self.gamma) * self.ridge * self.eye
        b = self.gamma * self.b
        which = ... if entry is None else entry
        A.reshape(-1, self.d, self.d)[which] += outer(x)
        b.reshape(-1, self.d)[which] += np.asarray(r)[..., None] * x
        self._set(A, np.linalg.inv(A), b, self._n_since_tidy)
        return (None,)


def make_evidence(
    d: int,
    shape: tuple[int, ...],
    ridge: float = 1.0,
    gamma: float = 1.0,
    window: int | None = None,
    by_arm: bool = False,
) -> Evidence:
    """Return evidence that is kept as the settings say: all, the last ``window`` clicks, or discounted by ``gamma``.

    Raises
    ------
    ValueError
        If ``gamma`` is outside (0, 1], ``window`` below 1, or both forget.
    """
    gamma = checks.real("gamma", gamma, 0.0, 1.0, open_low=True)
    if window is not None and gamma < 1:
        raise ValueError(f"gamma and window are two ways to forget, choose one; got gamma={gamma}, window={window}")
    if window is not None:
        return WindowedEvidence(d, shape, ridge, window=window)
    if gamma < 1:
        return (DiscountedArms if by_arm else DiscountedEvidence)(d, shape, ridge, gamma=gamma)
    return Evidence(d, shape, ridge)
