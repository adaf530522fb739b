"""Tables of what the book claims, each line linked to the cell that asserts it: the ledger, verdicts, advice.

A verdict or a piece of advice whose claim is gone cannot be shown.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoolib.book import NOTHING_RANDOM, made

if TYPE_CHECKING:  # what fell is read by the ledger alone, so that a new row changes no chapter
    from fallen import Fallen

HERE = "guide"  # the page of the guide itself


class Struck(str):
    """Words that are crossed out."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table whose cells may link to claims.

    Parameters
    ----------
    columns
        Their names.
    rows
        Words or numbers; a tuple ``(words, chapter, label)`` becomes a link to the claim of that label.
    caption
        What the table holds.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    caption: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        names = [html.escape(name) for name in self.columns]
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        cell = '<td data-of="{}">{}</td>'.format  # a phone, which has no room for columns, shows their names
        rows = ["".join(map(cell, names, map(_linked, row))) for row in self.rows]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        page = f'<table class="zoolib-ledger">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        words = [" | ".join(_words(c) for c in row) for row in self.rows]
        listed = [self.caption] * bool(self.caption) + ["- " + line for line in words]
        return {"text/html": page, "text/plain": "\n".join(listed)}


@dataclass(frozen=True)
class Advice:
    """What to do in a situation that a reader may find, and the label of the claim on which that rests."""

    situation: str
    do: str
    claim: str


class Verdicts:
    """What became of the claims of a notebook: a sentence, and those that do not hold."""

    def __init__(self, label: str, claims: Sequence[Any]) -> None:
        self.fallen = [one for one in claims if not one.holds]
        self.words = f"{len(claims) - len(self.fallen)} of the {len(claims)} claims of {label} hold."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        listed = "".join(
            f'<li><a href="#claim-{html.escape(one.label or "")}">{html.escape(one.text)}</a> '
            f"Measured: {html.escape(one.measured)}.</li>"
            for one in self.fallen
        )
        lines = [self.words, *(f"- {one.text} Measured: {one.measured}." for one in self.fallen)]
        more = f" Not shown by these numbers:<ul>{listed}</ul>" if listed else ""
        return {"text/html": f"<p>{self.words}{more}</p>", "text/plain": "\n".join(lines)}


def verdicts() -> Verdicts:
    """Return how many of the claims that this notebook has made hold, and which do not."""
    return Verdicts("this page", list(made.values()))


def ledger_table(claims: pd.DataFrame) -> Table:
    """Return the table of the claims of one chapter, as :func:`ledgers.standing` has them."""
    rows = [
        (
            (one.text, one.chapter, one.label),
            one.measured,
            "" if pd.isna(one.replications) else f"{one.replications} {one.of}".rstrip(),
            f"{one.held} of {one.fresh}{'*' if one.survives else ''}" if one.fresh else "",
            one.pooled,
            "guide" if one.guide else "",
        )
        for one in claims.itertuples()
    ]
    columns = ("Claim", "Found", "Draws", "Held", "Again", "Leans on it")
    return Table(columns, rows, str(claims["title"].iloc[0]))


def waiting_table(claims: pd.DataFrame) -> Table:
    """Return the random claims that no hundred has met which is fresh to their words, with their chapters."""
    waiting = claims[~claims["kind"].isin(NOTHING_RANDOM) & (claims["fresh"] == 0)]
    rows = [(one.title, (one.text, one.chapter, one.label)) for one in waiting.itertuples()]
    return Table(("Chapter", "Waits for a fresh hundred"), rows)


def fallen_table(fallen: Sequence[Fallen], claims: pd.DataFrame) -> Table:
    """Return what was claimed once, crossed out, how it fell, and the claim that stands in its place."""
    rows = [(Struck(one.text), one.fell, (one.instead, *_found(claims, one.label)[0][1:])) for one in fallen]
    return Table(("Claimed once", "How it fell", "What is so instead"), rows)


def told_table(told: Mapping[str, tuple[str, str]], claims: pd.DataFrame) -> Table:
    """Return the table of what is usually told, ``{words: (verdict, label)}``, with the claims that decide it."""
    rows = [(words, verdict, _found(claims, label)[0]) for words, (verdict, label) in told.items()]
    return Table(("Usually told", "Verdict", "What was found"), rows)


def because(claims: pd.DataFrame, *labels: str) -> Table:
    """Return some claims of the chapters in the order in which they are named; errors as in :func:`advice_table`."""
    rows = [_found(claims, label) for label in labels]
    for label in labels:
        _confirmed(claims, label)
    return Table(("What the chapters have shown", "Measured"), rows)


def advice_table(question: str, advice: Sequence[Advice], claims: pd.DataFrame, runs: Mapping[str, str]) -> Table:
    """Return the advice on one question, its caption, as a table.

    It rests on ``claims`` of the chapters, as :func:`ledgers.standing` has them, and on those that the guide's own
    ``runs``, ``{label: words}``, assert. A claim that is not there is a ``KeyError``, one that did not come back in
    fresh worlds a ``ValueError``.
    """
    rows = []
    for one in advice:
        if one.claim in runs:
            words = runs[one.claim].rstrip(".")
            reason = (f"{words[0].upper()}{words[1:]} (below).", HERE, one.claim)
        else:
            reason, _ = _found(claims, one.claim, f"{question}: ")
            _confirmed(claims, one.claim, f"{question}: ")
        rows.append((one.situation, one.do, reason))
    return Table(("If", "Then", "Because"), rows, question)


def _found(claims: pd.DataFrame, label: str, asked: str = "") -> tuple[tuple[str, str, str], str]:
    """Return a claim as a link, and what was measured."""
    of_label = claims[claims["label"] == label]
    if of_label.empty:
        raise KeyError(f"{asked}no claim is labelled {label!r}")
    one = of_label.iloc[0]
    return (one["text"], one["chapter"], label), one["measured"]


def _confirmed(claims: pd.DataFrame, label: str, asked: str = "") -> None:
    """Stop the page if a claim did not come back in fresh worlds, or was not asked there in the words of today."""
    if not claims.set_index("label").loc[label, "confirmed"]:
        raise ValueError(f"{asked}{label!r} did not come back, and nothing may rest on it")


def _words(cell: Any) -> str:
    return str(cell[0] if isinstance(cell, tuple) else cell)


def _linked(cell: Any) -> str:
    words = html.escape(_words(cell))
    words = f"<s>{words}</s>" if isinstance(cell, Struck) else words
    return f'<a href="{cell[1]}.html#claim-{html.escape(cell[2])}">{words}</a>' if isinstance(cell, tuple) else words
