"""The wheel: a problem made so that who does not explore never learns what there is to gain (chapter 10).

Riquelme, Tucker and Snoek, ICLR 2018. A point of the unit disc comes, and one of five arms is to be chosen. In most of
the disc a safe arm is the best, by a little. Beyond a radius one of the four others earns forty times as much, another
one in each quarter; and the thinner that rim, the rarer the chance to find out.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.randomness import spawn, worlds
from zoolib.world import ContextSpace


class WheelBandit:
    """Points of the disc that come one by one.

    Arm 0 earns 1.2 wherever the point lies. The others earn 1.0, but beyond the radius delta the arm of the quarter,
    by the signs of its two coordinates ++, +-, -+, --, earns 50. Every reward has normal noise of deviation 0.01.

    Parameters
    ----------
    seeds, n_steps
        One wheel (an int), or several in lockstep (a sequence of ints); and the horizon T.
    delta
        Radius, in (0, 1]: the share 1 - delta^2 of all points lies beyond it.

    Attributes
    ----------
    x
        ``(T, ..., 2)``, the points.
    expected
        ``(T, ..., 5)``, what each arm earns on average.
    luck
        ``(T, ...)``, the noise of the step, the same for all arms.

    >>> from zoolib.agents import LinUCBAgent
    >>> from zoolab.columns import serve
    >>> wheel = WheelBandit(range(3), n_steps=40, delta=0.5)
    >>> serve({"LinUCB": LinUCBAgent(wheel.space)}, wheel).reward.shape
    (1, 3, 40)
    """

    log, streams = None, ("wheel",)  # nothing is known beforehand; and as in Problem
    safe, plain, rich, sigma = 1.2, 1.0, 50.0, 0.01
    n_arms = 5

    def __init__(self, seeds: int | Sequence[int], n_steps: int, *, delta: float = 0.95) -> None:
        self.n_steps = checks.whole("n_steps", n_steps, 1)
        self.delta = checks.real("delta", delta, 0.0, 1.0, open_low=True)
        self.seeds, self.batch_shape = worlds(seeds, "seeds", apart=True)
        drawn = [self._draw(spawn(seed, *self.streams)) for seed in self.seeds]
        parts = [np.stack(a, axis=1) if self.batch_shape else a[0] for a in zip(*drawn, strict=True)]
        self.x, self.luck = parts
        self.space = ContextSpace(2, self.n_arms, self.batch_shape)
        self.expected = np.full((*self.luck.shape, self.n_arms), self.plain)
        self.expected[..., 0] = self.safe
        quarter = 1 + 2 * (self.x[..., 0] <= 0) + (self.x[..., 1] <= 0)
        beyond = np.linalg.norm(self.x, axis=-1) > self.delta
        mine = np.take_along_axis(self.expected, quarter[..., None], -1)
        np.put_along_axis(self.expected, quarter[..., None], np.where(beyond[..., None], self.rich, mine), -1)

    def _draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return points that are uniform on the disc, ``(T, 2)``, and noise, ``(T,)``."""
        radius, angle = np.sqrt(rng.random(self.n_steps)), 2 * np.pi * rng.random(self.n_steps)
        points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        return points, self.sigma * rng.standard_normal(self.n_steps)

    def contexts(self, t: int) -> np.ndarray:
        """Return the point of step ``t``, the same for every arm, ``(..., 5, 2)``."""
        x = self.x[checks.indices("t", t, self.n_steps, ())]
        return np.broadcast_to(x[..., None, :], (*x.shape[:-1], self.n_arms, 2))

    def reward(self, t: int, arm: Any) -> Any:
        """Return what ``arm`` earns at step ``t``."""
        t, arm = checks.indices("t", t, self.n_steps, ()), checks.indices("arm", arm, self.n_arms, self.batch_shape)
        return self.expected[t][(*self.space.worlds, arm)] + self.luck[t]

    def outcome(self, arm: np.ndarray) -> dict[str, Any]:
        """Return what is true of the arms that agents chose, ``(A, R, T)``: parts of ``Results``."""
        means = np.moveaxis(self.expected.reshape(self.n_steps, -1, self.n_arms), 0, 1)  # (R, T, 5)
        expected = np.take_along_axis(means[None], np.asarray(arm)[..., None], -1)[..., 0]
        return {"arm": arm, "expected": expected, "oracle": means.max(-1)}
