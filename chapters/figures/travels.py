"""A click travels: what one more visit without a click changes in the heads of several agents (chapter 2).

All have seen the same visits. Then a visitor comes, once, ten or fifty times, and does not click. What each agent
expects of each product for each persona, before and after, is computed here for every such visit, and travels in the
output; ``a-click-travels.js`` shows it.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import zoolib as zoo
from figures.played import Bundle, played, whole
from figures.svg import Axis, Points
from zoolab.drawings import plots

TIMES = (1, 10, 50)
UNIT = 10_000  # what travels is whole: tenths of a click per 1,000 visits
WHO, WHAT, NTH = "budget_shopper", "Cat Food", 2  # where the figure begins: the third cat food
FELT = 0.05  # clicks per 1,000 visits: a smaller change is none
LOOKS = ("falls by 10 or more", 1.9, -1, 10), ("falls by less", 0.8, -1, FELT), ("rises", 1.6, 1, FELT)
Agents = Mapping[str, tuple[str, Callable[[zoo.FeatureEngineer], Any]]]
AGENTS: Agents = {
    "LinUCB": ("a model for each product", zoo.LinUCBAgent),
    "Shared, additive": ("one model of who and what", zoo.SharedLinUCBAgent),
    "Shared, crossed": ("one model of each pair", lambda features: zoo.SharedLinUCBAgent(features.encoded("crossed"))),
    "Neural-Linear": ("a network", lambda features: zoo.NeuralLinearAgent(features, alpha=0.2, rng=42)),
}


@dataclass
class AClickTravels:
    """A map of what each agent expects, 4 personas by 50 products, and what a visit without a click does to it.

    The ``agents`` are ``{name: (what it is, in a few words; what makes it of features)}``; those named in ``compact``
    stand side by side where a page puts the figure into a box of the class ``compact``. They have seen so many
    ``visits`` of the world ``seed``, each with a product drawn at random.
    """

    agents: Agents = field(default_factory=lambda: AGENTS)
    compact: tuple[str, str] = ("LinUCB", "Shared, crossed")
    seed: int = 42
    visits: int = 2000

    def __post_init__(self) -> None:
        self.shop = zoo.ZooplusSimulator(seed=self.seed)
        kinds = np.argsort(np.argsort(self.shop.categories))[self.shop.product_category]
        self.personas, self.products = np.argsort(self.shop.personas), np.argsort(kinds, kind="stable")
        self.n = len(self.products) // len(self.shop.categories)  # of a category

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
        table = agent.features.table[:, self.shop.product_category]
        return UNIT * np.stack([agent.payoff(table[persona])[self.products] for persona in self.personas])

    def changes(self, agent: Any, persona: int, product: int) -> np.ndarray:
        """Return by how much what an agent expects changes after so many visits without a click, ``(times, P, K)``."""
        before, agent, after, arm = self.expected(agent), copy.deepcopy(agent), [], self.products[product]
        x = agent.features.table[self.personas[persona], self.shop.product_category[arm]]
        for visit in range(1, TIMES[-1] + 1):
            agent.learn(x, arm, 0)
            if visit in TIMES:
                after.append(self.expected(agent) - before)
        return np.stack(after)

    def record(self, name: str, agent: Any) -> dict[str, Any]:
        """Return all that a page shows of an agent: what it expects, and for every visit what that changes.

        Who treats a category as one thing is told by category. In others a visit changes its own product alone.
        """
        before = self.expected(agent)
        shared = bool(np.ptp(before.reshape(len(before), -1, self.n), axis=2).max() < 1e-6)
        P, places = range(len(before)), range(0, before.shape[1], self.n if shared else 1)
        each = whole([[self.changes(agent, persona, place) for place in places] for persona in P])
        kept = each[..., places] if shared else np.moveaxis(np.diagonal(each, axis1=1, axis2=4), -1, 1)
        if not shared and np.abs(each).sum() != np.abs(kept).sum():
            raise ValueError(f"{name}: a visit changes other products of a category, though not all alike")
        told = {"name": name, "is": self.agents[name][0], "shared": shared, "changes": kept.tolist()}
        return told | {"before": whole(before[:, places]).tolist()}

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        agents, categories = self.taught(), sorted(self.shop.categories)
        personas = [self.shop.personas[persona] for persona in self.personas]
        start = personas.index(WHO), self.n * categories.index(WHAT) + NTH
        data = {
            "personas": [persona.replace("_", " ") for persona in personas],
            "categories": categories,
            "products": len(self.products),
            "truth": whole(UNIT * self.shop.click_table[self.personas][:, np.argsort(self.shop.categories)]).tolist(),
            "visits": self.visits,
            "times": TIMES,
            "start": start,
            "compact": self.compact,
            "agents": [self.record(name, agent) for name, agent in agents.items()],
        }
        table = np.stack([self.changes(agent, *start)[-1] / 10 for agent in agents.values()])
        counts = (f"{name} {(abs(one) >= FELT).sum()}" for name, one in zip(agents, table, strict=True))
        said = f"Fifty visits without a click: how many of {table[0].size} expectations change. {', '.join(counts)}."
        (agent, persona, product), marks = np.indices(table.shape), []
        x, y = product + 2 * (product // self.n), -6 * agent - persona
        for name, size, sign, low in LOOKS:
            here = (sign * table >= low) & ((sign > 0) | (low >= 10) | (table > -10))
            look = ("^", plots.BLUE) if sign > 0 else ("s", plots.VERMILION)
            marks.append(Points(name, x[here], y[here], size=size, marker=look[0], colour=look[1]))
        ticks = {(self.n + 2) * i + self.n / 2 - 0.5: name.lower().split(" s")[0] for i, name in enumerate(categories)}
        rows = {-6 * i - 1.5: name.split(", ")[-1] for i, name in enumerate(agents)}
        axes = Axis("", -1, x.max() + 1, ticks=ticks), Axis("", -6 * len(agents) + 2, 1, ticks=rows)
        alt = "Four rows of products, one for each persona, in the head of each agent, with a mark where one changes."
        return played("a-click-travels", data, said, marks, *axes, alt)
