"""Which numbers of a notebook are printed where rounding could go either way.

Installed in a kernel before a notebook runs (``install``), it looks at every number that a cell formats in an f-string,
by ``"{:.3f}".format`` or ``.round``, and writes down those that stand within ``NOISE`` of their size of the boundary
between two texts. There another processor may print another digit. An Interval of the package looks after itself
(``zoolib.ties.printed``).
"""

import ast
import json
import os
import re
from collections.abc import Callable, Iterable
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

NOISE = 1e-10
FIXED = re.compile(r"[-+, ]?\d*,?\.(\d+)([f%])$")


def distance(x: float, digits: int) -> float:
    """Return how far ``x`` is from the nearest boundary of texts with ``digits`` decimals, as a part of its size."""
    if not x or x != x or abs(x) == float("inf"):
        return float("inf")
    scaled = abs(Decimal(x)).scaleb(digits)
    half = scaled.to_integral_value(ROUND_FLOOR) + Decimal("0.5")
    return float(abs(scaled - half) / scaled) if scaled > Decimal("0.4") else float("inf")


def numbers_in(value: Any) -> Iterable[float]:
    """Yield the numbers that are not whole in whatever is rounded: a number, an array, a table."""
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    for one in getattr(value, "ravel", lambda: [value])():
        if isinstance(one, float) and not float(one).is_integer():
            yield float(one)


class Look:
    """What a cell calls in place of formatting: it looks, then formats."""

    def __init__(self, note: Callable[[float, int], None]) -> None:
        self.note = note

    def rounds(self, value: Any, digits: Any = 0, shift: int = 0) -> Any:
        if isinstance(digits, int):
            for x in numbers_in(value):
                if distance(x, digits + shift) < NOISE:
                    self.note(x, digits)
        return value

    def formats(self, value: Any, spec: str) -> Any:
        if found := FIXED.match(spec):
            self.rounds(value, int(found[1]), 2 if found[2] == "%" else 0)
        return value

    def template(self, template: str) -> Callable[..., str]:
        specs = re.findall(r"\{\w*:([^{}]+)\}", template)

        def filled(*values: Any, **named: Any) -> str:
            for value, spec in zip([*values, *named.values()], specs, strict=False):
                self.formats(value, spec)
            return template.format(*values, **named)

        return filled


class Looking(ast.NodeTransformer):
    """Puts a look before each formatting of a cell."""

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        self.generic_visit(node)
        spec = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
        if len(spec) == 1 and isinstance(spec[0], ast.Constant):
            node.value = _call("formats", node.value, ast.Constant(spec[0].value))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr == "format" and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return _call("template", node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "round":
            node.func.value = _call("rounds", node.func.value, *node.args[:1])
        elif isinstance(node.func, ast.Name) and node.func.id == "round" and node.args:
            node.args[0] = _call("rounds", *node.args)
        return node


def _call(method: str, *arguments: ast.expr) -> ast.Call:
    look = ast.Attribute(ast.Name("__look__", ast.Load()), method, ast.Load())
    return ast.Call(look, list(arguments), [])


class Fixed(ast.NodeTransformer):
    """An IPython transformer: looks, with the places in the text kept."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return ast.fix_missing_locations(Looking().visit(node))


def install(shell: Any, report: str | os.PathLike[str]) -> None:
    """Look at what the cells of this kernel format, and append to ``report`` what is near, a line of JSON each."""
    running = [""]
    shell.events.register("pre_run_cell", lambda info: running.__setitem__(0, info.raw_cell))

    def note(x: float, digits: int) -> None:
        line = json.dumps({"cell": running[0], "number": repr(x), "digits": digits})
        with Path(report).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    shell.user_ns["__look__"] = Look(note)
    shell.ast_transformers.append(Fixed())
