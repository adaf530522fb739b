"""The second choice in a Neural-Linear agent: how the evidence A, b is kept (chapters 4, 5 and 7).

A and b are sums over past clicks of phi(x) phi(x)' and r phi(x). When phi is trained, they still hold embeddings of a
network that no longer exists: **stale evidence**.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from zoolib import checks
from zoolib.evidence import DiscountedEvidence, Evidence, WindowedEvidence, refuse_long
from zoolib.networks import MLP, ReplayBuffer

Phi = Callable[[np.ndarray], np.ndarray]


class Memory:
    """How evidence is kept.

    Attributes
    ----------
    evidence
        A and b on embeddings.
    needs_head
        Whether the network must end in a head.

    >>> Memory().needs_head
    False
    """

    needs_head = False
    evidence: Any

    def start(self, network: MLP, phi: Phi, ridge: float, batch_shape: tuple[int, ...]) -> Self:
        """Return a copy that keeps evidence on embeddings ``phi(X)`` of ``network``, from the prior ``ridge``."""
        mine = copy.copy(self)
        mine._make(network, phi, ridge, batch_shape)
        return mine

    def _make(self, network: MLP, phi: Phi, ridge: float, batch_shape: tuple[int, ...]) -> None:
        """Make the evidence: a full history, unless a subclass says another."""
        self.evidence = Evidence(network.sizes[2], batch_shape, ridge)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any) -> None:
        """Take in a click: its embedding ``z``, ``(..., d_emb)``, context and reward."""
        self.evidence.add(z, reward)

    def reembed(self) -> None:
        """Take note that phi has changed. The sums stay as they are."""


@dataclass
class Everything(Memory):
    """Full history: every click counts for ever, as phi embedded it when it came.

    >>> Everything()
    Everything()
    """


@dataclass
class Window(Memory):
    """The last ``window`` clicks count, as phi embedded them when they came.

    >>> Window(500)
    Window(window=500)
    """

    window: int

    def __post_init__(self) -> None:
        checks.whole("window", self.window, 1)

    def _make(self, network: MLP, phi: Phi, ridge: float, batch_shape: tuple[int, ...]) -> None:
        self.evidence = WindowedEvidence(network.sizes[2], batch_shape, ridge, window=self.window)


@dataclass
class Discount(Memory):
    """Clicks fade: A <- gamma A + (1 - gamma) lambda I, b <- gamma b before each is added; gamma in (0, 1].

    >>> Discount(0.999)
    Discount(gamma=0.999)
    """

    gamma: float

    def __post_init__(self) -> None:
        checks.real("gamma", self.gamma, 0.0, 1.0, open_low=True)

    def _make(self, network: MLP, phi: Phi, ridge: float, batch_shape: tuple[int, ...]) -> None:
        self.evidence = DiscountedEvidence(network.sizes[2], batch_shape, ridge, gamma=self.gamma)


@dataclass
class Fresh(Memory):
    """The last ``window`` clicks count, all of them embedded as phi is now.

    At any time A = lambda I + sum phi(x) phi(x)' and b = sum r phi(x) over their contexts x. These are kept, and
    embedded afresh after each training.

    >>> Fresh(5000)
    Fresh(window=5000)
    """

    window: int

    def __post_init__(self) -> None:
        checks.whole("window", self.window, 1)

    def _make(self, network: MLP, phi: Phi, ridge: float, batch_shape: tuple[int, ...]) -> None:
        super()._make(network, phi, ridge, batch_shape)
        self.phi, self.records = phi, ReplayBuffer(self.window, network.sizes[0], batch_shape)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any) -> None:
        """Take in a click; the oldest leaves the full window, embedded as it was last summed up."""
        refuse_long(z, self.evidence.ridge)
        if self.records.full:
            x_old, r_old = self.records.oldest()
            self.evidence.remove(self.phi(x_old[..., None, :])[..., 0, :], r_old)
        self.records.add(x, reward)
        self.evidence.add(z, reward)

    def reembed(self) -> None:
        """Embed all records as phi is now, and sum them up."""
        X, n, s = self.records.window()
        self.evidence.rebuild(self.phi(X), s, n)


@dataclass
class HeadAlone(Memory):
    """No evidence: the payoff is the prediction of the network's own head, and the uncertainty is 0.

    >>> HeadAlone().needs_head
    True
    """

    needs_head = True

    def _make(self, network: MLP, phi: Phi, ridge: float, batch_shape: tuple[int, ...]) -> None:
        self.evidence = _Head(network)

    def add(self, z: np.ndarray, x: np.ndarray, reward: Any) -> None:
        """Take in nothing."""


class _Head:
    """The head of a network, where others have evidence."""

    def __init__(self, network: MLP) -> None:
        self.network = network

    @property
    def theta(self) -> np.ndarray:
        return self.network.layers[-1][0][..., 0]

    def mean(self, Z: np.ndarray) -> np.ndarray:
        W, b = self.network.layers[-1]
        return (Z @ W)[..., 0] + b

    def width(self, Z: np.ndarray) -> np.ndarray:
        return np.zeros(Z.shape[:-1])
