"""How the checks are run: the longest first, and with a few words at the end."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent
SECONDS = ROOT / "tests" / "seconds.json"  # of each file, as last measured by BOOK_MEASURE=1
PARTS = {"chapters": "notebooks", "_key": "notebooks", "tests/site": "pages", "tests/shop": "shop"}
PARTS |= {"tests": "package and book"}
QUICK = "not slow"  # what "make test" asks for


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than some seconds; make test leaves it to make test ALL=1")
    config.addinivalue_line("markers", "many: cases that take long together, of which all but the first are slow")
    config.addinivalue_line("markers", "alone: measures time, so nothing else may run beside it; left out under xdist")
    config.stash[START] = time.monotonic()


START = pytest.StashKey[float]()


def file_of(node: str) -> str:
    return node.split("::")[0]


def plays_a_table(item: pytest.Item) -> bool:
    """Tell whether a test plays rows of a stored table again."""
    return "digit_for_digit" in item.nodeid.partition("[")[0]


def further_cases(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return all cases but the first of each test whose cases take long together."""
    seen, more = set(), []
    for item in items:
        case = item.nodeid.partition("[")[0]
        if case in seen and (plays_a_table(item) or item.get_closest_marker("many")):
            more.append(item)
        seen.add(case)
    return more


def handed_out(files: Collection[str], seconds: Mapping[str, float]) -> list[str]:
    """Return the files in the order in which processes take them: what takes longest first, so that all end together.

    The first file that looks at pages in a browser builds the book. The others of its kind come last, or they would
    wait for that.
    """
    longest_first = sorted(sorted(files), key=lambda file: -seconds.get(file, 0))
    pages = [file for file in longest_first if file.startswith("tests/site/")]
    return [file for file in longest_first if file not in pages[1:]] + pages[1:]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say which cases are slow; where several processes share the files, hand out first what takes longest."""
    more = further_cases(items)
    for item in more:
        item.add_marker("slow")
    if os.environ.get("BOOK_ONE_CASE"):  # chapters play the other rows, under each kernel
        played = [item for item in more if plays_a_table(item)]
        config.hook.pytest_deselected(items=played)
        items[:] = [item for item in items if item not in played]
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    alone = [item for item in items if item.get_closest_marker("alone")]
    config.hook.pytest_deselected(items=alone)
    kept = [item for item in items if item not in alone]
    order = handed_out({file_of(item.nodeid) for item in kept}, json.loads(SECONDS.read_text(encoding="utf-8")))
    items[:] = sorted(kept, key=lambda item: order.index(file_of(item.nodeid)))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say in words what ran, on what and how long; what did not run and how to get it; what to do about a number."""
    if config.option.collectonly or hasattr(config, "workerinput"):
        return
    stats = terminalreporter.stats
    reports = [one for kind in ("passed", "failed") for one in stats.get(kind, [])]
    seconds: Counter[str] = Counter()
    for report in (one for found in stats.values() for one in found if hasattr(one, "duration")):
        seconds[file_of(report.nodeid)] += report.duration
    if os.environ.get("BOOK_MEASURE") and {"tests", "chapters", "_key"} <= set(config.args):
        measured = {name: round(value, 1) for name, value in sorted(seconds.items()) if value >= 1}
        SECONDS.write_text(json.dumps(measured, indent=0) + "\n", encoding="utf-8")
    if not reports:
        return
    sys.path.insert(0, str(ROOT / "tests" / "helpers"))
    import machine

    say = terminalreporter.write_line
    terminalreporter.section("in words")
    parts: Counter[str] = Counter(
        next((PARTS[p] for p in PARTS if one.nodeid.startswith(p)), PARTS["tests"]) for one in reports
    )
    took = time.monotonic() - config.stash[START]
    say(f"{len(reports):,} checks ran in {took / 60:.1f} minutes on {machine.here()}, {machine.threads()}:")
    say(", ".join(f"{n:,} of the {part}" for part, n in parts.most_common()) + ".")
    skipped = [one.longrepr[2].removeprefix("Skipped: ") for one in stats.get("skipped", []) if one.longrepr]
    asks = r"install|make -C pages pdf|could not import|BOOK_"
    wanting = Counter(reason for reason in skipped if re.search(asks, reason))
    for reason, n in wanting.most_common():
        say(f"Not run: {n}, {reason}.")
    if config.option.markexpr == QUICK:
        say("What takes long was left out, and further cases of what takes long together; make test ALL=1 runs all.")
    if rest := len(skipped) - wanting.total():
        say(f"{rest} checks say nothing about the agents or the data that they were asked about, and were passed over.")
    broken = sorted({one.nodeid for one in stats.get("failed", []) if file_of(one.nodeid).endswith(".ipynb")})
    for name in broken:
        say(f"{name} does not come out as stored. It was stored on {machine.stored_on(ROOT / file_of(name))}.")
    if broken:
        say(
            "If you changed what it computes, store it anew: make execute CHAPTERS=...; if you changed nothing, this "
            "processor rounds otherwise: make -C zoolab kernels says which numbers stand on an edge, and such a "
            "number is printed with a digit less, or by zoolib.ties.printed."
        )
