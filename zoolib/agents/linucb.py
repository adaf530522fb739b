"""LinUCB: linear payoffs with a confidence width (chapters 1 and 2).

Li, Chu, Langford and Schapire, WWW 2010.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.evidence import DiscountedArms, Entry, Evidence, TabularArms, make_evidence
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class SharedLinUCBAgent(UCBAgent):
    """One linear model for all arms: theta'x + alpha sqrt(x' A^-1 x), A += x x', b += r x.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.base.Agent`. What the agent can learn is what their encoding can say.
    alpha
        Weight of the uncertainty, at least 0.
    gamma
        Discount in (0, 1]: A <- gamma A + (1 - gamma) I, b <- gamma b before each click is added. 1 forgets nothing.
    window
        Number of last clicks that count, or None for all.
    ridge
        lambda > 0 of the prior A = lambda I.
    """

    state = ("evidence",)

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.2,
        gamma: float = 1.0,
        window: int | None = None,
        ridge: float = 1.0,
    ) -> None:
        super().__init__(features, alpha=alpha)
        self.gamma, self.window, self.ridge = gamma, window, ridge
        self.evidence = self._make_evidence()

    def _make_evidence(self) -> Evidence:
        return make_evidence(self.features.d, self.batch_shape, self.ridge, self.gamma, self.window)

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x."""
        return self.evidence.mean(X)

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x)."""
        return self.evidence.width(X)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.evidence.add(x, reward)


class LinUCBAgent(SharedLinUCBAgent):
    """Disjoint LinUCB, the agent of chapter 1: every arm a model of its own, which learns from its own clicks alone.

    A_a = I, b_a = 0; score theta_a'x + alpha sqrt(x' A_a^-1 x); A_a += x x', b_a += r x. The parameters are those of
    :class:`SharedLinUCBAgent`. In the shop a product is met in as many contexts as there are personas. So the scores
    are kept in a table of (persona, product), of which a click changes one column; ``select`` computes them from
    scratch, and a test holds the two together.
    """

    _catalog: np.ndarray | None = None  # the catalog that _scores, (..., P, K), was made for

    def _make_evidence(self) -> Evidence:
        if isinstance(self.features, FeatureEngineer) and self.gamma == 1 and self.window is None:
            return TabularArms(self._met_in(self.features.sim), self.ridge)
        shape = (*self.batch_shape, self.features.n_arms)
        return make_evidence(self.features.d, shape, self.ridge, self.gamma, self.window, by_arm=True)

    def _met_in(self, sim: ZooplusSimulator) -> np.ndarray:
        """Return the contexts that each product can be met in, ``(..., K, P, d)``."""
        return np.moveaxis(self.features.table, 0, 1)[sim.product_category]

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return theta_a'x_a, row a of ``X`` ``(..., K, d)`` being judged by the model of arm a."""
        return self.evidence.mean(X[..., None, :])[..., 0]

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x_a' A_a^-1 x_a)."""
        return self.evidence.width(X[..., None, :])[..., 0]

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent has met."""
        return self.evidence.shape[-1]

    def _contexts(self, X: Any) -> np.ndarray:
        return checks.finite("X", X, (*self.batch_shape, self.n_arms, self.features.d))

    @property
    def _first_entry(self) -> Any:
        """Return the number of the evidence of each world's first arm."""
        return self.rows[0] * self.evidence.shape[-1] if self.rows else 0

    def _appraise(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        self._meet(sim)
        if isinstance(self.evidence, DiscountedArms):  # at every click every arm fades: no score is worth keeping
            scores = self.score(self.features.contexts(user_id, sim))
        else:
            scores = self._scores[(*self.rows, sim.persona(user_id))]
        return np.where(sim.for_sale, scores, -np.inf) if sim.sold_out else scores, self._arms

    def _meet(self, sim: ZooplusSimulator) -> None:
        """Take note of a catalog; products that it has more than the last one are new arms."""
        if sim.product_category is self._catalog:
            return
        known, K = self.evidence.shape[-1], sim.n_products
        if known > K:
            raise ValueError(f"sim has {K} products, but the agent has already met {known}")
        if known < K:
            self.evidence.grow(K - known)
        self._catalog = sim.product_category
        self._arms = np.broadcast_to(np.arange(K), self._catalog.shape)
        X = self._met_in(sim)
        self._by_entry = X.reshape(-1, *X.shape[-2:])
        if isinstance(self.evidence, TabularArms) and not np.array_equal(X, self.evidence.Z):
            self.evidence.settle(X)
        if not isinstance(self.evidence, DiscountedArms):
            mean, width = self.evidence.mean_and_width(self._by_entry)
            self._scores = np.moveaxis((mean + self.alpha * width).reshape(X.shape[:-1]), -1, -2).copy()

    def _context(self, user_id: Any, arm: Any, sim: ZooplusSimulator) -> np.ndarray:
        if not isinstance(self.evidence, TabularArms):
            return super()._context(user_id, arm, sim)
        checks.indices("arm", arm, sim.n_products, self.batch_shape)
        return sim.persona(user_id)  # which row of the arm's table it is

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        for entry in self.evidence.add(x, reward, self._first_entry + arm):
            if entry is not None and self._catalog is not None:
                self._refresh(entry)

    def _refresh(self, entry: Entry) -> None:
        mean, width = self.evidence.mean_and_width(self._by_entry, entry)
        self._scores[(*self.rows, ..., entry - self._first_entry)] = mean + self.alpha * width
