"""What may happen to a shop in the middle of an experiment, and when (chapters 0 and 7).

A change of taste is a few entries of the click table, a launch a few names of categories: any other is as easy to write
down as the two of the book's gauntlet. They happen at the same step in all worlds, or each world draws the steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from zoolib import checks
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

    >>> shop = ZooplusSimulator(n_products=10, seed=42)
    >>> shop.apply_shock(Shock({"cat_connoisseur": {"Dog Toy": 0.9}}))
    >>> shop.oracle_value(user_id=7)
    0.9
    """

    changes: Mapping[str, Mapping[str, float]]
    name: str = "shock"

    def __post_init__(self) -> None:
        checks.table("changes", self.changes)
        checks.instance("name", self.name, str)

    def apply(self, sim: ZooplusSimulator, worlds: Any = ...) -> None:
        """Rewrite the click table of ``sim``; all of it, or nothing if any entry is invalid."""
        checks.instance("sim", sim, ZooplusSimulator)
        table, worlds = sim.click_table.copy(), sim.some_worlds(worlds)
        for persona, row in self.changes.items():
            for category, probability in row.items():
                cell = sim.index_of("persona", persona), sim.index_of("category", category)
                what = f"click probability of {persona} for {category}"
                table[(*worlds, *cell)] = checks.real(what, probability, 0.0, 1.0)
        sim.set_click_table(table)


@dataclass(frozen=True)
class Launch:
    """New products: one more for each category named, put at the end of the catalog of every world.

    >>> shop = ZooplusSimulator(n_products=10, seed=42)
    >>> shop.apply_shock(Launch(["Cat Toy"]))
    >>> shop.n_products, int(shop.for_sale.sum())
    (11, 11)
    """

    categories: Sequence[str]
    name: str = "launch"

    def __post_init__(self) -> None:
        checks.instance("name", self.name, str)
        checks.words("categories", self.categories)

    def apply(self, sim: ZooplusSimulator, worlds: Any = ...) -> None:
        """Append the products to the catalog of ``sim``."""
        checks.instance("sim", sim, ZooplusSimulator)
        if worlds is not ...:
            raise ValueError(f"a {self.name} happens in all worlds of a batch at once: their catalogs grow together")
        new = np.array([sim.index_of("category", name) for name in self.categories], dtype=int)
        shape = (*sim.batch_shape, len(new))
        catalog = np.concatenate([sim.product_category, np.broadcast_to(new, shape)], axis=-1)
        sim.set_catalog(catalog, np.concatenate([sim.for_sale, np.ones(shape, dtype=bool)], axis=-1))


@dataclass(frozen=True)
class Turnover(Launch):
    """The oldest product of each category named sells out for good, and a new one takes its place at the end.

    >>> shop = ZooplusSimulator(n_products=10, seed=42)
    >>> shop.apply_shock(Turnover(["Cat Toy"]))
    >>> shop.n_products, int(shop.for_sale.sum())
    (11, 10)
    """

    name: str = "turnover"

    def apply(self, sim: ZooplusSimulator, worlds: Any = ...) -> None:
        """Launch the new products and take the oldest from sale."""
        checks.instance("sim", sim, ZooplusSimulator)
        K, for_sale = sim.n_products, sim.for_sale.copy()
        for category in self.categories:
            of_it = for_sale & (sim.product_category == sim.index_of("category", category))
            for_sale[(*sim.worlds, of_it.argmax(-1))] &= ~of_it.any(-1)
        super().apply(sim, worlds)
        sim.set_catalog(sim.product_category, np.concatenate([for_sale, sim.for_sale[..., K:]], axis=-1))


SHOCK_FISH = Shock({"budget_shopper": {"Fish Supplies": 0.80, "Dog Food": 0.10, "Cat Food": 0.15}}, name="fish boom")
SHOCK_DOG_TOY = Shock({"cat_connoisseur": {"Dog Toy": 0.75}}, name="dog-toy craze")

Happens = dict[int, list[tuple[Shock | Launch, Any]]]  # {step: [(what, in which worlds), ...]}, in the order of time


class Drawn(Protocol):
    """Shocks at times that each world draws for itself, such as :class:`~zoolib.world.RandomTimes`."""

    def happen(self, sim: ZooplusSimulator, n_steps: int) -> tuple[dict[str, np.ndarray], Happens]:
        """Return ``{name: (R,) steps}``, and ``{step: [(Shock, worlds), ...]}`` in the order of time."""


Shocks = Mapping[int, Shock | Launch] | Drawn


class Schedule:
    """The shocks of a run, in the order of time, after all have happened once to a copy of the shop.

    Parameters
    ----------
    shocks
        ``{step: Shock or Launch}``, the same for all worlds; or :class:`~zoolib.world.RandomTimes`, which each world
        draws for itself. One that does not fit the shop or the run is a ``ValueError`` or ``TypeError``.
    sim, n_steps
        The shop, or a batch of shops, and the length of the run.

    Attributes
    ----------
    happens
        ``{step: [(Shock or Launch, worlds), ...]}``, in the order of time.
    common, drawn
        ``{step: name}`` of what happens in all worlds at once, and ``{name: (R,) steps}`` of what does not.

    >>> list(Schedule({500: SHOCK_FISH}, shop := ZooplusSimulator(), n_steps=1000).phases(shop))
    [slice(0, 500, None), slice(500, 1000, None)]
    """

    def __init__(self, shocks: Shocks | None, sim: ZooplusSimulator, n_steps: int) -> None:
        shocks, self.n_steps, self.drawn = {} if shocks is None else shocks, n_steps, {}
        if hasattr(shocks, "happen"):
            self.drawn, self.happens = shocks.happen(sim, n_steps)
        elif isinstance(shocks, Mapping):
            for step, shock in shocks.items():
                checks.whole("a step in shocks", step, 0, n_steps - 1)
                checks.instance(f"shocks[{step}]", shock, Shock, Launch)
            self.happens = {step: [(shocks[step], ...)] for step in sorted(shocks)}
        else:
            raise TypeError(f"shocks must be {{step: Shock or Launch}} or RandomTimes, got {shocks!r}")
        self.common = {} if self.drawn else {step: shocks[step].name for step in self.happens}
        list(self.phases(sim.copy()))  # which goes through all of them

    def apply(self, step: int, world: ZooplusSimulator) -> None:
        """Let happen to ``world`` what happens before the user of that step comes."""
        for shock, worlds in self.happens.get(step, ()):
            shock.apply(world, worlds)

    def phases(self, world: ZooplusSimulator) -> Iterator[slice]:
        """Go through the times between changes, each with ``world`` as it was then."""
        starts = sorted({0, *self.happens})
        for start, stop in zip(starts, [*starts[1:], self.n_steps], strict=True):
            self.apply(start, world)
            yield slice(start, stop)
