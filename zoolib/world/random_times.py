"""Shocks at times that worlds draw (chapter 7)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zoolib import checks
from zoolib.randomness import SHOCK_TIMES, spawn
from zoolib.world.shocks import Happens, Shock
from zoolib.world.simulator import ZooplusSimulator


@dataclass(frozen=True)
class RandomTimes:
    """Shocks that happen in this order, in each world at times that it draws for itself.

    All choices of times from ``first`` to ``last``, each at least ``apart`` steps after the one before, are equally
    likely.

    Parameters
    ----------
    shocks
        Changes of taste, of different names.
    first, last, apart
        The earliest step that may be drawn, at least 1, and the latest; steps from one to the next, at least 1.

    >>> from zoolib.world import SHOCK_DOG_TOY, SHOCK_FISH
    >>> RandomTimes([SHOCK_FISH, SHOCK_DOG_TOY], first=100, last=900, apart=300).draw(np.random.default_rng(0)).tolist()
    [419, 825]
    """

    shocks: Sequence[Shock]
    first: int
    last: int
    apart: int = 1

    def __post_init__(self) -> None:
        checks.instance("shocks", self.shocks, Sequence)
        if strange := [shock for shock in self.shocks if not isinstance(shock, Shock)]:
            raise TypeError(f"shocks must hold changes of taste (a launch is in all worlds at once): {strange[0]!r}")
        if not self.shocks or len({shock.name for shock in self.shocks}) < len(self.shocks):
            raise ValueError("shocks must hold at least one, and no two of one name")
        checks.wholes(1, first=self.first, apart=self.apart)
        checks.whole("last", self.last, self.first + (len(self.shocks) - 1) * self.apart)

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Draw the times of one world, ``(n,)``, in the order of ``shocks``."""
        checks.instance("rng", rng, np.random.Generator)
        n, spare = len(self.shocks), self.apart - 1
        free = self.last - self.first + 1 - (n - 1) * spare
        return self.first + np.sort(rng.choice(free, n, replace=False)) + spare * np.arange(n)

    def happen(self, sim: ZooplusSimulator, n_steps: int) -> tuple[dict[str, np.ndarray], Happens]:
        """Return what a :class:`~zoolib.world.shocks.Drawn` does; each seed has a stream for this and nothing else."""
        checks.instance("sim", sim, ZooplusSimulator)
        checks.whole("shocks.last", self.last, self.first, checks.whole("n_steps", n_steps, 1) - 1)
        drawn = np.stack([self.draw(spawn(seed, SHOCK_TIMES)) for seed in sim.seeds], axis=1)
        each = list(zip(self.shocks, drawn, strict=True))
        happens: Happens = {
            step: [(shock, times == step if sim.batch_shape else ...) for shock, times in each if step in times]
            for step in np.unique(drawn).tolist()
        }
        return {shock.name: times for shock, times in each}, happens
