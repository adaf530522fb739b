"""Stores: where what was learned survives (chapter 6)."""

import os
from typing import Any

from zoolab.serving.stores.base import Store
from zoolab.serving.stores.lmdb_store import LMDBStore
from zoolab.serving.stores.redis_store import RedisStore
from zoolib import checks


def open_store(url: str | os.PathLike[str], **settings: Any) -> Store:
    """Open a store; ``settings`` are further arguments of :class:`RedisStore` or :class:`LMDBStore`.

    ``redis://host:port/0``, ``rediss://...`` and ``unix://...`` are Redis; any other ``url`` is the directory of an
    embedded store, with or without ``lmdb://`` before it.
    """
    url = checks.path("url", url)
    kind, found, rest = url.partition("://")
    if found and kind in ("redis", "rediss", "unix"):
        return RedisStore(url, **settings)
    path = rest if found else url
    if (found and kind != "lmdb") or not path:
        raise ValueError(f"url must begin with redis://, rediss://, unix:// or lmdb://, or be a path, got {url!r}")
    return LMDBStore(path, **settings)
