"""Bytes that nobody of ours has written, or that were damaged since: understood, or refused in words; nobody dies."""

import json
import random
import re
import socket
import subprocess
import sys

import damaged_stores
import numpy as np
import pytest
import shop_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nasty import SECONDS, some

from zoolab.logs import read_log
from zoolab.serving import Decision, Sums
from zoolab.serving.shop.shop import Shop
from zoolab.serving.stores import codec, open_store
from zoolab.serving.stores.codec import UnreadableValueError, pack, unpack

OFTEN = settings(
    max_examples=int(20 + 5 * SECONDS), deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)

# ---- a store -----------------------------------------------------------------------------------------------


dtypes = st.sampled_from([*codec.DTYPES, "|O8", "<U1", ">f8", "<M8[s]", "V9", ""]) | anything
shapes = st.lists(st.integers(-2, 4) | st.just(2**62) | anything, max_size=4) | anything
listed = st.lists(st.tuples(st.text(max_size=3) | anything, dtypes, shapes) | anything, max_size=3) | anything
contents = st.fixed_dictionaries({"kind": st.just("e")}, optional={"words": anything, "arrays": listed}) | anything


@given(contents, st.binary(max_size=64))
@OFTEN
def test_whatever_a_value_says_of_itself_it_is_understood_or_refused(content, body):
    """The checksum is no secret: it fits."""
    text = json.dumps(content).encode()
    head = codec.HEADER.pack(codec.MAGIC, codec.FORMAT, codec._checksum("k", len(text), text + body), len(text))
    try:
        words, arrays = unpack("k", "e", head + text + body)
    except UnreadableValueError:
        return
    assert isinstance(words, dict)
    assert sum(a.nbytes for a in arrays.values()) == len(body)
    assert {a.dtype.str for a in arrays.values()} <= {*codec.DTYPES}


def some_array(draw):
    shape = draw(st.lists(st.integers(0, 3), max_size=3))
    return np.full(shape, draw(st.sampled_from([0, 1, -1, 100])), draw(st.sampled_from(["f8", "f4", "i8", "i1"])))


arrays = st.composite(some_array)()
decisions = st.dictionaries(st.sampled_from(["arms", "X", "score", "propensity", "verdict", "counted v"]), arrays)
decision_words = st.dictionaries(st.sampled_from(["group", "model", "made", "id", "counted", "key"]), anything)


@given(decision_words, decisions)
@OFTEN
def test_a_decision_is_whole_or_refused(words, arrays):
    try:
        found = Decision.unpacked("decision/d", pack("decision/d", "decision", words, arrays))
    except UnreadableValueError:
        return
    found.told([(1, 1)])
    assert Decision.unpacked(found.key, found.packed()).arms.tolist() == found.arms.tolist()


@given(st.dictionaries(st.sampled_from(["ridge", "n_shown", "n_clicks"]), st.just(1.0) | anything),
       st.dictionaries(st.sampled_from(["A", "b"]), arrays))  # fmt: skip
@OFTEN
def test_evidence_is_whole_or_refused(words, arrays):
    try:
        found = Sums.unpacked("k", pack("k", "evidence", words, arrays), 2, 1.0)
    except UnreadableValueError:
        return
    assert (found.A.shape, found.b.shape) == ((2, 2), (2,))


# Damage of which, followed without a look, lmdb ends the process (SIGBUS, SIGABRT); of 706 a value is gone in silence.
KILLERS = ["80", "400", "577", "615", "690", "701", "706", "757"]


