"""The first choice in a Neural-Linear agent: how the embedding phi is trained (chapters 4 and 5)."""

import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from zoolib import checks
from zoolib.agents.exploration import Rngs
from zoolib.evidence import Evidence
from zoolib.networks import MLP, SGD, Adam, ReplayBuffer


class Training:
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

    def start(self, network: MLP, lr: float, rngs: Rngs, batch_shape: tuple[int, ...] = ()) -> Self:
        """Return a copy that trains ``network`` with step size ``lr``.

        Parameters
        ----------
        network, lr, batch_shape
            What to train, how fast, and the shape of the agent.
        rngs
            A generator for each world, if anything is drawn.
        """
        mine = copy.copy(self)
        mine.network, mine.rngs = network, rngs
        mine._make(lr, batch_shape)
        return mine

    def _make(self, lr: float, batch_shape: tuple[int, ...]) -> None:
        """Make the optimizer: plain gradient descent, unless a subclass says another."""
        self.optimizer = SGD(self.network.flat, lr)

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Take in a click on ``x``, ``(..., d)``, that ``evidence`` holds already; return whether phi has changed."""
        raise NotImplementedError


@dataclass
class Online(Training):
    """One step of gradient descent for each click, on (theta'phi(x) - r)^2 with theta held fixed.

    >>> Online().has_head
    False
    """

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Train on this click alone."""
        theta, outputs = evidence.theta, self.network.forward(x[..., None, :])
        error = np.vecdot(outputs[-1][..., 0, :], theta) - reward
        G = (2 * self.optimizer.lr * error)[..., None] * theta  # We multiply by lr here, where the numbers are few.
        self.network.flat -= self.network.backward(outputs, G[..., None, :])
        return True


@dataclass
class EndToEnd(Training):
    """One step of gradient descent for each click, on (w'relu(phi(x)) + c - r)^2: the head (w, c) is trained too.

    >>> EndToEnd().has_head
    True
    """

    has_head = True
    rectified = True

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Train on this click alone."""
        s = np.asarray(reward, dtype=float)[..., None]
        self.optimizer.step(self.network.loss_gradient(x[..., None, :], np.ones_like(s), s))
        return True


@dataclass
class Replay(Training):
    """Now and then a step of Adam on a minibatch from the past: mean (w'phi(x) + c - r)^2, the head trained too.

    Parameters
    ----------
    capacity
        Number of last clicks to draw from.
    batch_size
        Clicks in a minibatch, at most ``capacity``; training begins when there are as many.
    every, n_batches
        Clicks from one training to the next, and minibatches, so steps of Adam, each time.

    >>> Replay(every=20, n_batches=4)
    Replay(capacity=10000, batch_size=64, every=20, n_batches=4)
    """

    capacity: int = 10_000
    batch_size: int = 64
    every: int = 50
    n_batches: int = 1

    has_head = True

    def __post_init__(self) -> None:
        checks.wholes(1, capacity=self.capacity, every=self.every, n_batches=self.n_batches)
        checks.whole("batch_size", self.batch_size, 1, self.capacity)

    def _make(self, lr: float, batch_shape: tuple[int, ...]) -> None:
        self.optimizer = Adam(self.network.flat, lr)
        self.buffer = ReplayBuffer(self.capacity, self.network.sizes[0], batch_shape)

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
