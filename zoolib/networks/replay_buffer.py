"""Memory of single clicks, from which a network is trained again and again (chapter 5).

Lin (1992) called it experience replay. In the shop a context is one of P x C cells, and then a set of records needs no
more than two numbers a cell: how often it was met, and the sum of its rewards. Squared errors and ridge regression ask
for nothing else, so what is learned is the same, at the price of 20 rows instead of 64 or 5,000.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from zoolib import checks
from zoolib.persistence import Stateful


class Tally(NamedTuple):
    """A set of records, those of equal contexts taken together.

    Attributes
    ----------
    X
        ``(..., m, d)`` contexts; in the shop ``(m, d)``, the same in all worlds.
    n, s
        ``(..., m)``: how often each was met, and the rewards that came of it, summed.
    """

    X: np.ndarray
    n: np.ndarray
    s: np.ndarray


class ReplayBuffer(Stateful):
    """The last ``capacity`` clicks of every world, in a ring.

    Parameters
    ----------
    capacity, d
        Number of records kept, at least 1, and length of a context.
    batch_shape
        ``()`` for one world, ``(R,)`` for R in lockstep.
    cells
        ``(m, d)``: the contexts there are, if they are few. A record is then a cell's number; the first context that
        comes without one makes the buffer go over to whole contexts.

    >>> buffer = ReplayBuffer(capacity=300, d=2)
    >>> buffer.add(np.array([1.0, 0.0]), 1.0)
    >>> buffer.sample(1, [np.random.default_rng(0)]).X.tolist()
    [[1.0, 0.0]]
    """

    def __init__(
        self, capacity: int, d: int, batch_shape: tuple[int, ...] = (), cells: np.ndarray | None = None
    ) -> None:
        self.capacity, self.d = checks.wholes(1, capacity=capacity, d=d)
        self.batch_shape = tuple(batch_shape)
        self.rows = (np.arange(*batch_shape),) if batch_shape else ()
        self.cells = None if cells is None else checks.finite("cells", cells, (None, self.d))
        self.by_cell, self.n_added = cells is not None, 0
        self._rewards = np.zeros((self.capacity, *self.batch_shape))
        self._contexts = np.zeros(self._shape, dtype=np.int32 if self.by_cell else float)

    @property
    def _shape(self) -> tuple[int, ...]:
        return (self.capacity, *self.batch_shape, *([] if self.by_cell else [self.d]))

    def __len__(self) -> int:
        return min(self.n_added, self.capacity)

    @property
    def full(self) -> bool:
        """Whether the next record takes the place of the oldest."""
        return self.n_added >= self.capacity

    def add(self, x: Any, reward: Any) -> None:
        """Take in the context ``x``, ``(..., d)`` or the number of its cell ``(...)``, and the finite reward of it."""
        reward, x = checks.finite("reward", reward, self.batch_shape), np.asarray(x)
        if self.cells is not None and checks.are_numbers(x) and x.shape == self.batch_shape:
            x = checks.indices("cell", x if x.shape else x.item(), len(self.cells), self.batch_shape)
            x = x if self.by_cell else self.cells[x]
        else:
            x = checks.finite("x", x, (*self.batch_shape, self.d))
            if self.by_cell:
                self._contexts, self.by_cell = self.cells[self._contexts], False
        place = self.n_added % self.capacity
        self._contexts[place], self._rewards[place] = x, reward
        self.n_added += 1

    def oldest(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the context of the oldest record, or its cell's number where records are cells, and its reward."""
        self._at_least(1)
        place = self.n_added % self.capacity if self.full else 0
        return self._contexts[place], self._rewards[place]

    def sample(self, batch_size: int, rngs: Sequence[np.random.Generator]) -> Tally:
        """Return ``batch_size`` records of each world, drawn uniformly and independently (with replacement).

        There are as many at least, or the batch would consist of repetitions. ``rngs`` holds a generator a world.
        """
        batch_size = checks.whole("batch_size", batch_size, 1)
        self._at_least(batch_size)
        picks = np.stack([rng.integers(0, len(self), batch_size) for rng in rngs], axis=-1)
        return self._tally(picks.reshape(batch_size, *self.batch_shape))

    def window(self) -> Tally:
        """Return all records of each world, oldest first; there is one at least."""
        self._at_least(1)
        places = np.arange(self.n_added - len(self), self.n_added) % self.capacity
        places = places.reshape(-1, *[1] * len(self.batch_shape))
        return self._tally(np.broadcast_to(places, (len(self), *self.batch_shape)))

    def _tally(self, places: np.ndarray) -> Tally:
        """Return the records at ``places``, ``(m, ...)``."""
        at = (places, *self.rows)
        contexts, rewards = self._contexts[at], self._rewards[at]
        if not self.by_cell:
            s = np.moveaxis(rewards, 0, -1)
            return Tally(np.moveaxis(contexts, 0, len(self.batch_shape)), np.ones(s.shape), s)
        shape = (*self.batch_shape, len(self.cells))
        flat = (contexts + len(self.cells) * self.rows[0] if self.rows else contexts).ravel()
        n, s = (np.bincount(flat, weights, minlength=int(np.prod(shape))) for weights in (None, rewards.ravel()))
        return Tally(self.cells, n.reshape(shape), s.reshape(shape))

    def _at_least(self, n: int) -> None:
        if len(self) < n:
            raise ValueError(f"the buffer holds {len(self)} records, {n} were asked for")

    def get_state(self) -> dict[str, Any]:
        """Return the records."""
        kept = slice(len(self))
        return {"n_added": self.n_added, "contexts": self._contexts[kept].copy(), "rewards": self._rewards[kept].copy()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
        self.n_added = state["n_added"]
        self.by_cell = state["contexts"].dtype.kind != "f"
        self._contexts = np.zeros(self._shape, dtype=state["contexts"].dtype)
        self._contexts[: len(self)], self._rewards[: len(self)] = state["contexts"], state["rewards"]
