"""Each click once: whatever comes twice, late, in another order, or under another model, the evidence is the same."""

import contextlib
import itertools
import time

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from memory_store import MemoryStore
from redis_server import redis_server
from refused import each
from store_workers import settle_all, start

from zoolab import serving as prod
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import Put
from zoolab.serving.stores.codec import UnreadableValueError, pack, unpack
from zoolib.networks import MLP

D, D_EMB = 5, 4


def phi(seed, dtype="float64"):
    return prod.Embedder(MLP((D, 8, D_EMB), [np.random.default_rng(seed)], linear=(2,)), device="cpu", dtype=dtype)


def shown(n=3, seed=0, group="shared", model="old"):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, D)).astype(np.float32)
    arms = np.sort(rng.choice(100, n, replace=False))
    return prod.Decision(arms, X, np.zeros(n), np.full(n, np.nan), group, model, id=f"d{seed}")


def recorded(ledger, **how):
    """A decision that the ledger has noted down."""
    decision = shown(**how)
    ledger.record(decision)
    return decision


@pytest.fixture
def ledger():
    return prod.Ledger(MemoryStore(), D_EMB, ridge=0.5)


def literal(decisions, verdicts, embed, ridge=0.5):
    """A and b by their definition, from all verdicts at once: {(decision, place): 0 or 1}."""
    A, b = ridge * np.eye(D_EMB), np.zeros(D_EMB)
    for (i, place), reward in verdicts.items():
        z = embed(decisions[i].X)[place]
        A += np.outer(z, z)
        b += reward * z
    return A, b


def assert_is(sums, A, b):
    np.testing.assert_allclose(sums.A, A, rtol=0, atol=1e-12)
    np.testing.assert_allclose(sums.b, b, rtol=0, atol=1e-12)


# ---- once and only once ------------------------------------------------------------------------------------


def test_a_verdict_is_counted_corrected_or_repeated(ledger):
    decision, embed = recorded(ledger), phi(0)

    def tell(arm, reward):
        return ledger.settle([prod.Message("d0", int(arm), reward)], embed, "v")[0]

    first, second, _ = decision.arms
    assert tell(first, 1) is prod.Outcome.COUNTED
    assert tell(first, 1) is prod.Outcome.REPEATED
    assert tell(first, 0) is prod.Outcome.REPEATED  # "no click" that was overtaken by the click
    assert tell(second, 0) is prod.Outcome.COUNTED
    assert tell(second, 0) is prod.Outcome.REPEATED
    assert tell(second, 1) is prod.Outcome.CORRECTED  # a late click
    assert tell(second, 1) is prod.Outcome.REPEATED
    sums = ledger.evidence("v", "shared")
    assert (sums.n_shown, sums.n_clicks) == (2, 2)
    assert_is(sums, *literal([decision], {(0, 0): 1, (0, 1): 1}, embed))


def test_a_decision_that_is_noted_down_again_is_counted_once(ledger):
    decision = shown()
    told = [prod.Message("d0", int(decision.arms[0]), 1)]
    ledger.record(decision)
    assert ledger.settle(told, phi(0), "v") == [prod.Outcome.COUNTED]
    ledger.record(decision)
    assert ledger.settle(told, phi(0), "v") == [prod.Outcome.REPEATED]
    assert ledger.evidence("v", "shared").n_clicks == 1


