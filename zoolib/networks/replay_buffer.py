"""The replay buffer: single clicks, from which a network is trained again and again (chapter 5; Lin, 1992)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from zoolib import checks


class Tally(NamedTuple):
    """A set of records, as squared errors and ridge regression ask for them.

    Attributes
    ----------
    X
        ``(..., m, d)`` contexts.
    n, s
        ``(..., m)``: how often each came, and its summed rewards. For single records, n is 1 and s the reward.
    """

    X: np.ndarray
    n: np.ndarray
    s: np.ndarray


class ReplayBuffer:
    """The last ``capacity`` clicks of every world, in a ring.

    Parameters
    ----------
    capacity, d
        Number of records kept, at least 1, and length of a context.
    batch_shape
        ``()`` for one world, ``(R,)`` for R in lockstep.

    >>> buffer = ReplayBuffer(capacity=300, d=2)
    >>> buffer.add(np.array([1.0, 0.0]), 1.0)
    >>> buffer.sample(1, [np.random.default_rng(0)]).X.tolist()
    [[1.0, 0.0]]
    """

    def __init__(self, capacity: int, d: int, batch_shape: tuple[int, ...] = ()) -> None:
        self.capacity, self.d = checks.wholes(1, capacity=capacity, d=d)
        self.batch_shape, self.n_added = tuple(batch_shape), 0
        self.worlds = tuple(np.arange(R) for R in self.batch_shape)
        self.contexts = np.zeros((self.capacity, *self.batch_shape, self.d))
        self.rewards = np.zeros((self.capacity, *self.batch_shape))

    def __len__(self) -> int:
        return min(self.n_added, self.capacity)

    @property
    def full(self) -> bool:
        """Whether the next record takes the place of the oldest."""
        return self.n_added >= self.capacity

    def add(self, x: np.ndarray, reward: Any) -> None:
        """Take in a context ``x``, ``(..., d)``, and its finite reward, ``(...)``."""
        reward = checks.finite("reward", reward, self.batch_shape)
        place = self.n_added % self.capacity
        self.contexts[place], self.rewards[place] = checks.finite("x", x, (*self.batch_shape, self.d)), reward
        self.n_added += 1

    def oldest(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the context and the reward of the oldest record."""
        self._at_least(1)
        place = self.n_added % self.capacity if self.full else 0
        return self.contexts[place], self.rewards[place]

    def sample(self, batch_size: int, rngs: Sequence[np.random.Generator]) -> Tally:
        """Return ``batch_size`` records of each world, drawn uniformly and independently (with replacement).

        There must be that many records, or the batch would consist of repetitions. ``rngs`` holds a generator for each
        world.
        """
        batch_size = checks.whole("batch_size", batch_size, 1)
        self._at_least(batch_size)
        picks = np.stack([rng.integers(0, len(self), batch_size) for rng in rngs], axis=-1)
        return self._records(picks.reshape(batch_size, *self.batch_shape))

    def window(self) -> Tally:
        """Return all records of each world, oldest first; there must be one."""
        self._at_least(1)
        places = np.arange(self.n_added - len(self), self.n_added) % self.capacity
        places = places.reshape(-1, *[1] * len(self.batch_shape))
        return self._records(np.broadcast_to(places, (len(self), *self.batch_shape)))

    def _records(self, places: np.ndarray) -> Tally:
        """Return the records at ``places``, ``(m, ...)``."""
        at = (places, *self.worlds)
        s = np.moveaxis(self.rewards[at], 0, -1)
        return Tally(np.moveaxis(self.contexts[at], 0, len(self.batch_shape)), np.ones(s.shape), s)

    def _at_least(self, n: int) -> None:
        if len(self) < n:
            raise ValueError(f"the buffer holds {len(self)} records, {n} were asked for")
