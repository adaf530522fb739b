"""A contest on bare contexts: shops of features, and the loop in which agents serve them (chapter 8).

    shop = FeatureShop(Segments(), seed=range(100))
    results = serve({"crossed": agent}, shop)

The loop is that of :func:`zoolib.experiment.run`: choose, click, learn. What comes back is the same
:class:`~zoolib.experiment.Results`, and everything in :mod:`zoolib.experiment.metrics` applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents import Agent
from zoolib.experiment.interrupts import interrupts_between_steps
from zoolib.experiment.progress import bar
from zoolib.experiment.run import Results, keep_freed_memory
from zoolib.world import CATEGORIES, PERSONAS, FeatureShop, Segments


def serve(agents: Mapping[str, Agent], shop: FeatureShop, *, every: int = 1, progress: bool | None = None) -> Results:
    """Let every agent serve the same visits of the same shop.

    Parameters
    ----------
    agents
        ``{name: agent}``, made with ``shop.space``; :meth:`select` and :meth:`learn` are asked. One that has a method
        ``warm`` is first given the log.
    shop
        The shop, or a batch of them.
    every
        Clicks come in batches of so many visits: none is known before the batch is complete.
    progress
        Whether to show a progress bar; if None, to a reader who runs the cell of a notebook.

    Returns
    -------
    With ``arm`` the product's number, ``category`` its niche and ``persona`` who came, where there are such; ``oracle``
    is the highest click probability on the shelf.
    """
    every = checks.whole("every", every, 1)
    if not isinstance(shop, FeatureShop):
        raise TypeError(f"shop must be a FeatureShop, got {type(shop).__name__}")
    if not isinstance(agents, Mapping) or not agents:
        raise ValueError(f"agents must be {{name: agent}} with at least one agent, got {agents!r}")
    for name, agent in agents.items():
        if not all(callable(getattr(agent, method, None)) for method in ("select", "learn")):
            raise TypeError(f"agents[{name!r}] must have select and learn, got {type(agent).__name__}")
        checks.same_worlds(agent.batch_shape, shop.batch_shape)
    if len({id(agent) for agent in agents.values()}) < len(agents):
        raise ValueError("agents must be one object each: an agent under two names would learn from both runs")
    keep_freed_memory()
    T, R = shop.n_steps, len(shop.seeds)
    row = np.empty((len(agents), T, R), dtype=np.int32)
    click = np.empty((len(agents), T, R), dtype=np.int8)
    for i, (name, agent) in enumerate(agents.items()):
        if shop.n_log and hasattr(agent, "warm"):
            agent.warm(shop.log_x, shop.log_r)
        with bar(T, name, progress) as shown, interrupts_between_steps() as interrupted:
            waiting: list[tuple[np.ndarray, Any, Any]] = []
            for t in range(T):
                X = shop.contexts(t)
                chosen = agent.select(X)
                here = (*shop.rows, chosen)
                reward = (shop.luck[..., t] < shop.probability[..., t, :][here]) * 1.0
                row[i, t], click[i, t] = chosen, reward
                waiting.append((X[here], chosen, reward))
                if len(waiting) == every:
                    for lesson in waiting:
                        agent.learn(*lesson)
                    waiting.clear()
                shown.update(1)
                if interrupted:
                    raise KeyboardInterrupt
    return _results(shop, tuple(agents), np.moveaxis(row, 1, -1), np.moveaxis(click, 1, -1))


def _results(shop: FeatureShop, names: tuple[str, ...], row: np.ndarray, click: np.ndarray) -> Results:
    R = len(shop.seeds)
    shelf, p = (a.reshape(R, *a.shape[-2:]) for a in (shop.shelf, shop.probability))
    arm = np.stack([np.take_along_axis(shelf, one[..., None], -1)[..., 0] for one in row])
    has_segments = isinstance(shop.taste, Segments)
    kind = shop.kind.reshape(R, -1) if has_segments else np.zeros((R, shop.n_products), dtype=int)
    who = shop.who.reshape(R, -1) if has_segments else np.zeros((R, shop.n_steps), dtype=int)
    n_personas = shop.taste.n_personas if has_segments else 1
    personas = (*PERSONAS, *(f"persona {i}" for i in range(len(PERSONAS), n_personas)))[:n_personas]
    return Results(
        agents=names,
        seeds=shop.seeds,
        arm=arm,
        category=np.stack([np.take_along_axis(kind, one, -1) for one in arm]).astype(np.int8),
        reward=click,
        expected=np.stack([np.take_along_axis(p, one[..., None], -1)[..., 0] for one in row]),
        persona=who.astype(np.int8),
        oracle=p.max(-1),
        shocks={},
        categories=CATEGORIES if has_segments else ("all",),
        personas=personas if has_segments else ("all",),
    )
