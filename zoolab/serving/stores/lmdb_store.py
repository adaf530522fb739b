"""The embedded store: lmdb, a directory of this machine and no server (chapter 6).

Before each value stands when it expires, and a value that does is listed by that time as well. The two are compared
whenever a value is read: a time that is not in the list is damage, and neither "never" nor "long ago".
"""

import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zoolab.serving.optional import extra
from zoolab.serving.stores.base import Put, Store, StoreUnavailableError, T, Update, decoded, encoded, only_read_keys
from zoolab.serving.stores.codec import UnreadableValueError
from zoolib import checks

Clock = Callable[[], float]
_TIME = struct.Struct(">d")  # of positive numbers, the order of these bytes is that of the numbers
_NEVER = _TIME.pack(float("inf"))
KEPT = 3600.0  # seconds for which what is over is kept, for a clock that ran ahead and comes back
SPARE = 2**22  # bytes of the file for what a full store does to become less full: lmdb deletes by writing
# Looks at every page of a store, and at every value from above and from the side. Who cannot may die of it.
LOOK = """import lmdb, os, sys
with lmdb.open(sys.argv[1], readonly=True, max_dbs=2) as env:
    env.copyfd(os.open(os.devnull, os.O_WRONLY), compact=True)
    with env.begin() as transaction:
        names = [name for name, _ in transaction.cursor()]
        parts = [None, *(env.open_db(name, transaction, create=False) for name in names)]
        for db in parts:
            n, last = 0, b""
            for key, value in transaction.cursor(db):
                if not last < key or transaction.get(key, db=db) != value:
                    sys.exit(f"{key} is not in its place")
                n, last = n + 1, key
            if n != transaction.stat(db)["entries"] or not {*names} <= {b"values", b"expiries"}:
                sys.exit("what is listed is not what is there")
"""


class _FullError(StoreUnavailableError):
    """There is no room for what was to be written, unless something can be forgotten."""


