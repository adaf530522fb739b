"""Records of clicks on cells: numbers in the place of contexts, and training on how often each cell was drawn."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from zoolib.quick.player import numbers_of

SOME = 100  # Records that are translated in one go.
TOGETHER = 20  # Networks that are trained in one go: so many fit the processor's cache.


class Records:
    """The clicks of a replay buffer, each as the number of its cell."""

    def __init__(self, buffer: Any, cells: np.ndarray, n_worlds: int) -> None:
        self.buffer, self.cells, self.R, self.m = buffer, cells, n_worlds, len(cells)
        self.worlds, self.n_added, self.n_known = np.arange(n_worlds), buffer.n_added, buffer.n_added
        self.kept = np.zeros((buffer.capacity, n_worlds), dtype=np.int16)
        self.rewards = buffer.rewards.reshape(-1, n_worlds)  # the buffer's own
        for some in self.blocks(range(len(self))):
            self.kept[some] = numbers_of(buffer.contexts[some].reshape(-1, n_worlds, cells.shape[-1]), cells)

    def __len__(self) -> int:
        return min(self.n_added, len(self.kept))

    @property
    def full(self) -> bool:
        """Whether the next record takes the place of the oldest."""
        return self.n_added >= len(self.kept)

    def oldest(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the cell and the reward of the record that goes next, ``(R,)`` each."""
        place = self.n_added % len(self.kept)
        return self.kept[place].astype(int), self.rewards[place].copy()

    def add(self, c: np.ndarray, reward: np.ndarray) -> None:
        """Take in a click on cell ``c``, ``(R,)``."""
        place = self.n_added % len(self.kept)
        self.kept[place], self.rewards[place] = c, reward
        self.n_added += 1

    def tally(self, places: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Return how often each cell stands at ``places``, ``(R, n)``, and its rewards, ``(R, m)``; None: anywhere."""
        if places is None:
            cells, rewards = self.kept[: len(self)], self.rewards[: len(self)]
        else:
            at = places * self.R + self.worlds[:, None]
            cells, rewards = self.kept.ravel().take(at).T, self.rewards.ravel().take(at).T
        at = (cells + self.m * self.worlds).ravel()
        n, s = (np.bincount(at, weights, self.R * self.m) for weights in (None, rewards.ravel()))
        return n.reshape(self.R, self.m), s.reshape(self.R, self.m)

    def give_back(self) -> None:
        """Write the records that are new as contexts."""
        contexts, n_new = self.buffer.contexts, min(self.n_added - self.n_known, len(self.kept))
        for some in self.blocks(range(self.n_added - n_new, self.n_added)):
            contexts[some] = self.cells[self.kept[some]].reshape(-1, *contexts.shape[1:])
        self.buffer.n_added = self.n_known = self.n_added

    def blocks(self, numbers: range) -> list[np.ndarray]:
        """Return the places of records by their numbers, some at a time: contexts take much memory."""
        return [np.array(numbers[i : i + SOME]) % len(self.kept) for i in range(0, len(numbers), SOME)]


class Rehearsal(Records):
    """Training by replay on cells, each once, with counts; some networks at a time."""

    def __init__(self, training: Any, cells: np.ndarray, n_worlds: int) -> None:
        super().__init__(training.buffer, cells, n_worlds)
        self.training = training
        whole = [training.network, training.optimizer]
        starts = range(0, n_worlds, TOGETHER) if training.network.flat.ndim > 1 else [None]
        self.parts = [whole if i is None else [part(a, slice(i, i + TOGETHER)) for a in whole] for i in starts]
        self.forward()

    def forward(self) -> None:
        """Keep the outputs of all layers: training begins where the last one has led."""
        self.outputs = [network.forward(self.cells) for network, _ in self.parts]

    def embedded(self) -> np.ndarray:
        """Return the cells' embeddings, ``(R, m, d_emb)``."""
        return np.concatenate([outputs[2].reshape(-1, *outputs[2].shape[-2:]) for outputs in self.outputs])

    def step(self, c: np.ndarray, reward: np.ndarray) -> bool:
        """Remember a click; train if it is time, and return whether phi has changed."""
        self.add(c, reward)
        how = self.training
        if self.n_added % how.every or len(self) < how.batch_size:
            return False
        for _ in range(how.n_batches):
            places = np.concatenate([rng.integers(0, len(self), how.batch_size) for rng in how.rngs])
            n, s = (np.split(a, range(TOGETHER, self.R, TOGETHER)) for a in self.tally(places.reshape(self.R, -1)))
            for (network, optimizer), outputs, n_part, s_part in zip(self.parts, self.outputs, n, s, strict=True):
                out = outputs[-1][..., 0]
                n_part, s_part = n_part.reshape(out.shape), s_part.reshape(out.shape)
                G = 2 * (n_part * out - s_part) / n_part.sum(-1, keepdims=True)
                optimizer.step(network.backward(outputs, G[..., None]))
            self.forward()
        how.optimizer.t = self.parts[0][1].t
        return True


def part(of: Any, worlds: slice) -> Any:
    """Return networks or optimizers of some worlds, on the arrays of all."""
    one = copy.copy(of)
    for name in ("flat", "weights", "m", "v"):
        if hasattr(of, name):
            setattr(one, name, getattr(of, name)[worlds])
    if hasattr(of, "flat"):
        one.layers = one.views(one.flat)
    return one
