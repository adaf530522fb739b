"""What the page shows besides the slate, one value in the store: counts, rolling rates, shocks (chapter 6)."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from zoolab.serving.stores.codec import pack, understood, unpack
from zoolib.world import CATEGORIES

KEY, KIND = "demo/tally", "tally"
STORED_AS = {"shock_log": "marks"}  # its name in the stores that there are
WINDOW = 200  # visits over which rates are taken
POINTS, FIRST_STRIDE = 240, 5  # of the curve, and visits from one point to the next at first
SHOCKS_REMEMBERED = 24  # their comings and goings, for the drawing
ENTRIES = 6  # of the ledger, whose last ones are shown
COLUMNS = 3 + len(CATEGORIES)  # click rate, that of the best slate, that of a random one, share of each category


@dataclass
class Statistics:
    """What has been counted since the last reset.

    Attributes
    ----------
    seed, n_products
        Of the world it belongs to.
    era
        How often the shop was opened: each reset begins a new one, with evidence of its own.
    alpha
        Weight of the uncertainty.
    shocks
        Names of the shocks in force, in the order in which they came.
    shock_log
        ``[visits, name, whether it came or went]``, the last ones.
    models
        Versions of phi that were put in force, the present one last; none, before the first deployment.
    last
        ``[[decision, number of its visitor], ...]``, of the last decisions that were made.
    fallback
        Whether everybody is shown the best sellers, whatever phi and evidence say.
    visits
        Answered decisions.
    shown, clicked
        ``(5,)`` by category.
    recent
        ``(WINDOW, 8)`` the last visits, each in the place ``number % WINDOW``: the share of the slate that was
        clicked, the expected share of the best slate and of a random one, and the share of each category.
    curve
        ``(n, 9)``, n at most ``POINTS``: number of visits, and the means of ``recent`` then.
    stride
        Visits from one point of the curve to the next. It doubles when there is no more room.
    """

    seed: int
    n_products: int
    era: int = 1
    alpha: float = 1.0
    shocks: list[str] = field(default_factory=list)
    shock_log: list[list[Any]] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    last: list[list[Any]] = field(default_factory=list)
    fallback: bool = False
    visits: int = 0
    stride: int = FIRST_STRIDE
    shown: np.ndarray = field(default_factory=lambda: np.zeros(len(CATEGORIES), dtype=np.int64))
    clicked: np.ndarray = field(default_factory=lambda: np.zeros(len(CATEGORIES), dtype=np.int64))
    recent: np.ndarray = field(default_factory=lambda: np.zeros((WINDOW, COLUMNS), dtype=np.float32))
    curve: np.ndarray = field(default_factory=lambda: np.zeros((0, 1 + COLUMNS), dtype=np.float32))

    def add(self, categories: np.ndarray, clicked: np.ndarray, best: float, random: float) -> None:
        """Count an answered decision.

        Parameters
        ----------
        categories, clicked
            ``(n,)`` of what was shown: index of the category, and whether it was clicked.
        best, random
            Expected share of clicks on the best slate and on a random one.
        """
        n = len(CATEGORIES)
        counts = np.bincount(categories, minlength=n)
        self.shown += counts
        self.clicked += np.bincount(categories, weights=clicked, minlength=n).astype(np.int64)
        self.recent[self.visits % WINDOW] = [np.mean(clicked), best, random, *counts / len(categories)]
        self.visits += 1
        if self.visits % self.stride == 0:
            self.curve = np.vstack([self.curve, np.float32([self.visits, *self.rolling()])])
            if len(self.curve) == POINTS:
                self.curve, self.stride = self.curve[1::2], 2 * self.stride

    def made(self, era: int, decision: str, number: int) -> None:
        """Note a decision of ``era`` and the number of its visitor among the last ones, unless the era is over."""
        if era == self.era:
            self.last = [*self.last, [decision, number]][-ENTRIES:]

    def rolling(self) -> np.ndarray:
        """Return the means over the last ``WINDOW`` visits, ``(8,)``; NaN before the first."""
        seen = self.recent[: min(self.visits, WINDOW)].astype(float)
        return seen.mean(0) if len(seen) else np.full(COLUMNS, np.nan)

    def switch(self, shock: str, on: bool) -> None:
        """Let a shock come, or go; nothing happens if it is there, or gone, already."""
        if on != (shock in self.shocks):
            self.shocks = [*self.shocks, shock] if on else [name for name in self.shocks if name != shock]
            self.shock_log = [*self.shock_log, [self.visits, shock, on]][-SHOCKS_REMEMBERED:]

    def deployed(self, models: list[str]) -> None:
        """Note which models were in force, up to the present one; nothing happens if somebody has done so already."""
        if self.models[-1:] != models[-1:]:
            self.models = models

    def cleared(self) -> Self:
        """Return the statistics of the next era."""
        kept = {"models": self.models, "fallback": self.fallback}
        return type(self)(self.seed, self.n_products, self.era + 1, self.alpha, **kept)

    def packed(self) -> bytes:
        """Return the value to store."""
        names = ("seed", "n_products", "era", "alpha", "fallback", "shocks", "shock_log", "models", "last", "visits")
        names += ("stride",)
        arrays = {name: getattr(self, name) for name in ("shown", "clicked", "recent", "curve")}
        return pack(KEY, KIND, {STORED_AS.get(name, name): getattr(self, name) for name in names}, arrays)

    @classmethod
    def unpacked(cls, value: bytes | None) -> Self | None:
        """Return the statistics in a value; None if there is none."""
        if value is None:
            return None
        words, arrays = unpack(KEY, KIND, value)
        words.pop("entries", None)  # which were kept here once, and are read from the ledger now
        with understood(KEY):
            return cls(shock_log=words.pop(STORED_AS["shock_log"]), **words, **arrays)

    def told(self) -> dict[str, Any]:
        """Return what a page shows of it, ready for JSON."""
        rates = [round(float(value), 4) for value in self.rolling()] if self.visits else [None] * COLUMNS
        plain = ("era", "seed", "n_products", "alpha", "visits", "shocks", "shock_log", "models", "fallback")
        return {name: getattr(self, name) for name in plain} | {
            "window": WINDOW,
            "rate": dict(zip(("agent", "oracle", "random"), rates, strict=False)),
            "categories": [
                {"name": name, "shown": int(shown), "clicked": int(clicked), "share": share}
                for name, shown, clicked, share in zip(CATEGORIES, self.shown, self.clicked, rates[3:], strict=True)
            ],
            "curve": [[int(point[0]), *(round(float(value), 4) for value in point[1:])] for point in self.curve],
        }
