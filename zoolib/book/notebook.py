"""What the chapters need to show code as it stands in the package, and agents as they were on the way."""

from __future__ import annotations

import ast
import copy
import html
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
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


@dataclass(frozen=True, eq=False)
class Table:
    """A table whose cells may link to claims: rows of words, and a claim's ``(label, chapter)`` where a cell is one.

    Parameters
    ----------
    columns
        Their names.
    rows
        Words or numbers; a tuple ``(words, chapter, label)`` becomes a link to the claim of that label.
    caption
        What the table holds.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    caption: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.columns)
        body = "".join(f"<tr>{''.join(f'<td>{_linked(c)}</td>' for c in row)}</tr>" for row in self.rows)
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        page = f'<table class="zoolib-ledger">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        words = [" | ".join(_words(c) for c in row) for row in self.rows]
        listed = [self.caption] * bool(self.caption) + ["- " + line for line in words]
        return {"text/html": page, "text/plain": "\n".join(listed)}


def ledger_table(claims: pd.DataFrame) -> Table:
    """Return the table of the claims of one chapter, of those that :func:`zoolib.book.ledger` has gathered."""
    rows = [
        ((one.text, one.chapter, one.label), one.measured, "" if pd.isna(one.replications) else one.replications)
        for one in claims.itertuples()
    ]
    return Table(("Holds", "Measured", "Replications"), rows, str(claims["title"].iloc[0]))


# What is usually told of these agents: the verdict, and the label of the claim that decides it.
USUALLY_TOLD: dict[str, tuple[str, str]] = {
    "One run with a good seed shows which agent is better.": ("false", "anecdote"),
    "A click rate of .21 is an achievement.": (
        "false: random gets it",
        "yardsticks",
    ),
    "LinUCB is slow after the shock since it must explore ten fish products.": (
        "false",
        "not-reexploring",
    ),
    "Regret grows with the number of products.": ("depends on alpha", "catalog-growth"),
    "Sharing between products always helps.": ("false", "shared-alpha"),
    "A linear model cannot do it, a network can.": (
        "a matter of features",
        "sharing",
    ),
    "Memory does not depend on K.": ("false for identities", "memory-id"),
    "The K backward passes make NeuralUCB slow.": ("false", "inverse-dominates"),
    "In its timed run NeuralUCB learns.": ("not shown", "timed-run-learns-nothing"),
    "H1: both agents end at a similar, high level.": ("half true", "h1"),
    "H2: the neural agent recovers at once, LinUCB does not.": (
        "in most worlds",
        "h2",
    ),
    "It recovers because one click moves a whole category.": ("false", "not-sharing"),
    "The neural agent wins.": ("false", "showdown"),
    "A replay buffer makes it stable, and so better.": (
        "false",
        "replay-against-online",
    ),
    "A trained network beats a random one.": ("depends on alpha", "frozen"),
    "Fresh evidence repairs it.": ("hardly, by itself", "freshness"),
    "Learned features win in the shop.": ("false", "linear-wins"),
    "Cold start is solved by sharing.": (
        "for known categories only",
        "unseen-category",
    ),
}


def told_table(told: Mapping[str, tuple[str, str]], claims: pd.DataFrame) -> Table:
    """Return the table of what is usually told, and what was found.

    Parameters
    ----------
    told
        ``{what is told: (verdict, label of the claim that decides it)}``.
    claims
        All of them.

    Raises
    ------
    KeyError
        If there is no claim of that label.
    """
    by_label = claims.set_index("label")
    rows = []
    for words, (verdict, label) in told.items():
        if label not in by_label.index:
            raise KeyError(f"no claim is labelled {label!r}")
        one = by_label.loc[label]
        rows.append((words, verdict, (one["text"], one["chapter"], label)))
    return Table(("Usually told", "Verdict", "What was found"), rows)


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


def _words(cell: Any) -> str:
    return str(cell[0] if isinstance(cell, tuple) else cell)


def _linked(cell: Any) -> str:
    words = html.escape(_words(cell))
    return f'<a href="{cell[1]}.html#claim-{html.escape(cell[2])}">{words}</a>' if isinstance(cell, tuple) else words
