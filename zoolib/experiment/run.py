"""Experiments that are fair: own copies of the world, the same users, the same luck (chapter 0).

:func:`run` is a dozen lines: predict, click, update. :func:`replicate` makes as many worlds as there are seeds, and
everything random in replication i follows from seed i alone, whoever else takes part and however many worlds there are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from zoolib import checks
from zoolib.agents import Agent
from zoolib.experiment.interrupts import interrupts_between_steps
from zoolib.experiment.progress import bar
from zoolib.randomness import SHOCK_TIMES, USERS, spawn
from zoolib.world import FeatureEngineer, Schedule, Shocks, ZooplusSimulator

Factory = Callable[[FeatureEngineer, Any], Agent]


@dataclass(frozen=True, eq=False)
class Results:
    """What happened, step by step.

    Attributes
    ----------
    agents
        Names, A of them.
    seeds
        Seeds of the R worlds (R = 1 for a single run).
    arm, category, reward
        ``(A, R, T)``: the product shown, its category's index, the click.
    expected
        ``(A, R, T)`` true click probability of what was shown.
    persona, oracle
        ``(R, T)``: the index of the persona that came, and the click probability of the best product for them.
    shocks
        ``{step: name}`` of what changed in all worlds at once, and when.
    categories, personas
        The names behind the indices.
    drawn
        ``{name: (R,) steps}`` of what changed in each world at a time of its own.
    """

    agents: tuple[str, ...]
    seeds: tuple[int, ...]
    arm: np.ndarray
    category: np.ndarray
    reward: np.ndarray
    expected: np.ndarray
    persona: np.ndarray
    oracle: np.ndarray
    shocks: Mapping[int, str]
    categories: tuple[str, ...]
    personas: tuple[str, ...]
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
        kept = slice(None, None, checks.whole("every", every, 1))
        A, R, T = self.arm[..., kept].shape
        agent, replication, step = (axis.ravel() for axis in np.indices((A, R, T)))
        flat = {name: getattr(self, name)[..., kept].ravel() for name in ("arm", "reward", "expected")}
        return pd.DataFrame(
            {
                "agent": np.array(self.agents)[agent],
                "replication": np.array(self.seeds)[replication],
                "step": step * every,
                "persona": np.array(self.personas)[np.tile(self.persona[..., kept].ravel(), A)],
                "category": np.array(self.categories)[self.category[..., kept].ravel()],
                **flat,
                "oracle": np.tile(self.oracle[..., kept].ravel(), A),
            }
        )


def run(
    agents: Mapping[str, Agent],
    sim: ZooplusSimulator,
    n_steps: int,
    shocks: Shocks | None = None,
    users: np.ndarray | None = None,
    progress: bool | None = None,
) -> Results:
    """Let every agent serve the same users in its own copy of the same world.

    Parameters
    ----------
    agents
        ``{name: agent}``, anything that has ``predict`` and ``update``. They learn during the run; ``sim`` itself is
        left as it is.
    sim
        The shop, or a batch of shops.
    n_steps
        Number of users served, T.
    shocks
        ``{step: Shock or Launch}``, each applied before the user of that step comes; or
        :class:`~zoolib.world.RandomTimes`, drawn by each world for itself.
    users
        ``(..., T)`` user ids; drawn, independently of everything else, from the worlds' seeds if None.
    progress
        Whether to show a progress bar; if None, to a reader who runs the cell of a notebook.

    Raises
    ------
    ValueError, TypeError
        Before the first step, if anything does not fit.
    """
    n_steps = checks.whole("n_steps", n_steps, 1)
    _check_agents(agents, sim)
    keep_freed_memory()
    schedule = Schedule(shocks, sim, n_steps)
    users = draw_users(sim, n_steps) if users is None else np.array(users)
    users = checks.indices("users", users, sim.n_users, (*sim.batch_shape, n_steps))
    users.flags.writeable = False  # every agent is handed parts of it

    A, R = len(agents), len(sim.seeds)
    arm, reward = np.empty((A, n_steps, R), dtype=np.int32), np.empty((A, n_steps, R), dtype=np.int8)
    for i, (name, agent) in enumerate(agents.items()):
        with bar(n_steps, name, progress) as shown:
            _serve(agent, sim.copy(), users, schedule, arm[i], reward[i], shown)
    arm, reward = np.moveaxis(arm, 1, -1), np.moveaxis(reward, 1, -1)
    users = users.reshape(R, n_steps)

    expected, oracle = np.empty((A, R, n_steps)), np.empty((R, n_steps))
    world = sim.copy()
    for steps in schedule.phases(world):
        now = users[:, steps].reshape(*sim.batch_shape, -1)
        oracle[:, steps] = world.oracle_value(now)
        for i in range(A):
            expected[i, :, steps] = world.click_probability(now, arm[i, :, steps].reshape(now.shape))
    catalog, personas = (a.reshape(R, -1) for a in (world.product_category, world.user_persona))
    return Results(
        agents=tuple(agents),
        seeds=sim.seeds,
        arm=arm,
        category=np.stack([np.take_along_axis(catalog, a, -1) for a in arm]).astype(np.int8),
        reward=reward,
        expected=expected,
        persona=np.take_along_axis(personas, users, -1).astype(np.int8),
        oracle=oracle,
        shocks=schedule.common,
        categories=sim.categories,
        personas=sim.personas,
        drawn=schedule.drawn,
    )


def replicate(
    agents: Mapping[str, Factory],
    seeds: int | Sequence[int],
    n_steps: int,
    shocks: Shocks | None = None,
    progress: bool | None = None,
    **shop: Any,
) -> Results:
    """Run the experiment once for every seed: new catalog, new users, new luck, new agents each time.

    Parameters
    ----------
    agents
        ``{name: factory}``; ``factory(features, rng)`` makes an agent. ``rng`` holds one generator for each world.
    seeds
        Seeds of the replications, for example ``range(100)``.
    n_steps, shocks, progress
        As in :func:`run`.
    **shop
        Further arguments of :class:`~zoolib.world.ZooplusSimulator`, such as ``n_products``.
    """
    sim = ZooplusSimulator(seed=seeds, **shop)
    features = FeatureEngineer(sim)
    made = {}
    for name, factory in agents.items():
        if name in (USERS, SHOCK_TIMES):
            raise ValueError(f"agents: {name!r} names the stream that {name} are drawn from, not an agent")
        rngs = [spawn(seed, name) for seed in sim.seeds]
        made[name] = factory(features, rngs if sim.batch_shape else rngs[0])
    return run(made, sim, n_steps, shocks=shocks, progress=progress)


def draw_users(sim: ZooplusSimulator, n_steps: int) -> np.ndarray:
    """Draw who comes at each step, ``(..., n_steps)``, from a stream of each world's seed that serves nothing else."""
    drawn = [spawn(seed, USERS).integers(0, sim.n_users, size=n_steps) for seed in sim.seeds]
    return np.stack(drawn).reshape(*sim.batch_shape, n_steps)


