"""Evidence on few contexts (chapter 5): the same numbers, faster; nothing here is needed to understand the book.

While there is a table Z of m contexts, all that is asked of A^-1 and b are the means and covariances of its rows,

    f = Z A^-1 b,    V = Z A^-1 Z',

and a click of reward r on row c changes them by

    V <- V - V_c V_c' / (1 + V_cc),    f <- f - V_c (f_c - r) / (1 + V_cc).

With n_c clicks on row c and s_c their rewards, A has grown by Z' diag(n) Z and b by Z's. That is made up for when
another table comes, or when somebody asks. (f and V are a Gaussian process at m points; its kernel is z'z.)
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan, sqrt
from operator import sub
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.evidence.digits import is_delicate, refuse_long
from zoolib.evidence.ridge import TIDY_EVERY, Evidence
from zoolib.evidence.together import MANY, add_in_turn, inverse, is_diagonal

GONE = 1e-11  # of a mean: so much of it is left by rounding alone, when all that it came from has been taken out
FEW = 100  # rows of a table up to which what is known of each pair is little to keep and to change
HANDFUL = 5  # rows up to which Python's own numbers are sooner done, for one arm of one world, than NumPy is called


class TabularEvidence(Evidence):
    """:class:`~zoolib.evidence.Evidence` on the rows of a table Z, ``(*shape, m, d)``, which go by their numbers.

    Wherever evidence takes contexts it takes whole numbers too, and understands rows of the table. Where the last axis
    of ``shape`` is that of arms, each has a table of its own.

    Parameters
    ----------
    Z, ridge
        The table (another may be given to :meth:`go_by` later), and lambda > 0 of the prior A = lambda I.

    >>> evidence = TabularEvidence(np.eye(3))
    >>> evidence.add(np.asarray(1), 1.0)
    >>> evidence.mean(np.arange(3)).round(3).tolist()
    [0.0, 0.5, 0.0]
    """

    state = ("_A", "_A_inv", "_b", "_n_since_tidy", "Z", "f", "V", "n", "s")

    def __init__(self, Z: np.ndarray, ridge: float = 1.0) -> None:
        Z = np.array(checks.finite("Z", Z, (None,) * max(2, np.ndim(Z))))
        self.m = checks.whole("number of rows of Z", Z.shape[-2], 1)
        self.by_hand = self.m <= HANDFUL and Z.ndim == 3  # clicks of one world are counted by Python
        super().__init__(Z.shape[-1], Z.shape[:-2], ridge)
        self.go_by(Z)

    @property
    def f(self) -> np.ndarray:
        """The means of the rows, ``(*shape, m)``, as they are when somebody asks."""
        return np.moveaxis(self._Vf[:, -1], 0, -1)

    @property
    def V(self) -> np.ndarray:  # noqa: N802
        """The covariances of the rows, ``(*shape, m, m)``."""
        return np.moveaxis(self._Vf[:, :-1], (0, 1), (-2, -1))

    def go_by(self, Z: np.ndarray) -> None:
        """Make ``Z``, of as many rows, the table: itself and no copy, so that nobody should write to it."""
        Z = checks.finite("Z", Z, (*self.shape, self.m, self.d))
        refuse_long(Z, self.ridge)
        self._bring_up_to_date()
        self._hold(Z)
        self._look()

    def mean(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x for the contexts ``X``, ``(*shape, n, d)``, or the rows ``X``, ``(*shape, n)``."""
        if (at := self._at(X)) is None:
            return super().mean(X)
        return self._Vf[:, -1][at[-1], *at[:-1]]

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) for the contexts ``X``, ``(*shape, n, d)``, or the rows ``X``, ``(*shape, n)``."""
        if (at := self._at(X)) is None:
            return super().width(X)
        return np.sqrt(self._Vf[at[-1], at[-1], *at[:-1]])

    @property
    def _Vf(self) -> np.ndarray:  # noqa: N802
        """V, and f behind it, ``(m, m + 1, *shape)``, the axes of ``shape`` in reverse."""
        if self._numbers:
            for arm, flat in self._numbers.items():
                self._kept[..., arm] = np.reshape(flat, (self.m, self.m + 1))
            self._numbers.clear()
        return self._kept

    def mean_of_all(self, x: Any, *worlds: np.ndarray) -> np.ndarray:
        """Return the mean of row ``x``, ``(...)``, of every arm's table, ``(..., K)``; R worlds are ``arange(R)``."""
        return self._Vf[x, -1, *worlds]

    def width_of_all(self, x: Any, *worlds: np.ndarray) -> np.ndarray:
        """Return the width of row ``x``, ``(...)``, of every arm's table, ``(..., K)``."""
        return np.sqrt(self._Vf[x, x, *worlds])

    def bound_of_all(self, x: np.ndarray, alpha: float, *worlds: np.ndarray) -> np.ndarray:
        """Return mean + alpha width of the same."""
        bounds = self.bounds(alpha)
        return bounds[x, *worlds] if worlds else bounds[x].copy()

    def bounds(self, alpha: float) -> np.ndarray:
        """Return those of all rows, ``(m, ..., K)``: as they are kept, to be renewed by a click, and no copy."""
        if self._bounds is None or self._alpha != alpha:
            self._alpha = alpha
            self._bounds = self._bound(self._Vf)
        return self._bounds

    def _bound(self, Vf: np.ndarray) -> np.ndarray:
        return Vf[:, -1] + self._alpha * np.sqrt(Vf.reshape(-1, *Vf.shape[2:])[:: self.m + 2])  # V_cc of each row c

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Take in a click; of one arm of one world whose bounds are kept, number by number."""
        if type(arm) is int and self._bounds is not None and self.by_hand and x.dtype.kind in "iu":
            self._in_one_world(int(x), float(0.0 + r), arm)
            if len(self._recent) >= TIDY_EVERY:
                self._tidy()
        else:
            super().add(x, r, arm)

    def add_many(self, X: np.ndarray, r: np.ndarray, arms: np.ndarray | None = None) -> None:
        """Take in clicks that came together; rows one after another, and contexts where they are few."""
        if np.ndim(X) == np.ndim(r) or len(X) * MANY < max(self._b[..., 0].size, self.d):
            return add_in_turn(self, X, r, arms)
        plain = Evidence(self.d, self.shape, self.ridge).take_over(self)
        plain.add_many(X, r, arms)
        return self._put(plain.A, plain.b)

    def get_state(self) -> dict[str, Any]:
        """Return the sums, with all clicks in them, the table and what is known on it."""
        self._bring_up_to_date()
        return super().get_state()

    def _make_room(self, state: Mapping[str, Any]) -> None:
        super()._make_room(state)
        self._hold(state["Z"].copy())

    def _hold(self, Z: np.ndarray) -> None:
        # f stands beside V, since a click changes both alike; and the arms are last, since all of them are asked about.
        self.Z, self._kept, self._bounds = Z, np.empty((self.m, self.m + 1, *Z.shape[:-2])), None
        self._apart: bool | None = None
        self._numbers: dict[int, list[float]] = {}  # what has been changed so, by arm

    def _put(self, A: np.ndarray, b: np.ndarray) -> None:
        super()._put(A, b)
        if hasattr(self, "Z"):
            self._look()

    def _is_row(self, x: np.ndarray) -> bool:
        return checks.are_numbers(x)

    def _rank_one(self, x: np.ndarray, r: Any, arm: Any, sign: float) -> None:
        if not self._is_row(x):
            self._bring_up_to_date()
            self._own()
            super()._rank_one(x, r, arm, sign)
            return self._look(... if arm is None else (*map(np.arange, self.shape[:-1]), arm))
        worlds = tuple(map(np.arange, x.shape))
        if by_world := bool(worlds) and arm is not None:  # an arm a world: its entries are copied, and written back
            entry, flat = self._entry(arm), self._Vf.reshape(self.m * (self.m + 1), -1)
            Vf = flat.take(entry, axis=1).reshape(self.m, self.m + 1, -1)
        else:
            entry, Vf = arm, self._Vf if arm is None else self._Vf[..., arm]
            self._bounds = None if arm is None else self._bounds
        v = Vf[x, x, *worlds]
        if not (delicate := is_delicate(v, sign)):
            root = np.sqrt(1 + v if sign > 0 else 1 - v)
            means = Vf[:, -1]
            before = means.copy() if sign < 0 else None
            if arm is None and self._is_apart:
                w, f = v / root, Vf[x, -1, *worlds]
                Vf[x, -1, *worlds], Vf[x, x, *worlds] = f - sign * w * ((f - r) / root), v - sign * w * w
            else:
                w = np.divide(Vf[x, :, *worlds].T, root, order="C")  # V_c and f_c, (m + 1, ...)
                w[-1] -= r / root
                (np.subtract if sign > 0 else np.add)(Vf, w[:-1, None] * w, out=Vf)
            if before is not None:  # where all has gone but rounding errors, they are to separate no scores
                means[np.abs(means) <= GONE * np.abs(before)] = 0.0
            if by_world:
                flat[:, entry] = Vf.reshape(len(flat), -1)
            if self._bounds is not None:
                self._bounds.reshape(self.m, -1)[:, entry] = self._bound(Vf)
        whose = entry if arm is not None else worlds[0] if worlds else 0
        self._uncounted.append((whose * self.m + x, sign, sign * r))
        self._recent.append(entry)
        if delicate:
            self._bring_up_to_date()
            self._look()
        return None

    def _in_one_world(self, x: int, r: float, arm: int) -> None:
        """Do what :meth:`_rank_one` does, in Python's own numbers."""
        m = self.m
        Vf = self._numbers.get(arm) or self._kept[..., arm].ravel().tolist()
        w = Vf[x * (m + 1) : (x + 1) * (m + 1)]
        root = sqrt(1 + w[x])
        w = [v / root for v in w]
        w[-1] -= r / root
        self._numbers[arm] = Vf = list(map(sub, Vf, [p * q for p in w[:m] for q in w]))
        bounds, alpha = self._bounds, self._alpha
        for c in range(m):
            v = Vf[c * (m + 2)]
            bounds[c, arm] = Vf[c * (m + 1) + m] + alpha * (sqrt(v) if v >= 0 else nan)
        self._uncounted.append((arm * m + x, 1.0, r))
        self._recent.append(arm)

    @property
    def _is_apart(self) -> bool:
        """Whether a click on one row says nothing of another."""
        if self._apart is None:
            self._apart = is_diagonal(self.V)
        return self._apart

    def _look(self, at: Any = ...) -> None:
        """Compute f and V from A^-1 and b."""
        Z = self.Z[at]
        ZA, self._bounds, self._apart = Z @ self._A_inv[at], None, None
        self.f[at], self.V[at] = np.matvec(ZA, self._b[at]), ZA @ np.swapaxes(Z, -1, -2)

    def grow(self, n_new: int) -> None:
        """Append ``n_new`` arms without a past; :meth:`go_by` must follow."""
        self._bring_up_to_date()
        super().grow(n_new)

    def _bring_up_to_date(self, due: Any = True) -> None:
        if self._uncounted:
            at, signs, rewards = (np.array(part) for part in zip(*self._uncounted, strict=True))
            signs = np.broadcast_to(np.expand_dims(signs, tuple(range(1, at.ndim))), at.shape)
            for counted, by in ((self.n, signs), (self.s, rewards)):
                counted += np.bincount(at.ravel(), by.ravel(), counted.size).reshape(counted.shape)
            self._uncounted.clear()
        at = due & (self.n.any(-1) | self.s.any(-1))  # n alone may be 0 again, when one click comes as another leaves
        if at.any():
            self._own()
            Z, n = self.Z[at], self.n[at]
            self._A[at] += np.swapaxes(Z, -1, -2) @ (n[..., None] * Z)
            self._b[at] += np.vecmat(self.s[at], Z)
            self._A_inv[at] = inverse(self._A[at])
            self.n[at] = self.s[at] = 0

    def _invert(self, due: np.ndarray) -> None:
        self._bring_up_to_date(due)
        self._look(due)

    def _prior(self, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        """Let one matrix stand for all that nobody has asked for: of a large catalog few are ever looked at."""
        A, A_inv, *rest = (np.broadcast_to(a, (*shape, *a.shape)) for a in super()._prior(()))
        return A, A_inv, *(a.copy() for a in rest)

    def _own(self) -> None:
        self._A, self._A_inv = (a if a.flags.writeable else a.copy() for a in (self._A, self._A_inv))

    def _set(self, *arrays: np.ndarray) -> None:
        super()._set(*arrays)
        self.n, self.s = np.zeros((2, *self.shape, self.m))
        self._uncounted: list[tuple[Any, float, Any]] = []  # which cell of n, with what sign, and the reward

    def _at(self, X: np.ndarray) -> tuple[np.ndarray, ...] | None:
        """Return the indices of the rows ``X``, ``(*shape)`` or ``(*shape, n)``; None for contexts."""
        shape = self.shape
        if not checks.are_numbers(X) or X.ndim > len(shape) + 1:
            return None
        return (*(np.arange(n).reshape(-1, *[1] * (X.ndim - 1 - i)) for i, n in enumerate(shape)), X) if shape else (X,)
