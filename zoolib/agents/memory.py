"""The second choice in a Neural-Linear agent: how the evidence A, b is kept (chapters 4, 5 and 7).

A and b are sums over past clicks of phi(x) phi(x)' and r phi(x). When phi is trained, what they hold are embeddings of
a network that no longer exists: **stale evidence**.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from zoolib import checks
from zoolib.evidence import DiscountedEvidence, Evidence, TabularEvidence, WindowedEvidence
from zoolib.networks import MLP, ReplayBuffer
from zoolib.persistence import Stateful


class Embedding(NamedTuple):
    """What a memory must know of the network whose embeddings it keeps.

    Attributes
    ----------
    network
        It.
    phi
        Embeds rows, ``(..., n, d) -> (..., n, d_emb)``.
    one
        Embeds one context of each world, ``(..., d)`` or the number of its cell, as the evidence wants it.
    d, d_emb
        Lengths of a context and of an embedding.
    batch_shape
        Of the agent.
    cells
        ``(m, d)``, the contexts there are, if they are few.
    by_cell
        Whether evidence may go by the numbers of cells: phi stays as it is from one click to the next.
    """

    network: MLP
    phi: Callable[[np.ndarray], np.ndarray]
    one: Callable[[np.ndarray], np.ndarray]
    d: int
    d_emb: int
    batch_shape: tuple[int, ...]
    cells: np.ndarray | None
    by_cell: bool


class Memory(Stateful):
    """How evidence is kept.

    Attributes
    ----------
    evidence
        A and b on embeddings.
    by_cell
        Whether it goes by the numbers of cells.
    needs_head
        Whether the network must end in a head.

    >>> Memory().by_cell
    False
    """

    state = ("evidence",)
    by_cell = False
    needs_head = False
    evidence: Any

    def start(self, of: Embedding, ridge: float) -> Self:
        """Return a copy that keeps evidence on the embeddings ``of`` a network, with the prior lambda = ``ridge``."""
        mine = copy.copy(self)
        mine._bind(of, ridge)
        return mine

    def _bind(self, of: Embedding, ridge: float) -> None:
        raise NotImplementedError

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any) -> None:
        """Take in a click: its embedding ``z`` ``(..., d_emb)``, context and reward."""
        self.evidence.add(z, reward)

    def renew(self) -> None:
        """Take note that phi has changed. What was summed up stays as it is."""


class _Unbounded(Memory):
    """Evidence that forgets nothing by itself, by cells where that can be."""

    def _bind(self, of: Embedding, ridge: float) -> None:
        self.of, self.by_cell = of, of.by_cell
        if self.by_cell:
            self.evidence = TabularEvidence(of.phi(of.cells), ridge)
        else:
            self.evidence = Evidence(of.d_emb, of.batch_shape, ridge)

    def renew(self) -> None:
        """Take note that phi has changed. What was summed up stays as it is."""
        if self.by_cell:
            self.evidence.go_by(self.of.phi(self.of.cells))


@dataclass
class Everything(_Unbounded):
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

    def _bind(self, of: Embedding, ridge: float) -> None:
        self.evidence = WindowedEvidence(of.d_emb, of.batch_shape, ridge, window=self.window)

    def _changed(self, name: str, before: Any) -> None:
        self.evidence.window = self.window


@dataclass
class Discount(Memory):
    """Clicks fade: A <- gamma A + (1 - gamma) lambda I, b <- gamma b before each is added; gamma in (0, 1].

    >>> Discount(0.999)
    Discount(gamma=0.999)
    """

    gamma: float = checks.Setting(0.0, 1.0, open_low=True)

    def _bind(self, of: Embedding, ridge: float) -> None:
        self.evidence = DiscountedEvidence(of.d_emb, of.batch_shape, ridge, gamma=self.gamma)

    def _changed(self, name: str, before: Any) -> None:
        self.evidence.gamma = self.gamma


@dataclass
class Fresh(_Unbounded):
    """The last ``window`` clicks count, all of them embedded as phi is now.

    At any time A = lambda I + sum phi(x) phi(x)' and b = sum r phi(x) over their contexts x, which are kept, and
    embedded anew after each training.

    >>> Fresh(5000)
    Fresh(window=5000)
    """

    window: int = checks.Setting(1, kind=int, fixed=True)

    state = ("evidence", "records")

    def _bind(self, of: Embedding, ridge: float) -> None:
        super()._bind(of, ridge)
        self.records = ReplayBuffer(self.window, of.d, of.batch_shape, of.cells)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any) -> None:
        """Take in a click; the one that leaves the window is embedded by the phi that embedded it last."""
        if self.records.full:
            old_x, old_reward = self.records.oldest()
            self.evidence.remove(self.of.one(old_x), old_reward)
        self.records.add(x, reward)
        self.evidence.add(z, reward)

    def renew(self) -> None:
        """Embed all records anew."""
        X, n, s = self.records.window()
        self.evidence.rebuild(self.of.phi(X), s, n)
        super().renew()


@dataclass
class HeadAlone(Memory):
    """None is kept: payoff is what the network's own head predicts, and nothing is known of uncertainty.

    >>> HeadAlone().needs_head
    True
    """

    state = ()
    needs_head = True

    def _bind(self, of: Embedding, ridge: float) -> None:
        self.evidence = _Head(of.network)

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
