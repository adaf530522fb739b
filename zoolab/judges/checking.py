"""Answers that are checked: what a reader hands in for an exercise, judged against the executed solution.

The right answers come from the outputs of the solutions (``make -C pages answers``). They lie turned about in
``answers.txt``, so that nobody reads it by accident. That keeps no secret from somebody who turns it back: the
solutions are in the book.
"""

from __future__ import annotations

import difflib
import functools
import html
import json
from collections.abc import Mapping, ValuesView
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zoolab.judges import judges, trials
from zoolab.judges.judges import Off, kind_of

JUDGES = {**vars(judges), "learner": trials.learner, "counting": trials.counting}  # by the kind of a part
ANSWERS = Path(__file__).with_name("answers.txt")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TURN = str.maketrans(LETTERS, LETTERS[::-1])
BOX = "border-left: 3px solid {0}; background: {0}1f; padding: .6rem 1rem; margin: .2rem 0 1.2rem"


@dataclass(frozen=True)
class Verdict:
    """What :func:`check` found.

    Attributes
    ----------
    label, right
        The exercise, and whether all of what was handed in is right, which is the truth value of the verdict.
    words
        What is off, or what else is to be known, a sentence each.
    judged
        Whether this exercise can be judged.

    >>> bool(Verdict("ex-flip", True))
    True
    """

    label: str
    right: bool
    words: tuple[str, ...] = ()
    judged: bool = True

    def __bool__(self) -> bool:
        return self.right

    @property
    def said(self) -> str:
        """The verdict in one word or two."""
        return "Right." if self.right else "Not yet." if self.judged else "No judge."

    def __repr__(self) -> str:
        return "\n".join([self.said, *(f"- {one}" for one in self.words)])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        style = BOX.format("#00855e" if self.right else "#d9822b")
        more = "".join(f"<li>{html.escape(one)}</li>" for one in self.words)
        more = f'<ul style="margin: .4rem 0 0">{more}</ul>' if more else ""
        return {
            "text/plain": repr(self),
            "text/html": f'<div class="zoolib-check" style="{style}"><strong>{self.said}</strong>{more}</div>',
        }

    def or_fail(self) -> Verdict:
        """Return the verdict if it is right, for those who grade.

        Raises
        ------
        AssertionError
            With the words of the verdict, if it is not.
        """
        if not self.right:
            raise AssertionError(f"{self.label}: {self!r}")
        return self


@functools.cache
def answers() -> dict[str, Any]:
    """Return what is known of each exercise by its label: what is handed in, and its parts or why it is not judged."""
    return json.loads(turned(ANSWERS.read_text(encoding="utf-8").replace("\n", "")))


def turned(text: str) -> str:
    """Turn a text into one that nobody reads by accident, and such a text back.

    No library that unpacks: the engine in a page would have to fetch the rest of itself for it.
    """
    return text[::-1].translate(TURN)


def check(label: str, mine: Any) -> Verdict:
    """Judge an answer to an exercise of the book, without telling the solution.

    Parameters
    ----------
    label
        That of the exercise, as its text names it.
    mine
        What the text of the exercise asks for. Where it asks for several things, a list, a dict, an array or a table
        of them, in the order in which it names them. A number that comes from many worlds may be an interval
        of ``zoolib.metrics``, or one value for each world.

    Raises
    ------
    ValueError, TypeError
        If the book has no such exercise. A wrong answer raises nothing, nor does an error within it.

    >>> check("ex-flip", [1.5, 3.0]).right
    False
    """
    known = answers()
    if not isinstance(label, str):
        raise TypeError(f"label must be a text such as 'ex-stranger', got {label!r}")
    if label not in known:
        near = difflib.get_close_matches(label, known, 3, 0.4) or difflib.get_close_matches(f"ex-{label}", known, 3, 0)
        raise ValueError(f"label must name an exercise of the book, got {label!r}; near it are {', '.join(near)}")
    asked = known[label]
    if "why" in asked:
        return Verdict(label, False, (f"{asked['why'].capitalize()}.",), judged=False)
    wanted = f"mine is to be {asked['mine'].replace('$', '')}."
    if mine is None or mine is ...:
        return Verdict(label, False, (f"Nothing is handed in yet: {wanted}",))
    try:
        found = _judged(asked["parts"], mine)
    except Off as off:
        return Verdict(label, False, (f"What is handed in {off}; {wanted}",))
    except Exception as error:  # of an object that cannot be looked at; its own words might say anything
        return Verdict(label, False, (f"What is handed in cannot be read ({type(error).__name__}); {wanted}",))
    return Verdict(label, all(right for right, _ in found), tuple(words for _, words in found if words))


