"""The shop: who comes, what is on the shelf, and what a recommendation earns (chapter 0).

A pet-supplies shop in the style of Zooplus, entirely synthetic. One world is ``seed=42``, a hundred in lockstep are
``seed=range(100)``. They differ in a leading axis alone: world i of a batch is, draw for draw, the world of its seed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from zoolib import checks
from zoolib.randomness import TABLES, UniformStream, generator, spawn, worlds

if TYPE_CHECKING:
    import pandas as pd

Table = Mapping[str, Mapping[str, float]]

CATEGORIES = ("Fish Supplies", "Cat Food", "Dog Food", "Dog Toy", "Cat Toy")
_COLUMNS = ("Dog Food", "Dog Toy", "Cat Food", "Cat Toy", "Fish Supplies")
_ROWS = {
    "new_puppy_parent": (0.40, 0.50, 0.10, 0.05, 0.02),
    "cat_connoisseur": (0.05, 0.02, 0.55, 0.45, 0.05),
    "budget_shopper": (0.25, 0.15, 0.40, 0.20, 0.20),
    "fish_hobbyist": (0.02, 0.02, 0.10, 0.08, 0.60),
}
CLICK_TABLE: Table = MappingProxyType({p: dict(zip(_COLUMNS, row, strict=True)) for p, row in _ROWS.items()})
PERSONAS = tuple(CLICK_TABLE)
TABLE = np.array([[CLICK_TABLE[persona][category] for category in CATEGORIES] for persona in PERSONAS])
UNLISTED = 0.01  # click probability of a category that a persona's row does not name


def drawn_table(seed: int) -> Table:
    """Draw a click table in hundredths, from the Beta distribution with mean and variance of the book's.

    >>> drawn_table(seed=0)["budget_shopper"]["Cat Food"]
    0.01
    """
    mean, total = TABLE.mean(), TABLE.mean() * (1 - TABLE.mean()) / TABLE.var() - 1
    rows = spawn(seed, TABLES).beta(mean * total, (1 - mean) * total, TABLE.shape).round(2).tolist()
    return {p: dict(zip(CATEGORIES, row, strict=True)) for p, row in zip(PERSONAS, rows, strict=True)}


class ZooplusSimulator:
    """A shop of ``n_products`` products and ``n_users`` users, each of a hidden persona.

    One generator ``default_rng(seed)`` serves a world: it draws the catalog, then the users, then one uniform for
    every reward, in this order.

    Parameters
    ----------
    n_products, n_users
        At least 1 each.
    seed
        A non-negative whole number: one world. A sequence of them: that many worlds in lockstep.
    click_table
        ``{persona: {category: probability}}``; a category missing from a row is clicked with probability .01. With
        ``"drawn"`` each world has a table of its own (:func:`drawn_table`).
    categories
        The categories of the catalog, in order; a table that names others is refused.

    Attributes
    ----------
    batch_shape
        ``()`` for one world, ``(R,)`` for R in lockstep. It leads the shape of everything below.
    product_category
        ``(..., K)`` index into ``categories`` of every product there ever was.
    for_sale
        ``(..., K)`` whether it can be bought; what has sold out must not be shown.
    user_persona
        ``(..., U)`` index into ``personas`` of every user.
    click_table
        ``(..., P, C)`` click probabilities as they are now.

    >>> shop = ZooplusSimulator(n_products=10, seed=42)
    >>> shop.best_arm(user_id=7), shop.oracle_value(user_id=7)
    (4, 0.55)
    """

    def __init__(
        self,
        n_products: int = 50,
        n_users: int = 1000,
        seed: int | Sequence[int] = 42,
        *,
        click_table: Table | Literal["drawn"] = CLICK_TABLE,
        categories: Sequence[str] = CATEGORIES,
    ) -> None:
        self.n_products, self.n_users = checks.wholes(1, n_products=n_products, n_users=n_users)
        self.seeds, self.batch_shape = worlds(seed)
        self.worlds = tuple(np.arange(R) for R in self.batch_shape)  # indexes the leading axis: a[(*worlds, k)]
        tables = [drawn_table(s) if click_table == "drawn" else click_table for s in self.seeds]
        checks.table("click_table", tables[0])
        self.personas, self.categories = tuple(tables[0]), checks.words("categories", categories)
        if not self.personas or not self.categories or len({*self.categories}) < len(self.categories):
            raise ValueError(f"a shop needs personas and distinct categories, got {self.personas}, {self.categories}")
        if unknown := [c for row in tables[0].values() for c in row if c not in self.categories]:
            raise ValueError(f"click_table: unknown category {unknown[0]!r}; there are {', '.join(self.categories)}")

        rngs = [generator(s) for s in self.seeds]
        self.set_catalog(np.stack([self._draw_catalog(rng) for rng in rngs]).reshape(*self.batch_shape, -1))
        users = [rng.integers(0, len(self.personas), size=self.n_users) for rng in rngs]  # as rng.choice does in turn
        self.user_persona = checks.frozen(np.stack(users).reshape(*self.batch_shape, -1))
        rows = [[[t[p].get(c, UNLISTED) for c in self.categories] for p in self.personas] for t in tables]
        self.set_click_table(np.reshape(rows, (*self.batch_shape, len(self.personas), len(self.categories))))
        self._uniforms = UniformStream(rngs, self.batch_shape)

    def _draw_catalog(self, rng: np.random.Generator) -> np.ndarray:
        n_each, rest = divmod(self.n_products, len(self.categories))
        shelf = np.repeat(np.arange(len(self.categories)), n_each)
        extra = rng.choice(len(self.categories), rest) if rest else np.empty(0, dtype=int)
        return rng.permutation(np.concatenate([shelf, extra]))

    def index_of(self, kind: str, name: str) -> int:
        """Return the index of a persona's or a category's name."""
        names = self.personas if checks.choice("kind", kind, ("persona", "category")) == "persona" else self.categories
        if checks.instance("name", name, str) not in names:
            raise ValueError(f"unknown {kind} {name!r}; the names that this shop knows are {', '.join(names)}")
        return names.index(name)

    def some_worlds(self, worlds: Any) -> tuple[Any, ...]:
        """Return ``worlds``, a mask or indices, as an index of the leading axis; ``...`` stands for all worlds."""
        if worlds is ...:
            return (slice(None),) if self.batch_shape else ()
        if not self.batch_shape:
            raise ValueError(f"worlds can be chosen only in a batch, and sim is one world; got {worlds!r}")
        if np.shape(worlds) == self.batch_shape and np.asarray(worlds).dtype == bool:
            return (np.asarray(worlds),)
        return (checks.indices("worlds", np.atleast_1d(worlds), *self.batch_shape, (np.size(worlds),)),)

    def set_catalog(self, product_category: np.ndarray, for_sale: np.ndarray | None = None) -> None:
        """Set the category of every product and whether it can be bought, both ``(..., K)``."""
        shape = (*self.batch_shape, np.shape(np.atleast_1d(checks.array("product_category", product_category)))[-1])
        catalog = checks.frozen(checks.indices("product_category", product_category, len(self.categories), shape))
        for_sale = np.ones(shape, dtype=bool) if for_sale is None else np.asarray(for_sale)
        if for_sale.dtype != bool or for_sale.shape != shape or not for_sale.any(-1).all():
            raise ValueError("for_sale must hold a bool for each product, True for at least one in every world")
        self.product_category, self.n_products, self.for_sale = catalog, shape[-1], checks.frozen(for_sale)
        is_in = (catalog[..., None, :] == np.arange(len(self.categories))[:, None]) & self.for_sale[..., None, :]
        first = np.where(is_in.any(-1), is_in.argmax(-1), self.n_products)
        # Categories in the order of their first products, so that a tie goes to the lowest product number. One that
        # the catalog lacks stands at the end, as a second copy of the first, which is not offered.
        order = np.argsort(first, axis=-1, kind="stable")
        lacking = np.take_along_axis(first, order, -1) == self.n_products
        self.category_order = checks.frozen(np.where(lacking, order[..., :1], order))
        self.first_product = checks.frozen(np.take_along_axis(first, self.category_order, -1))
        persona = np.arange(len(self.personas))[:, None]
        self.choice_cells = checks.frozen(persona * len(self.categories) + self.category_order[..., None, :])
        self.sold_out = bool(lacking.any() or not self.for_sale.all())  # whether anything is, or a category is lacking

    def offers(self, arms: np.ndarray) -> np.ndarray:
        """Return which of the choices ``arms``, ``(..., n)``, can be bought, and are no second copies of the first."""
        return np.take_along_axis(self.for_sale, arms, -1) & ((arms != arms[..., :1]) | (np.arange(arms.shape[-1]) < 1))

    def set_click_table(self, table: np.ndarray) -> None:
        """Set the click probabilities, ``(..., P, C)``."""
        table = checks.finite("click_table", table, (*self.batch_shape, len(self.personas), len(self.categories)))
        if table.min() < 0 or table.max() > 1:
            raise ValueError(f"click_table must hold probabilities in [0, 1], got {table.min()} to {table.max()}")
        self.click_table = checks.frozen(table)
        # rng.binomial(1, p) turns one uniform u into a click: u > 1 - p, but for p > 1/2 not u > p.
        self._flip = table > 0.5
        with np.errstate(divide="ignore"):
            self._bar = np.exp(np.log(1 - np.where(self._flip, 1 - table, table)))

    @property
    def products(self) -> pd.DataFrame:
        """The catalog as a table: ``product``, ``category`` (and ``world`` in a batch)."""
        return self._listing("product", self.product_category, "category", self.categories)

    @property
    def users(self) -> pd.DataFrame:
        """The users as a table: ``user``, ``persona`` (and ``world`` in a batch)."""
        return self._listing("user", self.user_persona, "persona", self.personas)

    def _listing(self, item: str, codes: np.ndarray, label: str, names: tuple[str, ...]) -> pd.DataFrame:
        import pandas as pd

        frame = pd.DataFrame({item: np.indices(codes.shape)[-1].ravel(), label: np.array(names)[codes.ravel()]})
        if self.batch_shape:
            frame.insert(0, "world", np.indices(codes.shape)[0].ravel())
        return frame

    def get_random_user(self) -> Any:
        """Draw a user from the world's own generator: an int, or an array with one for each world."""
        users = [int(rng.integers(0, self.n_users)) for rng in self._uniforms.rewind()]
        return np.array(users) if self.batch_shape else users[0]

    def get_reward(self, user_id: Any, arm: Any) -> Any:
        """Show product ``arm`` to ``user_id`` and return the click, 0 or 1 (an array in a batch)."""
        cell = self._cell(user_id, arm)
        click = (self._uniforms() > self._bar[cell]) ^ self._flip[cell]
        return click.astype(np.int64) if self.batch_shape else int(click)

    def click_probability(self, user_id: Any, arm: Any) -> Any:
        """Return the true probability that ``user_id`` clicks product ``arm``.

        Here and in the methods below, users and products may carry further axes behind the worlds', such as time.
        """
        return self._number(self.click_table[self._cell(user_id, arm, more_axes=True)])

    def oracle_value(self, user_id: Any) -> Any:
        """Return the click probability of the best product for ``user_id``."""
        return self._number(self._by_place.max(-1)[self._persona_cell(user_id)])

    def best_arm(self, user_id: Any) -> Any:
        """Return the product that ``user_id`` clicks most often; of several, the lowest number."""
        place = self._by_place.argmax(-1)[self._persona_cell(user_id)]
        return self._number(self.first_product[self._beside(place)])

    def apply_shock(self, shock: Any, worlds: Any = ...) -> None:
        """Let ``shock`` happen, in all worlds or in those that ``worlds`` (a mask or indices) selects.

        It has a method ``apply(sim, worlds)``, as :class:`~zoolib.world.Shock` and :class:`~zoolib.world.Launch` do.
        """
        checks.having("shock", shock, "apply").apply(self, worlds)

    def copy(self) -> Self:
        """Return the same world once more, generator included: what happens in one leaves the other as it is.

        Agents that are given a copy each face the same luck (common random numbers).
        """
        twin = copy.copy(self)
        twin._uniforms = copy.deepcopy(self._uniforms)
        return twin

    def persona(self, user_id: Any) -> Any:
        """Return the index of the persona of ``user_id``."""
        user_id = checks.indices("user_id", user_id, self.n_users, self.batch_shape)
        return self.user_persona[(*self.worlds, user_id) if self.worlds else user_id]

    @property
    def _by_place(self) -> np.ndarray:
        """Return the click probabilities in the order of the categories' first products, ``(..., P, C)``."""
        return np.take_along_axis(self.click_table, self.category_order[..., None, :], axis=-1)

    def _persona_cell(self, user_id: Any) -> tuple[Any, ...]:
        at = self._beside(checks.indices("user_id", user_id, self.n_users, self.batch_shape, more_axes=True))
        return (*at[:-1], self.user_persona[at])

    def _cell(self, user_id: Any, arm: Any, more_axes: bool = False) -> tuple[Any, ...]:
        user_id = checks.indices("user_id", user_id, self.n_users, self.batch_shape, more_axes)
        arm = checks.indices("arm", arm, self.n_products, self.batch_shape, more_axes)
        *rows, user_id, arm = self._beside(user_id, arm) if more_axes else (*self.worlds, user_id, arm)
        return (*rows, self.user_persona[(*rows, user_id)], self.product_category[(*rows, arm)])

    def _beside(self, *values: Any) -> tuple[Any, ...]:
        """Return the worlds' indices and ``values`` with as many axes each, those that one lacks put at its end."""
        n = max(np.ndim(value) for value in values)
        return tuple(np.reshape(v, (*np.shape(v), *[1] * (n - np.ndim(v)))) for v in (*self.worlds, *values))

    def _number(self, value: Any) -> Any:
        return value.item() if np.ndim(value) == 0 else value
