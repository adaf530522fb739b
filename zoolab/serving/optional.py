"""Packages that are optional: asked for when they are used, and named when they are missing."""

import importlib
from types import ModuleType

INSTALL = 'python -m pip install "zoolib[production]" (in the book\'s own directory: pip install -e ".[production]")'


def extra(name: str) -> ModuleType:
    """Return the module ``name`` of an extra; an ``ImportError`` says how to install it if it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"zoolab.serving needs {name!r}, which is not installed: {INSTALL}") from error
