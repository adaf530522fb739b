"""Text that somebody has packed, if it is not too much: a small file may unpack to anything (chapter 9)."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from pathlib import Path

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
