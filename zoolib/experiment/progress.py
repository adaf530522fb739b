"""A bar where somebody waits for it, silence where nobody does, and Ctrl-C held back until a step is whole."""

import html
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from zoolib import checks

PATIENCE, PAUSE = 0.5, 0.2  # seconds: what is done earlier shows no bar; and between two drawings of it


def bar(total: int, desc: str, progress: bool | None) -> tqdm:
    """Return a bar of ``total`` steps, to be used in a ``with`` statement.

    Parameters
    ----------
    total, desc
        Number of steps, and what is being done, in a word.
    progress
        Whether to show it. If None it is shown to a reader who runs the cell of a notebook, and gone when the cell
        is done; it is not shown in scripts, nor where a notebook is executed or tested as a whole, so no stored output
        holds one.

    >>> bar(10, "work", progress=False).total
    10
    """
    checks.instance("progress", progress, bool, type(None))
    if progress is not False and somebody_waits():
        return CellBar(total=total, desc=desc, gui=True, delay=PATIENCE, mininterval=PAUSE)
    return tqdm(total=total, desc=desc, disable=not progress)


def somebody_waits() -> bool:
    """Tell whether a person runs a cell: the front ends of Jupyter name the cell in their request, programs do not."""
    if "google.colab" in sys.modules:
        return True
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    request = getattr(shell, "parent_header", None) or {}
    return "cellId" in (request.get("metadata") or {})


class CellBar(tqdm):
    """A bar of HTML below the cell that runs."""

    shown: Any = None

    def display(self, *_: Any, **__: Any) -> None:
        """Draw the bar, or draw it anew."""
        jupyter = sys.modules["IPython"].display
        how = {**self.format_dict, "prefix": "", "bar_format": "{n_fmt}/{total_fmt} [{elapsed}<{remaining}]"}
        words = self.format_meter(**how)  # how far, how long, how long still
        name, done = html.escape(self.desc.removesuffix(": ")), f'max="{self.total}" value="{self.n}"'
        drawn = jupyter.HTML(f"<label>{name} <progress {done}></progress> {html.escape(words)}</label>")
        if self.shown is None:
            self.shown = jupyter.display(drawn, display_id=True)
        else:
            self.shown.update(drawn)

    def close(self) -> None:
        """Take the bar away."""
        super().close()
        if self.shown is not None:
            self.shown.update(sys.modules["IPython"].display.HTML(""))
            self.shown = None


@contextmanager
def interrupts_between_steps() -> Iterator[list[int]]:
    """Hold Ctrl-C back until a step is complete, so that no agent is left with half of a click.

    Yields a list that is empty until an interrupt has come.

    >>> with interrupts_between_steps() as interrupted: print(interrupted)
    []
    """
    interrupted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: interrupted.append(number))
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)  # None: it was not set from Python
