"""How an answer is taken from a solution as it stands executed in its chapter, one function for each kind of answer.

A number is read from what a solution has printed, which the tests of the notebooks compare with a new run; a function
or an agent is made of the solution's own cells and asked.
"""

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

from zoolab.judges.trials import lesson
from zoolib import agents
from zoolib.world import ContextSpace

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted(path for path in (ROOT / "chapters").glob("[0-9]*.ipynb"))
NUMBER = r"(-?\d+(?:,\d{3})*(?:\.\d+)?)(?: \[(-?[\d.,]+), (-?[\d.,]+)\])?"
OTHER_WORLDS = 2.0  # two means of equally many worlds differ by less than that many half intervals, 99 times in 100

Cells = Mapping[str, Any]  # of one chapter, by their ids


@functools.cache
def cells(chapter: str) -> Cells:
    """Return the cells of a chapter by their ids."""
    return {cell.id: cell for cell in nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells}


def told(cell: Any) -> str:
    """Return what a cell says: its text, or what it has shown."""
    if cell.cell_type == "markdown":
        return cell.source
    return "\n".join(one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.outputs)


def printed(chapter: Cells, where: str) -> tuple[str, list[float]]:
    """Return the number that a cell tells, as it stands there, and the ends of its interval; ``#`` stands for it."""
    cell, _, pattern = where.partition(": ")
    found = re.search(pattern.replace("#", NUMBER), told(chapter[cell]), re.MULTILINE)
    if found is None:
        raise LookupError(f"{cell} does not say {pattern!r}")
    number, *ends = (one and one.replace(",", "") for one in found.groups())
    return number, [float(one) for one in ends if one]


def number(
    where: str | Sequence[str],
    name: str | None = None,
    *,
    n: int | None = None,
    tol: float | None = None,
    spread: float = 0.0,
    wrong: Mapping[float, str] | None = None,
    also: tuple[float, str] | None = None,
) -> Callable[[Cells], dict[str, Any]]:
    """Take a number that is told somewhere, or the difference of two; right to the digits that are told."""

    def known(chapter: Cells) -> dict[str, Any]:
        numbers, ends = zip(
            *(printed(chapter, one) for one in ([where] if isinstance(where, str) else where)), strict=True
        )
        digits = len(numbers[0].partition(".")[2])
        value = float(numbers[0]) - sum(map(float, numbers[1:]))
        half = (ends[0][1] - ends[0][0]) / 2 if ends[0] else 0.0
        part = {"kind": "number", "name": name, "value": round(value, digits)}
        part["tol"] = (0.55 if digits else 0.45) * 10.0**-digits if tol is None else tol
        part |= {"spread": round(max(spread, OTHER_WORLDS * half) + part["tol"], 9)} if spread or half else {}
        part |= {"n": n} if n else {}
        part |= {"wrong": [[float(one), words] for one, words in wrong.items()]} if wrong else {}
        return part | ({"also": also[0], "said": also[1]} if also else {})

    return known


def fixed(kind: str, name: str | None = None, **what: Any) -> Callable[[Cells], dict[str, Any]]:
    """Take what needs no run: names, a choice, a shock, evidence."""
    return lambda _: {"kind": kind, "name": name, **what}


def function(
    name: str | None, right: Callable[[Cells], Any], calls: Sequence[Sequence[Any]], wrong: Mapping[str, Any]
) -> Callable[[Cells], dict[str, Any]]:
    """Take what the solution's function returns; ``wrong`` has what is said of others, and them."""

    def known(chapter: Cells) -> dict[str, Any]:
        def returned(one: Any) -> list[Any]:
            passed = [[np.array(a) if isinstance(a, (list, np.ndarray)) else a for a in call] for call in calls]
            return [np.asarray(one(*call)).tolist() for call in passed]

        thoughts = [[returned(one), words] for words, one in wrong.items()]
        given = [[np.asarray(one).tolist() for one in call] for call in calls]
        return {"kind": "function", "name": name, "calls": given, "value": returned(right(chapter)), "wrong": thoughts}

    return known


def learner(
    right: Callable[[Cells], Any], wrong: Callable[[Any, Cells], Mapping[str, Any]], **how: Any
) -> Callable[[Cells], dict[str, Any]]:
    """Take what the solution's agent makes of a lesson, and what others make of it."""

    def known(chapter: Cells) -> dict[str, Any]:
        settings = {
            name: getattr(agents, one)() if isinstance(one, str) else one for name, one in how["settings"].items()
        }

        def learned(kind: Any) -> list[Any]:
            agent = kind(ContextSpace(how["d"], how["n_arms"]), **settings)
            return [[np.round(one, 9).tolist() for one in stage] for stage in lesson(how, agent)]

        kind = right(chapter)
        thoughts = [[learned(one), words] for words, one in wrong(kind, chapter).items()]
        return {"kind": "learner", "name": None, **how, "value": learned(kind), "wrong": thoughts}

    return known


def defined(chapter: Cells, *ids: str, **given: Any) -> dict[str, Any]:
    """Run some cells of a chapter with what they need, and return what they define."""
    names = {"np": np, **given}
    for one in ids:
        exec(chapter[one].source, names)
    return names