def _judged(parts: list[dict[str, Any]], mine: Any) -> list[tuple[bool, str]]:
    found = []
    for part, one in zip(parts, _parted(mine, parts), strict=True):
        others = [other for other in parts if other is not part and other.get("value") != part.get("value")]
        try:
            right, words = JUDGES[part["kind"]](part, one)
        except Off as off:
            right, words = False, f"it {off}.".replace("?.", "?")
        foreseen = part["kind"] != "number" or words in (said for _, said in part.get("wrong", ()))
        if not right and not foreseen and any(_agrees(other, one) for other in others):
            words = "it would be right in another place: is the order as asked for?"
        name = part.get("name")
        found.append((right, words and (f"{name}: {words}" if name else words[0].upper() + words[1:])))
    n_right = sum(right for right, _ in found)
    return found + [(True, f"Right so far: {n_right} of {len(found)}.")] * (0 < n_right < len(found))


def _agrees(part: dict[str, Any], one: Any) -> bool:
    try:
        return part["kind"] == "number" and JUDGES["number"]({**part, "spread": 0}, one)[0]
    except Off:
        return False


def _parted(mine: Any, parts: list[dict[str, Any]]) -> list[Any]:
    """Return the things that are handed in, one for each part, whatever holds them."""
    if (n := len(parts)) == 1:
        return [mine[0] if isinstance(mine, (list, tuple)) and len(mine) == 1 else mine]
    if not isinstance(held := _held(mine), list):
        raise Off(f"is {kind_of(mine)}, and {n} parts are asked for")
    if len(held) != n:
        rows = [_held(one, ends=not any("n" in part for part in parts)) for one in held]
        if rows and all(isinstance(row, list) and len(row) == len(rows[0]) > 0 for row in rows):
            rows = _as_asked(rows, parts, isinstance(mine, Mapping))
        flat = [one for row in rows for one in (row if isinstance(row, list) else [row])]
        held = next((found for found in (rows, flat) if len(found) == n), held)
    if len(held) != n:
        raise Off(f"has {len(held)} part{'s' * (len(held) != 1)}, and {n} are asked for")
    return held


def _held(one: Any, ends: bool = False) -> Any:
    """Return what holds several things as a list, perhaps an interval's ends, and anything else as it is."""
    one = one.to_numpy() if hasattr(one, "to_numpy") else one
    one = np.atleast_1d(one.squeeze()).tolist() if isinstance(one, np.ndarray) else one
    one = (one.low, one.high) if ends and hasattr(one, "low") and hasattr(one, "high") else one
    one = one.values() if isinstance(one, Mapping) else one
    return list(one) if isinstance(one, (list, tuple, ValuesView)) else one


def _as_asked(rows: list[list[Any]], parts: list[dict[str, Any]], by_columns: bool) -> list[list[Any]]:
    """Return a table as it is asked for: worlds may be its rows, a dict may hold it by columns, its index be one."""
    names, (n, m) = [str(part["name"]).rpartition(", ") for part in parts], (len(rows), len(rows[0]))
    height, width = (len({name[i] for name in names}) for i in (0, 2))
    is_table = height > 1 and height * width == len(parts)
    if (n > 1 and m == len(parts)) or (by_columns and is_table and m == height != n and n - width in (0, 1)):
        rows = [list(column) for column in zip(*rows, strict=True)]
    return [row[1:] for row in rows] if is_table and (len(rows), len(rows[0])) == (height, width + 1) else rows
