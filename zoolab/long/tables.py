"""Tables of long sweeps: written to the last bit, and summed up with intervals."""

import os
from pathlib import Path
from typing import Any

import pandas as pd

from zoolab.files import whole_file
from zoolib import checks
from zoolib.experiment import Interval, mean_interval, stored  # noqa: F401  the example reads what it wrote
from zoolib.experiment.tables import place_of

DATA = Path(__file__).resolve().parents[2] / "chapters" / "data"  # where the tables of the chapters lie


def store(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write the table of a sweep as CSV, every number in full: completely, or not at all.

    Where seeds are shifted (:func:`zoolib.randomness.shift`) it lies apart, in a folder ``fresh`` beside the path.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "table.csv")
    >>> store(pd.DataFrame({"seed": [0, 1]}), path)
    >>> stored(path).shape
    (2, 1)
    """
    path = place_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        checks.instance("frame", frame, pd.DataFrame).to_csv(file, index=False)


def intervals(frame: pd.DataFrame, level: float = 0.95) -> dict[Any, Interval]:
    """Return the mean of every column, one row being a replication, with its interval."""
    return {name: mean_interval(frame[name], level) for name in checks.instance("frame", frame, pd.DataFrame)}
