"""What a claim leads to: how often it came back in new worlds, its row in the record, its doubt in the laboratory."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag

RECORD = "claims.html"
LABORATORY = "lab_"  # what the names of its pages begin with


class Standing(NamedTuple):
    """What the small print of a claim says: on what it rests, and how it did when it was asked again."""

    rests_on: str
    retested: str


def standings(chapters: Path) -> dict[str, Standing]:
    """Return where each claim of the chapters stands, by label."""
    if not (chapters / "ledgers.py").exists():
        return {}
    sys.path.append(str(chapters))
    from ledgers import ledger, standing

    return {
        one.label: Standing(
            f"{one.replications:,} {one.of}" if one.of else "computed",
            f"retested {one.held} of {one.fresh}" if one.fresh else "not retested yet",
        )
        for one in standing(ledger(chapters)).itertuples()
        if one.kind != "machine"
    }


def doubts(built: Path) -> dict[str, str]:
    """Return where the laboratory doubts a claim, by label: its heading has the target ``doubt-`` and the label."""
    pages = {path.name: path.read_text(encoding="utf-8") for path in built.glob(f"{LABORATORY}*.html")}
    found = ((name, label) for name, html in pages.items() for label in re.findall(r'\bid="doubt-([\w-]+)"', html))
    return {label: f"{name}#doubt-{label}" for name, label in found}


def lead_on(page: BeautifulSoup, known: Mapping[str, Standing], doubted: Mapping[str, str]) -> None:
    """Say below each claim how often it was retested, and lead to its doubt and its row."""
    for claim in page.select("article .zoolib-claim[id]"):
        label = claim["id"].removeprefix("claim-")
        if label not in known or claim.select_one(".claim-ways"):
            continue
        inside = claim.select_one("details:not(.hide)")
        ways = page.new_tag("p", attrs={"class": "claim-ways"})
        if inside is None:
            ways.append(f"{known[label].retested.capitalize()} · ")
        else:
            inside.summary.append(f" · {known[label].retested}")
        if label in doubted:
            ways.extend([_link(page, doubted[label], "Doubt it"), " · "])
        ways.append(_link(page, f"{RECORD}#claim-{label}", "Its row in the record"))
        (inside or claim).append(ways)


def _link(page: BeautifulSoup, address: str, words: str) -> Tag:
    link = page.new_tag("a", href=address)
    link.string = words
    return link
