"""What an agent is, and the one rule that most agents of this book share (chapters 0 and 2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.exploration import UCB, Exploration
from zoolib.persistence import Stateful
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class Agent(Stateful, ABC):
    """Chooses a product for a user, then learns from the click.

    In the shop an agent is two methods, ``predict`` and ``update``. Beneath them are two more that know no shop:
    ``select`` chooses among the rows of a matrix of contexts, ``learn`` takes in a context and a reward.

    Parameters
    ----------
    features
        The agent's eyes: a :class:`~zoolib.world.FeatureEngineer`, or a :class:`~zoolib.world.ContextSpace` for data
        that is no shop. Made for one world, the agent takes and returns ints; made for R in lockstep, arrays of R.

    >>> issubclass(UCBAgent, Agent)
    True
    """

    _vectors = _rewards = staticmethod(checks.finite)  # what is asked of contexts and rewards that are no shop's

    def __init__(self, features: FeatureEngineer | ContextSpace) -> None:
        self.features = checks.instance("features", features, FeatureEngineer, ContextSpace)
        self.batch_shape, self.rows = features.batch_shape, features.rows

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "_learn" in vars(cls) and "_learn_many" not in vars(cls):
            cls._learn_many = Agent._learn_many  # which goes through the new _learn, click by click

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent knows."""
        return self.features.n_arms

    @abstractmethod
    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product to show to ``user_id``; ties go to the lowest number."""

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Learn from ``reward``, 0 or 1, of having shown ``chosen_arm`` to ``user_id``."""
        checks.same_worlds(self.batch_shape, sim)
        reward = checks.clicks("reward", reward, self.batch_shape)
        x = self._context(user_id, chosen_arm, sim)
        self._meet(sim)
        self._learn(x, self._plain(chosen_arm), reward)

    def _context(self, user_id: Any, arm: Any, sim: ZooplusSimulator) -> np.ndarray:
        """Return what there is to learn from: the context of the click."""
        return self.features.context(user_id, arm, sim)

    def _meet(self, sim: ZooplusSimulator) -> None:
        """Take note of the catalog, where an agent keeps something for every product."""

    def select(self, X: np.ndarray) -> Any:
        """Return the row of ``X``, ``(..., K, d)``, to choose."""
        raise NotImplementedError(f"{type(self).__name__} knows users and products only, not bare contexts")

    def learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Learn from a finite ``reward`` of having chosen ``arm`` with context ``x``, ``(..., d)``."""
        x = self._vectors("x", x, (*self.batch_shape, self.features.d))
        arm = checks.indices("arm", arm, self.n_arms, self.batch_shape)
        self._learn(x, arm, self._rewards("reward", reward, self.batch_shape))

    def learn_many(self, X: np.ndarray, arms: Any, rewards: Any) -> None:
        """Learn from clicks that came together, as if one after another: where one is refused, those before may stay.

        Parameters
        ----------
        X, arms, rewards
            ``(n, ..., d)``, ``(n, ...)`` and ``(n, ...)``: n times what :meth:`learn` takes.
        """
        X = self._vectors("X", X, (None, *self.batch_shape, self.features.d))
        arms = checks.indices("arms", arms, self.n_arms, X.shape[:-1])
        self._learn_many(X, arms, self._rewards("rewards", rewards, X.shape[:-1]))

    def _learn_many(self, X: np.ndarray, arms: np.ndarray, rewards: np.ndarray) -> None:
        """Take in clicks whose parts have been checked."""
        for x, arm, reward in zip(X, arms, rewards, strict=True):
            self._learn(x, self._plain(arm), reward)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Take in a click whose parts have been checked."""
        raise NotImplementedError(f"{type(self).__name__} must say how it learns: update, or _learn for bare contexts")

    def _contexts(self, X: Any) -> np.ndarray:
        X = checks.finite("X", X, (*self.batch_shape, None, self.features.d))
        if not X.size:
            raise ValueError(f"X must hold at least one context, got shape {X.shape}")
        return X

    def _plain(self, arm: Any) -> Any:
        """Return an int for one world, an array for a batch."""
        return np.asarray(arm) if self.batch_shape else int(arm)


