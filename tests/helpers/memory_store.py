"""The definition of a store, in a dictionary: what those who are given a store may rely on, and nothing else."""

import math
from collections.abc import Iterator
from typing import Any

from zoolab.serving.stores.base import Store


class MemoryStore(Store):
    def __init__(self) -> None:
        self.values: dict[str, tuple[bytes, float]] = {}
        self.time = 1e9

    def now(self) -> float:
        return self.time

    def get(self, key: str) -> bytes | None:
        value, expiry = self.values.get(key, (None, math.inf))
        return value if expiry > self.time else None

    def transact(self, keys: Any, update: Any) -> Any:
        writes, result = update({key: self.get(key) for key in keys})
        assert set(writes) <= set(keys)
        for key, put in writes.items():
            if put is None:
                self.values.pop(key, None)
            else:
                self.values[key] = put.value, math.inf if put.ttl is None else self.time + put.ttl
        return result

    def scan(self, prefix: str) -> Iterator[str]:
        yield from [key for key in sorted(self.values) if key.startswith(prefix) and self.get(key) is not None]

    def close(self) -> None:
        pass
