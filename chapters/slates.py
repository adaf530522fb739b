"""A slate in the place of one product: users look from the top and click once, or leave (the decision guide).

The cascade model (Craswell, Zoeter, Taylor and Ramsey, 2008): whoever comes looks at the first place; a click ends the
visit, and without one the next place is looked at. What stands below the click was not seen, and so has not been
refused.
"""

from collections.abc import Mapping

import numpy as np

from zoolib import checks
from zoolib.agents import UCBAgent
from zoolib.experiment import Results, draw_users
from zoolib.randomness import spawn
from zoolib.ties import top_k
from zoolib.world import ZooplusSimulator


def show_slates(
    agents: Mapping[str, UCBAgent], sim: ZooplusSimulator, n_steps: int, *, places: int = 3, only_seen: bool = True
) -> Results:
    """Let agents fill slates, one product of each category at the most, the highest scores first.

    The loop is one of its own, since a visit shows several products and teaches place by place.

    Parameters
    ----------
    agents
        ``{name: agent}``, made for a batch of shops and sharing one model among products.
    sim, n_steps
        The batch of shops, which stays as it is, and the visits T.
    places
        Length of a slate, at most the number of categories.
    only_seen
        Whether an agent learns only from the places down to the click. If not, it takes all places below it for misses.

    Returns
    -------
    With ``arm`` the product on the first place, ``reward`` whether the visit ended in a click, ``expected`` how
    probable that was, and ``oracle`` the same of the best slate.
    """
    if not sim.batch_shape:
        raise ValueError("sim must be a batch of shops, made with seed=range(R)")
    n_steps, places = checks.whole("n_steps", n_steps, 1), checks.whole("places", places, 1, len(sim.categories))
    users, rows = draw_users(sim, n_steps), sim.worlds[0]
    table = sim.click_table[rows[:, None], sim.user_persona[rows[:, None], users]]  # (R, T, C)
    luck = np.stack([spawn(seed, "slates").random((n_steps, places)) for seed in sim.seeds])
    nowhere = np.zeros(len(rows), dtype=int)
    shown, click, p = (np.empty((len(agents), len(rows), n_steps, *more)) for more in ((), (), (places,)))
    for i, agent in enumerate(agents.values()):
        checks.same_worlds(agent.batch_shape, sim)
        for t in range(n_steps):
            X, arms = agent.features.candidates(users[:, t], sim)
            order = top_k(agent.score(X), places)
            X, arms = X[rows[:, None], order], arms[rows[:, None], order]
            p[i, :, t] = table[rows[:, None], t, sim.product_category[rows[:, None], arms]]
            attractive = luck[:, t] < p[i, :, t]
            seen = np.cumsum(attractive, axis=1) - attractive == 0  # nothing above has been clicked
            for k in range(places):  # a lesson that does not count in a world is a context of zeros there
                counts = seen[:, k, None] if only_seen else 1
                agent.learn(X[:, k] * counts, nowhere, (attractive & seen)[:, k] * 1.0)
            shown[i, :, t], click[i, :, t] = arms[:, 0], attractive.any(axis=1)
    best = np.sort(table, axis=-1)[..., -places:]
    return Results(
        agents=tuple(agents),
        seeds=sim.seeds,
        arm=shown.astype(np.int32),
        reward=click,
        expected=1 - (1 - p).prod(-1),
        oracle=1 - (1 - best).prod(-1),
    )
