"""Something that stands around an agent, and looks like an agent itself (chapters 4 and 5, the decision guide)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from zoolab.columns import LogisticEvidence
from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.agents.linucb import SharedLinUCBAgent
from zoolib.world import ContextSpace, ZooplusSimulator  # noqa: F401  the examples ask for contexts


class Wrapper(Agent):
    """Stands between the shop and an agent: hands choices on as they are, and clicks as a subclass says.

    What it does not say itself it leaves to the agent: ``evidence``, ``exploration``, ``warm``, settings such as
    ``alpha``.

    Parameters
    ----------
    agent
        Anything that has ``predict`` and ``update``; a wrapper, too. From now on it is this wrapper's: nobody else
        should teach it.

    >>> Wrapper(SharedLinUCBAgent(ContextSpace(d=2, n_arms=3), alpha=0.5)).alpha
    0.5
    """

    state = ("agent",)

    def __init__(self, agent: Any) -> None:
        self.agent = checks.having("agent", agent, "predict", "update")
        self._vectors, self._rewards = (getattr(agent, name, checks.finite) for name in ("_vectors", "_rewards"))

    def __getattr__(self, name: str) -> Any:
        if name == "agent" or name.startswith("__"):  # not yet there, while a copy is being made
            raise AttributeError(name)
        return getattr(self.agent, name)

    def __setattr__(self, name: str, value: Any) -> None:
        holder: Any = self  # a setting is changed where it is
        while isinstance(holder, Wrapper) and not _is_setting(holder, name):
            holder = holder.__dict__.get("agent")
        object.__setattr__(holder if holder is not self and _is_setting(holder, name) else self, name, value)

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent knows."""
        return self.agent.n_arms

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return what the agent chooses."""
        return self.agent.predict(user_id, sim)

    def select(self, X: np.ndarray) -> Any:
        """Return the row that the agent chooses."""
        return self.agent.select(X)

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Take in the click of a visit; what cannot be is refused now, whenever it will be learned."""
        checks.same_worlds(getattr(self, "batch_shape", ()), sim)
        reward = checks.clicks("reward", reward, sim.batch_shape)
        sim.persona(user_id)
        arm = checks.indices("chosen_arm", chosen_arm, sim.n_products, sim.batch_shape)
        self._take(sim, *(copy.copy(part) for part in (user_id, arm, reward)))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self._take(None, *(copy.copy(part) for part in (x, arm, reward)))

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        """Take in a lesson: ``(user, arm, reward)`` in a shop, ``(x, arm, reward)`` without one."""
        self._hand_on(sim, *lesson)

    def _hand_on(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        """Let the agent learn a lesson."""
        self.agent.learn(*lesson) if sim is None else self.agent.update(*lesson, sim)


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

    state = ("agent", "n_visits", "_waiting")
    delay, every = checks.Setting(0, kind=int), checks.Setting(1, kind=int)

    def __init__(self, agent: Agent, *, delay: int = 0, every: int = 1) -> None:
        super().__init__(agent)
        self.delay, self.every, self.n_visits = delay, every, 0
        self._waiting: list[list[Any]] = []  # [whether in a shop, *lesson], the oldest first

    def _changed(self, name: str, before: Any) -> None:
        """Nothing follows: both are read when they are needed."""

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        self._waiting.append([sim is not None, *lesson])
        self.n_visits += 1
        if self.n_visits % self.every:
            return
        for _ in range(len(self._waiting) - self.delay):
            in_shop, *old = self._waiting.pop(0)  # gone, though the agent should refuse it
            self._hand_on(sim if in_shop else None, *old)


class Anticipating(Delayed):
    """A shared LinUCB agent that counts on a click before it comes, and puts it right when it has come.

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

    gamma, window = (property(lambda self, name=name: getattr(self.agent, name)) for name in ("gamma", "window"))

    def __init__(self, agent: SharedLinUCBAgent, *, delay: int = 0, every: int = 1) -> None:
        is_shared = isinstance(agent, SharedLinUCBAgent) and agent.is_shared
        if not is_shared or agent.gamma < 1 or agent.window is not None or isinstance(agent.evidence, LogisticEvidence):
            raise TypeError(f"agent must be a linear SharedLinUCBAgent that remembers everything, got {agent!r}")
        super().__init__(agent, delay=delay, every=every)
        agent.by_cell = False  # b itself is what is put right
        agent._changed("by_cell", True)

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        who, arm, reward = lesson
        x = who if sim is None else self.features.context(who, arm, sim)
        expected = np.vecdot(x, self.evidence.theta)
        self.evidence.add(x, expected)
        super()._take(sim, x, arm, reward - expected)

    def _hand_on(self, sim: ZooplusSimulator | None, x: Any, arm: Any, surprise: Any) -> None:
        b = self.evidence.b
        b += np.asarray(surprise)[..., None] * x


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

    state = ("agent", "n_visits", "_fresh")
    keep = checks.Setting(0.0, 1.0, fixed=True)

    def __init__(self, agent: Agent, *, at: Iterable[int], keep: float = 0.0) -> None:
        super().__init__(agent)
        self.at = sorted(checks.whole("at", n, 1) for n in checks.items("at", at))
        self.keep, self.n_visits, self._fresh = keep, 0, self._copied(agent)
        if keep and not (isinstance(agent, SharedLinUCBAgent) and agent.window is None):
            raise TypeError(f"with keep, agent must be a SharedLinUCBAgent or a kind of it, with no window: {agent!r}")

    def _copied(self, agent: Agent) -> Agent:
        return copy.deepcopy(agent, {id(self.features): self.features})  # eyes are shared, what was learned is not

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        super()._take(sim, *lesson)
        self.n_visits += 1
        if self.n_visits in self.at and self.keep:
            of = self.agent.evidence
            of.put(self.keep * of.A + (1 - self.keep) * of.ridge * of.eye, self.keep * of.b)
        elif self.n_visits in self.at:
            self.agent = self._copied(self._fresh)


class Snapshots(Wrapper):
    """Keeps, after some visits, a copy of the agent or what ``look`` says of it.

    Parameters
    ----------
    agent, at, look
        Any agent; numbers of visits after which to look at it; what to keep of it, a copy if nothing is said.

    Attributes
    ----------
    snapshots
        ``{visits: what was kept}``.

    >>> inner = SharedLinUCBAgent(ContextSpace(d=2, n_arms=3))
    >>> agent = Snapshots(inner, at=[1], look=lambda agent: agent.evidence.b.sum())
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> {visits: float(b) for visits, b in agent.snapshots.items()}
    {1: 1.0}
    """

    state = ("agent", "n_visits")

    def __init__(self, agent: Any, at: Iterable[int], look: Callable[[Any], Any] = copy.deepcopy) -> None:
        super().__init__(agent)
        self.at = frozenset(checks.whole("at", n, 0) for n in checks.items("at", at))
        self.look, self.n_visits, self.snapshots = look, 0, {}

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        super()._take(sim, *lesson)
        self.n_visits += 1
        if self.n_visits in self.at:
            self.snapshots[self.n_visits] = self.look(self.agent)


def _is_setting(holder: Any, name: str) -> bool:
    """Tell whether ``name`` is a setting, or a property, of an object's class."""
    return any(isinstance(vars(kind).get(name), (checks.Setting, property)) for kind in type(holder).__mro__)
