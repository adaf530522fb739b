"""Shocks: what may happen to a shop in the middle of an experiment (chapter 0).

A change of taste is a few entries of the click table, a launch a few names of categories: any other is as easy to write
down as the two of the book's gauntlet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoolib import checks

if TYPE_CHECKING:
    from zoolib.world.simulator import ZooplusSimulator


@dataclass(frozen=True)
class Shock:
    """A change of taste: new click probabilities for some personas and categories.

    Parameters
    ----------
    changes
        ``{persona: {category: probability}}``; what is not named stays as it is.
    name
        How tables and figures call it.
    """

    changes: Mapping[str, Mapping[str, float]]
    name: str = "shock"

    def __post_init__(self) -> None:
        checks.table("changes", self.changes)

    def apply(self, sim: ZooplusSimulator, worlds: Any = ...) -> None:
        """Rewrite the click table of ``sim``; all of it, or nothing if any entry is invalid."""
        table, worlds = sim.click_table.copy(), sim.some_worlds(worlds)
        for persona, row in self.changes.items():
            for category, probability in row.items():
                cell = sim.index_of("persona", persona), sim.index_of("category", category)
                what = f"click probability of {persona} for {category}"
                table[(*worlds, *cell)] = checks.real(what, probability, 0.0, 1.0)
        sim.set_click_table(table)


@dataclass(frozen=True)
class Launch:
    """New products: one more for each category named, put at the end of the catalog of every world."""

    categories: Sequence[str]
    name: str = "launch"

    def apply(self, sim: ZooplusSimulator, worlds: Any = ...) -> None:
        """Append the products to the catalog of ``sim``."""
        if worlds is not ...:
            raise ValueError(f"a {self.name} happens in all worlds of a batch at once: their catalogs grow together")
        new = np.array([sim.index_of("category", name) for name in self.categories], dtype=int)
        shape = (*sim.batch_shape, len(new))
        catalog = np.concatenate([sim.product_category, np.broadcast_to(new, shape)], axis=-1)
        sim.set_catalog(catalog, np.concatenate([sim.for_sale, np.ones(shape, dtype=bool)], axis=-1))


@dataclass(frozen=True)
class Turnover(Launch):
    """The oldest product of each category named sells out for good, and a new one takes its place at the end."""

    name: str = "turnover"

    def apply(self, sim: ZooplusSimulator, worlds: Any = ...) -> None:
        """Launch the new products and take the oldest from sale."""
        K, for_sale = sim.n_products, sim.for_sale.copy()
        for category in self.categories:
            of_it = for_sale & (sim.product_category == sim.index_of("category", category))
            for_sale[(*sim.rows, of_it.argmax(-1))] &= ~of_it.any(-1)
        super().apply(sim, worlds)
        sim.set_catalog(sim.product_category, np.concatenate([for_sale, sim.for_sale[..., K:]], axis=-1))


SHOCK_FISH = Shock({"budget_shopper": {"Fish Supplies": 0.80, "Dog Food": 0.10, "Cat Food": 0.15}}, name="fish boom")
SHOCK_DOG_TOY = Shock({"cat_connoisseur": {"Dog Toy": 0.75}}, name="dog-toy craze")
