"""What the chapters need to show code as it stands in the package."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

from IPython.display import Markdown


def source(*objects: Any, docstrings: bool = False) -> Markdown:
    """Show the source of functions, classes or methods of the package, one after the other.

    Parameters
    ----------
    *objects
        What to show.
    docstrings
        Whether to show their docstrings too; the text around usually says it better.
    """
    blocks = [textwrap.dedent(inspect.getsource(one)) for one in objects]
    if not docstrings:
        blocks = [_without_docstrings(block) for block in blocks]
    return Markdown("```python\n" + "\n\n".join(block.strip("\n") for block in blocks) + "\n```")


def _without_docstrings(code: str) -> str:
    lines = code.splitlines()
    for node in ast.walk(ast.parse(code)):
        if (
            isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and ast.get_docstring(node) is not None
            and len(node.body) > 1
        ):
            first, after = node.body[0].lineno - 1, node.body[1]
            decorators = getattr(after, "decorator_list", [])
            stop = min([after.lineno, *(d.lineno for d in decorators)]) - 1
            while stop > first and not lines[stop - 1].strip() and isinstance(node, ast.FunctionDef):
                stop -= 1
            lines[first:stop] = [None] * (stop - first)
    return "\n".join(line for line in lines if line is not None)
