"""How a score explores: the one choice that all agents share (chapter 2).

An exploration says what alpha is multiplied with, and may divert the choice. Those that draw are in
:mod:`zoolib.agents.sampling`; of them an agent keeps a copy with generators of its own.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib.persistence import Stateful
from zoolib.ties import first_best

Rngs = list[np.random.Generator]


class Exploration(Stateful):
    """How a score explores.

    Attributes
    ----------
    is_random
        Whether the score itself is drawn.
    asks_for_inverse
        Whether A^-1 itself is used, and not only means and widths.
    goes_by_gaps
        Whether it matters by how much scores differ, and not only which is higher: they must be payoffs.
    pick
        A function that returns the row to choose by its score, ``(..., n) -> (...)``; one of -inf is not to be had.

    >>> Exploration().divert(3, for_sale=np.ones(5, dtype=bool))
    3
    """

    is_random = asks_for_inverse = goes_by_gaps = False
    pick = staticmethod(first_best)

    def start(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> Exploration:
        """Return a copy for an agent.

        Parameters
        ----------
        rngs, batch_shape
            A generator a world, for what is random in it (None: there is none); and the shape of the agent.
        d
            Length of what it embeds, of which one linear model judges all rows; None: each arm has its own.
        """
        mine = copy.copy(self)
        mine._bind(rngs, batch_shape, d)
        return mine

    def _bind(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        """Take what is needed."""

    def _needed(self, rngs: Rngs | None) -> Rngs:
        if rngs is None:
            raise TypeError(f"rng must be given for exploration={self!r}: randomness is handed in, never implied")
        return rngs

    def bonus(self, agent: Any, Z: Any) -> Any:
        """Return what alpha multiplies in the score of ``Z``, what the agent embedded, ``(..., n)``.

        It asks the agent for its ``evidence`` or its ``width``.
        """
        raise NotImplementedError

    def divert(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return the arm to show when ``arm`` has the highest score, given which are for sale, ``(..., K)``."""
        return arm


@dataclass
class UCB(Exploration):
    """Optimism: payoff plus alpha times the width of its interval.

    >>> UCB().is_random
    False
    """

    def bonus(self, agent: Any, Z: Any) -> np.ndarray:
        """Return the width."""
        return agent.width(Z)
