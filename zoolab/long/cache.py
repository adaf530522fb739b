"""What a long experiment has found so far, kept on disk and found again only where it would come out the same.

A result belongs to a key: a hash of the recipe, of the bytes of the code and of the versions beneath it. It is kept as
plain arrays and JSON, which run no code when they are read: completely or not at all, and computed again where the
disk has damaged them.
"""

import functools
import hashlib
import importlib
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

import zoolib
from zoolab.files import whole_file
from zoolib import checks
from zoolib.randomness import shift, shifted

PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "torch")  # whose versions may move a number
Cache = str | os.PathLike[str] | None  # a folder of what is known, or none


def gather(
    compute: Callable[..., Mapping[Any, Any]],
    jobs: Sequence[tuple[Mapping[str, Any], Sequence[Any]]],
    cache: Cache = None,
    *,
    chunk: int = 25,
    progress: bool = True,
    alone: bool = False,
) -> list[dict[Any, Any]]:
    """Compute what ``cache`` lacks, in parallel where joblib is told so, and keep it as it comes.

    Parameters
    ----------
    compute
        ``compute(items, **recipe)`` returns ``{item: value}``. If there is a cache, a module defines it at its top
        level, and its values are numbers, strings, None, arrays, or lists, tuples and dicts of these.
    jobs
        ``[(recipe, items), ...]``; items are seeds, or names.
    cache
        Folder of what is known; None keeps nothing.
    chunk
        How many items of a job are computed together.
    progress
        Whether to show a progress bar, in items.
    alone
        Whether ``compute(item, **recipe)`` takes one item, and returns its value.

    Returns
    -------
    For each job ``{item: value}``, in the order of its items.

    Raises
    ------
    TypeError
        If there is a cache and a recipe or a value is of another kind.
    RuntimeError
        If a worker of a cluster runs other code than this process.

    >>> def squares(numbers, power): return {n: n**power for n in numbers}
    >>> gather(squares, [({"power": 2}, [1, 2, 3])], progress=False)
    [{1: 1, 2: 4, 3: 9}]
    """
    folder = None if cache is None else Path(cache)
    keys = [key({"compute": compute, **recipe}) if folder else "" for recipe, _ in jobs]
    known = [_read(folder, one) if folder else {} for one in keys]
    longest = max((len(items) for _, items in jobs), default=0)
    tasks = [
        (i, part)
        for start in range(0, longest, chunk)  # the same worlds one after the other
        for i, (_, items) in enumerate(jobs)
        if (part := [item for item in items[start : start + chunk] if item not in known[i]])
    ]
    by = shift()  # asked here: joblib takes the later tasks in a thread of its own, which knows of no shift
    parts = joblib.Parallel(return_as="generator_unordered", batch_size=1)(
        joblib.delayed(_compute)(compute, i, part, jobs[i][0], by, alone) for i, part in tasks
    )
    total, what = sum(len(part) for _, part in tasks), compute.__module__.rpartition(".")[2]
    with tqdm(total=total, desc=what, disable=not checks.instance("progress", progress, bool)) as bar:
        for theirs, i, found in parts:
            if theirs != code():
                raise RuntimeError("a worker runs other code than this process: start both with the same code")
            known[i] |= found
            if folder:
                _keep(folder, keys[i], known[i])
            bar.update(len(found))
    return [{item: one[item] for item in items} for one, (_, items) in zip(known, jobs, strict=True)]


def _compute(compute: Any, i: int, part: list[Any], recipe: Mapping[str, Any], by: int, alone: bool) -> tuple[Any, ...]:
    with shifted(by):
        found = {item: compute(item, **recipe) for item in part} if alone else compute(part, **recipe)
        return code(), i, found


@functools.cache
def code() -> str:
    """Return a hash of the bytes of zoolib and zoolab, and of the versions beneath them, as this process first saw it.

    >>> len(code())
    64
    """
    roots = [Path(zoolib.__file__).parent, Path(__file__).parents[1]]
    said = [path.read_bytes() for root in roots for path in sorted(root.rglob("*.py"))]
    said += [f"{name} {metadata.version(name)}".encode() for name in PACKAGES]
    return hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in said)).hexdigest()


def key(recipe: Mapping[str, Any]) -> str:
    """Return the key of what ``recipe`` describes: a hash of it and of the code.

    It may hold numbers, strings, None, mappings, sequences, dataclasses, and functions or classes that an importable
    module defines at its top level. Those count by name together with the bytes of their file. All else is refused by
    a ``TypeError``.
    """
    said = _plain(recipe, files := set[str]())
    own = {file: hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in sorted(files)}
    known = {"recipe": said, "code": code(), "own": list(own.values()), "shift": shift()}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _plain(value: Any, files: set[str]) -> Any:
    """Return ``value`` as JSON can say it, and note in ``files`` where the code lies that it names."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {"in order": [[_plain(name, files), _plain(one, files)] for name, one in value.items()]}
    if isinstance(value, (Sequence, np.ndarray)):
        return [_plain(one, files) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        said = {field.name: _plain(getattr(value, field.name), files) for field in fields(value)}
        return [_plain(type(value), files), said]
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if name is None or module == "__main__" or getattr(importlib.import_module(module), name, None) is not value:
        raise TypeError(
            f"{value!r} cannot be part of a key: it is no number, string or the like, nor a function or class "
            "that an importable module defines at its top level"
        )
    if file := getattr(importlib.import_module(module), "__file__", None):
        files.add(file)
    return f"{module}.{name}"


def _read(folder: Path, key: str) -> dict[Any, Any]:
    """Return what is kept of ``key``, nothing if that is damaged or of another key."""
    path = folder / f"{key}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            said = json.loads(str(kept["said"]))
            if said["key"] != key:
                raise ValueError("it is of another key")
            return _unpacked(said["known"], kept)
    except FileNotFoundError:
        return {}
    except Exception as error:  # there is no end to what a damaged file can raise
        warnings.warn(f"{path} is not what was kept there, and is computed again: {error!r}", stacklevel=3)
        return {}


def _keep(folder: Path, key: str, known: dict[Any, Any]) -> None:
    arrays: dict[str, np.ndarray] = {}
    said = json.dumps({"key": key, "known": _packed(known, arrays)})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / f"{key}.npz") as file:
            np.savez_compressed(file, said=np.array(said), **arrays)
    except OSError as error:
        warnings.warn(f"{folder / key}.npz cannot be kept: {error!r}", stacklevel=3)


def _packed(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return ``value`` as JSON, its arrays by their names in ``arrays``."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype != object:
        arrays[name := f"a{len(arrays)}"] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "number": name}
    if isinstance(value, dict):
        return {"dict": [[_packed(name, arrays), _packed(one, arrays)] for name, one in value.items()]}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_packed(one, arrays) for one in value]}
    raise TypeError(f"{value!r} cannot be kept: a result holds numbers, strings, None, arrays, lists, tuples and dicts")


def _unpacked(said: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(said, dict):
        return said
    ((kind, inner),) = said.items()
    if kind in ("array", "number"):
        return arrays[inner] if kind == "array" else arrays[inner][()]
    if kind == "dict":
        return {_unpacked(name, arrays): _unpacked(one, arrays) for name, one in inner}
    return {"list": list, "tuple": tuple}[kind](_unpacked(one, arrays) for one in inner)
