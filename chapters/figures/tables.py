"""Tables of what the book claims, each line linked to the cell that asserts it: the record, and advice.

An answer or a piece of advice whose claim is gone cannot be shown.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from zoolib.book import NOTHING_RANDOM, made

HERE = "guide"  # the page of the guide itself


@dataclass(frozen=True)
class Struck:
    """Words that are crossed out, and the label of the claim that we make instead."""

    words: str
    label: str


@dataclass(frozen=True)
class Opens:
    """The line of a claim, which opens to paragraphs, words or links, that bear its label."""

    line: str
    label: str
    more: Sequence[Any]


@dataclass(frozen=True, eq=False)
class Table:
    """A table whose cells may link to claims.

    Parameters
    ----------
    columns
        Their names.
    rows
        Words or numbers, :class:`Struck` or what :class:`Opens`; ``(words, chapter, label)`` becomes a link to a claim,
        ``(words, address)`` one to an address.
    caption
        What the table holds.
    folded
        What a reader is told, beside the caption, of a table that opens at a press; without it the table stands open.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    caption: str = ""
    folded: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        names = [html.escape(name) for name in self.columns]
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        cell = '<td data-of="{}">{}</td>'.format  # a phone, which has no room for columns, shows their names
        rows = ["".join(map(cell, names, map(_linked, row))) for row in self.rows]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        page = f'<table class="zoolib-ledger">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        if self.folded:
            said = f"<b>{html.escape(self.caption)}</b> <span>{html.escape(self.folded)}</span>"
            page = f'<details class="zoolib-record"><summary>{said}</summary>{page}</details>'
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


def record_table(claims: pd.DataFrame, fallen: Iterable[str] = ()) -> Table:
    """Return the claims of one chapter, as :func:`ledgers.standing` has them, each in a line that opens.

    ``fallen`` are the labels of those that said something else once.
    """
    fallen, rows = set(fallen), []
    for one in claims.itertuples():
        draws = "" if pd.isna(one.replications) else f" ({one.replications:,} {one.of})"
        line = one.short or textwrap.shorten(one.text, 110, placeholder=" …")
        more = [one.text] * (line != one.text) + [f"Measured: {one.measured}{draws}."]
        more += [f"In the retests: {one.pooled}."] * bool(one.pooled)
        more.append((f"To the cell in {one.title}", one.chapter, one.label))
        more += [("To what we said before", f"#fell-{one.label}")] * (one.label in fallen)
        waits = "" if one.kind in NOTHING_RANDOM else "waits"
        held = f"{one.held} of {one.fresh}" if one.fresh else waits
        rows.append((Opens(line, one.label, more), one.kind, held, "★" * one.survives, "guide" * one.guide))
    stars = f", {claims['survives'].sum()} with a star" * bool(claims["survives"].any())
    columns = ("Claim", "Kind", "Retested", "Star", "Guide")
    return Table(columns, rows, str(claims["title"].iloc[0]), f"{len(rows)} claims{stars}")


def told_table(told: pd.DataFrame, claims: pd.DataFrame) -> Table:
    """Return the table of what is usually told, with answers that lead to the claims that decide."""
    rows = [(one.told, (one.found, *_found(claims, one.claim)[0][1:])) for one in told.itertuples()]
    return Table(("What is usually told", "What we found"), rows)


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
    if isinstance(cell, Opens):
        return " ".join([cell.line] * (not cell.line.endswith("…")) + [*map(_words, cell.more)])
    return cell.words if isinstance(cell, Struck) else str(cell[0] if isinstance(cell, tuple) else cell)


def _linked(cell: Any) -> str:
    if isinstance(cell, Opens):
        more = " ".join(f"<p>{_linked(one)}</p>" for one in cell.more)
        cut = ' class="cut"' * cell.line.endswith("…")
        line = f"<summary{cut}>{html.escape(cell.line)}</summary>"
        return f'<details>{line} <div id="claim-{html.escape(cell.label)}">{more}</div></details>'
    words = html.escape(_words(cell))
    if isinstance(cell, Struck):
        return f'<s id="fell-{html.escape(cell.label)}">{words}</s>'
    if not isinstance(cell, tuple):
        return words
    where = cell[1] if len(cell) == 2 else f"{cell[1]}.html#claim-{cell[2]}"
    return f'<a href="{html.escape(where)}">{words}</a>'
