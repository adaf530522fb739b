"""Agents on disk: save what one has learned, put it into one that was made alike, go on as if nothing had happened.

A file is a NumPy archive of plain arrays with a header in JSON; nothing in it is code, and nothing is ever unpickled.
It holds what experience has changed: arrays, counters, and the states of random generators. Of the settings it holds
the words, so that it is never put into another kind of agent.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.files import whole_file
from zoolib.persistence import Stateful

FORMAT = "zoolib agent"
VERSION = 3
NOT_TOLD = ("self", "features", "rng", "model", "agent", "look")  # what the state replaces, or what has no words


def described(agent: Any) -> dict[str, str]:
    """Return the class of an agent, what it is made for and its settings, in words; of what it wraps, too."""
    features, words = agent.features, {"class": f"{type(agent).__module__}.{type(agent).__qualname__}"}
    for name in {n: 0 for kind in type(agent).__mro__ for n in inspect.signature(kind.__init__).parameters}:
        if name not in NOT_TOLD and hasattr(agent, name):
            words[name] = repr(getattr(agent, name))
    if "agent" in vars(agent):
        return words | {f"agent's {name}": said for name, said in described(agent.agent).items()}
    made_for = ("d", "encoding", "batch_shape", *([] if hasattr(features, "encoding") else ["n_arms"]))  # a shop grows
    return words | {name: repr(getattr(features, name, None)) for name in made_for}


def save(agent: Stateful, path: str | os.PathLike[str]) -> None:
    """Save what an agent has learned.

    The file is written beside ``path`` and moved there when it is complete: whoever interrupts this keeps the old one.
    A ``ValueError`` refuses an agent that NaN or infinity has got into, since nothing can be made of that any more.

    Parameters
    ----------
    agent, path
        Any agent of the book, but one whose map has grown scikit-learn's trees (a ``TypeError``), and where, in a
        folder that exists.
    """
    if not isinstance(agent, Stateful) or not hasattr(agent, "features"):
        raise TypeError(f"agent must be an agent of zoolib, got {type(agent).__name__}")
    arrays: dict[str, np.ndarray] = {}
    content = {"agent": described(agent), "state": _encode(agent.get_state(), "state", arrays)}
    _finite(content, arrays)
    header = {"format": FORMAT, "version": VERSION, "checksum": _checksum(content, arrays), "content": content}
    with whole_file(path) as file:
        np.savez(file, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)


def load(path: str | os.PathLike[str], into: Any) -> Any:
    """Put what was saved in ``path`` into an agent, which goes on choice for choice as the saved one would have.

    Parameters
    ----------
    path
        A file written by :func:`save`.
    into
        An agent made as the saved one was: of its class and settings, for contexts of the same encoding, as many arms
        where there is no shop, and as many worlds. What it knew is replaced, generators included.

    Returns
    -------
    ``into``.

    Raises
    ------
    ValueError
        If the file is foreign, truncated or damaged, or of an agent that is unlike ``into``, which stays as it was.
    """
    path = Path(checks.path("path", path))
    if not isinstance(into, Stateful) or not hasattr(into, "features"):
        raise TypeError(f"into must be an agent of zoolib, got {type(into).__name__}")
    content, arrays = _read(path)
    saved, here = content["agent"], described(into)
    for name in {**saved, **here}:
        if saved.get(name) != here.get(name):
            differ = f"the {name} of the saved agent is {saved.get(name)}, that of into {here.get(name)}"
            raise ValueError(f"{path}: {differ}")
    before = json.loads(json.dumps(_encode(into.get_state(), "state", held := {})))
    try:
        into.set_state(_decode(content["state"], arrays))
    except Exception as error:  # there is no end to what a crafted state can raise
        into.set_state(_decode(before, held))
        raise ValueError(f"{path}: its content does not fit a {type(into).__name__} ({error!r})") from error
    return into


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with path.open("rb") as file:  # a missing file stays a FileNotFoundError
        try:
            with zipfile.ZipFile(file) as members:  # as save packs them; what unpacks to more than itself is a bomb
                if sum(one.file_size for one in members.infolist()) > path.stat().st_size:
                    raise ValueError("it holds more than its length")
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            header = json.loads(str(arrays.pop("header")))
            if header["format"] != FORMAT:
                raise ValueError(f"its format is {header['format']!r}, not {FORMAT!r}")
            if header["version"] != VERSION:
                raise ValueError(f"its version is {header['version']}, this zoolib reads {VERSION}")
            if header["checksum"] != _checksum(header["content"], arrays):
                raise ValueError("its checksum is not that of its content")
            _finite(header["content"], arrays)
        except Exception as error:  # there is no end to what a damaged archive can raise
            raise ValueError(f"{path}: not a saved agent, or a damaged one: {error}") from error
    return header["content"], arrays


def _checksum(content: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name in sorted(arrays):
        a = arrays[name]
        digest.update(f"{name} {a.dtype.str} {a.shape}".encode())
        digest.update(np.ascontiguousarray(a).data)
    return digest.hexdigest()


def _finite(content: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Refuse NaN and infinity, wherever in a state they are."""
    for name, a in arrays.items():
        if a.dtype.kind in "fc" and not np.isfinite(a).all():
            raise ValueError(f"{name} must be finite, got NaN or infinity")
    json.dumps(content, allow_nan=False)


def _encode(value: Any, name: str, arrays: dict[str, np.ndarray]) -> Any:
    """Return ``value`` as JSON can hold it, arrays put aside under their place's name."""
    if isinstance(value, np.ndarray):
        arrays[name] = value
        return {"$array": name}
    if isinstance(value, Mapping):
        return {key: _encode(part, f"{name}.{key}", arrays) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(part, f"{name}.{i}", arrays) for i, part in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{name} is a {type(value).__name__}, which cannot be saved")


def _decode(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_decode(part, arrays) for part in value]
    if not isinstance(value, dict):
        return value
    if "$array" in value:
        return arrays[value["$array"]]
    return {key: _decode(part, arrays) for key, part in value.items()}
