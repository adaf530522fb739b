"""Results that are kept on disk and found again only where they would come out the same.

A result belongs to a key: a hash of everything that decides its numbers. Files are written completely or not at all,
carry a check sum, and hold numbers and words in JSON, nothing that is run.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.metadata
import inspect
import json
import os
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Modules of zoolib that show numbers or keep them, but do not make them: a change in them makes no result out of date.
NOT_IN_NUMBERS = ("cache", "claims", "notebook", "persistence", "plots", "widgets")

# Read now: a file that is changed while this process runs is not the code that it runs.
_ZOOLIB = {
    str(path.relative_to(Path(__file__).parents[1])): path.read_text(encoding="utf-8")
    for path in sorted(Path(__file__).parents[1].rglob("*.py"))
    if path.stem not in NOT_IN_NUMBERS
}


def key(recipe: Mapping[str, Any]) -> str:
    """Return the key of what ``recipe`` describes: a hash of it and of the code that it names or rests on.

    Parameters
    ----------
    recipe
        Numbers, strings, None, mappings, sequences, dataclasses, and functions or classes that a module defines at its
        top level. These count by name together with the code of their module, which must be importable.

    Raises
    ------
    TypeError
        If it holds anything else.
    """
    modules = {"zoolib": zoolib_code()}
    said = _plain(recipe, modules)
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "torch")}
    return _digest({"recipe": said, "code": modules, "versions": versions})


def write(folder: Path, part: Mapping[str, Any]) -> None:
    """Add ``part`` to what is known of a key, whose ``folder`` this is."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"check": _digest(part), "part": part})
    handle, draft = tempfile.mkstemp(dir=folder, suffix=".draft")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, folder / f"{_digest(sorted(part))[:16]}.json")


def read(folder: Path) -> dict[str, Any]:
    """Return all that is known of a key; damaged files are removed with a warning."""
    known: dict[str, Any] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["check"] != _digest(content["part"]):
                raise ValueError("its check sum is wrong")
            known |= content["part"]
        except (ValueError, KeyError, TypeError) as error:
            warnings.warn(f"{path} is damaged ({error}); what it held is computed anew", RuntimeWarning, stacklevel=3)
            path.unlink()
    return known


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


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
    """Return a hash of the code of zoolib that makes numbers, as it was when it was imported."""
    return _digest({name: _code(text) for name, text in _ZOOLIB.items()})


def _code(text: str) -> str:
    """Return a hash of a module's code; comments and layout do not count."""
    return _digest(ast.dump(ast.parse(text)))
