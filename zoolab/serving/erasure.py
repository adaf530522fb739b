"""What leaves the ledger: somebody's decisions, or all evidence of a model version (chapter 6).

Evidence is a sum, so what was added can be subtracted, as if somebody had never been there. The ledger keeps no names,
unless evidence is kept by user: which decisions were whose only the page knows that showed them. And what followed from
them stays: what others were shown meanwhile, a phi that was trained on them, a log that was taken in as a whole, and
copies of the store.
"""

from collections.abc import Callable, Sequence

from zoolab.serving.ledger import Embed, Ledger
from zoolab.serving.records import UNKNOWN, Decision, Sums
from zoolab.serving.stores.base import Put, Values, Writes
from zoolab.serving.stores.codec import pack
from zoolab.serving.versions import CURRENT, retirement, version_in
from zoolib import checks


def erase(ledger: Ledger, ids: Sequence[str], phi: Callable[[str], Embed]) -> int:
    """Forget decisions, take out of the evidence what was counted of them, and return how many there were.

    Each goes in one transaction, so this may be interrupted and repeated. The evidence is then that of all others, up
    to rounding, under every model version that has counted them, and a click that comes later is unknown, unless
    somebody notes the decision down once more. The part of a decision that the ledger has forgotten stays, and it is
    not among those that are returned: ask while it is remembered, or keep the contexts.

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
            if version in known.counted and (value := values[key]) is not None:  # else it is retired meanwhile
                sums = Sums.unpacked(key, value, Z.shape[1], ledger.ridge)
                for z, counted in zip(Z, known.counted[version].tolist(), strict=True):
                    sums.count(z, UNKNOWN, counted)
                writes[key] = Put(sums.packed(key, ledger.ridge)) if sums.n_shown else None
        return writes, True

    return 1 if ledger.store.transact([read.key, *embedded], take_out) else _erase(ledger, name, phi)


def retire(ledger: Ledger, version: str, batch: int = 256) -> int:
    """Delete the evidence and the weights of a version that shall never come back; return how many groups it had.

    Without this they stay for ever, since every version may be rolled back to. First it is noted that the version is
    retired, whereupon nobody counts under it or puts it in force (``RetiredModelError``). So this may be interrupted,
    repeated and run while clicks come in. All decisions that are remembered are read, as in :meth:`Ledger.migrate`.

    Parameters
    ----------
    ledger, version
        Where, and which one: not the version in force (``ValueError``).
    batch
        How many decisions are changed in one transaction.
    """
    store, batch = checks.instance("ledger", ledger, Ledger).store, checks.whole("batch", batch, 1)
    model, mark = f"model/{checks.instance('version', version, str)}", retirement(version)

    def sign(values: Values) -> tuple[Writes, None]:
        if version_in(values[CURRENT]) == version:
            raise ValueError(f"version must not be the one in force, got {version!r}")
        if values[model] is None and values[mark] is None:
            raise ValueError(f"version must be one that was published, got {version!r}")
        return {mark: Put(pack(mark, "retired", {}, {}))}, None

    def forget(values: Values) -> tuple[Writes, None]:
        counted = [known for key, value in values.items() if (known := Decision.unpacked(key, value)) is not None]
        for decision in counted:
            decision.counted.pop(version, None)
        return {decision.key: ledger._put(decision, store.now()) for decision in counted}, None

    store.transact([CURRENT, model, mark], sign)
    for some in ledger.remembered(batch):
        if keys := [decision.key for decision in some if version in decision.counted]:
            store.transact(keys, forget)
    evidence = list(store.scan(f"evidence/{version}/"))
    for key in [*evidence, *store.scan(f"log/{version}/"), model]:
        store.transact([key], lambda _, key=key: ({key: None}, None))
    return len(evidence)
