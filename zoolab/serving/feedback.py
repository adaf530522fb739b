"""Feedback in the background: a page reports a click and goes on, a worker counts it (chapter 6)."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import Counter, deque

from zoolab.serving.funnel import Funnel
from zoolab.serving.records import Message, Outcome
from zoolab.serving.stores.base import StoreUnavailableError
from zoolib import checks


class FeedbackQueue(contextlib.AbstractContextManager["FeedbackQueue"]):
    """Takes in verdicts at once and counts them a little later, many in one transaction.

    A verdict is safe once it is counted, not before: what still waits when the process dies is lost unless it is sent
    again, which does no harm. While the store is away verdicts wait. As a context manager the queue closes at the end.

    Parameters
    ----------
    funnel
        Whose decisions they are about.
    batch, room
        How many to count in one transaction at most, and how many may wait; then :meth:`put` refuses.

    Attributes
    ----------
    outcomes, refused
        How often each outcome has come of a verdict; the last ones that could not be counted, each with the reason.
    """

    def __init__(self, funnel: Funnel, *, batch: int = 64, room: int = 100_000) -> None:
        self.funnel, self.batch = checks.instance("funnel", funnel, Funnel), checks.whole("batch", batch, 1)
        self.outcomes: Counter[Outcome] = Counter()
        self.refused: deque[tuple[Message, str]] = deque(maxlen=1000)
        self._waiting: queue.Queue[Message | None] = queue.Queue(checks.whole("room", room, 1))
        self._closing = threading.Event()
        self._worker = threading.Thread(target=self._work, name="feedback", daemon=True)
        self._worker.start()

    def put(self, decision: str, arm: int, reward: int) -> None:
        """Hand in a verdict; a ``StoreUnavailableError`` says that too many wait already, or that it is closed."""
        if self._closing.is_set():
            raise StoreUnavailableError("the queue is closed")
        message = Message(decision, checks.whole("arm", arm, 0), int(checks.clicks("reward", reward, ())))
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            raise StoreUnavailableError(f"{self._waiting.maxsize} verdicts wait already") from None

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until nothing waits, or ``timeout`` seconds; return whether nothing does."""
        timeout = checks.real("timeout", timeout, 0.0, 1e6)
        with self._waiting.all_tasks_done:
            return self._waiting.all_tasks_done.wait_for(lambda: not self._waiting.unfinished_tasks, timeout)

    def close(self, timeout: float = 10.0) -> bool:
        """Count what waits, stop the worker, and return whether all was counted in time."""
        self._closing.set()
        if done := self.flush(timeout):
            self._waiting.put(None)
            self._worker.join(1.0)
        return done

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        messages: list[Message | None] = []
        while None not in messages:
            messages = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while len(messages) < self.batch:
                    messages.append(self._waiting.get_nowait())
            self._count([message for message in messages if message is not None])
            for _ in messages:
                self._waiting.task_done()

    def _count(self, messages: list[Message]) -> None:
        pause = 0.01
        while messages:
            try:
                self.outcomes.update(self.funnel.settle(messages))
                return
            except StoreUnavailableError:
                time.sleep(pause)
                pause = min(2 * pause, 1.0)
            except Exception as error:  # whatever it is: the worker must live, or nothing would be counted any more
                if len(messages) == 1:
                    self.refused.append((messages[0], str(error)))
                    return
                for message in messages:  # one of them is bad: the others must not wait for it
                    self._count([message])
                return
