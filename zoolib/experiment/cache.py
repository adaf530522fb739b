"""What a long experiment has found so far, kept on disk and found again only where it would come out the same.

A result belongs to a key: a hash of everything that decides its numbers. It is kept by ``joblib.Memory``: completely or
not at all, and computed anew where the disk has damaged it. Such a folder holds pickles; read no stranger's.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

from zoolib.randomness import shift, shifted

# What shows numbers or keeps them, but does not make them: a change here makes no result out of date.
NOT_IN_NUMBERS = ("book/", "experiment/cache.py", "experiment/progress.py", "persistence.py", "saving.py")


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
        If a worker of a cluster runs other code than this process.

    >>> def squares(numbers, power): return {n: n**power for n in numbers}
    >>> gather(squares, [({"power": 2}, [1, 2, 3])], progress=False)
    [{1: 1, 2: 4, 3: 9}]
    """
    shelf = None if cache is None else _shelf(cache)
    keys = ["" if shelf is None else key({"compute": compute, **recipe}) for recipe, _ in jobs]
    known: list[dict[Any, Any]] = [{} if shelf is None else shelf(one) for one in keys]
    longest = max((len(items) for _, items in jobs), default=0)
    tasks = [
        (i, part)
        for start in range(0, longest, chunk)  # the same worlds one after the other
        for i, (_, items) in enumerate(jobs)
        if (part := [item for item in items[start : start + chunk] if item not in known[i]])
    ]
    by = shift()  # asked here: joblib takes the later tasks in a thread of its own, which knows of no shift
    parts = joblib.Parallel(return_as="generator_unordered", batch_size=1)(
        joblib.delayed(_compute)(compute, i, part, jobs[i][0], by) for i, part in tasks
    )
    total, what = sum(len(part) for _, part in tasks), compute.__module__.rpartition(".")[2]
    with tqdm(total=total, desc=what, disable=not progress) as bar:
        for code, i, found in parts:
            if code != zoolib_code():
                raise RuntimeError("a worker runs another zoolib than this process: install the same one everywhere")
            known[i] |= found
            if shelf is not None:
                shelf.call(keys[i], known[i])
            bar.update(len(found))
    return [{item: one[item] for item in items} for one, (_, items) in zip(known, jobs, strict=True)]


def _compute(compute: Any, i: int, part: list[Any], recipe: Mapping[str, Any], by: int) -> tuple[str, int, Any]:
    with shifted(by):
        return zoolib_code(), i, compute(part, **recipe)


def _shelf(folder: str | os.PathLike[str]) -> Any:
    """Return a function of a key that says what is known of it; its ``call(key, known)`` keeps ``known``."""

    def shelf(key: str, known: dict[Any, Any] | None = None) -> dict[Any, Any]:
        return known or {}

    memory = joblib.Memory(os.fspath(folder), verbose=0, compress=True)  # what is compressed has a check sum
    return memory.cache(shelf, ignore=["known"])


def key(recipe: Mapping[str, Any]) -> str:
    """Return the key of what ``recipe`` describes: a hash of it and of the code that it names or rests on.

    It may hold numbers, strings, None, mappings, sequences, dataclasses, and functions or classes that a module to
    import defines at its top level; these count by name together with the code of their module. All else is refused by
    a ``TypeError``.
    """
    modules = {"zoolib": zoolib_code()}
    said = _plain(recipe, modules)
    there = [name for name in ("numpy", "torch") if importlib.util.find_spec(name)]
    versions = {name: importlib.metadata.version(name) for name in there}
    known = {"recipe": said, "code": modules, "versions": versions, "shift": shift()}
    return _digest(json.dumps(known, sort_keys=True))


def _plain(value: Any, modules: dict[str, str]) -> Any:
    """Return ``value`` as JSON can say it, and note the code that it names in ``modules``."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(name): _plain(one, modules) for name, one in value.items()}
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
    if module.split(".")[0] != "zoolib":
        modules[module] = _code(inspect.getsource(inspect.getmodule(value)))
    return f"{module}.{name}"


@functools.cache
def zoolib_code() -> str:
    """Return a hash of the code of zoolib that makes numbers, as it was when this was first asked."""
    root = Path(__file__).parents[1]
    names = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.py"))]
    return _digest("".join(n + _code((root / n).read_text("utf-8")) for n in names if not n.startswith(NOT_IN_NUMBERS)))


def _code(text: str) -> str:
    """Return a hash of a module's code; comments, docstrings and layout do not count."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            del node.body[0]
    return _digest(ast.dump(tree))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
