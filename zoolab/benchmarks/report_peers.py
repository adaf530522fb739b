"""What the page shows of other libraries, where contexts repeat and where none does, and of what grows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zoolab.benchmarks.contenders import BATCH, LOCKSTEP, ONE
from zoolab.benchmarks.tables import table

SHOWN = 50, 20  # the cell, K and d, whose rows are drawn
HEAD = ["task", "contender", "steps a CPU second", "times zoolib's time", "mean reward", "MB", "posterior"]


def peers(part: Mapping[str, Any]) -> str:
    """Return the table of the shop, whose contexts repeat."""
    rows = [[*_named(row), *_measured(row, row["ctr"])] for row in part["rows"] if not row["missing"]]
    title = "Twenty contexts that repeat: the same shop, users and steps"
    head = [{"mean reward": "CTR"}.get(name, name) for name in HEAD]
    return table(title, head, rows, 2, part["machine"], 1) + _missing(part["rows"]) + faster(part["rows"])


def different(part: Mapping[str, Any]) -> str:
    """Return the tables of what never repeats: one cell in full for each way of asking, the others in short."""
    texts = []
    for way in (ONE, BATCH, LOCKSTEP):
        rows = [row for row in part["rows"] if not row["missing"] and row["way"] == way]
        shown = [[*_named(row), *_measured(row, row["reward"])] for row in rows if (row["arms"], row["d"]) == SHOWN]
        title = f"No context comes again, {way}: K = {SHOWN[0]}, d = {SHOWN[1]}; rounds: {rows[0]['rounds']}"
        texts.append(table(title, HEAD, shown, 2, part["machine"], 1))
        texts.append(_in_short(way, rows, part["machine"]))
    return "\n".join(texts) + _missing(part["rows"]) + faster(part["rows"])


def _named(row: Mapping[str, Any]) -> list[str]:
    return [row["task"], _breakable(f"{row['contender']} {row['version']}".strip())]


def _breakable(name: str) -> str:
    """Return a name that a narrow column may break before a capital inside of a long word."""
    return re.sub(r"\w{20,}", lambda word: re.sub(r"(?<=[a-z])(?=[A-Z])", "<wbr>", word[0]), name)


def _measured(row: Mapping[str, Any], reward: float) -> list[str]:
    how = f"{_kept(row)}: {row['how']}" if row.get("how") else _kept(row)
    mb = f"{row['mb']:,.0f}" if "mb" in row else ""
    return [f"{row['rate']:,.0f}", _spread(row), f"{reward:.3f}", mb, how]


def _kept(row: Mapping[str, Any]) -> str:
    return {True: "exact", False: "approximate"}.get(row["exact"], row["exact"])


def _spread(row: Mapping[str, Any]) -> str:
    """Return the median of the ratio and, if they differ, the lowest and the highest of it."""
    middle, low, high = (f"{row[key]:,.3g}" for key in ("ratio", "ratio_low", "ratio_high"))
    return middle if low == high else f"{middle} ({low} to {high})"


def _in_short(way: str, rows: Sequence[Mapping[str, Any]], machine: Mapping[str, str]) -> str:
    cells = list(dict.fromkeys((row["arms"], row["d"]) for row in rows))
    found = {(row["contender"], row["arms"], row["d"]): f"{row['rate']:,.0f}; {_spread(row)}" for row in rows}
    names = dict.fromkeys((row["task"], row["contender"]) for row in rows)
    lines = [[task, _breakable(name), *(found.get((name, *cell), "") for cell in cells)] for task, name in names]
    head = ["task", "contender", *(f"K {arms:,}, d {d}" for arms, d in cells)]
    return table(f"No context comes again, {way}: steps a CPU second; times zoolib's time", head, lines, 2, machine)


def _where(row: Mapping[str, Any]) -> str:
    return f", {row['way']}, K = {row['arms']:,}, d = {row['d']}" if "way" in row else ""


def _missing(rows: Iterable[Mapping[str, Any]]) -> str:
    lines = [f"- {row['contender']}{_where(row)}: {row['missing']}" for row in rows if row["missing"]]
    return "\nNot measured:\n\n" + "\n".join(lines) + "\n" if lines else ""


def faster(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return in words which libraries took less time than zoolib for the same steps: in all rounds, or in some."""
    lines = []
    for row in rows:
        if row["missing"] or row["contender"].startswith("zoolib") or row["ratio_low"] >= 1:
            continue
        when = "in every round" if row["ratio_high"] < 1 else "in some rounds"
        lines.append(f"- {row['contender']} ({_kept(row)}){_where(row)}: {when}, {_spread(row)} of zoolib's time")
    return "\nFaster than zoolib:\n\n" + "\n".join(lines or ["- none of those measured"]) + "\n"


def accelerator(part: Mapping[str, Any]) -> str:
    """Return the table of what a step of Neural-Linear costs, and of what is left when its network costs nothing."""
    rows = [
        [
            f"{row['worlds']:,}",
            f"{1e6 * row['seconds']:.2f}",
            f"{100 * row['network']:.0f}",
            f"{1 / (1 - row['network']):.1f}",
            f"{row['mb']:,.0f}",
        ]
        for row in part["rows"]
    ]
    head = ["worlds in one array", "a step of a world, µs", "of it the network, %"]
    head += ["times as fast if that were free", "MB"]
    return table(f"Neural-Linear, K = {part['arms']}", head, rows, 0, part["machine"])


def growth(part: Mapping[str, Any]) -> str:
    """Return the table of costs beside the memory's pace, that of the slopes, and where the two part."""
    names = {"arms": "arms K", "d": "length d", "worlds": "worlds in lockstep", "steps": "steps made"}
    rows, slopes = [], []
    for sweep in part["sweeps"]:
        name = names[sweep["by"]]
        triples = list(zip(sweep["sizes"], sweep["seconds"], sweep["line"], strict=True))
        rows += [[name, f"{n:,}", f"{1e6 * s:,.1f}", f"{1e6 * line:,.1f}"] for n, s, line in triples]
        times = [s / line for _, s, line in triples]
        slopes.append(
            [name, f"{sweep['sizes'][0]:,} to {sweep['sizes'][-1]:,}"]
            + [f"{round(sweep[key], 2) + 0.0:.2f}" for key in ("slope", "slope_small", "slope_large")]
            + [f"{times[0]:.1f}", f"{min(times):.1f}", f"{times[-1]:.1f}"]
        )
    title = f"LinUCB as the problem grows, from K = {part['arms']}, d = {part['d']}, one world"
    head = ["what grows", "to", "a step, µs", "the inverses read once at the memory's pace, µs"]
    costs = table(
        f"{title}; the memory copies {part['bandwidth'] / 1e9:.1f} GB a second", head, rows, 2, part["machine"]
    )
    head = ["what grows", "from, to", "slope", "lower half", "upper half"]
    head += ["times the memory's pace, at the lowest", "at the best", "at the highest"]
    return costs + "\n" + table("Fitted slopes, log-log", head, slopes, 2, part["machine"])
