"""Generators that are handed in, spawned and never re-seeded.

Two generators with the same seed give the *same* numbers, not independent ones (chapter 0 springs this trap). So
whoever needs randomness takes ``rng``: a seed or a :class:`numpy.random.Generator` for one world, a sequence of them
for a batch. A seed becomes a generator here and nowhere else, so that one number, :func:`shift`, turns all worlds,
users and luck of a notebook, a sweep or a test into others that nobody has looked at.
"""

import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Integral
from typing import Any

import numpy as np

from zoolib import checks

Seed = int | np.random.SeedSequence | np.random.Generator

USERS = "users"  # the stream from which experiments draw who comes to the shop
SHOCK_TIMES, TABLES = "shocks", "click table"  # and when something happens, and a shop's click table, if it is drawn
SHIFT = "ZOOLIB_SHIFT"  # the variable of the environment that says by how much all seeds are shifted
_by: ContextVar[int | None] = ContextVar("_by", default=None)


def shift() -> int:
    """Return by how much all seeds are shifted: 0 for the stored numbers."""
    words = os.environ.get(SHIFT) or "0"
    by = int(words) if words.removeprefix("-").isdecimal() else words
    return checks.whole(SHIFT, by, 0) if _by.get() is None else _by.get()


@contextmanager
def shifted(by: int) -> Iterator[None]:
    """Shift all seeds ``by`` so much, at least 0, whatever the environment says.

    >>> with shifted(1_000_000): print(generator(7).random() == np.random.default_rng(1_000_007).random())
    True
    """
    before = _by.set(checks.whole("by", by, 0))
    try:
        yield
    finally:
        _by.reset(before)


def spawn(seed: int, stream: str) -> np.random.Generator:
    """Return the generator of a named stream of replication ``seed``, independent of its streams of other names.

    The name, not the order of calls, decides: a new agent in an experiment changes no other agent's numbers. It is
    known by its CRC-32, and of two names in 2^32 the streams are one; :func:`refuse_shared` refuses those of agents.
    """
    seed = checks.whole("seed", seed, 0)
    name = checks.text("stream", stream)
    return np.random.default_rng(np.random.SeedSequence(seed + shift(), spawn_key=(zlib.crc32(name),)))


def refuse_shared(agents: Iterable[str], taken: Iterable[str]) -> None:
    """Refuse names of ``agents`` whose streams would be the same, or one of those that their world has ``taken``."""
    names = [*agents, *taken]
    if len({zlib.crc32(checks.text("agents", name)) for name in names}) < len(names):
        raise ValueError(f"agents: of these names two are of one stream, {names}; the world has {[*taken]}")


def worlds(seed: int | Sequence[int], name: str = "seed", apart: bool = False) -> tuple[tuple[int, ...], ...]:
    """Return the seeds of all worlds, one at least, if ``apart`` none twice; and their batch's shape, () or (R,)."""
    many = isinstance(seed, (Sequence, np.ndarray)) and not isinstance(seed, (str, bytes)) and getattr(seed, "ndim", 1)
    seeds = tuple(checks.whole(name, one, 0) for one in (seed if many else [seed]))
    if not seeds or (apart and len(set(seeds)) < len(seeds)):
        raise ValueError(f"{name} must name at least one world{', and none twice' if apart else ''}, got {seeds}")
    return seeds, (len(seeds),) if many else ()


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
    if isinstance(rng, (Sequence, np.ndarray)) and not isinstance(rng, (str, bytes)) and getattr(rng, "ndim", 1):
        if len(rng) != n_worlds or not batch_shape:
            raise ValueError(f"rng must hold one generator a world, {n_worlds} in all, got {len(rng)}")
        return [generator(one) for one in rng]
    return [generator(rng)] if not batch_shape else generator(rng).spawn(n_worlds)


def generator(rng: Seed) -> np.random.Generator:
    """Return the generator that ``rng`` is, or of which it is the seed."""
    if isinstance(rng, (np.random.Generator, np.random.SeedSequence)):
        return np.random.default_rng(rng)
    if isinstance(rng, bool) or not isinstance(rng, Integral):
        raise TypeError(f"rng must be a seed or a numpy Generator, got {rng!r}: randomness is handed in, never implied")
    return np.random.default_rng(checks.whole("rng", rng, 0) + shift())


def streams(rng: Seed | Sequence[Seed], batch_shape: tuple[int, ...], n: int) -> list[list[np.random.Generator]]:
    """Return ``n`` independent sets of generators, each with one for every world, spawned from those of ``rng``."""
    return [list(one) for one in zip(*(g.spawn(n) for g in generators(rng, batch_shape)), strict=True)]


class UniformStream:
    """Uniform numbers in [0, 1), one for every world at each call, drawn ahead in blocks.

    The stream of world i is the one that its generator, ``rngs[i]``, would give draw by draw; only the speed differs.
    The ``batch_shape`` ``()`` gives a number at each call, ``(R,)`` an array of R.
    """

    width: tuple[int, ...] = ()  # of what is drawn for each world at each call

    def __init__(self, rngs: list[np.random.Generator], batch_shape: tuple[int, ...], block: int = 2048) -> None:
        self.rngs, self.batch_shape, self.block = rngs, batch_shape, block
        self._forget()

    def _forget(self) -> None:
        self._values, self._used = np.empty((0, *self.batch_shape, *self.width)), 0
        self._before: list[dict[str, Any]] = []

    def __call__(self) -> Any:
        """Return the next number of every world, of shape ``batch_shape``."""
        if self._used == len(self._values):
            self._before = [rng.bit_generator.state for rng in self.rngs]
            values = np.stack([self._draw(rng, self.block) for rng in self.rngs], axis=1)
            self._values, self._used = values.reshape(self.block, *self.batch_shape, *self.width), 0
        value = self._values[self._used]
        self._used += 1
        return value

    def _draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.random(n)

    def rewind(self) -> list[np.random.Generator]:
        """Give back what was drawn ahead, so that the generators stand where draw by draw they would."""
        if self._before:
            for rng, state in zip(self.rngs, self._before, strict=True):
                rng.bit_generator.state = state
                self._draw(rng, self._used)
            self._forget()
        return self.rngs
