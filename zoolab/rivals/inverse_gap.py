"""Inverse gap weighting, also known as SquareCB and FastCB, for any agent (chapters 6 and 10).

Where it differs from its papers:

1. gamma is a constant; in SquareCB it is set from the horizon and the regression oracle's regret.
2. The oracle is the agent's own regression, which learns from the shown arms without weights, as theirs does.
3. K counts the candidates: products that the agent cannot tell apart are one, and the first of them is shown.
4. FastCB regresses with the logarithmic loss and divides by the greedy arm's expected loss, here 1 - payoff. Where
   payoffs are small that is nearly 1, and so some libraries divide by the payoff instead. A loss or payoff below 1e-9
   counts as 1e-9.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.exploration import ByChance
from zoolib.ties import argmax

LEAST = 1e-9  # A greedy loss or payoff counts as at least this much.


@dataclass
class InverseGap(ByChance):
    """Inverse gap weighting: an arm is shown the more rarely, the farther its payoff is below the highest.

    Of K arms, all but the greedy one have the probability 1 / (K + gamma (highest payoff - payoff)), and the greedy one
    has the rest. Abe and Long (ICML 1999) draw so, and Foster and Rakhlin (ICML 2020) show that its regret is of the
    best order where the regression can express the payoffs: SquareCB. Alpha and the width play no part in it.

    Parameters
    ----------
    gamma
        Weight of a gap, above 0. The higher, the greedier.
    per
        What gamma is divided by: ``"one"``; or the greedy arm's ``"loss"``, 1 - payoff, which is FastCB (Foster and
        Krishnamurthy, NeurIPS 2021); or its ``"payoff"``.

    >>> InverseGap(gamma=20.0).chances(np.array([0.5, 0.4, 0.1])).round(3).tolist()
    [0.709, 0.2, 0.091]
    """

    gamma: float = 100.0
    per: str = "one"

    def __post_init__(self) -> None:
        self.gamma = checks.real("gamma", self.gamma, 0.0, open_low=True)
        self.per = checks.choice("per", self.per, ("one", "loss", "payoff"))

    def chances(self, scores: np.ndarray) -> np.ndarray:
        """Return the probability of each row given its payoff, ``(..., n) -> (..., n)``; 0 where that is -inf."""
        best = scores.max(-1, keepdims=True)
        gap = np.subtract(best, scores, out=np.zeros_like(scores), where=scores < best)
        unit = {"one": np.ones_like(best), "loss": 1 - best, "payoff": best}[self.per]
        gamma = self.gamma / np.maximum(unit, LEAST)
        greedy = argmax(scores)[..., None] == np.arange(scores.shape[-1])
        others = np.where(greedy, 0.0, 1 / ((scores > -np.inf).sum(-1, keepdims=True) + gamma * gap))
        return others + greedy * (1 - others.sum(-1, keepdims=True))

    def pick(self, scores: np.ndarray) -> Any:
        """Return a row that is drawn by its chance."""
        return (self.chances(scores).cumsum(-1) > np.asarray(self._uniforms())[..., None]).argmax(-1)
