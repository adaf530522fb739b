"""What came of an experiment, step by step (chapter 0)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Results:
    """What happened, step by step.

    Attributes
    ----------
    agents, seeds
        Names, A of them; and seeds of the R worlds (R = 1 for a single run).
    arm, reward
        ``(A, R, T)``: the product shown, and the click.
    expected, oracle
        ``(A, R, T)`` and ``(R, T)``: the true click probability of what was shown, and of the best product.
    category, persona
        ``(A, R, T)`` and ``(R, T)``: index of the category of what was shown, and of the persona that came; None where
        there are no such.
    categories, personas
        The names behind the indices.
    shocks, drawn
        ``{step: name}`` of what changed in all worlds at once, ``{name: (R,) steps}`` where each has its own time.

    >>> from zoolib.experiment import replicate
    >>> from zoolib.agents import OracleAgent
    >>> replicate({"oracle": lambda features, rng: OracleAgent(features)}, range(3), 50).reward.shape
    (1, 3, 50)
    """

    agents: tuple[str, ...]
    seeds: tuple[int, ...]
    arm: np.ndarray
    reward: np.ndarray
    expected: np.ndarray
    oracle: np.ndarray
    category: np.ndarray | None = None
    persona: np.ndarray | None = None
    categories: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    shocks: Mapping[int, str] = field(default_factory=dict)
    drawn: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def n_steps(self) -> int:
        """Number of steps T."""
        return self.reward.shape[-1]
