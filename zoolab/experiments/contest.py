"""How the settings of rivals are chosen: the same dials, the same budget, and no optimum on an edge.

A family has *dials*. A search begins where they start, tries the neighbours of one dial after the other, goes where it
is better, and comes back with smaller steps, until no neighbour is better or the budget is used up. So no grid has an
edge: a dial that is best at its end is turned further. What the search saw is kept, setting by setting, and so are the
dials of which the budget left a neighbour untried.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from zoolib import checks
from zoolib.experiment import stored
from zoolib.randomness import shifted

Setting = dict[str, Any]


@dataclass(frozen=True)
class Factor:
    """A positive number, turned by factors.

    Parameters
    ----------
    start
        Where it begins.
    bottom, floor
        Below ``bottom`` there is one value more, ``floor``, and nothing beyond it: an alpha of 0, say.
    top, ceiling
        Above ``top`` likewise: a window of None, which forgets nothing.
    whole
        Whether its values are whole numbers.

    >>> Factor(0.3, bottom=0.1, floor=0.0).around(0.1, 3)
    [0.0, 0.3]
    """

    start: Any
    bottom: float | None = None
    floor: Any = 0.0
    top: float | None = None
    ceiling: Any = None
    whole: bool = False

    def around(self, value: Any, factor: float) -> list[Any]:
        """Return its neighbours at that distance, the lower one first."""
        at_floor = self.bottom is not None and value == self.floor
        if at_floor or (self.top is not None and value == self.ceiling):
            return [self.bottom if at_floor else self.top]
        down, up = (self._tidy(v) for v in (value / factor, value * factor))
        if self.bottom is not None and value / factor < self.bottom * 0.99:
            down = self.bottom if value > self.bottom * 1.01 else self.floor
        if self.top is not None and value * factor > self.top * 1.01:
            up = self.top if value < self.top * 0.99 else self.ceiling
        return [v for v in (down, up) if v != value]

    def _tidy(self, value: float) -> Any:
        return max(1, round(float(f"{value:.2g}"))) if self.whole else float(f"{value:.2g}")


@dataclass(frozen=True)
class Choice:
    """One of some values that have no order; ``start`` is the first.

    >>> Choice("identity", "logistic").around("identity", 3)
    ['logistic']
    """

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        object.__setattr__(self, "values", values)

    @property
    def start(self) -> Any:
        """Where it begins."""
        return self.values[0]

    def around(self, value: Any, factor: float) -> list[Any]:
        """Return all others."""
        return [one for one in self.values if one != value]


@dataclass
class Found:
    """What a search found.

    Attributes
    ----------
    best
        The setting with the highest score.
    tried
        Every setting tried and its score, in the order in which they were tried.
    unsettled
        The dials of ``best`` of which a neighbour was not tried, since the budget was used up.
    """

    best: Setting
    tried: list[tuple[Setting, float]] = field(default_factory=list)
    unsettled: tuple[str, ...] = ()


def of_the_book(table: str | os.PathLike[str]) -> pd.DataFrame:
    """Return a stored table of the book, in any hundred: a setting is found once, and judged in all of them."""
    with shifted(0):
        return stored(table)


def remembered(table: str | os.PathLike[str], dials: Iterable[str], lost: str, **row: Any) -> Found:
    """Return what a search found in the book's worlds, as its table has it; it is judged in any hundred.

    Parameters
    ----------
    table
        Where it lies. Of each setting a search tried, its column ``phase`` says "tuning", of the best "play".
    dials, lost
        The columns that make up a setting, and the one that the search made small.
    row
        Of which rows, by column: the agent, say.
    """
    mine = of_the_book(table)
    for column, value in row.items():
        mine = mine[mine[column] == value]
    settings = mine[list(dials)].to_dict("records")
    tried, played = (np.flatnonzero(mine["phase"] == phase) for phase in ("tuning", "play"))
    scores = [(settings[i], -float(mine[lost].iloc[i])) for i in tried]
    left = mine["unsettled"].iloc[played[0]]
    return Found(settings[played[0]], scores, tuple(left.split()) if isinstance(left, str) else ())


def search(
    score: Callable[[list[Setting]], Sequence[float]],
    dials: Mapping[str, Factor | Choice],
    budget: int,
    start: Mapping[str, Any] | None = None,
    factors: Sequence[float] = (3.0, 1.7),
) -> Found:
    """Look for the setting with the highest score.

    Parameters
    ----------
    score
        Returns what some settings earn; never asked for the same setting twice.
    dials
        What may be turned, by name; they are tried in this order.
    budget
        Number of settings that may be tried, at least 1.
    start
        Where the dials stand at first, those that are not named at their own start.
    factors
        How far the neighbours of a number lie, from coarse to fine.

    Raises
    ------
    ValueError
        If a dial has no values, the budget is not positive, or ``start`` names something that is no dial.

    >>> found = search(lambda some: [-abs(s["x"] - 8) for s in some], {"x": Factor(1.0)}, budget=20)
    >>> found.best, found.unsettled
    ({'x': 9.0}, ())
    """
    budget = checks.whole("budget", budget, 1)
    if unknown := set(start or {}) - set(dials):
        raise ValueError(f"start must name dials, among {', '.join(dials)}; got {', '.join(sorted(unknown))}")
    here = {name: dial.start for name, dial in dials.items()} | dict(start or {})
    known: dict[tuple[Any, ...], float] = {}
    tried: list[tuple[Setting, float]] = []

    def ask(some: list[Setting]) -> None:
        new = [s for s in some if tuple(s.values()) not in known][: budget - len(known)]
        for setting, value in zip(new, score(new) if new else [], strict=True):
            known[tuple(setting.values())] = float(value)
            tried.append((setting, float(value)))

    def around(name: str, factor: float) -> list[Setting]:
        return [here | {name: value} for value in dials[name].around(here[name], factor)]

    ask([here])
    for factor in factors:
        moved = True
        while moved and len(known) < budget:
            moved = False
            for name in dials:
                ask(around(name, factor))
                seen = [s for s in [here, *around(name, factor)] if tuple(s.values()) in known]
                best = max(seen, key=lambda s: known[tuple(s.values())])
                moved, here = moved or best != here, best
    missing = [n for n in dials if any(tuple(s.values()) not in known for s in around(n, factors[-1]))]
    return Found(here, tried, tuple(missing))
