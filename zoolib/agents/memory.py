"""The second choice in a Neural-Linear agent: how the evidence A, b is kept (chapters 4, 5 and 7).

A and b are sums over past clicks of phi(x) phi(x)' and r phi(x). When phi is trained, what they hold are embeddings of
a network that no longer exists: **stale evidence**.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from zoolib import checks
from zoolib.evidence import DiscountedEvidence, Evidence, TabularEvidence, WindowedEvidence, refuse_long
from zoolib.networks import MLP, ReplayBuffer
from zoolib.persistence import Stateful


class Memory(Stateful):
    """How evidence is kept.

    Attributes
    ----------
    evidence, by_cell
        A and b on embeddings, and whether it goes by the numbers of cells.
    needs_head
        Whether the network must end in a head.

    >>> Memory().by_cell
    False
    """

    state = ("evidence",)
    by_cell = False
    needs_head = False
    evidence: Any

    def start(self, agent: Any, ridge: float) -> Self:
        """Return a copy that keeps evidence on the embeddings of ``agent``, with the prior lambda = ``ridge``."""
        mine = copy.copy(self)
        mine._bind(agent, ridge)
        return mine

    def _bind(self, agent: Any, ridge: float) -> None:
        """Make the evidence; one that forgets nothing, by cells where that can be, unless a subclass says another."""
        self.agent, self.by_cell = agent, agent.by_cell
        if self.by_cell:
            self.evidence = TabularEvidence(agent.phi(agent.cells), ridge)
        else:
            self.evidence = Evidence(agent.d_emb, agent.batch_shape, ridge)

    def _changed(self, name: str, before: Any) -> None:
        setattr(self.evidence, name, getattr(self, name))  # what can be set of a memory is its evidence's own

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any) -> None:
        """Take in a click: its embedding ``z`` ``(..., d_emb)``, context and reward."""
        self.evidence.add(z, reward)

    def renew(self) -> None:
        """Take note that phi has changed. What was summed up stays as it is."""
        if self.by_cell:
            self.evidence.go_by(self.agent.phi(self.agent.cells))


@dataclass
class Everything(Memory):
    """Every click counts for ever, as its context was embedded when it came.

    >>> Everything()
    Everything()
    """


@dataclass
class Window(Memory):
    """The last ``window`` clicks count, as they were embedded when they came.

    >>> Window(500)
    Window(window=500)
    """

    window: int = checks.Setting(1, kind=int)

    def _bind(self, agent: Any, ridge: float) -> None:
        self.evidence = WindowedEvidence(agent.d_emb, agent.batch_shape, ridge, window=self.window)


@dataclass
class Discount(Memory):
    """Clicks fade: A <- gamma A + (1 - gamma) lambda I, b <- gamma b before each is added; gamma in (0, 1].

    >>> Discount(0.999)
    Discount(gamma=0.999)
    """

    gamma: float = checks.Setting(0.0, 1.0, open_low=True)

    def _bind(self, agent: Any, ridge: float) -> None:
        self.evidence = DiscountedEvidence(agent.d_emb, agent.batch_shape, ridge, gamma=self.gamma)


@dataclass
class Fresh(Memory):
    """The last ``window`` clicks count, all of them embedded as phi is now.

    At any time A = lambda I + sum phi(x) phi(x)' and b = sum r phi(x) over their contexts x, which are kept, and
    embedded anew after each training.

    >>> Fresh(5000)
    Fresh(window=5000)
    """

    window: int = checks.Setting(1, kind=int, fixed=True)
    state = ("evidence", "records")

    def _bind(self, agent: Any, ridge: float) -> None:
        super()._bind(agent, ridge)
        self.records = ReplayBuffer(self.window, agent.features.d, agent.batch_shape, agent.cells)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any) -> None:
        """Take in a click; the one that leaves the window is embedded by the phi that embedded it last."""
        if not checks.are_numbers(z):
            refuse_long(z, self.evidence.ridge)  # before another click goes for it
        if self.records.full:
            old_x, old_reward = self.records.oldest()
            self.evidence.remove(self.agent.embed_one(old_x), old_reward)
        self.records.add(x, reward)
        self.evidence.add(z, reward)

    def renew(self) -> None:
        """Embed all records anew."""
        X, n, s = self.records.window()
        self.evidence.rebuild(self.agent.phi(X), s, n)
        super().renew()


@dataclass
class HeadAlone(Memory):
    """None is kept: payoff is what the network's own head predicts, and nothing is known of uncertainty.

    >>> HeadAlone().needs_head
    True
    """

    state = ()
    needs_head = True

    def _bind(self, agent: Any, ridge: float) -> None:
        self.evidence = _Head(agent.network)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any) -> None:
        """Take in nothing."""


class _Head:
    """The head of a network in the place of evidence."""

    def __init__(self, network: MLP) -> None:
        self.network, self.ridge = network, 1.0

    @property
    def theta(self) -> np.ndarray:
        return self.network.layers[-1][0][..., 0]

    def mean(self, Z: np.ndarray) -> np.ndarray:
        W, b = self.network.layers[-1]
        return (Z @ W)[..., 0] + b

    def width(self, Z: np.ndarray) -> np.ndarray:
        return np.zeros(Z.shape[:-1])
