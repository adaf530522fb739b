"""Tables that stand beside a chapter: what a long sweep has found, written and read to the last bit."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from zoolib import checks
from zoolib.files import whole_file
from zoolib.randomness import shift


def store(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write the table of a sweep as CSV, every number in full: completely, or not at all.

    Where seeds are shifted (:func:`zoolib.randomness.shift`) it lies apart, in a folder ``fresh`` beside the path.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "table.csv")
    >>> store(pd.DataFrame({"seed": [0, 1]}), path)
    >>> stored(path).shape
    (2, 1)
    """
    path = _place(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        checks.instance("frame", frame, pd.DataFrame).to_csv(file, index=False)


def stored(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table that :func:`store` wrote, to the last bit; where seeds are shifted, that of the shifted ones.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "table.csv")
    >>> store(pd.DataFrame({"seed": [0, 1]}), path)
    >>> stored(path)["seed"].tolist()
    [0, 1]
    """
    if not (place := _place(path)).exists():
        how = f"; make it: python -m zoolab.experiments replicate --tables NAME --offset {shift()}" if shift() else ""
        raise FileNotFoundError(f"there is no table {place}{how}")
    return pd.read_csv(place, float_precision="round_trip" if pd.__version__ < "3.1" else None)  # as 3.1 always does


def _place(path: str | os.PathLike[str]) -> Path:
    path = Path(checks.path("path", path))
    return path.parent / "fresh" / str(shift()) / path.name if shift() else path
