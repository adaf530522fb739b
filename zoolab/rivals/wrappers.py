"""Agents that learn late, expect clicks before they come, or start over (chapter 5, the decision guide)."""

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.agents.linucb import SharedLinUCBAgent
from zoolib.agents.snapshots import Wrapper
from zoolib.evidence import Evidence
from zoolib.world import ContextSpace, ZooplusSimulator  # noqa: F401  the examples ask for contexts


class Delayed(Wrapper):
    """An agent that learns of a visit only ``delay`` visits later, and then in batches of ``every``.

    A click of visit t is first used at visit t + 1 + delay. Batches are complete when a multiple of ``every`` visits
    have passed; the clicks of one are learned in the order in which they were made. With a delay of 0 and batches of 1
    it is the agent itself, choice for choice.

    Parameters
    ----------
    agent
        The agent that learns.
    delay, every
        In visits, at least 0; visits from one batch to the next, at least 1.

    >>> agent = Delayed(SharedLinUCBAgent(ContextSpace(d=2, n_arms=3)), delay=1)
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.evidence.b.tolist()
    [0.0, 0.0]
    """

    def __init__(self, agent: Agent, *, delay: int = 0, every: int = 1) -> None:
        super().__init__(agent)
        self.delay, self.every = checks.whole("delay", delay, 0), checks.whole("every", every, 1)
        self.n_visits = 0
        self._waiting: list[list[Any]] = []  # Each is [whether in a shop, *lesson], the oldest first.

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        self._waiting.append([sim is not None, *lesson])
        self.n_visits += 1
        if self.n_visits % self.every:
            return
        for _ in range(len(self._waiting) - self.delay):
            in_shop, *old = self._waiting.pop(0)  # It is gone even if the agent refuses it.
            self._hand_on(sim if in_shop else None, *old)


class Anticipating(Delayed):
    """A shared LinUCB agent with hallucinated updates: it expects a click before it comes, and corrects it afterwards.

    When a product is shown, A += x x' and b += r^ x, with r^ = theta'x what the click is expected to be. That leaves
    theta as it is, but the width shrinks at once, so that the agent does not show the same product until it hears of
    it. When the click r arrives, b += (r - r^) x. Once nothing is outstanding, A and b are as if all had come at once
    (Desautels, Krause and Burdick, 2014).

    Parameters
    ----------
    agent
        A :class:`~zoolib.agents.SharedLinUCBAgent` that remembers everything; not one of log-odds, whose b is no sum.
    delay, every
        As in :class:`Delayed`.

    >>> agent = Anticipating(SharedLinUCBAgent(ContextSpace(d=2, n_arms=3)), delay=1)
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.evidence.A.diagonal().tolist()
    [1.0, 2.0]
    """

    def __init__(self, agent: SharedLinUCBAgent, *, delay: int = 0, every: int = 1) -> None:
        if not isinstance(agent, SharedLinUCBAgent) or type(agent.evidence) is not Evidence or agent.warm is None:
            raise TypeError(f"agent must be a linear SharedLinUCBAgent that remembers everything, got {agent!r}")
        super().__init__(agent, delay=delay, every=every)

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        who, arm, reward = lesson
        x = who if sim is None else self.features.context(who, arm, sim)
        expected = np.vecdot(x, self.evidence.theta)
        self.evidence.add(x, expected)
        super()._take(sim, x, arm, reward - expected)

    def _hand_on(self, sim: ZooplusSimulator | None, x: Any, arm: Any, surprise: Any) -> None:
        self.evidence.b += np.asarray(surprise)[..., None] * x


class Restarting(Wrapper):
    """An agent that forgets all after some visits and starts over as it was made: its generators, too, so luck repeats.

    Parameters
    ----------
    agent, at
        The agent, before it has learned anything; numbers of visits after which it starts over, for example ``[3000]``.
    keep
        As what share, in [0, 1], all that was learned then counts; 0 starts over. Above 0 nothing but A and b changes,
        A <- keep A + (1 - keep) lambda I, b <- keep b, of a :class:`SharedLinUCBAgent` or a kind of it, with no window.

    >>> agent = Restarting(SharedLinUCBAgent(ContextSpace(d=2, n_arms=3)), at=[1])
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.evidence.b.tolist()
    [0.0, 0.0]
    """

    def __init__(self, agent: Agent, *, at: Iterable[int], keep: float = 0.0) -> None:
        super().__init__(agent)
        self.at = sorted(checks.whole("at", n, 1) for n in checks.items("at", at))
        self.keep, self.n_visits, self._fresh = checks.real("keep", keep, 0.0, 1.0), 0, self._copied(agent)
        if keep and not (isinstance(agent, SharedLinUCBAgent) and agent.window is None):
            raise TypeError(f"with keep, agent must be a SharedLinUCBAgent or a kind of it, with no window: {agent!r}")

    def _copied(self, agent: Agent) -> Agent:
        return copy.deepcopy(agent, {id(self.features): self.features})  # Features are shared.

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        super()._take(sim, *lesson)
        self.n_visits += 1
        if self.n_visits in self.at and self.keep:
            of = self.agent.evidence
            of.put(self.keep * of.A + (1 - self.keep) * of.ridge * of.eye, self.keep * of.b)
        elif self.n_visits in self.at:
            self.agent = self._copied(self._fresh)
