"""The served store: Redis, for agents on many machines (chapter 6)."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from zoolab.serving.optional import extra
from zoolab.serving.stores.base import Store, StoreUnavailableError, T, Update, decoded, encoded, only_read_keys
from zoolab.serving.stores.codec import UnreadableValueError
from zoolib import checks


class RedisStore(Store):
    """A store on a Redis server, for any number of machines.

    Writers do not wait for each other. Each watches the keys it has read and writes in one step only if nobody has
    changed them; otherwise it reads and computes again. If the connection breaks while the server is writing, nobody
    knows whether it did: then, too, it reads and computes again, and so ``update`` must find in the values whether its
    work is done.

    What survives the death of the server is a matter of its settings: as many install it, what was written in the last
    minutes is lost; with ``appendonly yes`` nothing is, and with ``appendfsync always`` nothing in a power cut either.

    Parameters
    ----------
    url, namespace
        ``redis://host:port/0``, ``rediss://...`` or ``unix://...``, and what is put before every key.
    timeout
        Seconds to wait for an answer, and for other writers to let one through.
    """

    def __init__(self, url: str, *, namespace: str = "zoolib:", timeout: float = 5.0) -> None:
        redis, backoff, retry = extra("redis"), extra("redis.backoff"), extra("redis.retry").Retry
        self.namespace, self.timeout = namespace, checks.real("timeout", timeout, 0.0, open_low=True)
        waits = {"socket_timeout": self.timeout, "socket_connect_timeout": self.timeout}
        self._client = redis.Redis.from_url(url, retry=retry(backoff.NoBackoff(), 1), **waits)
        self._errors, self._changed = redis.RedisError, redis.WatchError
        self._again = retry(backoff.FullJitterBackoff(cap=0.05, base=1e-4), 1000, (redis.WatchError,))
        self._ask(self._client.ping)

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except self._errors as error:
            why = "is too busy with other writers" if isinstance(error, self._changed) else "does not answer"
            raise StoreUnavailableError(f"Redis {why} ({type(error).__name__}: {error})") from error

    def now(self) -> float:
        """Return the server's time: by that all clients forget alike, whatever their own clocks say."""
        seconds, millionths = self._ask(self._client.time)
        return seconds + millionths / 1e6

    def _name(self, key: str) -> bytes:
        return self.namespace.encode() + encoded(key)

    def get(self, key: str) -> bytes | None:
        """Return the value at ``key``; None if there is none, or if its time is over."""
        return self._ask(lambda: self._read(self._client, {key: self._name(key)}))[key]

    def _read(self, client: Any, names: Mapping[str, bytes]) -> dict[str, bytes | None]:
        """Return the values; refuse those of another type, which are not ours, and for MGET not there."""
        values = dict(zip(names, client.mget(list(names.values())), strict=True))
        missing = [key for key, value in values.items() if value is None]
        if missing and client.exists(*(names[key] for key in missing)):
            for key in missing:
                if (kind := client.type(names[key])) not in (b"none", b"string"):  # one that has come since then
                    raise UnreadableValueError(f"the value at {key!r} was not written by zoolib: a {kind.decode()}")
        return values

    def transact(self, keys: Sequence[str], update: Update[T]) -> T:
        """Read, compute and write as if nobody else were there: again, until nobody has interfered."""
        names = {key: self._name(key) for key in keys}
        give_up = time.monotonic() + self.timeout

        def overtaken(error: Exception) -> None:
            if time.monotonic() > give_up:
                raise error

        return self._ask(lambda: self._again.call_with_retry(lambda: self._try(names, update), overtaken))

    def _try(self, names: Mapping[str, bytes], update: Update[T]) -> T:
        with self._client.pipeline() as pipe:
            pipe.watch(*names.values())
            writes, result = update(self._read(pipe, names))
            only_read_keys(list(names), writes)
            pipe.multi()
            for key, put in writes.items():
                if put is None:
                    pipe.delete(names[key])
                else:
                    pipe.set(names[key], put.value, px=None if put.ttl is None else max(1, round(1000 * put.ttl)))
            pipe.execute()
            return result

    def scan(self, prefix: str) -> Iterator[str]:
        """Yield each key that begins with ``prefix`` and was there all the time, once."""
        start = self.namespace + checks.instance("prefix", prefix, str)
        pattern = "".join(f"\\{c}" if c in "*?[]^\\-" else c for c in start) + "*"
        names, seen = self._client.scan_iter(match=pattern, count=1000), set()
        while (name := self._ask(lambda: next(names, None))) is not None:
            if name not in seen:
                seen.add(name)
                yield decoded(name)[len(self.namespace) :]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
