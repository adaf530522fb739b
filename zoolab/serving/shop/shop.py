"""The shop behind the page: a funnel, visitors, and statistics that are written with the evidence (chapter 6).

A decision is answered once. The answer's verdicts, the evidence that follows from them and the statistics are written
in one transaction, so that no crash can part them: whoever was told "counted" finds it counted after any restart.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from zoolab.serving import (
    CLICK,
    UNKNOWN,
    Decision,
    Embedder,
    Funnel,
    InverseGapRanking,
    Ledger,
    Message,
    Outcome,
    Visitor,
)
from zoolab.serving.shop.statistics import KEY, Statistics
from zoolab.serving.shop.world import SHOCKS, World, persona_of
from zoolab.serving.stores.base import Put, Store, Values
from zoolab.serving.stores.codec import pack, understood, unpack
from zoolib import checks
from zoolib.randomness import spawn
from zoolib.world import PERSONAS

MOST_ALPHA, MOST_VISITORS, PRICE = 10.0, 200, 0.01  # of a place, in clicks


class UnknownDecisionError(LookupError):
    """There is no such decision, or it is forgotten, or the shop was reset after it was made."""


class AnsweredError(RuntimeError):
    """The decision has been answered, and otherwise."""


class BusyError(RuntimeError):
    """Somebody else is putting a model in force."""


@dataclass(frozen=True)
class Visit:
    """A visitor, what is shown to them, and the weight of the uncertainty in its scores."""

    number: int
    x: np.ndarray
    alpha: float
    decision: Decision


class Shop:
    """All that the page can ask for; safe to use from many threads.

    Parameters
    ----------
    store
        Where everything is kept. An empty one gets a phi that is trained here; another must be of the same world.
    seed, n_products
        Of the :class:`~shop.world.World`.
    n_slate
        How many products a visitor sees.
    ttl
        For how many seconds a decision may be answered.

    Raises
    ------
    ValueError
        If the store belongs to another world.
    """

    def __init__(
        self, store: Store, seed: int = 42, *, n_products: int = 3_000, n_slate: int = 6, ttl: float = 900.0
    ) -> None:
        self.store, self.world = store, World(seed, n_products)
        self._writing, self._deploying = threading.Lock(), threading.Lock()
        known = Ledger(store, 1).version_in_force()
        if known and store.get(KEY) is None:
            raise ValueError("the store holds a model, but no shop of this demo: name another store")
        statistics = store.transact([KEY], self._opened)
        if (statistics.seed, statistics.n_products) != (seed, n_products):
            raise ValueError(
                f"the store holds a shop of {statistics.n_products} products made with seed {statistics.seed}, "
                f"not of {n_products} with seed {seed}: name another store, or give these"
            )
        self.funnel = Funnel(
            self.world.retriever,
            self.world.shop.products,
            None if known else Embedder(self.world.phi(), device="cpu", dtype="float64"),
            store,
            query=self.world.query,
            grouping="segment",
            n_candidates=300,
            n_slate=n_slate,
            ttl=ttl,
            device="cpu",
            dtype="float64",
        )

    def _opened(self, values: Values) -> tuple[Mapping[str, Put | None], Statistics]:
        statistics = Statistics.unpacked(values[KEY])
        if statistics is not None:
            return {}, statistics
        statistics = Statistics(self.world.seed, self.world.shop.n_products)
        return {KEY: Put(statistics.packed())}, statistics

    def statistics(self) -> Statistics:
        """Return what has been counted."""
        return Statistics.unpacked(self.store.get(KEY)) or Statistics(self.world.seed, self.world.shop.n_products)

    def _change(self, change: Callable[[Statistics], Statistics | None]) -> Statistics:
        def update(values: Values) -> tuple[Mapping[str, Put | None], Statistics]:
            _, statistics = self._opened(values)
            statistics = change(statistics) or statistics
            return {KEY: Put(statistics.packed())}, statistics

        with self._writing:
            return self.store.transact([KEY], update)

    # ---- visitors ------------------------------------------------------------------------------------------

    def visit(self, persona: str | None = None) -> Visit:
        """Let the next visitor come, of a given persona if one is named, and note down what they are shown.

        While the shop has fallen back, these are the best sellers: neither phi nor evidence is asked, nor any chance
        taken. The clicks count all the same.
        """
        if persona is not None and persona not in PERSONAS:
            raise ValueError(f"persona must be one of {', '.join(PERSONAS)}")
        statistics = self.statistics()
        number = self._next_number(statistics.era)
        x = self.world.visitor(number, persona)
        visitor = Visitor(x, segment=f"{statistics.era}.{persona_of(x)}")
        if statistics.fallback:
            ids, nothing = self.world.best_sellers[: self.funnel.n_slate], np.full(self.funnel.n_slate, np.nan)
            X, group = self.funnel.contexts(visitor, ids), visitor.group(self.funnel.grouping)
            version = self.funnel.embedder.version
            decision = Decision(ids, X, nothing, nothing, group, version, payoff=nothing, width=nothing)
            self.funnel.ledger.record(decision)
        else:
            ranking = InverseGapRanking(statistics.alpha, price=PRICE, rng=spawn(self.world.seed, f"slate {number}"))
            decision = self.funnel.decide(visitor, ranking=ranking)
        self._change(lambda now: now.made(statistics.era, decision.id, number))
        return Visit(number, x, statistics.alpha, decision)

    def _next_number(self, era: int) -> int:
        key = f"demo/visitors/{era}"

        def update(values: Values) -> tuple[Mapping[str, Put | None], int]:
            value = values[key]
            with understood(key):
                number = 1 if value is None else unpack(key, "visitors", value)[0]["number"] + 1
            return {key: Put(pack(key, "visitors", {"number": number}, {}))}, number

        with self._writing:
            return self.store.transact([key], update)

    def answer(self, decision_id: str, clicked: Sequence[int]) -> Outcome:
        """Count which of the products that were shown were clicked; the others were not.

        Returns
        -------
        ``Outcome.COUNTED``, or ``Outcome.REPEATED`` if just this has been counted before.

        Raises
        ------
        UnknownDecisionError, AnsweredError
            See there.
        ValueError
            If something was clicked that was not shown.
        """
        decision = self.funnel.ledger.decision(decision_id)
        if decision is None:
            raise UnknownDecisionError("There is no such decision, or it is forgotten.")
        if not set(clicked) <= set(decision.arms.tolist()):
            raise ValueError("clicked must name products that were shown in this decision")
        verdict = np.isin(decision.arms, clicked).astype(np.int8)
        chances = self.world.chances(decision.X[0, : self.world.shop.d_user], self.statistics().shocks)
        best = float(np.partition(chances, -len(decision.arms))[-len(decision.arms) :].mean())

        def also(known: Mapping[str, Decision], values: Values) -> Mapping[str, Put | None]:
            before, (_, statistics) = known.get(decision_id), self._opened(values)
            if before is None or before.group.split(":")[1].split(".")[0] != str(statistics.era):
                raise UnknownDecisionError("This decision is forgotten: its time is over, or the shop was reset.")
            if (before.verdict != UNKNOWN).any():
                if (before.verdict != verdict).any():
                    raise AnsweredError("This decision has been answered already, and otherwise.")
                return {}
            statistics.add(self.world.shop.category[before.arms], verdict == CLICK, best, float(chances.mean()))
            return {KEY: Put(statistics.packed())}

        arms = zip(decision.arms.tolist(), verdict.tolist(), strict=True)
        messages = [Message(decision_id, *one) for one in arms]
        with self._writing:
            return self.funnel.settle(messages, known=[decision], also=([KEY], also))[0]

    def simulate(self, n: int, persona: str | None = None) -> int:
        """Let ``n`` visitors come and click by their tastes; return how many of their answers were counted."""
        counted = 0
        for _ in range(checks.whole("visitors", n, 1, MOST_VISITORS)):
            visit, shocks = self.visit(persona), self.statistics().shocks
            arms = visit.decision.arms
            clicks = self.world.clicks(visit.x, arms, shocks, f"luck {visit.number}")
            try:
                counted += self.answer(visit.decision.id, arms[clicks].tolist()) is Outcome.COUNTED
            except UnknownDecisionError:  # the shop was reset meanwhile
                continue
        return counted

    # ---- what the reader may change ------------------------------------------------------------------------

    def shock(self, name: str, on: bool) -> Statistics:
        """Let a shock come, or go."""
        if name not in SHOCKS:
            raise ValueError(f"name must be one of {', '.join(SHOCKS)}")
        return self._change(lambda statistics: statistics.switch(name, on))

    def explore(self, alpha: float) -> Statistics:
        """Set the weight of the uncertainty."""
        alpha = checks.real("alpha", alpha, 0.0, MOST_ALPHA)
        return self._change(lambda statistics: replace(statistics, alpha=alpha))

    def fall_back(self, on: bool) -> Statistics:
        """Show everybody the best sellers from now on, or no longer."""
        return self._change(lambda statistics: replace(statistics, fallback=on))

    def deploy(self) -> int:
        """Train another phi on the same log and put it in force; return how many decisions were counted for it.

        These are all that the ledger remembers. A ``BusyError`` says that another model is being put in force.
        """
        with self._alone():
            models = self.statistics().models or [self.funnel.embedder.version]
            embedder = Embedder(self.world.phi(len(models)), device="cpu", dtype="float64")
            return self._put_in_force(embedder, [*models, embedder.version])

    def roll_back(self) -> int:
        """Put the phi in force again that was so before the present one; return how many decisions came meanwhile."""
        with self._alone():
            if len(models := self.statistics().models) < 2:
                raise ValueError("there is no model to go back to")
            return self._put_in_force(models[-2], models[:-1])

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._deploying.acquire(blocking=False):  # training takes a second: nobody queues up for it
            raise BusyError("A model is being put in force. Try again in a moment.")
        try:
            yield
        finally:
            self._deploying.release()

    def _put_in_force(self, embedder: Embedder | str, models: list[str]) -> int:
        moved = self.funnel.deploy(embedder)
        self._change(lambda statistics: statistics.deployed(models))
        return moved

    def reset(self) -> Statistics:
        """Begin anew, without evidence: in one step, since evidence and visitors of each era lie apart."""
        statistics = self._change(Statistics.cleared)
        for key in [*self.store.scan("evidence/"), *self.store.scan("demo/visitors/")]:
            era = key.rpartition(":")[2].split(".")[0] if key.startswith("evidence/") else key.rpartition("/")[2]
            if era.isdecimal() and int(era) < statistics.era:
                self.store.transact([key], lambda values, key=key: ({key: None}, None))
        return statistics
