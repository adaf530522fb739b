"""Replay with more than one batch at a time: for networks that have to learn more than twenty cells (chapter 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.training import Replay
from zoolib.evidence import Evidence


@dataclass
class Rehearsal(Replay):
    """:class:`~zoolib.agents.training.Replay` that takes ``n_batches`` steps of Adam when it is time.

    Parameters
    ----------
    capacity, batch_size, every
        See :class:`~zoolib.agents.training.Replay`.
    n_batches
        Batches each time, at least 1.
    """

    batch_size: int = 32
    every: int = 20
    n_batches: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.whole("n_batches", self.n_batches, 1)

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence, cell: Any) -> bool:
        """Remember this click; train if it is time."""
        changed = super().step(x, reward, evidence, cell)  # with the first batch
        for _ in range(self.n_batches - 1 if changed else 0):
            self.optimizer.step(self.network.loss_gradient(*self.buffer.sample(self.batch_size, self.rngs)))
        return changed
