"""A shop that shows pictures: handwritten digits, of which nobody says that they are any (chapter 8)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolab.columns.tastes import Layout, Segments
from zoolib.world.simulator import CATEGORIES, PERSONAS


@dataclass(frozen=True)
class Pictures:
    """Hidden segments that are seen as pictures: 8 x 8 pixels of a handwritten digit for each visitor and product.

    A world draws which digits stand for which persona, two or three for each, and which for which niche, two for each.
    Nobody tells an agent that they are digits. The 1,797 pictures are those that come with scikit-learn (Alpaydin and
    Kaynak, UCI).

    >>> Pictures().layout
    Layout(n_user=64, n_nominal=5, n_product=64)
    """

    layout = Layout(64, len(CATEGORIES), 64)  # what an agent sees: pixels, from 0 to 1
    users, probability = Segments.users, Segments.probability

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw what each digit stands for."""
        kinds = {"users": len(PERSONAS), "products": len(CATEGORIES)}
        return {who: rng.permutation(np.arange(10) % n) for who, n in kinds.items()}

    def products(self, rng: np.random.Generator, world: dict[str, Any], n: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw ``n`` products: their niches, as equal in number as can be, and what is seen, nominal category first."""
        nominal = np.eye(len(CATEGORIES))[rng.integers(0, len(CATEGORIES), n)]
        niche = rng.permutation(np.arange(n) % len(CATEGORIES))
        return niche, np.hstack([nominal, self._seen(rng, world, "products", niche)])

    def _seen(self, rng: np.random.Generator, world: dict[str, Any], side: str, label: np.ndarray) -> np.ndarray:
        """Return for each label a picture of a digit that stands for it."""
        from sklearn.datasets import load_digits

        pixels, digit = load_digits(return_X_y=True)
        place = np.empty(len(label), dtype=int)
        for one in range(world[side].max() + 1):
            which = np.flatnonzero(label == one)
            place[which] = rng.choice(np.flatnonzero(world[side][digit] == one), len(which))
        return pixels[place] / 16
