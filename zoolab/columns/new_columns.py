"""Columns of evidence that go with their arms (the decision guide).

Where an arm has entries of its own in the context, such as a one-hot of the product, its departure changes the length
of contexts. The sums A = lambda I + sum x x' and b = sum r x can follow without a record of the past.
"""

from collections.abc import Sequence

import numpy as np

from zoolib import checks


def drop_columns(A: np.ndarray, b: np.ndarray, columns: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return evidence without some columns that leaves the payoff and the width of every other context as they were.

    To strike rows and columns out of A would be to claim that their coefficients are known to be 0. What is wanted is
    that they are not asked for any more, that is, to strike them out of A^-1 (and theta). In terms of A it is the Schur
    complement: with s the columns that stay and o those that go,

        A <- A_ss - A_so A_oo^-1 A_os,    b <- b_s - A_so A_oo^-1 b_o.

    Parameters
    ----------
    A, b
        ``(..., d, d)`` and ``(..., d)``; returned are ``(..., d - n, d - n)`` and ``(..., d - n)``.
    columns
        Which n go; at least one stays.

    >>> drop_columns(np.eye(3), np.zeros(3), [0])[1].shape
    (2,)
    """
    b = checks.finite("b", b, (None,) * max(1, np.ndim(b)))
    A = checks.finite("A", A, (*b.shape, b.shape[-1]))
    d = b.shape[-1]
    columns = checks.items("columns", columns)
    out = checks.indices("columns", columns, d, (len(columns),))
    stay = np.setdiff1d(np.arange(d), out)
    if len(set(out.tolist())) < len(out) or not len(stay) or not len(out):
        raise ValueError(f"columns must name some of {d}, none twice and not all, got {list(columns)}")
    A_so = A[..., stay[:, None], out]
    G = A_so @ np.linalg.inv(A[..., out[:, None], out])
    return A[..., stay[:, None], stay] - G @ np.swapaxes(A_so, -1, -2), b[..., stay] - np.matvec(G, b[..., out])
