"""One loop for all that is no shop: contexts, a choice, a reward, a lesson (chapters 8 and 10).

The loop is that of :func:`zoolib.experiment.run`. What comes back is the same :class:`~zoolib.experiment.Results`, and
everything in :mod:`zoolib.experiment.metrics` applies.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from zoolib.agents import Agent
from zoolib.experiment.progress import bar, interrupts_between_steps
from zoolib.experiment.results import Results
from zoolib.experiment.run import check_agents
from zoolib.randomness import refuse_shared, spawn
from zoolib.world import ContextSpace


@runtime_checkable
class Problem(Protocol):
    """T steps at which one of K contexts is to be chosen, in one world or R in lockstep.

    :class:`~zoolab.columns.FeatureShop` and :class:`~zoolab.labelled.ClassificationBandit` are such; any other class
    that has these will do. Where it draws from streams of its seeds by name, ``streams`` lists them, and no agent is
    handed one.

    Attributes
    ----------
    seeds, n_steps
        Of the R worlds, and T.
    space
        What an agent is made with.
    log
        Contexts ``(..., n, d)`` and rewards ``(..., n)`` from before the first step, or None.

    >>> from zoolab.columns import FeatureShop, Segments
    >>> shop = FeatureShop(Segments(), seed=0, n_log=0, n_steps=3)
    >>> shop.contexts(0).shape == (shop.space.n_arms, shop.space.d)
    True
    """

    seeds: tuple[int, ...]
    n_steps: int
    space: ContextSpace
    log: tuple[np.ndarray, np.ndarray] | None

    def contexts(self, t: int) -> np.ndarray:
        """Return the contexts among which to choose at step ``t``, ``(..., K, d)``."""

    def reward(self, t: int, row: Any) -> Any:
        """Return what the context in that row earns at step ``t``, by the luck of that step."""

    def outcome(self, rows: np.ndarray) -> Mapping[str, Any]:
        """Return ``arm``, ``expected``, ``oracle`` and what else of ``Results`` is known of choices ``(A, R, T)``."""


def serve(
    agents: Mapping[str, Agent | Callable[[ContextSpace, Any], Agent]], problem: Problem, progress: bool | None = None
) -> Results:
    """Let every agent face the same steps of the same problem; what does not fit is refused before the first.

    Parameters
    ----------
    agents
        ``{name: agent}``; :meth:`select` and :meth:`learn` are asked, and one that has a method ``warm`` is first given
        the log. Or ``{name: factory}``; ``factory(space, rng)`` makes an agent, as in
        :func:`~zoolib.experiment.replicate`.
    problem
        A shop of features, labelled data, or whatever fulfils :class:`Problem`.
    progress
        Whether to show a progress bar; if None, to a reader who runs the cell of a notebook.

    >>> from zoolib.agents import SharedLinUCBAgent
    >>> from zoolab.columns import FeatureShop, Segments
    >>> shop = FeatureShop(Segments(), seed=range(2), n_log=0, n_steps=30)
    >>> serve({"LinUCB": SharedLinUCBAgent(shop.space)}, shop).reward.shape
    (1, 2, 30)
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must have all that a Problem has, got {type(problem).__name__}")
    space, T, R = problem.space, problem.n_steps, len(problem.seeds)
    if isinstance(agents, Mapping):
        factories = {name: a for name, a in agents.items() if callable(a) and not hasattr(type(a), "select")}
        refuse_shared(factories, getattr(problem, "streams", ()))
        agents = {**agents, **{name: _made(name, factory, problem) for name, factory in factories.items()}}
    check_agents(agents, ("select", "learn"), space.batch_shape)
    row, reward = np.empty((len(agents), T, R), dtype=np.int32), np.empty((len(agents), T, R))
    for i, (name, agent) in enumerate(agents.items()):
        warm = getattr(agent, "warm", None)
        if problem.log is not None and callable(warm):
            warm(*problem.log)
        with bar(T, name, progress) as shown, interrupts_between_steps() as interrupted:
            for t in range(T):
                X = problem.contexts(t)
                chosen = agent.select(X)
                earned = problem.reward(t, chosen)
                agent.learn(X[(*space.worlds, chosen)], chosen, earned)
                row[i, t], reward[i, t] = chosen, earned
                shown.update(1)
                if interrupted:
                    raise KeyboardInterrupt
    row, reward = np.moveaxis(row, 1, -1), np.moveaxis(reward, 1, -1)
    return Results(agents=tuple(agents), seeds=tuple(problem.seeds), reward=reward, **problem.outcome(row))


def _made(name: str, factory: Any, problem: Problem) -> Any:
    """Return a factory's agent, which is given the stream ``name`` of each seed."""
    rngs = [spawn(seed, name) for seed in problem.seeds]
    return factory(problem.space, rngs if problem.space.batch_shape else rngs[0])
