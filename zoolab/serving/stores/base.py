"""A key-value store for what an agent has learned: embedded, or shared by many machines (chapter 6).

Both kinds offer the same three operations, ``get``, ``transact`` and ``scan``. Values are bytes; what they mean is the
business of :mod:`zoolab.serving.ledger`.
"""

import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, TypeVar

from zoolab.serving.stores.codec import understood
from zoolib import checks

T = TypeVar("T")
LEAVE_ALONE = 1.0  # seconds for which a store that was away is not asked again: it may hang, not fail
LONGEST_KEY = 400  # bytes; lmdb takes 511
LONGEST_TTL = 1e12  # seconds; Redis counts them in thousandths, in 64 bits


class Put(NamedTuple):
    """A value to write, and after how many seconds it may be forgotten (None: never)."""

    value: bytes
    ttl: float | None = None


Values = Mapping[str, bytes | None]
Writes = Mapping[str, Put | None]  # None deletes
Update = Callable[[Values], tuple[Writes, T]]


class StoreUnavailableError(ConnectionError):
    """The store does not answer, is full, or is closed; what was asked of it may be asked again."""


class Store(AbstractContextManager["Store"]):
    """What both stores can do; as a context manager it closes at the end."""

    @abstractmethod
    def get(self, key: str) -> bytes | None:
        """Return the value at ``key``; None if there is none, or if its time is over."""

    @abstractmethod
    def transact(self, keys: Sequence[str], update: Update[T]) -> T:
        """Read, compute and write, all of it or nothing, as if nobody else were there; return the result.

        Parameters
        ----------
        keys
            What ``update`` is to see, and all that it may write.
        update
            A function from ``{key: value}`` to ``({key: what to put there, None to delete it}, result)``, without side
            effects, since it may be called several times; the call counts whose writes were made. Where a server is
            cut off in the middle that may be two of them: it must find in ``values`` whether its work is done.
        """

    @abstractmethod
    def scan(self, prefix: str) -> Iterator[str]:
        """Yield each key that begins with ``prefix`` and was there all the time, once."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; what is in it stays."""

    def now(self) -> float:
        """Return the time by which values expire, in seconds since 1970."""
        return time.time()

    def __exit__(self, *_: object) -> None:
        self.close()


def encoded(key: str) -> bytes:
    """Return a key as the stores keep it, or say why it is none."""
    code = checks.text("key", key)
    if not 0 < len(code) <= LONGEST_KEY:
        raise ValueError(f"key must take 1 to {LONGEST_KEY} bytes, got {len(code)}: {key[:40]!r}")
    return code


def decoded(code: bytes) -> str:
    """Return the key of which :func:`encoded` made ``code``; an ``UnreadableValueError`` if it was somebody else."""
    with understood(code.decode(errors="backslashreplace")):
        return code.decode()


def only_read_keys(keys: Sequence[str], writes: Writes) -> None:
    """Refuse writes to what has not been read: nobody has watched over it."""
    for key, put in writes.items():
        if key not in keys:
            raise ValueError(f"update may write only what it has read, and {key!r} is not among keys")
        ttl = None if put is None else checks.instance(f"what update puts at {key!r}", put, Put).ttl
        if ttl is not None and not 0 < ttl <= LONGEST_TTL:
            raise ValueError(f"ttl must be above 0 and at most {LONGEST_TTL:g}, got {ttl} for {key!r}")
