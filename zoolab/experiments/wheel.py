"""The wheel, on which one must explore: sixteen agents, tuned alike, on rims of five widths (chapter 10).

Every agent first tries each of the five arms twice, as in the paper. Its dials are searched on wheels that are used for
nothing else, by what it loses on average over three of the radii, in percent of what chance loses. The best setting
then plays a hundred other wheels of each radius.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.columns import Crossed, Identity, RandomFourier, serve
from zoolab.experiments.contest import Factor, remembered, search
from zoolab.experiments.expecting import Expecting
from zoolab.labelled import WheelBandit
from zoolab.long import DATA, Cache, gather
from zoolab.rivals import ArmHeadsAgent, EnsembleAgent, EpinetAgent
from zoolib.randomness import shift

TABLE = DATA / "wheel.csv"
DELTAS = (0.5, 0.7, 0.9, 0.95, 0.99)
N_STEPS, SEEDS = 2000, range(100)
TUNING_DELTAS, TUNING_SEEDS, BUDGET = (0.5, 0.9, 0.99), range(1000, 1010), 15


class Seen:
    """A wheel through a map: the agent gets z = map(x)."""

    def __init__(self, wheel: WheelBandit, map: Any) -> None:
        rngs = [zoo.spawn(seed, "waves") for seed in wheel.seeds]
        self.wheel, self.map = wheel, map.start(2, wheel.batch_shape, rngs)
        self.space = zoo.ContextSpace(self.map.width, wheel.n_arms, wheel.batch_shape)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wheel, name)

    def contexts(self, t: int) -> np.ndarray:
        """Return z for every arm, ``(..., 5, width)``."""
        z = self.map(self.wheel.x[t][..., None, :])
        return np.broadcast_to(z, (*z.shape[:-2], self.wheel.n_arms, z.shape[-1]))


class OwnColumns:
    """A map for one network for all arms: (1, x) in the columns of each arm, and 0 in those of the others."""

    def start(self, d: int, batch_shape: tuple[int, ...], rngs: Any) -> OwnColumns:
        """Return itself, which draws nothing."""
        self.width = WheelBandit.n_arms * (d + 1)
        return self

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return a row for each arm, ``(..., 1, d) -> (..., 5, width)``."""
        return np.kron(np.eye(WheelBandit.n_arms), np.concatenate([np.ones_like(X[..., :1]), X], axis=-1))


class Quarters:
    """A map that cuts each of two columns at its middle and crosses the two: a one-hot of the quarter.

    With ``distance`` that from the middle follows, in the column of the quarter: for whoever knows that it matters.
    """

    def __init__(self, distance: bool = False) -> None:
        self.distance = distance

    def start(self, d: int, batch_shape: tuple[int, ...], rngs: Any) -> Quarters:
        """Return itself, which draws nothing."""
        self.width = 8 if self.distance else 4
        return self

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return a row for each point, ``(..., 2) -> (..., width)``."""
        in_quarter = np.eye(4)[(X > 0) @ np.array([2, 1])]
        far = np.linalg.norm(X, axis=-1, keepdims=True) * in_quarter
        return np.concatenate([in_quarter, far], axis=-1) if self.distance else in_quarter


class InTurn:
    """Tries every arm twice, in turn, before it chooses."""

    t = 0

    def select(self, X: np.ndarray) -> Any:
        """Return the arm whose turn it is, and later the agent's own choice."""
        self.t += 1
        own = super().select(X)
        return own if self.t > 2 * self.n_arms else self._plain(np.full(self.batch_shape, self.t % self.n_arms))


class NoiseUnknown(InTurn):
    """Keeps what a normal-inverse-gamma posterior needs beside A and b: of each arm the clicks and sum r^2."""

    def __init__(self, features: zoo.ContextSpace, **settings: Any) -> None:
        super().__init__(features, **settings)
        self.n, self.squares = np.zeros((2, *self.batch_shape, self.n_arms))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        super()._learn(x, arm, reward)
        self.n[(*self.worlds, arm)] += 1
        self.squares[(*self.worlds, arm)] += np.square(reward)

    def _sigma(self) -> np.ndarray:
        """Draw each arm's sigma from sigma^2 ~ InvGamma(a, b), ``(..., K)``.

        a = a0 + n/2 and b = b0 + (sum r^2 - theta'A theta)/2 of the arm's n records.
        With a0 = b0 = 6, as in the code of the Showdown.
        """
        a = 6 + self.n / 2
        b = 6 + np.maximum(self.squares - np.vecdot(self.evidence.theta, self.evidence.b), 0) / 2
        rngs = self.exploration._rngs
        gamma = [rng.standard_gamma(one) for rng, one in zip(rngs, np.atleast_2d(a), strict=True)]
        return np.sqrt(b / np.reshape(gamma, a.shape))


class Linear(InTurn, zoo.LinUCBAgent):
    """A linear model for each arm."""


class LinearExpecting(Expecting, Linear):
    """The same, which expects something of the unknown."""


class LinearShowdown(NoiseUnknown, zoo.LinUCBAgent):
    """The same, with the posterior of the Showdown."""

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sigma, drawn for each arm, times the width."""
        return self._sigma() * super().uncertainty(X)


class Heads(InTurn, ArmHeadsAgent):
    """One network, a linear model on it for each arm."""


class HeadsShowdown(NoiseUnknown, ArmHeadsAgent):
    """The same, with the posterior of the Showdown."""

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return sigma, drawn for each arm, times the width."""
        return self._sigma() * super().width(Z)


class Members(InTurn, EnsembleAgent):
    """Ten networks, of which one decides."""


class Epinet(InTurn, EpinetAgent):
    """One network with an epinet, for which one index is drawn."""


