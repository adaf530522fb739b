"""What the chapters need to show code as it stands in the package, and agents as they were on the way."""

import ast
import inspect
import textwrap
from typing import Any

from IPython.display import Markdown


def source(*objects: Any) -> Markdown:
    """Show the source of functions, classes or methods of the package, one after the other.

    Docstrings are left out, since the text around says it better, and lines that do no more than refuse bad input.
    """
    blocks = [_essence(textwrap.dedent(inspect.getsource(one))) for one in objects]
    return Markdown("```python\n" + "\n\n".join(block.strip("\n") for block in blocks) + "\n```")


def _essence(code: str) -> str:
    lines: list[str | None] = [*code.splitlines()]
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Expr) and ast.unparse(node).startswith("checks."):
            lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or ast.get_docstring(node) is None:
            continue
        if len(node.body) > 1:
            after = [node.body[1], *getattr(node.body[1], "decorator_list", [])]
            first, stop = node.body[0].lineno - 1, min(part.lineno for part in after) - 1
            if isinstance(node, ast.FunctionDef):  # the blank line after a docstring goes with it, but for a class's
                while stop > first and not lines[stop - 1].strip():
                    stop -= 1
            lines[first:stop] = [None] * (stop - first)
    return "\n".join(line for line in lines if line is not None)
