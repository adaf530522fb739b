"""What happens to a shop during an experiment, and when: the same for all worlds, or drawn by each (chapter 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zoolib import checks
from zoolib.world.random_times import RandomTimes
from zoolib.world.shocks import Launch, Shock
from zoolib.world.simulator import ZooplusSimulator

Shocks = Mapping[int, Shock | Launch] | RandomTimes


class Schedule:
    """The shocks of a run, in the order of time, after all have happened once to a copy of the shop.

    Parameters
    ----------
    shocks
        ``{step: Shock or Launch}``, the same for all worlds; or :class:`~zoolib.world.RandomTimes`, which each
        world draws for itself.
    sim
        The shop, or a batch of shops.
    n_steps
        Length of the run.

    Attributes
    ----------
    happens
        ``{step: [(Shock or Launch, worlds), ...]}``, in the order of time.
    common
        ``{step: name}`` of what happens in all worlds at once.
    drawn
        ``{name: (R,) steps}`` of what happens in each world at a time of its own.

    Raises
    ------
    ValueError, TypeError
        If a shock does not fit the shop or the run.
    """

    def __init__(self, shocks: Shocks | None, sim: ZooplusSimulator, n_steps: int) -> None:
        shocks, self.n_steps, self.drawn = shocks or {}, n_steps, {}
        if isinstance(shocks, RandomTimes):
            self.drawn, self.happens = shocks.happen(sim, n_steps)
        elif isinstance(shocks, Mapping):
            for step, shock in shocks.items():
                checks.whole("a step in shocks", step, 0, n_steps - 1)
                if not isinstance(shock, (Shock, Launch)):
                    raise TypeError(f"shocks[{step}] must be a Shock or a Launch, got {shock!r}")
            self.happens = {step: [(shocks[step], ...)] for step in sorted(shocks)}
        else:
            raise TypeError(f"shocks must be {{step: Shock or Launch}} or RandomTimes, got {shocks!r}")
        self.common = {} if self.drawn else {step: shocks[step].name for step in self.happens}
        for _ in self.phases(sim.copy()):
            pass

    def apply(self, step: int, world: ZooplusSimulator) -> None:
        """Let happen to ``world`` what happens before the user of that step comes."""
        for shock, worlds in self.happens.get(step, ()):
            world.apply_shock(shock, worlds)

    def phases(self, world: ZooplusSimulator) -> Iterator[slice]:
        """Go through the times between changes, each with ``world`` as it was then."""
        starts = sorted({0, *self.happens})
        for start, stop in zip(starts, [*starts[1:], self.n_steps], strict=True):
            self.apply(start, world)
            yield slice(start, stop)
