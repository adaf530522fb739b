"""Neural-Linear: LinUCB on an embedding that a network learns (chapters 4 and 5).

Riquelme, Tucker and Snoek, ICLR 2018, with Thompson sampling; Xu, Wen, Zhao and Gu, ICLR 2022, with UCB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.memory import Everything, Memory
from zoolib.agents.training import Online, Training
from zoolib.evidence import FEW, Evidence
from zoolib.networks import MLP
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class NeuralLinearAgent(UCBAgent):
    """theta'z + alpha sqrt(z' A^-1 z) with z = phi(x), a network's embedding; A += z z', b += r z, theta = A^-1 b.

    Three choices make such an agent: how phi is trained, how the evidence A, b is kept, how the score explores. Upon a
    click the evidence comes first, then phi.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    d_emb, hidden_dim
        Widths of the embedding and of the hidden layer: phi is an MLP d -> hidden_dim -> d_emb.
    lr, ridge
        Step size of the training, and lambda > 0 of the prior A = lambda I.
    training
        ``Online()``, ``EndToEnd()``, ``Replay()`` or ``Frozen()`` (:mod:`zoolib.agents.training`).
    memory
        ``Everything()``, ``Window(n)``, ``Discount(gamma)``, ``Fresh(n)`` or ``HeadAlone()``
        (:mod:`zoolib.agents.memory`).
    exploration
        ``UCB()``, ``Thompson()`` or ``EpsilonGreedy(epsilon)`` (:mod:`zoolib.agents.exploration`).
    rng
        A seed or generator, or one for each world.

    Attributes
    ----------
    cells, by_cell
        ``(m, d)``, the contexts there are, if they are few; and whether evidence may go by their numbers, phi staying
        as it is from one click to the next.

    >>> agent = NeuralLinearAgent(ContextSpace(d=9, n_arms=3), d_emb=16, rng=0)
    >>> agent.phi(np.eye(3, 9)).shape
    (3, 16)
    """

    state = ("network", "training", "memory", "exploration")
    d_emb, hidden_dim = checks.Setting(1, kind=int, fixed=True), checks.Setting(1, kind=int, fixed=True)
    lr, ridge = checks.Setting(0.0, open_low=True), checks.Setting(0.0, open_low=True)

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.3,
        d_emb: int = 32,
        hidden_dim: int = 64,
        lr: float = 0.01,
        training: Training = Online(),  # noqa: B008  the agent keeps a copy of each choice
        memory: Memory = Everything(),  # noqa: B008
        exploration: Exploration = UCB(),  # noqa: B008
        ridge: float = 1.0,
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        self.d_emb, self.hidden_dim, self.lr, self.ridge = d_emb, hidden_dim, lr, ridge
        for name, choice, kind in (("training", training, Training), ("memory", memory, Memory)):
            if not isinstance(choice, kind):
                raise TypeError(f"{name} must be one of the choices of zoolib.agents.{name}, got {choice!r}")
        if memory.needs_head and not training.has_head:
            raise ValueError(f"memory {memory!r} needs a head, which {type(training).__name__}() does not train")

        initial, *rngs = streams(rng, self.batch_shape, 4)
        sizes = (features.d, hidden_dim, d_emb, *([1] if training.has_head else []))
        self.network = MLP(sizes, initial, self.batch_shape, linear=() if training.rectified else (2,))
        self.cells = features.cells if isinstance(features, FeatureEngineer) else None
        self._table: np.ndarray | None = None  # (..., P C, d_emb): the cells, embedded
        self.training = training.start(self.network, lr, rngs[0], self.batch_shape, self.cells)
        self._explore(exploration, rngs[2], d_emb)
        few = self.cells is not None and len(self.cells) <= FEW
        self.by_cell = self.is_steady and few and not exploration.asks_for_inverse
        self.memory = memory.start(self, ridge)

    @property
    def evidence(self) -> Evidence:
        """The evidence A, b on embeddings."""
        return self.memory.evidence

    def phi(self, X: np.ndarray) -> np.ndarray:
        """Return the embedding of each row of ``X``, ``(..., n, d) -> (..., n, d_emb)``."""
        return self.network.forward(X, depth=2)[2]

    def embed(self, X: np.ndarray) -> np.ndarray:
        """Return z = phi(x) for each row of ``X``; in the shop for cells by their numbers, ``(..., n)``, too.

        They are embedded once, until phi is trained; evidence that goes by cells wants their numbers.
        """
        if not checks.are_numbers(X):
            return self.phi(X)
        if self.memory.by_cell:
            return X
        if self._table is None:
            self._table = self.phi(self.cells)
        return self._table[(*(rows.reshape(-1, *[1] * (X.ndim - 1)) for rows in self.rows), X)]

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return theta'z."""
        return self.evidence.mean(Z)

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return sqrt(z' A^-1 z)."""
        return self.evidence.width(Z)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.memory.add(self.embed_one(x), x, reward)
        if self.training.step(x, reward, self.evidence):
            self._table = None
            self.memory.renew()

    @property
    def is_steady(self) -> bool:
        """Whether phi stays as it is from one click to the next, so that it pays to embed each cell once."""
        return self.training.every > 1

    def embed_one(self, x: np.ndarray) -> np.ndarray:
        """Return what the evidence takes in of one context of each world, ``(..., d)`` or the number of its cell."""
        if checks.are_numbers(x) and self.is_steady:
            return self.embed(x)
        return self.phi(self.training.row(x))[..., 0, :]

    def choices(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the choices that differ for ``user_id``, as numbers of cells if phi is steady, and their products."""
        return (self.features.choice_cells if self.is_steady else self.features.choices)(user_id, sim)

    def _context(self, user_id: Any, arm: Any, sim: ZooplusSimulator) -> Any:
        return self.features.cell(user_id, arm, sim)

    def _changed(self, name: str, before: float) -> None:
        self.training.optimizer.lr, self.evidence.ridge = self.lr, self.ridge

    def _make_room(self, state: Mapping[str, Any]) -> None:
        self._table = None
