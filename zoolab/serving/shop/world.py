"""The world behind the page: a small grown shop, its shocks, who comes and what its products are called (chapter 6)."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from zoolab.serving import GrownShop, Retriever, train_phi
from zoolib import checks
from zoolib.networks import MLP
from zoolib.randomness import spawn
from zoolib.world import CATEGORIES, PERSONAS, SHOCK_DOG_TOY, SHOCK_FISH, ZooplusSimulator

SHOCKS = {shock.name: shock for shock in (SHOCK_FISH, SHOCK_DOG_TOY)}
N_LOG = 20_000  # random recommendations from which phi learns, all before any shock
N_BRANDS = 150

NOUNS = {
    "Fish Supplies": ("flakes", "gravel", "air pump", "moss ball", "stone arch", "water test"),
    "Cat Food": ("pâté", "salmon bites", "dry mix", "chicken broth", "kitten milk", "tuna dinner"),
    "Dog Food": ("beef chunks", "puppy mix", "lamb stew", "dry croquettes", "rice dinner", "chew sticks"),
    "Dog Toy": ("rope", "rubber ball", "squeaky hen", "flying disc", "tug ring", "puzzle box"),
    "Cat Toy": ("feather rod", "felt mouse", "bell ball", "rustle tunnel", "catnip pillow", "laser dot"),
}
FIRST = ("Bral", "Dorn", "Fenn", "Garl", "Hend", "Jolm", "Kerv", "Lusk", "Morv", "Nint", "Osk", "Pell", "Quern")
SECOND = ("ow", "ick", "ery", "una", "ett", "omo", "by", "isk", "ara", "ling", "oz", "und")
WORDS = (("cheap", "dear"), ("small", "large"), ("plain", "natural"))  # of a property far below or far above 0
FAR = 0.5


def words(properties: np.ndarray) -> list[str]:
    """Return what three properties are called: nothing for one in the middle."""
    return [pair[int(value > 0)] for pair, value in zip(WORDS, properties, strict=True) if abs(value) > FAR]


class World:
    """All that follows from a seed.

    Candidates are retrieved by taste alone: a visitor who would like the properties t is far from a product with the
    properties p by ``|p - t|^2 = |t|^2 - 2 (p't - |p|^2 / 2)``, an inner product of ``[p, -|p|^2 / 2]`` and ``[t, 1]``.
    Towers trained on a log from before a shock would not fetch what nobody wanted then, however well the last stage
    learned to want it.

    Parameters
    ----------
    seed
        Of the catalog, the log, phi and the visitors.
    n_products
        K.
    """

    def __init__(self, seed: int = 42, n_products: int = 3_000) -> None:
        self.seed = checks.whole("seed", seed, 0, 2**53 - 1)
        self.shop = GrownShop(checks.whole("n_products", n_products, 50), N_BRANDS, rng=spawn(seed, "grown shop"))
        properties = self.shop.products[:, len(CATEGORIES) :]
        self.retriever = Retriever(np.column_stack([properties, -(properties**2).sum(1) / 2]), "exact")

    @staticmethod
    def query(x: np.ndarray) -> np.ndarray:
        """Return the vector with which to search for a visitor, ``(7,) -> (4,)``."""
        return np.append(x[len(PERSONAS) :], 1.0)

    def phi(self, number: int = 0) -> MLP:
        """Return a network that is trained on the random log, each number from another start; a second or so."""
        x, ids, clicks = self.shop.log(N_LOG, spawn(self.seed, "log"))
        return train_phi(
            np.hstack([x, self.shop.products[ids]]), clicks, spawn(self.seed, f"phi {number}" if number else "phi")
        )

    @cached_property
    def best_sellers(self) -> np.ndarray:
        """The products by their clicks in the random log, the most first; of equals the lower number."""
        _, ids, clicks = self.shop.log(N_LOG, spawn(self.seed, "log"))
        return np.argsort(-np.bincount(ids, weights=clicks, minlength=self.shop.n_products), kind="stable")

    def visitor(self, number: int, persona: str | None = None) -> np.ndarray:
        """Return the features of visitor ``number``, ``(7,)``, who is of a given persona if one is named."""
        x = self.shop.visitors(1, spawn(self.seed, f"visitor {number}"))[0]
        if persona is not None:
            x[: len(PERSONAS)] = np.array(PERSONAS) == persona
        return x

    def clicks(self, x: np.ndarray, ids: np.ndarray, shocks: Sequence[str], luck: str) -> np.ndarray:
        """Return the clicks of ``x`` on each of ``ids``, drawn from the stream that ``luck`` names."""
        return spawn(self.seed, luck).random(len(ids)) < self.chances(x, shocks)[ids]

    def chances(self, x: np.ndarray, shocks: Sequence[str]) -> np.ndarray:
        """Return the click probability of every product for ``x`` while ``shocks`` are in force, ``(K,)``."""
        return self.shop.click_probability(x, table=click_table(tuple(shocks)))

    def told(self, arm: int) -> dict[str, Any]:
        """Return what a page says of a product."""
        category, brand = CATEGORIES[self.shop.category[arm]], int(self.shop.brand[arm])
        return {
            "id": arm,
            "name": f"{FIRST[brand // len(SECOND)]}{SECOND[brand % len(SECOND)]} {NOUNS[category][arm % 6]}",
            "category": category,
            "words": words(self.shop.products[arm, len(CATEGORIES) :]),
        }


@lru_cache(maxsize=16)
def click_table(shocks: tuple[str, ...]) -> np.ndarray:
    """Return the click table, ``(4, 5)``, while the shocks of these names are in force."""
    sim = ZooplusSimulator(n_products=len(CATEGORIES), n_users=1)
    for name in shocks:
        sim.apply_shock(SHOCKS[name])
    return sim.click_table


def persona_of(x: np.ndarray) -> str:
    """Return the name of a visitor's persona."""
    return PERSONAS[int(np.argmax(x[: len(PERSONAS)]))]
