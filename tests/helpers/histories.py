"""A long random history of a ledger in which operation i is always the same, and a process that lives through a part.

Every operation may be done twice with the result of doing it once. So whoever was killed in the middle of one goes on
with that one, and what ought to be in the store needs no look at it (:class:`Ought`).
"""

import random
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from store_workers import patient

from zoolab.serving import CLICK, UNKNOWN, Decision, Ledger, Message, erase, retire

D_EMB, SHOWN, REMEMBERED, SPAN = 4, 3, 50, 500  # decisions that are kept at most; operations from version to version
COMES = (0, 3, 6)
Operation = tuple[str, Any]


def contexts(name: str) -> np.ndarray:
    """The contexts of a decision: small whole numbers, so that all sums are exact."""
    return np.random.default_rng(int(name[1:])).integers(-3, 4, (SHOWN, D_EMB)).astype(float)


def phi(version: str) -> Callable[[np.ndarray], np.ndarray]:
    """The phi of a version: another small whole number times the context."""
    return lambda X: (1 + int(version[1:]) % 5) * np.asarray(X)


def kept(i: int) -> set[str]:
    """The versions that are not retired after i operations."""
    newest = 3 + i // SPAN
    return {f"v{k}" for k in range(newest - 2, newest + 1)}


def operation(seed: int, i: int) -> Operation:
    """The i-th operation of a history.

    Of ten, three bring somebody (and erase the one who came fifty before), six report verdicts, late ones and repeated
    ones among them. The tenth may deploy one of three versions, most often one that was in force before (a roll-back),
    or settle silence; every now and then the oldest of them is retired, and there is a newer one.
    """
    luck = random.Random(f"{seed} {i}")
    if i % 10 in COMES:
        return "come", number(i)
    if (i + 1) % SPAN == 0:
        (old,) = kept(i) - kept(i + 1)
        return "retire", (old, max(kept(i), key=lambda version: int(version[1:])))
    if i % 10 == 9 and (chance := luck.random()) < 0.4:
        return ("silence", None) if chance < 0.1 else ("deploy", luck.choice(sorted(kept(i))))
    last = number(i - i % 10)
    told = luck.choices(range(max(0, last - REMEMBERED), last + 1), k=luck.randint(1, 4))
    return "tell", [(f"d{k}", luck.randrange(SHOWN), luck.randrange(2)) for k in told]


def number(i: int) -> int:
    """How many came before operation i, at which somebody comes."""
    return i // 10 * len(COMES) + COMES.index(i % 10)


class Ought:
    """What ought to be in the store: a set of verdicts, and the version in force."""

    def __init__(self) -> None:
        self.in_force, self.verdicts = "v1", dict[str, list[int]]()

    def take(self, name: str, of: Any) -> None:
        if name == "come":
            self.verdicts.setdefault(f"d{of}", [UNKNOWN] * SHOWN)
            while len(self.verdicts) > REMEMBERED:
                del self.verdicts[next(iter(self.verdicts))]
        elif name == "deploy":
            self.in_force = of
        elif name == "retire":
            self.in_force = of[1]
        elif name == "silence":
            self.verdicts = {d: [max(0, v) for v in verdict] for d, verdict in self.verdicts.items()}
        elif name == "tell":
            for d, arm, reward in of:
                if d in self.verdicts:
                    self.verdicts[d][arm] = max(reward, self.verdicts[d][arm])

    def is_in(self, ledger: Ledger, kept: set[str]) -> None:
        """Assert that it is there, each verdict counted once in every version whose evidence is kept."""
        remembered = [decision for some in ledger.remembered() for decision in some]
        assert {decision.id: decision.verdict.tolist() for decision in remembered} == self.verdicts
        assert ledger.version_in_force() == self.in_force
        assert {version for decision in remembered for version in decision.counted} <= kept
        for version in kept:
            A, b, n = np.eye(D_EMB), np.zeros(D_EMB), [0, 0]
            for decision in remembered:
                nothing = np.full(SHOWN, UNKNOWN, dtype=np.int8)
                counted = decision.counted.get(version, nothing)
                if version == self.in_force:
                    assert counted.tolist() == decision.verdict.tolist()
                Z = phi(version)(contexts(decision.id))[counted != UNKNOWN]
                A, b = A + Z.T @ Z, b + Z.T @ (counted[counted != UNKNOWN] == CLICK)
                n = [n[0] + len(Z), n[1] + int((counted == CLICK).sum())]
            sums = ledger.evidence(version, "shared")
            assert [sums.n_shown, sums.n_clicks] == n
            np.testing.assert_array_equal(sums.A, A)
            np.testing.assert_array_equal(sums.b, b)
        assert {key.split("/")[1] for key in ledger.store.scan("evidence/")} <= kept


def do(ledger: Ledger, name: str, of: Any) -> None:
    """Do one operation."""
    version = ledger.version_in_force()
    if name == "come":
        nothing, X = np.zeros((2, SHOWN)), contexts(f"d{of}")
        ledger.record(Decision(np.arange(SHOWN), X, *nothing, "shared", version, id=f"d{of}"))
        erase(ledger, [f"d{of - REMEMBERED}"], phi)
    elif name == "tell":
        ledger.settle([Message(*one) for one in of], phi(version), version)
    elif name == "silence":
        ledger.settle_silence(0.0, phi(version), version)
    elif name == "deploy":
        ledger.publish(of, {}, {})
        ledger.migrate(phi(of), of, batch=16)
        ledger.put_in_force(of)
        ledger.migrate(phi(of), of, batch=16)
    else:
        old, new = of
        do(ledger, "deploy", new)
        retire(ledger, old, batch=16)


def live_through(connection: Connection, url: str, seed: int, first: int, last: int) -> None:
    """Do operations ``first`` to ``last``, the latter excluded, and say after each that it is done."""
    with patient(url) as store:
        ledger = Ledger(store, D_EMB)
        for i in range(first, last):
            do(ledger, *operation(seed, i))
            connection.send(i + 1)
