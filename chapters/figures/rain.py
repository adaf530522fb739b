"""A hundred worlds rain: the lead of an agent over a rival, a line for each world (chapter 4)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from figures.played import Bundle, played, whole
from figures.svg import Axis, Points
from zoolab.drawings import plots
from zoolib.experiment import Results, mean_interval


@dataclass
class WorldsRain:
    """How far ``agent`` is ahead of ``rival``: in the world ``shown``, then in others, and in the best of some."""

    results: Results
    agent: str = "Neural-Linear"
    rival: str = "LinUCB"
    shown: int = 3

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        own, other = (self.results.expected[self.results.agents.index(name)] for name in (self.agent, self.rival))
        at, n = np.arange(500, own.shape[1] + 1, 500), len(own)
        order = [self.shown, *(world for world in range(n) if world != self.shown)]
        lead = 1000 * np.cumsum(own - other, axis=1)[order][:, at - 1] / at  # clicks per 1,000 visits so far
        means = [mean_interval(lead[:some, -1]) for some in range(2, n + 1)]
        data = {
            "names": (self.agent, self.rival),
            "seeds": [int(self.results.seeds[world]) for world in order],
            "at": at.tolist(),
            "shocks": {name: int(step) for step, name in self.results.shocks.items()},
            "lead": whole(lead).tolist(),
            "means": [whole([mean.mean, mean.low, mean.high]).tolist() for mean in means],
        }
        ends, (first, *_), (mean, low, high) = np.sort(lead[:, -1]), lead[:, -1], data["means"][-1]
        marks = [
            Points("a world", np.arange(n), ends, size=2.5, colour=plots.SKY),
            Points(f"world {data['seeds'][0]}", [np.searchsorted(ends, first)], [first], colour=plots.VERMILION),
            Points("the mean", [n + 4], [mean], [low], [high], colour=plots.BLUE, marker="s"),
        ]
        said = f"{self.agent} minus {self.rival}: {first:.0f} clicks per 1,000 visits in the world that was shown, "
        said += f"{mean} [{low}, {high}] in {n} worlds."
        alt = (
            "A point for each world, the lowest first, on both sides of 0; a marked one is near the top, the mean at 0."
        )
        x, y = Axis("worlds, the lowest first", -2, n + 8, ticks={}), Axis("clicks per 1,000 visits", -250, 150)
        return played("worlds-rain", data, said, marks, x, y, alt)
