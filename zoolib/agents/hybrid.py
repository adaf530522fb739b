"""Hybrid LinUCB: what all arms share, and what each has of its own.

Li, Chu, Langford and Schapire, WWW 2010, Algorithm 2. Where we differ from it:

1. Of A_0 and b_0 the algorithm first takes back what it knew of the arm, B_a' A_a^-1 B_a and B_a' A_a^-1 b_a, and then
   puts it in anew. The difference is of rank one, w w' / (1 + x' A_a^-1 x), and that is what is added here.
2. lambda need not be 1, and all may be discounted: the whole matrix, of which A_0, B_a and A_a are blocks, fades as in
   :class:`~zoolib.evidence.DiscountedEvidence`.
3. In its experiment z is the outer product of the user's and the article's features, and x the user's features. So it
   is here in the shop with the encoding ``"crossed"``; with another one z is the context as that one gives it.
4. With Thompson sampling, which is not in the paper, the score of each arm is drawn by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.linucb import DisjointLinUCBAgent
from zoolib.evidence import Evidence, make_evidence, refuse_long
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator

FADING = 1e-5  # of the longest contexts: with them A_0, a difference of sums where all fades, has its digits yet


class HybridLinUCBAgent(UCBAgent):
    """beta'z + theta_a'x, of which beta is the same for all arms: ridge regression on both at once, and its width.

    With w = z - B_a' A_a^-1 x, what the arm's own model cannot say of z, the payoff is beta'w + b_a' A_a^-1 x, where
    beta = A_0^-1 b_0, and the width sqrt(w' A_0^-1 w + x' A_a^-1 x). Upon a click

        A_0 += w w' / s,  b_0 += w (r - b_a' A_a^-1 x) / s  with  s = 1 + x' A_a^-1 x,

    and then A_a += x x', B_a += x z', b_a += r x.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`; z is the context.
    own
        The columns of the context that are x; None: in the shop the persona, one-hot, elsewhere all.
    gamma
        Discount in (0, 1], which takes the time of all arms at each click; 1 forgets nothing. Below 1 contexts must be
        shorter: x'x + z'z <= 1e5 ridge.
    ridge
        lambda > 0 of the priors A_0 = lambda I and A_a = lambda I.
    exploration
        ``UCB()``, ``ArmThompson()``, ``EpsilonGreedy(epsilon)`` or ``InverseGap(gamma)``.
    rng
        Where the exploration is random: a seed or generator, or one for each world.

    Attributes
    ----------
    shared, by_arm, B
        A_0 and b_0; A_a and b_a; and the B_a, ``(..., K, d_own, d)``.

    >>> agent = HybridLinUCBAgent(ContextSpace(d=2, n_arms=3), own=[0])
    >>> agent.learn(np.array([1.0, 1.0]), arm=1, reward=1.0)
    >>> agent.payoff(np.ones((3, 2))).round(3).tolist()
    [0.5, 0.75, 0.5]
    """

    state = ("shared", "by_arm", "B", "exploration")
    gamma, ridge = checks.Setting(0.0, 1.0, open_low=True, fixed=True), checks.Setting(0.0, open_low=True, fixed=True)
    _contexts, choices = DisjointLinUCBAgent._contexts, DisjointLinUCBAgent.choices

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.2,
        own: Sequence[int] | None = None,
        gamma: float = 1.0,
        ridge: float = 1.0,
        exploration: Exploration = UCB(),  # noqa: B008  the agent keeps a copy
        rng: Seed | Sequence[Seed] | None = None,
    ) -> None:
        super().__init__(features, alpha=alpha)
        self.own, self.gamma, self.ridge, self._to_own = own, gamma, ridge, _columns(features, own)
        d, d_own = self._to_own.shape
        self.shared = Evidence(d, self.batch_shape, ridge)
        self.by_arm = make_evidence(d_own, (*self.batch_shape, features.n_arms), ridge, gamma)
        self.B = np.zeros((*self.by_arm.shape, d_own, d))
        self._explore(exploration, None if rng is None else streams(rng, self.batch_shape, 1)[0], None)

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent has met."""
        return self.by_arm.shape[-1] if hasattr(self, "by_arm") else self.features.n_arms

    def embed(self, X: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return w, x, A_a^-1 x and b_a' A_a^-1 x of each row of ``X``, ``(..., K, d)``, a being the row's arm."""
        x = X @ self._to_own
        u = np.matvec(self.by_arm.A_inv, x)
        return X - np.vecmat(u, self.B), x, u, np.vecdot(u, self.by_arm.b)

    def mean(self, Z: tuple[np.ndarray, ...]) -> np.ndarray:
        """Return beta'z + theta_a'x."""
        w, _, _, said = Z
        return self.shared.mean(w) + said

    def width(self, Z: tuple[np.ndarray, ...]) -> np.ndarray:
        """Return sqrt((z, x)' A^-1 (z, x)), A being that of both."""
        w, x, u, _ = Z
        return np.sqrt(self.shared.width(w) ** 2 + np.vecdot(u, x))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        z, x = x, x @ self._to_own
        longest = self.ridge * (1.0 if self.gamma == 1 else FADING)
        refuse_long(np.concatenate([z, x], axis=-1), longest)  # before any sum has changed
        at, r = (*self.rows, arm), np.asarray(reward)[..., None]
        if self.gamma == 1:
            u, B, b = np.matvec(self.by_arm.A_inv[at], x), self.B[at], self.by_arm.b[at]
            root = np.sqrt(1 + np.vecdot(u, x))
            self.shared.add((z - np.vecmat(u, B)) / root[..., None], (reward - np.vecdot(u, b)) / root)
        else:
            M, m = self._said()
            A = self.gamma * (self.shared.A + M) + (1 - self.gamma) * self.shared.eye * self.ridge
            A, b = A + z[..., :, None] * z[..., None, :], self.gamma * (self.shared.b + m) + r * z
            self.B *= self.gamma
        self.by_arm.add(x, reward, arm)
        self.B[at] += x[..., :, None] * z[..., None, :]
        if self.gamma < 1:
            M, m = self._said()
            self.shared.put(A - M, b - m)

    def _said(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what the arms' own models can say: the sums over all arms of B' A^-1 B and of B' A^-1 b."""
        B, C = (M.reshape(*self.batch_shape, -1, M.shape[-1]) for M in (self.B, self.by_arm.A_inv @ self.B))
        return np.swapaxes(B, -1, -2) @ C, np.vecmat(self.by_arm.b.reshape(*self.batch_shape, -1), C)

    def _meet(self, sim: ZooplusSimulator) -> None:
        """Take note of the catalog; products that it has more than the last one are new arms."""
        if (new := sim.n_products - self.n_arms) > 0:
            self.by_arm.grow(new)
            self.B = np.concatenate([self.B, np.zeros((*self.batch_shape, new, *self.B.shape[-2:]))], axis=-3)

    def _make_room(self, state: Mapping[str, Any]) -> None:
        self.B = np.zeros((*self.batch_shape, state["B"].shape[-3], *self.B.shape[-2:]))  # arms may have come since


def _columns(features: FeatureEngineer | ContextSpace, own: Sequence[int] | None) -> np.ndarray:
    """Return the matrix that makes x of a context, ``(d, d_own)``."""
    if own is not None:
        own = checks.items("own", own)
        return np.eye(features.d)[:, checks.indices("own", own, features.d, (len(own),))]
    if isinstance(features, ContextSpace):
        return np.eye(features.d)
    P, C = features.table.shape[:2]
    return np.repeat(np.eye(P), C, axis=0) if features.encoding == "crossed" else np.eye(features.d, P)
