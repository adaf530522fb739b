"""Evidence that forgets: a window of the past, or a past that fades (chapters 5 and 7)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from zoolib import checks
from zoolib.evidence.digits import refuse_long
from zoolib.evidence.ridge import Evidence, each, outer
from zoolib.evidence.together import add_in_turn


class WindowedEvidence(Evidence):
    """Evidence of the last ``window`` clicks of a world, whichever arms they belong to (a sliding window).

    >>> evidence = WindowedEvidence(d=1, window=2)
    >>> _ = [evidence.add(np.ones(1), r) for r in (1.0, 0.0, 0.0)]
    >>> evidence.A.item(), evidence.b.item()
    (3.0, 0.0)
    """

    window = checks.Setting(1, kind=int)
    add_many = add_in_turn  # which clicks leave is a matter of when they came

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0, *, window: int) -> None:
        self._clicks: deque[tuple[np.ndarray, Any, Any]] = deque()  # the oldest first
        self.window = window
        super().__init__(d, shape, ridge)

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Take in a click and, once the window is full, take the oldest out."""
        if not self._is_row(x):
            refuse_long(x, self.ridge)
        self._leave_room_for(1)
        kept = (np.array(x), np.array(r), arm if arm is None or type(arm) is int else np.array(arm))
        super().add(x, r, arm)
        self._clicks.append(kept)  # copies: the caller may use the arrays again

    def _leave_room_for(self, n: int) -> None:
        """Take out what is to leave the window."""
        while len(self._clicks) > self.window - n:
            self.remove(*self._clicks.popleft())

    def _changed(self, name: str, before: Any) -> None:
        super()._changed(name, before)
        self._leave_room_for(0)

    def take_over(self, old: Evidence) -> Self:
        """Go on with the sums and the clicks of ``old``, which must have kept them."""
        if not isinstance(old, WindowedEvidence):
            raise ValueError("window cannot be set where the clicks so far were not kept; make another agent with it")
        super().take_over(old)
        self._clicks = old._on_contexts()
        self._leave_room_for(0)
        return self

    def _on_contexts(self) -> deque[tuple[np.ndarray, Any, Any]]:
        """Return the clicks in the window, each with the context that it came with."""
        return self._clicks

    def rebuild(self, X: np.ndarray, r: np.ndarray, n: np.ndarray | None = None) -> None:
        """Start afresh from the last ``window`` of the records, of which the first then leaves the window first."""
        if n is not None:
            raise ValueError("a window is of single clicks: n must be None")
        X, r = (np.array(a, dtype=float) for a in (X[..., -self.window :, :], r[..., -self.window :]))
        super().rebuild(X, r)
        self._clicks = deque((X[..., i, :], r[..., i], None) for i in range(X.shape[-2]))

    def get_state(self) -> dict[str, Any]:
        """Return the sums and the clicks in the window."""
        x, r, arm = zip(*self._clicks, strict=True) if self._clicks else ((), (), (None,))
        arms = None if arm[0] is None else np.array(arm)
        return super().get_state() | {"x": np.array(x), "r": np.array(r), "arm": arms}

    def _make_room(self, state: Mapping[str, Any]) -> None:
        super()._make_room(state)
        arms = [None] * len(state["x"]) if state["arm"] is None else each(state["arm"])
        self._clicks = deque(zip(state["x"].copy(), state["r"].copy(), arms, strict=True))


class DiscountedEvidence(Evidence):
    """Evidence that fades: A <- gamma A + (1 - gamma) lambda I, b <- gamma b before each click is added.

    All of it fades at each click of its world, that of the arms not shown too: time passes for all (Russac, Vernade
    and Cappe, 2019). The prior does not fade, and so a direction that is no longer seen becomes uncertain again.

    >>> evidence = DiscountedEvidence(d=1, gamma=0.5)
    >>> _ = [evidence.add(np.ones(1), r) for r in (1.0, 0.0)]
    >>> evidence.A.item(), evidence.b.item()
    (2.5, 0.5)
    """

    gamma = checks.Setting(0.0, 1.0, open_low=True)
    add_many = add_in_turn  # each lets those before it fade

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0, *, gamma: float) -> None:
        super().__init__(d, shape, ridge)
        self.gamma = gamma

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Let the past fade, then take in a click. Fading is not of rank one: the inverse is computed anew."""
        refuse_long(x, self.ridge)
        A = self.gamma * self.A + (1 - self.gamma) * self.ridge * self.eye
        b = self.gamma * self.b
        parts = A_arm, b_arm = self._of(arm, A, b)
        A_arm += outer(x)
        b_arm += np.asarray(r)[..., None] * x
        self._put_back(arm, parts, A, b)
        self._put(A, b)


def make_evidence(
    d: int, shape: tuple[int, ...], ridge: float = 1.0, gamma: float = 1.0, window: int | None = None
) -> Evidence:
    """Return evidence that is kept as the settings say: all, the last ``window`` clicks, or discounted by ``gamma``.

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
