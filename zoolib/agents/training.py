"""The first choice in a Neural-Linear agent: how the embedding phi is trained (chapters 4 and 5)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from zoolib import checks
from zoolib.evidence import Evidence
from zoolib.networks import MLP, SGD, Adam, ReplayBuffer
from zoolib.persistence import Stateful

Rngs = list[np.random.Generator]


class Training(Stateful):
    """How phi is trained.

    Attributes
    ----------
    has_head, rectified
        Whether the network ends in a linear head that predicts the reward from the embedding, and whether the embedding
        goes through a ReLU.
    every
        Clicks from one training step to the next.

    >>> Training().every
    1
    """

    has_head = False
    rectified = False
    every = 1
    optimizer: SGD | Adam

    def start(
        self, network: MLP, lr: float, rngs: Rngs, batch_shape: tuple[int, ...] = (), cells: np.ndarray | None = None
    ) -> Self:
        """Return a copy that trains ``network`` with step size ``lr``.

        Parameters
        ----------
        network, lr, batch_shape
            What to train, how fast, and the shape of the agent.
        rngs
            A generator a world, for what is random in it.
        cells
            ``(m, d)``, the contexts there are, if they are few: then a context may be the number of its cell.
        """
        mine = copy.copy(self)
        mine.network, mine.rngs, mine.cells = network, rngs, cells
        mine._bind(lr, batch_shape)
        return mine

    def _bind(self, lr: float, batch_shape: tuple[int, ...]) -> None:
        """Make what is needed, the optimizer above all; plain descent, unless a subclass says another."""
        self.optimizer = SGD(self.network.flat, lr)

    def row(self, x: np.ndarray) -> np.ndarray:
        """Return the context ``x`` as the one row of a matrix, ``(..., 1, d)``."""
        return (self.cells[x] if checks.are_numbers(x) else x)[..., None, :]

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Take in a click on ``x``, ``(..., d)``, of which ``evidence`` knows; return whether phi has changed."""
        raise NotImplementedError


@dataclass
class Online(Training):
    """One step of gradient descent a click, on (theta'phi(x) - r)^2 with theta held fixed.

    >>> Online().has_head
    False
    """

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Train on this click alone."""
        theta, outputs = evidence.theta, self.network.forward(self.row(x))
        error = np.vecdot(outputs[-1][..., 0, :], theta) - reward
        G = (2 * self.optimizer.lr * error)[..., None] * theta  # times lr here, where the numbers are few
        self.network.flat -= self.network.backward(outputs, G[..., None, :])
        return True


@dataclass
class EndToEnd(Training):
    """One step of gradient descent a click, on (w'relu(phi(x)) + c - r)^2: the head (w, c) is trained along.

    >>> EndToEnd().has_head
    True
    """

    has_head = True
    rectified = True

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Train on this click alone."""
        s = np.asarray(reward, dtype=float)[..., None]
        self.optimizer.step(self.network.loss_gradient(self.row(x), np.ones_like(s), s))
        return True


@dataclass
class Replay(Training):
    """Now and then a step of Adam on a batch drawn from the past: mean (w'phi(x) + c - r)^2, the head trained along.

    Parameters
    ----------
    capacity
        Number of last clicks to draw from.
    batch_size
        Clicks a batch, at most ``capacity``; training begins when there are as many.
    every, n_batches
        Clicks from one training to the next, and batches, so steps of Adam, each time.

    >>> Replay(every=20, n_batches=4)
    Replay(capacity=10000, batch_size=64, every=20, n_batches=4)
    """

    capacity: int = checks.Setting(1, kind=int, default=10_000, fixed=True)
    batch_size: int = checks.Setting(1, kind=int, default=64)
    every: int = checks.Setting(1, kind=int, default=50)
    n_batches: int = checks.Setting(1, kind=int, default=1)

    has_head = True
    state = ("optimizer", "buffer", "rngs")

    def __post_init__(self) -> None:
        checks.whole("batch_size", self.batch_size, 1, self.capacity)

    def _changed(self, name: str, before: Any) -> None:
        self.__post_init__()

    def _bind(self, lr: float, batch_shape: tuple[int, ...]) -> None:
        self.optimizer = Adam(self.network.flat, lr)
        self.buffer = ReplayBuffer(self.capacity, self.network.sizes[0], batch_shape, self.cells)

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Remember this click; train if it is time."""
        self.buffer.add(x, reward)
        if self.buffer.n_added % self.every or len(self.buffer) < self.batch_size:
            return False
        for _ in range(self.n_batches):
            self.optimizer.step(self.network.loss_gradient(*self.buffer.sample(self.batch_size, self.rngs)))
        return True


@dataclass
class Frozen(Training):
    """Never: phi stays the random network that it is at the start.

    >>> Frozen().every
    inf
    """

    every = np.inf

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Learn nothing."""
        return False
