"""Classification as a bandit: other people's labelled data as contexts, arms and rewards (chapter 10).

A row x of class y becomes a visitor, the K classes become arms, and the reward of arm a is 1 if a = y and 0 otherwise.
The agent is told the reward of its own choice alone; where that is 0, it is not told which arm would have earned 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents import Agent
from zoolib.data.labelled_sets import LabelledData
from zoolib.randomness import spawn
from zoolib.world import ContextSpace

SCALINGS = ("running", "whole", "row")
FORMS = ("shared", "copies")
FAR = 5.0  # standard deviations at which a feature is cut off


def shuffled(n_rows: int, n_steps: int, rng: np.random.Generator) -> np.ndarray:
    """Return which row comes at each step, ``(n_steps,)``: one shuffle of all rows after another."""
    n_rows, n_steps = checks.whole("n_rows", n_rows, 1), checks.whole("n_steps", n_steps, 1)
    n_epochs = -(-n_steps // n_rows)
    return np.concatenate([rng.permutation(n_rows) for _ in range(n_epochs)])[:n_steps]


def scaled(X: np.ndarray, scaling: str = "running") -> np.ndarray:
    """Return rows whose length is about 1, the last entry the same in all: what agents of this chapter see.

    Parameters
    ----------
    X
        ``(n, d)``, in the order in which they come.
    scaling
        ``"running"``: mean and standard deviation of the rows that have come so far, this one included. ``"whole"``:
        those of all rows, also of those to come, which peeks. ``"row"``: the row divided by its own length, as by Zhou,
        Li and Gu (2020).

    Returns
    -------
    ``(n, d + 1)``.
    """
    X = checks.finite("X", X, (None, None))
    if scaling not in SCALINGS:
        raise ValueError(f"scaling must be one of {', '.join(SCALINGS)}, got {scaling!r}")
    n, d = X.shape
    one = np.ones((n, 1))
    if scaling == "row":
        length = np.linalg.norm(X, axis=-1, keepdims=True)
        return np.concatenate([X / np.where(length > 0, length, 1), one], axis=-1) / np.sqrt(2)
    if scaling == "whole":
        mean, variance = X.mean(0), X.var(0)
    else:
        Y = X - X[0]  # a variance does not mind, and its rounding errors do
        count = np.arange(1, n + 1)[:, None]
        mean = Y.cumsum(0) / count
        variance = (Y * Y).cumsum(0) / count - mean * mean
        mean = mean + X[0]
    known = variance > 1e-12 * (1 + mean * mean)
    Z = np.where(known, (X - mean) / np.sqrt(np.where(known, variance, 1)), 0)
    return np.concatenate([Z.clip(-FAR, FAR), one], axis=-1) / np.sqrt(d + 1)


def copies(x: np.ndarray, n_arms: int) -> np.ndarray:
    """Return a context for each arm, with ``x`` in the arm's block and 0 elsewhere, ``(..., d) -> (..., K, K d)``."""
    X = np.zeros((*x.shape[:-1], n_arms, n_arms, x.shape[-1]))
    X[..., np.arange(n_arms), np.arange(n_arms), :] = x[..., None, :]
    return X.reshape(*X.shape[:-2], -1)


