"""The first choice in a Neural-Linear agent: how the embedding phi is trained (chapters 4 and 5)."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from zoolib import checks
from zoolib.evidence import Evidence
from zoolib.networks import SGD, Adam, ReplayBuffer
from zoolib.persistence import Stateful

if TYPE_CHECKING:
    from zoolib.agents.neural_linear import NeuralLinearAgent

Rngs = list[np.random.Generator]


class Choice(Stateful):
    """One of the choices that make up a Neural-Linear agent; the agent keeps a copy that is bound to itself."""

    def start(self, agent: NeuralLinearAgent, rngs: Rngs) -> Self:
        """Return a copy that serves ``agent``, with a generator a world for what is random in it."""
        mine = copy.copy(self)
        mine._bind(agent, rngs)
        return mine

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        """Take from ``agent`` what is needed."""


class Training(Choice):
    """How phi is trained.

    Attributes
    ----------
    has_head
        Whether the network ends in a linear head that predicts the reward from the embedding.
    rectified
        Whether the embedding goes through a ReLU.
    every
        Clicks from one training step to the next.
    """

    has_head = False
    rectified = False
    every = 1

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence, cell: Any) -> bool:
        """Take in a click, and return whether phi has changed.

        ``x`` ``(..., d)`` is its context, ``cell`` the context's number in the shop (None for a bare context);
        ``evidence`` knows of the click already.
        """
        raise NotImplementedError


@dataclass
class Online(Training):
    """One step of gradient descent a click, on (theta'phi(x) - r)^2 with theta held fixed."""

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        self.network, self.optimizer = agent.network, SGD(agent.network.flat, agent.lr)

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence, cell: Any) -> bool:
        """Train on this click alone."""
        theta, outputs = evidence.theta, self.network.forward(x[..., None, :])
        error = np.vecdot(outputs[-1][..., 0, :], theta) - reward
        G = 2 * error[..., None] * theta
        self.optimizer.step(self.network.backward(outputs, G[..., None, :]))
        return True


@dataclass
class EndToEnd(Training):
    """One step of gradient descent a click, on (w'relu(phi(x)) + c - r)^2: the head (w, c) is trained along."""

    has_head = True
    rectified = True

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        self.network, self.optimizer = agent.network, SGD(agent.network.flat, agent.lr)

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence, cell: Any) -> bool:
        """Train on this click alone."""
        s = np.asarray(reward, dtype=float)[..., None]
        self.optimizer.step(self.network.loss_gradient(x[..., None, :], np.ones_like(s), s))
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
    every
        Clicks from one training step to the next.
    """

    capacity: int = 10_000
    batch_size: int = 64
    every: int = 50

    has_head = True
    state = ("optimizer", "buffer", "rngs")

    def __post_init__(self) -> None:
        checks.whole("capacity", self.capacity, 1)
        checks.whole("batch_size", self.batch_size, 1, self.capacity)
        checks.whole("every", self.every, 1)

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        self.network, self.rngs = agent.network, rngs
        self.optimizer = Adam(agent.network.flat, agent.lr)
        self.buffer = ReplayBuffer(self.capacity, agent.features.d, agent.batch_shape, agent.cells)

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence, cell: Any) -> bool:
        """Remember this click; train if it is time."""
        self.buffer.add(x, reward, cell)
        if self.buffer.n_added % self.every or len(self.buffer) < self.batch_size:
            return False
        self.optimizer.step(self.network.loss_gradient(*self.buffer.sample(self.batch_size, self.rngs)))
        return True


@dataclass
class Frozen(Training):
    """Never: phi stays the random network that it is at the start."""

    every = np.inf

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence, cell: Any) -> bool:
        """Learn nothing."""
        return False
