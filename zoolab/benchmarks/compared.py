"""Rounds of what is compared where no context comes again, and the rows that the page shows of them."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from zoolab.benchmarks.contenders import CONTENDERS

Round = Mapping[str, Mapping[str, Any]]  # {contender: {"version", "cells"}}, as one process each has printed it


def reference(task: str) -> str:
    """Return our contender that all of a task are compared with: the one that is named first."""
    return next(name for name, one in CONTENDERS.items() if one.task == task and one.package == "zoolib")


def in_rounds(seeds: Sequence[int], one: Callable[[str, int], tuple[dict[str, Any] | None, str]]) -> list[Round]:
    """Let every contender play in turns, a round for each seed; ``one(name, seed)`` runs it, or says why not."""
    rounds: list[Round] = []
    for seed in seeds:
        rounds.append({})
        for name in CONTENDERS:
            found, why = one(name, seed)
            rounds[-1][name] = {"version": "", "cells": [], "missing": why} if found is None else found
            for cell in rounds[-1][name]["cells"]:
                told = cell["missing"] or f"{cell['worlds'] * _rate(cell):,.0f} steps a second"
                print(f"  {name}, {cell['way']}, K {cell['arms']}, d {cell['d']}: {told}", flush=True)
    return rounds


def rows(rounds: Sequence[Round]) -> list[dict[str, Any]]:
    """Return a row for each contender, way and cell: medians over the rounds, and the ratio to ours in each."""
    found = []
    for name, contender in CONTENDERS.items():
        first = rounds[0][name]
        common = {"task": contender.task, "contender": name, "version": first["version"]}
        common |= {"exact": contender.exact}
        if first.get("missing"):
            found.append(common | {"missing": first["missing"]})
        for at, cell in enumerate(first["cells"]):
            same = [one[name]["cells"][at] for one in rounds if at < len(one[name]["cells"])]
            where = {key: cell[key] for key in ("way", "arms", "d")}
            ours = [_like(one[reference(contender.task)]["cells"], where) for one in rounds]
            missing = next((one["missing"] for one in same if one["missing"]), "")
            if len(same) < len(rounds):
                missing = next(one[name]["missing"] for one in rounds if at >= len(one[name]["cells"]))
            if not missing and any(one["missing"] for one in ours):
                missing = "what it is compared with was not measured"
            if missing:
                found.append(common | where | {"missing": missing})
                continue
            ratios = [ratio(cell, mine) for cell, mine in zip(same, ours, strict=True)]
            found.append(
                common
                | where
                | {
                    "missing": "",
                    "how": contender.kept(cell["way"]),
                    "rounds": len(rounds),
                    "steps": min(one["marks"][-1][0] for one in same),
                    "rate": median(one["worlds"] * _rate(one) for one in same),
                    **spread(ratios),
                    "reward": sum(one["marks"][-1][2] for one in same) / len(same),
                    "mb": max(one["mb"] for one in same),
                    "agrees": min((one["agrees"] for one in same if "agrees" in one), default=None),
                }
            )
    return found


def spread(ratios: Sequence[float]) -> dict[str, float]:
    return {"ratio": median(ratios), "ratio_low": min(ratios), "ratio_high": max(ratios)}


def ratio(cell: Mapping[str, Any], ours: Mapping[str, Any]) -> float:
    """Return how many times as long as ours a contender took for the same steps: as many as both have made."""
    theirs, own = ({n: seconds for n, seconds, _ in one["marks"]} for one in (cell, ours))
    n = max(theirs.keys() & own.keys())
    return theirs[n] / own[n]


def _like(cells: Sequence[Mapping[str, Any]], where: Mapping[str, Any]) -> Mapping[str, Any]:
    found = (one for one in cells if all(one[key] == value for key, value in where.items()))
    return next(found, {"missing": "not played"})


def _rate(cell: Mapping[str, Any]) -> float:
    n, seconds, _ = cell["marks"][-1]
    return n / seconds
