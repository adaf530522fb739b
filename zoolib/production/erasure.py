"""Erasure: somebody's decisions leave the ledger, and the evidence is as if they had never been there (chapter 6).

Evidence is a sum, so what was added can be subtracted. The ledger keeps no names: which decisions were whose only the
page knows that showed them. And what followed from them stays: what others were shown meanwhile, a phi that was trained
on them, a log that was taken in as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zoolib import checks
from zoolib.production.ledger import Embed, Ledger
from zoolib.production.records import UNKNOWN, Decision, Sums
from zoolib.production.stores.base import Put, Values, Writes


def erase(ledger: Ledger, ids: Sequence[str], phi: Callable[[str], Embed]) -> int:
    """Forget decisions, take out of the evidence what was counted of them, and return how many there were.

    Each goes in one transaction, so this may be interrupted and repeated. The evidence is then that of all others, up
    to rounding, under every model version that has counted them, and a click that comes later is unknown.

    Parameters
    ----------
    ledger, ids
        Where, and of which decisions; those that are forgotten already do no harm.
    phi
        A function from a version to its phi.
    """
    checks.instance("ledger", ledger, Ledger)
    ids, phi = checks.words("ids", ids), checks.called("phi", phi)
    return sum(_erase(ledger, name, phi) for name in ids)


def _erase(ledger: Ledger, name: str, phi: Callable[[str], Embed]) -> int:
    if (read := ledger.decision(name)) is None:
        return 0
    embedded = {ledger.evidence_key(v, read.group): (v, checks.called("phi", phi(v))(read.X)) for v in read.counted}

    def take_out(values: Values) -> tuple[Writes, bool]:
        if (known := Decision.unpacked(read.key, values[read.key])) is None:
            return {}, True  # somebody else has erased it
        if known.counted.keys() - read.counted:
            return {}, False  # a phi was deployed meanwhile, and has counted it: once more, with that
        writes: dict[str, Put | None] = {read.key: None}
        for key, (version, Z) in embedded.items():
            if (value := values[key]) is not None:
                sums = Sums.unpacked(key, value, Z.shape[1], ledger.ridge)
                for z, counted in zip(Z, known.counted[version].tolist(), strict=True):
                    sums.count(z, UNKNOWN, counted)
                writes[key] = Put(sums.packed(key, ledger.ridge))
        return writes, True

    return 1 if ledger.store.transact([read.key, *embedded], take_out) else _erase(ledger, name, phi)
