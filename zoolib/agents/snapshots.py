"""Something that stands around an agent and looks like an agent itself, such as a keeper of snapshots (chapter 4)."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.agents.linucb import SharedLinUCBAgent  # noqa: F401  the examples wrap one
from zoolib.world import ContextSpace, ZooplusSimulator  # noqa: F401  the examples ask for contexts


class Wrapper(Agent):
    """Stands between the shop and an agent: hands choices on as they are, and clicks as a subclass says.

    Whatever it does not define it reads from the agent: ``evidence``, ``exploration``, ``warm``, ``alpha``.

    Parameters
    ----------
    agent
        Anything that has ``predict`` and ``update``; a wrapper, too. From now on it is this wrapper's: nobody else
        should teach it.

    >>> Wrapper(SharedLinUCBAgent(ContextSpace(d=2, n_arms=3), alpha=0.5)).alpha
    0.5
    """

    def __init__(self, agent: Any) -> None:
        self.agent = checks.having("agent", agent, "predict", "update")

    def __getattr__(self, name: str) -> Any:
        if name == "agent" or name.startswith("__"):  # While a copy is being made, there is no agent yet.
            raise AttributeError(name)
        return getattr(self.agent, name)

    @property
    def alpha(self) -> float:
        """The agent's weight of the uncertainty; to set it is to set the agent's."""
        return self.agent.alpha

    @alpha.setter
    def alpha(self, value: float) -> None:
        self.agent.alpha = value

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

    def checked(self, x: Any, arm: Any, reward: Any) -> tuple[np.ndarray, Any, Any]:
        """Return what the agent's ``learn`` takes, as the agent checks it."""
        return getattr(self.agent, "checked", super().checked)(x, arm, reward)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self._take(None, *(copy.copy(part) for part in (x, arm, reward)))

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        """Take in a lesson: ``(user, arm, reward)`` in a shop, ``(x, arm, reward)`` without one."""
        self._hand_on(sim, *lesson)

    def _hand_on(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        """Let the agent learn a lesson."""
        self.agent.learn(*lesson) if sim is None else self.agent.update(*lesson, sim)


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

    def __init__(self, agent: Any, at: Iterable[int], look: Callable[[Any], Any] = copy.deepcopy) -> None:
        super().__init__(agent)
        self.at = frozenset(checks.whole("at", n, 0) for n in checks.items("at", at))
        self.look, self.n_visits, self.snapshots = look, 0, {}

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        super()._take(sim, *lesson)
        self.n_visits += 1
        if self.n_visits in self.at:
            self.snapshots[self.n_visits] = self.look(self.agent)
