"""What stands between the shop and an agent, and looks like an agent itself (the decision guide)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class Around(Agent):
    """Stands between the shop and an agent: hands choices on as they are, and clicks as a subclass says.

    Parameters
    ----------
    agent
        Any agent of the book. From now on it is this wrapper's: nobody else should teach it.
    """

    state = ("agent",)

    def __init__(self, agent: Agent) -> None:
        if not isinstance(agent, Agent):
            raise TypeError(f"agent must be an agent of zoolib, got {type(agent).__name__}")
        super().__init__(agent.features)
        self.agent = agent

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

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return the agent's score of each row of ``X``."""
        return self.agent.score(X)  # type: ignore[attr-defined]

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Take in the click of a visit; what cannot be is refused now, whenever it will be learned."""
        checks.same_worlds(self.batch_shape, sim.batch_shape)
        reward = checks.clicks("reward", reward, self.batch_shape)
        sim.persona(user_id)
        arm = checks.indices("chosen_arm", chosen_arm, sim.n_products, self.batch_shape)
        self._take(sim, *(copy.copy(part) for part in (user_id, arm, reward)))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self._take(None, *(copy.copy(part) for part in (x, arm, reward)))

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        """Take in a lesson: ``(user, arm, reward)`` in a shop, ``(x, arm, reward)`` without one."""
        self._hand_on(sim, *lesson)

    def _hand_on(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        """Let the agent learn a lesson."""
        self.agent.learn(*lesson) if sim is None else self.agent.update(*lesson, sim)

    def settings(self) -> dict[str, Any]:
        """Return the arguments that make it, the agent as its class and settings."""
        described = {"class": _name(type(self.agent)), "settings": self.agent.settings()}
        return super().settings() | {"agent": described}

    @classmethod
    def blank(cls, features: FeatureEngineer | ContextSpace, settings: Mapping[str, Any]) -> Self:
        """Return such a wrapper about an agent without experience."""
        within = settings["agent"]
        kind = {_name(kind): kind for kind in _kinds(Agent)}[within["class"]]
        return cls(**{**settings, "agent": kind.blank(features, within["settings"])})


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _kinds(kind: type[Agent]) -> Iterator[type[Agent]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)
