"""LinUCB with a model for each arm: in the shop its evidence is a few counts.

You meet a product in P contexts, one for each persona: A = lambda I + sum n_p x_p x_p' and b = sum s_p x_p, with n_p
visits to row p and s_p clicks. All rows of the shop have x_p'x_q = k [p = q] + c. With D_p = lambda / k + n_p and
g = (lambda / k) c / (k + c P) the formula of Sherman and Morrison gives mean and variance of every row:

    h_p = (g / D_p) / (1 - g sum_q 1 / D_q),    f_p = s_p / D_p + h_p sum_q s_q / D_q,    v_p = (1 + h_p) / D_p.

A window takes clicks out of the counts, a discount lets all counts fade.
"""

from collections import deque
from typing import Any

import numpy as np

from zoolib.evidence import refuse_long
from zoolib.quick.player import CLOSE, Player, UnplayableError, numbers_of

LEAST = 1e-100  # Faded counts below this are 0: arithmetic with denormal numbers is slow.


class Counts(Player):
    """Clicks n and rewards s of every (persona, world, product), ``(P, R K)``; mean f and width w of each."""

    def __init__(self, agent: Any, world: Any) -> None:
        super().__init__(agent, world)
        agent._meet(world)
        of, table = agent.evidence, np.moveaxis(agent.features.table, 0, 1)  # (C, P, d)
        (_, P, _), self.K = table.shape, world.n_products
        gram = table @ np.swapaxes(table, -1, -2)
        own = gram[0, 0, 0] - (common := gram[0, 0, 1] if P > 1 else 0.0)
        if (gram != own * np.eye(P) + common).any():
            raise UnplayableError("contexts whose products are not of two sizes")
        refuse_long(table, of.ridge)
        self.base, self.share = of.ridge / own, of.ridge / own * common / (own + common * P)
        self.gamma, self.window = getattr(of, "gamma", 1.0), getattr(of, "window", None)

        self.X = table[world.product_category.reshape(self.R, self.K)]  # (R, K, P, d)
        M, b = ((of.A - of.ridge * of.eye).reshape(self.R, self.K, of.d, of.d), of.b.reshape(self.R, self.K, of.d))
        W = np.linalg.inv(gram[0]) @ self.X  # W X' = I
        sums = np.vecdot(W @ M, W), np.matvec(W, b)
        n, s = (np.where(np.abs(a - np.rint(a)) < CLOSE, np.rint(a), a) for a in sums)  # whole numbers stay whole
        for known, said in zip(self.sums(n, s), (M, b), strict=True):
            if np.abs(known - said).max() > CLOSE * (1 + np.abs(said).max()):
                raise UnplayableError("evidence that clicks in this shop cannot have left")
        self.n, self.s = (np.moveaxis(a, -1, 0).reshape(P, -1).copy() for a in (n, s))
        self.clicks = deque()
        for click in of.clicks if self.window else ():
            x, r, arm = (np.reshape(part, (self.R, -1)) for part in click)
            self.clicks.append((numbers_of(x, self.X[self.worlds, arm[:, 0]]), arm[:, 0], r[:, 0]))
        self.catalog, self.for_sale = world.product_category, world.for_sale
        self.offered = None if world.for_sale.all() else world.for_sale.reshape(self.R, self.K)
        self.first = self.worlds * self.K  # of the arms of each world
        self.f, self.w = self.moments(self.n, self.s)

    def fits(self, world: Any) -> bool:
        """Tell whether products and users are still those of the start."""
        return super().fits(world) and world.product_category is self.catalog and world.for_sale is self.for_sale

    def sums(self, n: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return A - lambda I and b for clicks and rewards ``(R, K, P)``."""
        return np.swapaxes(self.X, -1, -2) @ (n[..., None] * self.X), np.vecmat(s, self.X)

    def moments(self, n: np.ndarray, s: np.ndarray, at: Any = ...) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and width of all rows, or of those ``at``, for clicks and rewards ``(P, ...)``."""
        inverse = 1 / (self.base + n)
        mean, own = inverse * s, inverse[at]
        h = self.share * own / (1 - self.share * inverse.sum(0))
        return mean[at] + h * mean.sum(0), np.sqrt(own * (1 + h))

    def predict(self, user_id: Any, sim: Any) -> Any:
        """Return the product with the highest score, unless exploration overrides it."""
        at = self.persona(user_id, sim), self.worlds
        if self.gamma < 1:
            payoff, width = self.moments(*(a.reshape(-1, self.R, self.K) for a in (self.n, self.s)), at)
        else:
            payoff, width = (a.reshape(-1, self.R, self.K)[at] for a in (self.f, self.w))
        return self.shown(self.place(payoff, width, self.offered), sim)

    def update(self, user_id: Any, arm: Any, reward: Any, sim: Any) -> None:
        """Count a click; the oldest leaves a window that is full, and all others fade under a discount."""
        click = self.persona(user_id, sim), np.atleast_1d(arm), np.atleast_1d(reward)
        if self.gamma < 1:
            self.n *= self.gamma
            self.s *= self.gamma
        if self.window:
            if len(self.clicks) == self.window:
                self.count(*self.clicks.popleft(), -1)
            self.clicks.append(click)
        self.count(*click, +1)

    def count(self, persona: np.ndarray, arm: np.ndarray, reward: np.ndarray, sign: int) -> None:
        """Add a click or take it out."""
        self.n_updates += 1
        at = self.first + arm
        self.n[persona, at] += sign
        self.s[persona, at] += sign * reward
        if self.gamma < 1 and self.n_updates % 100 == 0:
            self.n[self.n < LEAST], self.s[np.abs(self.s) < LEAST] = 0, 0
        if self.gamma == 1:
            self.f[:, at], self.w[:, at] = self.moments(self.n.take(at, 1), self.s.take(at, 1))

    def give_back(self) -> None:
        """Write A, b and the clicks of a window."""
        of, shape = self.agent.evidence, (self.R, self.K, len(self.n))
        M, b = self.sums(*(np.moveaxis(a.reshape(-1, *shape[:2]), 0, -1) for a in (self.n, self.s)))
        of.put(of.ridge * of.eye + M.reshape(of.A.shape), b.reshape(of.b.shape))
        of.n_clicks, self.n_updates = of.n_clicks + self.n_updates, 0
        if self.window:
            parts = ((self.X[self.worlds, arm, persona], r, arm) for persona, arm, r in self.clicks)
            of.clicks = deque(tuple(self.in_shape(np.array(part)) for part in click) for click in parts)
