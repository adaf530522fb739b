"""Models of the grown shop: two towers that retrieve, and the embedding that ranks (chapter 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from zoolib import checks
from zoolib.networks import MLP, Adam
from zoolib.randomness import Seed, generators

D_EMB, HIDDEN, BATCH, LR = 32, 64, 500, 0.003  # lengths of embeddings and hidden layers; steps of Adam


@dataclass
class TwoTowers:
    """Two networks, one for visitors and one for products, whose inner product is the log odds of a click.

    Covington, Adams and Sargin, RecSys 2016; Yi et al., RecSys 2019. Theirs learn which product was chosen among very
    many, and correct for the sampling of the others; ours learns clicks of a random log: there is nothing to correct.
    """

    visitor: MLP
    product: MLP

    def query(self, x: np.ndarray) -> np.ndarray:
        """Return the embeddings of visitors, ``(..., d_user) -> (..., 32)``."""
        x = checks.finite("x", x, (*(None,) * max(np.ndim(checks.array("x", x)) - 1, 0), self.visitor.sizes[0]))
        return self.visitor(x[None] if x.ndim == 1 else x)[0 if x.ndim == 1 else slice(None)]

    def embed(self, products: np.ndarray, batch: int = 20_000) -> np.ndarray:
        """Return the embeddings of products, ``(K, d_product) -> (K, 32)``, in float32."""
        products = checks.finite("products", products, (None, self.product.sizes[0]))
        embeddings = np.empty((len(products), self.product.sizes[-1]), dtype=np.float32)
        for start in range(0, len(products), checks.whole("batch", batch, 1)):
            embeddings[start : start + batch] = self.product(products[start : start + batch].astype(float))
        return embeddings

    @classmethod
    def train(cls, x: np.ndarray, products: np.ndarray, clicks: np.ndarray, rng: Seed, epochs: int = 10) -> TwoTowers:
        """Train both towers on a log, by Adam on the binary cross-entropy.

        Parameters
        ----------
        x, products, clicks
            ``(n, d_user)``, ``(n, d_product)``, ``(n,)``.
        rng, epochs
            Seed or generator of the weights and the order of the batches; how often the log is gone through.
        """
        x, products = checks.finite("x", x, (None, None)), checks.finite("products", products, (len(x), None))
        clicks = checks.finite("clicks", clicks, (len(x),))
        (generator,) = generators(rng, ())
        towers = cls(*(MLP((a.shape[1], HIDDEN, D_EMB), generator.spawn(1)) for a in (x, products)))
        sides = [(tower, a, Adam(tower.flat, LR)) for tower, a in ((towers.visitor, x), (towers.product, products))]
        for rows in _batches(len(x), epochs, generator):
            outputs = [tower.forward(a[rows].astype(float)) for tower, a, _ in sides]
            u, v = (out[-1] for out in outputs)
            error = 1 / (1 + np.exp(-np.vecdot(u, v))) - clicks[rows]
            for (tower, _, adam), out, other in zip(sides, outputs, (v, u), strict=True):
                adam.step(tower.backward(out, error[:, None] * other / len(rows)))
        return towers


def train_phi(X: np.ndarray, clicks: np.ndarray, rng: Seed, epochs: int = 10) -> MLP:
    """Return a network d -> 64 -> 32 -> 1, whose first two layers are phi, trained by Adam on the squared error.

    Contexts ``X`` are ``(n, d)``; the other parameters are those of :meth:`TwoTowers.train`.
    """
    X, clicks = checks.finite("X", X, (None, None)), checks.finite("clicks", clicks, (len(X),))
    (generator,) = generators(rng, ())
    network = MLP((X.shape[1], HIDDEN, D_EMB, 1), generator.spawn(1), linear=(2,))
    adam = Adam(network.flat, LR)
    for rows in _batches(len(X), epochs, generator):
        adam.step(network.loss_gradient(X[rows], np.ones(len(rows)), clicks[rows]))
    return network


def _batches(n: int, epochs: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    for _ in range(checks.whole("epochs", epochs, 1)):
        order = generator.permutation(n)
        yield from (order[start : start + BATCH] for start in range(0, n, BATCH))
