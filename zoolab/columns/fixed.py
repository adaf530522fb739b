"""What a shared linear model may see of a context: maps x -> z that are written down beforehand, or drawn (chapter 8).

A linear model on z = map(x) is as good as its map. Each is started for one agent, may look at its log once (``fit``),
and maps ``(..., n, d)`` to ``(..., n, width)``.
"""

import copy
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from zoolab.columns.tastes import Layout
from zoolib import checks

Rngs = list[np.random.Generator]


@dataclass
class FeatureMap(ABC):
    """What is common to all maps.

    Parameters
    ----------
    layout
        What the columns say; None: there is no product's number, and all columns are features.

    >>> class Bent(FeatureMap):
    ...     def _bind(self, rngs): self.width = self._n_seen
    ...     def __call__(self, X): return np.tanh(self._seen(X))
    >>> Bent().start(d=3, batch_shape=(), rngs=[])(np.zeros((2, 3))).shape
    (2, 3)
    """

    layout: Layout | None = None

    every = 0  # So many visits pass from one training of the map to the next; with 0 it is never trained.
    state: ClassVar[tuple[str, ...]] = ()  # These attributes have a part for each world.

    def start(self, d: int, batch_shape: tuple[int, ...], rngs: Rngs, layout: Layout | None = None) -> Self:
        """Return a copy that serves an agent with contexts of length ``d``, by ``layout`` if it has none of its own."""
        if self.layout is not None and self.layout.d != d:
            raise ValueError(f"layout is of contexts of length {self.layout.d}, but the agent's have {d}")
        mine = copy.copy(self)
        mine.d, mine.batch_shape, mine.layout = d, batch_shape, self.layout or layout
        mine._bind(rngs)
        return mine

    def of_world(self, i: int) -> Self:
        """Return the map of world ``i`` of a batch alone, for rows ``(n, d)``; it shares what has been learned."""
        if not self.batch_shape:
            return self
        one = copy.copy(self)
        one.batch_shape = ()
        for name in self.state:
            setattr(one, name, _of_world(getattr(self, name), i))
        return one

    @abstractmethod
    def _bind(self, rngs: Rngs) -> None:
        """Set ``width``, the length of z, and draw what is drawn."""

    @property
    def _n_seen(self) -> int:
        return self.d - (self.layout is not None)

    def _seen(self, X: np.ndarray) -> np.ndarray:
        """Return the columns that are features."""
        return X if self.layout is None else X[..., 1:]

    @abstractmethod
    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:  # noqa: B027  most maps are never fitted
        """Look at the records so far, ``(..., n, d)`` and ``(..., n)``."""

    def check(self, X: np.ndarray) -> None:  # noqa: B027  most maps take any context
        """Refuse finite contexts ``(..., d)`` that the map has no place for, before they are learned."""


def _of_world(value: Any, i: int) -> Any:
    """Return the part of world ``i`` in what a map has learned; a number is that of all worlds."""
    if isinstance(value, np.ndarray):
        return value[i]
    if isinstance(value, list):
        return value[i : i + 1]
    return value if isinstance(value, int) else value.of_world(i)


@dataclass
class Identity(FeatureMap):
    """The features as they are, and a constant; the product's number is left out.

    >>> Identity().start(d=2, batch_shape=(), rngs=[])(np.array([[3.0, 4.0]])).tolist()
    [[1.0, 3.0, 4.0]]
    """

    def _bind(self, rngs: Rngs) -> None:
        self.width = self._n_seen + 1

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return [1, x] for each row of ``X``."""
        return with_one(self._seen(X))


@dataclass
class Crossed(FeatureMap):
    """The features, a constant, and all products of two features, squares included: a quadratic model.

    >>> Crossed().start(d=2, batch_shape=(), rngs=[])(np.array([[3.0, 4.0]])).tolist()
    [[1.0, 3.0, 4.0, 9.0, 12.0, 16.0]]
    """

    def _bind(self, rngs: Rngs) -> None:
        n = self._n_seen + 1
        self.width = n * (n + 1) // 2

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        return crossed(with_one(self._seen(X)))


@dataclass
class RandomFourier(FeatureMap):
    """Random Fourier features (Rahimi and Recht, 2007): linear in them is, nearly, a Gaussian kernel.

    z_k = sqrt(2) cos(w_k'x + c_k) with w_k ~ N(0, I / length^2) and c_k uniform; and a constant.

    Parameters
    ----------
    n, length
        Number of waves, and length scale of the kernel.

    >>> RandomFourier(n=50).start(d=2, batch_shape=(), rngs=[np.random.default_rng(0)])(np.zeros((4, 2))).shape
    (4, 51)
    """

    n: int = 400
    length: float = 3.0

    state = ("W", "c")

    def __post_init__(self) -> None:
        checks.real("length", self.length, 0.0, open_low=True)
        checks.wholes(1, n=self.n)

    def _bind(self, rngs: Rngs) -> None:
        self.width = self.n + 1
        W = np.stack([rng.standard_normal((self._n_seen, self.n)) / self.length for rng in rngs])
        c = np.stack([rng.uniform(0, 2 * np.pi, self.n) for rng in rngs])
        self.W, self.c = W.reshape(*self.batch_shape, *W.shape[1:]), c.reshape(*self.batch_shape, self.n)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        return with_one(np.sqrt(2) * np.cos(self._seen(X) @ self.W + self.c[..., None, :]))


def with_one(X: np.ndarray) -> np.ndarray:
    """Return the rows of ``X`` with a constant 1 in front.

    >>> with_one(np.array([[3.0, 4.0]])).tolist()
    [[1.0, 3.0, 4.0]]
    """
    return np.concatenate([np.ones((*X.shape[:-1], 1)), X], axis=-1)


def crossed(X: np.ndarray) -> np.ndarray:
    """Return all products of two entries of each row, each pair once, ``(..., n) -> (..., n (n + 1) / 2)``.

    >>> crossed(np.array([1.0, 3.0, 4.0])).tolist()
    [1.0, 3.0, 4.0, 9.0, 12.0, 16.0]
    """
    n = X.shape[-1]
    Z = np.empty((*X.shape[:-1], n * (n + 1) // 2))
    start = 0
    for i in range(n):
        np.multiply(X[..., i, None], X[..., i:], out=Z[..., start : start + n - i])
        start += n - i
    return Z
