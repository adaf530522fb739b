"""Claims: what the book asserts, each by a cell that says what kind of statement it is and whether it holds.

A claim's output carries its own record, from which the record at the end of the book is made. Under the tests a claim
that does not hold fails; for a reader who has changed a number it is shown in orange, and the notebook goes on.
"""

from __future__ import annotations

import html
import os
import re
import sys
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from zoolib import checks

CLAIM_MIME = "application/vnd.zoolib.claim+json"
KINDS = {
    "difference": "one random thing is larger than another, or by how much",
    "equivalence": "two do not differ by more than a margin",
    "share": "a proportion of worlds, visits or runs",
    "order": "which of several come first or last",
    "bound": "a random quantity stays above, below or within what is stated",
    "exact": "nothing random: an identity, a size, a fact of one data set, the same for every seed",
    "machine": "the time or the memory of this machine",
}
NOTHING_RANDOM = ("exact", "machine")
SHORT_WORDS = ("short", "bound")  # how a claim is said on its page, not what is asked of it
MOST_WORDS = 25
NO_DIFFERENCE = re.compile(
    r"\b(no difference|indistinguishable|cannot be told|cannot tell .* apart|as far as .* can tell|does not differ)\b"
)
ORANGE = "border-left: 3px solid #d9822b; background: #d9822b1f; padding: .6rem 1rem; margin: .2rem 0 1.2rem"
made: dict[str, Claim] = {}  # by this process, by label


@dataclass(frozen=True)
class Claim:
    """A statement with what was measured, as :func:`claim` was told them, and whether it holds."""

    text: str
    measured: str
    kind: str
    of: str | None = None
    margin: float | None = None
    replications: int | None = None
    label: str | None = None
    holds: bool = True
    short: str | None = None
    bound: str | None = None

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        name = f' id="claim-{html.escape(self.label)}"' if self.label else ""
        style = f'class="zoolib-claim"{name}' if self.holds else f'class="zoolib-fallen"{name} style="{ORANGE}"'
        verdict = "Holds" if self.holds else "Not shown by these numbers"
        basis = "" if self.replications is None else f" ({self.replications} replications)"
        page = (
            f"<p><strong>{verdict}.</strong> {html.escape(self.text)}</p>"
            f"<p>Measured: {html.escape(self.measured)}{basis}.</p>"
        )
        words = f"**{verdict}.** {_plain(self.text)}\n\nMeasured: {_plain(self.measured)}{basis}."
        if self.short and self.holds:  # one line and its small print, which opens
            rests_on = "computed" if self.replications is None else f"{self.replications:,} {self.of}"
            small = rests_on + (f" · bound: {self.bound}" if self.bound else "")
            page = f"<p>{html.escape(self.short)}</p><details><summary>{html.escape(small)}</summary>{page}</details>"
            words = f"{_plain(self.short)} *({_plain(small)})*"
        record = {name: value for name, value in asdict(self).items() if value is not None or name not in SHORT_WORDS}
        return {
            "text/plain": f"{verdict}: {self.text} Measured: {self.measured}{basis}.",
            "text/html": f"<div {style}>{page}</div>",
            "text/markdown": words,
            CLAIM_MIME: record,
        }


def claim(
    text: str,
    holds: Any,
    measured: Any,
    *,
    kind: str,
    of: str | None = None,
    margin: float | None = None,
    optimum: tuple[Any, Any] | None = None,
    replications: int | None = None,
    label: str | None = None,
    short: str | None = None,
    bound: str | None = None,
) -> Claim:
    """Assert a statement of the book.

    Parameters
    ----------
    text
        The statement, a sentence.
    holds
        Whether the measurement bears it out: one truth value, not an array of them.
    measured
        What was measured, with its interval; turned into text by ``str``.
    kind
        One of ``KINDS``.
    of
        What a replication is an independent draw of, such as "worlds"; needed unless nothing is random.
    margin
        Up to which difference two things count as alike, in the unit of what was measured. Needed by an equivalence,
        and by whatever speaks of no difference.
    optimum
        ``(chosen, tried)`` where the statement rests on the best of several values: it must lie inside of them.
    replications
        How many replications it rests on; if None, the ``n`` of what was measured.
    label
        A short name to refer to it by, such as ``"cold-start"``.
    short
        What the page shows of it: at most 25 words, with the number that was measured; they say no more than ``holds``.
    bound
        What ``holds`` asserts, for the small print beside ``short``: "over 40 %".

    Raises
    ------
    ValueError, TypeError
        If it says what such a measurement cannot show: no difference without a margin, something random without the
        number of its draws, an optimum on the edge of what was tried, a share outside [0, 1]; or in too many words.
    AssertionError
        If it does not hold, under the tests, outside of a notebook, or with ``BOOK_STRICT=1``.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"text must be a sentence, got {text!r}")
    if not isinstance(holds, (bool, np.bool_)):  # a number, NaN too, would pass for true
        raise TypeError(f"holds must be one truth value, got {holds!r}")
    checks.choice("kind", kind, KINDS)
    replications = getattr(measured, "n", None) if replications is None else replications
    low, high = getattr(measured, "low", None), getattr(measured, "high", None)
    if kind not in NOTHING_RANDOM and (replications is None or not of):
        raise ValueError(f"a {kind} is random: say replications, how many draws it rests on, and of, of what")
    if margin is not None and not 0 < margin < np.inf:
        raise ValueError(f"margin must be positive and finite, got {margin}")
    if margin is None and (kind == "equivalence" or (kind not in NOTHING_RANDOM and NO_DIFFERENCE.search(text))):
        raise ValueError("that there is no difference cannot be shown, only that it is below a margin: say margin")
    if kind == "equivalence" and low is not None and holds and not -margin <= low <= high <= margin:
        raise ValueError(f"the interval {measured} does not lie within the margin of {margin}")
    if kind == "share" and low is not None and not 0 <= low <= high <= 1:
        raise ValueError(f"the interval of a share lies within [0, 1], got {measured}: take Wilson's")
    if optimum is not None and optimum[0] in (min(optimum[1]), max(optimum[1])):
        raise ValueError(f"{optimum[0]} is at the end of what was tried, {list(optimum[1])}: no optimum, try beyond")
    if short is not None and not 0 < (words := len(re.findall(r"\w\S*", short))) <= MOST_WORDS:
        raise ValueError(f"short must have at most {MOST_WORDS} words, got {words}: {short!r}")
    one = Claim(text, str(measured), kind, of, margin, replications, label, bool(holds), short, bound)
    strict = "ipykernel" not in sys.modules or os.environ.get("BOOK_STRICT") == "1" or "PYTEST_VERSION" in os.environ
    if strict and not holds:  # where somebody reads a notebook it may fall
        raise AssertionError(f"no longer true: {text} Measured: {measured}")
    made[label or text] = one
    return one


def _plain(words: str) -> str:
    """Return Markdown that shows the words as they are."""
    return re.sub(r"([\\`*_\[\]<>${}#])", r"\\\1", words)
