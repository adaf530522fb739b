"""One conformance suite for both stores: whatever is true of lmdb must be true of Redis.

Some of it happens in other processes: :mod:`store_workers` is what they do.
"""

import itertools
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import MagicMock

import lmdb
import numpy as np
import pytest
from redis_server import redis_server
from store_workers import die_inside, said, start
from store_workers import increment as increment_often

from figures.funnel import own_redis
from zoolab.serving.stores import codec, open_store
from zoolab.serving.stores.base import Put, StoreUnavailableError
from zoolab.serving.stores.codec import UnreadableValueError, pack, unpack


@pytest.fixture
def store(url):
    with open_store(url) as opened:
        yield opened


def put(store, key, value, ttl=None):
    store.transact([key], lambda values: ({key: Put(value, ttl)}, None))


def increment(values):
    return {"n": Put(str(int(values["n"] or 0) + 1).encode())}, None


# ---- the three operations ----------------------------------------------------------------------------------


def test_what_is_put_is_read_and_what_is_deleted_is_gone(store):
    assert store.get("a") is None
    put(store, "a", b"\0\xff one")
    assert store.get("a") == b"\0\xff one"
    put(store, "a", b"")
    assert store.get("a") == b""
    store.transact(["a"], lambda values: ({"a": None}, None))
    assert store.get("a") is None


def test_a_transaction_sees_all_its_keys_writes_several_and_returns_the_result(store):
    put(store, "a", b"1")
    seen = store.transact(["a", "b"], lambda values: ({"a": Put(b"2"), "b": Put(b"3")}, dict(values)))
    assert seen == {"a": b"1", "b": None}
    assert (store.get("a"), store.get("b")) == (b"2", b"3")


def test_an_update_that_raises_leaves_everything_as_it_was(store):
    put(store, "a", b"1")
    with pytest.raises(ZeroDivisionError):
        store.transact(["a"], lambda values: ({"a": Put(b"2")}, 1 / 0))
    with pytest.raises(ValueError, match="not among keys"):
        store.transact(["a"], lambda values: ({"a": Put(b"2"), "b": Put(b"2")}, None))
    with pytest.raises(ValueError, match="ttl must be above 0"):
        store.transact(["a"], lambda values: ({"a": Put(b"2", ttl=0)}, None))
    assert (store.get("a"), store.get("b")) == (b"1", None)


@pytest.mark.parametrize("key", ["", "x" * 401, 7, None])
def test_a_key_that_is_none_is_refused(store, key):
    with pytest.raises((ValueError, TypeError), match="key"):
        store.get(key)


def test_scanning_finds_every_key_of_a_prefix_once_and_no_other(store):
    names = {f"some/{i}" for i in range(2500)}
    for i in range(0, 2500, 500):
        part = sorted(names)[i : i + 500]
        store.transact(part, lambda values: (dict.fromkeys(values, Put(b"x")), None))
    for other in ("som", "some", "somf", "other/1", "some*"):
        put(store, other, b"x")
    assert sorted(store.scan("some/")) == sorted(names)
    assert list(store.scan("some*")) == ["some*"]
    assert list(store.scan("nothing")) == []


def test_a_value_is_forgotten_after_its_time_and_not_before(store):
    put(store, "a", b"1", ttl=0.4)
    put(store, "b", b"2", ttl=60)
    assert store.get("a") == b"1"
    time.sleep(0.5)
    assert store.get("a") is None
    assert list(store.scan("")) == ["b"]
    assert store.transact(["a"], lambda values: ({}, values["a"])) is None


def test_a_new_value_does_not_inherit_the_time_of_the_old_one(store):
    put(store, "a", b"1", ttl=0.2)
    put(store, "a", b"2")
    time.sleep(0.3)
    for i in range(10):
        put(store, f"other{i}", b"x")
    assert store.get("a") == b"2"


def test_all_is_there_when_the_store_is_opened_again(url):
    with open_store(url) as first:
        put(first, "a", b"1")
    with open_store(url) as second:
        assert second.get("a") == b"1"


# ---- several writers ---------------------------------------------------------------------------------------


def test_writers_in_several_threads_lose_no_update(store):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: [store.transact(["n"], increment) for _ in range(100)], range(4)))
    assert store.get("n") == b"400"


def test_writers_in_several_processes_lose_no_update(url, store):
    started = [start(increment_often, url, 200) for _ in range(4)]
    for process, connection in started:
        assert said(connection) == list(range(1, 201))
        process.join(60)
        assert process.exitcode == 0
    assert store.get("n") == b"800"


