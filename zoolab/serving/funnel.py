"""The funnel: from two million products to a slate of ten, and from a click back to the evidence (chapter 6).

Retrieve some hundred candidates, embed them in one batch, score them by Neural-Linear, show the best. What was shown is
written down before anybody sees it; what comes of it is counted once (:mod:`zoolab.serving.ledger`).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from zoolab.serving.embedder import DEVICES, DTYPES, Embedder
from zoolab.serving.erasure import erase
from zoolab.serving.ledger import Ledger
from zoolab.serving.ranking import InverseGapRanking, Posterior, Ranking
from zoolab.serving.records import GROUPINGS, Decision, Message, Outcome, Visitor
from zoolab.serving.retrieval import Arrivals, Retriever, Rule, _rows
from zoolab.serving.stores.base import LEAVE_ALONE, Store, StoreUnavailableError
from zoolab.serving.stores.codec import understood
from zoolab.serving.versions import StaleModelError
from zoolib import checks

STAGES = ("retrieve", "read", "embed", "score", "record")
MOST_GROUPS = 10_000  # whose evidence is kept at hand
Stages = dict[str, float] | None


class Known(NamedTuple):
    """What was last read of a group: the value, what it says, and for which phi."""

    value: bytes | None
    posterior: Posterior
    embedder: Embedder


@contextmanager
def timed(stages: Stages, stage: str) -> Iterator[None]:
    """Note in ``stages``, if there is such, how many seconds of the processor this thread takes inside."""
    start = time.thread_time()
    yield
    if stages is not None:
        stages[stage] = time.thread_time() - start


class Funnel:
    """Recommends from a large catalog; safe to use from many threads, and from many processes on one store.

    Parameters
    ----------
    retriever, query
        Finds candidates by inner product with the vector that ``query`` makes of a visitor's features.
    products
        ``(K, d_p)`` features; the context of a visitor and a product is x = [visitor's features, product's features].
    embedder, store
        phi, or None for the one that is in force in the store; where evidence, decisions and models are kept.
    grouping
        ``"shared"``: one A, b for all; ``"segment"``, ``"user"``: one for each segment or user.
    ranking
        An :class:`~zoolab.serving.InverseGapRanking` (None: one that nobody can foresee), which writes down with
        which probability it showed what it showed; or a :class:`~zoolab.serving.UCBRanking`, whose log says nothing
        of what it never shows.
    n_candidates, n_slate
        How many are looked at, and how many are shown.
    arrivals, quota
        New products, and how many candidates shall be such.
    ridge, ttl, device, dtype
        The first two of the :class:`~zoolab.serving.ledger.Ledger`, the others of an embedder read from the store.
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
        ranking: Ranking | None = None,
        n_candidates: int = 500,
        n_slate: int = 10,
        arrivals: Arrivals | None = None,
        quota: int = 0,
        ridge: float = 1.0,
        ttl: float = 7 * 86_400.0,
        device: str = "auto",
        dtype: str = "float64",
    ) -> None:
        if len(_rows("products", products)) != len(checks.instance("retriever", retriever, Retriever)):
            raise ValueError(f"products must have a row for each of {len(retriever)} products, got {len(products)}")
        products = np.asarray(products)
        self.products = products if products.dtype.kind == "f" else products.astype(float)
        self.retriever, self.store, self.query = retriever, store, checks.having("query", query, "__call__")
        self.grouping = checks.choice("grouping", grouping, GROUPINGS)
        ranking = InverseGapRanking(rng=np.random.SeedSequence()) if ranking is None else ranking
        self.ranking = checks.instance("ranking", ranking, Ranking)
        self.device, self.dtype = checks.choice("device", device, DEVICES), checks.choice("dtype", dtype, DTYPES)
        self.n_candidates = checks.whole("n_candidates", n_candidates, 1)
        self.n_slate = checks.whole("n_slate", n_slate, 1, self.n_candidates)
        self.arrivals = checks.instance("arrivals", arrivals, Arrivals, type(None))
        self.quota = checks.whole("quota", quota, 0, self.n_candidates)
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._settings = {"ridge": ridge, "ttl": ttl}
        self._asked_again = 0.0  # when, by the monotonic clock
        self._start(embedder)

    def _start(self, embedder: Embedder | None) -> None:
        checks.instance("embedder", embedder, Embedder, type(None))
        in_force = Ledger(self.store, 1, **self._settings).version_in_force()
        if embedder is None and in_force is None:
            raise ValueError("embedder must be given, since no model is in force in the store")
        if embedder is not None and in_force not in (None, embedder.version):
            other = f"not the embedder's {embedder.version}: start with embedder=None, then deploy the new one"
            raise ValueError(f"model {in_force} is in force in the store, {other}")
        self._take(embedder or self._stored(in_force))
        if in_force is None:
            self.ledger.publish(self.embedder.version, *self.embedder.record())
            self.ledger.put_in_force(self.embedder.version)

    def _stored(self, version: str) -> Embedder:
        record = Ledger(self.store, 1, **self._settings).model(version)
        with understood(f"model/{version}"):
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

    def decide(
        self, visitor: Visitor, rule: Rule | None = None, *, ranking: Ranking | None = None, stages: Stages = None
    ) -> Decision:
        """Return a slate for ``visitor``, which is already noted down.

        If it cannot be noted down, that is a ``StoreUnavailableError``, since without a note no click can be counted;
        whoever wants to show something all the same takes :meth:`slate`.

        Parameters
        ----------
        visitor, rule
            Who comes, and what may be shown.
        ranking
            Another one than the funnel's, for this slate.
        stages
            Where to note the seconds of the processor that each of the ``STAGES`` takes: finding candidates, reading
            evidence and contexts, embedding, scoring and choosing, noting down.
        """
        decision = self.slate(visitor, rule, ranking=ranking, stages=stages)
        with timed(stages, "record"):
            self.ledger.record(decision)
        return decision

    def slate(
        self, visitor: Visitor, rule: Rule | None = None, *, ranking: Ranking | None = None, stages: Stages = None
    ) -> Decision:
        """Return what :meth:`decide` would show, without noting it down; works on while the store is away.

        Then it goes by what was last read of the group, and by no clicks where nothing was; a store that hangs is asked
        once a second at most.
        """
        group = checks.instance("visitor", visitor, Visitor).group(self.grouping)
        checks.instance("stages", stages, dict, type(None))
        ranking = self.ranking if ranking is None else checks.instance("ranking", ranking, Ranking)
        with timed(stages, "retrieve"):
            query = self.query(visitor.x)
            ids = np.sort(self.retriever.candidates(query, self.n_candidates, rule, self.arrivals, self.quota))
            if not ids.size:  # they are sorted, since ties go to the lowest number
                raise ValueError("rule must allow at least one product")
        with timed(stages, "read"):
            posterior, embedder = self.posterior(group)
            X = self.contexts(visitor, ids)
        with timed(stages, "embed"):
            Z = embedder(X)
        with timed(stages, "score"):
            at, score, propensity, payoff, width = ranking.rank(Z, posterior, self.n_slate, embedder.tolerance)
            return Decision(ids[at], X[at], score, propensity, group, embedder.version, payoff=payoff, width=width)

    def contexts(self, visitor: Visitor, ids: np.ndarray) -> np.ndarray:
        """Return the contexts of a visitor and some products, ``(n, d)``."""
        checks.instance("visitor", visitor, Visitor)
        ids = checks.indices("ids", ids, len(self.products), (len(checks.items("ids", ids)),))
        x, d_user = np.asarray(visitor.x, dtype=self.products.dtype), self.embedder.d - self.products.shape[1]
        if x.shape != (d_user,) or not np.isfinite(x).all():
            raise ValueError(f"visitor.x must be {d_user} finite numbers, got {visitor.x!r}")
        return np.concatenate([np.broadcast_to(x, (len(ids), len(x))), self.products[ids]], axis=1)

    def posterior(self, group: str) -> tuple[Posterior, Embedder]:
        """Return what the evidence of a group says and its phi; if the store is away, what it was last known to say."""
        known = self._known.get(checks.instance("group", group, str))
        if time.monotonic() >= self._asked_again:
            try:
                known = self._read(group, known)
            except StoreUnavailableError:
                self._asked_again = time.monotonic() + LEAVE_ALONE
        if known is None:
            embedder, ledger = self._in_use
            return Posterior.of(ledger.read("", None)), embedder
        return known.posterior, known.embedder

    def _read(self, group: str, known: Known | None) -> Known:
        """Return what the evidence of a group says now; ``known`` is what was last read of it."""
        self._follow()
        embedder, ledger = self._in_use
        key = ledger.evidence_key(embedder.version, group)
        value = self.store.get(key)
        if known is None or known.value != value or known.embedder is not embedder:
            known = Known(value, Posterior.of(ledger.read(key, value)), embedder)
        with self._lock:
            self._known[group] = known
            self._known.move_to_end(group)
            if len(self._known) > MOST_GROUPS:
                self._known.popitem(last=False)
        return known

    def feedback(self, decision: str, arm: int, reward: int) -> Outcome:
        """Count one verdict; when this returns, it is in the store."""
        return self.settle([Message(decision, arm, reward)])[0]

    def settle(self, messages: list[Message], **further: Any) -> list[Outcome]:
        """Count several verdicts in one transaction; ``further`` arguments are those of :meth:`Ledger.settle`."""
        return self._in_force(lambda ledger, phi: ledger.settle(messages, phi, phi.version, **further))

    def settle_silence(self, after: float) -> int:
        """Let silence of more than ``after`` seconds say no, as :meth:`Ledger.settle_silence` does."""
        return self._in_force(lambda ledger, phi: ledger.settle_silence(after, phi, phi.version))

    def erase(self, ids: list[str]) -> int:
        """Forget decisions, and take them out of the evidence; return how many there were (:func:`erase`)."""
        return erase(self.ledger, ids, self._stored)

    def _in_force(self, step: Callable[[Ledger, Embedder], Any]) -> Any:
        while True:
            embedder, ledger = self._in_use
            try:
                return step(ledger, embedder)
            except StaleModelError:
                self._follow()

    def deploy(self, embedder: Embedder | str) -> int:
        """Put a new phi in force: count for it the decisions that are remembered, and return how many those were.

        To roll back is to deploy the ``version`` of one that was in force before, whose evidence is still there.

        Clicks may come in all the while, here and elsewhere. Until the new phi is in force they count for the old one;
        what the first pass missed the second finds. Other funnels follow at their next decision or click.
        """
        if isinstance(embedder, str):
            embedder = self._stored(embedder)
        if checks.instance("embedder", embedder, Embedder).d != self.embedder.d:
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
