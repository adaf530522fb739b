"""What the chapters need to show code as it stands in the package, and agents as they were on the way."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from IPython.display import Markdown


def source(*objects: Any) -> Markdown:
    """Show the source of functions, classes or methods of the package, one after the other.

    Their docstrings are left out: the text around says it better.
    """
    blocks = [_without_docstrings(textwrap.dedent(inspect.getsource(one))) for one in objects]
    return Markdown("```python\n" + "\n\n".join(block.strip("\n") for block in blocks) + "\n```")


class Diary:
    """Hands everything on to an agent, and notes down after some steps how it is doing.

    Parameters
    ----------
    agent
        Anything that has ``predict`` and ``update``; another diary, too.
    steps
        Numbers of updates after which to look at it.
    look
        What to note down of the agent; a copy of it, if nothing is said.

    Attributes
    ----------
    pages
        ``{step: what was noted down}``.
    """

    def __init__(self, agent: Any, steps: Iterable[int], look: Callable[[Any], Any] = copy.deepcopy) -> None:
        self.agent, self.steps, self.look = agent, frozenset(steps), look
        self.n_updates, self.pages = 0, {}

    def predict(self, user_id: Any, sim: Any) -> Any:
        """Return what the agent chooses."""
        return self.agent.predict(user_id, sim)

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: Any) -> None:
        """Let the agent learn, then look at it if it is time."""
        self.agent.update(user_id, chosen_arm, reward, sim)
        self.n_updates += 1
        if self.n_updates in self.steps:
            self.pages[self.n_updates] = self.look(self.agent)


def _without_docstrings(code: str) -> str:
    lines: list[str | None] = [*code.splitlines()]
    for node in ast.walk(ast.parse(code)):
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
