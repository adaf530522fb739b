"""Values for a store: arrays and a few words about them, under a header that says whether they are whole (chapter 6).

A value is

    magic (6 bytes) | format (2) | checksum (16) | length of the words (4) | words in JSON | the arrays' bytes.

The checksum covers the key too, so that a value which was copied to another place is refused there. It is no secret:
who can write to a store can make one that fits. So what a value says of itself is believed only as far as it makes
sense; nothing in it is code, and nothing is ever unpickled.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from zoolib import checks

MAGIC, FORMAT = b"zoolib", 1
HEADER = struct.Struct(">6sH16sI")
DTYPES = ("<f8", "<f4", "<i8", "|i1")


class UnreadableValueError(ValueError):
    """A value in a store that is foreign, cut short, damaged, or not what its place is for."""


@contextmanager
def understood(key: str) -> Iterator[None]:
    """Blame the value at ``key`` for whatever goes wrong inside, by an ``UnreadableValueError``."""
    try:
        yield
    except UnreadableValueError:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise UnreadableValueError(f"the value at {key!r} makes no sense: {type(error).__name__}: {error}") from error


def pack(key: str, kind: str, words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the value to store under ``key``.

    Parameters
    ----------
    key, kind
        Where it will be stored, and what it is, such as ``"evidence"``.
    words, arrays
        Whatever JSON can hold, and arrays of float64, float32, int64 or int8.
    """
    ordered = {name: np.ascontiguousarray(a) for name, a in checks.instance("arrays", arrays, Mapping).items()}
    for name, a in ordered.items():
        if a.dtype.str not in DTYPES:
            raise TypeError(f"arrays[{name!r}] must be float64, float32, int64 or int8, got {a.dtype}")
    kind, words = checks.instance("kind", kind, str), dict(checks.instance("words", words, Mapping))
    shapes = [[name, a.dtype.str, list(a.shape)] for name, a in ordered.items()]
    text = json.dumps({"kind": kind, "words": words, "arrays": shapes}, separators=(",", ":")).encode()
    body = b"".join([text, *(a.tobytes() for a in ordered.values())])
    return HEADER.pack(MAGIC, FORMAT, _checksum(key, len(text), body), len(text)) + body


def unpack(key: str, kind: str, value: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the words and arrays that :func:`pack` put into ``value``; the arrays can be written to.

    A value that is not one of ours, of another format, cut short, damaged, from another place or of another kind is
    refused with an ``UnreadableValueError``.
    """
    checks.instance("kind", kind, str)
    if checks.instance("value", value, bytes)[: len(MAGIC)] != MAGIC:
        raise UnreadableValueError(f"the value at {key!r} was not written by zoolib: it begins with {value[:8]!r}")
    if len(value) < HEADER.size:
        raise UnreadableValueError(f"the value at {key!r} is cut short: {len(value)} bytes hold no header")
    _, version, checksum, n_text = HEADER.unpack_from(value)
    if version != FORMAT:
        raise UnreadableValueError(f"the value at {key!r} has format {version}; this zoolib reads format {FORMAT}")
    body = value[HEADER.size :]
    if checksum != _checksum(key, n_text, body):
        raise UnreadableValueError(f"the value at {key!r} is damaged, or belongs elsewhere: its checksum does not fit")
    with understood(key):
        content = json.loads(body[:n_text].decode())
        if content["kind"] != kind:
            raise UnreadableValueError(f"the value at {key!r} is of kind {content['kind']!r}, not {kind!r}")
        arrays, start = {}, n_text
        for name, dtype, shape in content["arrays"]:
            if dtype not in DTYPES or not all(type(n) is int and n >= 0 for n in shape):  # objects are addresses
                raise ValueError(f"there is no array of {dtype!r} and shape {shape!r}")
            arrays[str(name)] = np.ndarray(shape, dtype, body, start).copy()
            start += arrays[str(name)].nbytes
        if start != len(body):
            raise ValueError(f"its arrays take {start - n_text} bytes, and {len(body) - n_text} are there")
        return dict(content["words"]), arrays


def _checksum(key: str, n_text: int, body: bytes) -> bytes:
    covered = b"%s\0%d\0%s" % (checks.text("key", key), n_text, body)
    return hashlib.blake2b(covered, digest_size=16, person=b"zoolib-%d" % FORMAT).digest()
