"""Experiments that are fair: own copies of the world, the same users, the same luck (chapter 0).

:func:`run` is a dozen lines: predict, click, update. :func:`replicate` makes as many worlds as there are seeds, and
everything random in replication i follows from seed i alone, whoever else takes part and however many worlds there are.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.experiment.progress import bar, interrupts_between_steps
from zoolib.experiment.results import Results
from zoolib.quick import player_of
from zoolib.randomness import SHOCK_TIMES, TABLES, USERS, UniformStream, refuse_shared, spawn, worlds
from zoolib.world import FeatureEngineer, Schedule, Shocks, ZooplusSimulator

Factory = Callable[[FeatureEngineer, Any], Any]


def run(
    agents: Mapping[str, Any],
    sim: ZooplusSimulator,
    n_steps: int,
    shocks: Shocks | None = None,
    users: np.ndarray | None = None,
    progress: bool | None = None,
    quick: bool = True,
) -> Results:
    """Let every agent serve the same users in its own copy of the same world.

    Parameters
    ----------
    agents
        ``{name: agent}``, anything that has ``predict`` and ``update``. They learn during the run; ``sim`` itself is
        left as it is. An agent without a ``batch_shape`` knows one world only: for a batch, hand in a list of them, one
        for each world, and each serves its own as if it were alone.
    sim, n_steps
        The shop, or a batch of shops; and the number of users served, T.
    shocks
        ``{step: Shock or Launch}``, each applied before the user of that step comes; or
        :class:`~zoolib.world.RandomTimes`, drawn by each world for itself.
    users
        ``(..., T)`` user ids; drawn, independently of everything else, from the worlds' seeds if None.
    progress
        Whether to show a progress bar; if None, to a reader who runs the cell of a notebook.
    quick
        Whether players that choose the same, but sooner, may play for agents that they know (:mod:`zoolib.quick`). The
        agents learn what their players learned.

    Raises
    ------
    ValueError, TypeError
        Before the first step, if anything does not fit.

    >>> from zoolib.agents import OracleAgent
    >>> shop = ZooplusSimulator(seed=42)
    >>> run({"oracle": OracleAgent(FeatureEngineer(shop))}, shop, 100).reward.shape
    (1, 1, 100)
    """
    n_steps, sim = checks.whole("n_steps", n_steps, 1), checks.instance("sim", sim, ZooplusSimulator)
    check_agents(agents, ("predict", "update"), sim.batch_shape)
    schedule = Schedule(shocks, sim, n_steps)
    users = draw_users(sim, n_steps) if users is None else np.array(users)
    users = checks.indices("users", users, sim.n_users, (*sim.batch_shape, n_steps))
    users.flags.writeable = False  # Every agent is handed parts of it.

    A, R = len(agents), len(sim.seeds)
    arm, reward = np.empty((A, n_steps, R), dtype=np.int32), np.empty((A, n_steps, R), dtype=np.int8)
    for i, (name, agent) in enumerate(agents.items()):
        places = [(agent, sim.copy(), users, schedule, slice(None))]
        if isinstance(agent, list):
            alone = zip(agent, _alone(sim), users, strict=True)
            places = [(a, w, u, Schedule(shocks, w, n_steps), slice(k, k + 1)) for k, (a, w, u) in enumerate(alone)]
        with bar(n_steps * len(places), name, progress) as shown:
            for *place, column in places:
                _serve(*place, arm[i, :, column], reward[i, :, column], shown, quick)
    arm, reward, users = np.moveaxis(arm, 1, -1), np.moveaxis(reward, 1, -1), users.reshape(R, n_steps)

    expected, oracle = np.empty((A, R, n_steps)), np.empty((R, n_steps))
    world = sim.copy()
    for steps in schedule.phases(world):
        now = users[:, steps].reshape(*sim.batch_shape, -1)
        oracle[:, steps] = world.oracle_value(now)
        for i in range(A):
            expected[i, :, steps] = world.click_probability(now, arm[i, :, steps].reshape(now.shape))
    named = (world.product_category, sim.categories), (world.user_persona, sim.personas)
    catalog, personas = (
        a.reshape(R, -1).astype(np.min_scalar_type(-len(names))) for a, names in named
    )  # int8 if possible
    return Results(
        agents=tuple(agents),
        seeds=sim.seeds,
        arm=arm,
        category=np.stack([np.take_along_axis(catalog, a, -1) for a in arm]),
        reward=reward,
        expected=expected,
        persona=np.take_along_axis(personas, users, -1),
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
        ``{name: factory}``; ``factory(features, rng)`` makes an agent for all worlds in lockstep, with one generator
        for each in ``rng``. If what it makes has no ``batch_shape``, or it cannot make that, it is called for each
        world instead, with the features of that world alone and its one generator.
    seeds
        Seeds of the replications, for example ``range(100)``, none twice.
    n_steps, shocks, progress
        As in :func:`run`.
    **shop
        Further arguments of :class:`~zoolib.world.ZooplusSimulator`, such as ``n_products``.

    >>> from zoolib.agents import OracleAgent
    >>> results = replicate({"oracle": lambda features, rng: OracleAgent(features)}, seeds=range(3), n_steps=50)
    >>> bool((results.expected[0] == results.oracle).all())
    True
    """
    worlds(seeds, "seeds", apart=True)
    refuse_shared(checks.instance("agents", agents, Mapping), (USERS, SHOCK_TIMES, TABLES))
    sim = ZooplusSimulator(seed=seeds, **shop)
    return run({name: _made(name, make, sim) for name, make in agents.items()}, sim, n_steps, shocks, progress=progress)


