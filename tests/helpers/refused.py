"""What is to be refused, for tables of tests: one argument after the other, each with some values."""

from typing import Any


def each(*beside: Any, **values: list[Any]) -> list[tuple[Any, ...]]:
    """Return ``({name: value}, *beside, name)`` for all values of all names; a message speaks of the name."""
    return [({name: value}, *beside, name) for name, several in values.items() for value in several]