def test_a_log_is_taken_in_once_for_each_phi_and_adds_to_what_was_clicked(ledger):
    decision, embed = recorded(ledger), phi(0)
    ledger.settle([prod.Message("d0", int(decision.arms[0]), 1)], embed, "v")
    rng = np.random.default_rng(0)
    X, clicks = rng.normal(size=(40, D)), rng.integers(0, 2, 40)
    log = shown()
    log.X, log.arms = X, np.arange(40)
    assert ledger.take_in("random", X, clicks, embed, "v")
    assert not ledger.take_in("random", X, clicks, embed, "v")
    verdicts = {(1, i): int(click) for i, click in enumerate(clicks)}
    sums = ledger.evidence("v", "shared")
    assert_is(sums, *literal([decision, log], {(0, 0): 1} | verdicts, embed))
    assert (sums.n_shown, sums.n_clicks) == (41, 1 + clicks.sum())
    assert ledger.take_in("random", X, clicks, phi(1), "w")
    assert ledger.migrate(phi(1), "w") == 1
    assert_is(ledger.evidence("w", "shared"), *literal([decision, log], {(0, 0): 1} | verdicts, phi(1)))
    assert ledger.evidence("v", "another").n_shown == 0
    for wrong in ((X, clicks[1:]), (X, clicks + 1), (np.full_like(X, np.nan), clicks), (X[:, 1:], clicks)):
        with pytest.raises((ValueError, TypeError)):
            ledger.take_in("another", *wrong, embed, "v")


def test_what_was_never_shown_or_is_forgotten_is_unknown(ledger):
    decision = recorded(ledger)
    known = int(decision.arms[0])
    for message in (prod.Message("nobody", known, 1), prod.Message("d0", 101, 1)):
        assert ledger.settle([message], phi(0), "v") == [prod.Outcome.UNKNOWN]
    ledger.store.time += ledger.ttl + 1
    assert ledger.settle([prod.Message("d0", known, 1)], phi(0), "v") == [prod.Outcome.UNKNOWN]
    assert ledger.evidence("v", "shared").n_shown == 0
    assert ledger.decision("d0") is None


def test_a_verdict_does_not_prolong_the_life_of_a_decision(ledger):
    decision = recorded(ledger)
    ledger.store.time += ledger.ttl - 1
    assert ledger.settle([prod.Message("d0", int(decision.arms[0]), 1)], phi(0), "v") == [prod.Outcome.COUNTED]
    ledger.store.time += 2
    assert ledger.decision("d0") is None


def test_silence_says_no_after_a_while_and_a_click_that_comes_still_later_corrects_it(ledger):
    embed, decisions = phi(0), [shown(seed=i) for i in range(5)]
    for decision in decisions[:4]:
        ledger.record(decision)
    first, second, third = map(int, decisions[0].arms)
    ledger.settle([prod.Message("d0", first, 1), prod.Message("d0", second, 0)], embed, "v")
    ledger.store.time += 3600
    ledger.record(decisions[4])  # which has not been silent for long
    assert ledger.settle_silence(3600, embed, "v", batch=2) == 4
    sums = ledger.evidence("v", "shared")
    assert (sums.n_shown, sums.n_clicks) == (12, 1)
    verdicts = {(i, place): int((i, place) == (0, 0)) for i in range(4) for place in range(3)}
    assert_is(sums, *literal(decisions, verdicts, embed))
    assert ledger.settle_silence(3600, embed, "v") == 0  # nothing is left to say
    assert ledger.settle([prod.Message("d0", third, 1)], embed, "v") == [prod.Outcome.CORRECTED]
    assert_is(ledger.evidence("v", "shared"), *literal(decisions, verdicts | {(0, 2): 1}, embed))


def test_silence_is_settled_under_the_version_in_force_alone_and_after_a_time_that_is_one(ledger):
    recorded(ledger)
    ledger.put_in_force("new")
    with pytest.raises(prod.StaleModelError, match="model new is in force"):
        ledger.settle_silence(0, phi(0), "old")
    assert ledger.decision("d0").verdict.tolist() == [-1, -1, -1]
    for after in (-1, np.nan, "soon"):
        with pytest.raises((TypeError, ValueError), match="after"):
            ledger.settle_silence(after, phi(0), "new")
    assert ledger.settle_silence(0, phi(0), "new") == 1


@pytest.mark.parametrize("read", [
    lambda ledger: ledger.settle_silence(0, phi(0), "v", batch=0), lambda ledger: ledger.migrate(phi(0), "v", batch=0),
    lambda ledger: list(ledger.remembered(0)),
])  # fmt: skip
def test_batches_of_no_decisions_are_refused(ledger, read):
    with pytest.raises(ValueError, match="batch must be at least 1, got 0"):
        read(ledger)


