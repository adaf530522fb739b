"""Tables of what the book claims, each line linked to the cell that asserts it: the ledger, verdicts, advice.

A verdict or a piece of advice whose claim is gone cannot be shown.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

HERE = "guide"  # the page of the guide itself


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
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.columns)
        body = "".join(f"<tr>{''.join(f'<td>{_linked(c)}</td>' for c in row)}</tr>" for row in self.rows)
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        page = f'<table class="zoolib-ledger">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        words = [" | ".join(_words(c) for c in row) for row in self.rows]
        listed = [self.caption] * bool(self.caption) + ["- " + line for line in words]
        return {"text/html": page, "text/plain": "\n".join(listed)}


@dataclass(frozen=True)
class Advice:
    """What to do in some situation, and why.

    Attributes
    ----------
    situation
        What the reader may find.
    do
        What we would do then.
    claim
        Label of the claim on which it rests.
    """

    situation: str
    do: str
    claim: str


def ledger_table(claims: pd.DataFrame) -> Table:
    """Return the table of the claims of one chapter, of those that :func:`zoolib.book.ledger` has gathered."""
    rows = [
        ((one.text, one.chapter, one.label), one.measured, "" if pd.isna(one.replications) else one.replications)
        for one in claims.itertuples()
    ]
    return Table(("Holds", "Measured", "Replications"), rows, str(claims["title"].iloc[0]))


def told_table(told: Mapping[str, tuple[str, str]], claims: pd.DataFrame) -> Table:
    """Return the table of what is usually told, ``{words: (verdict, label)}``, with the claims that decide it.

    Raises
    ------
    KeyError
        If there is no claim of a label; so do the tables below.
    """
    rows = [(words, verdict, _found(claims, label)[0]) for words, (verdict, label) in told.items()]
    return Table(("Usually told", "Verdict", "What was found"), rows)


def because(claims: pd.DataFrame, *labels: str) -> Table:
    """Return some claims of the chapters as a table, in the order in which they are named."""
    return Table(("What the chapters have shown", "Measured"), [_found(claims, label) for label in labels])


def advice_table(question: str, advice: Sequence[Advice], claims: pd.DataFrame, runs: Mapping[str, str]) -> Table:
    """Return the advice on one question as a table.

    Parameters
    ----------
    question
        What the reader asks; the caption.
    advice
        The answers.
    claims
        The ledger of the chapters.
    runs
        ``{label: words}`` of the claims that the guide's own runs assert.
    """
    rows = []
    for one in advice:
        if one.claim in runs:
            reason = (f"Below: {runs[one.claim]}", HERE, one.claim)
        else:
            reason, _ = _found(claims, one.claim, f"{question}: ")
        rows.append((one.situation, one.do, reason))
    return Table(("If", "Then", "Because"), rows, question)


def _found(claims: pd.DataFrame, label: str, asked: str = "") -> tuple[tuple[str, str, str], str]:
    """Return a claim as a link, and what was measured."""
    of_label = claims[claims["label"] == label]
    if of_label.empty:
        raise KeyError(f"{asked}no claim is labelled {label!r}")
    one = of_label.iloc[0]
    return (one["text"], one["chapter"], label), one["measured"]


def _words(cell: Any) -> str:
    return str(cell[0] if isinstance(cell, tuple) else cell)


def _linked(cell: Any) -> str:
    words = html.escape(_words(cell))
    return f'<a href="{cell[1]}.html#claim-{html.escape(cell[2])}">{words}</a>' if isinstance(cell, tuple) else words
