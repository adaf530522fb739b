"""Users who differ, and nothing says how: what their own clicks say of it (chapter 6).

The shop of :mod:`zoolab.experiments.groups` with the persona hidden: a hundred users, who come a hundred times each.
Three agents that know nothing but who comes and what was clicked: a mean for each user; *two levels*, in which hers is
shrunk to the mean of those of all; and *a few tastes*, which takes every user for one of some kinds, and finds out of
which by collapsed Gibbs sampling. (The problem is the latent bandit of Maillard and Mannor, ICML 2014.) Beside them
plays who is told the persona. Their dials are searched by one budget on worlds that are used for nothing else.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaln

from zoolab.experiments.contest import Factor, remembered, search
from zoolab.experiments.groups import N_STEPS, N_USERS, WORLDS
from zoolab.long import DATA, Cache, gather
from zoolib import FeatureEngineer, ZooplusSimulator, run, spawn
from zoolib.agents import argmax
from zoolib.randomness import shift

TABLE = DATA / "tastes.csv"
TUNING_WORLDS, BUDGET = range(1000, 1020), 30
CLICKS, MISSES = 0.5, 1.5  # the prior of a kind's click rates: one click in four, worth two visits
LOOKS = 2  # other users whose kinds are looked at anew at each visit
BLOCK = 1000  # visits for which luck is drawn at once


class Counting:
    """Counts clicks by user and category, and shows the category with the highest ``expected`` plus bonus.

    Parameters
    ----------
    features
        Of worlds in lockstep.
    alpha, weight
        Weight of the bonus; as how many visits counts what others say.
    """

    def __init__(self, features: FeatureEngineer, alpha: float, weight: float) -> None:
        self.features, self.batch_shape, self.alpha, self.weight = features, features.batch_shape, alpha, weight
        self.worlds = np.arange(self.batch_shape[0])
        self.n, self.s = np.zeros((2, *self.batch_shape, N_USERS, 5))

    def predict(self, user_id: np.ndarray, sim: ZooplusSimulator) -> np.ndarray:
        """Return a product of the category with the highest score."""
        cells, products = self.features.choice_cells(user_id, sim)
        expected, bonus = self.expected(user_id)
        scores = np.take_along_axis(expected + self.alpha * bonus, cells % 5, -1)
        return products[self.worlds, argmax(scores)]

    def update(self, user_id: np.ndarray, chosen_arm: np.ndarray, reward: np.ndarray, sim: ZooplusSimulator) -> None:
        """Count a visit."""
        category = sim.product_category[self.worlds, chosen_arm]
        self.count(user_id, category, reward)

    def expected(self, user: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what a user is expected to click by category, and how unsure that is, ``(R, 5)`` each."""
        n, s = self.n[self.worlds, user], self.s[self.worlds, user]
        return s / (self.weight + n), 1 / np.sqrt(self.weight + n)

    def count(self, user: np.ndarray, category: np.ndarray, reward: np.ndarray) -> None:
        """Take in a click, or none."""
        self.n[self.worlds, user, category] += 1
        self.s[self.worlds, user, category] += reward


