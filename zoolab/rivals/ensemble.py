"""An ensemble: some networks that disagree where they have seen little, of which one decides at a time.

Lu and Van Roy (NIPS 2017) call it ensemble sampling, and it stands for Thompson sampling where there is no posterior to
draw from. Members differ as in bootstrapped DQN (Osband, Blundell, Pritzel and Van Roy, NIPS 2016), by which records
they learn from, and by a random prior function each (Osband, Aslanides and Cassirer, NeurIPS 2018). Where we differ:

1. Lu and Van Roy add noise to rewards and draw a prior for the weights; here are masks and prior functions in the place
   of both, as in the two later papers.
2. These are about games, in which one member decides for an episode; here it decides once.
3. In bootstrapped DQN members share all layers except for their heads. Here, as with prior functions, they share
   nothing but the batch of records on which they are trained, each on those that its mask leaves it.
4. With UCB the bonus is the standard deviation of the members, which is in none of the three papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolab.embedding import EmbeddingAgent
from zoolib import checks
from zoolib.agents.exploration import ByChance, Exploration, Rngs, Width
from zoolib.networks import MLP, Adam, ReplayBuffer
from zoolib.randomness import Seed, UniformStream, streams
from zoolib.world import ContextSpace, FeatureEngineer


@dataclass
class OneMember(ByChance):
    """One member of an :class:`EnsembleAgent`, drawn for each decision, says what all arms are worth.

    With alpha the members' distances from their mean are stretched, or shrunk.

    >>> OneMember().is_random
    False
    """

    def bonus(self, width: Width, Z: np.ndarray, evidence: Any) -> np.ndarray:
        """Return how far what a member says is from the mean, ``(..., M, n) -> (..., n)``: a new one at each call."""
        member = np.asarray(self._uniforms() * Z.shape[-2]).astype(int)
        return np.take_along_axis(Z, member[..., None, None], -2)[..., 0, :] - Z.mean(-2)


class _Masks(UniformStream):
    """``(*batch_shape, M)`` zeros and ones, as likely, at each call."""

    def __init__(self, rngs: Rngs, batch_shape: tuple[int, ...], n_members: int) -> None:
        self.width = (n_members,)
        super().__init__(rngs, batch_shape, block=256)

    def _draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.integers(0, 2, (n, *self.width)).astype(float)


def several(sizes: tuple[int, ...], rngs: Rngs, batch_shape: tuple[int, ...], n: int) -> MLP:
    """Return ``n`` networks for each world, ``(*batch_shape, n)``, each drawn by a generator of its own."""
    return MLP(sizes, [one for g in rngs for one in g.spawn(n)], (*batch_shape, n))


class Rehearsing(EmbeddingAgent):
    """An agent whose network is trained now and then on clicks of the past, each with what else was kept of it."""

    prior = 0.0  # weight of prior functions, if it has such

    def _keep(self, n_drawn: int) -> None:
        checks.wholes(1, hidden_dim=self.hidden_dim, every=self.every, n_batches=self.n_batches, capacity=self.capacity)
        checks.real("lr", self.lr, 0.0, open_low=True)
        checks.real("prior", self.prior, 0.0)
        checks.whole("batch_size", self.batch_size, 1, self.capacity)
        self.buffer = ReplayBuffer(self.capacity, self.features.d + n_drawn, self.batch_shape)

    def _remember(self, x: np.ndarray, drawn: np.ndarray, reward: Any) -> bool:
        """Keep a click, train if it is time, and tell whether it was."""
        self.buffer.add(np.concatenate([x, drawn], axis=-1), reward)
        if self.buffer.n_added % self.every or len(self.buffer) < self.batch_size:
            return False
        for _ in range(self.n_batches):
            records, _, r = self.buffer.sample(self.batch_size, self.rngs)
            self._train(*np.split(records, [self.features.d], axis=-1), r)
        return True

    def _train(self, X: np.ndarray, drawn: np.ndarray, r: np.ndarray) -> None:
        raise NotImplementedError


class EnsembleAgent(Rehearsing):
    """The mean of f_i(x) + beta p_i(x) over members i, and their standard deviation; or what one member alone says.

    f_i is an MLP d -> hidden_dim -> 1, and p_i another one like it, which stays as it was drawn. For each click every
    member tosses a coin on whether it will learn from it. Now and then f_i takes steps of Adam on
    (f_i(x) + beta p_i(x) - r)^2, averaged over a batch from the past, its own clicks alone.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    n_members
        M.
    prior
        beta, at least 0.
    hidden_dim, lr
        Width of the hidden layers, and Adam's step size.
    every, n_batches, batch_size, capacity
        As in :class:`~zoolib.agents.Replay`.
    exploration
        ``OneMember()``, ``UCB()``, ``EpsilonGreedy(epsilon)`` or ``InverseGap(gamma)``.
    rng
        A seed or generator, or one for each world.

    >>> agent = EnsembleAgent(ContextSpace(d=4, n_arms=3), n_members=7, rng=0)
    >>> agent.embed(np.ones((3, 4))).shape
    (7, 3)
    """

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 1.0,
        n_members: int = 10,
        prior: float = 1.0,
        hidden_dim: int = 32,
        lr: float = 0.01,
        every: int = 20,
        n_batches: int = 4,
        batch_size: int = 64,
        capacity: int = 10_000,
        exploration: Exploration = OneMember(),
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        checks.whole("n_members", n_members, 1)
        self.n_members, self.prior, self.hidden_dim, self.lr = n_members, prior, hidden_dim, lr
        self.every, self.n_batches, self.batch_size, self.capacity = every, n_batches, batch_size, capacity
        self._keep(n_members)
        initial, fixed, tossed, drawn, self.rngs = streams(rng, self.batch_shape, 5)
        sizes = (features.d, hidden_dim, 1)
        self.network, self.priors = (several(sizes, rngs, self.batch_shape, n_members) for rngs in (initial, fixed))
        self.optimizer = Adam(self.network.flat, lr)
        self.masks = _Masks(tossed, self.batch_shape, n_members)
        self._explore(exploration, drawn, None)

    def embed(self, X: np.ndarray) -> np.ndarray:
        """Return f_i(x) + beta p_i(x) of each member and row of ``X``, ``(..., n, d) -> (..., M, n)``."""
        X = X[..., None, :, :]
        return (self.network(X) + self.prior * self.priors(X))[..., 0]

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return the members' mean."""
        return Z.mean(-2)

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return the members' standard deviation."""
        return Z.std(-2)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self._remember(x, self.masks(), reward)

    def _train(self, X: np.ndarray, drawn: np.ndarray, r: np.ndarray) -> None:
        X, mask = X[..., None, :, :], np.swapaxes(drawn, -1, -2)
        outputs = self.network.forward(X)
        error = outputs[-1][..., 0] + self.prior * self.priors(X)[..., 0] - r[..., None, :]
        G = 2 * mask * error / np.maximum(mask.sum(-1, keepdims=True), 1)
        self.optimizer.step(self.network.backward(outputs, G[..., None]))
