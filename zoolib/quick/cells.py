"""One model for all arms: in the shop its contexts are P x C cells, twenty in all, which go by their numbers.

All that a score asks of A^-1 and b are mean and covariances of the cells' embeddings, the rows of Z,

    f = Z A^-1 b,    V = Z A^-1 Z',

and a click of reward r on cell c changes them by a matrix of rank one:

    V <- V - V_c V_c' / (1 + V_cc),    f <- f - V_c (f_c - r) / (1 + V_cc).

With n_c clicks on cell c and rewards s_c, A has grown by Z' diag(n) Z and b by Z's. That is made up for when phi is
trained, and when the agent is told.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from zoolib.agents.memory import Fresh
from zoolib.evidence import refuse_long
from zoolib.evidence.ridge import LEAST_LEFT, TIDY_EVERY
from zoolib.quick.player import Player, Unplayable, numbers_of
from zoolib.quick.records import Records, Rehearsal

STRONGEST = 10  # A click whose x'x / lambda is at most this leaves a window as it came, but for 1e-13 of it or so.
GONE = (
    1e-11  # If no more is left of a mean, all that it came from has left, and rounding errors are to order no scores.
)


class OnCells(Player):
    """Knows the cells of the shop, and trains phi on them where an agent has one."""

    def __init__(self, agent: Any, world: Any) -> None:
        super().__init__(agent, world)
        self.cells, self.memory = agent.features.cells, getattr(agent, "memory", None)
        self.C, training = len(world.categories), getattr(agent, "training", None)
        self.rehearsal = Rehearsal(training, self.cells, self.R) if hasattr(training, "buffer") else None
        self.fresh = Records(self.memory.records, self.cells, self.R) if isinstance(self.memory, Fresh) else None

    def embedded(self) -> np.ndarray:
        """Return the cells as the agent embeds them now, ``(R, m, d_z)``."""
        if self.rehearsal is not None:
            return self.rehearsal.embedded()
        return np.broadcast_to(Z := self.agent.phi(self.cells), (self.R, *Z.shape[-2:]))

    def cell(self, user_id: Any, arm: Any, sim: Any) -> np.ndarray:
        """Return the number of the cell of each world's user and product, ``(R,)``."""
        category = sim.product_category.reshape(self.R, -1)[self.worlds, arm]
        return self.persona(user_id, sim) * self.C + category

    def candidates(self, user_id: Any, sim: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the cells that differ for a user, ``(R, C)``, and their products, in the agent's axes."""
        cells = sim.choice_cells.reshape(self.R, -1, self.C)[self.worlds, self.persona(user_id, sim)]
        return cells, sim.first_product

    def resummed(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return A and b of all fresh records for embeddings ``Z``, ``(R, m, d_z)``, of the cells."""
        n, s = self.fresh.tally()
        of = self.agent.evidence
        return of.ridge * of.eye + np.swapaxes(Z, -1, -2) @ (n[..., None] * Z), np.vecmat(s, Z)

    def give_back(self) -> None:
        """Write the records of training and memory."""
        for records in (self.rehearsal, self.fresh):
            if records is not None:
                records.give_back()


class Table(OnCells):
    """Mean f and covariances V of all cells, for evidence that forgets nothing, or a window of it."""

    def __init__(self, agent: Any, world: Any) -> None:
        super().__init__(agent, world)
        self.of = of = agent.evidence
        self.A, self.b = (a.reshape(self.R, *a.shape[len(of.shape) :]).copy() for a in (of.A, of.b))
        self.window, self.clicks, self.on_shelf = getattr(of, "window", None), deque(), None
        self.look()
        if self.window:
            related = self.cells @ self.cells.T
            if related.diagonal().max() > STRONGEST * of.ridge or not (related.all() or self.apart):
                raise Unplayable("what leaves this window leaves rounding errors behind")
            self.clicks.extend(self.numbered(*click) for click in of.clicks)

    def numbered(self, x: np.ndarray, r: Any, _: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the cell and the reward, ``(R,)``, of a click that came with a context."""
        return numbers_of(np.reshape(x, (self.R, -1)), self.cells), np.reshape(r, self.R)

    def look(self) -> None:
        """Compute f and V from A and b."""
        self.Z = Z = self.embedded()
        refuse_long(Z, self.of.ridge)
        Vf = Z @ np.linalg.solve(self.A, np.concatenate([np.swapaxes(Z, -1, -2), self.b[..., None]], -1))
        self.Vf = np.ascontiguousarray(np.moveaxis(Vf, 0, -1))  # (m, m + 1, R): V, and f behind it
        self.apart = self.memory is None and not np.any(Vf[..., :-1] * (1 - np.eye(len(self.cells))))
        self.room, self.since = np.empty_like(self.Vf), []

    def absorb(self) -> None:
        """Let A and b know the clicks since the last look."""
        if self.since:
            cells, signs, rewards = (np.array(part) for part in zip(*self.since, strict=True))
            at, shape = cells + len(self.cells) * self.worlds, self.Z.shape[:2]
            weights = np.broadcast_to(signs[:, None], at.shape), signs[:, None] * rewards
            n, s = (np.bincount(at.ravel(), by.ravel(), self.R * shape[1]).reshape(shape) for by in weights)
            self.A += np.swapaxes(self.Z, -1, -2) @ (n[..., None] * self.Z)
            self.b += np.vecmat(s, self.Z)
            self.since = []

    def predict(self, user_id: Any, sim: Any) -> Any:
        """Return the product with the highest score, unless exploration overrides it."""
        if sim.choice_cells is not self.on_shelf:  # where f and V of the candidates stand, (R, P, 2, C)
            self.on_shelf, cells = sim.choice_cells, sim.choice_cells.reshape(self.R, -1, 1, self.C)
            beside = np.concatenate([np.full_like(cells, len(self.cells)), cells], axis=2)
            self.at = (cells * (len(self.cells) + 1) + beside) * self.R + self.worlds[:, None, None, None]
        found = self.Vf.ravel().take(self.at[self.worlds, self.persona(user_id, sim)])
        payoff, width, arms = found[:, 0], np.sqrt(found[:, 1]), sim.first_product
        offered = sim.offers(arms).reshape(payoff.shape) if sim.sold_out else None
        best = arms[(*self.agent.worlds, self.place(payoff, width, offered))]
        return self.shown(best, sim)

    def update(self, user_id: Any, arm: Any, reward: Any, sim: Any) -> None:
        """Take in a click, take out the one that leaves, and train phi."""
        c, reward = self.cell(user_id, arm, sim), np.atleast_1d(reward)
        if self.fresh is not None:
            if self.fresh.full:
                self.count(*self.fresh.oldest(), -1)
            self.fresh.add(c, reward)
        if self.window:
            if len(self.clicks) == self.window:
                self.count(*self.clicks.popleft(), -1)
            self.clicks.append((c, reward))
        self.count(c, reward, +1)
        if self.rehearsal is not None and self.rehearsal.step(c, reward):
            self.renew()
        elif self.n_updates % TIDY_EVERY == 0:
            self.absorb()
            self.look()

    def renew(self) -> None:
        """Go on with another phi: what was summed up stays as it was, or is all embedded again."""
        if self.fresh is not None:
            self.A, self.b = self.resummed(self.embedded())
        else:
            self.absorb()
        self.look()

    def count(self, c: np.ndarray, reward: np.ndarray, sign: int) -> None:
        """Add a click on cell ``c``, ``(R,)``, or take it out."""
        Vf, w = self.Vf, self.worlds
        self.n_updates += 1
        self.since.append((c, sign, reward))
        v = Vf[c, c, w]
        if sign < 0 and (v > 1 - LEAST_LEFT).any():
            self.absorb()
            return self.look()
        root, before = np.sqrt(1 + sign * v), Vf[:, -1].copy() if sign < 0 else None
        if self.apart:
            u, f = v / root, Vf[c, -1, w]
            Vf[c, -1, w], Vf[c, c, w] = f - sign * u * ((f - reward) / root), v - sign * u * u
        else:
            u = np.divide(Vf[c, :, w].T, root, order="C")
            u[-1] -= reward / root
            np.multiply(u[:-1, None], u, out=self.room)
            (np.subtract if sign > 0 else np.add)(Vf, self.room, out=Vf)
        if sign < 0:
            Vf[:, -1][np.abs(Vf[:, -1]) <= GONE * np.abs(before)] = 0.0
        return None

    def give_back(self) -> None:
        """Write A, b, the clicks of a window, and the records."""
        super().give_back()
        self.absorb()
        self.of.put(self.A.reshape(self.of.A.shape), self.b.reshape(self.of.b.shape))
        self.of.n_clicks, self.n_updates = self.of.n_clicks + self.n_updates, 0
        if self.window:
            self.of.clicks = deque((self.in_shape(self.cells[c]), self.in_shape(r), None) for c, r in self.clicks)


class Embedded(OnCells):
    """Embeds each cell once until phi is trained; the evidence is the agent's own."""

    def __init__(self, agent: Any, world: Any) -> None:
        super().__init__(agent, world)
        self.Z = self.in_shape(self.embedded())

    def predict(self, user_id: Any, sim: Any) -> Any:
        """Return the product with the highest score, unless exploration overrides it."""
        cells, arms = self.candidates(user_id, sim)
        Z, of = self.Z[(*(w[:, None] for w in self.agent.worlds), self.in_shape(cells))], self.agent.evidence
        scores = of.mean(Z)
        if self.alpha:
            scores = scores + self.alpha * self.how.bonus(of.width, Z, of)
        place = self.how.pick(np.where(sim.offers(arms), scores, -np.inf) if sim.sold_out else scores)
        return self.shown(arms[(*self.agent.worlds, place)], sim)

    def update(self, user_id: Any, arm: Any, reward: Any, sim: Any) -> None:
        """Let the agent's memory take in a click, and train phi."""
        c, one, of, at = self.cell(user_id, arm, sim), self.in_shape, self.agent.evidence, self.agent.worlds
        if self.fresh is None:
            self.memory.add(self.Z[(*at, one(c))], self.cells[one(c)], reward)
        else:
            if self.fresh.full:
                c_old, r_old = map(one, self.fresh.oldest())
                of.remove(self.Z[(*at, c_old)], r_old)
            self.fresh.add(c, np.atleast_1d(reward))
            of.add(self.Z[(*at, one(c))], reward)
        if self.rehearsal is not None and self.rehearsal.step(c, np.atleast_1d(reward)):
            self.Z = one(Z := self.embedded())
            if self.fresh is None:
                self.memory.reembed()
            else:
                of.put(*map(one, self.resummed(Z)))
