"""Contexts: what an agent sees of a user and a product (chapter 0).

Three encodings of the same two facts, the user's persona and the product's category, hold the same information and yet
decide what a linear model can say (chapter 2). ``"onehot"`` is one-hot persona followed by one-hot category, names
sorted, d = 9; ``"crossed"`` one-hot of the pair (persona, category), d = 20; ``"both"`` the two, d = 29.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.world.simulator import ZooplusSimulator

ENCODINGS = ("onehot", "crossed", "both")


@dataclass(frozen=True)
class ContextSpace:
    """What an agent must know of its contexts where there is no shop.

    An agent made with it is used through ``select(X)`` and ``learn(x, arm, reward)``.

    Parameters
    ----------
    d, n_arms
        Length of a context, and number of arms K.
    batch_shape
        ``()``, or ``(R,)`` for R problems in lockstep.

    >>> ContextSpace(d=9, n_arms=50, batch_shape=(100,)).worlds[0].shape
    (100,)
    """

    d: int
    n_arms: int
    batch_shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        checks.wholes(1, d=self.d, n_arms=self.n_arms)
        if not isinstance(self.batch_shape, tuple) or len(self.batch_shape) > 1:
            raise ValueError(f"batch_shape must be () or (R,), got {self.batch_shape!r}")
        for R in self.batch_shape:
            checks.whole("batch_shape", R, 1)

    @property
    def worlds(self) -> tuple[np.ndarray, ...]:
        """Indices of the leading axis: ``a[(*worlds, k)]`` is entry k of every problem."""
        return (np.arange(self.batch_shape[0]),) if self.batch_shape else ()

    def context(self, *_: Any) -> Any:
        """Refuse what is asked by whoever takes this for the contexts of a shop."""
        raise TypeError("an agent that is made for bare contexts, a ContextSpace, is used through select and learn")

    contexts = candidates = context


class FeatureEngineer:
    """Contexts of (user, product) in the shop.

    Parameters
    ----------
    sim
        The shop, or a batch of shops; only its names and its catalog are used, never its click table.
    encoding
        ``"onehot"``, ``"crossed"`` or ``"both"``.

    Attributes
    ----------
    d, names
        Length of a context, and what each of its entries says.
    table, cells
        ``(P, C, d)``: the context of every (persona, category); and ``(P C, d)``, the same, numbered through. A shop
        has no others, which is what makes agents fast. All agents see the same array: nobody can write to it.

    >>> FeatureEngineer(ZooplusSimulator(n_products=10, seed=42)).context(user_id=7, arm=3).tolist()
    [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    """

    def __init__(self, sim: ZooplusSimulator, encoding: str = "onehot") -> None:
        self.sim = checks.instance("sim", sim, ZooplusSimulator)
        self.encoding = checks.choice("encoding", encoding, ENCODINGS)
        self.batch_shape, self.worlds = sim.batch_shape, sim.worlds
        personas, categories = sorted(sim.personas), sorted(sim.categories)
        P, C = len(personas), len(categories)
        persona = np.eye(P)[[personas.index(name) for name in sim.personas]][:, None, :]  # (P, 1, P)
        category = np.eye(C)[[categories.index(name) for name in sim.categories]][None, :, :]  # (1, C, C)
        plain = np.concatenate([np.broadcast_to(persona, (P, C, P)), np.broadcast_to(category, (P, C, C))], axis=-1)
        crossed = (persona[..., :, None] * category[..., None, :]).reshape(P, C, P * C)
        pairs = [f"{p} x {c}" for p in personas for c in categories]
        parts = {"onehot": [(plain, personas + categories)], "crossed": [(crossed, pairs)]}
        parts["both"] = parts["onehot"] + parts["crossed"]
        self.table = checks.frozen(np.concatenate([table for table, _ in parts[encoding]], axis=-1))
        self.names = [name for _, names in parts[encoding] for name in names]
        self.d = self.table.shape[-1]
        self.cells = self.table.reshape(-1, self.d)

    @property
    def n_arms(self) -> int:
        """Number of products K in the catalog of the shop it was made for."""
        return self.sim.n_products

    def shop(self, sim: Any = None) -> ZooplusSimulator:
        """Return ``sim``, or its own shop for None; a ``ValueError`` if personas and categories are not the same."""
        sim = checks.instance("sim", self.sim if sim is None else sim, ZooplusSimulator)
        if (names := (self.sim.personas, self.sim.categories)) != (sim.personas, sim.categories):
            raise ValueError(f"sim must have the same personas and categories, in this order: {names}")
        return sim

    def encoded(self, encoding: str) -> FeatureEngineer:
        """Return the contexts of the same shop in another encoding."""
        return FeatureEngineer(self.sim, encoding)

    def context(self, user_id: Any, arm: Any, sim: ZooplusSimulator | None = None) -> np.ndarray:
        """Return the context of one user and one product, ``(..., d)``."""
        return self.cells[self.cell(user_id, arm, sim)]

    def cell(self, user_id: Any, arm: Any, sim: ZooplusSimulator | None = None) -> Any:
        """Return the number among ``cells`` of the context of one user and one product."""
        sim = self.shop(sim)
        arm = checks.indices("arm", arm, sim.n_products, sim.batch_shape)
        return sim.persona(user_id) * len(sim.categories) + sim.product_category[(*sim.worlds, arm)]

    def logged(self, users: np.ndarray, arms: np.ndarray) -> np.ndarray:
        """Return the contexts of logged visits, ``(..., n)`` users and products, as ``(..., n, d)``."""
        sim = self.sim
        users = checks.indices("users", users, sim.n_users, sim.batch_shape, more_axes=True)
        arms = checks.indices("arms", arms, sim.n_products, sim.batch_shape, more_axes=True)
        if np.shape(users) != np.shape(arms) or np.ndim(users) != len(sim.batch_shape) + 1:
            raise ValueError(f"users and arms must be (..., n) both, got {np.shape(users)} and {np.shape(arms)}")
        persona = np.take_along_axis(sim.user_persona, users, -1)
        return self.table[persona, np.take_along_axis(sim.product_category, arms, -1)]

    def contexts(self, user_id: Any, sim: ZooplusSimulator | None = None) -> np.ndarray:
        """Return the contexts of one user and every product, ``(..., K, d)``."""
        sim = self.shop(sim)
        return self.table[np.asarray(sim.persona(user_id))[..., None], sim.product_category]

    def candidates(self, user_id: Any, sim: ZooplusSimulator | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return what can be told apart on the shelf: the distinct contexts of a user, and one product for each.

        The contexts, ``(..., C, d)``, are one for each category in the order of their first products, whose numbers,
        the lowest of each, are ``(..., C)``. The best row's is what ``argmax`` over all K contexts, with ties to the
        lowest number, would have found.
        """
        cells, arms = self.choice_cells(user_id, sim)
        return self.cells[cells], arms

    def choice_cells(self, user_id: Any, sim: ZooplusSimulator | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the same as :meth:`candidates`, with the number of each context among ``cells``, ``(..., C)``."""
        sim = self.shop(sim)
        return sim.choice_cells[(*sim.worlds, sim.persona(user_id))], sim.first_product
