"""Packs of files, as :file:`engine.mjs` unpacks them: the length of an index, the index as JSON, the bytes."""

import json
import struct
from collections.abc import Iterable

Entry = tuple[str, bytes, str | None]  # path, content, and in which other pack it lies; None for this one


def packed(entries: Iterable[Entry]) -> tuple[bytes, dict[str, bytes]]:
    """Return a pack, and by name the packs of the files that are fetched when one of them is first read."""
    index, here, others = [], [], {}
    for path, content, pack in entries:
        index.append([path, len(content), pack] if pack else [path, len(content)])
        (others.setdefault(pack, []) if pack else here).append(content)
    head = json.dumps(index, separators=(",", ":")).encode()
    first = struct.pack("<I", len(head)) + head + b"".join(here)
    return first, {name: b"".join(parts) for name, parts in others.items()}
