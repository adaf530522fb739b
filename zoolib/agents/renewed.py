"""Agents that start over (the decision guide)."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.agents.wrappers import Around
from zoolib.world import ZooplusSimulator


class Renewed(Around):
    """An agent that forgets everything after some visits and starts over as it was made.

    Parameters
    ----------
    agent
        The agent, before it has learned anything.
    at
        Numbers of visits after which it starts over, for example ``[3000]`` or ``range(1000, 10_001, 1000)``.
    """

    state = ("agent", "n_visits", "_fresh")

    def __init__(self, agent: Agent, *, at: Iterable[int]) -> None:
        super().__init__(agent)
        self.at = sorted(checks.whole("at", n, 1) for n in at)
        self.n_visits = 0
        self._fresh = self._copied(agent)

    def _copied(self, agent: Agent) -> Agent:
        return copy.deepcopy(agent, {id(self.features): self.features})  # eyes are shared, what was learned is not

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        super()._take(sim, *lesson)
        self.n_visits += 1
        if self.n_visits in self.at:
            self.agent = self._copied(self._fresh)