def test_a_writer_that_was_overtaken_computes_again(store):
    calls = []

    def update(values):
        calls.append(values["n"])
        if len(calls) == 1 and type(store).__name__ == "RedisStore":  # lmdb's writers wait: nobody can overtake
            put(store, "n", b"41")
        return increment(values)

    put(store, "n", b"41")
    store.transact(["n"], update)
    assert store.get("n") == b"42"
    assert set(calls) == {b"41"}


def test_a_writer_who_is_overtaken_again_and_again_gives_up_after_its_timeout(server):
    with open_store(server.url, timeout=0.3) as store:

        def update(values):
            put(store, "n", str(time.monotonic_ns()).encode())
            return increment(values)

        start = time.monotonic()
        with pytest.raises(StoreUnavailableError, match="too busy with other writers"):
            store.transact(["n"], update)
        assert 0.3 <= time.monotonic() - start < 5


@pytest.mark.parametrize("after", [0.05, 0.3])
def test_a_writer_that_is_killed_loses_at_most_what_it_has_not_acknowledged(url, store, after):
    process, connection = start(increment_often, url, 10**9)
    acknowledged = [connection.recv()]
    threading.Timer(after, process.kill).start()
    acknowledged += said(connection)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    store.transact(["n"], increment)  # it takes writes at once; only then is it settled whether the last one counted
    assert len(acknowledged) <= int(store.get("n")) - 1 <= len(acknowledged) + 1


def test_who_is_killed_within_a_transaction_has_written_nothing_of_it(url, store):
    put(store, "a", b"old")
    put(store, "b", b"old")
    process, _ = start(die_inside, url)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert (store.get("a"), store.get("b")) == (b"old", b"old")
    put(store, "a", b"new")
    assert store.get("a") == b"new"


# ---- a store that is not there -----------------------------------------------------------------------------


def test_a_closed_store_says_that_it_is_not_there(tmp_path):
    store = open_store(tmp_path / "store")
    store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        store.get("a")


def test_a_full_store_says_so_and_keeps_what_it_has(tmp_path):
    with open_store(tmp_path / "store", max_bytes=2**20) as store:
        put(store, "a", b"1")
        with pytest.raises(StoreUnavailableError, match="is full: max_bytes is 1048576"):
            put(store, "b", bytes(2**21))
        assert store.get("a") == b"1"


@pytest.mark.parametrize("size", [100, 3000, 50_000])
def test_a_full_store_takes_writes_again_once_something_in_it_has_expired(tmp_path, size):
    now = [1e9]
    with open_store(tmp_path / "store", max_bytes=2**20, clock=lambda: now[0]) as store:
        put(store, "kept", b"1")
        refused = []
        for i in range(12_000):
            try:
                put(store, f"old {i}", bytes(size), ttl=10.0)
            except StoreUnavailableError as error:
                refused.append(str(error))
            if len(refused) == 100:
                break
        assert sum("is full" in said for said in refused) == 100
        put(store, "kept", b"2")
        assert os.stat(tmp_path / "store" / "data.mdb").st_size <= 2**20 + 2**22
    now[0] += 1e6
    with open_store(tmp_path / "store", max_bytes=2**20, clock=lambda: now[0]) as store:
        put(store, "large", bytes(900_000))
        for i in range(500):
            put(store, f"new {i % 3}", bytes(min(size, 20_000)))
        assert (store.get("kept"), list(store.scan("old"))) == (b"2", [])


def test_what_makes_a_store_less_full_is_taken_though_it_is_over_its_size(tmp_path):
    with open_store(tmp_path / "store") as store:
        for i in range(20):
            put(store, f"{i}", bytes(10_000))
    with open_store(tmp_path / "store", max_bytes=2**16) as store:
        with pytest.raises(StoreUnavailableError, match="is full"):
            put(store, "more", bytes(10_000))
        for i in range(20):
            store.transact([f"{i}"], lambda values, i=i: ({f"{i}": None}, None))
        put(store, "more", bytes(10_000))


DAMAGED, AWAY = ["CorruptedError", "PageNotFoundError", "BadTxnError"], ["ReadersFullError", "DiskError"]


def failing(name):
    """An environment of lmdb of which nothing can be read."""
    environment = MagicMock()
    environment.info.return_value, environment.stat.return_value = {"last_pgno": 0}, {"psize": 1}
    begun = environment.begin.return_value
    begun.__exit__.return_value = False  # it swallows nothing
    transaction = begun.__enter__.return_value
    for method in (transaction.get, transaction.cursor, environment.open_db):
        method.side_effect = getattr(lmdb, name)("it says")
    return environment


