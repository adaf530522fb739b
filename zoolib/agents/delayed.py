"""Agents whose feedback comes late or in batches (the decision guide)."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.agents.linucb import LinUCBAgent, SharedLinUCBAgent
from zoolib.agents.wrappers import Around
from zoolib.world import ZooplusSimulator


class Delayed(Around):
    """An agent that learns of a visit only ``delay`` visits later, and then in batches of ``every``.

    A click of visit t is first used at visit t + 1 + delay. Batches are complete when a multiple of ``every`` visits
    have passed; the clicks of one are learned in the order in which they were made. With a delay of 0 and batches of 1
    it is the agent itself, choice for choice.

    Parameters
    ----------
    agent
        The agent that learns.
    delay
        In visits, at least 0.
    every
        Visits from one batch to the next, at least 1.
    """

    state = ("agent", "n_visits", "_waiting")

    def __init__(self, agent: Agent, *, delay: int = 0, every: int = 1) -> None:
        super().__init__(agent)
        self.delay, self.every = checks.whole("delay", delay, 0), checks.whole("every", every, 1)
        self.n_visits = 0
        self._waiting: list[list[Any]] = []  # [whether in a shop, *lesson], the oldest first

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        self._waiting.append([sim is not None, *lesson])
        self.n_visits += 1
        if self.n_visits % self.every:
            return
        n_due = max(0, len(self._waiting) - self.delay)
        for in_shop, *old in self._waiting[:n_due]:
            self._hand_on(sim if in_shop else None, *old)
        del self._waiting[:n_due]


class Anticipating(Delayed):
    """A shared LinUCB agent that counts on a click before it comes, and puts it right when it has come.

    When a product is shown, A += x x' and b += r^ x, with r^ = theta'x what the click is expected to be. That leaves
    theta as it is, but the width shrinks at once, so that the agent does not show the same product until it hears of
    it. When the click r arrives, b += (r - r^) x. Once nothing is outstanding, A and b are as if all had come at once
    (Desautels, Krause and Burdick, 2014).

    Parameters
    ----------
    agent
        A :class:`~zoolib.agents.linucb.SharedLinUCBAgent` that remembers everything.
    delay, every
        As in :class:`Delayed`.
    """

    def __init__(self, agent: SharedLinUCBAgent, *, delay: int = 0, every: int = 1) -> None:
        shared = isinstance(agent, SharedLinUCBAgent) and not isinstance(agent, LinUCBAgent)
        if not shared or agent.gamma < 1 or agent.window is not None:
            raise TypeError(f"agent must be a SharedLinUCBAgent that remembers everything, got {agent!r}")
        super().__init__(agent, delay=delay, every=every)

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        who, arm, reward = lesson
        x = who if sim is None else self.features.context(who, arm, sim)
        evidence = self.agent.evidence  # type: ignore[attr-defined]
        expected = np.vecdot(x, evidence.theta)
        evidence.add(x, expected)
        super()._take(sim, x, arm, reward - expected)

    def _hand_on(self, sim: ZooplusSimulator | None, x: Any, arm: Any, surprise: Any) -> None:
        self.agent.evidence.b += np.asarray(surprise)[..., None] * x  # type: ignore[attr-defined]
