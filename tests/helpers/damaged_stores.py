"""Opens one damaged copy of a store after the other, reads and writes, and says so; its process may die of it.

``python damaged_stores.py STORE ROOM SECONDS NUMBER...``: the store, a folder for copies, and which damage; after this
all other from 0 on, for so many seconds.
"""

import json
import random
import shutil
import sys
import time
from itertools import chain, count
from pathlib import Path

import numpy as np

from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import Put, Store, StoreUnavailableError
from zoolab.serving.stores.codec import UnreadableValueError, pack, unpack

PAGE, N_VALUES, ROOM = 4096, 120, {"max_bytes": 2**22}


def value(i: int) -> bytes:
    """Return what is kept at ``v/i``; some values are short, some have pages of their own."""
    return pack(f"v/{i}", "test", {"i": i}, {"a": np.full(400 if i % 3 else 4, float(i))})


def fill(path: Path) -> None:
    with open_store(path, **ROOM) as store:
        for i in range(N_VALUES):
            put = {f"v/{i}": Put(value(i), 1e9 if i % 2 else None)}
            store.transact(list(put), lambda values, put=put: (put, None))


def damaged(whole: bytes, number: int) -> bytes:
    """Return the file with damage of one of five kinds: bits, heads of pages, whole pages, cuts, noise at its end."""
    rng, bad = random.Random(number), bytearray(whole)
    page = rng.randrange(len(bad) // PAGE) * PAGE
    match number % 5:
        case 0:
            for _ in range(rng.choice((1, 1, 8, 100))):
                bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        case 1:
            bad[page + rng.randrange(32)] ^= 1 << rng.randrange(8)
        case 2:
            bad[page : page + PAGE] = rng.choice((bytes(PAGE), rng.randbytes(PAGE), bad[:PAGE]))
        case 3:
            del bad[rng.randrange(len(bad)) :]
        case _:
            bad[page:] = rng.randbytes(len(bad) - page)
    return bytes(bad)


def looked_through(store: Store) -> str:
    """Read all and write something; return how many values are right, refused, gone, and not what was written."""
    counts = {"right": 0, "refused": 0, "gone": 0, "wrong": 0}
    list(store.scan(""))
    for i in range(N_VALUES):
        try:
            found = store.get(f"v/{i}")
            what = "gone" if found is None else "right" if found == value(i) else "wrong"
            if what == "wrong":
                unpack(f"v/{i}", "test", found or b"")  # whose checksum tells
        except UnreadableValueError:
            what = "refused"
        counts[what] += 1
    store.transact(["v/0"], lambda values: ({"v/0": Put(b"1")}, None))
    return json.dumps(counts)


def main(path: str, room: str, seconds: str, *numbers: str) -> None:
    whole, copy = (Path(path) / "data.mdb").read_bytes(), Path(room) / "copy"
    end = time.monotonic() + float(seconds)
    for i, number in enumerate(chain(map(int, numbers), count())):
        if i >= len(numbers) and time.monotonic() >= end:
            break
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(parents=True)
        (copy / "data.mdb").write_bytes(damaged(whole, number))
        print(number, end=" ", flush=True)
        try:
            with open_store(copy, **ROOM) as store:
                print(looked_through(store), flush=True)
        except (UnreadableValueError, StoreUnavailableError) as error:
            print("refused:", str(error).replace("\n", " "), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