class UCBAgent(Agent):
    """The generalized UCB principle: choose the arm of the highest payoff plus alpha times uncertainty.

    An agent of this kind says two things of a context, :meth:`payoff` and :meth:`uncertainty`, and what it learns from
    a click. One that first turns a context into something else says into what it does :meth:`embed` it, and in their
    place :meth:`mean` and :meth:`width` of what it embedded, so that both share the embedding. What follows is written
    here, once; with another ``exploration`` the same agents draw (Thompson sampling) or divert (epsilon-greedy).

    Parameters
    ----------
    features
        See :class:`Agent`.
    alpha
        Weight of the uncertainty, at least 0.

    >>> UCBAgent.exploration
    UCB()
    """

    alpha = checks.Setting(0.0)
    exploration: Exploration = UCB()

    def __init__(self, features: FeatureEngineer | ContextSpace, *, alpha: float) -> None:
        for one, other in (("payoff", "mean"), ("uncertainty", "width")):
            if all(getattr(type(self), name) is getattr(UCBAgent, name) for name in (one, other)):
                raise TypeError(f"{type(self).__name__} must say {one}(X), or {other}(Z) of what it embeds")
        super().__init__(features)
        self.alpha = alpha

    def _explore(self, exploration: Exploration, rngs: Any, d: int | None) -> None:
        """Take a copy of ``exploration`` for this agent (:meth:`Exploration.start`)."""
        if not isinstance(exploration, Exploration):
            raise TypeError(f"exploration must be one of zoolib.agents.exploration, got {exploration!r}")
        self.exploration = exploration.start(rngs, self.batch_shape, d)

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return what each row of ``X`` is expected to earn, ``(..., n, d) -> (..., n)``."""
        return self.mean(self.embed(self._rows_of(X)))

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return how unsure the agent is of each row of ``X``, ``(..., n, d) -> (..., n)``."""
        return self.width(self.embed(self._rows_of(X)))

    def embed(self, X: np.ndarray) -> Any:
        """Return what the agent sees in each row of ``X``: here the context itself.

        Where a world has few contexts an agent may ask for the numbers of their cells in place of vectors; nowhere else
        does a whole number stand for a context.
        """
        return X

    def mean(self, Z: Any) -> np.ndarray:
        """Return the payoff, ``(..., n)``, of what :meth:`embed` returned."""
        return self.payoff(Z)

    def width(self, Z: Any) -> np.ndarray:
        """Return the uncertainty, ``(..., n)``, of what :meth:`embed` returned."""
        return self.uncertainty(Z)

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return payoff + alpha * uncertainty of each row of ``X``, or what the exploration puts in its place."""
        Z = self.embed(self._rows_of(X))
        payoff = self.mean(Z)
        return payoff + self.alpha * self.exploration.bonus(self, Z) if self.alpha else payoff

    def _rows_of(self, X: np.ndarray) -> np.ndarray:
        """Return ``X``; a matrix of whole numbers is one of contexts, and not of cells."""
        return X.astype(float) if checks.are_numbers(X) and X.ndim > len(self.batch_shape) + 1 else X

    def select(self, X: np.ndarray) -> Any:
        """Return the row of ``X`` with the highest score, unless exploration diverts."""
        X = self._contexts(X)
        return self._plain(self.exploration.divert(self.exploration.pick(self.score(X)), np.ones(X.shape[:-1], bool)))

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product with the highest score for ``user_id``, unless exploration diverts."""
        scores, arms = self.scored(user_id, sim)
        return self._plain(self.exploration.divert(arms[(*self.rows, self.exploration.pick(scores))], sim.for_sale))

    def scored(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores of the choices for ``user_id``, ``(..., n)``, -inf if not offered, and their products."""
        checks.same_worlds(self.batch_shape, sim)
        X, arms = self.choices(user_id, sim)
        scores = self.score(X)
        return np.where(sim._offers(arms), scores, -np.inf) if sim.sold_out else scores, arms

    def choices(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the choices that differ for ``user_id``, and the product that stands for each, ``(..., n)``."""
        return self.features.choices(user_id, sim)
