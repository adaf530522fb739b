"""Ties: what only rounding separates is equal, and the lowest number wins.

Equal rows of a matrix product need not give equal numbers. Their last digits depend on their place in the matrix, on
what stands beside them, and on the processor. Whoever takes the best by these digits shows one product here and another
there. So all that is taken for the best in this package is taken so by the functions here. A number that is printed has
ties, too: it may stand halfway between two texts.
"""

import numpy as np

TIE = 1e-10  # scores in float64 that are apart by less than this part of the highest one's size are equal
SINGLE = 1e-5  # the same for what was computed in float32
ROUGH = 1e-4  # a score that many steps in float32 have led to is off by less than this part of the highest one's size
LOWEST = -1e300  # what a score of -inf counts as, and one of inf as the same above 0


def argmax(scores: np.ndarray, tolerance: float = TIE) -> np.ndarray:
    """Return the lowest index of the highest score along the last axis, ``(..., m) -> (...)``.

    As high as the highest is what is below it by no more than ``tolerance`` times its size.

    >>> int(argmax(np.array([0.1, 0.7 - 1e-12, 0.7])))
    1
    """
    if scores.ndim == 1:  # with a number in place of arrays of one: it runs at each step
        highest = scores.item(scores.argmax())
        return (scores >= highest * (1 - tolerance if highest > 0 else 1 + tolerance)).argmax()
    flat = scores.reshape(-1, scores.shape[-1])
    highest = flat[np.arange(len(flat)), flat.argmax(-1)].reshape(*scores.shape[:-1], 1)  # max(-1) is slow
    return (scores >= highest * (1 - tolerance * np.sign(highest))).argmax(-1)


def top_k(scores: np.ndarray, n: int, tolerance: float = TIE) -> np.ndarray:
    """Return the indices of the ``n`` highest scores, best first, ``(..., m) -> (..., min(n, m))``.

    Each is the lowest index of those as high as the highest left; ``tolerance`` is a part of the size of the highest.

    >>> top_k(np.array([0.1, 0.7 - 1e-12, 0.7]), 2).tolist()
    [1, 2]
    """
    scores, m = np.clip(scores.astype(float), LOWEST, -LOWEST), scores.shape[-1]
    if not (n := min(n, m)):
        return np.empty((*scores.shape[:-1], 0), dtype=np.intp)
    apart = tolerance * np.abs(scores.max(-1, keepdims=True))
    order = np.argpartition(-scores, min(n, m - 1), axis=-1)[..., : n + 1]
    order = np.take_along_axis(order, np.argsort(-np.take_along_axis(scores, order, -1), axis=-1), -1)
    if (np.diff(np.take_along_axis(scores, order, -1)) >= -apart).any():
        for place in range(n):
            order[..., place] = (scores >= scores.max(-1, keepdims=True) - apart).argmax(-1)
            np.put_along_axis(scores, order[..., place, None], -np.inf, -1)
    return order[..., :n]


def printed(x: float, spec: str) -> str:
    """Return ``format(x, spec)``; a number halfway between two texts goes to the one farther from 0.

    Halfway is what only rounding errors keep from being so. A number has nine digits at most that are its own.

    >>> printed(0.1435 - 1e-16, ".3f"), printed(0.1435 + 1e-16, ".3f")
    ('0.144', '0.144')
    """
    return format(x * (1 + TIE), spec)