class ClassificationBandit:
    """Labelled data that come one by one, in an order drawn by lot.

    Parameters
    ----------
    data
        Whose rows and classes.
    seeds
        One shuffle (an int), or several in lockstep (a sequence of ints).
    n_steps
        Horizon T. Where the data are shorter, they come again in a new order, as often as is needed.
    form
        ``"shared"``: every arm has the same context, the row, ``d``; for agents with a model for each arm.
        ``"copies"``: a context for each arm (:func:`copies`), ``K d``; for agents with one model for all.
    scaling
        See :func:`scaled`.

    Attributes
    ----------
    rows, labels
        ``(T, ...)``: which row comes at each step, and its class.
    x
        ``(T, ..., d)``, the scaled rows.
    """

    def __init__(
        self,
        data: LabelledData,
        seeds: int | Sequence[int],
        n_steps: int,
        *,
        form: str = "shared",
        scaling: str = "running",
    ) -> None:
        if not isinstance(data, LabelledData):
            raise TypeError(f"data must be LabelledData, got {type(data).__name__}")
        if form not in FORMS:
            raise ValueError(f"form must be one of {', '.join(FORMS)}, got {form!r}")
        n_steps = checks.whole("n_steps", n_steps, 1)
        single = not isinstance(seeds, (Sequence, np.ndarray, range))
        self.seeds = [checks.whole("seeds", int(s) if isinstance(s, np.integer) else s, 0)
                      for s in ([seeds] if single else seeds)]  # fmt: skip
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds must be different and at least one, got {self.seeds}")
        self.data, self.form, self.n_steps = data, form, n_steps
        self.batch_shape = () if single else (len(self.seeds),)
        rows = [shuffled(len(data.X), n_steps, spawn(seed, f"shuffle of {data.name}")) for seed in self.seeds]
        x = [scaled(data.X[order], scaling) for order in rows]
        stack = (lambda parts: parts[0]) if single else (lambda parts: np.stack(parts, axis=1))
        self.rows, self.x = stack(rows), stack(x)
        self.labels = data.y[self.rows]

    @property
    def n_arms(self) -> int:
        """Number of classes K."""
        return len(self.data.classes)

    @property
    def space(self) -> ContextSpace:
        """What an agent must know of the contexts."""
        d = self.x.shape[-1] * (self.n_arms if self.form == "copies" else 1)
        return ContextSpace(d, self.n_arms, self.batch_shape)

    def contexts(self, t: int) -> np.ndarray:
        """Return the contexts of all arms at step ``t``, ``(..., K, d)`` or ``(..., K, K d)``."""
        x = self.x[t]
        if self.form == "copies":
            return copies(x, self.n_arms)
        return np.broadcast_to(x[..., None, :], (*x.shape[:-1], self.n_arms, x.shape[-1]))

    def reward(self, t: int, arm: Any) -> Any:
        """Return what ``arm`` earns at step ``t``: 1.0 if it is the class of the row, 0.0 if not."""
        arm = checks.indices("arm", arm, self.n_arms, self.batch_shape)
        return (arm == self.labels[t]) * 1.0

    def play(self, agent: Agent) -> np.ndarray:
        """Let ``agent``, new and made for :attr:`space`, choose and learn at each step.

        Returns
        -------
        ``(..., T)`` bool: where it was wrong. Exactly one arm earns 1, so their number is its regret.
        """
        if agent.batch_shape != self.batch_shape:
            raise ValueError(f"agent is made for shape {agent.batch_shape}, the shuffles have {self.batch_shape}")
        wrong = np.empty((self.n_steps, *self.batch_shape), dtype=bool)
        at = np.arange(self.batch_shape[0]) if self.batch_shape else ...
        for t in range(self.n_steps):
            X = self.contexts(t)
            arm = agent.select(X)
            x = X[at, arm] if self.batch_shape else X[arm]
            reward = self.reward(t, arm)
            agent.learn(x, arm, reward)
            wrong[t] = reward == 0
        return np.moveaxis(wrong, 0, -1)


Factory = Callable[[ContextSpace, Any], Agent]


def play_all(bandit: ClassificationBandit, agents: dict[str, Factory]) -> dict[str, np.ndarray]:
    """Let every agent play the same shuffles.

    Parameters
    ----------
    bandit
        The shuffles.
    agents
        ``{name: factory}``; a factory takes the context space and the generators, one for each shuffle, drawn from
        stream ``name`` of its seed.

    Returns
    -------
    ``{name: (..., T)}``, where each was wrong.
    """
    played = {}
    for name, make in agents.items():
        rngs = [spawn(seed, name) for seed in bandit.seeds]
        played[name] = bandit.play(make(bandit.space, rngs if bandit.batch_shape else rngs[0]))
    return played


def regret(wrong: np.ndarray, steps: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return the mistakes made within the first ``steps`` steps, ``(..., T) -> (..., n)``."""
    wrong = np.asarray(wrong)
    steps = np.array([checks.whole("steps", int(s), 1, wrong.shape[-1]) for s in steps])
    return wrong.cumsum(-1)[..., steps - 1]
