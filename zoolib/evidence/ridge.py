"""Evidence: what clicks leave behind in a linear model, and how sure it makes us (chapters 1, 2 and 5).

Ridge regression of rewards r on contexts x needs two sums,

    A = lambda I + sum x x',    b = sum r x,    theta = A^-1 b,

and the width of its prediction at x is sqrt(x' A^-1 x). Here the sums hold all of the past;
:mod:`zoolib.evidence.forgetting` keeps a window of it, or lets it fade. Leading axes are free: one evidence a world, or
one a world and arm. Where there is an axis of arms, ``entry`` says which evidence a click belongs to: entries are
numbered through, row by row, so that with K arms entry i K + a is arm a of world i.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.persistence import Stateful

Entry = Any  # None: all of the evidence; an int, or an int array of the worlds' shape

TIDY_EVERY = 1000  # clicks between two looks at the rounding errors
TIDY_FROM = 100  # rank-one updates after which an inverse is computed afresh at such a look


class Evidence(Stateful):
    """Ridge-regression evidence that remembers everything.

    Parameters
    ----------
    d
        Length of a context.
    shape
        Leading axes: ``()``, ``(R,)``, ``(K,)`` or ``(R, K)``.
    ridge
        lambda > 0, the weight of the prior A = lambda I.

    Attributes
    ----------
    A, A_inv
        ``(*shape, d, d)``. The inverse follows A by rank-one updates (Sherman and Morrison, 1950) and is computed
        afresh now and then, so that rounding errors cannot pile up.
    b
        ``(*shape, d)``.
    """

    state = ("A", "A_inv", "b", "_n_since_tidy")

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0) -> None:
        self.d = checks.whole("d", d, 1)
        self.ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        self.eye = np.eye(self.d)
        self._set(*self._prior(tuple(shape)))
        self._recent: list[Entry] = []

    def _prior(self, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        A, A_inv = (
            np.broadcast_to(a, (*shape, self.d, self.d)).copy() for a in (self.ridge * self.eye, self.eye / self.ridge)
        )
        return A, A_inv, np.zeros((*shape, self.d)), np.zeros(shape, dtype=np.int64)

    def _set(self, A: np.ndarray, A_inv: np.ndarray, b: np.ndarray, n_since_tidy: np.ndarray) -> None:
        self.A, self.A_inv, self.b, self._n_since_tidy = A, A_inv, b, n_since_tidy
        self._by_entry = A.reshape(-1, self.d, self.d), A_inv.reshape(-1, self.d, self.d), b.reshape(-1, self.d)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "A" in state:  # in a copy, or out of a pickle, what were views of A, A_inv and b are so no longer
            self._set(self.A, self.A_inv, self.b, self._n_since_tidy)

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes."""
        return self.b.shape[:-1]

    @property
    def theta(self) -> np.ndarray:
        """The ridge estimate A^-1 b, ``(*shape, d)``."""
        return np.matvec(self.A_inv, self.b)

    def mean(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        return np.matvec(X, self.theta)

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        return np.sqrt(np.vecdot(X @ self.A_inv, X))

    def mean_and_width(self, X: np.ndarray, entry: Entry = ...) -> tuple[np.ndarray, np.ndarray]:
        """Return both, ``(..., n)``, of the evidence ``entry`` alone, for its contexts in ``X`` ``(entries, n, d)``."""
        X, A_inv, b = (take(a, entry) for a in (X, *self._by_entry[1:]))
        XA = X @ A_inv
        return np.matvec(XA, b), np.sqrt(np.vecdot(XA, X))

    def add(self, x: np.ndarray, r: Any, entry: Entry = None) -> tuple[Entry, ...]:
        """Take in a click: A <- A + x x', b <- b + r x.

        Parameters
        ----------
        x
            ``(..., d)``.
        r
            Reward, of shape ``(...)``.
        entry
            Which evidence the click belongs to, where there is an axis of arms.

        Returns
        -------
        The entries that have changed; None stands for all of them.
        """
        self._rank_one(x, r, entry, +1.0)
        self._tidy()
        return (entry,)

    def remove(self, x: np.ndarray, r: Any, entry: Entry = None) -> None:
        """Take out a click that was taken in before: A <- A - x x', b <- b - r x."""
        self._rank_one(x, r, entry, -1.0)

    def rebuild(self, X: np.ndarray, r: np.ndarray, n: np.ndarray | None = None) -> None:
        """Start afresh from records.

        A = lambda I + sum n x x', b = sum r x.

        Parameters
        ----------
        X
            ``(*shape, m, d)`` contexts.
        r, n
            ``(*shape, m)``: the rewards that came of each, summed, and how often it was met (None: once).
        """
        nX = X if n is None else X * n[..., None]
        A = self.ridge * self.eye + np.swapaxes(X, -1, -2) @ nX
        self._set(A, np.linalg.inv(A), np.vecmat(r, X), np.zeros_like(self._n_since_tidy))
        self._recent.clear()

    def grow(self, n_new: int) -> None:
        """Append ``n_new`` arms without a past."""
        self._tidy(force=True)
        old = self.A, self.A_inv, self.b, self._n_since_tidy
        new = self._prior((*self.shape[:-1], n_new))
        self._set(*(np.concatenate(pair, axis=len(self.shape) - 1) for pair in zip(old, new, strict=True)))

    def _rank_one(self, x: np.ndarray, r: Any, entry: Entry, sign: float) -> None:
        arrays = (self.A, self.A_inv, self.b) if entry is None else [take(a, entry) for a in self._by_entry]
        A, A_inv, b = arrays
        u = np.matvec(A_inv, x)
        w = u / np.sqrt(1 + sign * np.vecdot(x, u))[..., None]
        add, subtract = (np.add, np.subtract) if sign > 0 else (np.subtract, np.add)
        add(A, outer(x), out=A)
        subtract(A_inv, outer(w), out=A_inv)  # Sherman-Morrison; w w' keeps it exactly symmetric
        add(b, x * np.asarray(r)[..., None], out=b)
        if entry is not None and type(entry) is not int:  # what was taken is a copy, not a view
            for whole, part in zip(self._by_entry, arrays, strict=True):
                whole[entry] = part
        self._recent.append(entry)

    def _tidy(self, force: bool = False) -> None:
        if len(self._recent) < TIDY_EVERY and not force:
            return
        n = self._n_since_tidy
        if n.shape and self._recent and self._recent[0] is not None:
            n += np.bincount(np.concatenate([np.atleast_1d(e) for e in self._recent]), minlength=n.size).reshape(
                n.shape
            )
        else:
            n += len(self._recent)
        self._recent.clear()
        due = n >= TIDY_FROM
        self._invert(due)
        n[due] = 0

    def _invert(self, due: np.ndarray) -> None:
        self.A_inv[due] = np.linalg.inv(self.A[due])

    def get_state(self) -> dict[str, Any]:
        """Return the sums, and what has been done since the last look at the rounding errors."""
        by_entry = bool(self._recent) and self._recent[0] is not None
        return super().get_state() | {"recent": np.array(self._recent) if by_entry else len(self._recent)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
        recent = state["recent"]
        self._recent = [None] * recent if isinstance(recent, int) else each(recent)
        A = state[self.state[0]]
        self._set(*self._prior(A.shape[:-2]))  # arms may have come since it was made
        super().set_state(state)


def each(entries: np.ndarray) -> list[Entry]:
    """Return the entries of one click after another, of which ``entries`` is the array."""
    return entries.tolist() if entries.ndim == 1 else list(entries)


def take(a: np.ndarray, entry: Entry) -> np.ndarray:
    """Return the entries of an array whose first axis numbers them."""
    return a.take(entry, axis=0) if isinstance(entry, np.ndarray) else a[entry]  # for arrays take is the faster


def outer(x: np.ndarray) -> np.ndarray:
    """Return x x', ``(..., d) -> (..., d, d)``."""
    return x[..., :, None] * x[..., None, :]