def test_a_damaged_file_of_a_store_kills_nobody_and_gives_no_wrong_value(tmp_path):
    """In a process of its own, since a page that is not what it should be may end whoever follows it."""
    damaged_stores.fill(tmp_path / "whole")
    command = [sys.executable, damaged_stores.__file__, tmp_path / "whole", tmp_path / "room", f"{SECONDS / 10}"]
    command += [*KILLERS, *map(str, range(5))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 + SECONDS, check=False)
    said = [line.split(" ", 1)[1] for line in done.stdout.splitlines() if " " in line.strip()]
    assert done.returncode == 0, f"{done.stdout.splitlines()[-1]}: {done.stderr[-2000:]}"
    assert len(said) >= len(KILLERS) + 5
    assert all(re.match("refused: the store at .* is damaged", line) for line in said[: len(KILLERS)])
    found = [json.loads(line) for line in said if line.startswith("{")]
    assert not any(one["wrong"] or one["gone"] for one in found)
    assert any(one["right"] == damaged_stores.N_VALUES for one in found) or len(said) < 50


# ---- a log -------------------------------------------------------------------------------------------------

GOOD = "x,place,action,reward,propensity\n0.5,top,a,1,0.5\n0.25,end,b,0,0.25\n1,top,a,0,0.5\n"
INSERTED = [*",\n\"\0;\t'\r\ufeffé-\\#\u2028", "9" * 400, "nan", "inf", "1e999", "=1+1"]


def edited(number: int) -> bytes:
    """Return the log after some edits by chance, in an encoding by chance."""
    rng, text = random.Random(number), GOOD
    for _ in range(rng.randrange(1, 6)):
        at, end = (rng.randrange(len(text) + 1) for _ in range(2))
        match rng.randrange(4):
            case 0:
                text = text[:at] + rng.choice(INSERTED) + text[at:]
            case 1:
                text = text[: min(at, end)] + text[max(at, end) :] or "x"
            case 2:
                text = text[:at] + text[min(at, end) : max(at, end)] * rng.choice((1, 2, 50)) + text[at:]
            case _:
                text = text[:at] + rng.choice(INSERTED) + text[at + 1 :]
    data = bytearray(text.encode(rng.choice(["utf-8"] * 6 + ["utf-16", "utf-32"])))
    if rng.random() < 0.2:
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def test_a_log_that_somebody_has_edited_is_read_or_refused_by_its_place(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(GOOD, encoding="utf-8")
    assert len(read_log(path, context=["x", "place"]))  # what nobody has edited is read
    for number in some(range(5000), 0.05):
        path.write_bytes(edited(number))
        try:
            log = read_log(path, context=["x", "place"])
        except (ValueError, TypeError) as error:
            assert str(error), number  # noqa: PT017
            continue
        assert log.context.shape[0] == len(log.action) == len(log.reward)
        assert np.isfinite(log.context).all()
        assert ((log.propensity > 0) & (log.propensity <= 1)).all()


# ---- a request ---------------------------------------------------------------------------------------------

BODY = b'{"persona": "fish_hobbyist"}'
REQUESTS = [
    b"GET /api/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n",
    b"POST /api/visit HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
    b"POST /api/visit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
]
PIECES = [b"\r\n", b"\r\n\r\n", b"\0", b"\xff", b" ", b":", b"%00", b"../", b"9" * 30, b"A" * 9000]
PIECES += [b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: a\r\n", b"Expect: 100-continue\r\n"]
PIECES += [b"HTTP/0.9", b"GET /"]


def scrambled(number: int) -> bytes:
    rng = random.Random(number)
    request = rng.choice(REQUESTS)
    for _ in range(rng.randrange(1, 4)):
        at, end = sorted(rng.randrange(len(request) + 1) for _ in range(2))
        cut = request[:at] + request[end:] if rng.random() < 0.3 else request[:at] + rng.choice(PIECES) + request[at:]
        request = cut or b"\r\n"
    return request


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("shop")) as store, shop_server.serving(Shop(store)) as port:
        yield port


def test_whatever_comes_over_the_wire_is_the_clients_fault_and_the_shop_goes_on(port, capfd):
    for number in some(range(20_000), 0.08):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(scrambled(number))
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        assert not answer or answer.startswith(b"HTTP/1.1 "), number
        assert not answer.startswith(b"HTTP/1.1 5"), number
    assert shop_server.ask(port, "/api/state")[0] == 200
    assert "Traceback" not in "".join(capfd.readouterr())