@pytest.mark.parametrize("name", DAMAGED + AWAY)
def test_what_lmdb_says_in_its_words_a_store_says_in_ours(tmp_path, monkeypatch, name):
    error = UnreadableValueError if name in DAMAGED else StoreUnavailableError
    with open_store(tmp_path / "store") as store:
        with monkeypatch.context() as patched:
            patched.setattr(store, "_env", failing(name))
            for ask in (store.get, lambda key: put(store, key, b"1"), lambda key: list(store.scan(key))):
                with pytest.raises(error, match=r"the store at .*it says"):
                    ask("a")
        put(store, "a", b"1")
    monkeypatch.setattr(lmdb, "open", lambda *_, **__: failing(name))
    with pytest.raises(error, match=r"the store at .*it says"):
        open_store(tmp_path / "store")


def test_a_foreign_value_of_another_type_is_refused_and_stays(server):
    with open_store(server.url) as store:
        store._client.flushall()
        store._client.rpush("zoolib:a", "precious", "things")
        for ask in (store.get, lambda key: put(store, key, b"1")):
            with pytest.raises(UnreadableValueError, match="'a' was not written by zoolib: a list"):
                ask("a")
        with pytest.raises(UnreadableValueError, match="'a' was not written by zoolib"):
            store.transact(["b", "a"], lambda values: ({"b": Put(b"1")}, None))
        assert store._client.lrange("zoolib:a", 0, -1) == [b"precious", b"things"]
        assert store.get("b") is None


def test_a_foreign_key_is_refused_by_name(store):
    if type(store).__name__ == "RedisStore":
        store._client.set(b"zoolib:x\xff", b"1")
    else:
        with store._env.begin(write=True) as transaction:
            transaction.put(b"x\xff", struct.pack(">d", np.inf) + b"1", db=store._values)
    with pytest.raises(UnreadableValueError, match=r"the value at .*x.* makes no sense"):
        list(store.scan(""))


def sizes(store):
    """How long the file of a store is, and how long it would be if its last page had been written."""
    needs = (store._env.info()["last_pgno"] + 1) * store._env.stat()["psize"]
    return (store.path / "data.mdb").stat().st_size, needs


