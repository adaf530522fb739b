"""A click travels: what one more visit without a click changes in the heads of several agents (chapter 2).

All have seen the same visits. Then a visitor comes, once, ten or fifty times, and does not click. What each agent
expects of each product for each persona, before and after, is computed here for every such visit, and travels in the
output; ``a-click-travels.js`` shows it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

import zoolib as zoo
from figures.played import played
from figures.svg import Axis, Mark, Points
from zoolab.drawings import plots

TIMES = (1, 10, 50)
UNIT = 10_000  # what travels is whole: tenths of a click per 1,000 visits
START = "budget shopper", "Cat Food", 2  # the third cat food
FELT = 0.05  # clicks per 1,000 visits: a smaller change is none
FALLS = (100, np.inf, 2.7), (10, 100, 1.7), (FELT, 10, 0.8)  # from, below, and the size of the mark

Agents = Mapping[str, tuple[str, Callable[[zoo.FeatureEngineer], Any]]]
AGENTS: Agents = {
    "LinUCB": ("a model for each product", zoo.LinUCBAgent),
    "Shared, additive": ("one model of who and what", zoo.SharedLinUCBAgent),
    "Shared, crossed": ("one model of each pair", lambda features: zoo.SharedLinUCBAgent(features.encoded("crossed"))),
    "Neural-Linear": ("a network", lambda features: zoo.NeuralLinearAgent(features, alpha=0.2, rng=42)),
}


@dataclass(frozen=True)
class AClickTravels:
    """A map of what an agent expects, 4 personas by 50 products, and what a visit without a click does to it.

    Parameters
    ----------
    agents
        ``{name: (what it is, in a few words; what makes it of features)}``.
    compact
        The two that are shown where a page puts the figure into a box of the class ``compact``.
    seed, visits
        The world, and how many of its visitors all agents have seen, each with a product drawn at random.
    """

    agents: Agents = field(default_factory=lambda: AGENTS)
    compact: tuple[str, str] = ("LinUCB", "Shared, crossed")
    seed: int = 42
    visits: int = 2000

    @cached_property
    def shop(self) -> zoo.ZooplusSimulator:
        """The shop, as it is before the first visit."""
        return zoo.ZooplusSimulator(seed=self.seed)

    @cached_property
    def order(self) -> tuple[np.ndarray, np.ndarray]:
        """The personas, and the products category by category, both by the alphabet."""
        place = np.argsort(np.argsort(self.shop.categories))[self.shop.product_category]
        return np.argsort(self.shop.personas), np.argsort(place, kind="stable")

    def taught(self) -> dict[str, Any]:
        """Return the agents after the visits."""
        shop, rng = self.shop.copy(), zoo.spawn(self.seed, "products")
        agents = {name: make(zoo.FeatureEngineer(shop)) for name, (_, make) in self.agents.items()}
        for product in rng.integers(shop.n_products, size=self.visits).tolist():
            user = shop.get_random_user()
            click = shop.get_reward(user, product)
            for agent in agents.values():
                agent.update(user, product, click, shop)
        return agents

    def expected(self, agent: Any) -> np.ndarray:
        """Return what an agent expects, persona by product in their order, in tenths of a click per 1,000 visits."""
        personas, products = self.order
        table = agent.features.table[:, self.shop.product_category]
        return UNIT * np.stack([agent.payoff(table[persona])[products] for persona in personas])

    def pressed(self, agent: Any, persona: int, product: int) -> np.ndarray:
        """Return what an agent expects after so many visits without a click, ``(times, P, K)``."""
        agent, after = copy.deepcopy(agent), []
        row, arm = self.order[0][persona], self.order[1][product]
        x = agent.features.table[row, self.shop.product_category[arm]]
        for visit in range(1, TIMES[-1] + 1):
            agent.learn(x, arm, 0)
            if visit in TIMES:
                after.append(self.expected(agent))
        return np.stack(after)

    def record(self, name: str, agent: Any) -> dict[str, Any]:
        """Return all that a page shows of an agent: what it expects, and for every visit what that changes.

        Who treats a category as one thing is told by category. In others a visit changes its own product alone.
        """
        before, n = self.expected(agent), len(self.order[1]) // len(self.shop.categories)
        shared = bool(np.ptp(before.reshape(len(before), -1, n), axis=2).max() < 1e-6)
        step = n if shared else 1
        changes = [
            [self.pressed(agent, persona, product) - before for product in range(0, before.shape[1], step)]
            for persona in range(len(before))
        ]
        whole = np.rint(changes).astype(int)  # persona, product, times, persona, product
        if shared:
            kept = whole[..., ::n]
        else:
            kept = np.moveaxis(np.diagonal(whole, axis1=1, axis2=4), -1, 1)
            if np.abs(whole).sum() != np.abs(kept).sum():
                raise ValueError(f"{name}: a visit changes other products of a category, though not all alike")
        return {
            "name": name,
            "is": self.agents[name][0],
            "shared": shared,
            "before": np.rint(before[:, ::step]).astype(int).tolist(),
            "changes": kept.tolist(),
        }

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        personas, products = self.order
        names = [self.shop.personas[persona].replace("_", " ") for persona in personas]
        categories, agents = sorted(self.shop.categories), self.taught()
        n = len(products) // len(categories)
        start = names.index(START[0]), n * categories.index(START[1]) + START[2]
        data = {
            "personas": names,
            "categories": categories,
            "products": len(products),
            "truth": np.rint(UNIT * self.shop.click_table[personas][:, np.argsort(self.shop.categories)]).tolist(),
            "visits": self.visits,
            "times": TIMES,
            "start": start,
            "compact": self.compact,
            "agents": [self.record(name, agent) for name, agent in agents.items()],
        }
        after = {name: self.pressed(agent, *start)[-1] for name, agent in agents.items()}
        changes = {name: (after[name] - self.expected(agent)) / 10 for name, agent in agents.items()}
        counts = ", ".join(f"{name} {(np.abs(change) >= FELT).sum()}" for name, change in changes.items())
        said = (
            f"{TIMES[-1]} {START[0]}s in a row have not clicked on {START[1].lower()} {START[2] + 1}. "
            f"Of {4 * len(products)} expectations this changes: {counts}."
        )
        alt = (
            f"A row of {len(products)} products, by category, for each of four personas, in the heads of "
            f"{len(agents)} agents, with a mark where an expectation changes: {counts}."
        )
        return played("a-click-travels", data, said, *self._still(changes, categories), alt)

    def _still(self, changes: Mapping[str, np.ndarray], categories: Sequence[str]) -> tuple[list[Mark], Axis, Axis]:
        """Return marks where the agents' expectations change, a row for each persona, and the axes."""
        table = np.stack(list(changes.values()))  # agent, persona, product
        agent, persona, product = np.indices(table.shape)
        n = table.shape[2] // len(categories)
        x, y = product + 2 * (product // n), -6 * agent - persona
        looks = [
            *((f"falls by {low} or more", "s", size, -table, low, high) for low, high, size in FALLS),
            ("rises", "^", 1.7, table, FELT, np.inf),
        ]
        marks = []
        for name, marker, size, by, low, high in looks:
            here = (by >= low) & (by < high)
            colour = plots.BLUE if name == "rises" else plots.VERMILION
            marks.append(Points(name, x[here], y[here], colour=colour, marker=marker, size=size))
        middles = {(n + 2) * i + (n - 1) / 2: name.replace(" Supplies", "") for i, name in enumerate(categories)}
        rows = {-6 * i - 1.5: name for i, name in enumerate(changes)}
        return marks, Axis("", -1, x.max() + 1, ticks=middles), Axis("", -6 * len(changes) + 2, 1, ticks=rows)
