"""Shops that hand out features instead of labels: nobody says who comes, or what a product is for (chapter 8).

In :mod:`zoolib.world.simulator` an agent is told persona and category; here both are hidden. A persona is a few
clusters of shoppers in a space of features, a *niche* (the true category) a few clusters of products; what a product is
called says nothing. Clicks still come from the table of personas and categories. In a second kind of shop there are no
segments: a product is clicked if it meets conditions, and a dial leads from their sum to all of them at once. In a
third, what is seen are pictures.

Whatever can be drawn before an agent has chosen is drawn when the shop is made, world by world from its seed alone: so
all agents face the same visits, shelves and luck, and world i of a batch is the single shop with its seed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.world.simulator import CATEGORIES, PERSONAS, TABLE

CLUSTER_SD, APART, HALF_WIDTH = 0.25, 1.0, 1.5
KINDS = ("at most", "at least", "about as much", "alike")  # what a condition compares


@dataclass(frozen=True)
class Layout:
    """What the columns of a context say: the product's number, then the user, its nominal category, the product.

    Attributes
    ----------
    n_user, n_nominal, n_product
        Numbers of columns of the last three.

    >>> Layout(n_user=7, n_nominal=5, n_product=7).product
    slice(13, 20, None)
    """

    n_user: int
    n_nominal: int
    n_product: int

    @property
    def d(self) -> int:
        """Length of a context."""
        return 1 + self.n_user + self.n_nominal + self.n_product

    @staticmethod
    def _number(X: np.ndarray, n: int) -> np.ndarray:
        """Return the product's number in each row of ``X``, ``(..., d) -> (...)``: a whole one below ``n``."""
        said, number = X[..., 0], X[..., 0].astype(int)
        if np.count_nonzero(wrong := (number != said) | (number.view(np.uint64) >= n)):  # negative ones look huge
            raise ValueError(f"the product's number must be whole and below {n}, got {said[wrong].tolist()[:5]}")
        return number

    @property
    def user(self) -> slice:
        """The columns about the user."""
        return slice(1, 1 + self.n_user)

    @property
    def nominal(self) -> slice:
        """The columns of the nominal category, one-hot."""
        return slice(1 + self.n_user, 1 + self.n_user + self.n_nominal)

    @property
    def product(self) -> slice:
        """The columns about the product."""
        return slice(1 + self.n_user + self.n_nominal, self.d)


def prototypes(rng: np.random.Generator, n: int, dim: int) -> np.ndarray:
    """Draw ``n`` points of ``[-1.5, 1.5]^dim``, each two of them at least 1 apart, ``(n, dim)``.

    One after the other, uniformly where there is room; all anew where there is none left. For more than ten points the
    square grows with their number.
    """
    half = HALF_WIDTH * max(1.0, (n / 10) ** (1.3 / dim))
    while True:
        darts = rng.uniform(-half, half, (100 * n, dim))
        points = darts[:0]
        while len(darts) and len(points) < n:  # the next dart that fell where there is room
            points = np.vstack([points, darts[:1]])
            darts = darts[1:][(np.linalg.norm(darts[1:] - darts[0], axis=-1) >= APART)]
        if len(points) == n:
            return points


