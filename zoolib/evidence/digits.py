"""What float64 can hold of A: which contexts are too long beside its prior, and when A^-1 is to be computed afresh."""

from __future__ import annotations

from typing import Any

import numpy as np

LONGEST = 1e10  # of x'x / lambda: a few thousand such x x' leave the prior a digit or two in their sum, A
LEAST_LEFT = 1e-2  # of 1 - x' A^-1 x: with less of it left, taking out click after click costs the inverse its digits


def refuse_long(x: np.ndarray, ridge: float, weight: Any = None) -> None:
    """Refuse contexts, ``(..., d)``, of which one, by its ``weight`` ``(...)``, would drown lambda = ``ridge``.

    >>> refuse_long(np.ones((5, 2)), ridge=1.0)
    """
    fine = np.vecdot(x, x if weight is None else np.asarray(weight)[..., None] * x) <= LONGEST * ridge
    if not (np.count_nonzero(fine) == fine.size if fine.ndim else fine):
        raise ValueError(f"contexts or gradients too long: scale them to x'x <= {LONGEST * ridge:g}, or raise ridge")


def is_delicate(v: Any, sign: float) -> bool:
    """Tell whether taking out a click, ``sign`` -1, asks for a fresh inverse, v being x' A^-1 x, ``(...)``."""
    return sign < 0 and bool(np.any(v > 1 - LEAST_LEFT))
