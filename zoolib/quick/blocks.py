"""NeuralUCB: at 705 weights a matrix is 4 MB, and a click costs reading and writing it more than arithmetic.

So we rewrite A and A^-1 once in a block of clicks. In between they are A + U'U and A^-1 - W'W: the rows of U are
gradients, the rows of W the vectors w of their rank-one updates. A prediction computes the gradient g of every
candidate, A^-1 g and f. The update uses them again: the network takes its step along g, and w is A^-1 g, scaled.
"""

from typing import Any

import numpy as np

from zoolib.evidence import refuse_long
from zoolib.evidence.ridge import TIDY_EVERY, TIDY_FROM
from zoolib.quick.player import Player

BLOCK = 32  # We rewrite the matrices after so many clicks.


class Blocks(Player):
    """Evidence on gradients whose matrices are rewritten once in a block of clicks."""

    def __init__(self, agent: Any, world: Any) -> None:
        super().__init__(agent, world)
        of, p = agent.evidence, agent.evidence.d
        self.A, self.A_inv = (a.reshape(self.R, p, p) for a in (of.A, of.A_inv))
        self.b, self.flat = of.b.reshape(self.R, p), agent.network.flat.reshape(self.R, p)
        self.U, self.W, self.k = np.zeros((self.R, BLOCK, p)), np.zeros((self.R, BLOCK, p)), 0

    def predict(self, user_id: Any, sim: Any) -> Any:
        """Return the product with the highest score, unless exploration overrides it."""
        X, arms = self.agent.candidates(user_id, sim)
        self.arms, network = np.reshape(arms, (self.R, -1)), self.agent.network
        self.f = network(X)[..., 0].reshape(self.arms.shape)
        self.G = network.gradients(X).reshape(*self.arms.shape, -1)
        W = self.W[:, : self.k]
        self.GA = self.G @ self.A_inv - (self.G @ np.swapaxes(W, -1, -2)) @ W
        self.v = np.vecdot(self.GA, self.G)
        offered = sim.offers(arms).reshape(self.arms.shape) if sim.sold_out else None
        return self.shown(arms[(*self.agent.worlds, self.place(self.f, np.sqrt(self.v), offered))], sim)

    def update(self, user_id: Any, arm: Any, reward: Any, sim: Any) -> None:
        """Collect a click, and let the network take its step."""
        category = sim.product_category.reshape(self.R, -1)
        w, arm, r = self.worlds, np.atleast_1d(arm), np.atleast_1d(reward)
        i = (category[w[:, None], self.arms] == category[w, arm][:, None]).argmax(-1)  # of products alike, one stands
        g, f, of = self.G[w, i], self.f[w, i], self.agent.evidence
        refuse_long(g, of.ridge)
        self.U[:, self.k] = g
        self.W[:, self.k] = self.GA[w, i] / np.sqrt(1 + self.v[w, i])[:, None]
        self.b += r[:, None] * g
        self.flat -= (self.agent.optimizer.lr * 2 * (f - r))[:, None] * g
        self.k += 1
        of.n_clicks, of.n_since[...] = of.n_clicks + 1, of.n_since + 1
        if self.k == BLOCK:
            self.give_back()
        if of.n_clicks % TIDY_EVERY == 0:
            self.give_back()
            for world in np.flatnonzero(np.atleast_1d(of.n_since) >= TIDY_FROM):
                self.A_inv[world] = np.linalg.inv(self.A[world])
            of.n_since[of.n_since >= TIDY_FROM] = 0

    def give_back(self) -> None:
        """Rewrite the matrices, world by world: nothing of the size of all of them is made."""
        for A, A_inv, U, W in zip(self.A, self.A_inv, self.U[:, : self.k], self.W[:, : self.k], strict=True):
            A += U.T @ U
            A_inv -= W.T @ W
        self.k = 0