@pytest.mark.parametrize("part", [0.0, 0.001, 0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_short_is_refused_and_nobody_dies_of_it(tmp_path, part):
    with open_store(tmp_path / "store") as store:
        for i in range(100):
            put(store, f"{i}", bytes(3000), ttl=1e6 if i % 2 else None)
        has, _ = sizes(store)
    os.truncate(tmp_path / "store" / "data.mdb", max(int(part * has), 100))
    code = f"from zoolab.serving import open_store\nstore = open_store({str(tmp_path / 'store')!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, "it ends by an exception, and not by a signal"
    assert re.search("(UnreadableValueError|StoreUnavailableError): .*store", done.stderr)


def test_a_store_that_was_begun_and_never_filled_is_whole(tmp_path):
    (tmp_path / "store").mkdir()
    lmdb.open(str(tmp_path / "store"), max_dbs=2).close()
    with open_store(tmp_path / "store") as store:
        put(store, "a", b"1")


def test_a_healthy_file_that_lacks_pages_which_nobody_needs_is_taken(tmp_path):
    with open_store(tmp_path / "store") as store:
        put(store, "a", b"1")
        with store._env.begin(write=True) as transaction:  # pages that are freed where they were taken
            transaction.put(b"b", bytes(10**5), db=store._values)
            transaction.delete(b"b", db=store._values)
        has, needs = sizes(store)
        assert has < needs
    with open_store(tmp_path / "store") as store:
        assert store.get("a") == b"1"
        put(store, "b", bytes(10**6))


def test_a_store_taken_through_a_fork_is_refused(tmp_path):
    with open_store(tmp_path / "store") as store:
        store._pid = os.getpid() + 1
        with pytest.raises(StoreUnavailableError, match="fork"):
            store.get("a")


def test_no_server_is_reported_as_such(server):
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        open_store("redis://127.0.0.1:1/0", timeout=0.5)


def test_a_server_that_dies_and_comes_back_has_what_was_acknowledged(tmp_path):
    with redis_server(tmp_path) as own, open_store(own.url, timeout=0.5) as store:
        for _ in range(20):
            store.transact(["n"], increment)
        own.kill()
        with pytest.raises(StoreUnavailableError):
            store.transact(["n"], increment)
        own.start()
        store.transact(["n"], increment)
        assert store.get("n") == b"21"


def poke(store, code, i, bit, listed=False):
    """Flip a bit of what lmdb holds at a key: among the values, or in the list of times."""
    db = store._expiries if listed else store._values
    with store._env.begin(write=True) as transaction:
        changed = bytearray(code if listed else transaction.get(code, db=db))
        changed[i] ^= 1 << bit
        if listed:
            transaction.delete(code, db=db)
        transaction.put(*((bytes(changed), b"") if listed else (code, bytes(changed))), db=db)


@pytest.mark.parametrize("ttl", [None, 60.0])
def test_every_flipped_bit_of_the_time_of_expiry_is_noticed_and_nothing_is_written_over_it(tmp_path, ttl):
    with open_store(tmp_path / "store", clock=lambda: 1.6e9) as store:
        put(store, "a", b"1", ttl)
        for i, bit in itertools.product(range(8), range(8)):
            poke(store, b"a", i, bit)
            for ask in (store.get, lambda key: put(store, key, b"2"), lambda key: list(store.scan(key))):
                with pytest.raises(UnreadableValueError, match="'a' is damaged"):
                    ask("a")
            poke(store, b"a", i, bit)
        assert (store.get("a"), list(store.scan(""))) == (b"1", ["a"])


def test_a_damaged_list_of_times_makes_no_value_forgotten_before_its_time(tmp_path):
    with open_store(tmp_path / "store", clock=lambda: 1.6e9) as store:
        for bit in range(8):
            put(store, "a", b"1", 60.0)
            with store._env.begin() as transaction:
                code = next(iter(transaction.cursor(db=store._expiries)))[0]
            poke(store, code, 1, bit, listed=True)
            put(store, "b", b"2")  # which forgets what is due
            with pytest.raises(UnreadableValueError, match="'a' is damaged"):
                store.get("a")
            with store._env.begin(write=True) as transaction:
                assert transaction.pop(b"a", db=store._values)[8:] == b"1"
                transaction.drop(store._expiries, delete=False)


def test_what_is_too_short_to_be_ours_is_refused(tmp_path):
    with open_store(tmp_path / "store") as store:
        with store._env.begin(write=True) as transaction:
            transaction.put(b"a", b"foreign", db=store._values)
        with pytest.raises(UnreadableValueError, match="'a' is damaged"):
            store.get("a")
        with pytest.raises(UnreadableValueError, match="'a' is damaged"):
            list(store.scan(""))


@pytest.mark.parametrize("ttl", [0, -1.0, float("nan"), float("inf"), 1e17])
def test_a_time_to_live_that_is_none_is_refused_and_nothing_is_written(store, ttl):
    with pytest.raises(ValueError, match=r"ttl must be above 0 and at most 1e\+12, got .* for 'b'"):
        store.transact(["a", "b"], lambda values: ({"a": Put(b"1"), "b": Put(b"2", ttl)}, None))
    assert store.get("a") is None


@pytest.mark.parametrize("url", ["http://localhost", "file:///tmp/x", "", "lmdb://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="url must"):
        open_store(url)


def test_expired_values_do_not_pile_up(tmp_path):
    now = [1e9]
    with open_store(tmp_path / "store", clock=lambda: now[0]) as store:
        for i in range(2000):
            now[0] += 100
            put(store, f"k{i}", b"x" * 100, ttl=50)
        with store._env.begin() as transaction:
            assert transaction.stat(store._values)["entries"] <= 60
            assert transaction.stat(store._expiries)["entries"] <= 60


def test_what_a_clock_that_ran_ahead_has_ended_is_there_when_it_comes_back(tmp_path):
    now = [1e9]
    with open_store(tmp_path / "store", clock=lambda: now[0]) as store:
        for i in range(100):
            put(store, f"open {i}", b"1", ttl=60)
        now[0] += 3600
        for i in range(20):
            put(store, f"{i}", b"2", ttl=60)
        assert list(store.scan("open")) == []
        now[0] -= 3600
        assert len(list(store.scan("open"))) == 100


def test_a_missing_extra_says_what_to_install():
    code = (
        "import sys; sys.modules['lmdb'] = None\n"
        "import zoolab.serving as p\n"
        "try:\n    p.open_store('nowhere')\nexcept ImportError as error:\n    print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'lmdb'" in said
    assert "pip install" in said


# ---- values ------------------------------------------------------------------------------------------------

ARRAYS = {"A": np.arange(6.0).reshape(2, 3), "n": np.array([-1, 1], dtype=np.int8), "x": np.float32([[0.5]])}


def test_a_value_comes_back_as_it_was_packed():
    words, arrays = unpack("k", "evidence", pack("k", "evidence", {"n": 3, "name": "Käfer"}, ARRAYS))
    assert words == {"n": 3, "name": "Käfer"}
    assert set(arrays) == set(ARRAYS)
    for name, a in ARRAYS.items():
        assert arrays[name].dtype == a.dtype
        np.testing.assert_array_equal(arrays[name], a)
        arrays[name][...] = 0  # it can be written to


def test_every_flipped_bit_is_noticed():
    value = pack("k", "evidence", {"n": 3}, ARRAYS)
    for i in range(len(value)):
        damaged = bytearray(value)
        damaged[i] ^= 1 << i % 8
        with pytest.raises(UnreadableValueError, match="'k'"):
            unpack("k", "evidence", bytes(damaged))


def test_every_value_that_is_cut_short_or_goes_on_is_noticed():
    value = pack("k", "evidence", {"n": 3}, ARRAYS)
    for n in range(len(value)):
        with pytest.raises(UnreadableValueError, match=r"not written by zoolib|cut short|damaged"):
            unpack("k", "evidence", value[:n])
    with pytest.raises(UnreadableValueError, match="damaged"):
        unpack("k", "evidence", value + b"x")


@pytest.mark.parametrize("foreign", [b"", b"\x80\x04pickle", b'{"A": 1}', b"\x93NUMPY", bytes(1000)])
def test_a_foreign_value_is_refused(foreign):
    with pytest.raises(UnreadableValueError, match="not written by zoolib"):
        unpack("k", "evidence", foreign)


def test_a_value_of_another_place_kind_or_format_is_refused():
    value = pack("k", "evidence", {}, {})
    with pytest.raises(UnreadableValueError, match="belongs elsewhere"):
        unpack("k2", "evidence", value)
    with pytest.raises(UnreadableValueError, match="kind 'evidence', not 'decision'"):
        unpack("k", "decision", value)
    with pytest.raises(UnreadableValueError, match="format 2"):
        unpack("k", "evidence", value[:6] + b"\0\2" + value[8:])


def forged(content, body=bytes(8), key="k"):
    """A value with a checksum that fits, made by somebody who can write to the store: whatever it says is a lie."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    checksum = codec._checksum(key, len(text), text + body)
    return codec.HEADER.pack(codec.MAGIC, codec.FORMAT, checksum, len(text)) + text + body


@pytest.mark.parametrize(
    "dtype", ["|O8", "|O", "<U2", "<M8[s]", "|V8", "|b1", ">f8", "<c8", "nonsense", None, ["<f8"], 8]
)
def test_an_array_of_a_dtype_that_is_never_stored_is_refused(dtype):
    """Of objects the bytes would be taken for addresses."""
    with pytest.raises(UnreadableValueError, match=r"'k' makes no sense.*no array of"):
        unpack("k", "e", forged({"kind": "e", "words": {}, "arrays": [["A", dtype, [1]]]}))


@pytest.mark.parametrize(
    "shape", [[2], [-1], [1.0], [True], ["1"], [None], [[1]], [2**70], [0, 2**70], 1, None, "1", [1, 0]]
)
def test_an_array_of_a_shape_that_is_none_or_not_that_of_its_bytes_is_refused(shape):
    with pytest.raises(UnreadableValueError, match="'k' makes no sense"):
        unpack("k", "e", forged({"kind": "e", "words": {}, "arrays": [["A", "<f8", shape]]}))


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[" * 10**5, b"1" * 5000, b"null", b"[]", b"{}", b'{"kind": "e"}', b'{"kind": "e", "words": {}}']
    + [{"kind": "e", "words": words, "arrays": arrays} for words, arrays in [({}, 7), ({}, ["A"]), ({}, []), (7, [])]],
)
def test_words_that_make_no_sense_are_refused(content):
    with pytest.raises(UnreadableValueError, match="'k'"):
        unpack("k", "e", forged(content, bytes(8) if isinstance(content, bytes) or content["words"] == {} else b""))


def test_what_cannot_be_stored_is_refused():
    with pytest.raises(TypeError, match=r"arrays\['a'\]"):
        pack("k", "evidence", {}, {"a": np.array(["text"])})


# ---- a server of one's own ---------------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_a_server_of_ones_own_takes_what_a_store_is_given_and_ends_with_the_with(tmp_path):
    with own_redis(tmp_path) as url, open_store(url) as store:
        store.transact(["n"], increment)
        assert store.get("n") == b"1"
    with pytest.raises(StoreUnavailableError):
        open_store(url, timeout=0.5)


def test_where_there_is_no_redis_there_is_no_server_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with own_redis(tmp_path) as url:
        assert url is None
