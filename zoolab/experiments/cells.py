"""Agents of chapter 7 whose plain form is slow in the shop: the same choices, faster; tests compare them with it.

In the shop some matrices fall apart. A product has four contexts, one a persona. The model of disjoint LinUCB says of
them what the product has in common and what is the persona's own. Hybrid LinUCB, on crossed features, says of a persona
what the products of a category have in common and what is the product's own. So in both a cell, (product, persona),
has the value common + own, with the prior lambda on either. Let n be the clicks of a cell and b their rewards, and

    w = lambda / (n + lambda),    S = lambda + sum w n,    common = sum w b / S,

with sums over the cells that have it in common. Then a cell has the mean b / (n + lambda) + w common, and the width
sqrt(1 / (n + lambda) + w^2 / S). On log-odds a click counts p (1 - p), as in
:class:`~zoolab.columns.LogisticEvidence`.
"""

from collections import deque
from typing import Any

import numpy as np

import zoolib as zoo
from zoolab.columns import LogisticEvidence
from zoolab.embedding import EmbeddingAgent
from zoolib import checks
from zoolib.agents import Exploration
from zoolib.randomness import streams


class Cells(EmbeddingAgent):
    """A linear agent whose matrix falls apart in the shop; the parameters are those of ``zoo.SharedLinUCBAgent``.

    One more: ``expects``, the mean of the prior, a payoff or log-odds, from which what is learned deviates.
    """

    is_logistic = False

    def __init__(
        self,
        features: zoo.FeatureEngineer,
        *,
        alpha: float = 0.2,
        gamma: float = 1.0,
        window: int | None = None,
        ridge: float = 1.0,
        expects: float = 0.0,
        exploration: Exploration = zoo.UCB(),
        rng: Any = None,
    ) -> None:
        super().__init__(features, alpha=alpha)
        if self.is_logistic and window is not None:
            raise TypeError(f"window must be None on log-odds, where no click can be taken out, got {window}")
        self.gamma, self.window, self.ridge, self.expects = gamma, window, ridge, expects
        self._explore(exploration, None if rng is None else streams(rng, self.batch_shape, 1)[0], None)
        sim = features.sim
        self.category, self.of_category = sim.product_category, np.eye(len(sim.categories))[sim.product_category]
        self.arms = np.broadcast_to(np.arange(sim.n_products), self.category.shape)
        self.sums = np.zeros((2, *self._shape(sim)))
        self.n, self.b = self.sums  # views: both fade at once
        self.one = LogisticEvidence(1, self.batch_shape)
        self._kept: deque[tuple[Any, Any]] = deque()

    def _shape(self, sim: zoo.ZooplusSimulator) -> tuple[int, ...]:
        return (*self.category.shape, len(sim.personas))

    def candidates(self, user_id: Any, sim: zoo.ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the persona, and those of all products."""
        return sim.persona(user_id), self.arms

    def embed(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and width of every product for the persona ``X``, the mean less what is expected."""
        raise NotImplementedError

    def mean(self, Z: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Return the mean: on log-odds the width is added to these."""
        return Z[0] + self.expects

    def width(self, Z: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Return the width."""
        return Z[1]

    def _seen(self, user_id: Any, arm: Any, sim: zoo.ZooplusSimulator) -> Any:
        return sim.persona(user_id)

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: zoo.ZooplusSimulator) -> None:
        """Learn from ``reward``, 0 or 1, of having shown ``chosen_arm`` to ``user_id``."""
        checks.same_worlds(self.batch_shape, sim)
        reward = checks.clicks("reward", reward, self.batch_shape)
        self._learn(self._seen(user_id, chosen_arm, sim), self._plain(chosen_arm), reward)

    def _clicked(self, x: Any, arm: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return where a click is counted, and mean and width there, the mean less what is expected."""
        return (*self.worlds, arm, x), tuple(part[(*self.worlds, arm)] for part in self.embed(x))

    def _learn(self, x: Any, arm: Any, reward: Any) -> None:
        if self.gamma < 1:
            self.sums *= self.gamma
        if self.is_logistic:
            at, (mean, width) = self._clicked(x, arm)
            A, b = 1 / width**2, (mean + self.expects) / width**2  # all that is known of this cell, of one number
            self.one.put(A[..., None, None].copy(), b[..., None].copy())  # which it changes in place
            self.one.add(np.ones((*self.batch_shape, 1)), reward)
            more = self.one.A[..., 0, 0] - A
            self.n[at] += more
            self.b[at] += self.one.b[..., 0] - b - self.expects * more
            return
        at, reward = (*self.worlds, arm, x), reward - self.expects
        self.n[at] += 1
        self.b[at] += reward
        if self.window is not None:
            self._kept.append((at, reward))
            if len(self._kept) > self.window:
                old, r = self._kept.popleft()
                self.n[old] -= 1
                self.b[old] -= r


class Disjoint(Cells):
    """What ``zoo.LinUCBAgent`` is, on the one-hot features: a product's cells have something in common."""

    def embed(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and width of every product for the persona ``X``."""
        return self._known(self.n, self.b, (*self.worlds, slice(None), X))

    def _known(self, n: np.ndarray, b: np.ndarray, at: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and width of the cells ``at``, given all cells, ``(..., P)``, that have something in common."""
        w = self.ridge / (n + self.ridge)
        S = self.ridge + np.vecdot(w, n)
        own = w[at]
        return own * (b[at] / self.ridge + np.vecdot(w, b) / S), np.sqrt(own / self.ridge + own**2 / S)


class DisjointLogistic(Disjoint):
    """A logistic model for each product, on the one-hot features."""

    is_logistic = True

    def _clicked(self, x: Any, arm: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        n, b = self.sums[(slice(None), *self.worlds, arm)]
        return (*self.worlds, arm, x), self._known(n, b, (*self.worlds, x))


class Hybrid(Cells):
    """Hybrid LinUCB, on crossed features: the products of a category have something in common."""

    def embed(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and width of every product for the persona ``X``."""
        n, b = (part[(*self.worlds, slice(None), X)] for part in (self.n, self.b))
        w = self.ridge / (n + self.ridge)
        S = self.ridge + np.vecmat(w * n, self.of_category)
        common = np.vecmat(w * b, self.of_category) / S
        common, S = (np.take_along_axis(part, self.category, -1) for part in (common, S))
        return w * (b / self.ridge + common), np.sqrt(w / self.ridge + w**2 / S)


class CrossedLogistic(Cells):
    """One logistic model for all products, on crossed features: a cell for each persona and category, no more."""

    is_logistic = True

    def _shape(self, sim: zoo.ZooplusSimulator) -> tuple[int, ...]:
        return (*self.batch_shape, len(sim.personas) * len(sim.categories))

    def candidates(self, user_id: Any, sim: zoo.ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of the cells that differ, and a product for each."""
        return self.features.choice_cells(user_id, sim)

    def embed(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and width of the cells ``X``, ``(..., n)``."""
        at = (*(worlds[:, None] for worlds in self.worlds), X)
        n = self.n[at] + self.ridge
        return self.b[at] / n, 1 / np.sqrt(n)

    def _seen(self, user_id: Any, arm: Any, sim: zoo.ZooplusSimulator) -> Any:
        return self.features.cell(user_id, arm, sim)

    def _clicked(self, x: Any, arm: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return (*self.worlds, x), tuple(part[..., 0] for part in self.embed(np.asarray(x)[..., None]))
