"""Faces of wings: a wing hands its names on, and what is heavy is loaded when somebody first asks for it (PEP 562)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def later(wing: str, names: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a wing some of whose modules are loaded when they are first used.

    Parameters
    ----------
    wing
        Its full name.
    names
        ``{module: names}`` that the modules of the wing define; a module without names is handed on itself.
    """
    home = {name: module for module, defined in names.items() for name in defined or [module.rpartition(".")[2]]}

    def __getattr__(name: str) -> Any:  # noqa: N807
        if name not in home:
            raise AttributeError(f"module {wing!r} has no attribute {name!r}")
        module = importlib.import_module(f"{wing}.{home[name]}")
        value = getattr(module, name) if names[home[name]] else module
        setattr(sys.modules[wing], name, value)
        return value

    return __getattr__
