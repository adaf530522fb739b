"""What a constant alpha costs in the long run (chapter 2): regret over 40,000 visits to a shop that stands still."""

from collections.abc import Sequence
from math import log, sqrt
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.long import DATA, Cache, gather

TABLE = DATA / "stuck.csv"
N_STEPS, EVERY, LATE = 40_000, 2000, 20_000


class GrowingLinUCB(zoo.SharedLinUCBAgent):
    """LinUCB whose alpha grows with the visits t so far: sigma sqrt(2 ln(1 + t ln^2 t)), sigma = 1/2.

    For arms that are only counted its regret is of order ln T (Lattimore and Szepesvari, 2020, Theorem 8.1).
    """

    t = 1

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        super()._learn(x, arm, reward)
        self.t += 1
        self.alpha = 0.5 * sqrt(2 * log(1 + self.t * log(self.t) ** 2))


def shared(alpha: float) -> Any:
    """Return what makes the shared agent on crossed features."""
    return lambda features, rng: zoo.SharedLinUCBAgent(features.encoded("crossed"), alpha=alpha)


AGENTS = {
    "alpha 1": shared(1.0),
    "alpha 1.4": shared(1.4),
    "growing alpha": lambda features, rng: GrowingLinUCB(features.encoded("crossed"), alpha=0.5),
    "UCB1": lambda features, rng: zoo.UCB1Agent(features),
    "KL-UCB": lambda features, rng: zoo.KLUCBAgent(features),
    "Thompson": lambda features, rng: zoo.BetaThompsonAgent(features, rng=rng),
}


def play(seeds: Sequence[int], agent: str) -> dict[int, dict[str, str]]:
    """Return by seed what one agent lost."""
    results = zoo.replicate({agent: AGENTS[agent]}, seeds, N_STEPS)
    lost = results.oracle - results.expected[0]  # (R, T)
    by_then = lost.cumsum(1)[:, EVERY - 1 :: EVERY]
    late = np.stack(
        [np.where(results.persona == p, lost, 0)[:, LATE:].sum(1) for p in range(len(results.personas))], axis=1
    )
    return {seed: {"regret": _text(by_then[i]), "late": _text(late[i])} for i, seed in enumerate(seeds)}


def _text(numbers: np.ndarray) -> str:
    return " ".join(f"{number:.2f}" for number in numbers)


def compute(
    seeds: Sequence[int] = range(100), agents: Sequence[str] = tuple(AGENTS), cache: Cache = None
) -> pd.DataFrame:
    """Return ``agent``, ``replication``, and as texts ``regret``, 20 numbers, and ``late``, one for each persona."""
    found = gather(play, [({"agent": agent}, list(seeds)) for agent in agents], cache, chunk=50)
    rows = zip(agents, found, strict=True)
    return pd.DataFrame({"agent": name, "replication": seed, **of} for name, by in rows for seed, of in by.items())