class LMDBStore(Store):
    """A store in a directory of this machine, for any number of its processes and threads.

    What was written survives the death of the process at any moment. Whether it survives a power cut is a matter of
    ``durable``, which costs a visit to the disk at every write. A store that is there already is read once from end to
    end when it is opened, in a process of its own, since lmdb ends the process that follows a page which is not what it
    should be; what is damaged is an ``UnreadableValueError``. A writer that is stopped within a transaction (SIGSTOP),
    and not killed, holds up all others until it goes on.

    Parameters
    ----------
    path, max_bytes
        A directory, which is made if need be, and how much it may hold; its file may take 4 MiB more.
    durable, clock
        Whether a write returns only when the disk has it, and what time it is (for tests).
    """

    def __init__(
        self, path: str | os.PathLike[str], *, max_bytes: int = 2**32, durable: bool = False, clock: Clock = time.time
    ) -> None:
        lmdb = extra("lmdb")
        self.path, self.clock, self._pid = Path(checks.path("path", path)), clock, os.getpid()
        self.max_bytes = checks.whole("max_bytes", max_bytes, 2**16, 2**46)
        sizes = {"map_size": self.max_bytes + SPARE, "max_dbs": 2, "max_readers": 512}
        checks.instance("durable", durable, bool)
        self._errors, self._full = lmdb.Error, lmdb.MapFullError
        self._damage = lmdb.CorruptedError, lmdb.PageNotFoundError, lmdb.BadTxnError, lmdb.BadDbiError
        self._whole()
        try:
            self._env = lmdb.open(os.fspath(self.path), sync=durable, metasync=durable, **sizes)
        except lmdb.Error as error:
            raise StoreUnavailableError(f"path: no store can be opened at {self.path} ({error})") from error
        try:
            with self._in_words():
                self._env.reader_check()  # frees the places of readers that were killed
                self._values, self._expiries = self._env.open_db(b"values"), self._env.open_db(b"expiries")
        except BaseException:
            self.close()
            raise

    def _whole(self) -> None:
        """Refuse a file that is damaged or was cut short, before it is opened here."""
        if (self.path / "data.mdb").exists():
            look = subprocess.run([sys.executable, "-c", LOOK, self.path], stderr=subprocess.PIPE, check=False)
            if look.returncode:
                said = look.stderr.decode(errors="replace").strip().rpartition("\n")[2] or f"signal {-look.returncode}"
                raise UnreadableValueError(f"the store at {self.path} is damaged, or cut short ({said[:200]})")

    def now(self) -> float:
        """Return the time by the clock that was handed in."""
        return self.clock()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say in our words what lmdb says in its own: that it is damaged, or that it cannot be used now."""
        try:
            yield
        except self._damage as error:
            raise UnreadableValueError(f"the store at {self.path} is damaged ({error})") from error
        except self._full as error:
            raise _FullError(f"the store at {self.path} is full: max_bytes is {self.max_bytes} ({error})") from error
        except self._errors as error:
            raise StoreUnavailableError(f"the store at {self.path} is closed or away ({error})") from error

    @contextmanager
    def _begin(self, write: bool) -> Iterator[Any]:
        if os.getpid() != self._pid:
            raise StoreUnavailableError("an LMDBStore cannot be taken through a fork; open it in each process")
        with self._in_words(), self._env.begin(write=write) as transaction:
            yield transaction

    def get(self, key: str) -> bytes | None:
        """Return the value at ``key``; None if there is none, or if its time is over."""
        with self._begin(write=False) as transaction:
            return self._alive(transaction, code := encoded(key), transaction.get(code, db=self._values))

    def _alive(self, transaction: Any, code: bytes, stored: bytes | None) -> bytes | None:
        """Return the value in what is stored under a key: a time of expiry, infinite for never, and the value."""
        if stored is None or (expiry := stored[:8]) == _NEVER:
            return stored and stored[8:]
        if transaction.get(expiry + code, db=self._expiries) is None:
            raise UnreadableValueError(f"the value at {decoded(code)!r} is damaged: its time of expiry is not listed")
        return stored[8:] if _TIME.unpack(expiry)[0] > self.now() else None

    def transact(self, keys: Sequence[str], update: Update[T]) -> T:
        """Read, compute and write as if nobody else were there: writers wait for each other.

        Where there is no room, what is to be forgotten is forgotten first, and all is done again.
        """
        codes, update = {key: encoded(key) for key in checks.items("keys", keys)}, checks.called("update", update)
        while True:
            try:
                return self._try(codes, update)
            except _FullError:
                with self._begin(write=True) as transaction:
                    if not self._forget_some(transaction, 64, kept=0.0):
                        raise

    def _try(self, codes: Mapping[str, bytes], update: Update[T]) -> T:
        with self._begin(write=True) as transaction:
            stored = {key: transaction.get(code, db=self._values) for key, code in codes.items()}
            alive = {key: self._alive(transaction, codes[key], value) for key, value in stored.items()}
            writes, result = update(alive)
            only_read_keys(list(codes), writes)
            held = self._held(transaction)
            for key, put in writes.items():
                self._put(transaction, codes[key], stored[key], put)
            self._forget_some(transaction, 2 + 2 * len(writes))
            if held < (holds := self._held(transaction)) > self.max_bytes:
                raise self._full(f"it would hold {holds} bytes")
        return result

    def _held(self, transaction: Any) -> int:
        """Return how many bytes the values take, and the list of their times."""
        parts = [transaction.stat(db) for db in (self._values, self._expiries)]
        return sum(of["psize"] * (of["branch_pages"] + of["leaf_pages"] + of["overflow_pages"]) for of in parts)

    def _put(self, transaction: Any, code: bytes, before: bytes | None, put: Put | None) -> None:
        if before is not None:
            transaction.delete(before[:8] + code, db=self._expiries)
        if put is None:
            transaction.delete(code, db=self._values)
            return
        expiry = _NEVER if put.ttl is None else _TIME.pack(self.now() + put.ttl)
        transaction.put(code, expiry + put.value, db=self._values)
        if put.ttl is not None:
            transaction.put(expiry + code, b"", db=self._expiries)

    def _forget_some(self, transaction: Any, n: int, kept: float = KEPT) -> int:
        """Delete up to ``n`` values whose time has been over for so long, oldest first; return how many those were.

        After each write these are more than came in, so none pile up.
        """
        with transaction.cursor(db=self._expiries) as cursor:
            due = _TIME.pack(max(self.now() - kept, 0.0))
            for i in range(n):
                if not cursor.first() or cursor.key()[:8] > due:
                    return i
                code = cursor.key()[8:]
                if transaction.get(code, db=self._values, default=b"")[:8] == cursor.key()[:8]:
                    transaction.delete(code, db=self._values)
                cursor.delete()
        return n

    def scan(self, prefix: str) -> Iterator[str]:
        """Yield each key that begins with ``prefix``, in order."""
        at = code = checks.instance("prefix", prefix, str).encode()
        while True:  # short looks, so that a slow reader does not keep old pages alive
            with self._begin(write=False) as transaction, transaction.cursor(db=self._values) as cursor:
                found = []
                for key, value in cursor.iternext() if cursor.set_range(at or b"\0") else ():
                    if len(found) == 1000 or not key.startswith(code):
                        break
                    at = key + b"\0"
                    found.append((key, self._alive(transaction, key, value)))
            yield from (decoded(key) for key, value in found if value is not None)
            if len(found) < 1000:
                return

    def close(self) -> None:
        """Let go of the directory."""
        self._env.close()
