"""The funnel: from two million products to a slate of ten, and from a click back to the evidence (chapter 6).

Retrieve some hundred candidates, embed them in one batch, score them by Neural-Linear, show the best. What was shown is
written down before anybody sees it; what comes of it is counted once (:mod:`zoolib.production.ledger`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from zoolib import checks
from zoolib.production.embedder import Embedder
from zoolib.production.ledger import Ledger, StaleModelError
from zoolib.production.ranking import Belief, Optimism, Ranking
from zoolib.production.records import GROUPINGS, Decision, Message, Outcome, Visitor
from zoolib.production.retrieval import Arrivals, Retriever, Rule
from zoolib.production.stores.base import Store, StoreUnavailableError

STAGES = ("retrieve", "read", "embed", "score", "record")
MOST_GROUPS = 10_000  # whose evidence is kept at hand


class Known(NamedTuple):
    """What was last read of a group: the value, when, what it says, and for which phi."""

    value: bytes | None
    at: float
    belief: Belief
    embedder: Embedder


class Funnel:
    """Recommends from a large catalog; safe to use from many threads, and from many processes on one store.

    Parameters
    ----------
    retriever
        Finds candidates by inner product.
    products
        ``(K, d_p)`` features; the context of a visitor and a product is x = [visitor's features, product's features].
    embedder
        phi; None takes the one that is in force in the store.
    store
        Where evidence, decisions and models are kept.
    query
        From a visitor's features to the vector with which to search.
    grouping
        ``"shared"``: one A, b for all; ``"segment"``, ``"user"``: one for each segment or user.
    ranking
        :class:`~zoolib.production.Optimism` (no chance) or :class:`~zoolib.production.Sampling` (Thompson,
        with propensities).
    n_candidates, n_slate
        How many are looked at, and how many are shown.
    arrivals, quota
        New products, and how many candidates shall be such.
    refresh
        For how many seconds evidence that was read may be used again; 0 reads it for every decision.
    ridge, ttl
        Of the :class:`~zoolib.production.ledger.Ledger`.
    device, dtype
        Of an embedder that is read from the store.
    """

    def __init__(
        self,
        retriever: Retriever,
        products: np.ndarray,
        embedder: Embedder | None,
        store: Store,
        *,
        query: Callable[[np.ndarray], np.ndarray],
        grouping: str = "shared",
        ranking: Ranking = Optimism(),  # noqa: B008  it has no state
        n_candidates: int = 500,
        n_slate: int = 10,
        arrivals: Arrivals | None = None,
        quota: int = 0,
        refresh: float = 0.0,
        ridge: float = 1.0,
        ttl: float = 7 * 86_400.0,
        device: str = "auto",
        dtype: str = "float32",
    ) -> None:
        if grouping not in GROUPINGS:
            raise ValueError(f"grouping must be one of {', '.join(GROUPINGS)}, got {grouping!r}")
        if not isinstance(ranking, Ranking):
            raise TypeError(f"ranking must be Optimism(...) or Sampling(...), got {ranking!r}")
        if len(products) != len(retriever):
            raise ValueError(f"products must have a row for each of {len(retriever)} products, got {len(products)}")
        self.retriever, self.products, self.query, self.store = retriever, products, query, store
        self.grouping, self.ranking, self.device, self.dtype = grouping, ranking, device, dtype
        self.refresh = checks.real("refresh", refresh, 0.0)
        self.n_candidates = checks.whole("n_candidates", n_candidates, 1)
        self.n_slate = checks.whole("n_slate", n_slate, 1, self.n_candidates)
        self.arrivals, self.quota = arrivals, checks.whole("quota", quota, 0, self.n_candidates)
        self.clock: Callable[[], float] = time.perf_counter  # by which stages are timed
        self._lock = threading.Lock()
        self._beliefs: OrderedDict[str, Known] = OrderedDict()
        self._settings = {"ridge": ridge, "ttl": ttl}
        self._start(embedder)

    def _start(self, embedder: Embedder | None) -> None:
        first = Ledger(self.store, embedder.d_emb if embedder else 1, **self._settings)
        in_force = first.version_in_force()
        if embedder is None and in_force is None:
            raise ValueError("embedder must be given, since no model is in force in the store")
        if embedder is not None and in_force not in (None, embedder.version):
            raise ValueError(
                f"model {in_force} is in force in the store, not the embedder's {embedder.version}: "
                "start with embedder=None, then deploy the new one"
            )
        if embedder is not None and in_force is None:
            first.publish(embedder.version, *embedder.record())
            first.put_in_force(embedder.version)
        self._take(embedder or self._stored(in_force))

    def _stored(self, version: str) -> Embedder:
        record = Ledger(self.store, 1, **self._settings).model(version)
        return Embedder.of_record(*record, device=self.device, dtype=self.dtype)

    def _take(self, embedder: Embedder) -> None:
        self._in_use = embedder, Ledger(self.store, embedder.d_emb, **self._settings)

    @property
    def embedder(self) -> Embedder:
        """The phi in use."""
        return self._in_use[0]

    @property
    def ledger(self) -> Ledger:
        """The ledger of its evidence."""
        return self._in_use[1]

    # ---- a visitor comes -----------------------------------------------------------------------------------

    def decide(self, visitor: Visitor, rule: Rule | None = None, *, stages: dict[str, float] | None = None) -> Decision:
        """Return a slate for ``visitor``, which is already noted down.

        Parameters
        ----------
        visitor
            Who comes.
        rule
            What may be shown.
        stages
            Where to note the seconds of each of the ``STAGES``: finding candidates, reading evidence and contexts,
            embedding, scoring and choosing, noting down.

        Raises
        ------
        StoreUnavailableError
            If nothing can be noted down. Without a note no click can be counted; whoever wants to show something all
            the same takes :meth:`slate`.
        """
        decision = self.slate(visitor, rule, stages=stages)
        start = self.clock()
        self.ledger.record(decision)
        if stages is not None:
            stages["record"] = self.clock() - start
        return decision

    def slate(self, visitor: Visitor, rule: Rule | None = None, *, stages: dict[str, float] | None = None) -> Decision:
        """Return what :meth:`decide` would show, without noting it down; works on while the store is away."""
        ticks, group = [self.clock()], visitor.group(self.grouping)
        query = self.query(visitor.x)
        ids = self.retriever.candidates(query, self.n_candidates, rule, self.arrivals, self.quota)
        if not ids.size:
            raise ValueError("rule must allow at least one product")
        ids = np.sort(ids)  # ties go to the lowest number
        ticks.append(self.clock())
        belief, embedder = self.belief(group)
        X = self.contexts(visitor, ids)
        ticks.append(self.clock())
        Z = embedder(X)
        ticks.append(self.clock())
        order, score, propensity = self.ranking.order(Z, belief, self.n_slate)
        decision = Decision(ids[order], X[order], score, propensity, group, embedder.version)
        ticks.append(self.clock())
        if stages is not None:
            stages.update(zip(STAGES[:-1], np.diff(ticks).tolist(), strict=True))
        return decision

    def contexts(self, visitor: Visitor, ids: np.ndarray) -> np.ndarray:
        """Return the contexts of a visitor and some products, ``(n, d)``."""
        x = np.asarray(visitor.x, dtype=self.products.dtype)
        if x.ndim != 1 or not np.isfinite(x).all() or len(x) + self.products.shape[1] != self.embedder.d:
            raise ValueError(
                f"visitor.x must be {self.embedder.d - self.products.shape[1]} finite numbers, got {visitor.x!r}"
            )
        X = np.empty((len(ids), self.embedder.d), dtype=self.products.dtype)
        X[:, : len(x)] = x
        X[:, len(x) :] = self.products[ids]
        return X

    def belief(self, group: str) -> tuple[Belief, Embedder]:
        """Return what the evidence of a group says, read anew if older than ``refresh``, and the phi it belongs to.

        While the store is away, what was last known has to do.
        """
        known = self._beliefs.get(group)
        if known is not None and time.monotonic() - known.at < self.refresh:
            return known.belief, known.embedder
        try:
            self._follow()
            embedder, ledger = self._in_use
            key = ledger.evidence_key(embedder.version, group)
            value = self.store.get(key)
        except StoreUnavailableError:
            if known is None:
                raise
            return known.belief, known.embedder
        if known is not None and known.value == value and known.embedder is embedder:
            belief = known.belief
        else:
            belief = Belief.of(ledger.read(key, value))
        with self._lock:
            self._beliefs[group] = Known(value, time.monotonic(), belief, embedder)
            self._beliefs.move_to_end(group)
            if len(self._beliefs) > MOST_GROUPS:
                self._beliefs.popitem(last=False)
        return belief, embedder

    # ---- a click comes back --------------------------------------------------------------------------------

    def feedback(self, decision: str, arm: int, reward: int) -> Outcome:
        """Count one verdict; when this returns, it is in the store."""
        return self.settle([Message(decision, arm, reward)])[0]

    def settle(self, messages: list[Message]) -> list[Outcome]:
        """Count several verdicts in one transaction."""
        while True:
            embedder, ledger = self._in_use
            try:
                return ledger.settle(messages, embedder, embedder.version)
            except StaleModelError:
                self._follow()

    async def decide_async(self, visitor: Visitor, rule: Rule | None = None) -> Decision:
        """Return :meth:`decide` without holding up the event loop."""
        return await asyncio.to_thread(self.decide, visitor, rule)

    async def feedback_async(self, decision: str, arm: int, reward: int) -> Outcome:
        """Return :meth:`feedback` without holding up the event loop."""
        return await asyncio.to_thread(self.feedback, decision, arm, reward)

    # ---- a new phi -----------------------------------------------------------------------------------------

    def deploy(self, embedder: Embedder) -> int:
        """Put a new phi in force: evidence for it is gathered from the decisions that are remembered.

        Clicks may come in all the while, here and in other processes. Until the new phi is in force they count for the
        old one, and what the first pass missed the second finds. Other funnels follow at their next decision or click.

        Returns
        -------
        How many decisions were counted.
        """
        if embedder.d != self.embedder.d:
            raise ValueError(f"embedder must take contexts of length {self.embedder.d}, got {embedder.d}")
        ledger = Ledger(self.store, embedder.d_emb, **self._settings)
        ledger.publish(embedder.version, *embedder.record())
        moved = ledger.migrate(embedder, embedder.version)
        ledger.put_in_force(embedder.version)
        moved += ledger.migrate(embedder, embedder.version)
        self._take(embedder)
        return moved

    def _follow(self) -> None:
        """Take the model that is in force, if another process has deployed one."""
        version = self.ledger.version_in_force()
        if version not in (None, self.embedder.version):
            self._take(self._stored(version))
