"""One model for all arms: in the shop its contexts are P x C cells, twenty in all, which go by their numbers.

A score asks for mean and variance of a cell's embedding, a row of Z. We keep f = Z A^-1 b and V = Z A^-1 Z'. A click of
reward r on cell c changes them by a matrix of rank one:

    V <- V - V_c V_c' / (1 + V_cc),    f <- f - V_c (f_c - r) / (1 + V_cc).

After n_c visits to cell c and s_c clicks A has grown by Z' diag(n) Z, b by Z's. We add them when phi changes and last.
"""

import copy
from collections import deque
from typing import Any

import numpy as np

from zoolib.agents.memory import Fresh
from zoolib.evidence import refuse_long
from zoolib.evidence.ridge import LEAST_LEFT, TIDY_EVERY
from zoolib.quick.player import Player, UnplayableError, numbers_of

STRONGEST = 10  # A click whose x'x / lambda is at most this leaves a window as it came, but for 1e-13 of it or so.
GONE = 1e-11  # With no more left of a mean, all clicks that it came from have left, and what is left is rounding.
SOME = 100  # Records that are translated in one go.
TOGETHER = 20  # Networks that are trained in one go: so many fit the processor's cache.


class Records:
    """The clicks of a replay buffer, each as the number of its cell."""

    def __init__(self, buffer: Any, cells: np.ndarray, n_worlds: int) -> None:
        self.buffer, self.cells, self.R, self.m = buffer, cells, n_worlds, len(cells)
        self.worlds, self.n_added, self.n_known = np.arange(n_worlds), buffer.n_added, buffer.n_added
        self.kept = np.zeros((buffer.capacity, n_worlds), dtype=np.int16)
        self.rewards = buffer.rewards.reshape(-1, n_worlds)  # the buffer's own
        for some in self.blocks(range(len(self))):
            self.kept[some] = numbers_of(buffer.contexts[some].reshape(-1, n_worlds, cells.shape[-1]), cells)

    def __len__(self) -> int:
        return min(self.n_added, len(self.kept))

    def leaving(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the cell and the reward, ``(R,)`` each, of the record that goes when the next one comes, if any."""
        place = self.n_added % len(self.kept)
        return [(self.kept[place].astype(int), self.rewards[place].copy())] if self.n_added >= len(self.kept) else []

    def add(self, c: np.ndarray, reward: np.ndarray) -> None:
        """Take in a click on cell ``c``, ``(R,)``."""
        place = self.n_added % len(self.kept)
        self.kept[place], self.rewards[place] = c, reward
        self.n_added += 1

    def tally(self, places: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Return how often each cell stands at ``places``, ``(R, n)``, and its rewards, ``(R, m)``; None: anywhere."""
        at = np.arange(len(self) * self.R) if places is None else (places * self.R + self.worlds[:, None]).ravel()
        cells, rewards = self.kept.ravel().take(at) + self.m * (at % self.R), self.rewards.ravel().take(at)
        n, s = (np.bincount(cells, weights, self.R * self.m) for weights in (None, rewards))
        return n.reshape(self.R, self.m), s.reshape(self.R, self.m)

    def give_back(self) -> None:
        """Write the records that are new as contexts."""
        contexts, n_new = self.buffer.contexts, min(self.n_added - self.n_known, len(self.kept))
        for some in self.blocks(range(self.n_added - n_new, self.n_added)):
            contexts[some] = self.cells[self.kept[some]].reshape(-1, *contexts.shape[1:])
        self.buffer.n_added = self.n_known = self.n_added

    def blocks(self, numbers: range) -> list[np.ndarray]:
        """Return the places of records by their numbers, some at a time: contexts take much memory."""
        return [np.array(numbers[i : i + SOME]) % len(self.kept) for i in range(0, len(numbers), SOME)]


class Rehearsal(Records):
    """Training by replay on cells, each once, with counts; some networks at a time."""

    def __init__(self, training: Any, cells: np.ndarray, n_worlds: int) -> None:
        super().__init__(training.buffer, cells, n_worlds)
        self.training, whole = training, [training.network, training.optimizer]
        starts = range(0, n_worlds, TOGETHER) if training.network.flat.ndim > 1 else [None]
        self.parts = [whole if i is None else [part(a, slice(i, i + TOGETHER)) for a in whole] for i in starts]
        self.forward()

    def forward(self) -> None:
        """Keep the outputs of all layers: training begins where the last one has led."""
        self.outputs = [network.forward(self.cells) for network, _ in self.parts]

    def embedded(self) -> np.ndarray:
        """Return the cells' embeddings, ``(R, m, d_emb)``."""
        return np.concatenate([outputs[2].reshape(-1, *outputs[2].shape[-2:]) for outputs in self.outputs])

    def step(self, c: np.ndarray, reward: np.ndarray) -> bool:
        """Remember a click; train if it is time, and return whether phi has changed."""
        self.add(c, reward)
        how = self.training
        if self.n_added % how.every or len(self) < how.batch_size:
            return False
        for _ in range(how.n_batches):
            places = np.concatenate([rng.integers(0, len(self), how.batch_size) for rng in how.rngs])
            n, s = (np.split(a, range(TOGETHER, self.R, TOGETHER)) for a in self.tally(places.reshape(self.R, -1)))
            for (network, optimizer), outputs, n_part, s_part in zip(self.parts, self.outputs, n, s, strict=True):
                out = outputs[-1][..., 0]
                n_part, s_part = n_part.reshape(out.shape), s_part.reshape(out.shape)
                G = 2 * (n_part * out - s_part) / n_part.sum(-1, keepdims=True)
                optimizer.step(network.backward(outputs, G[..., None]))
            self.forward()
        how.optimizer.t = self.parts[0][1].t
        return True


def part(of: Any, worlds: slice) -> Any:
    """Return networks or optimizers of some worlds, on the arrays of all."""
    one = copy.copy(of)
    for name in ("flat", "weights", "m", "v"):
        if hasattr(of, name):
            setattr(one, name, getattr(of, name)[worlds])
    if hasattr(of, "flat"):
        one.layers = one.views(one.flat)
    return one


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

    def resummed(self, Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return A and b of all fresh records for embeddings ``Z``, ``(R, m, d_z)``, of the cells."""
        (n, s), of = self.fresh.tally(), self.agent.evidence
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
        self.since, self.room = [], np.empty((len(self.cells), len(self.cells) + 1, self.R))
        self.look()
        if self.window:
            related = self.cells @ self.cells.T
            if related.diagonal().max() > STRONGEST * of.ridge or not (related.all() or self.apart):
                raise UnplayableError("what leaves this window leaves rounding errors behind")
            for x, r, _ in of.clicks:
                self.clicks.append((numbers_of(np.reshape(x, (self.R, -1)), self.cells), np.reshape(r, self.R)))

    def look(self) -> None:
        """Compute f and V from A and b."""
        self.Z = Z = self.embedded()
        refuse_long(Z, self.of.ridge)
        Vf = Z @ np.linalg.solve(self.A, np.concatenate([np.swapaxes(Z, -1, -2), self.b[..., None]], -1))
        self.Vf = np.ascontiguousarray(np.moveaxis(Vf, 0, -1))  # (m, m + 1, R): V, and f behind it
        self.apart = self.memory is None and not np.any(Vf[..., :-1] * (1 - np.eye(len(self.cells))))

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
        return self.shown(arms[(*self.agent.worlds, self.place(payoff, width, offered))], sim)

    def update(self, user_id: Any, arm: Any, reward: Any, sim: Any) -> None:
        """Take in a click, take out the one that leaves, and train phi."""
        c, reward = self.cell(user_id, arm, sim), np.atleast_1d(reward)
        if self.fresh is not None:
            for click in self.fresh.leaving():
                self.count(*click, -1)
            self.fresh.add(c, reward)
        if self.window:
            if len(self.clicks) == self.window:
                self.count(*self.clicks.popleft(), -1)
            self.clicks.append((c, reward))
        self.count(c, reward, +1)
        if trained := self.rehearsal is not None and self.rehearsal.step(c, reward):
            self.absorb()  # What was summed up stays as it was,
            if self.fresh is not None:  # or all of it is embedded again.
                self.A, self.b = self.resummed(self.embedded())
        if trained or len(self.since) >= TIDY_EVERY:
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
        arms, cells = sim.first_product, sim.choice_cells.reshape(self.R, -1, self.C)
        cells = cells[self.worlds, self.persona(user_id, sim)]
        Z, of = self.Z[(*(w[:, None] for w in self.agent.worlds), self.in_shape(cells))], self.agent.evidence
        scores = of.mean(Z) + (self.alpha * self.how.bonus(of.width, Z, of) if self.alpha else 0.0)
        place = self.how.pick(np.where(sim.offers(arms), scores, -np.inf) if sim.sold_out else scores)
        return self.shown(arms[(*self.agent.worlds, place)], sim)

    def update(self, user_id: Any, arm: Any, reward: Any, sim: Any) -> None:
        """Let the agent's memory take in a click, and train phi."""
        c, at, reward_of = self.cell(user_id, arm, sim), self.agent.worlds, np.atleast_1d(reward)
        z, x = self.Z[(*at, self.in_shape(c))], self.cells[self.in_shape(c)]
        self.agent.evidence.add(z, reward) if self.memory is None else self.memory.add(z, x, reward)
        if self.fresh is not None:
            self.fresh.add(c, reward_of)
        if self.rehearsal is not None and self.rehearsal.step(c, reward_of):
            self.Z = self.in_shape(Z := self.embedded())
            if self.fresh is not None:
                self.agent.evidence.put(*map(self.in_shape, self.resummed(Z)))
