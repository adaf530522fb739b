"""Evidence on few contexts: what it says of each of them, in place of the matrices behind it (chapter 5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoolib import checks
from zoolib.evidence.ridge import Entry, Evidence, outer, take


class TabularEvidence(Evidence):
    """:class:`~zoolib.evidence.Evidence` on the rows of a table Z, ``(*shape, m, d)``, which go by their numbers.

    While the table stays, all that is asked of A^-1 and b are the means and covariances of its rows,

        f = Z A^-1 b,    V = Z A^-1 Z',

    and a click of reward r on row c changes them by

        f <- f + V_c (r - f_c) / (1 + V_cc),    V <- V - V_c V_c' / (1 + V_cc).

    With n_c clicks on row c and s_c their rewards, A has grown by Z' diag(n) Z and b by Z's. That is made up for when
    another table comes, or when somebody asks. (f and V are a Gaussian process at m points; its kernel is z'z.)

    Wherever evidence takes contexts it takes whole numbers too, and understands rows of the table.

    Parameters
    ----------
    Z
        The table; another may be given to :meth:`settle` later.
    ridge
        lambda > 0 of the prior A = lambda I.
    """

    state = ("_A", "_A_inv", "_b", "_n_since_tidy", "Z", "f", "V", "n", "s")

    def __init__(self, Z: np.ndarray, ridge: float = 1.0) -> None:
        self.m = checks.whole("number of rows of Z", Z.shape[-2], 1)
        super().__init__(Z.shape[-1], Z.shape[:-2], ridge)
        self.settle(Z)

    def settle(self, Z: np.ndarray) -> None:
        """Make ``Z`` the table."""
        self._make_up()
        self.Z, self.f, self.V = Z, np.empty(Z.shape[:-1]), np.empty((*Z.shape[:-1], self.m))
        self._look()

    def mean(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x for the contexts ``X``, ``(*shape, n, d)``, or the rows ``X``, ``(*shape, n)``."""
        return self.f[self._at(X)] if X.dtype.kind in "iu" else super().mean(X)

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) for the contexts ``X``, ``(*shape, n, d)``, or the rows ``X``, ``(*shape, n)``."""
        return np.sqrt(self.V[(*self._at(X), X)]) if X.dtype.kind in "iu" else super().width(X)

    def rebuild(self, X: np.ndarray, r: np.ndarray, n: np.ndarray | None = None) -> None:
        """Start afresh from records, as :meth:`Evidence.rebuild <zoolib.evidence.Evidence.rebuild>` does."""
        super().rebuild(X, r, n)
        self.settle(self.Z)

    def _rank_one(self, x: np.ndarray, r: Any, entry: Entry, sign: float) -> None:
        if x.dtype.kind not in "iu":
            super()._rank_one(x, r, entry, sign)
            return self.settle(self.Z)
        at = self._at(x)
        v, error = self.V[at], r - self.f[at]
        scale = 1 + sign * v[at]
        w = v / np.sqrt(scale)[..., None]
        self.f += v * (sign * error / scale)[..., None]  # first f: v may be a view of V
        (np.subtract if sign > 0 else np.add)(self.V, outer(w), out=self.V)
        self.n[at] += sign
        self.s[at] += sign * r
        self._recent.append(entry)
        return None

    def _look(self, at: Any = ...) -> None:
        """Compute f and V from A^-1 and b."""
        Z = self.Z[at]
        ZA = Z @ self._A_inv[at]
        self.f[at], self.V[at] = np.matvec(ZA, self._b[at]), ZA @ np.swapaxes(Z, -1, -2)

    def _make_up(self) -> None:
        """Bring A, A^-1 and b up to date."""
        at = self.n.any(-1) | self.s.any(-1)  # n alone may be 0 again, when one click comes as another leaves
        if at.any():
            Z, n = self.Z[at], self.n[at]
            self._A[at] += np.swapaxes(Z, -1, -2) @ (n[..., None] * Z)
            self._b[at] += np.vecmat(self.s[at], Z)
            self._A_inv[at] = np.linalg.inv(self._A[at])
            self.n[at] = self.s[at] = 0

    def _invert(self, due: np.ndarray) -> None:
        self._make_up()
        self._look(due)

    def _set(self, A: np.ndarray, A_inv: np.ndarray, b: np.ndarray, n_since_tidy: np.ndarray) -> None:
        self._A, self._A_inv, self._b, self._n_since_tidy = A, A_inv, b, n_since_tidy
        self.n, self.s = np.zeros((2, *b.shape[:-1], self.m))
        self._rows = tuple(np.arange(n) for n in b.shape[:-1])

    def _at(self, X: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the indices of the rows ``X``, ``(*shape)`` or ``(*shape, n)``."""
        return (*(rows.reshape(-1, *[1] * (X.ndim - 1)) for rows in self._rows), X)

    @property
    def A(self) -> np.ndarray:  # type: ignore[override]  # noqa: N802
        """``(*shape, d, d)``."""
        self._make_up()
        return self._A

    @property
    def A_inv(self) -> np.ndarray:  # type: ignore[override]  # noqa: N802
        """``(*shape, d, d)``."""
        self._make_up()
        return self._A_inv

    @property
    def b(self) -> np.ndarray:  # type: ignore[override]
        """``(*shape, d)``."""
        self._make_up()
        return self._b

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes."""
        return self._b.shape[:-1]


class TabularArms(TabularEvidence):
    """:class:`TabularEvidence` of many arms, each with a table of its own, of which a click touches one.

    Parameters
    ----------
    Z
        ``(*shape, m, d)``; the last axis of ``shape`` is that of the arms.
    ridge
        lambda > 0 of the prior A = lambda I.
    """

    def mean_and_width(self, X: np.ndarray, entry: Entry = ...) -> tuple[np.ndarray, np.ndarray]:
        """Return both, ``(..., m)``, for all rows of the tables of ``entry``; ``X`` is known to be those."""
        f, V = (take(a, entry) for a in self._looks)
        return f, np.sqrt(V.diagonal(0, -2, -1))

    @property
    def _looks(self) -> tuple[np.ndarray, np.ndarray]:
        return self.f.reshape(-1, self.m), self.V.reshape(-1, self.m, self.m)

    @property
    def _by_entry(self) -> tuple[np.ndarray, ...]:  # type: ignore[override]
        return tuple(a.reshape(-1, *a.shape[len(self.shape) :]) for a in (self.A, self._A_inv, self._b))

    def _rank_one(self, x: np.ndarray, r: Any, entry: Entry, sign: float) -> None:
        if x.dtype.kind not in "iu":
            Evidence._rank_one(self, x, r, entry, sign)
            return self._look()
        f, V = (take(a, entry) for a in self._looks)
        at = (*(np.arange(n) for n in x.shape), x)
        v, error = V[at], r - f[at]
        scale = 1 + sign * v[at]
        w = v / np.sqrt(scale)[..., None]
        f += v * (sign * error / scale)[..., None]
        (np.subtract if sign > 0 else np.add)(V, outer(w), out=V)
        if x.ndim:  # what was taken is a copy, not a view
            for whole, part in zip(self._looks, (f, V), strict=True):
                whole[entry] = part
        self.n.reshape(-1, self.m)[entry, x] += sign
        self.s.reshape(-1, self.m)[entry, x] += sign * r
        self._recent.append(entry)
        return None
