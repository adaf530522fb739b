"""Claims: what the book asserts, each by a cell that fails when it stops being true.

A claim's output carries its own record, from which the ledger at the end of the book is made (:func:`ledger`).
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CLAIM_MIME = "application/vnd.zoolib.claim+json"


@dataclass(frozen=True)
class Claim:
    """A statement that held, with what was measured, as :func:`claim` was told them."""

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
            "text/markdown": f"**Holds.** {_plain(self.text)}\n\nMeasured: {_plain(self.measured)}{basis}.",
            CLAIM_MIME: asdict(self),
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
        How many replications it rests on; if None, the ``n`` of what was measured, or None where nothing is random.
    label
        A short name to refer to it by, such as ``"cold-start"``.

    Raises
    ------
    AssertionError
        If it does not hold. The notebook then fails, and with it the test of the book.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"text must be a sentence, got {text!r}")
    if not isinstance(holds, (bool, np.bool_)):  # a number, NaN too, would pass for true
        raise TypeError(f"holds must be one truth value, got {holds!r}")
    if not holds:
        raise AssertionError(f"no longer true: {text} Measured: {measured}")
    return Claim(text, str(measured), getattr(measured, "n", None) if replications is None else replications, label)


def ledger(folder: str | os.PathLike[str] = ".", beside: Sequence[str] = ("guide",)) -> pd.DataFrame:
    """Gather the claims of all chapters, from the outputs that their notebooks hold.

    Parameters
    ----------
    folder, beside
        Where the chapters are, notebooks whose names begin with a number; and others whose claims follow, if there.

    Returns
    -------
    One row for each claim, in the order of the book: ``chapter`` (the notebook's name without its ending), ``title``,
    ``label``, ``text``, ``measured``, ``replications`` (missing where nothing random is measured).

    Raises
    ------
    ValueError
        If there is no chapter, or a cell that claims something holds no claim: it was not run.
    """
    rows = []
    paths = sorted(Path(folder).glob("[0-9]*.ipynb"))
    for path in paths + [path for name in beside if (path := Path(folder, f"{name}.ipynb")).exists()]:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        title = re.search(r"^# (.+)$", "\n".join("".join(cell["source"]) for cell in cells), re.MULTILINE)
        for cell in cells:
            outputs = [output.get("data", {}) for output in cell.get("outputs", ())]
            found = [output[CLAIM_MIME] for output in outputs if CLAIM_MIME in output]
            calls = re.search(r"^(zoo\.)?claim\(", "".join(cell["source"]), re.MULTILINE)
            if calls and cell["cell_type"] == "code" and not found:
                raise ValueError(f"{path.name}: cell {cell.get('id')!r} claims something and holds no claim; run it")
            rows += [{"chapter": path.stem, "title": title[1] if title else path.stem, **one} for one in found]
    if not paths:
        raise ValueError(f"folder: {os.fspath(folder)!r} holds no chapters")
    columns = ["chapter", "title", "label", "text", "measured", "replications"]
    return pd.DataFrame(rows, columns=columns).astype({"replications": "Int64"})


def _plain(words: str) -> str:
    """Return Markdown that shows the words as they are."""
    return re.sub(r"([\\`*_\[\]<>${}#])", r"\\\1", words)
