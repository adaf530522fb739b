"""Generators that are handed in, spawned and never re-seeded.

Two generators with the same seed give the *same* numbers, not independent ones (chapter 0 springs this
trap). So whoever needs randomness takes ``rng``: a seed or a :class:`numpy.random.Generator` for one world,
a sequence of them for a batch of worlds.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from zoolib import checks

Seed = int | np.random.SeedSequence | np.random.Generator

USERS = "users"  # the stream from which experiments draw who comes to the shop


def spawn(seed: int, stream: str) -> np.random.Generator:
    """Return the generator of a named stream of replication ``seed``, independent of all its other streams.

    The name, not the order of calls, decides: a new agent in an experiment changes no other agent's numbers.
    """
    seed = checks.whole("seed", seed, 0)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(stream.encode()),)))


def generators(rng: Seed | Sequence[Seed], batch_shape: tuple[int, ...]) -> list[np.random.Generator]:
    """Return one generator for every world.

    Parameters
    ----------
    rng
        For one world (``batch_shape`` ``()``): a seed or a generator. For a batch: a sequence of them, one a world;
        or a single one, from which one child for each world is spawned.
    batch_shape
        ``()`` or ``(R,)``.
    """
    n_worlds = int(np.prod(batch_shape, dtype=int))
    if isinstance(rng, (Sequence, np.ndarray)) and not isinstance(rng, str):
        if len(rng) != n_worlds or not batch_shape:
            raise ValueError(f"rng must hold one generator a world, {n_worlds} in all, got {len(rng)}")
        return [_generator(one) for one in rng]
    return [_generator(rng)] if not batch_shape else _generator(rng).spawn(n_worlds)


def _generator(rng: Any) -> np.random.Generator:
    if isinstance(rng, (np.random.Generator, np.random.SeedSequence)):
        return np.random.default_rng(rng)
    if isinstance(rng, bool) or not isinstance(rng, Integral):
        raise TypeError(f"rng must be a seed or a numpy Generator, got {rng!r}: randomness is handed in, never implied")
    return np.random.default_rng(checks.whole("rng", rng, 0))


class UniformStream:
    """Uniform numbers in [0, 1), one for every world at each call, drawn ahead in blocks.

    The stream of world i is the one that its generator would give draw by draw; only the speed differs.

    Parameters
    ----------
    rngs
        One generator a world.
    batch_shape
        ``()`` gives a number at each call, ``(R,)`` an array of R.
    """

    def __init__(self, rngs: list[np.random.Generator], batch_shape: tuple[int, ...], block: int = 2048) -> None:
        self.rngs, self.batch_shape, self.block = rngs, batch_shape, block
        self._values = np.empty((0, *batch_shape))
        self._used = 0
        self._before: list[dict[str, Any]] = []

    def __call__(self) -> Any:
        """Return the next number of every world, of shape ``batch_shape``."""
        if self._used == len(self._values):
            self._refill()
        value = self._values[self._used]
        self._used += 1
        return value

    def _refill(self) -> None:
        self._before = [rng.bit_generator.state for rng in self.rngs]
        values = np.stack([rng.random(self.block) for rng in self.rngs], axis=-1)
        self._values, self._used = values.reshape(self.block, *self.batch_shape), 0

    def settle(self) -> list[np.random.Generator]:
        """Give back what was drawn ahead, so that the generators stand where draw by draw they would."""
        if self._before:
            for rng, state in zip(self.rngs, self._before, strict=True):
                rng.bit_generator.state = state
                rng.random(self._used)
            self._values, self._used, self._before = np.empty((0, *self.batch_shape)), 0, []
        return self.rngs