class TwoLevels(Counting):
    """A mean for each user, shrunk to the mean of those of all users."""

    def expected(self, user: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the user's mean, to which that of all is added as ``weight`` visits, and her width."""
        usual = (self.s / (1 + self.n)).mean(1)
        n, s = self.n[self.worlds, user], self.s[self.worlds, user]
        return (s + self.weight * usual) / (n + self.weight), 1 / np.sqrt(self.weight + n)


class Told(Counting):
    """A mean for each kind of users, which is told: ``kind``, ``(R, U)``."""

    def __init__(self, features: FeatureEngineer, alpha: float, weight: float, kind: np.ndarray) -> None:
        super().__init__(features, alpha, weight)
        self.kind = kind

    def expected(self, user: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and width of the user's kind."""
        return super().expected(self.kind[self.worlds, user])

    def count(self, user: np.ndarray, category: np.ndarray, reward: np.ndarray) -> None:
        """Take in a click for the user's kind."""
        super().count(self.kind[self.worlds, user], category, reward)


class FewTastes(Counting):
    """Every user is of one of some kinds; her mean is shrunk to what users of her probable kinds click.

    A kind has a click rate for each category, each from Beta(1/2, 3/2); of which kind a user is is drawn from shares
    that come from a symmetric Dirichlet distribution of total 1. Rates and shares are integrated out.

    Parameters
    ----------
    features, alpha, weight
        As above.
    kinds
        How many there are.
    seeds
        Of the worlds: each draws its own luck.
    """

    def __init__(
        self, features: FeatureEngineer, alpha: float, weight: float, kinds: int, seeds: Sequence[int]
    ) -> None:
        super().__init__(features, alpha, weight)
        self.kinds, self.rngs, self.t = int(kinds), [spawn(seed, "tastes") for seed in seeds], 0
        self.kind = np.stack([rng.integers(0, self.kinds, N_USERS) for rng in self.rngs])
        self.size = (self.kind[..., None] == np.arange(self.kinds)).sum(1)
        self.seen, self.clicked = np.zeros((2, *self.batch_shape, self.kinds, 5), dtype=int)
        self.n, self.s = self.n.astype(int), self.s.astype(int)
        log = gammaln(np.arange(N_STEPS + 1)[:, None] + [CLICKS, MISSES, CLICKS + MISSES])
        self.log_clicks, self.log_misses, self.log_visits = np.ascontiguousarray(log.T)

    def look(self, user: np.ndarray, luck: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw the kind of a user anew, given those of all others; ``luck``, ``(R, kinds)``, are Gumbel numbers.

        Returns what users of her kind click, ``(R, 5)``, and how unsure that is: mean and standard deviation of a
        mixture of beta distributions, one for each kind, from the clicks of all others.
        """
        rows, old = self.worlds, self.kind[self.worlds, user]
        n, s = self.n[rows, user], self.s[rows, user]
        self._move(old, -1, n, s)
        log_p = np.log(self.size + 1 / self.kinds)
        log_p = log_p + (self._log_evidence(n[:, None], s[:, None]) - self._log_evidence(0, 0)).sum(-1)
        p = np.exp(log_p - log_p.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        visits = CLICKS + MISSES + self.seen
        rates = (CLICKS + self.clicked) / visits
        usual, square = (np.vecmat(p, moment) for moment in (rates, rates**2 + rates * (1 - rates) / (1 + visits)))
        self.kind[rows, user] = new = (log_p + luck).argmax(-1)  # the largest, with Gumbel noise, is a draw from p
        self._move(new, 1, n, s)
        return usual, np.sqrt(np.maximum(square - usual**2, 0))

    def _move(self, kind: np.ndarray, sign: int, n: np.ndarray, s: np.ndarray) -> None:
        """Let a user with n visits and s clicks come to a kind, or, with ``sign`` -1, leave it."""
        self.size[self.worlds, kind] += sign
        self.seen[self.worlds, kind] += sign * n
        self.clicked[self.worlds, kind] += sign * s

    def _log_evidence(self, n: Any, s: Any) -> np.ndarray:
        """Return the logarithm of the probability of all clicks of each kind, with ``n`` visits more, ``s`` clicked."""
        n, s = self.seen + n, self.clicked + s
        return self.log_clicks[s] + self.log_misses[n - s] - self.log_visits[n]

    def expected(self, user: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the user's mean, shrunk to that of her kind, and how unsure the latter is."""
        i = self.t % BLOCK
        if not i:  # each world draws its own luck, for many visits at once
            shape = (BLOCK, 1 + LOOKS)
            self.luck = np.stack([rng.gumbel(size=(*shape, self.kinds)) for rng in self.rngs], axis=2)
            self.others = np.stack([rng.integers(0, N_USERS, shape) for rng in self.rngs], axis=2)
        for k in range(LOOKS):
            self.look(self.others[i, k], self.luck[i, k])
        usual, spread = self.look(user, self.luck[i, LOOKS])
        n, s = self.n[self.worlds, user], self.s[self.worlds, user]
        return (s + self.weight * usual) / (n + self.weight), spread

    def count(self, user: np.ndarray, category: np.ndarray, reward: np.ndarray) -> None:
        """Take in a click for the user, and for her kind as it was drawn."""
        super().count(user, category, reward)
        kind = self.kind[self.worlds, user]
        self.seen[self.worlds, kind, category] += 1
        self.clicked[self.worlds, kind, category] += reward
        self.t += 1


DIALS = ["alpha", "weight", "kinds"]
ALPHA, ONE = Factor(0.5), Factor(1.0)
AGENTS: dict[str, tuple[Callable[..., Counting], dict[str, Factor]]] = {
    "user": (Counting, {"alpha": ALPHA, "weight": ONE}),
    "two levels": (TwoLevels, {"alpha": ALPHA, "weight": ONE}),
    "told the persona": (Told, {"alpha": ALPHA, "weight": ONE}),
    "a few tastes": (FewTastes, {"alpha": ALPHA, "weight": Factor(10.0), "kinds": Factor(6, whole=True)}),
}
PARTS = ("lost", "all", "first fifth", "last fifth")


def played(seeds: Sequence[int], agent: str, setting: dict[str, float]) -> np.ndarray:
    """Return of each world the mean click probability, ``(4, R)``.

    First how much less it is than the oracle's, then what it is: over the run, and in its first and its last fifth.
    """
    world = ZooplusSimulator(n_users=N_USERS, seed=[*seeds])
    make = AGENTS[agent][0]
    own: dict[Any, dict[str, Any]] = {FewTastes: {"seeds": world.seeds}, Told: {"kind": world.user_persona}}
    results = run({agent: make(FeatureEngineer(world), **setting, **own.get(make, {}))}, world, N_STEPS, progress=False)
    fifth, p = N_STEPS // 5, results.expected[0]
    return np.stack([(results.oracle - p).mean(1), p.mean(1), p[:, :fifth].mean(1), p[:, -fifth:].mean(1)])


def one(agent: str) -> list[dict[str, Any]]:
    """Search the dials of an agent, let the best setting play, and return the rows of all that.

    In a fresh hundred what the book's search found plays.
    """

    def score(some: list[dict[str, float]]) -> list[float]:
        return [-float(played(TUNING_WORLDS, agent, setting)[0].mean()) for setting in some]

    dials = AGENTS[agent][1]
    found = remembered(TABLE, dials, "lost", agent=agent) if shift() else search(score, dials, BUDGET)
    who = {"agent": agent, "phase": "tuning"} | dict.fromkeys(DIALS)
    rows = [who | setting | {"lost": f"{-value:.6f}"} for setting, value in found.tried]
    who |= {"phase": "play"} | found.best
    for seed, values in zip(WORLDS, played(WORLDS, agent, found.best).T, strict=True):
        rows.append(who | {"replication": seed} | {part: f"{x:.6f}" for part, x in zip(PARTS, values, strict=True)})
    return [row | {"unsettled": " ".join(found.unsettled)} for row in rows]


def compute(cache: Cache = None) -> pd.DataFrame:
    """Return what was lost with each setting that was tried, and what the best one earned in every world."""
    (found,) = gather(one, [({}, list(AGENTS))], cache, chunk=1, alone=True)
    frame = pd.DataFrame([row for some in found.values() for row in some]).astype({"replication": "Int64"})
    return frame[["agent", "phase", *DIALS, "unsettled", "replication", *PARTS]]