ALPHA, RIDGE = Factor(1.0), Factor(0.25)
EPSILON, LENGTH, LR = Factor(0.05, bottom=0.002), Factor(0.5), Factor(0.01)
PRIOR = {"alpha": ALPHA, "prior": Factor(10.0), "lr": LR}
WAVES, STEPS = {"ridge": RIDGE, "length": LENGTH}, {"ridge": RIDGE, "lr": LR}
PLAIN, SHOWDOWN = {"alpha": 0.0}, {"alpha": 1.0, "exploration": zoo.ArmThompson()}
DRAWN = {"exploration": zoo.ArmThompson()}
AGENTS: dict[str, tuple[type[zoo.Agent], dict[str, Any], dict[str, Factor]]] = {
    "Linear, UCB": (Linear, {}, {"alpha": ALPHA, "ridge": RIDGE}),
    "Squares, UCB": (Linear, {}, {"alpha": ALPHA, "ridge": RIDGE}),
    "Quarters, UCB": (Linear, {}, {"alpha": ALPHA, "ridge": RIDGE}),
    "Quarters and distance, UCB": (Linear, {}, {"alpha": ALPHA, "ridge": RIDGE}),
    "Waves, UCB": (Linear, {}, {"alpha": ALPHA} | WAVES),
    "Waves, Showdown's draws": (LinearShowdown, SHOWDOWN, WAVES),
    "Waves, epsilon-greedy": (Linear, PLAIN, {"epsilon": EPSILON} | WAVES),
    "Waves, greedy": (Linear, PLAIN, WAVES),
    "Waves, greedy, expects": (LinearExpecting, PLAIN, {"expects": Factor(10.0)} | WAVES),
    "Neural-Linear, UCB": (Heads, {}, {"alpha": ALPHA} | STEPS),
    "Neural-Linear, Thompson": (Heads, DRAWN, {"alpha": ALPHA} | STEPS),
    "Neural-Linear, Showdown's draws": (HeadsShowdown, SHOWDOWN, STEPS),
    "Neural-Linear, epsilon-greedy": (Heads, PLAIN, {"epsilon": EPSILON} | STEPS),
    "Neural-Linear, greedy": (Heads, PLAIN, STEPS),
    "Ensemble, one member": (Members, {}, PRIOR),
    "Epinet, one index": (Epinet, {"noise": WheelBandit.sigma}, PRIOR),
}
DIALS = ["alpha", "epsilon", "ridge", "length", "prior", "lr", "expects"]
MAPS: dict[str, Callable[..., Any]] = {
    "Linear": lambda length: Identity(),
    "Squares": lambda length: Crossed(),
    "Quarters": lambda length: Quarters(),
    "Quarters and distance": lambda length: Quarters(distance=True),
    "Waves": lambda length: RandomFourier(n=64, length=length),
    "Neural-Linear": lambda length: Identity(),
    "Ensemble": lambda length: OwnColumns(),
    "Epinet": lambda length: OwnColumns(),
}


def lost(name: str, setting: dict[str, float], seeds: Sequence[int], delta: float) -> tuple[np.ndarray, np.ndarray]:
    """Return of each wheel what an agent loses, in percent of what chance does, and how many rich arms it has found."""
    make, always, _ = AGENTS[name]
    own = {key: value for key, value in setting.items() if key not in ("length", "epsilon")}
    if "epsilon" in setting:
        own["exploration"] = zoo.EpsilonGreedy(setting["epsilon"])
    wheel = Seen(WheelBandit(seeds, N_STEPS, delta=delta), MAPS[name.partition(",")[0]](setting.get("length")))
    played = serve({name: lambda space, rng: make(space, **always, **own, rng=rng)}, wheel, progress=False)
    chance = (wheel.expected.max(-1) - wheel.expected.mean(-1)).sum(0)
    rich = [
        np.unique(arm[earned == wheel.rich]).size for arm, earned in zip(played.arm[0], played.expected[0], strict=True)
    ]
    return 100 * (played.oracle - played.expected[0]).sum(-1) / chance, np.array(rich)


def one(name: str) -> list[dict[str, Any]]:
    """Search the dials of one agent, let the best setting play, and return the rows of all that.

    In a fresh hundred what the book's search found plays.
    """

    def score(some: list[dict[str, float]]) -> list[float]:
        return [
            -float(np.mean([lost(name, setting, TUNING_SEEDS, delta)[0].mean() for delta in TUNING_DELTAS]))
            for setting in some
        ]

    dials = AGENTS[name][2]
    found = remembered(TABLE, dials, "lost", agent=name) if shift() else search(score, dials, BUDGET)
    who = {"agent": name, "phase": "tuning"} | dict.fromkeys(DIALS)
    rows = [who | setting | {"lost": f"{-value:.2f}"} for setting, value in found.tried]
    who |= {"phase": "play"} | found.best
    played = [lost(name, found.best, SEEDS, delta) for delta in DELTAS]
    for i, seed in enumerate(SEEDS):
        told = {"lost": " ".join(f"{loss[i]:.2f}" for loss, _ in played)}
        told |= {"found": " ".join(str(rich[i]) for _, rich in played)}
        rows.append(who | {"replication": seed} | told)
    return [row | {"unsettled": " ".join(found.unsettled)} for row in rows]


def compute(names: Sequence[str] = tuple(AGENTS), cache: Cache = None) -> pd.DataFrame:
    """Return what was lost: of each setting that was tried, on average; of the best one, on every wheel."""
    (found,) = gather(one, [({}, list(names))], cache, chunk=1, alone=True)
    frame = pd.DataFrame([row for some in found.values() for row in some]).astype({"replication": "Int64"})
    return frame[["agent", "phase", *DIALS, "unsettled", "replication", "lost", "found"]]