def _made(name: str, factory: Factory, sim: ZooplusSimulator) -> Any:
    """Return the agent of a factory, or a list with one for each world where it knows nothing of batches."""

    def alone(world: ZooplusSimulator) -> Any:
        return factory(FeatureEngineer(world), spawn(*world.seeds, name))

    if not sim.batch_shape:
        return alone(sim)
    try:
        agent = factory(FeatureEngineer(sim), [spawn(seed, name) for seed in sim.seeds])
        if hasattr(agent, "batch_shape"):
            return agent
    except Exception:  # The factory has an error, or it cannot take a list of generators.
        if hasattr(alone(_alone(sim)[0]), "batch_shape"):
            raise
    return [alone(world) for world in _alone(sim)]


def draw_users(sim: ZooplusSimulator, n_steps: int) -> np.ndarray:
    """Draw who comes at each step, ``(..., n_steps)``, from a stream of each world's seed that serves nothing else.

    >>> draw_users(ZooplusSimulator(seed=range(3)), 50).shape
    (3, 50)
    """
    seeds = checks.instance("sim", sim, ZooplusSimulator).seeds
    n_steps = checks.whole("n_steps", n_steps, 0, checks.MOST)
    return np.stack([spawn(s, USERS).integers(0, sim.n_users, n_steps) for s in seeds]).reshape(*sim.batch_shape, -1)


def check_agents(agents: Any, methods: Sequence[str], batch_shape: tuple[int, ...]) -> None:
    """Refuse what cannot take part in worlds of that shape, or could not take part fairly.

    In the shop a list of agents, one for each world, may stand in the place of one.
    """
    if not isinstance(agents, Mapping) or not agents:
        raise ValueError(f"agents must be {{name: agent}} with at least one agent, got {agents!r}")
    known = set()
    for name, agent in agents.items():
        alone = isinstance(agent, list) and "predict" in methods
        if alone and batch_shape != (len(agent),):
            raise ValueError(f"agents[{name!r}] must be one agent, or a list with one for each world of a batch")
        for one in agent if alone else [agent]:
            checks.having(f"agents[{name!r}]", one, *methods)
            if not (alone or hasattr(one, "batch_shape")) and batch_shape:
                raise ValueError(
                    f"agents[{name!r}] has no batch_shape, so it knows one world, and here are {batch_shape[0]}: "
                    "use replicate with a factory, or hand in a list of agents, one for each world"
                )
            if (made_for := getattr(one, "batch_shape", ())) != (() if alone else batch_shape):
                raise ValueError(f"agents[{name!r}] was made for worlds of shape {made_for}, not for {batch_shape}")
            if id(one) in known:
                raise ValueError("agents must be one object each: an agent under two names would learn from both runs")
            known.add(id(one))


def _alone(sim: ZooplusSimulator) -> list[ZooplusSimulator]:
    """Return each world of a batch as the single world that it is, with its luck where it stands."""
    worlds = []
    for i, rng in enumerate(sim.copy()._uniforms.rewind()):
        world = copy.copy(sim)
        world.seeds, world.batch_shape, world.worlds = sim.seeds[i : i + 1], (), ()
        world.user_persona, world._uniforms = sim.user_persona[i], UniformStream([rng], ())
        world.set_catalog(sim.product_category[i], sim.for_sale[i])
        world.set_click_table(sim.click_table[i])
        worlds.append(world)
    return worlds


def _serve(
    agent: Any, world: ZooplusSimulator, users: np.ndarray, schedule: Schedule, arm: Any, reward: Any, shown: Any,
    quick: bool,
) -> None:  # fmt: skip
    """Run the loop of every experiment; fill ``arm`` and ``reward``, ``(T, R)``."""
    visits = list(np.moveaxis(users, -1, 0)) if world.batch_shape else users.tolist()
    player = player_of(agent, world) if quick else agent
    with interrupts_between_steps() as interrupted:
        try:
            for t, user in enumerate(visits):
                schedule.apply(t, world)
                if player is not agent and not player.fits(world):
                    player.give_back()
                    player = player_of(agent, world)
                chosen = player.predict(user, world)
                try:
                    click = world.get_reward(user, chosen)
                except (ValueError, TypeError) as error:
                    what = f"{type(agent).__name__}.predict must return a product's number"
                    raise type(error)(f"{what}: {error}") from None
                player.update(user, chosen, click, world)
                arm[t], reward[t] = chosen, click
                if t % 1000 == 999:
                    shown.update(1000)
                if interrupted:
                    raise KeyboardInterrupt
        finally:
            if player is not agent:
                player.give_back()
    shown.update(len(visits) % 1000)