def test_each_group_has_evidence_of_its_own(ledger):
    decisions = [recorded(ledger, seed=i, group=group) for i, group in enumerate(("user:a", "user:b", "user:a"))]
    ledger.settle([prod.Message(f"d{i}", int(d.arms[0]), 1) for i, d in enumerate(decisions)], phi(0), "v")
    assert_is(ledger.evidence("v", "user:a"), *literal(decisions, {(0, 0): 1, (2, 0): 1}, phi(0)))
    assert_is(ledger.evidence("v", "user:b"), *literal(decisions, {(1, 0): 1}, phi(0)))


class OvertakenStore(MemoryStore):
    """Each update is computed once in vain, as where another writer came first, and then for good."""

    meanwhile = staticmethod(lambda: None)

    def transact(self, keys, update):
        update({key: self.get(key) for key in keys})
        self.meanwhile()
        return super().transact(keys, update)


def test_a_verdict_that_is_computed_twice_is_counted_once():
    ledger = prod.Ledger(OvertakenStore(), D_EMB, ridge=0.5)
    decision = recorded(ledger)
    told = [prod.Message("d0", int(arm), i % 2) for i, arm in enumerate(decision.arms)]
    known = ledger.decision("d0")
    assert ledger.settle(told, phi(0), "v", known=[known]) == [prod.Outcome.COUNTED] * 3
    assert_is(ledger.evidence("v", "shared"), *literal([decision], {(0, 0): 0, (0, 1): 1, (0, 2): 0}, phi(0)))
    assert (known.verdict == -1).all()


def test_what_is_forgotten_while_its_verdict_is_computed_is_unknown():
    ledger = prod.Ledger(OvertakenStore(), D_EMB, ridge=0.5)
    decision = recorded(ledger)
    ledger.store.meanwhile = lambda: ledger.store.values.pop("decision/d0", None)
    assert ledger.settle([prod.Message("d0", int(decision.arms[0]), 1)], phi(0), "v") == [prod.Outcome.UNKNOWN]
    assert ledger.evidence("v", "shared").n_shown == 0


def test_what_was_known_of_a_decision_gives_way_to_what_another_writer_has_counted_since(ledger):
    decision = recorded(ledger)
    known, first = ledger.decision("d0"), int(decision.arms[0])
    assert ledger.settle([prod.Message("d0", first, 1)], phi(0), "v") == [prod.Outcome.COUNTED]
    assert ledger.settle([prod.Message("d0", first, 1)], phi(0), "v", known=[known]) == [prod.Outcome.REPEATED]
    assert ledger.evidence("v", "shared").n_shown == 1


def test_what_rides_in_the_transaction_sees_the_decision_as_it_was_and_is_written_or_fails_with_it(ledger):
    decision, seen = recorded(ledger), []

    def also(before, values):
        seen.append((before["d0"].verdict.tolist(), values["n"]))
        return {"n": Put(b"1")} if len(before) == len(seen) else 1 / 0

    first, second, _ = decision.arms.tolist()
    assert ledger.settle([prod.Message("d0", first, 1)], phi(0), "v", also=(["n"], also)) == [prod.Outcome.COUNTED]
    with pytest.raises(ZeroDivisionError):
        ledger.settle([prod.Message("d0", second, 1)], phi(0), "v", also=(["n"], also))
    assert seen == [([-1, -1, -1], None), ([1, -1, -1], b"1")]
    assert ledger.evidence("v", "shared").n_shown == 1


@pytest.mark.parametrize(
    "message",
    [("d0", 3, reward) for reward in (2, 0.5, "1")]
    + [("d0", arm, 1) for arm in (-1, 1.5)]
    + [(name, 1, 1) for name in ("", "x" * 65, 7)],
)
def test_a_malformed_message_is_refused_and_nothing_of_its_batch_is_counted(ledger, message):
    decision = recorded(ledger)
    with pytest.raises((ValueError, TypeError)):
        ledger.settle([prod.Message("d0", int(decision.arms[0]), 1), prod.Message(*message)], phi(0), "v")
    assert ledger.evidence("v", "shared").n_shown == 0


