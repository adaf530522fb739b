"""Who is forgotten leaves nothing in the evidence: not under the model in force, and not under those before it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore
from test_ledger import D_EMB, assert_is, literal, phi, recorded, shown

from zoolab.serving import Ledger, Message, Outcome, RetiredModelError, Sums, erase, retire
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import StoreUnavailableError


def told(ledger, decisions, embed, version, rewards):
    """Report a verdict on everything that was shown, and return them all by decision and place."""
    verdicts = {(i, j): int(rewards[i][j]) for i in range(len(decisions)) for j in range(3)}
    messages = [Message(decisions[i].id, int(decisions[i].arms[j]), r) for (i, j), r in verdicts.items() if r >= 0]
    ledger.settle(messages, embed, version)
    return {key: r for key, r in verdicts.items() if r >= 0}


@given(
    st.lists(st.lists(st.integers(-1, 1), min_size=3, max_size=3), min_size=4, max_size=4),
    st.sets(st.integers(0, 3)),
)
@settings(max_examples=40, deadline=None)
def test_what_is_left_is_the_evidence_of_all_others(rewards, hers):
    ledger, embed = Ledger(MemoryStore(), D_EMB, ridge=0.5), phi(0)
    decisions = [recorded(ledger, seed=i) for i in range(4)]
    verdicts = told(ledger, decisions, embed, "v", rewards)
    assert erase(ledger, [f"d{i}" for i in hers], lambda version: embed) == len(hers)
    others = {key: r for key, r in verdicts.items() if key[0] not in hers}
    sums = ledger.evidence("v", "shared")
    assert_is(sums, *literal(decisions, others, embed))
    assert (sums.n_shown, sums.n_clicks) == (len(others), sum(others.values()))
    assert all((ledger.decision(f"d{i}") is None) == (i in hers) for i in range(4))


def test_it_leaves_the_evidence_of_every_version_and_of_every_group():
    ledger, phis = Ledger(MemoryStore(), D_EMB, ridge=0.5), {"old": phi(0), "new": phi(1)}
    decisions = [recorded(ledger, seed=i, group=f"user:{i % 2}") for i in range(4)]
    verdicts = told(ledger, decisions, phis["old"], "old", [[1, 0, 1]] * 4)
    ledger.migrate(phis["new"], "new")
    assert erase(ledger, ["d0", "d3"], phis.__getitem__) == 2
    for version, embed in phis.items():
        for group, left in (("user:0", 2), ("user:1", 1)):
            mine = {key: r for key, r in verdicts.items() if key[0] == left}
            assert_is(ledger.evidence(version, group), *literal(decisions, mine, embed))


def test_a_later_click_is_unknown_and_to_erase_twice_does_no_harm():
    ledger, embed = Ledger(MemoryStore(), D_EMB, ridge=0.5), phi(0)
    decisions = [shown(seed=0), shown(seed=1)]
    for decision in decisions:
        ledger.record(decision)
    told(ledger, decisions, embed, "v", [[1, 0, -1]] * 2)
    assert [erase(ledger, ["d0"], lambda version: embed) for _ in range(2)] == [1, 0]
    last = Message("d0", int(decisions[0].arms[2]), 1)
    assert ledger.settle([last], embed, "v") == [Outcome.UNKNOWN]
    assert ledger.migrate(embed, "v") == 0
    assert ledger.evidence("v", "shared").n_shown == 2


def test_a_deployment_in_between_is_noticed_and_taken_out_too():
    store, phis = MemoryStore(), {"old": phi(0), "new": phi(1)}
    ledger = Ledger(store, D_EMB, ridge=0.5)
    decision = recorded(ledger, seed=0)
    told(ledger, [decision], phis["old"], "old", [[1, 0, 1]])

    def overtaken(version):
        ledger.migrate(phis["new"], "new")  # between reading the decision and taking it out
        return phis[version]

    assert erase(ledger, ["d0"], overtaken) == 1
    for version in phis:
        assert_is(ledger.evidence(version, "shared"), 0.5 * np.eye(D_EMB), np.zeros(D_EMB))


def test_where_the_store_is_away_nothing_is_half_erased(tmp_path):
    embed, store = phi(0), open_store(tmp_path / "store")
    ledger = Ledger(store, D_EMB, ridge=0.5)
    recorded(ledger, seed=0)
    told(ledger, [shown(seed=0)], embed, "v", [[1, 1, 0]])
    store.close()
    with pytest.raises(StoreUnavailableError):
        erase(ledger, ["d0"], lambda version: embed)
    with open_store(tmp_path / "store") as again:
        ledger = Ledger(again, D_EMB, ridge=0.5)
        assert (ledger.evidence("v", "shared").n_shown, ledger.decision("d0").counted["v"].tolist()) == (3, [1, 1, 0])


@pytest.mark.parametrize(
    ("ids", "how"),
    [(7, phi), ([7], phi), ("d0", phi), (["d0"], None), (["d0"], lambda version: None), (["d0"], {}.__getitem__)],
)
def test_nonsense_is_refused_and_changes_nothing(ids, how):
    ledger, embed = Ledger(MemoryStore(), D_EMB, ridge=0.5), phi(0)
    recorded(ledger, seed=0)
    told(ledger, [shown(seed=0)], embed, "v", [[1, 0, 1]])
    before = dict(ledger.store.values)
    with pytest.raises((TypeError, ValueError, KeyError)):
        erase(ledger, ids, how)
    assert ledger.store.values == before


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_path_of_verdicts_that_ends_in_none_leaves_the_prior(path):
    sums, z, before = Sums.prior(3, 1.0), np.array([1.0, -2.0, 0.5]), -1
    for verdict in [*(v for pair in path for v in pair), -1]:
        sums.count(z, verdict, before)
        before = verdict
    np.testing.assert_allclose(sums.A, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(sums.b, 0, atol=1e-12)
    assert (sums.n_shown, sums.n_clicks) == (0, 0)


def test_of_whoever_was_alone_in_a_group_no_name_is_left():
    ledger, embed = Ledger(MemoryStore(), D_EMB, ridge=0.5), phi(0)
    decision = recorded(ledger, seed=0, group="user:ann")
    told(ledger, [decision], embed, "v", [[1, 0, 1]])
    assert erase(ledger, ["d0"], lambda version: embed) == 1
    assert not [key for key in ledger.store.values if "ann" in key]
    assert_is(ledger.evidence("v", "user:ann"), 0.5 * np.eye(D_EMB), np.zeros(D_EMB))


# ---- a version that never comes back -----------------------------------------------------------------------


def two_versions():
    ledger, phis = Ledger(MemoryStore(), D_EMB, ridge=0.5), {"old": phi(0), "new": phi(1)}
    decisions = [recorded(ledger, seed=i, group=f"user:{i % 2}") for i in range(4)]
    for version in phis:
        ledger.publish(version, {}, {"w": np.ones(3)})
    ledger.put_in_force("old")
    verdicts = told(ledger, decisions, phis["old"], "old", [[1, 0, 1]] * 4)
    assert ledger.take_in("random", np.ones((2, 5)), np.array([0, 1]), phis["old"], "old", "user:0")
    ledger.migrate(phis["new"], "new")
    ledger.put_in_force("new")
    return ledger, phis, decisions, verdicts


def test_of_a_retired_version_nothing_is_left_and_the_others_are_as_they_were():
    ledger, phis, decisions, verdicts = two_versions()
    of_new = {key: value for key, value in ledger.store.values.items() if key.startswith(("evidence/new", "model/new"))}
    assert retire(ledger, "old", batch=3) == 2  # a group for each of two users
    left = ledger.store.values
    assert {key for key in left if "old" in key} == {"retired/old"}
    assert of_new.items() <= left.items()
    assert [set(ledger.decision(f"d{i}").counted) for i in range(4)] == [{"new"}] * 4
    assert retire(ledger, "old") == 0  # once more: nothing is left to do
    last = Message("d0", int(decisions[0].arms[1]), 1)
    assert ledger.settle([last], phis["new"], "new") == [Outcome.CORRECTED]
    mine = {key: r for key, r in verdicts.items() if key[0] % 2 == 0} | {(0, 1): 1}
    assert_is(ledger.evidence("new", "user:0"), *literal(decisions, mine, phis["new"]))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda ledger, embed: ledger.put_in_force("old"),
        lambda ledger, embed: ledger.publish("old", {}, {}),
        lambda ledger, embed: ledger.migrate(embed, "old"),
        lambda ledger, embed: ledger.take_in("another", np.ones((1, 5)), np.ones(1), embed, "old"),
    ],
)
def test_a_retired_version_never_comes_back(attempt):
    ledger, phis, _, _ = two_versions()
    retire(ledger, "old")
    before = dict(ledger.store.values)
    with pytest.raises(RetiredModelError, match="'old' is: its evidence was deleted"):
        attempt(ledger, phis["old"])
    assert ledger.store.values == before


def test_a_decision_keeps_its_time_when_a_version_is_retired():
    ledger, _, _, _ = two_versions()
    ledger.store.time += ledger.ttl - 1
    retire(ledger, "old")
    assert ledger.decision("d0") is not None
    ledger.store.time += 2
    assert ledger.decision("d0") is None


WRONG = {"new": "in force", "nobody's": "published", "": "published", 7: "version"}


@pytest.mark.parametrize(("version", "said"), WRONG.items())
def test_what_cannot_be_retired_is_refused_and_nothing_changes(version, said):
    ledger, *_ = two_versions()
    before = dict(ledger.store.values)
    with pytest.raises((TypeError, ValueError), match=said):
        retire(ledger, version)
    assert ledger.store.values == before


def test_a_version_may_be_retired_while_somebody_is_forgotten():
    ledger, phis, decisions, _ = two_versions()

    def retired_halfway(version):
        if version == "old":  # all decisions have lost their counts of it, and its evidence is still there
            transact = ledger.store.transact

            def cut(keys, update):
                if keys[0].startswith("evidence/"):
                    raise KeyboardInterrupt
                return transact(keys, update)

            ledger.store.transact = cut
            with pytest.raises(KeyboardInterrupt):
                retire(ledger, "old")
            del ledger.store.transact
        return phis[version]

    assert erase(ledger, ["d0"], retired_halfway) == 1
    assert retire(ledger, "old") == 2
    left = {(i, j): r for i in (2,) for j, r in enumerate((1, 0, 1))}
    assert_is(ledger.evidence("new", "user:0"), *literal(decisions, left, phis["new"]))
