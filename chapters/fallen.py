"""Claims that the book has made and does not make any more: what was said, how it fell, and what is so instead."""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    label: str
    text: str
    fell: str
    instead: str


FALLEN: list[Fallen] = []
