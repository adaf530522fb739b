"""Neural-Linear as Riquelme, Tucker and Snoek (2018) define it: one embedding for all, a linear model for each arm.

The agent of chapters 4 and 5 has one model, and what tells arms apart is their contexts. Where all arms have the same
context, as in classification (chapter 10), each needs a model of its own, and the network an output for each.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolab.rivals.ensemble import Rehearsing
from zoolib import checks
from zoolib.agents.exploration import UCB, Exploration
from zoolib.evidence import Evidence
from zoolib.networks import MLP, Adam
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace


class ArmHeadsAgent(Rehearsing):
    """theta_a'z + alpha sqrt(z' A_a^-1 z) with z = phi(x); A_a += z z', b_a += r z for the arm a that was chosen.

    phi is trained with a head for each arm, on the errors of the heads that were chosen. After each training all A_a
    and b_a are computed anew from the records: the evidence is always fresh.

    Parameters
    ----------
    features
        A :class:`~zoolib.world.ContextSpace`; in the shop, where products come and go, there is no such agent.
    alpha, ridge
        Weight of the uncertainty, at least 0, and lambda > 0 of the prior A_a = lambda I.
    d_emb, hidden_dim
        phi is an MLP d -> hidden_dim -> d_emb, with ReLUs on both.
    lr
        Adam's step size.
    every, n_batches, batch_size
        After each ``every`` clicks, ``n_batches`` steps on as many clicks each, drawn from the records.
    capacity
        Number of last clicks that are kept.
    exploration
        ``UCB()``, ``ArmThompson()`` or ``EpsilonGreedy(epsilon)`` (:mod:`zoolib.agents.exploration`).
    rng
        A seed or generator, or one for each problem in lockstep.

    >>> ArmHeadsAgent(ContextSpace(d=2, n_arms=3), d_emb=4, rng=0).evidence.A.shape
    (3, 4, 4)
    """

    def __init__(
        self,
        features: ContextSpace,
        *,
        alpha: float = 0.1,
        d_emb: int = 16,
        hidden_dim: int = 32,
        lr: float = 0.01,
        every: int = 20,
        n_batches: int = 4,
        batch_size: int = 32,
        capacity: int = 10_000,
        ridge: float = 1.0,
        exploration: Exploration = UCB(),
        rng: Seed | Sequence[Seed],
    ) -> None:
        if not isinstance(features, ContextSpace):
            raise TypeError(f"features must be a ContextSpace, got {type(features).__name__}: every arm has its head")
        super().__init__(features, alpha=alpha)
        self.d_emb, self.hidden_dim, self.lr, self.ridge = d_emb, hidden_dim, lr, ridge
        self.every, self.n_batches, self.batch_size, self.capacity = every, n_batches, batch_size, capacity
        checks.whole("d_emb", d_emb, 1)
        self._keep(1)  # a context and the number of its arm
        self.evidence = Evidence(d_emb, (*self.batch_shape, features.n_arms), ridge)
        initial, self.rngs, drawn, _ = streams(rng, self.batch_shape, 4)
        self.network = MLP((features.d, hidden_dim, d_emb, features.n_arms), initial, self.batch_shape)
        self.optimizer = Adam(self.network.flat, lr)
        self._explore(exploration, drawn, None)

    def _contexts(self, X: Any) -> np.ndarray:
        return checks.finite("X", X, (*self.batch_shape, self.n_arms, self.features.d))

    def phi(self, X: np.ndarray) -> np.ndarray:
        """Return the embedding of each row of ``X``, ``(..., n, d) -> (..., n, d_emb)``."""
        return self.network.forward(X, depth=2)[2]

    def embed(self, X: np.ndarray) -> np.ndarray:
        """Return ``(..., K, 1, d_emb)``, row a of ``X`` for the model of arm a."""
        Z = self.phi(X[..., :1, :] if X.strides[-2] == 0 else X)  # one row for all arms is embedded once
        return np.broadcast_to(Z, (*X.shape[:-1], self.d_emb))[..., None, :]

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return theta_a'z_a."""
        return self.evidence.mean(Z)[..., 0]

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return sqrt(z_a' A_a^-1 z_a)."""
        return self.evidence.width(Z)[..., 0]

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.evidence.add(self.phi(x[..., None, :])[..., 0, :], reward, arm)
        if self._remember(x, np.asarray(arm, dtype=float)[..., None], reward):
            self._renew()

    def _train(self, X: np.ndarray, drawn: np.ndarray, r: np.ndarray) -> None:
        outputs, arm = self.network.forward(X), drawn.astype(int)
        error = np.take_along_axis(outputs[-1], arm, -1) - r[..., None]
        G = np.zeros_like(outputs[-1])
        np.put_along_axis(G, arm, 2 * error / self.batch_size, -1)
        self.optimizer.step(self.network.backward(outputs, G))

    def _renew(self) -> None:
        """Embed all records anew, and sum them up arm by arm."""
        X, _, reward = self.buffer.window()
        Z, arm = self.phi(X[..., :-1]), X[..., -1].astype(int)
        A = np.broadcast_to(self.ridge * np.eye(self.d_emb), self.evidence.A.shape).copy()
        b = np.zeros_like(self.evidence.b)
        for place in np.ndindex(*self.batch_shape, self.n_arms):
            mine = arm[place[:-1]] == place[-1]
            z = Z[place[:-1]][mine]
            A[place] += z.T @ z
            b[place] = reward[place[:-1]][mine] @ z
        self.evidence.put(A, b)
