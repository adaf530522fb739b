"""What is done at once: the same numbers, faster; nothing here is needed to understand the book."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoolib.evidence.digits import refuse_long

MANY = 10  # times as many clicks of one arm as this goes into d cost more, one by one, than an inverse


def is_diagonal(A: np.ndarray) -> bool:
    """Tell whether all of the matrices ``(..., d, d)`` are diagonal, to the last digit."""
    if A[..., 0, 1:].any():  # of most that are not
        return False
    return np.count_nonzero(A) == np.count_nonzero(np.einsum("...ii->...i", A))


def inverse(A: np.ndarray) -> np.ndarray:
    """Return A^-1, ``(..., d, d)``; where each context is one of a kind, A is diagonal and soon inverted."""
    diagonal = np.einsum("...ii->...i", A)
    if not is_diagonal(A) or not diagonal.all():
        return np.linalg.inv(A)
    A_inv = np.zeros(A.shape)
    np.einsum("...ii->...i", A_inv)[...] = 1 / diagonal
    return A_inv


def add_in_turn(evidence: Any, X: np.ndarray, r: np.ndarray, arms: np.ndarray | None = None) -> None:
    """Take in clicks one after another, where their order counts or nothing else is faster.

    Parameters
    ----------
    evidence, X, r, arms
        An :class:`~zoolib.evidence.Evidence`, and what its :meth:`~zoolib.evidence.Evidence.add_many` takes.
    """
    if np.ndim(X) > np.ndim(r):  # and not the numbers of rows of a table
        refuse_long(X, evidence.ridge)
    for i in range(len(r)):
        arm = None if arms is None else arms[i]
        evidence.add(X[i], r[i], arm if arm is None or evidence.shape[:-1] else int(arm))


def add_at_once(evidence: Any, X: np.ndarray, r: np.ndarray, arms: np.ndarray | None = None) -> None:
    """Take in clicks of one world arm by arm: sums by a product, and an inverse; where they are few, one by one.

    The parameters are those of :func:`add_in_turn`.
    """
    if len(evidence.shape) > (arms is not None):  # of many worlds
        return add_in_turn(evidence, X, r, arms)
    evidence._bring_up_to_date()
    refuse_long(X, evidence.ridge)
    due = np.zeros(evidence.shape, dtype=bool)
    for arm, of in _clicks_of(arms, len(r)):
        if len(of) * MANY < evidence.d:  # an update of rank one each costs less than an inverse
            for i in of:
                evidence._rank_one(X[i], r[i], arm, +1.0)
            continue
        at = ... if arm is None else arm
        evidence._A[at] += X[of].T @ X[of]
        evidence._b[at] += r[of] @ X[of]
        due[at] = True
    evidence._invert(due)
    evidence._n_since_tidy[due] = 0
    return evidence._tidy()


def _clicks_of(arms: np.ndarray | None, n: int) -> list[tuple[int | None, np.ndarray]]:
    """Return each arm that has clicks among ``n``, with their numbers; None stands for all arms together."""
    if arms is None or not n:
        return [(None, np.arange(n))] if n else []
    order = np.argsort(arms, kind="stable")
    return [(int(arms[of[0]]), of) for of in np.split(order, np.flatnonzero(np.diff(arms[order])) + 1)]
