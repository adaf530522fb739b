"""An epinet: beside a network a small one, which takes an index z besides and so says how unsure the network is.

Osband, Wen, Asghari, Dwaracherla, Ibrahimi, Lu and Van Roy (NeurIPS 2023) add it to any network, with a prior function
that stays as it was drawn. Zhu and Van Roy (CIKM 2023) recommend by it, with a z ~ N(0, I) for each decision: Thompson
sampling. Where we differ:

1. Theirs is g(features, z)'z. Here the network g does not see z, which their code allows. So payoffs are linear in z,
   with the base network as their mean and a norm as their standard deviation.
2. They average the loss over indices that are drawn. Here it is quadratic in z, and averaged over all of them: a loss
   for the base network, which learns as if it were alone, and one for the epinet.
3. g has one hidden layer, and so has the prior function, as in their code a network of x for each entry of z. No
   weights decay.
4. Rewards get noise c'z, with c on the unit sphere, drawn once for each click. Their code has it for regression, with
   another c, and leaves labels as they are; but then a click is certain as soon as it is learned.
5. Zhu and Van Roy's base network multiplies what it makes of a user and of an item. Here it is an MLP on contexts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolab.rivals.ensemble import Rehearsing, several
from zoolib import checks
from zoolib.agents.exploration import Exploration, NormalStream, Rngs, Width
from zoolib.networks import MLP, Adam
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer


@dataclass
class OneIndex(Exploration):
    """One index z, drawn for each decision, says what all arms are worth to an :class:`EpinetAgent`.

    >>> OneIndex().is_random
    True
    """

    is_random = True

    def _draw_from(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._rngs = self._needed(rngs)

    def bonus(self, width: Width, Z: np.ndarray, evidence: Any) -> np.ndarray:
        """Return s'z for each row, whose standard deviation is the width, with a new z at each call."""
        z = np.stack([rng.standard_normal(Z.shape[-1] - 1) for rng in self._rngs])
        return np.matvec(Z[..., 1:], z.reshape(*Z.shape[:-2], -1))


class EpinetAgent(Rehearsing):
    """m(x) + alpha s(x)'z with z ~ N(0, I), where s(x) = g(h, x) + beta p(x) and h is the hidden layer of m.

    m is an MLP d -> hidden_dim -> 1, g an MLP hidden_dim + d -> epi_dim -> index_dim, and each entry of p an MLP
    d -> epi_dim -> 1 which stays as it was drawn. Now and then m and g take steps of Adam, averaged over a batch from
    the past, on the mean over z of (m(x) + s(x)'z - r - sigma c'z)^2, which is (m(x) - r)^2 + |s(x) - sigma c|^2. Only
    the first of the two moves h.

    Parameters
    ----------
    features, alpha, hidden_dim, lr, every, n_batches, batch_size, capacity, rng
        As in :class:`~zoolab.rivals.EnsembleAgent`.
    index_dim, epi_dim
        Length of z; and width of the hidden layers of g and p.
    prior, noise
        beta and sigma, at least 0: how unsure the agent is at first, and the standard deviation of the noise.
    exploration
        ``OneIndex()``, ``UCB()``, ``ArmThompson()``, ``EpsilonGreedy(epsilon)`` or ``InverseGap(gamma)``.

    >>> agent = EpinetAgent(ContextSpace(d=4, n_arms=3), index_dim=7, rng=0)
    >>> agent.embed(np.ones((3, 4))).shape
    (3, 8)
    """

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 1.0,
        index_dim: int = 8,
        prior: float = 1.0,
        noise: float = 0.3,
        hidden_dim: int = 32,
        epi_dim: int = 16,
        lr: float = 0.01,
        every: int = 20,
        n_batches: int = 4,
        batch_size: int = 64,
        capacity: int = 10_000,
        exploration: Exploration = OneIndex(),
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        checks.wholes(1, index_dim=index_dim, epi_dim=epi_dim)
        checks.real("noise", noise, 0.0)
        self.index_dim, self.epi_dim, self.hidden_dim = index_dim, epi_dim, hidden_dim
        self.prior, self.noise, self.lr = prior, noise, lr
        self.every, self.n_batches, self.batch_size, self.capacity = every, n_batches, batch_size, capacity
        self._keep(index_dim)
        initial, beside, fixed, noises, drawn, self.rngs = streams(rng, self.batch_shape, 6)
        self.network = MLP((features.d, hidden_dim, 1), initial, self.batch_shape)
        self.epinet = MLP((hidden_dim + features.d, epi_dim, index_dim), beside, self.batch_shape)
        self.priors = several((features.d, epi_dim, 1), fixed, self.batch_shape, index_dim)
        self.optimizer, self.epi_optimizer = Adam(self.network.flat, lr), Adam(self.epinet.flat, lr)
        self.noises = NormalStream(noises, self.batch_shape, index_dim)
        self._explore(exploration, drawn, None)

    def embed(self, X: np.ndarray) -> np.ndarray:
        """Return m(x) and s(x) of each row of ``X``, ``(..., n, d) -> (..., n, 1 + index_dim)``."""
        _, H, m = self.network.forward(X)
        return np.concatenate([m, self._beside(H, X)[-1] + self._prior(X)], axis=-1)

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return m(x)."""
        return Z[..., 0]

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return |s(x)|."""
        return np.linalg.norm(Z[..., 1:], axis=-1)

    def _beside(self, H: np.ndarray, X: np.ndarray) -> list[np.ndarray]:
        return self.epinet.forward(np.concatenate([H, np.broadcast_to(X, (*H.shape[:-1], X.shape[-1]))], axis=-1))

    def _prior(self, X: np.ndarray) -> np.ndarray:
        return self.prior * np.swapaxes(self.priors(X[..., None, :, :])[..., 0], -1, -2)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        c = self.noises()
        self._remember(x, c / np.linalg.norm(c, axis=-1, keepdims=True), reward)

    def _train(self, X: np.ndarray, drawn: np.ndarray, r: np.ndarray) -> None:
        outputs = self.network.forward(X)
        inner = self._beside(outputs[1], X)
        missed, off = outputs[-1] - r[..., None], inner[-1] + self._prior(X) - self.noise * drawn
        self.optimizer.step(self.network.backward(outputs, missed * (2 / r.shape[-1])))
        self.epi_optimizer.step(self.epinet.backward(inner, off * (2 / r.shape[-1])))
