"""Sweeps: one experiment for many agents, settings and replications, on one core, many cores or a cluster.

    grid = {"LinUCB": (LinUCBAgent, {"alpha": [0.05, 0.2, 0.8]})}
    frame = sweep(grid, range(100), 40_000, shocks, cache=".cache/sweeps")

The same call runs on all cores inside ``with joblib.parallel_config(n_jobs=-1):`` and on a Dask cluster inside
``with cluster("tcp://..."):``. What comes back, and what is kept on disk, are a few numbers for each replication and
phase, never its steps. For a chapter that rests on a long sweep, :func:`store` writes its table to a small file that
stands beside the chapter, and :func:`stored` reads it.
"""

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd

from zoolab.long.cache import Cache, gather
from zoolib import checks
from zoolib.experiment import metrics
from zoolib.experiment.results import Results
from zoolib.experiment.run import replicate
from zoolib.randomness import worlds
from zoolib.world import FeatureEngineer, Shocks

Measure = Callable[[Results, metrics.Steps, metrics.Steps], pd.DataFrame]
Grid = Mapping[str, tuple[Callable[..., Any], Mapping[str, Any]]]
Summary = Callable[[Results], Mapping[int, Any]]


def recovery(results: Results, start: metrics.Steps, stop: metrics.Steps) -> pd.DataFrame:
    """Return the steps to recover from what happened at ``start``: :func:`zoolib.experiment.steps_to_recover`."""
    return metrics.steps_to_recover(results, start)


MEASURES: dict[str, Measure] = {
    "ctr": metrics.ctr, "value": metrics.value, "regret": metrics.regret, "recovery": recovery
}  # fmt: skip


@dataclass(frozen=True)
class Phases:
    """What a sweep keeps of a replication: one row of measures over the whole run, and one for each phase."""

    measures: Mapping[str, Measure]

    def __call__(self, results: Results) -> dict[int, list[dict[str, Any]]]:
        """Return the rows of each seed; ``results`` are those of one agent."""
        rows: dict[int, list[dict[str, Any]]] = {seed: [] for seed in results.seeds}
        for i, (phase, ends) in enumerate([("all", (0, results.n_steps)), *metrics.phases(results).items()]):
            values = {name: measure(results, *ends)[results.agents[0]] for name, measure in self.measures.items()}
            for seed, start, stop in np.broadcast(np.array(results.seeds, dtype=object), *ends):
                row = {"phase": "start" if i == 1 else phase, "start": int(start), "stop": int(stop)}
                rows[seed].append(row | {name: float(value[seed]) for name, value in values.items()})
        return rows


@dataclass(frozen=True)
class Cell:
    """One agent with one choice of settings: a factory for :func:`~zoolib.experiment.replicate`."""

    name: str
    agent: Callable[..., Any]
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        try:
            inspect.signature(self.agent).bind("features", **self._given("rng"))
        except TypeError as error:
            raise TypeError(f"grid[{self.name!r}]: {error}") from None

    def _given(self, rng: Any) -> dict[str, Any]:
        given = {name: value for name, value in self.settings.items() if name != "encoding"}
        return given | {"rng": rng} if "rng" in inspect.signature(self.agent).parameters else given

    def __call__(self, features: FeatureEngineer, rng: Any) -> Any:
        """Make the agent; ``encoding`` goes to its features."""
        features = features.encoded(self.settings.get("encoding", features.encoding))
        return self.agent(features, **self._given(rng))


def sweep(
    grid: Grid,
    seeds: Sequence[int],
    n_steps: int,
    shocks: Shocks | None = None,
    measures: Sequence[str] | Mapping[str, Measure] = ("ctr", "value", "regret"),
    cache: Cache = None,
    progress: bool = True,
    chunk: int = 25,
    **shop: Any,
) -> pd.DataFrame:
    """Replicate an experiment for every agent and every combination of its settings.

    The numbers depend neither on where it is computed nor on ``chunk``, and replication i faces the same world, users
    and luck in every cell of the grid.

    Parameters
    ----------
    grid
        ``{name: (agent, settings)}``. ``agent`` is a class, or a function that makes an agent, called with the features
        and, by keyword, the settings, and ``rng`` if it takes one. A list in ``settings`` holds values to try, anything
        else is one value; ``encoding`` is that of the features. The name decides the agent's random numbers, and so all
        settings under one name start from the same ones.
    seeds
        One for each replication, all different.
    n_steps, shocks
        As in :func:`~zoolib.experiment.run`.
    measures
        Names in ``MEASURES``, or ``{name: function}``, like :func:`zoolib.experiment.ctr` of (results, start, stop).
    cache
        Folder in which finished parts are kept, so that a sweep that was stopped goes on where it was. A part is found
        again only if all that decides its numbers is the same: the agent, its settings, the shop, the steps, shocks and
        measures, the bytes of zoolib and zoolab, and the versions of the packages beneath them. So agents and measures
        must come from importable modules (whose file counts), and settings be numbers and words.
    progress
        Whether to show a progress bar, in replications.
    chunk
        How many worlds go in lockstep: more are faster, fewer spread wider and lose less when stopped.
    **shop
        Further arguments of :class:`~zoolib.world.ZooplusSimulator`.

    Returns
    -------
    One row for each agent, combination of settings, replication and phase, in this order. Columns: ``agent``, the
    settings, ``replication`` (its seed), ``phase`` ("all", "start", or the name of the shock that began it), ``start``,
    ``stop``, and the measures.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        If an argument does not fit, or a worker of a cluster runs other code than this process.

    >>> from zoolib.agents import LinUCBAgent
    >>> frame = sweep({"LinUCB": (LinUCBAgent, {"alpha": [0.1, 1.0]})}, range(2), 50, progress=False)
    >>> frame.columns.tolist()
    ['agent', 'alpha', 'replication', 'phase', 'start', 'stop', 'ctr', 'value', 'regret']
    """
    if not isinstance(measures, Mapping):
        measures = [checks.hashable("measures", name) for name in checks.items("measures", measures)]
        if unknown := [name for name in measures if name not in MEASURES]:
            raise ValueError(f"measures must be among {', '.join(MEASURES)}, or functions by name; got {unknown[0]!r}")
        measures = {name: MEASURES[name] for name in measures}
    settings = dict.fromkeys(name for cell in _cells(grid) for name in cell.settings)
    columns = ["agent", *settings, "replication", "phase", "start", "stop", *measures]
    if twice := [name for name in columns if columns.count(name) > 1]:
        raise ValueError(f"grid, measures: two columns of the result would be called {twice[0]!r}")
    found = summarize(grid, seeds, n_steps, shocks, Phases(dict(measures)), cache, progress, chunk, **shop)
    return pd.DataFrame(
        {"agent": cell.name, **settings, **cell.settings, "replication": seed, **row}
        for cell, known in found
        for seed, rows in known.items()
        for row in rows
    )


