"""A reader's own log, out of a file that may be packed and, small as it is, unpack to anything (chapter 9)."""

import bz2
import gzip
import io
import lzma
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zoolab.logs.logs import LoggedData, log_of_frame
from zoolib import checks

MOST_TEXT, MOST_COLUMNS = 2**30, 5_000  # bytes unpacked, and names in the header
UNPACK = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def unpacked(path: Path) -> io.BytesIO:
    """Return the text of a file of commas; a ``ValueError`` says what is too much of it."""
    if path.suffix in (".zip", ".zst", ".tar"):
        raise ValueError("it must be unpacked first")
    text = io.BytesIO()
    with UNPACK.get(path.suffix, open)(path, "rb") as file:
        while part := file.read(2**20):
            if text.tell() + len(part) > MOST_TEXT:
                raise ValueError(f"it must hold at most {MOST_TEXT:,} bytes, and unpacks to more")
            text.write(part)
    text.seek(0)
    if (n_columns := text.readline().count(b",") + 1) > MOST_COLUMNS:
        raise ValueError(f"it must have at most {MOST_COLUMNS:,} columns, got {n_columns:,}")
    text.seek(0)
    return text


def read_log(path: str | os.PathLike[str], **columns: Any) -> LoggedData:
    """Read a log from a CSV file with a header, which may be packed by gzip, bzip2 or xz (``.gz``, ``.bz2``, ``.xz``).

    Parameters
    ----------
    path, **columns
        The file, and what its columns mean: the further parameters of :func:`log_of_frame`.

    Raises
    ------
    FileNotFoundError, ValueError, TypeError
        If there is no such file, a column is missing, a cell is empty, NA, None or the like, or holds what it must not;
        the message names column and row, counted from 0 below the header. If it unpacks to more than a gibibyte, or has
        more than 5,000 columns: what is larger is read in parts, and handed to :func:`log_of_frame`.
    """
    if not Path(checks.path("path", path)).is_file():
        raise FileNotFoundError(f"path: there is no file {os.fspath(path)!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # without an index column it drops what is too much
            how = {"converters": {(action := columns.get("action", "action")): lambda word: word or np.nan}}
            text = unpacked(Path(path))
            frame = pd.read_csv(text, skip_blank_lines=False, index_col=False, low_memory=False, **how)
        if action in frame and not frame[action].astype(str).str.match(" *0[0-9]").any():  # 007 is not 7
            numbers = pd.to_numeric(frame[action], errors="coerce")
            frame[action] = numbers if numbers.notna().all() else frame[action]
        text.seek(0)
        names = pd.read_csv(text, skip_blank_lines=False, header=None, nrows=1, dtype=str, keep_default_na=False)
        frame.columns = names.iloc[0].tolist()  # as they stand there: of two that are alike pandas renames one
    except pd.errors.ParserWarning as error:
        raise ValueError(
            f"path: the rows of {os.fspath(path)!r} have more fields than its header has names; "
            "fields are parted by commas, and a decimal point is a point"
        ) from error
    except Exception as error:  # there is no end to what a damaged or compressed file can raise
        raise ValueError(f"path: {os.fspath(path)!r} is no CSV file with a header: {error}") from error
    return log_of_frame(frame, **columns)
