"""What the shop's few contexts allow: the same numbers, faster; nothing here is needed to understand the book.

In the shop a product is met in as many contexts as there are personas. So evidence goes by their numbers, where it can,
and keeps mean and width of every (persona, product); a click changes those of one product alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.exploration import UCB
from zoolib.evidence import FEW, ArmsLastEvidence, EigenEvidence, Evidence, TabularEvidence, make_evidence, on_table
from zoolib.ties import first_best
from zoolib.world import FeatureEngineer, ZooplusSimulator

MAY_BE_SET = ("embed", "mean", "width", "score", "scored", "choices", "_context", "_meet", "_learn")  # on one agent


class ByCell:
    """Mixed in before an agent with one model for all arms: where nothing fades, cells stand for contexts.

    Sums made elsewhere are given to such evidence by ``put``: who writes to A or b changes nothing in its table.
    """

    def _on_cells(self, evidence: Evidence) -> Evidence:
        """Return evidence that goes by the numbers of the shop's cells, if that comes to the same."""
        mine = self.by_cell and "by_cell" in vars(type(self))
        in_a_shop = isinstance(self.features, FeatureEngineer) and not self.exploration.asks_for_inverse
        if not mine or not in_a_shop or len(self.features.cells) > max(FEW, evidence.d):
            return evidence
        return on_table(evidence, np.tile(self.features.cells, (*evidence.shape, 1, 1))) or evidence

    def choices(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the choices that differ for ``user_id``, or the numbers of their cells, and their products."""
        return self.features.choice_cells(user_id, sim) if self._asks_for_cells else super().choices(user_id, sim)

    def _context(self, user_id: Any, arm: Any, sim: ZooplusSimulator) -> Any:
        return self.features.cell(user_id, arm, sim) if self._asks_for_cells else super()._context(user_id, arm, sim)

    @property
    def _asks_for_cells(self) -> bool:
        return isinstance(self.evidence, TabularEvidence) and not self.exploration.asks_for_inverse


class Tabulated:
    """Mixed in before an agent with a model for each arm.

    In the place of a context stands the number of a persona, in the place of contexts of all arms the same number.
    """

    _catalog: np.ndarray | None = None  # the catalog that the tables, (..., P, K), were made for
    _asks_for_cells = False  # but for rows of such tables
    _at_once: Any = False  # the same, if the bounds that are kept say all: until something is set

    def __setattr__(self, name: str, value: Any) -> None:
        vars(self)["_at_once"] = False
        super().__setattr__(name, value)

    def _make_evidence(self) -> Evidence:
        self._catalog, shape = None, (*self.batch_shape, self.n_arms)
        one = make_evidence(self.features.d, (), self.ridge, self.gamma, self.window)  # of one arm, to go by its kind
        if self.gamma < 1:
            return EigenEvidence(one.d, shape, one.ridge, gamma=self.gamma)
        if isinstance(self.features, FeatureEngineer):
            Z = getattr(self, "_X", self._met_in(self.features.sim)).take(range(shape[-1]), -3, mode="clip")
            return on_table(one, Z) or super()._make_evidence()  # of the catalog met last, until the next is met
        return ArmsLastEvidence(one.d, shape, one.ridge) if type(one) is Evidence else super()._make_evidence()

    @property
    def _is_tabular(self) -> bool:  # and payoff and uncertainty are those of the table, not of a subclass or set on one
        mine = (self.payoff, self.uncertainty) == (super().payoff, super().uncertainty)
        return mine and isinstance(self.evidence, TabularEvidence)

    def _met_in(self, sim: ZooplusSimulator) -> np.ndarray:
        """Return the contexts that each product can be met in, ``(..., K, P, d)``."""
        return np.moveaxis(self.features.table, 0, 1)[self.features.shop(sim).product_category]

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return the score of each arm, ``(..., K)``."""
        by_row = X.ndim == len(self.rows) and checks.are_numbers(X) and isinstance(self.evidence, TabularEvidence)
        mine = by_row and self.by_bounds and "by_bounds" in vars(type(self)) and (self.rows or self.evidence.by_hand)
        by_itself = mine and type(self.exploration) is UCB and not vars(self.exploration)
        if by_itself and vars(self).keys().isdisjoint(MAY_BE_SET):
            vars(self)["_at_once"] = self._catalog
            return self.evidence.bound_of_all(X, self.alpha, *self.rows)
        return super().score(X)

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product with the highest score for ``user_id``, unless exploration diverts."""
        if getattr(sim, "product_category", None) is self._at_once and not (sim.sold_out or vars(self.exploration)):
            bounds = self.evidence.bounds(self.alpha)
            return self._plain(first_best(bounds[sim.persona(user_id), *self.rows]))
        return super().predict(user_id, sim)

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Learn from ``reward``, 0 or 1, of having shown ``chosen_arm`` to ``user_id``."""
        if getattr(sim, "product_category", None) is not self._at_once:
            return super().update(user_id, chosen_arm, reward, sim)
        reward = checks.clicks("reward", reward, self.batch_shape)
        arm = checks.indices("arm", chosen_arm, sim.n_products, self.batch_shape)
        return self.evidence.add(sim.persona(user_id), reward, arm)

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return the payoff of each arm, ``(..., K)``."""
        return self.evidence.mean_of_all(Z, *self.rows) if checks.are_numbers(Z) else super().mean(Z)

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return the width of each arm, ``(..., K)``."""
        return self.evidence.width_of_all(Z, *self.rows) if checks.are_numbers(Z) else super().width(Z)

    def choices(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the persona, for which mean and width of all products are kept, and their numbers."""
        self._meet(sim)
        return (sim.persona(user_id), self._arms) if self._is_tabular else super().choices(user_id, sim)

    def _meet(self, sim: ZooplusSimulator) -> None:
        """Take note of a catalog; products that it has more than the last one are new arms."""
        if sim.product_category is self._catalog:
            return
        if self.n_arms > sim.n_products:
            raise ValueError(f"sim has {sim.n_products} products, but the agent has already met {self.n_arms}")
        super()._meet(sim)
        self._catalog = sim.product_category
        self._arms = np.broadcast_to(np.arange(sim.n_products), self._catalog.shape)
        self._X = self._met_in(sim)
        if isinstance(self.evidence, TabularEvidence) and not np.array_equal(self._X, self.evidence.Z):
            self.evidence.go_by(self._X)

    def _context(self, user_id: Any, arm: Any, sim: ZooplusSimulator) -> np.ndarray:
        if not self._is_tabular:
            return super()._context(user_id, arm, sim)
        checks.indices("arm", arm, sim.n_products, self.batch_shape)
        return sim.persona(user_id)  # which row of the arm's table it is

    def _learn_many(self, X: np.ndarray, arms: np.ndarray, rewards: np.ndarray) -> None:
        self._catalog = None  # the tables are made anew when somebody asks
        super()._learn_many(X, arms, rewards)

    def _make_room(self, state: Mapping[str, Any]) -> None:
        self._catalog = None