def summarize(
    grid: Grid,
    seeds: Sequence[int],
    n_steps: int,
    shocks: Shocks | None,
    summary: Summary,
    cache: Cache = None,
    progress: bool = True,
    chunk: int = 25,
    **shop: Any,
) -> list[tuple[Cell, dict[int, Any]]]:
    """Return for every agent and combination of its settings what ``summary`` makes of each replication.

    This is what :func:`sweep`, whose other parameters it has, rests on; for an experiment that keeps more than a few
    numbers a phase.

    Parameters
    ----------
    summary
        A function of the :class:`~zoolib.experiment.Results` of one agent and some replications, which returns for each
        of their seeds what to keep. If there is a cache, it is defined at the top of a module, or is an instance of a
        dataclass that is.

    >>> from zoolib.agents import LinUCBAgent
    >>> grid, count = {"LinUCB": (LinUCBAgent, {})}, lambda results: dict.fromkeys(results.seeds, results.n_steps)
    >>> found = summarize(grid, range(2), 50, None, count, progress=False)
    >>> found[0][1]
    {0: 50, 1: 50}
    """
    cells = _cells(grid)
    seeds = [*worlds(checks.items("seeds", seeds), "seeds", apart=True)[0]]
    checks.called("summary", summary)
    chunk = checks.whole("chunk", chunk, 1)
    shocks = dict(sorted(shocks.items())) if isinstance(shocks, Mapping) else {} if shocks is None else shocks
    job = {"n_steps": n_steps, "shocks": shocks, "summary": summary, **shop}
    found = gather(_play, [({"cell": cell} | job, seeds) for cell in cells], cache, chunk=chunk, progress=progress)
    return list(zip(cells, found, strict=True))


@contextmanager
def cluster(address: str | None = None, **options: Any) -> Iterator[Any]:
    """Let joblib, and so :func:`sweep`, compute on a Dask cluster.

    Parameters
    ----------
    address
        Of its scheduler. None starts a cluster on this machine.
    **options
        Further arguments of ``distributed.Client``, such as ``n_workers`` for a cluster on this machine.

    Yields
    ------
    The ``distributed.Client``.

    >>> cluster.__name__
    'cluster'
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError("a cluster needs Dask, which is not installed: pip install 'zoolib[cluster]'") from error
    with Client(address, **options) as client, joblib.parallel_config("dask"):
        yield client


def combinations(**axes: Sequence[Any]) -> list[dict[str, Any]]:
    """Return all combinations of what may be chosen for each name, those of the last name next to each other.

    >>> combinations(alpha=[0.1, 1.0], window=[None])
    [{'alpha': 0.1, 'window': None}, {'alpha': 1.0, 'window': None}]
    """
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def _cells(grid: Grid) -> list[Cell]:
    cells = []
    for name, (agent, settings) in checks.instance("grid", grid, Mapping).items():
        checks.instance(f"the settings of grid[{name!r}]", settings, Mapping)
        axes = {key: value if isinstance(value, list) else [value] for key, value in settings.items()}
        if [] in axes.values():
            raise ValueError(f"grid[{name!r}] must list at least one value for each setting, got {settings}")
        cells += [Cell(name, agent, chosen) for chosen in combinations(**axes)]
    if not cells:
        raise ValueError("grid must name at least one agent, got none")
    return cells


def _play(seeds: list[int], cell: Cell, n_steps: int, shocks: Shocks, summary: Summary, **shop: Any) -> Any:
    return summary(replicate({cell.name: cell}, seeds, n_steps, shocks, **shop))
