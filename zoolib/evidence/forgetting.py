"""Evidence that forgets: a window of the past, or a past that fades (chapters 5 and 7)."""

from collections import deque
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.evidence.ridge import Evidence, outer, refuse_long


class WindowedEvidence(Evidence):
    """Evidence of the last ``window`` clicks of a world, whichever arms they belong to (a sliding window).

    >>> evidence = WindowedEvidence(d=1, window=2)
    >>> _ = [evidence.add(np.ones(1), r) for r in (1.0, 0.0, 0.0)]
    >>> evidence.A.item(), evidence.b.item()
    (3.0, 0.0)
    """

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0, *, window: int) -> None:
        super().__init__(d, shape, ridge)
        self.window = checks.whole("window", window, 1)
        self.clicks: deque[tuple[np.ndarray, Any, Any]] = deque()  # They are (x, r, arm), the oldest first.

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Take in a click and, once the window is full, take the oldest out."""
        refuse_long(x, self.ridge)
        if len(self.clicks) == self.window:
            self.remove(*self.clicks.popleft())
        self.clicks.append((np.array(x), np.array(r), arm if arm is None else np.array(arm)))
        super().add(x, r, arm)

    def rebuild(self, X: np.ndarray, r: np.ndarray, n: np.ndarray | None = None) -> None:
        """Start afresh from the last ``window`` of the records; of these the first leaves the window first."""
        if n is not None:
            raise ValueError("a window is of single clicks: n must be None")
        X, r = (np.array(a, dtype=float) for a in (X[..., -self.window :, :], r[..., -self.window :]))
        super().rebuild(X, r)
        self.clicks = deque((X[..., i, :], r[..., i], None) for i in range(X.shape[-2]))


class DiscountedEvidence(Evidence):
    """Evidence that fades: A <- gamma A + (1 - gamma) lambda I, b <- gamma b before each click is added.

    All evidence of a world fades at each of its clicks, that of the arms not shown too: time passes for all (Russac,
    Vernade and Cappe, 2019). The prior does not fade, so a direction that is no longer seen becomes uncertain again.

    >>> evidence = DiscountedEvidence(d=1, gamma=0.5)
    >>> _ = [evidence.add(np.ones(1), r) for r in (1.0, 0.0)]
    >>> evidence.A.item(), evidence.b.item()
    (2.5, 0.5)
    """

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0, *, gamma: float) -> None:
        super().__init__(d, shape, ridge)
        self.gamma = checks.real("gamma", gamma, 0.0, 1.0, open_low=True)

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Let the past fade, then take in a click. Fading is not of rank one: the inverses are computed afresh."""
        refuse_long(x, self.ridge)
        at = self._at(arm)
        A = self.gamma * self.A + (1 - self.gamma) * self.ridge * self.eye
        b = self.gamma * self.b
        A[at] += outer(x)
        b[at] += np.asarray(r)[..., None] * x
        self.A, self.A_inv, self.b = A, np.linalg.inv(A), b
        self.n_clicks += 1


def make_evidence(
    d: int, shape: tuple[int, ...], ridge: float = 1.0, gamma: float = 1.0, window: int | None = None
) -> Evidence:
    """Return evidence that is kept as the settings say: all clicks, the last ``window``, or discounted by ``gamma``.

    A ``gamma`` outside (0, 1], a ``window`` below 1, or both of them are a ``ValueError``.

    >>> type(make_evidence(2, (), window=500)).__name__
    'WindowedEvidence'
    """
    gamma, shape = checks.real("gamma", gamma, 0.0, 1.0, open_low=True), checks.items("shape", shape)
    shape = tuple(checks.whole("shape", n, 0) for n in shape)
    if window is None:
        return Evidence(d, shape, ridge) if gamma == 1 else DiscountedEvidence(d, shape, ridge, gamma=gamma)
    if gamma < 1:
        raise ValueError(f"gamma and window are two ways to forget, choose one; got gamma={gamma}, window={window}")
    return WindowedEvidence(d, shape, ridge, window=window)
