"""Claims that the book has made and does not make any more: what was said, how it fell, and what is so instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Fallen:
    """A claim that fell.

    Attributes
    ----------
    label
        Of the claim that stands in its place.
    text
        What was claimed.
    fell
        How, in fresh worlds or before a second look.
    instead
        What is so.
    fresh
        In which fresh hundred it fell when it was first asked there, in these words or in those of a second look; 0 if
        it was restated before it was asked.
    seen
        How many fresh hundreds were known when the words that stand in its place were chosen, and count no more for
        these: the one in which it fell, at least. 0 where only words have been cut, to what had been asked there.
    """

    label: str
    text: str
    fell: str
    instead: str
    fresh: int = 0
    seen: int = 0


FALLEN = [Fallen(*row) for row in pd.read_csv(Path(__file__).parent / "data" / "fallen.csv").itertuples(index=False)]

# Conditions that asked for more than their words say, or stood too close to what was measured, and ask for less now:
# after how many fresh hundreds, which count no more.
LOOSENED = {
    "yardsticks": 3, "shared-alpha": 3, "missed-category": 3, "sure-and-wrong": 3, "ten-tickets": 3,
    "forgetting": 3, "evidence-protects": 3, "segments-where-it-must": 1,
}  # fmt: skip
