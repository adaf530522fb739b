"""The map that is learned: a network's embedding, trained to predict clicks (chapter 8).

With it :class:`~zoolib.agents.mapped.MappedAgent` is a Neural-Linear agent in the sense of Riquelme, Tucker and Snoek,
ICLR 2018.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.maps.fixed import Raw, Rngs
from zoolib.networks import ClickNetwork, DecoupledAdam, sigmoid


@dataclass
class Learned(Raw):
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
    lasso
        Weight of a penalty on the absolute weights of the first layer, which frees it of columns that say nothing.
    normalize
        Whether there is a layer norm before each ReLU.
    """

    hidden: tuple[int, ...] = (32, 32)
    lr: float = 0.003
    decay: float = 1e-4
    every: int = 200
    batches: int = 40
    batch_size: int = 128
    epochs: float = 20
    lasso: float = 0.001
    normalize: bool = True

    state = ("network", "_rngs", "n_trainings")

    def _bind(self, rngs: Rngs) -> None:
        for name in ("every", "batches", "batch_size"):
            checks.whole(name, getattr(self, name), 1)
        for name in ("epochs", "lasso"):
            checks.real(name, getattr(self, name), 0.0)
        self.hidden = tuple(self.hidden)
        first, self._rngs = zip(*(rng.spawn(2) for rng in rngs), strict=True)
        self._rngs = list(self._rngs)
        self.network = ClickNetwork((self._n_seen, *self.hidden, 1), first, self.batch_shape, self.normalize)
        self.width = self.hidden[-1] + 2
        self.n_trainings = 0
        self._share()

    def _share(self) -> None:
        """Give each world its own network and optimizer, on parts of the weights of all."""
        worlds = range(*self.batch_shape) if self.batch_shape else []
        self.networks = [self.network.of_world(i) for i in worlds] or [self.network]
        self.optimizers = [DecoupledAdam(one.flat, self.lr, self.decay) for one in self.networks]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "optimizers" in state:  # in a copy they are of weights of their own
            before = self.optimizers
            self._share()
            for mine, one in zip(self.optimizers, before, strict=True):
                mine.set_state(one.get_state())

    def get_state(self) -> dict[str, Any]:
        """Return weights, optimizers and generators."""
        return super().get_state() | {"optimizers": {str(i): o.get_state() for i, o in enumerate(self.optimizers)}}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
        super().set_state(state)
        for i, optimizer in enumerate(self.optimizers):
            optimizer.set_state(state["optimizers"][str(i)])

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        return self._embed(self.network, X)

    def in_world(self, i: int, X: np.ndarray) -> np.ndarray:
        """Return the same for rows ``(n, d)`` of world ``i`` alone."""
        return self._embed(self.networks[i], X)

    def _embed(self, network: ClickNetwork, X: np.ndarray) -> np.ndarray:
        *_, phi, log_odds = network.forward(self._seen(X))
        Z = np.empty((*phi.shape[:-1], self.width))
        Z[..., :-2], Z[..., -2], Z[..., -1] = phi, 1.0, sigmoid(log_odds[..., 0])
        return Z

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Train each world's network on its records; world by world, whose arrays are small enough to stay in cache."""
        n = X.shape[-2]
        at_first = self.n_trainings == 0
        n_batches = round(self.epochs * n / self.batch_size) if at_first else self.batches
        self.n_trainings += 1
        X, r = self._seen(X).reshape(-1, n, self._n_seen), r.reshape(-1, n)
        for i, (network, optimizer, rng) in enumerate(zip(self.networks, self.optimizers, self._rngs, strict=True)):
            for picks in rng.integers(0, n, (n_batches, self.batch_size)):
                optimizer.step(network.click_gradient(X[i, picks], r[i, picks], self.lasso))