@functools.cache
def keep_freed_memory() -> None:
    """Let the allocator of Linux keep freed memory at hand, once for the whole process.

    Training makes and drops arrays of some MB at every step. Once a large block has been freed, such memory is kept
    instead of being asked of the system anew: a hundred networks train in a third of the time.
    """
    np.empty(2**25 - 2**16, dtype=np.uint8)


def _check_agents(agents: Mapping[str, Agent], sim: ZooplusSimulator) -> None:
    """Refuse what cannot take part, or could not take part fairly."""
    if not isinstance(sim, ZooplusSimulator):
        raise TypeError(f"sim must be a ZooplusSimulator, got {type(sim).__name__}")
    if not isinstance(agents, Mapping) or not agents:
        raise ValueError(f"agents must be {{name: agent}} with at least one agent, got {agents!r}")
    for name, agent in agents.items():
        if not all(callable(getattr(agent, method, None)) for method in ("predict", "update")):
            raise TypeError(f"agents[{name!r}] must have predict and update, got {type(agent).__name__}")
        checks.same_worlds(getattr(agent, "batch_shape", sim.batch_shape), sim.batch_shape)
    if len({id(agent) for agent in agents.values()}) < len(agents):
        raise ValueError("agents must be one object each: an agent under two names would learn from both runs")


def _serve(
    agent: Agent, world: ZooplusSimulator, users: np.ndarray, schedule: Schedule, arm: Any, reward: Any, shown: tqdm
) -> None:
    """Run the loop of every experiment; fill ``arm`` and ``reward``, ``(T, R)``."""
    visits = list(np.moveaxis(users, -1, 0)) if world.batch_shape else users.tolist()
    with interrupts_between_steps() as interrupted:
        for t, user in enumerate(visits):
            schedule.apply(t, world)
            chosen = agent.predict(user, world)
            click = world.get_reward(user, chosen)
            agent.update(user, chosen, click, world)
            arm[t], reward[t] = chosen, click
            if t % 1000 == 999:
                shown.update(1000)
            if interrupted:
                raise KeyboardInterrupt
    shown.update(len(visits) % 1000)
