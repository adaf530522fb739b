"""Neural-Linear: LinUCB on an embedding that a network learns (chapters 4 and 5).

Riquelme, Tucker and Snoek, ICLR 2018, with Thompson sampling; Xu, Wen, Zhao and Gu, ICLR 2022, with UCB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB
from zoolib.agents.memory import Everything
from zoolib.agents.training import Online, Training
from zoolib.evidence import Evidence
from zoolib.networks import MLP
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class NeuralLinearAgent(UCBAgent):
    """theta'z + alpha sqrt(z' A^-1 z) with z = phi(x), a network's embedding; A += z z', b += r z, theta = A^-1 b.

    Three choices make such an agent: how phi is trained, how the evidence A, b is kept, how the score explores. Upon a
    click the evidence comes first, then phi.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.base.Agent`.
    alpha
        Weight of the uncertainty, at least 0.
    d_emb, hidden_dim
        Widths of the embedding and of the hidden layer: phi is an MLP d -> hidden_dim -> d_emb.
    lr
        Step size of the training.
    training
        ``Online()``, ``EndToEnd()``, ``Replay()`` or ``Frozen()`` (:mod:`zoolib.agents.training`).
    memory
        ``Everything()``, ``Window(n)``, ``Discount(gamma)``, ``Fresh(n)`` or ``HeadAlone()``
        (:mod:`zoolib.agents.memory`).
    exploration
        ``UCB()``, ``Thompson()`` or ``EpsilonGreedy(epsilon)`` (:mod:`zoolib.agents.exploration`).
    ridge
        lambda > 0 of the prior A = lambda I.
    rng
        A seed or generator, or one for each world.
    """

    state = ("network", "training", "memory", "exploration")

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.3,
        d_emb: int = 32,
        hidden_dim: int = 64,
        lr: float = 0.01,
        training: Training = Online(),  # noqa: B008  the agent keeps a copy of each choice
        memory: Everything = Everything(),  # noqa: B008
        exploration: UCB = UCB(),  # noqa: B008
        ridge: float = 1.0,
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        self.d_emb, self.hidden_dim = checks.whole("d_emb", d_emb, 1), checks.whole("hidden_dim", hidden_dim, 1)
        self.lr, self.ridge = (
            checks.real(name, value, 0.0, open_low=True) for name, value in (("lr", lr), ("ridge", ridge))
        )
        kinds = {"training": Training, "memory": Everything, "exploration": UCB}
        for name, choice in (("training", training), ("memory", memory), ("exploration", exploration)):
            if not isinstance(choice, kinds[name]):
                raise TypeError(f"{name} must be one of the choices of zoolib.agents.{name}, got {choice!r}")

        initial, *rngs = streams(rng, self.batch_shape, 4)
        sizes = (features.d, self.hidden_dim, self.d_emb, *([1] if training.has_head else []))
        self.network = MLP(sizes, initial, self.batch_shape, linear=() if training.rectified else (2,))
        self.cells = features.cells if isinstance(features, FeatureEngineer) else None
        self.is_steady = training.every > 1  # phi stays as it is from one click to the next
        self.is_tabular = self.is_steady and self.cells is not None and not exploration.asks_for_inverse
        self._table: np.ndarray | None = None  # (..., P C, d_emb): the cells, embedded
        self._Z: np.ndarray | None = None  # what is being scored
        self.training = training.start(self, rngs[0])
        self.memory = memory.start(self, rngs[1])
        self.exploration = exploration.start(self, rngs[2])

    @property
    def evidence(self) -> Evidence:
        """The evidence A, b on embeddings."""
        return self.memory.evidence

    def phi(self, X: np.ndarray) -> np.ndarray:
        """Return the embedding of each row of ``X``, ``(..., n, d) -> (..., n, d_emb)``."""
        return self.network.forward(X, depth=2)[2]

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return theta'z."""
        return self.evidence.mean(self._embedding(X))

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(z' A^-1 z), or what the chosen exploration puts in its place."""
        return self.exploration.spread(self.evidence, self._embedding(X))

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return payoff + alpha * uncertainty of each row of ``X``, which is embedded once for both."""
        return self._score_embedded(self.phi(X))

    def select(self, X: np.ndarray) -> Any:
        """Return the row of ``X`` with the highest score, unless exploration diverts."""
        return self._plain(self.exploration.divert(super().select(X), np.ones(np.shape(X)[:-1], dtype=bool)))

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product with the highest score for ``user_id``, unless exploration diverts."""
        return self._plain(self.exploration.divert(super().predict(user_id, sim), sim.for_sale))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any, cell: Any = None) -> None:
        self.memory.add(self.embedded(x, cell), x, reward, cell)
        if self.training.step(x, reward, self.evidence, cell):
            self._table = None
            self.memory.renew()

    # ---- in the shop, whose contexts are few: each is embedded once, until phi is trained ----------------------------

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Learn from ``reward``, 0 or 1, of having shown ``chosen_arm`` to ``user_id``."""
        checks.same_worlds(self.batch_shape, sim.batch_shape)
        reward = checks.clicks("reward", reward, self.batch_shape)
        cell = self.features.cell(user_id, chosen_arm, sim)
        self._learn(self.cells[cell], chosen_arm, reward, cell)

    def _appraise(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        if not self.is_steady:
            return super()._appraise(user_id, sim)
        cells, arms = self.features.choice_cells(user_id, sim)
        return self._score_embedded(self.embedded(None, cells)), arms

    def embedded(self, x: Any, cell: Any) -> np.ndarray:
        """Return the embedding of the context ``x``, ``(..., d)``, or of the cells numbered ``cell``, ``(..., [n])``.

        Where evidence goes by cells, it is their number.
        """
        if cell is None or not self.is_steady:
            return self.phi(x[..., None, :])[..., 0, :]
        if self.memory.cells is not None:
            return cell
        if self._table is None:
            self._table = self.phi(self.cells)
        return self._table[(*(rows.reshape(-1, *[1] * (np.ndim(cell) - 1)) for rows in self.rows), cell)]

    def _score_embedded(self, Z: np.ndarray) -> np.ndarray:
        self._Z = Z
        return super().score(Z)

    def _embedding(self, X: np.ndarray) -> np.ndarray:
        return X if X is self._Z else self.phi(X)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
        super().set_state(state)
        self._table = None