BAD_Z = {
    "finite": lambda X: np.full((len(X), D_EMB), np.nan),
    "lie between -10000": lambda X: np.full((len(X), D_EMB), 3e38),
    "embed must return shape": lambda X: np.ones((len(X), 1)),
    "embed must return": lambda X: np.ones((1, D_EMB)),
}


@pytest.mark.parametrize("said", BAD_Z)
def test_what_would_spoil_the_evidence_for_everybody_is_not_counted(ledger, said):
    decision, embed = recorded(ledger), phi(0)
    first, second, _ = decision.arms.tolist()
    ledger.settle([prod.Message("d0", first, 1)], embed, "v")
    with pytest.raises(ValueError, match=said):
        ledger.settle([prod.Message("d0", second, 1)], BAD_Z[said], "v")
    assert_is(ledger.evidence("v", "shared"), *literal([decision], {(0, 0): 1}, embed))
    assert ledger.settle([prod.Message("d0", second, 1)], embed, "v") == [prod.Outcome.COUNTED]


@pytest.mark.parametrize(
    "z", [[np.nan, 0.0], [np.inf, 0.0], [1e5, 0.0], [-1e5, 0.0], [1.0], [[1.0, 1.0]], 1.0, ["a", "b"]]
)
def test_sums_refuse_what_is_no_embedding_and_stay_as_they_are(z):
    sums = prod.Sums.prior(2, 1.0)
    with pytest.raises((ValueError, TypeError), match="z must"):
        sums.count(np.array(z), 1, -1)
    assert_is(sums, np.eye(2), np.zeros(2))
    assert sums.n_shown == 0


@pytest.mark.parametrize("x", [np.nan, np.inf, 3e38, None])
def test_contexts_that_could_not_be_counted_are_not_noted_down(ledger, x):
    decision = shown()
    if x is None:
        decision.X = decision.X[:2]
    else:
        decision.X[0, 0] = x
    with pytest.raises(ValueError, match=r"decision\.X must"):
        ledger.record(decision)
    assert ledger.decision("d0") is None


# ---- both stores, several processes ------------------------------------------------------------------------


def test_processes_that_report_the_same_clicks_count_each_once(url):
    decisions, embed = [shown(seed=i) for i in range(60)], phi(0)
    with open_store(url) as store:
        ledger = prod.Ledger(store, D_EMB, ridge=0.5)
        for decision in decisions:
            ledger.record(decision)
        told = [prod.Message(d.id, int(d.arms[i]), (i + j) % 2) for j, d in enumerate(decisions) for i in range(3)]
        started = [start(settle_all, url, told, seed) for seed in range(3)]
        counted = 0
        for process, connection in started:
            counted += connection.recv()
            process.join(60)
            assert process.exitcode == 0
        assert counted == len(told)  # every one was new to exactly one of the three
        verdicts = {(j, i): (i + j) % 2 for j in range(60) for i in range(3)}
        A, b = literal(decisions, verdicts, embed)
        sums = ledger.evidence("v", "shared")
        assert sums.n_shown == 180
        np.testing.assert_allclose(sums.A, A, atol=1e-10)
        np.testing.assert_allclose(sums.b, b, atol=1e-10)


def test_a_client_whose_clock_is_days_ahead_forgets_nothing_before_its_time(tmp_path, monkeypatch):
    decision = shown()
    with redis_server(tmp_path) as server, open_store(server.url) as store:
        ledger = prod.Ledger(store, D_EMB)
        ledger.record(decision)
        ahead = time.time() + 8 * 86_400
        monkeypatch.setattr(time, "time", lambda: ahead)
        for arm in decision.arms.tolist():
            assert ledger.settle([prod.Message("d0", arm, 1)], phi(0), "v") == [prod.Outcome.COUNTED]
        assert ledger.evidence("v", "shared").n_shown == 3


