"""The map that is learned: a network's embedding, trained to predict clicks (chapter 8).

With it :class:`~zoolab.columns.MappedAgent` is akin to the Neural-Linear agent of Riquelme, Tucker and Snoek, ICLR
2018.
"""

from dataclasses import dataclass

import numpy as np

from zoolab.columns.click_network import AdamW, ClickNetwork, sigmoid
from zoolab.columns.fixed import FeatureMap, Rngs
from zoolib import checks


@dataclass
class Learned(FeatureMap):
    """z = [phi(x), 1, sigmoid(head(x))], where the network head(phi(x)) is trained on clicks now and then.

    Parameters
    ----------
    hidden
        Widths of the hidden layers; the last is that of the embedding phi.
    lr, decay
        Of Adam with decoupled weight decay.
    every
        Visits from one training to the next.
    batches, batch_size
        What a training consists of: batches drawn uniformly from the records.
    epochs
        The first training, on the log, has as many batches as go over it this often; 0: the log trains nothing.
    lasso, normalize
        Weight of a penalty on the absolute weights of the first layer, which frees it of columns that say nothing; and
        whether there is a layer norm before each ReLU.

    >>> map = Learned(hidden=(32, 16)).start(d=9, batch_shape=(), rngs=[np.random.default_rng(0)])
    >>> map(np.zeros((50, 9))).shape
    (50, 18)
    """

    hidden: tuple[int, ...] = (32, 32)
    lr: float = 0.003
    decay: float = 1e-4
    every: int = 200
    batches: int = 40
    batch_size: int = 128
    epochs: float = 20.0
    lasso: float = 0.001
    normalize: bool = True

    state = ("network", "optimizer", "_rngs", "n_trainings")

    def __post_init__(self) -> None:
        checks.real("lr", self.lr, 0.0, open_low=True)
        checks.real("decay", self.decay, 0.0)
        checks.real("epochs", self.epochs, 0.0)
        checks.real("lasso", self.lasso, 0.0)
        checks.wholes(1, every=self.every, batches=self.batches, batch_size=self.batch_size)

    def _bind(self, rngs: Rngs) -> None:
        first, second = zip(*(rng.spawn(2) for rng in rngs), strict=True)
        self._rngs, self.hidden, self.n_trainings = list(second), tuple(self.hidden), 0
        self.network = ClickNetwork((self._n_seen, *self.hidden, 1), first, self.batch_shape, self.normalize)
        self.optimizer = AdamW(self.network.flat, self.lr, self.decay)
        self.width = self.hidden[-1] + 2

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        *_, phi, log_odds = self.network.forward(self._seen(X))
        Z = np.empty((*phi.shape[:-1], self.width))
        Z[..., :-2], Z[..., -2], Z[..., -1] = phi, 1.0, sigmoid(log_odds[..., 0])
        return Z

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Train each world's network on its records; world by world, whose arrays are small enough to stay in cache."""
        n = X.shape[-2]
        n_batches = self.batches if self.n_trainings else round(self.epochs * n / self.batch_size)
        self.n_trainings += 1
        X, r = self._seen(X).reshape(-1, n, self._n_seen), r.reshape(-1, n)
        for i, rng in enumerate(self._rngs):
            network, optimizer = self.network.of_world(i), self.optimizer.of_world(i)
            for picks in rng.integers(0, n, (n_batches, self.batch_size)):
                optimizer.step(network.click_gradient(X[i, picks], r[i, picks], self.lasso))
        self.optimizer.t = optimizer.t
