"""A model for each product, among products that come and go on the shelf (chapter 8)."""

from typing import Any

import numpy as np

from zoolab.columns import Crossed, Identity, Layout
from zoolab.embedding import EmbeddingAgent
from zoolib import checks
from zoolib.evidence import Evidence, refuse_long
from zoolib.world import ContextSpace


class PerProductAgent(EmbeddingAgent):
    """Disjoint LinUCB on what is seen of the user; the product's number says whose model it is.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    layout
        What the columns of a context say.
    n_products
        K, those that will arrive included.
    crossed
        Whether the user's features are crossed with each other.
    ridge
        lambda > 0 of each model's prior.

    >>> layout = Layout(n_user=2, n_nominal=1, n_product=1)
    >>> PerProductAgent(ContextSpace(layout.d, 3), layout=layout, n_products=7).evidence.shape
    (7,)
    """

    def __init__(
        self,
        features: ContextSpace,
        *,
        layout: Layout,
        n_products: int,
        crossed: bool = False,
        alpha: float = 0.1,
        ridge: float = 1.0,
    ) -> None:
        super().__init__(features, alpha=alpha)
        if checks.instance("layout", layout, Layout).d != features.d:
            raise ValueError(f"layout is of contexts of length {layout.d}, but features say {features.d}")
        self.layout, self.n_products = layout, checks.whole("n_products", n_products, 1)
        self.crossed, self.ridge = crossed, ridge
        self._map = (Crossed if crossed else Identity)().start(layout.n_user, self.batch_shape, [])
        self.evidence = Evidence(self._map.width, (*self.batch_shape, self.n_products), ridge)

    def embed(self, X: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return what is seen of the user, z, and for each row the A^-1 z and the b of its product."""
        Z, number = self._map(X[..., self.layout.user]), self._number(X)
        here = (*(worlds[:, None] for worlds in self.worlds), number)
        return Z, np.vecmat(Z, self.evidence.A_inv[here]), self.evidence.b[here]

    def mean(self, Z: tuple[np.ndarray, ...]) -> np.ndarray:
        """Return theta_a'z, where a is the row's product and z its user."""
        _, ZA, b = Z
        return np.vecdot(ZA, b)

    def width(self, Z: tuple[np.ndarray, ...]) -> np.ndarray:
        """Return sqrt(z' A_a^-1 z)."""
        z, ZA, _ = Z
        return np.sqrt(np.vecdot(ZA, z))

    def _number(self, X: np.ndarray) -> np.ndarray:
        return Layout._number(X, self.n_products)

    def warm(self, X: np.ndarray, r: np.ndarray) -> None:
        """Take in a log: contexts ``(..., n, d)`` and finite rewards ``(..., n)``."""
        X = checks.finite("X", X, (*self.batch_shape, None, self.features.d))
        r = checks.finite("r", r, (*self.batch_shape, X.shape[-2]))
        Z, number = self._map(X[..., self.layout.user]), self._number(X)
        refuse_long(Z, self.ridge)
        for i in range(Z.shape[-2]):
            self.evidence.add(Z[..., i, :], r[..., i], number[..., i])

    def checked(self, x: Any, arm: Any, reward: Any) -> tuple[np.ndarray, Any, Any]:
        """Return what ``learn`` takes; a context without a product's number is refused."""
        x, arm, reward = super().checked(x, arm, reward)
        self._number(x)
        return x, arm, reward

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        number = self._plain(self._number(x[..., None, :])[..., 0])
        self.evidence.add(self._map(x[..., self.layout.user]), reward, number)
