"""Ctrl-C, held back until a step is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_between_steps() -> Iterator[list[int]]:
    """Hold Ctrl-C back until a step is complete, so that no agent is left with half of a click.

    Yields a list that is empty until an interrupt has come.
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