def test_damaged_foreign_and_misplaced_values_are_refused_and_stay_as_they_are(url):
    with open_store(url) as store:
        ledger = prod.Ledger(store, D_EMB)
        decision = recorded(ledger)
        message = prod.Message("d0", int(decision.arms[0]), 1)
        ledger.settle([message], phi(0), "v")
        key = ledger.evidence_key("v", "shared")
        good = store.get(key)
        bad = {
            "damaged": good[:-1] + bytes([good[-1] ^ 1]),
            "cut short|damaged": good[: len(good) // 2],
            "not written by zoolib": b"\x80\x04 a pickle",
            "belongs elsewhere": decision.packed(),
        }
        for said, value in bad.items():
            store.transact([key], lambda values, value=value: ({key: Put(value)}, None))
            with pytest.raises(UnreadableValueError, match=said):
                ledger.evidence("v", "shared")
            with pytest.raises(UnreadableValueError, match=said):
                ledger.settle([prod.Message("d0", int(decision.arms[1]), 1)], phi(0), "v")
            assert store.get(key) == value
        store.transact([key], lambda values: ({key: Put(good)}, None))
        assert ledger.settle([prod.Message("d0", int(decision.arms[1]), 1)], phi(0), "v") == [prod.Outcome.COUNTED]


@pytest.mark.parametrize(
    "change",
    [{"A": np.full((D_EMB, D_EMB), np.nan)}, {"b": np.zeros(1)}, {"b": None}, {"n_shown": -1}, {"n_clicks": "many"}],
    ids=str,
)
def test_evidence_that_makes_no_sense_is_refused_though_its_checksum_fits(change):
    parts = {"A": np.eye(D_EMB), "b": np.zeros(D_EMB), "n_shown": 0, "n_clicks": 0, "ridge": 0.5} | change
    arrays = {name: part for name, part in parts.items() if isinstance(part, np.ndarray)}
    words = {name: part for name, part in parts.items() if name not in arrays}
    with pytest.raises(UnreadableValueError, match="'k' makes no sense"):
        prod.Sums.unpacked("k", pack("k", "evidence", words, arrays), D_EMB, 0.5)


@pytest.mark.parametrize(("change", "_"), [
    *each(verdict=[np.int8([0, 1]), np.int8([0, 1, 2]), np.zeros(3)], X=[np.zeros(3)], arms=[None], more=[1]),
    *each(group=[7], made=["early"], **{"counted v": [np.int8([0])]}),
], ids=str)  # fmt: skip
def test_a_decision_that_makes_no_sense_is_refused_though_its_checksum_fits(change, _):
    words, arrays = unpack("decision/d0", "decision", shown().packed())
    for name, part in change.items():
        (arrays if isinstance(part, np.ndarray) else words)[name] = part
    if change.get("arms", 0) is None:
        del arrays["arms"]
    with pytest.raises(UnreadableValueError, match="'decision/d0' makes no sense"):
        prod.Decision.unpacked("decision/d0", pack("decision/d0", "decision", words, arrays))


def test_a_pointer_to_the_model_in_force_that_names_none_is_refused(ledger):
    for words in ({}, {"version": 7}):
        ledger.store.values["model/current"] = pack("model/current", "current", words, {}), np.inf
        with pytest.raises(UnreadableValueError, match="'model/current' makes no sense"):
            ledger.version_in_force()


def test_evidence_of_another_shape_or_prior_is_refused(ledger):
    recorded(ledger)
    ledger.settle([prod.Message("d0", int(shown().arms[0]), 1)], phi(0), "v")
    with pytest.raises(UnreadableValueError, match=r"shape \(4, 4\) with ridge 0.5"):
        prod.Ledger(ledger.store, 7, ridge=0.5).evidence("v", "shared")
    with pytest.raises(UnreadableValueError, match="asked for"):
        prod.Ledger(ledger.store, D_EMB).evidence("v", "shared")


# ---- model versions ----------------------------------------------------------------------------------------


def fill(ledger, embed, version, n=20):
    decisions = [recorded(ledger, seed=i) for i in range(n)]
    verdicts = {(i, place): (i + place) % 2 for i in range(n) for place in range(i % 4 if i % 4 < 3 else 3)}
    told = [prod.Message(f"d{i}", int(decisions[i].arms[place]), r) for (i, place), r in verdicts.items()]
    ledger.settle(told, embed, version)
    return decisions, verdicts


def test_migration_gives_the_evidence_that_the_new_phi_would_have_gathered(ledger):
    old, new = phi(0), phi(1)
    decisions, verdicts = fill(ledger, old, "v1")
    assert ledger.migrate(new, "v2", batch=7) == sum(1 for i in range(20) if i % 4)
    assert_is(ledger.evidence("v2", "shared"), *literal(decisions, verdicts, new))
    assert_is(ledger.evidence("v1", "shared"), *literal(decisions, verdicts, old))
    assert ledger.migrate(new, "v2") == 0  # nothing is left to do


def test_clicks_that_come_during_a_migration_are_found_by_its_second_pass(ledger):
    old, new = phi(0), phi(1)
    decisions, verdicts = fill(ledger, old, "v1")
    ledger.migrate(new, "v2")
    late = prod.Message("d1", int(decisions[1].arms[0]), 1)  # had been counted as not clicked
    fresh = prod.Message("d0", int(decisions[0].arms[0]), 1)
    assert ledger.settle([late, fresh], old, "v1") == [
        prod.Outcome.REPEATED if verdicts[1, 0] else prod.Outcome.CORRECTED,
        prod.Outcome.COUNTED,
    ]
    verdicts |= {(1, 0): 1, (0, 0): 1}
    ledger.put_in_force("v2")
    ledger.migrate(new, "v2")
    assert_is(ledger.evidence("v2", "shared"), *literal(decisions, verdicts, new))


PHIS = {f"v{k}": lambda X, k=k: k * np.asarray(X)[:, :D_EMB] for k in (1, 2, 3, 4)}  # of whole numbers: all is exact


@settings(max_examples=40, stateful_step_count=30, deadline=None)
class AnyHistory(RuleBasedStateMachine):
    """Whatever is told, deployed, rolled back and broken off, each version counts a set of verdicts, each once."""

    def __init__(self):
        super().__init__()
        self.ledger, self.decisions, self.verdicts, self.in_force = prod.Ledger(MemoryStore(), D_EMB), [], {}, "v1"
        self.retired = set()
        for version in PHIS:
            self.ledger.publish(version, {}, {})
        self.ledger.put_in_force("v1")

    @rule()
    def somebody_comes(self):
        n = len(self.decisions)
        X = np.random.default_rng(n).integers(-3, 4, (3, D)).astype(float)
        self.decisions.append(prod.Decision(np.arange(3), X, *np.zeros((2, 3)), "shared", "v1", id=f"d{n}"))
        self.ledger.record(self.decisions[n])

    @precondition(lambda self: self.decisions)
    @rule(data=st.data())
    def pages_report_late_or_again(self, data):
        one = st.tuples(st.integers(0, len(self.decisions) - 1), st.integers(0, 2), st.integers(0, 1))
        told = data.draw(st.lists(one, min_size=1, max_size=6))
        outcomes = self.ledger.settle([prod.Message(f"d{i}", *m) for i, *m in told], PHIS[self.in_force], self.in_force)
        for (i, arm, reward), outcome in zip(told, outcomes, strict=True):
            before = self.verdicts.get((i, arm), -1)
            assert outcome is (
                prod.Outcome.REPEATED
                if reward <= before
                else prod.Outcome.COUNTED
                if before < 0
                else prod.Outcome.CORRECTED
            )
            self.verdicts[i, arm] = max(before, reward)

    @precondition(lambda self: self.decisions)
    @rule(batch=st.integers(1, 3))
    def silence_says_no(self, batch):
        self.ledger.settle_silence(0, PHIS[self.in_force], self.in_force, batch)
        everything = {(i, place): 0 for i in range(len(self.decisions)) for place in range(3)}
        self.verdicts = everything | self.verdicts

    @rule(version=st.sampled_from(list(PHIS)), batch=st.integers(1, 3), broken_off=st.integers(0, 6))
    def a_version_is_deployed_or_comes_back(self, version, batch, broken_off):
        calls = itertools.count(1)

        def embed(X):
            if next(calls) == broken_off:
                raise KeyboardInterrupt
            return PHIS[version](X)

        with contextlib.suppress(KeyboardInterrupt, prod.RetiredModelError):
            self.ledger.migrate(embed, version, batch)
            self.ledger.put_in_force(version)
            self.in_force = version
            self.ledger.migrate(embed, version, batch)
        if version in self.retired and version != self.in_force:
            with pytest.raises(prod.RetiredModelError):
                self.ledger.put_in_force(version)

    @rule(version=st.sampled_from(list(PHIS)), batch=st.integers(1, 3), broken_off=st.integers(0, 4))
    def a_version_is_retired_for_good(self, version, batch, broken_off):
        store, transactions = self.ledger.store, itertools.count(1)

        def transact(keys, update):
            if next(transactions) == broken_off + 1:  # the first of them says that it is retired
                raise KeyboardInterrupt
            return type(store).transact(store, keys, update)

        if version == self.in_force:
            with pytest.raises(ValueError, match="in force"):
                prod.retire(self.ledger, version)
            return
        store.transact = transact if broken_off else store.transact
        with contextlib.suppress(KeyboardInterrupt):
            prod.retire(self.ledger, version, batch)
        store.__dict__.pop("transact", None)
        self.retired.add(version)
        if broken_off:
            prod.retire(self.ledger, version, batch)
        assert not [key for key in store.values if key.split("/")[1:2] == [version] and not key.startswith("retired/")]
        assert not any(version in decision.counted for some in self.ledger.remembered() for decision in some)

    @invariant()
    def the_evidence_in_force_and_that_of_any_version_once_its_migration_is_done_is_that_of_the_set(self):
        kept = dict(self.ledger.store.values)
        for version, embed in PHIS.items():
            if version in self.retired:
                with pytest.raises(prod.RetiredModelError) if self.decisions else contextlib.nullcontext():
                    self.ledger.migrate(embed, version)
                continue
            if version != self.in_force:
                self.ledger.migrate(embed, version)
            sums = self.ledger.evidence(version, "shared")
            A, b = literal(self.decisions, self.verdicts, embed, ridge=1.0)
            assert (sums.n_shown, sums.n_clicks) == (len(self.verdicts), sum(self.verdicts.values()))
            np.testing.assert_array_equal(sums.A, A)
            np.testing.assert_array_equal(sums.b, b)
        self.ledger.store.values = kept  # it was only a look


TestAnyHistory = AnyHistory.TestCase


def test_nobody_counts_under_a_version_that_is_not_in_force(ledger):
    decision = recorded(ledger)
    ledger.put_in_force("v2")
    with pytest.raises(prod.StaleModelError, match="model v2 is in force, not v1"):
        ledger.settle([prod.Message("d0", int(decision.arms[0]), 1)], phi(0), "v1")
    assert ledger.decision("d0").verdict.max() == -1
    assert ledger.settle([prod.Message("d0", int(decision.arms[0]), 1)], phi(1), "v2") == [prod.Outcome.COUNTED]


@pytest.mark.parametrize("version", ["current", "", "a/b", 7])
def test_a_version_whose_keys_would_be_those_of_others_is_not_published(ledger, version):
    ledger.put_in_force("v1")
    with pytest.raises(ValueError, match="version must be a name"):
        ledger.publish(version, {}, {})
    assert ledger.version_in_force() == "v1"


def test_a_ledger_needs_a_store():
    with pytest.raises(TypeError, match="open_store"):
        prod.Ledger("redis://localhost", 4)
