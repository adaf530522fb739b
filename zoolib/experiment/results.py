"""What came of an experiment, step by step (chapter 0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from zoolib import checks

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Results:
    """What happened, step by step.

    Attributes
    ----------
    agents
        Names, A of them.
    seeds
        Seeds of the R worlds (R = 1 for a single run).
    arm, reward
        ``(A, R, T)``: the product shown, and the click.
    expected, oracle
        ``(A, R, T)`` and ``(R, T)``: the true click probability of what was shown, and of the best product.
    category, persona
        ``(A, R, T)`` and ``(R, T)``: index of the category of what was shown, and of the persona that came; None where
        there are no such.
    categories, personas
        The names behind the indices.
    shocks
        ``{step: name}`` of what changed in all worlds at once, and when.
    drawn
        ``{name: (R,) steps}`` of what changed in each world at a time of its own.
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

    def frame(self, every: int = 1) -> pd.DataFrame:
        """Return a tidy table, one row for each agent, replication and ``every``-th step.

        Columns ``agent``, ``replication`` (its seed), ``step``, ``persona``, ``category``, ``arm``, ``reward``,
        ``expected`` and ``oracle``.
        """
        import pandas as pd

        kept = slice(None, None, checks.whole("every", every, 1))
        A, R, T = self.arm[..., kept].shape
        agent, replication, step = (axis.ravel() for axis in np.indices((A, R, T)))
        columns = {"agent": np.array(self.agents)[agent], "replication": np.array(self.seeds)[replication]}
        columns["step"] = step * every
        if self.persona is not None:
            columns["persona"] = np.array(self.personas)[np.tile(self.persona[..., kept].ravel(), A)]
        if self.category is not None:
            columns["category"] = np.array(self.categories)[self.category[..., kept].ravel()]
        flat = {name: getattr(self, name)[..., kept].ravel() for name in ("arm", "reward", "expected")}
        return pd.DataFrame(columns | flat | {"oracle": np.tile(self.oracle[..., kept].ravel(), A)})
