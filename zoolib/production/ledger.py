"""The ledger: what was shown, what came of it, and the evidence that follows from both, once each (chapter 6).

For every decision the ledger keeps the raw contexts of what was shown, a verdict on each (none yet, no click, click),
and which verdict each model version has counted. The evidence of a version and group is A = lambda I + sum z z' and
b = sum r z over what it has counted, z = phi(x) with that version's phi. Both are written in one transaction. So:

- a message that comes twice finds its work done;
- a click that comes after "no click" corrects b, and "no click" after a click changes nothing: the evidence depends on
  the set of messages and not on their order;
- a decision made under an older model is counted under the one in force, embedded by its phi;
- evidence of a new version is gathered by the same step that counts a click, as often interrupted as one likes.

Decisions are forgotten after ``ttl`` seconds, and a click that comes later still is not counted. This bounds the
memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.production.records import NO_CLICK, UNKNOWN, Decision, Message, Outcome, Sums
from zoolib.production.stores.base import Put, Store, Values
from zoolib.production.stores.codec import UnreadableValueError, pack, unpack

CURRENT = "model/current"
Embed = Callable[[np.ndarray], np.ndarray]


class StaleModelError(RuntimeError):
    """Another model version is in force than the caller has; nothing was counted."""


class Ledger:
    """Decisions and evidence in a store.

    Parameters
    ----------
    store
        Where they are kept.
    d_emb
        Length of an embedding.
    ridge
        lambda > 0 of the prior A = lambda I.
    ttl
        Seconds after which a decision is forgotten.
    """

    def __init__(self, store: Store, d_emb: int, *, ridge: float = 1.0, ttl: float = 7 * 86_400.0) -> None:
        if not isinstance(store, Store):
            raise TypeError(f"store must be a Store, got {type(store).__name__}: open_store(path or url) gives one")
        self.store, self.d_emb = store, checks.whole("d_emb", d_emb, 1)
        self.ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        self.ttl = checks.real("ttl", ttl, 0.0, open_low=True)
        self._last_seen = b"", ""

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

    def _put(self, decision: Decision) -> Put | None:
        left = decision.made + self.ttl - self.store.now()
        return Put(decision.packed(), left) if left > 0 else None

    # ---- what happens --------------------------------------------------------------------------------------

    def record(self, decision: Decision) -> None:
        """Note down a decision, before anybody sees it."""
        decision.made = self.store.now()
        key = f"decision/{decision.id}"
        self.store.transact([key], lambda values: ({key: self._put(decision)}, None))

    def decision(self, decision_id: str) -> Decision | None:
        """Return a decision; None if there is none, or it is forgotten."""
        key = f"decision/{decision_id}"
        return Decision.unpacked(key, self.store.get(key))

    def settle(self, messages: Sequence[Message], embed: Embed, version: str) -> list[Outcome]:
        """Take in what pages report, all of it in one transaction.

        Parameters
        ----------
        messages
            In any order, some of them perhaps for the second time.
        embed
            phi: ``(n, d)`` to ``(n, d_emb)``.
        version
            Its version.

        Returns
        -------
        What became of each. When this returns, it is in the store.

        Raises
        ------
        StaleModelError
            If another version is in force.
        """
        verdicts: dict[str, list[tuple[int, int, int]]] = {}
        for place, (decision, arm, reward) in enumerate(messages):
            if not isinstance(decision, str) or not 0 < len(decision) <= 64:
                raise ValueError(f"decision must be the id of a decision, got {str(decision)[:80]!r}")
            arm, reward = checks.whole("arm", arm, 0), int(checks.clicks("reward", reward, ()))
            verdicts.setdefault(f"decision/{decision}", []).append((place, arm, reward))
        outcomes = [Outcome.UNKNOWN] * len(messages)

        def report(key: str, decision: Decision) -> None:
            for place, arm, reward in verdicts[key]:
                (at,) = np.nonzero(decision.arms == arm)
                if at.size:
                    before = int(decision.verdict[at[0]])
                    decision.verdict[at[0]] = max(before, reward)
                    new = Outcome.COUNTED if before == UNKNOWN else Outcome.CORRECTED
                    outcomes[place] = new if reward > before else Outcome.REPEATED
                else:
                    outcomes[place] = Outcome.UNKNOWN

        self._count(list(verdicts), embed, version, report, expected=version)
        return outcomes

    def migrate(self, embed: Embed, version: str, batch: int = 256) -> int:
        """Count under ``version`` whatever it has not counted yet, and return how many decisions that were.

        It may be interrupted, repeated, and run while clicks come in.
        """
        moved, keys = 0, []
        for key in self.store.scan("decision/"):
            keys.append(key)
            if len(keys) == batch:
                moved += self._count(keys, embed, version)
                keys = []
        return moved + (self._count(keys, embed, version) if keys else 0)

    def close_open(self, older_than: float, embed: Embed, version: str) -> int:
        """Count as not clicked what was shown more than ``older_than`` seconds ago and drew no verdict."""
        late = self.store.now() - older_than
        messages: list[Message] = []
        for key in self.store.scan("decision/"):
            decision = Decision.unpacked(key, self.store.get(key))
            if decision is not None and decision.made <= late:
                open_arms = decision.arms[decision.verdict == UNKNOWN]
                messages += [Message(decision.id, int(arm), NO_CLICK) for arm in open_arms]
        for start in range(0, len(messages), 256):
            self.settle(messages[start : start + 256], embed, version)
        return len(messages)

    def _count(
        self,
        keys: list[str],
        embed: Embed,
        version: str,
        report: Callable[[str, Decision], None] | None = None,
        expected: str | None = None,
    ) -> int:
        """Let the evidence of ``version`` agree with the verdicts on the decisions at ``keys``."""
        known = {key: d for key in keys if (d := Decision.unpacked(key, self.store.get(key))) is not None}
        if not known and expected is None:
            return 0
        stacked = embed(np.concatenate([d.X for d in known.values()])) if known else np.empty((0, self.d_emb))
        ends = np.cumsum([len(d.arms) for d in known.values()])[:-1]
        Z = dict(zip(known, np.split(stacked, ends), strict=True)) if known else {}  # contexts and groups never change
        groups = {key: self.evidence_key(version, d.group) for key, d in known.items()}

        def update(values: Values) -> tuple[Mapping[str, Put | None], int]:
            if expected is not None and (current := self._version(values[CURRENT])) not in (None, expected):
                raise StaleModelError(f"model {current} is in force, not {expected}")
            sums = {key: self.read(key, values[key]) for key in dict.fromkeys(groups.values())}
            writes: dict[str, Put | None] = {}
            touched: Counter[str] = Counter()
            for key in known:
                decision = Decision.unpacked(key, values[key])
                if decision is None:  # forgotten meanwhile
                    continue
                told = decision.verdict.copy()
                if report is not None:
                    report(key, decision)
                counted = decision.counted.setdefault(version, np.full_like(told, UNKNOWN))
                changed = np.flatnonzero(decision.verdict != counted)
                for i in changed:
                    sums[groups[key]].count(Z[key][i], int(decision.verdict[i]), int(counted[i]))
                    counted[i] = decision.verdict[i]
                if changed.size:
                    touched[groups[key]] += 1
                    decision.counted = dict(list(decision.counted.items())[-2:])  # this version and the one before
                    writes[key] = self._put(decision)
            writes |= {key: Put(sums[key].packed(key, self.ridge)) for key in touched}
            return writes, touched.total()

        return self.store.transact([CURRENT, *known, *dict.fromkeys(groups.values())], update)

    # ---- models --------------------------------------------------------------------------------------------

    def publish(self, version: str, words: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Store a model's weights, before anything is counted under its version."""
        key = f"model/{version}"
        value = pack(key, "model", words, arrays)
        self.store.transact([key], lambda values: ({key: Put(value)}, None))

    def model(self, version: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what was published under ``version``."""
        key = f"model/{version}"
        value = self.store.get(key)
        if value is None:
            raise UnreadableValueError(f"the store holds no model {version!r}")
        return unpack(key, "model", value)

    def put_in_force(self, version: str) -> None:
        """Make ``version`` the one under which clicks are counted."""
        value = pack(CURRENT, "current", {"version": version}, {})
        self.store.transact([CURRENT], lambda values: ({CURRENT: Put(value)}, None))

    def version_in_force(self) -> str | None:
        """Return the version in force; None if none has been named."""
        return self._version(self.store.get(CURRENT))

    def _version(self, value: bytes | None) -> str | None:
        if value is None:
            return None
        if value != self._last_seen[0]:  # it hardly ever changes, and is read all the time
            self._last_seen = value, unpack(CURRENT, "current", value)[0]["version"]
        return self._last_seen[1]

    def forget_versions(self, keep: Iterable[str]) -> int:
        """Delete the models and the evidence of all versions but ``keep``; return how many values that were."""
        kept, n = set(keep), 0
        for prefix in ("model/", "evidence/"):
            for key in self.store.scan(prefix):
                if key != CURRENT and key.split("/")[1] not in kept:
                    self.store.transact([key], lambda values, key=key: ({key: None}, None))
                    n += 1
        return n
