"""Tables that stand beside a chapter: what a long sweep has found, read to the last bit."""

import os
from pathlib import Path

import pandas as pd

from zoolib import checks
from zoolib.randomness import shift


def stored(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table that :func:`zoolab.long.store` wrote, to the last bit; where seeds are shifted, the shifted one.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "table.csv")
    >>> pd.DataFrame({"seed": [0, 1]}).to_csv(path, index=False)
    >>> stored(path)["seed"].tolist()
    [0, 1]
    """
    if not (place := place_of(path)).exists():
        how = f"; make it: python -m zoolab.experiments replicate --tables NAME --offset {shift()}" if shift() else ""
        raise FileNotFoundError(f"there is no table {place}{how}")
    return pd.read_csv(place, float_precision="round_trip" if pd.__version__ < "3.1" else None)  # as 3.1 always does


def place_of(path: str | os.PathLike[str]) -> Path:
    """Return where a table lies: where seeds are shifted, in a folder ``fresh`` beside the path."""
    path = Path(checks.path("path", path))
    return path.parent / "fresh" / str(shift()) / path.name if shift() else path
