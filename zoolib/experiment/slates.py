"""A slate in the place of one product: users look from the top and click once, or leave (the decision guide).

The cascade model (Craswell, Zoeter, Taylor and Ramsey, 2008): whoever comes looks at the first place; a click ends the
visit, and without one the next place is looked at. What stands below the click was not seen, and so has not been
refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents import UCBAgent, best_first
from zoolib.experiment.run import draw_users
from zoolib.randomness import spawn
from zoolib.world import ZooplusSimulator


@dataclass(frozen=True, eq=False)
class Slates:
    """What came of slates.

    Attributes
    ----------
    value
        ``{agent: (R, T)}``, the true probability that a visit ends in a click.
    best
        ``(R, T)``, the same of the best slate.
    """

    value: Mapping[str, np.ndarray]
    best: np.ndarray


def show_slates(
    agents: Mapping[str, UCBAgent],
    sim: ZooplusSimulator,
    n_steps: int,
    *,
    places: int = 3,
    only_seen: bool = True,
) -> Slates:
    """Let agents fill slates, one product of each category at the most, the highest scores first.

    Parameters
    ----------
    agents
        ``{name: agent}``, made for a batch of shops and sharing one model among products.
    sim
        The batch of shops; it stays as it is.
    n_steps
        Visits T.
    places
        Length of a slate, at most the number of categories.
    only_seen
        Whether an agent learns only from the places down to the click. If not, it takes all places below it for misses.
    """
    if not sim.batch_shape:
        raise ValueError("sim must be a batch of shops, made with seed=range(R)")
    n_steps = checks.whole("n_steps", n_steps, 1)
    places = checks.whole("places", places, 1, len(sim.categories))
    users = draw_users(sim, n_steps)
    rows = sim.rows[0]
    table = sim.click_table[rows[:, None], sim.user_persona[rows[:, None], users]]  # (R, T, C)
    luck = np.stack([spawn(seed, "slates").random((n_steps, places)) for seed in sim.seeds])
    value = {}
    for name, agent in agents.items():
        checks.same_worlds(agent.batch_shape, sim.batch_shape)
        shown = np.empty((len(rows), n_steps, places))
        for t in range(n_steps):
            X, arms = agent.features.choices(users[:, t], sim)
            order = best_first(agent.score(X), places)
            p = table[rows[:, None], t, sim.product_category[rows[:, None], arms[rows[:, None], order]]]
            attractive = luck[:, t] < p
            seen = np.cumsum(attractive, axis=1) - attractive == 0  # nothing above has been clicked
            _teach(agent, X[rows[:, None], order], attractive & seen, seen if only_seen else np.ones_like(seen))
            shown[:, t] = p
        value[name] = 1 - (1 - shown).prod(-1)
    best = 1 - (1 - np.sort(table, axis=-1)[..., -places:]).prod(-1)
    return Slates(value, best)


def _teach(agent: UCBAgent, X: np.ndarray, click: np.ndarray, counts: np.ndarray) -> None:
    """Let an agent learn place by place; a lesson that does not count in a world is a context of zeros there."""
    nowhere: Any = np.zeros(len(X), dtype=int)
    for k in range(X.shape[1]):
        agent.learn(X[:, k] * counts[:, k, None], nowhere, click[:, k].astype(float))
