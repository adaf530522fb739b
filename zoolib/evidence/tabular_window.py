"""Evidence of a window on few contexts: the same numbers, faster; nothing here is needed to understand the book."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from zoolib.evidence.forgetting import WindowedEvidence
from zoolib.evidence.ridge import Evidence
from zoolib.evidence.tabular import TabularEvidence
from zoolib.evidence.together import is_diagonal

STRONGEST = 10  # of x'x / lambda: up to here what leaves takes all along that it brought, but for 1e-13 of it or so


class WindowedTabularEvidence(WindowedEvidence, TabularEvidence):
    """:class:`TabularEvidence` of the last ``window`` clicks; each leaves as it came, whatever the table is by then.

    Parameters
    ----------
    Z, ridge, window
        See :class:`TabularEvidence`, and the number of clicks of a world that count.

    >>> evidence = WindowedTabularEvidence(np.eye(3), window=1)
    >>> _ = [evidence.add(np.asarray(row), 1.0) for row in (1, 2)]
    >>> evidence.mean(np.arange(3)).round(3).tolist()
    [0.0, 0.0, 0.5]
    """

    def __init__(self, Z: np.ndarray, ridge: float = 1.0, *, window: int) -> None:
        self._clicks, self.window = deque(), window
        TabularEvidence.__init__(self, Z, ridge)

    def go_by(self, Z: np.ndarray) -> None:
        """Make ``Z``, of as many rows, the table; if a row is another now, clicks are kept with their contexts."""
        if self._clicks and not np.array_equal(self.Z, Z[tuple(map(slice, self.Z.shape))]):  # there may be more arms
            self._clicks = self._on_contexts()
        super().go_by(Z)

    def _on_contexts(self) -> deque[tuple[np.ndarray, Any, Any]]:
        return deque((self._context(x, arm) if self._is_row(x) else x, r, arm) for x, r, arm in self._clicks)

    def _context(self, x: np.ndarray, arm: Any) -> np.ndarray:
        return self.Z[(*map(np.arange, x.shape), *(() if arm is None else (arm,)), x)]

    def get_state(self) -> dict[str, Any]:
        """Return the sums, the table and the clicks: all of them rows, or else all contexts."""
        if len({x.ndim for x, _, _ in self._clicks}) > 1:
            self._clicks = self._on_contexts()
        return super().get_state()


def on_table(evidence: Evidence, Z: np.ndarray) -> Evidence | None:
    """Return evidence on the rows of ``Z``, kept as ``evidence`` is; None where that does not come to the same.

    What a window has forgotten altogether has a mean of 0, to the last digit, lest rounding choose among such. It would
    where some rows have to do with each other and some have not, and where the prior is weak beside a row.

    >>> type(on_table(WindowedEvidence(3, window=5), np.eye(3))).__name__
    'WindowedTabularEvidence'
    """
    if type(evidence) is Evidence:
        return TabularEvidence(Z, evidence.ridge)
    if type(evidence) is not WindowedEvidence or (np.vecdot(Z, Z) > STRONGEST * evidence.ridge).any():
        return None
    related = Z @ np.swapaxes(Z, -1, -2)
    is_fit = related.all() or is_diagonal(related)
    return WindowedTabularEvidence(Z, evidence.ridge, window=evidence.window) if is_fit else None
