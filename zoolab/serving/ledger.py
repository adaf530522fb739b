"""The ledger: what was shown, what came of it, and the evidence that follows from both, once each (chapter 6).

For every decision the ledger keeps the raw contexts of what was shown, a verdict on each (none yet, no click, click),
and which verdict each model version has counted, be it in force or not. The evidence of a version and group is
A = lambda I + sum z z' and b = sum r z over what it has counted, z = phi(x) with that version's phi. Both are written
in one transaction. So:

- a message that comes twice finds its work done;
- silence becomes "no click" after a while (:meth:`Ledger.settle_silence`), and a click that comes later still counts;
- a click that comes after "no click" corrects b, and "no click" after a click changes nothing: the evidence depends on
  the set of messages and not on their order;
- a decision made under an older model is counted under the one in force, embedded by its phi;
- evidence of a new version is gathered by the same step that counts a click, as often interrupted as one likes;
- a version that is retired (:func:`~zoolab.serving.erasure.retire`) counts nothing and never comes back.

Decisions are forgotten after ``ttl`` seconds, which bounds the memory; a click that comes later is not counted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from zoolab.serving.records import LARGEST_X, UNKNOWN, Decision, Message, Outcome, Sums, bounded
from zoolab.serving.stores.base import Put, Store, Values, Writes
from zoolab.serving.stores.codec import UnreadableValueError, pack, unpack
from zoolab.serving.versions import CURRENT, StaleModelError, not_retired, retirement, version_in
from zoolib import checks

Embed = Callable[[np.ndarray], np.ndarray]
Told = Mapping[str, Sequence[tuple[int, int]]] | None  # arms and rewards, by decision
Counted = tuple[Mapping[str, Sequence[Outcome]], int]  # what became of them, and how many decisions have changed
Also = tuple[Sequence[str], Callable[[Mapping[str, Decision], Values], Writes]] | None


class Ledger:
    """Decisions and evidence in a store.

    Parameters
    ----------
    store, d_emb
        Where they are kept, and the length of an embedding.
    ridge, ttl
        lambda > 0 of the prior A = lambda I, and the seconds > 0 after which a decision is forgotten.
    """

    def __init__(self, store: Store, d_emb: int, *, ridge: float = 1.0, ttl: float = 7 * 86_400.0) -> None:
        if not isinstance(store, Store):
            raise TypeError(f"store must be a Store, got {type(store).__name__}: open_store(path or url) gives one")
        self.store, self.d_emb = store, checks.whole("d_emb", d_emb, 1)
        self.ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        self.ttl = checks.real("ttl", ttl, 0.0, open_low=True)

    def evidence_key(self, version: str, group: str) -> str:
        """Return where the evidence of a group under a model version is kept."""
        return f"evidence/{version}/{group}"

    def evidence(self, version: str, group: str) -> Sums:
        """Return the evidence of a group under a model version."""
        key = self.evidence_key(version, group)
        return self.read(key, self.store.get(key))

    def read(self, key: str, value: bytes | None) -> Sums:
        """Return the evidence in a value that was read from ``key``; that of no clicks if there is none."""
        return Sums.unpacked(key, value, self.d_emb, self.ridge)

    def _write(self, key: str, version: str, put: Put) -> None:
        mark = retirement(version)

        def write(values: Values) -> tuple[Writes, None]:
            not_retired(version, values[mark])
            return {key: put}, None

        self.store.transact([key, mark], write)

    def _put(self, decision: Decision, now: float) -> Put | None:
        left = decision.made + self.ttl - now
        return Put(decision.packed(), left) if left > 0 else None

    def record(self, decision: Decision) -> None:
        """Note down a decision, before anybody sees it; one that is noted down already stays as it is.

        So whoever does not know whether it came through may send it again. A ``ValueError`` refuses contexts that are
        not finite, not one for each arm, or above a million in size.
        """
        checks.instance("decision", decision, Decision)
        bounded("decision.X", decision.X, (len(decision.arms), None), LARGEST_X)
        decision.made = now = self.store.now()
        key, put = decision.key, self._put(decision, now)
        self.store.transact([key], lambda values: ({key: put} if values[key] is None else {}, None))

    def decision(self, decision_id: str) -> Decision | None:
        """Return a decision; None if there is none, or it is forgotten."""
        key = f"decision/{decision_id}"
        return Decision.unpacked(key, self.store.get(key))

    def remembered(self, batch: int = 256) -> Iterator[list[Decision]]:
        """Yield the decisions that were there all the time, ``batch`` of them or fewer at once."""
        keys, batch = self.store.scan("decision/"), checks.whole("batch", batch, 1)
        while some := list(islice(keys, batch)):
            read = (self.decision(key.removeprefix("decision/")) for key in some)
            yield [decision for decision in read if decision is not None]

    def settle(
        self, messages: list[Message], embed: Embed, version: str, *, known: Iterable[Decision] = (), also: Also = None
    ) -> list[Outcome]:
        """Take in what pages report, all of it in one transaction, and return what became of each message.

        If another version is in force, nothing is counted, and a :class:`StaleModelError` says so.

        Parameters
        ----------
        messages
            In any order, some of them perhaps for the second time.
        embed, version
            phi, ``(n, d)`` to ``(n, d_emb)``, and its version.
        known
            Decisions that the caller has read from this ledger already.
        also
            What else this transaction does, or fails with: the keys that it reads besides, and a function without side
            effects from the decisions that the messages are about, ``{id: as it was before them}``, and from all values
            that were read, to further writes.
        """
        told: dict[str, list[tuple[int, int]]] = {}
        messages = [checks.items("messages", message) for message in checks.items("messages", messages)]
        if wrong := [message for message in messages if len(message) != 3]:
            raise ValueError(f"messages must be of a decision, an arm and a reward, got {len(wrong[0])} parts")
        for name, arm, reward in messages:
            if not isinstance(name, str) or not 0 < len(name) <= 64:
                raise ValueError(f"decision must be the id of a decision, got {str(name)[:80]!r}")
            verdict = checks.whole("arm", arm, 0), int(checks.clicks("reward", reward, ()))
            told.setdefault(name, []).append(verdict)
        read = {checks.instance("known", decision, Decision).id: decision for decision in known}
        decisions = [decision for name in told if (decision := read.get(name) or self.decision(name)) is not None]
        outcomes, _ = self._count(decisions, embed, version, told, also)
        each = {name: iter(of) for name, of in outcomes.items()}
        return [next(each.get(name, iter(())), Outcome.UNKNOWN) for name, _, _ in messages]

    def take_in(
        self, log: str, X: np.ndarray, clicks: np.ndarray, embed: Embed, version: str, group: str = "shared"
    ) -> bool:
        """Add a whole log to the evidence of a group under a version, once; return whether it was not in it before.

        It is not among the decisions, so :meth:`migrate` does not see it: keep it, and take it in for a new phi before
        that is deployed.

        Parameters
        ----------
        log
            A name for it, by which it is known when it comes again.
        X, clicks
            ``(n, d)`` contexts and ``(n,)`` clicks, 0 or 1.
        embed, version, group
            phi, its version, which need not be in force yet, and whose evidence it is.
        """
        X = checks.finite("X", X, (None, None))
        clicks = checks.clicks("clicks", clicks, (len(X),))
        Z = checks.finite("embed(X)", embed(X), (len(X), self.d_emb))
        key, mark = self.evidence_key(version, group), f"log/{version}/{group}/{checks.instance('log', log, str)}"
        retired = retirement(version)

        def add(values: Values) -> tuple[Writes, bool]:
            not_retired(version, values[retired])
            if values[mark] is not None:
                return {}, False
            sums = self.read(key, values[key])
            sums.A += Z.T @ Z
            sums.b += clicks @ Z
            sums.n_shown, sums.n_clicks = sums.n_shown + len(X), sums.n_clicks + int(clicks.sum())
            return {key: Put(sums.packed(key, self.ridge)), mark: Put(pack(mark, "log", {"n": len(X)}, {}))}, True

        return self.store.transact([key, mark, retired], add)

    def migrate(self, embed: Embed, version: str, batch: int = 256) -> int:
        """Count under ``version`` whatever it has not counted yet, and return how many decisions that were.

        It may be interrupted, repeated, and run while clicks come in.
        """
        embed = checks.called("embed", embed)
        return sum(self._count(some, embed, version, None)[1] for some in self.remembered(batch))

    def settle_silence(self, after: float, embed: Embed, version: str, batch: int = 256) -> int:
        """Let silence say no: return in how many decisions *none yet* became *no click*.

        A page reports a click, and seldom that there was none. What was shown more than ``after`` seconds ago without a
        verdict was not clicked, as far as one can tell; a click that comes still later corrects it. All that is
        remembered is read, as :meth:`migrate` does, so it is a task for every hour and not for every click; it may be
        interrupted and repeated. If another version than ``version`` is in force, a :class:`StaleModelError` says so.
        """
        after, embed = checks.real("after", after, 0.0), checks.called("embed", embed)
        closed = 0
        for some in self.remembered(batch):
            old = [decision for decision in some if decision.made + after <= self.store.now()]
            silent = {d.id: [(int(arm), 0) for arm in d.arms[d.verdict == UNKNOWN]] for d in old}
            told = {name: verdicts for name, verdicts in silent.items() if verdicts}
            closed += self._count([d for d in old if d.id in told], embed, version, told)[1] if told else 0
        return closed

    def _count(self, decisions: list[Decision], embed: Embed, version: str, told: Told, also: Also = None) -> Counted:
        """Let the evidence of ``version`` agree with the verdicts on ``decisions``, what is ``told`` included."""
        embed, version = checks.called("embed", embed), checks.instance("version", version, str)
        X = [decision.X for decision in decisions]  # contexts and groups never change
        Z, n = embed(np.concatenate(X)) if X else np.zeros((0, self.d_emb)), [len(rows) for rows in X]
        if np.shape(Z) != (sum(n), self.d_emb):
            raise ValueError(f"embed must return shape {(sum(n), self.d_emb)}, got {np.shape(Z)}")
        each = np.split(Z, np.cumsum(n))[:-1]
        groups = [self.evidence_key(version, decision.group) for decision in decisions]
        more_keys, more_writes = also or ((), lambda before, values: {})

        def update(values: Values) -> tuple[Writes, Counted]:
            if told is None:
                not_retired(version, values[mark])
            elif (current := version_in(values[mark])) not in (None, version):
                raise StaleModelError(f"model {current} is in force, not {version}")
            sums = {key: self.read(key, values[key]) for key in dict.fromkeys(groups)}
            before: dict[str, Decision] = {}
            outcomes: dict[str, list[Outcome]] = {}
            writes: dict[str, Put | None] = {}
            touched, now = [], self.store.now()
            for read, z, group in zip(decisions, each, groups, strict=True):
                if (value := values[read.key]) is None:  # forgotten meanwhile
                    continue
                known = before[read.id] = read if read.stored == value else Decision.unpacked(read.key, value)
                verdict, outcomes[read.id] = known.told(told.get(read.id, ()) if told else ())
                counted = known.counted.get(version, np.full_like(verdict, UNKNOWN))
                changed = np.flatnonzero(verdict != counted)
                for i in changed:
                    sums[group].count(z[i], int(verdict[i]), int(counted[i]))
                if changed.size:
                    counts = {**known.counted, version: verdict}  # of all versions: each may come back, with its sums
                    writes[read.key] = self._put(replace(known, verdict=verdict, counted=counts), now)
                    touched.append(group)
            writes |= {key: Put(sums[key].packed(key, self.ridge)) for key in touched}
            return {**writes, **more_writes(before, values)}, (outcomes, len(touched))

        mark = retirement(version) if told is None else CURRENT  # what says whether the version may count
        keys = [mark, *(decision.key for decision in decisions), *dict.fromkeys(groups), *more_keys]
        return self.store.transact(keys, update)

    def publish(self, version: str, words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Store a model's weights, before anything is counted under its version."""
        if not isinstance(version, str) or version in ("", "current") or "/" in version:  # which would be other keys
            raise ValueError(f"version must be a name without a slash, and not 'current', got {version!r}")
        key = f"model/{version}"
        self._write(key, version, Put(pack(key, "model", words, arrays)))

    def model(self, version: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what was published under ``version``."""
        key = f"model/{checks.instance('version', version, str)}"
        if (value := self.store.get(key)) is None:
            raise UnreadableValueError(f"version: the store holds no model {version!r}")
        return unpack(key, "model", value)

    def put_in_force(self, version: str) -> None:
        """Make ``version`` the one under which clicks are counted."""
        words = {"version": checks.instance("version", version, str)}
        self._write(CURRENT, version, Put(pack(CURRENT, "current", words, {})))

    def version_in_force(self) -> str | None:
        """Return the version in force; None if none has been named."""
        return version_in(self.store.get(CURRENT))
