"""What the shop behind the page is made of besides the funnel (chapter 6)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib.production import Belief, Decision, Optimism, Put, Store, Update, Values


class UnknownDecisionError(LookupError):
    """There is no such decision, or it is forgotten, or the shop was reset after it was made."""


class AnsweredError(RuntimeError):
    """The decision has been answered, and otherwise."""


class Explained(Optimism):
    """Upper confidence bounds that tell of what they are made."""

    def __init__(self) -> None:
        super().__init__()
        self.made_of = threading.local()  # payoff and uncertainty of this thread's last slate, (n,) each

    def order(self, Z: np.ndarray, belief: Belief, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choose, and keep payoff and uncertainty of what was chosen."""
        order, score, propensity = super().order(Z, belief, n)
        chosen = Z[order]
        self.made_of.payoff = chosen @ belief.theta
        self.made_of.uncertainty = np.sqrt(np.vecdot(chosen @ belief.A_inv, chosen))
        return order, score, propensity


class Together(Store):
    """A store whose every transaction also does something else, or fails with it.

    Parameters
    ----------
    store
        The store.
    keys
        What the other thing reads and writes besides.
    also
        Maps all values that were read to its writes.
    """

    def __init__(self, store: Store, keys: Sequence[str], also: Callable[[Values], Mapping[str, Put | None]]) -> None:
        self.store, self.keys, self.also = store, keys, also

    def transact(self, keys: Sequence[str], update: Update[Any]) -> Any:
        """Do both in one transaction."""

        def both(values: Values) -> tuple[Mapping[str, Put | None], Any]:
            writes, result = update({key: values[key] for key in keys})
            return {**writes, **self.also(values)}, result

        return self.store.transact([*keys, *self.keys], both)

    def get(self, key: str) -> bytes | None:
        """Return the value at ``key``."""
        return self.store.get(key)

    def scan(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with ``prefix``."""
        return self.store.scan(prefix)

    def now(self) -> float:
        """Return the store's time."""
        return self.store.now()

    def close(self) -> None:
        """Leave the store open: it belongs to somebody else."""


@dataclass(frozen=True)
class Visit:
    """A visitor, what is shown to them, and of what the scores are made."""

    number: int
    x: np.ndarray
    alpha: float
    decision: Decision
    payoff: np.ndarray
    uncertainty: np.ndarray