@dataclass(frozen=True)
class Segments:
    """Hidden segments: persona and niche decide, and show only as clusters.

    Parameters
    ----------
    clusters
        Clusters of each persona and of each niche, m.
    nuisances
        Columns of noise, standard normal, beside those that matter, on each side.
    rotated
        Whether each side's columns are turned by a random rotation, so that no single one says anything by itself.

    >>> Segments(clusters=3, nuisances=5).layout
    Layout(n_user=7, n_nominal=5, n_product=7)
    """

    clusters: int = 2
    nuisances: int = 5
    rotated: bool = False

    informative = 2

    def __post_init__(self) -> None:
        checks.wholes(1, clusters=self.clusters)
        checks.wholes(0, nuisances=self.nuisances)

    @property
    def layout(self) -> Layout:
        """What an agent sees."""
        seen = self.informative + self.nuisances
        return Layout(seen, len(CATEGORIES), seen)

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw what is fixed in a world: where the clusters lie."""
        users, products = (
            prototypes(rng, n * self.clusters, self.informative).reshape(n, self.clusters, -1)
            for n in (len(PERSONAS), len(CATEGORIES))
        )
        world = {"users": users, "products": products}
        return world | (_turns(rng, self.layout.n_user) if self.rotated else {})

    def users(self, rng: np.random.Generator, world: dict[str, Any], n: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw ``n`` visitors: their personas, and what is seen of them, ``(n, n_user)``."""
        persona = rng.integers(0, len(PERSONAS), n)
        return persona, self._seen(rng, world, "users", persona)

    def products(self, rng: np.random.Generator, world: dict[str, Any], n: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw ``n`` products: their niches, as equal in number as can be, and what is seen, nominal category first."""
        niche = rng.permutation(np.arange(n) % len(CATEGORIES))
        nominal = np.eye(len(CATEGORIES))[rng.integers(0, len(CATEGORIES), n)]
        return niche, np.hstack([nominal, self._seen(rng, world, "products", niche)])

    def _seen(self, rng: np.random.Generator, world: dict[str, Any], side: str, label: np.ndarray) -> np.ndarray:
        centre = world[side][label, rng.integers(0, self.clusters, len(label))]
        X = centre + CLUSTER_SD * rng.standard_normal(centre.shape)
        X = np.hstack([X, rng.standard_normal((len(label), self.nuisances))])
        return X @ world["turn " + side] if self.rotated else X

    def probability(self, world: dict[str, Any], persona: Any, niche: Any) -> np.ndarray:
        """Return the click probability: an entry of the table."""
        return TABLE[persona, niche]


@dataclass(frozen=True)
class Conditions:
    """Four conditions, each a comparison of something that a visitor wants with something that a product is.

    A world draws them: which of its own four the product is held against, what is compared (``KINDS``: the product
    has at most what the visitor has, at least, about as much, or a like sign), and a bound that between 45 and 75 of a
    hundred pairs reach. Each has a degree in [0, 1] that is a quadratic function of the two, and is met if the degree
    reaches the bound. Clicked is with probability .02 + .58 times

        (1 - dial) * (the mean of the degrees) + dial * (1 if all conditions are met, else 0).

    Parameters
    ----------
    dial
        0: a sum, for which products of two features suffice; 1: an AND.
    nuisances, rotated
        As in :class:`Segments`.
    normal
        Whether what is seen of wants and products is standard normal like the noise, a monotone function of it; then
        nothing but clicks says which columns matter, or which directions if they are rotated.

    >>> world = Conditions().draw(np.random.default_rng(0))
    >>> Conditions().degrees(world, wants=np.zeros(4), are=np.zeros(4)).tolist()
    [0.5, 1.0, 1.0, 0.5]
    """

    dial: float = 1.0
    nuisances: int = 5
    rotated: bool = False
    normal: bool = False

    informative = 4
    layout = Segments.layout  # what a visitor wants, and what a product is

    def __post_init__(self) -> None:
        checks.real("dial", self.dial, 0.0, 1.0)
        checks.wholes(0, nuisances=self.nuisances)

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw the conditions of a world: ``kind``, ``pair`` and ``bound`` of each."""
        world = {"kind": rng.integers(0, len(KINDS), 4), "pair": rng.permutation(4)}
        wants, are = rng.uniform(-1, 1, (2, 4000, 4))
        met = rng.uniform(0.45, 0.75, 4)
        degrees = self.degrees(world, wants, are).T
        world["bound"] = np.array([np.quantile(one, 1 - q) for one, q in zip(degrees, met, strict=True)])
        return world | (_turns(rng, self.layout.n_user) if self.rotated else {})

    def users(self, rng: np.random.Generator, world: dict[str, Any], n: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw ``n`` visitors: what they want, in [-1, 1], and what is seen, which is that and noise."""
        return self._drawn(rng, world, n, "users")

    def products(self, rng: np.random.Generator, world: dict[str, Any], n: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw ``n`` products: what they are, in [-1, 1], and what is seen, nominal category first."""
        nominal = np.eye(len(CATEGORIES))[rng.integers(0, len(CATEGORIES), n)]
        are, seen = self._drawn(rng, world, n, "products")
        return are, np.hstack([nominal, seen])

    def _drawn(
        self, rng: np.random.Generator, world: dict[str, Any], n: int, side: str
    ) -> tuple[np.ndarray, np.ndarray]:
        from scipy.special import ndtri

        values = rng.uniform(-1, 1, (n, 4))
        scores = ndtri((values + 1) / 2) if self.normal else 1.7 * values
        seen = np.hstack([scores, rng.standard_normal((n, self.nuisances))])
        return values, seen @ world["turn " + side] if self.rotated else seen

    def degrees(self, world: dict[str, Any], wants: np.ndarray, are: np.ndarray) -> np.ndarray:
        """Return how far each condition is met, ``(..., 4)``."""
        u, p = np.broadcast_arrays(wants, are[..., world["pair"]])
        every = np.stack([(2 + u - p) / 4, (2 + p - u) / 4, 1 - (u - p) ** 2 / 4, (1 + u * p) / 2])
        return np.take_along_axis(every, np.broadcast_to(world["kind"], u.shape)[None], axis=0)[0]

    def probability(self, world: dict[str, Any], wants: Any, are: Any) -> np.ndarray:
        """Return the click probability."""
        degree = self.degrees(world, wants, are)
        met = (degree >= world["bound"]).all(-1)
        return 0.02 + 0.58 * ((1 - self.dial) * degree.mean(-1) + self.dial * met)


def _turns(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """Draw a rotation for what is seen of each side."""
    from scipy.stats import ortho_group

    return dict(zip(("turn users", "turn products"), ortho_group.rvs(n, size=2, random_state=rng), strict=True))
