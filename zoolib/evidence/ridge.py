"""Evidence: what clicks leave behind in a linear model, and how sure it makes us (chapters 1, 2 and 5).

Ridge regression of rewards r on contexts x needs two sums,

    A = lambda I + sum x x',    b = sum r x,    theta = A^-1 b,

and the width of its prediction at x is sqrt(x' A^-1 x). Here the sums hold all of the past;
:mod:`zoolib.evidence.forgetting` keeps a window of it, or lets it fade. Leading axes are free: worlds, and arms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from zoolib import checks
from zoolib.evidence.digits import is_delicate, refuse_long
from zoolib.evidence.together import add_at_once, inverse
from zoolib.persistence import Stateful

TIDY_EVERY = 1000  # clicks between two looks at the rounding errors
TIDY_FROM = 100  # rank-one updates after which an inverse is computed afresh at such a look


class Evidence(Stateful):
    """Ridge-regression evidence that remembers everything.

    Parameters
    ----------
    d, shape
        Length of a context, and leading axes: ``()``, ``(R,)``, ``(K,)`` or ``(R, K)``.
    ridge
        lambda > 0, the weight of the prior A = lambda I.

    >>> evidence = Evidence(d=2)
    >>> evidence.add(np.array([1.0, 0.0]), 1.0)
    >>> evidence.theta.tolist()
    [0.5000000000000001, 0.0]
    """

    state = ("_A", "_A_inv", "_b", "_n_since_tidy")
    ridge = checks.Setting(0.0, open_low=True)

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0) -> None:
        self.d, self.ridge = checks.whole("d", d, 1), ridge
        self.eye = np.eye(self.d)
        self._set(*self._prior(tuple(shape)))
        self._recent: list[Any] = []  # whose inverses were updated since the last look; None: all

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

    @property
    def A(self) -> np.ndarray:  # noqa: N802
        """``(*shape, d, d)``."""
        self._bring_up_to_date()
        return self._A

    @property
    def A_inv(self) -> np.ndarray:  # noqa: N802
        """``(*shape, d, d)``: it follows A by rank-one updates, and is computed afresh now and then."""
        self._bring_up_to_date()
        return self._A_inv

    @property
    def b(self) -> np.ndarray:
        """``(*shape, d)``."""
        self._bring_up_to_date()
        return self._b

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes."""
        return self._b.shape[:-1]

    def mean_and_width(self, X: np.ndarray, arm: Any = ...) -> tuple[np.ndarray, np.ndarray]:
        """Return both, ``(*shape, n)``, for contexts ``(*shape, n, d)``; of one ``arm`` alone for ``(..., n, d)``."""
        A_inv, b = self._of(arm, self.A_inv, self.b)
        XA = X @ A_inv
        return np.matvec(XA, b), np.sqrt(np.vecdot(XA, X))

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Take in a click: A <- A + x x', b <- b + r x.

        Parameters
        ----------
        x, r
            Context ``(..., d)`` and reward ``(...)``.
        arm
            Whose the click is, where the last axis of ``shape`` is that of arms: an int, or one a world.
        """
        self._rank_one(x, r, arm, +1.0)
        self._tidy()

    def add_many(self, X: np.ndarray, r: np.ndarray, arms: np.ndarray | None = None) -> None:
        """Take in clicks that came together, as if one after another: A <- A + sum x x', b <- b + sum r x.

        Contexts that are too long are refused before any click is taken in.

        Parameters
        ----------
        X, r, arms
            ``(n, ..., d)``, ``(n, ...)`` and ``(n, ...)``: n times what :meth:`add` takes.
        """
        add_at_once(self, np.asarray(X, dtype=float), np.asarray(r, dtype=float), arms)

    def remove(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Take out a click that was taken in before: A <- A - x x', b <- b - r x."""
        self._rank_one(x, r, arm, -1.0)

    def rebuild(self, X: np.ndarray, r: np.ndarray, n: np.ndarray | None = None) -> None:
        """Start afresh from records: A = lambda I + sum n x x', b = sum r x. Those too long are refused, as clicks are.

        Parameters
        ----------
        X
            ``(*shape, m, d)`` contexts.
        r, n
            ``(*shape, m)``: the rewards that came of each, summed, and how often it was met (None: once).
        """
        X, n = np.asarray(X, dtype=float), np.asarray(1.0 if n is None else n)
        refuse_long(X, self.ridge, np.minimum(n, 1))  # each as it came
        self._put(self.ridge * self.eye + np.swapaxes(X, -1, -2) @ (X * n[..., None]), np.vecmat(r, X))

    def put(self, A: np.ndarray, b: np.ndarray) -> None:
        """Take copies of sums made elsewhere, ``(*shape, d, d)`` and ``(*shape, d)``, in the place of all so far."""
        self._put(np.array(A, dtype=float, order="C"), np.array(b, dtype=float, order="C"))

    def _put(self, A: np.ndarray, b: np.ndarray) -> None:
        self._set(A, inverse(A), b, np.zeros(b.shape[:-1], dtype=np.int64))
        self._recent.clear()

    def take_over(self, old: Evidence) -> Self:
        """Go on with the sums of ``old``, which was kept in another way: what it has forgotten stays forgotten."""
        self.put(old.A + (self.ridge - old.ridge) * self.eye, old.b)  # lambda is on the diagonal, nowhere else
        return self

    def grow(self, n_new: int) -> None:
        """Append ``n_new`` arms without a past."""
        self._tidy(force=True)
        axis, names = len(self.shape) - 1, self._arrays
        new = self._prior((*self.shape[:-1], n_new))
        self._set(*(np.concatenate([getattr(self, name), a], axis=axis) for name, a in zip(names, new, strict=True)))

    _arrays = ("_A", "_A_inv", "_b", "_n_since_tidy")  # what there is of each world and arm

    def _prior(self, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        A, A_inv = (np.tile(a, (*shape, 1, 1)) for a in (self.ridge * self.eye, self.eye / self.ridge))
        return A, A_inv, np.zeros((*shape, self.d)), np.zeros(shape, dtype=np.int64)

    def _set(self, *arrays: np.ndarray) -> None:
        for name, a in zip(self._arrays, arrays, strict=True):
            setattr(self, name, a)

    def _bring_up_to_date(self) -> None:
        """Carry out what a subclass may have put off."""

    def _is_row(self, x: np.ndarray) -> bool:
        """Tell whether ``x`` is the number of a row of a table, where a subclass knows such."""
        return False

    def _changed(self, name: str, before: Any) -> None:
        if name == "ridge":
            self.put(self.A + (self.ridge - before) * self.eye, self.b)

    def _entry(self, arm: Any) -> Any:
        """Return the number of an arm's evidence, those of all worlds numbered through."""
        *worlds, arms = self.shape
        return np.arange(0, worlds[0] * arms, arms) + arm if worlds else arm

    def _of(self, arm: Any, *arrays: np.ndarray) -> list[np.ndarray]:
        """Return the parts of arrays that are an arm's: views for an int, copies for an arm a world; all for None."""
        if arm is None or arm is ...:
            return list(arrays)
        if type(arm) is int and len(self.shape) == 1:
            return [a[arm] for a in arrays]
        entry, n = self._entry(arm), len(self.shape)
        flat = [a.reshape(-1, *a.shape[n:]) for a in arrays]
        return [a.take(entry, axis=0) if isinstance(entry, np.ndarray) else a[entry] for a in flat]  # take is faster

    def _put_back(self, arm: Any, parts: Any, *arrays: np.ndarray) -> None:
        """Write the parts of :meth:`_of` back, where they are copies."""
        if arm is not None and (type(arm) is not int or len(self.shape) > 1):
            entry, n = self._entry(arm), len(self.shape)
            for a, part in zip(arrays, parts, strict=True):
                a.reshape(-1, *a.shape[n:])[entry] = part

    def _rank_one(self, x: np.ndarray, r: Any, arm: Any, sign: float) -> None:
        if sign > 0:
            refuse_long(x, self.ridge)
        if self._recent and (self._recent[0] is None) != (arm is None):
            raise ValueError("arm must be given with every click, or with none")
        arrays = self._A, self._A_inv, self._b
        A, A_inv, b = parts = self._of(arm, *arrays)
        u = np.matvec(A_inv, x)
        v = np.vecdot(x, u)
        add, subtract = (np.add, np.subtract) if sign > 0 else (np.subtract, np.add)
        add(A, outer(x), out=A)
        if is_delicate(v, sign):
            A_inv[...] = inverse(A)
        else:  # Sherman and Morrison (1950); w w' keeps it exactly symmetric
            w = u / np.sqrt(1 + sign * v)[..., None]
            subtract(A_inv, outer(w), out=A_inv)
        add(b, x * np.asarray(r)[..., None], out=b)
        self._put_back(arm, parts, *arrays)
        self._recent.append(None if arm is None else self._entry(arm))

    def _tidy(self, force: bool = False) -> None:
        """Compute the inverses afresh that have seen many updates, so that rounding errors cannot pile up."""
        if len(self._recent) < TIDY_EVERY and not force:
            return
        n = self._n_since_tidy
        if n.shape and self._recent and self._recent[0] is not None:
            n += np.bincount(np.array(self._recent).ravel(), minlength=n.size).reshape(n.shape)
        else:
            n += len(self._recent)
        self._recent.clear()
        due = n >= TIDY_FROM
        self._invert(due)
        n[due] = 0

    def _invert(self, due: np.ndarray) -> None:
        self._A_inv[due] = inverse(self._A[due])

    def get_state(self) -> dict[str, Any]:
        """Return the sums, and what has been done since the last look at the rounding errors."""
        by_arm = bool(self._recent) and self._recent[0] is not None
        return super().get_state() | {"recent": np.array(self._recent) if by_arm else len(self._recent)}

    def _make_room(self, state: Mapping[str, Any]) -> None:
        recent = state["recent"]
        self._recent = [None] * recent if isinstance(recent, int) else each(recent)
        self._set(*map(np.array, self._prior(state[self._arrays[0]].shape[:-2])))  # arms may have come since


def each(entries: np.ndarray) -> list[Any]:
    """Return what belongs to one click after another, of which ``entries`` is the array."""
    return entries.tolist() if entries.ndim == 1 else list(entries.copy())


def outer(x: np.ndarray) -> np.ndarray:
    """Return x x', ``(..., d) -> (..., d, d)``."""
    return np.einsum("...i,...j->...ij", x, x)
