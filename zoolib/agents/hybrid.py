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
from zoolib.agents.per_product import PerProductAgent
from zoolib.evidence import Evidence, make_evidence, refuse_long
from zoolib.maps import FeatureMap, Identity, with_one
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, Layout, ZooplusSimulator


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
        Discount in (0, 1], which takes the time of all arms at each click; 1 forgets nothing.
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
        self._begin(*self._to_own.shape, features.n_arms)
        self._explore(exploration, None if rng is None else streams(rng, self.batch_shape, 1)[0], None)

    def _begin(self, d: int, d_own: int, n_arms: int) -> None:
        self.shared = Evidence(d, self.batch_shape, self.ridge)
        self.by_arm = make_evidence(d_own, (*self.batch_shape, n_arms), self.ridge, self.gamma)
        self.B = np.zeros((*self.by_arm.shape, d_own, d))

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent has met."""
        return self.by_arm.shape[-1] if hasattr(self, "by_arm") else self.features.n_arms

    def embed(self, X: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return w, x, A_a^-1 x and b_a' A_a^-1 x of each row of ``X``, ``(..., K, d)``, a being the row's arm."""
        (z, x), (A_inv, B, b) = self._split(X), self._models(X)
        u = np.matvec(A_inv, x)
        return z - np.vecmat(u, B), x, u, np.vecdot(u, b)

    def _split(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return z and x of each row of ``X``."""
        return X, X @ self._to_own

    def _models(self, X: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return A_a^-1, B_a and b_a for each row of ``X``: row a is arm a's."""
        return self.by_arm.A_inv, self.B, self.by_arm.b

    def mean(self, Z: tuple[np.ndarray, ...]) -> np.ndarray:
        """Return beta'z + theta_a'x."""
        w, _, _, said = Z
        return self.shared.mean(w) + said

    def width(self, Z: tuple[np.ndarray, ...]) -> np.ndarray:
        """Return sqrt((z, x)' A^-1 (z, x)), A being that of both."""
        w, x, u, _ = Z
        return np.sqrt(self.shared.width(w) ** 2 + np.vecdot(u, x))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        z, x = (part[..., 0, :] for part in self._split(x[..., None, :]))
        refuse_long(np.concatenate([z, x], axis=-1), self.ridge)  # before any sum has changed
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


class HybridPerProductAgent(HybridLinUCBAgent):
    """Hybrid LinUCB among products that come and go on the shelf, each with a model of its own on [1, user].

    What all share is linear in z = map(context). So a product may have a quality, and friends, that no feature tells.

    Parameters
    ----------
    features, alpha, ridge, exploration
        See :class:`HybridLinUCBAgent`.
    layout, n_products
        What the columns of a context say, the product's number first; and K, those that will arrive included.
    map
        A map of :mod:`zoolib.maps` that is never trained; None: ``Identity(layout)``.
    rng
        Where the map is drawn or the exploration random: a seed or generator, or one for each world.

    >>> layout = Layout(n_user=2, n_nominal=1, n_product=1)
    >>> HybridPerProductAgent(ContextSpace(layout.d, 3), layout=layout, n_products=7).B.shape
    (7, 3, 5)
    """

    state = ("map", "shared", "by_arm", "B", "exploration")
    _contexts, _number, _vectors = UCBAgent._contexts, PerProductAgent._number, PerProductAgent._vectors

    def __init__(
        self,
        features: ContextSpace,
        *,
        layout: Layout,
        n_products: int,
        map: FeatureMap | None = None,
        alpha: float = 0.1,
        ridge: float = 1.0,
        exploration: Exploration = UCB(),  # noqa: B008  the agent keeps a copy
        rng: Seed | Sequence[Seed] | None = None,
    ) -> None:
        UCBAgent.__init__(self, features, alpha=alpha)
        if checks.instance("layout", layout, Layout).d != features.d:
            raise ValueError(f"layout is of contexts of length {layout.d}, but features say {features.d}")
        self.layout, self.n_products = layout, checks.whole("n_products", n_products, 1)
        chosen = checks.instance("map", Identity(layout) if map is None else map, FeatureMap)
        if chosen.every:
            raise ValueError(f"map must be one that is never trained, got {map!r}")
        self.gamma, self.ridge = 1.0, ridge
        drawn, rngs = ([], None) if rng is None else streams(rng, self.batch_shape, 2)
        self.map = chosen.start(features.d, self.batch_shape, drawn, layout)
        self._begin(self.map.width, 1 + layout.n_user, self.n_products)
        self._explore(exploration, rngs, None)

    def _split(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.map(X), with_one(X[..., self.layout.user])

    def _models(self, X: np.ndarray) -> tuple[np.ndarray, ...]:
        at = (*(rows[:, None] for rows in self.rows), self._number(X))
        return self.by_arm.A_inv[at], self.B[at], self.by_arm.b[at]

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        super()._learn(x, self._plain(self._number(x[..., None, :])[..., 0]), reward)

    def warm(self, X: np.ndarray, r: np.ndarray) -> None:
        """Start from a log, ``(..., n, d)`` and ``(..., n)``, in the place of what was known before."""
        X = checks.finite("X", X, (*self.batch_shape, None, self.features.d))
        r = checks.finite("r", r, (*self.batch_shape, X.shape[-2]))
        (z, x), number = self._split(X), self._number(X)
        refuse_long(np.concatenate([z, x], axis=-1), self.ridge)  # before any sum has changed
        self._begin(z.shape[-1], x.shape[-1], self.n_products)
        A, b = self.by_arm.A.copy(), self.by_arm.b.copy()
        for at in np.ndindex(*b.shape[:-1]):
            world, mine = at[:-1], number[at[:-1]] == at[-1]
            own, common, earned = x[world][mine], z[world][mine], r[world][mine]
            A[at] += own.T @ own
            b[at], self.B[at] = earned @ own, own.T @ common
        self.by_arm.put(A, b)
        M, m = self._said()
        self.shared.put(self.shared.A + np.swapaxes(z, -1, -2) @ z - M, np.vecmat(r, z) - m)


def _columns(features: FeatureEngineer | ContextSpace, own: Sequence[int] | None) -> np.ndarray:
    """Return the matrix that makes x of a context, ``(d, d_own)``."""
    if own is not None:
        own = checks.items("own", own)
        return np.eye(features.d)[:, checks.indices("own", own, features.d, (len(own),))]
    if isinstance(features, ContextSpace):
        return np.eye(features.d)
    P, C = features.table.shape[:2]
    return np.repeat(np.eye(P), C, axis=0) if features.encoding == "crossed" else np.eye(features.d, P)
