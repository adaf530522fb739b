"""The shop, grown: two million products with brands and properties, visitors with tastes (chapter 6).

The click table of the shop stays. What is new is that products of a category are no longer all alike. A product has a
brand and a few properties (how dear, how large, how natural), a visitor would like certain properties, and the further
a product is from these, the less likely is a click:

    P(click) = table[persona, category] exp(-|properties - taste|^2 / (2 s^2)).
"""

import numpy as np

from zoolib import checks
from zoolib.randomness import Seed, generators
from zoolib.world.simulator import CATEGORIES, PERSONAS, TABLE

N_PROPERTIES, WIDTH = 3, 1.5


class GrownShop:
    """A shop of any size.

    Parameters
    ----------
    n_products
        K.
    n_brands
        How many brands; each sells in one category. A few are large and many small, as Zipf's law has it.
    rng
        Seed or generator of the catalog.

    Attributes
    ----------
    products
        ``(K, 8)`` float32: one-hot category and the properties. What an agent sees of a product.
    category, brand
        ``(K,)``.

    >>> shop = GrownShop(n_products=1000, n_brands=20, rng=0)
    >>> shop.click_probability(shop.visitors(1, rng=1)[0], np.arange(3)).round(2).tolist()
    [0.06, 0.01, 0.03]
    """

    d_user, d_product = len(PERSONAS) + N_PROPERTIES, len(CATEGORIES) + N_PROPERTIES

    def __init__(self, n_products: int = 2_000_000, n_brands: int = 2_000, *, rng: Seed) -> None:
        self.n_products, n_brands = checks.wholes(1, n_products=n_products, n_brands=n_brands)
        (generator,) = generators(rng, ())
        sells = generator.integers(0, len(CATEGORIES), n_brands)
        stands_for = generator.normal(size=(n_brands, N_PROPERTIES)).astype(np.float32)
        sizes = 1 / np.arange(10, n_brands + 10)
        brand = np.searchsorted(np.cumsum(sizes / sizes.sum()), generator.random(n_products))
        self.brand = np.minimum(brand, n_brands - 1)
        self.category = sells[self.brand]
        self.products = np.zeros((n_products, self.d_product), dtype=np.float32)
        self.products[np.arange(n_products), self.category] = 1
        properties = self.products[:, len(CATEGORIES) :]
        properties[...] = stands_for[self.brand]
        properties += np.float32(0.3) * generator.standard_normal(properties.shape, dtype=np.float32)

    def visitors(self, n: int, rng: Seed) -> np.ndarray:
        """Return the features of ``n`` visitors, ``(n, 7)``: one-hot persona and the properties they would like."""
        (generator,) = generators(rng, ())
        x = np.zeros((checks.whole("n", n, 1), self.d_user))
        x[np.arange(n), generator.integers(0, len(PERSONAS), n)] = 1
        x[:, len(PERSONAS) :] = generator.normal(size=(n, N_PROPERTIES))
        return x

    def click_probability(
        self, x: np.ndarray, ids: np.ndarray | slice = slice(None), table: np.ndarray = TABLE
    ) -> np.ndarray:
        """Return the click probabilities of visitors ``x`` ``(..., 7)`` and products ``ids``.

        One visitor and n products give ``(n,)``, n visitors and as many products ``(n,)`` pair by pair. After a change
        of taste ``table``, ``(4, 5)``, is no longer the one of the book.
        """
        products = self.products[ids].astype(float)
        away = products[..., len(CATEGORIES) :] - x[..., len(PERSONAS) :]
        level = np.vecdot(x[..., : len(PERSONAS)] @ table, products[..., : len(CATEGORIES)])
        return level * np.exp(-(away**2).sum(-1) / (2 * WIDTH**2))

    def log(self, n: int, rng: Seed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what recommending at random would have logged: visitors ``(n, 7)``, products and clicks ``(n,)``."""
        (generator,) = generators(rng, ())
        x, ids = self.visitors(n, generator), generator.integers(0, self.n_products, n)
        return x, ids, (generator.random(n) < self.click_probability(x, ids)).astype(float)
