"""Claims: what the book asserts, each by a cell that fails when it stops being true.

A claim's output carries its own record, from which the ledger at the end of the book is made.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import numpy as np

CLAIM_MIME = "application/vnd.zoolib.claim+json"


@dataclass(frozen=True)
class Claim:
    """A statement that held, with what was measured.

    Attributes
    ----------
    text
        The statement, in words.
    measured
        What was measured, with its interval, as text.
    replications
        How many replications it rests on; None where nothing random is measured.
    label
        A short name to refer to it by.
    """

    text: str
    measured: str
    replications: int | None = None
    label: str | None = None

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        name = f' id="claim-{html.escape(self.label)}"' if self.label else ""
        basis = "" if self.replications is None else f" ({self.replications} replications)"
        words = f"Holds: {self.text} Measured: {self.measured}{basis}."
        return {
            "text/plain": words,
            "text/html": (
                f'<div class="zoolib-claim"{name}><p><strong>Holds.</strong> '
                f"{html.escape(self.text)}</p><p>Measured: {html.escape(self.measured)}{basis}.</p></div>"
            ),
            CLAIM_MIME: {
                "text": self.text,
                "measured": self.measured,
                "replications": self.replications,
                "label": self.label,
            },
        }


def claim(text: str, holds: Any, measured: Any, *, replications: int | None = None, label: str | None = None) -> Claim:
    """Assert a statement of the book.

    Parameters
    ----------
    text
        The statement, a sentence.
    holds
        Whether the measurement bears it out: one truth value, not an array of them.
    measured
        What was measured, with its interval; turned into text by ``str``.
    replications
        How many replications it rests on.
    label
        A short name, such as ``"cold-start"``.

    Raises
    ------
    AssertionError
        If it does not hold. The notebook then fails, and with it the test of the book.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"text must be a sentence, got {text!r}")
    if not isinstance(holds, (bool, np.bool_)):  # a number, NaN too, would pass for true
        raise TypeError(f"holds must be one truth value, got {holds!r}")
    if replications is None:
        replications = getattr(measured, "n", None)
    if not holds:
        raise AssertionError(f"no longer true: {text} Measured: {measured}")
    return Claim(text, str(measured), replications, label)
