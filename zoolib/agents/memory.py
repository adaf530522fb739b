"""The second choice in a Neural-Linear agent: how the evidence A, b is kept (chapters 4, 5 and 7).

A and b are sums over past clicks of phi(x) phi(x)' and r phi(x). When phi is trained, what they hold are embeddings of
a network that no longer exists: **stale evidence**.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoolib import checks
from zoolib.agents.training import Choice, Rngs
from zoolib.evidence import DiscountedEvidence, Evidence, TabularEvidence, WindowedEvidence
from zoolib.networks import ReplayBuffer

if TYPE_CHECKING:
    from zoolib.agents.neural_linear import NeuralLinearAgent


@dataclass
class Everything(Choice):
    """Every click counts for ever, as its context was embedded when it came."""

    state = ("evidence",)
    cells = None  # the table that evidence goes by, if it does

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        self.phi, self.cells = agent.phi, agent.cells if agent.is_tabular else None
        if self.cells is None:
            self.evidence = Evidence(agent.d_emb, agent.batch_shape, agent.ridge)
        else:
            self.evidence = TabularEvidence(self.phi(self.cells), agent.ridge)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any, cell: Any) -> None:
        """Take in a click: its embedding ``z``, context, reward and cell (None if it has none).

        ``z`` is ``(..., d_emb)``, or the cell once more where evidence goes by cells.
        """
        self.evidence.add(z, reward)

    def renew(self) -> None:
        """Take note that phi has changed. What was summed up stays as it is."""
        if self.cells is not None:
            self.evidence.settle(self.phi(self.cells))


@dataclass
class Window(Everything):
    """The last ``window`` clicks count, as they were embedded when they came."""

    window: int

    def __post_init__(self) -> None:
        checks.whole("window", self.window, 1)

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        self.evidence = WindowedEvidence(agent.d_emb, agent.batch_shape, agent.ridge, window=self.window)


@dataclass
class Discount(Everything):
    """Clicks fade: A <- gamma A + (1 - gamma) lambda I, b <- gamma b before each is added; gamma in (0, 1]."""

    gamma: float

    def __post_init__(self) -> None:
        checks.real("gamma", self.gamma, 0.0, 1.0, open_low=True)

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        self.evidence = DiscountedEvidence(agent.d_emb, agent.batch_shape, agent.ridge, gamma=self.gamma)


@dataclass
class Fresh(Everything):
    """The last ``window`` clicks count, all of them embedded as phi is now.

    At any time A = lambda I + sum phi(x) phi(x)' and b = sum r phi(x) over their contexts x, which are kept, and
    embedded anew after each training.
    """

    state = ("evidence", "records")

    window: int

    def __post_init__(self) -> None:
        checks.whole("window", self.window, 1)

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        super()._bind(agent, rngs)
        self.embedded = agent.embedded
        self.records = ReplayBuffer(self.window, agent.features.d, agent.batch_shape, agent.cells)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any, cell: Any) -> None:
        """Take in a click; the one that leaves the window is embedded by the phi that embedded it last."""
        if self.records.full:
            old_x, old_reward, old_cell = self.records.oldest()
            self.evidence.remove(self.embedded(old_x, old_cell), old_reward)
        self.records.add(x, reward, cell)
        self.evidence.add(z, reward)

    def renew(self) -> None:
        """Embed all records anew."""
        X, n, s = self.records.window()
        self.evidence.rebuild(self.phi(X), s, n)
        super().renew()


@dataclass
class HeadAlone(Everything):
    """None is kept: payoff is what the network's own head predicts, and nothing is known of uncertainty."""

    state = ()

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        if not agent.training.has_head:
            raise ValueError(f"memory HeadAlone() needs a head, which {type(agent.training).__name__}() does not train")
        self.evidence = _Head(agent)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any, cell: Any) -> None:
        """Take in nothing."""


class _Head:
    """The head of a network in the place of evidence."""

    def __init__(self, agent: NeuralLinearAgent) -> None:
        self.network = agent.network

    @property
    def theta(self) -> np.ndarray:
        return self.network.layers[-1][0][..., 0]

    def mean(self, Z: np.ndarray) -> np.ndarray:
        W, b = self.network.layers[-1]
        return (Z @ W)[..., 0] + b

    def width(self, Z: np.ndarray) -> np.ndarray:
        return np.zeros(Z.shape[:-1])
