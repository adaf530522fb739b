"""What a long experiment has found so far, kept on disk and found again only where it would come out the same.

A result belongs to a key: a hash of everything that decides its numbers. It is kept in a file of this name, which says
its key again under its check sum: completely or not at all, and computed anew where the disk has damaged it. Such a
file is a pickle; read no stranger's.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

from zoolib import checks, sources
from zoolib.files import whole_file
from zoolib.randomness import shift, shifted


def gather(
    compute: Callable[..., Mapping[Any, Any]],
    jobs: Sequence[tuple[Mapping[str, Any], Sequence[Any]]],
    cache: str | os.PathLike[str] | None = None,
    *,
    chunk: int = 25,
    progress: bool = True,
) -> list[dict[Any, Any]]:
    """Compute what ``cache`` lacks, in parallel where joblib is told so, and keep it as it comes.

    Parameters
    ----------
    compute
        ``compute(items, **recipe)`` returns ``{item: value}``. If there is a cache, a module defines it at its top
        level.
    jobs
        ``[(recipe, items), ...]``; items are seeds, or names.
    cache
        Folder of what is known; None keeps nothing.
    chunk
        How many items of a job are computed together.
    progress
        Whether to show a progress bar, in items.

    Returns
    -------
    For each job ``{item: value}``, in the order of its items.

    Raises
    ------
    TypeError
        If there is a cache and a recipe holds what no key can tell apart.
    RuntimeError
        If a worker of a cluster runs other code than this process, or there is a cache and a module was changed after
        it was imported.

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
        joblib.delayed(_compute)(compute, i, part, jobs[i][0], by, sources.PROCESS) for i, part in tasks
    )
    total, what = sum(len(part) for _, part in tasks), compute.__module__.rpartition(".")[2]
    with tqdm(total=total, desc=what, disable=not checks.instance("progress", progress, bool)) as bar:
        for code, i, found in parts:
            if other := ", ".join(sources.unlike(code)):
                raise RuntimeError(f"a worker runs another {other} than this process: start both with the same code")
            known[i] |= found
            if folder:
                _keep(folder, keys[i], known[i])
            bar.update(len(found))
    return [{item: one[item] for item in items} for one, (_, items) in zip(known, jobs, strict=True)]


def _compute(compute: Any, i: int, part: list[Any], recipe: dict[str, Any], by: int, process: str) -> tuple[Any, ...]:
    with shifted(by):
        found = compute(part, **recipe)
    return {} if process == sources.PROCESS else sources.loaded(), i, found


def _read(folder: Path, key: str) -> dict[Any, Any]:
    """Return what is kept of ``key``, nothing if that is damaged or of another key."""
    try:
        kept, known = joblib.load(folder / f"{key}.pkl")
        if kept != key or not isinstance(known, dict):
            raise ValueError("it is of another key")
        return known
    except FileNotFoundError:
        return {}
    except Exception as error:  # there is no end to what a damaged file can raise
        warnings.warn(f"{folder / key}.pkl is not what was kept there, and is computed anew: {error!r}", stacklevel=3)
        return {}


def _keep(folder: Path, key: str, known: dict[Any, Any]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / f"{key}.pkl") as file:
            joblib.dump((key, known), file, compress=True)  # what is compressed has a check sum
    except OSError as error:
        warnings.warn(f"{folder / key}.pkl cannot be kept: {error!r}", stacklevel=3)


def key(recipe: Mapping[str, Any]) -> str:
    """Return the key of what ``recipe`` describes: a hash of it and of the code that it names or rests on.

    It may hold numbers, strings, None, mappings, sequences, dataclasses, and functions or classes that a module to
    import defines at its top level; these count by name together with the code of their module, and of all modules of
    the reader's own that it imports. All else is refused by a ``TypeError``, and code that was changed after it was
    imported by a ``RuntimeError``.
    """
    said = _plain(recipe, names := set[str]())
    code = sources.codes(names)
    if changed := [name for name, one in code.items() if one == sources.CHANGED]:
        raise RuntimeError(f"{', '.join(changed)}: changed since it was imported; load it again, or start anew")
    known = {"recipe": said, "code": code, "shift": shift()}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _plain(value: Any, modules: set[str]) -> Any:
    """Return ``value`` as JSON can say it, and note in ``modules`` where the code lies that it names."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {"in order": [[_plain(name, modules), _plain(one, modules)] for name, one in value.items()]}
    if isinstance(value, (Sequence, np.ndarray)):
        return [_plain(one, modules) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        said = {field.name: _plain(getattr(value, field.name), modules) for field in fields(value)}
        return [_plain(type(value), modules), said]
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if name is None or module == "__main__" or getattr(importlib.import_module(module), name, None) is not value:
        raise TypeError(
            f"{value!r} cannot be part of a key: it is no number, string or the like, nor a function or class "
            "that a module to import defines at its top level"
        )
    modules.add(module)
    return f"{module}.{name}"
