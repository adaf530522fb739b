"""How long it takes an agent to recover from a shock (chapters 4 and 7)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoolib import checks
from zoolib.experiment.metrics import Steps, _by_agent, _each, rolling
from zoolib.experiment.results import Results


def steps_to_recover(
    results: Results, shock: Steps, share: float = 0.9, window: int = 500, persona: str | None = None
) -> pd.DataFrame:
    """Return how many steps after a shock an agent needs to be good again, a row a replication, a column an agent.

    An agent has recovered at the first step, at least ``window`` steps after the shock, at which its mean value over
    the last ``window`` steps reaches ``share`` of the oracle's over the same steps. One that does not before the next
    shock or the end of the run is censored: infinity. So report medians and shares recovered, not means.

    Parameters
    ----------
    results, shock
        Of an experiment; and when the shock came, a step, or an ``(R,)`` array with one for each world.
    share, window
        What good means.
    persona
        Whose visits count; everybody's if None. Where the taste of one persona changes, the others' visits tell little,
        and may hide that nothing has been learned.

    >>> from zoolib.agents import OracleAgent
    >>> from zoolib.experiment import replicate
    >>> results = replicate({"oracle": lambda features, rng: OracleAgent(features)}, range(3), 50)
    >>> steps_to_recover(results, shock=10, window=20)["oracle"].tolist()
    [20.0, 20.0, 20.0]
    """
    checks.instance("results", results, Results)
    shock = _each(results, "shock", shock, 0, results.n_steps - 1)
    ends = [_each(results, "end", end, 0) for end in (*results.shocks, *results.drawn.values(), results.n_steps)]
    stop = np.where(ends > shock, ends, results.n_steps).min(0)
    window = checks.whole("window", window, 1, int((stop - shock).min()))
    share = checks.real("share", share, 0.0, 1.0, open_low=True)
    steps, got = rolling(results, window, every=1, of="expected", persona=persona)
    _, best = rolling(results, window, every=1, of="oracle", persona=persona)
    good = got >= share * best - 1e-9  # Rounding must not decide.
    good &= (steps >= shock[:, None] + window) & (steps <= stop[:, None])
    return _by_agent(results, np.where(good.any(-1), steps[good.argmax(-1)] - shock, np.inf))
