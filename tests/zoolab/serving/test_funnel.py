"""The funnel: when retrieval returns everything it is Neural-Linear on the whole catalog, choice for choice."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refused import each

from zoolab.rivals import InverseGap
from zoolab.serving import (
    Arrivals,
    Embedder,
    Funnel,
    InverseGapRanking,
    Message,
    Outcome,
    Posterior,
    Retriever,
    Rule,
    Sums,
    UCBRanking,
    Visitor,
)
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import LEAVE_ALONE, StoreUnavailableError
from zoolab.serving.stores.codec import UnreadableValueError
from zoolib import FeatureEngineer, Frozen, NeuralLinearAgent, ZooplusSimulator
from zoolib.networks import MLP

PERSONAS = np.eye(4)


def network(seed=0, d=9):
    return MLP((d, 64, 32), [np.random.default_rng(seed)], linear=(2,))


def shelf(features, sim):
    """The products' part of the contexts, and embeddings to search by that are of no use."""
    products = features.table[0, sim.product_category][:, 4:]
    return products, np.ones((sim.n_products, 2), dtype=np.float32)


@pytest.fixture
def shop():
    return ZooplusSimulator(n_products=30, n_users=60, seed=5)


@pytest.fixture
def make(shop, tmp_path):
    """Return a maker of funnels on one store."""
    features = FeatureEngineer(shop)
    products, embeddings = shelf(features, shop)
    stores = []

    def funnel(embedder="default", name="store", **settings):
        store = open_store(tmp_path / name) if name not in dict(stores) else dict(stores)[name]
        stores.append((name, store))
        if embedder == "default":
            embedder = Embedder(network(), device="cpu", dtype="float64")
        given = {"query": lambda x: np.ones(2), "n_candidates": 30, "n_slate": 1, "ranking": UCBRanking()} | settings
        return Funnel(Retriever(embeddings, "exact"), products, embedder, store, **given)

    yield funnel
    for store in dict(stores).values():
        store.close()


def visitor(shop, user, features=None):
    features = features or FeatureEngineer(shop)
    persona = shop.persona(user)
    return Visitor(features.table[persona, 0][:4], id=f"{user}", segment=shop.personas[persona])


# ---- the same choices --------------------------------------------------------------------------------------


def test_with_all_products_as_candidates_it_is_neural_linear_choice_for_choice(make, shop):
    features, twin = FeatureEngineer(shop), shop.copy()
    agent = NeuralLinearAgent(features, alpha=0.3, training=Frozen(), rng=0)
    funnel = make(Embedder(agent.network, device="cpu", dtype="float64"))
    for user in np.random.default_rng(1).integers(0, 60, 400).tolist():
        decision = funnel.decide(visitor(shop, user, features))
        arm = agent.predict(user, twin)
        assert decision.arms[0] == arm
        reward = shop.get_reward(user, arm)
        assert reward == twin.get_reward(user, arm)
        agent.update(user, arm, reward, twin)
        assert funnel.feedback(decision.id, arm, reward) is Outcome.COUNTED
    sums = funnel.ledger.evidence(funnel.embedder.version, "shared")
    np.testing.assert_allclose(sums.A, agent.evidence.A, atol=1e-10)
    np.testing.assert_allclose(sums.b, agent.evidence.b, atol=1e-10)


def test_the_slate_is_the_best_of_the_candidates_in_order(make, shop):
    funnel = make(n_slate=7)
    decision = funnel.decide(visitor(shop, 3))
    posterior, embedder = funnel.posterior("shared")
    scores = UCBRanking(0.3).scores(embedder(funnel.contexts(visitor(shop, 3), np.arange(30))), posterior)
    np.testing.assert_array_equal(decision.arms, np.argsort(-scores.round(9), kind="stable")[:7])
    np.testing.assert_allclose(decision.score, np.sort(scores)[::-1][:7])
    assert np.isnan(decision.propensity).all()


def test_a_slate_tells_payoff_and_width_of_its_scores_and_may_have_a_ranking_of_its_own(make, shop):
    funnel = make(n_slate=7)
    for user in range(10):
        decision = funnel.decide(visitor(shop, user))
        funnel.feedback(decision.id, int(decision.arms[0]), 1)
        for alpha, made in ((0.3, decision), (2.5, funnel.slate(visitor(shop, user), ranking=UCBRanking(2.5)))):
            np.testing.assert_allclose(made.score, made.payoff + alpha * made.width, atol=1e-12)
    assert funnel.ranking.alpha == 0.3
    with pytest.raises(TypeError, match="ranking must be a Ranking"):
        funnel.slate(visitor(shop, 0), ranking=-1)


def test_a_grouping_learns_for_its_group_alone(make, shop):
    for grouping, other, same in (("shared", 1, True), ("segment", None, False), ("user", 1, False)):
        funnel = make(name=grouping, grouping=grouping)
        first = visitor(shop, 0)
        other = other or next(u for u in range(60) if shop.persona(u) != shop.persona(0))
        decision = funnel.decide(first)
        funnel.feedback(decision.id, int(decision.arms[0]), 1)
        groups = [visitor(shop, u).group(grouping) for u in (0, other)]
        learned = [funnel.ledger.evidence(funnel.embedder.version, group).n_shown for group in groups]
        assert learned == [1, 1 if same else 0]


def test_it_goes_on_where_it_stood_when_it_is_started_again(make, shop, tmp_path):
    funnel = make()
    for user in range(20):
        decision = funnel.decide(visitor(shop, user))
        funnel.feedback(decision.id, int(decision.arms[0]), user % 2)
    pending = funnel.decide(visitor(shop, 21))
    again = make(None)
    assert again.embedder.version == funnel.embedder.version
    assert again.feedback(pending.id, int(pending.arms[0]), 1) is Outcome.COUNTED
    np.testing.assert_array_equal(again.slate(visitor(shop, 5)).arms, funnel.slate(visitor(shop, 5)).arms)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), dtype=st.sampled_from(["float32", "float64"]))
def test_processes_with_the_same_evidence_show_the_same_slates(shop, data, dtype):
    """However its clicks were portioned and ordered, and whatever stands beside the products that are looked at."""
    n_messages, cuts = 24, data.draw(st.lists(st.integers(1, 23), max_size=6))
    order = data.draw(st.permutations(range(n_messages)))
    products, embeddings = shelf(FeatureEngineer(shop), shop)
    phi, slates = Embedder(network(), device="cpu", dtype=dtype), []
    for portions in (range(n_messages),), np.split(np.array(order), sorted(cuts)):
        with tempfile.TemporaryDirectory() as folder, open_store(folder) as store:
            retriever, how = Retriever(embeddings, "exact"), {"query": lambda x: np.ones(2), "ranking": UCBRanking()}
            funnel = Funnel(retriever, products, phi, store, n_candidates=30, n_slate=30, **how)
            decisions = [funnel.decide(visitor(shop, user % 3), ranking=UCBRanking(0.0)) for user in range(n_messages)]
            for portion in portions:
                verdicts = [(decisions[i].id, int(decisions[i].arms[0]), int(i % 2)) for i in portion]
                funnel.settle([Message(*verdict) for verdict in verdicts])
            again = Funnel(retriever, products, None, store, n_candidates=30, n_slate=30, dtype=dtype, **how)
            slates.append([again.slate(visitor(shop, user)).arms.tolist() for user in range(6)])
            some = Rule(np.arange(30) % data.draw(st.integers(2, 5)) > 0)  # fewer in a batch, in the same order
            for user, slate in enumerate(slates[-1]):
                assert again.slate(visitor(shop, user), some).arms.tolist() == [arm for arm in slate if some.mask[arm]]
    assert slates[0] == slates[1]


# ---- business rules ----------------------------------------------------------------------------------------


def test_what_a_rule_forbids_is_never_shown_and_arrivals_are_candidates(make, shop):
    funnel = make(n_candidates=10, n_slate=10, arrivals=Arrivals(np.arange(27, 30), np.ones((3, 2))), quota=2)
    decision = funnel.decide(visitor(shop, 0), Rule(~np.isin(np.arange(30), [0, 1, 2, 27])))
    assert not {0, 1, 2, 27} & set(decision.arms.tolist())
    assert {28, 29} <= set(decision.arms.tolist())
    with pytest.raises(ValueError, match="rule must allow"):
        funnel.decide(visitor(shop, 0), Rule(np.zeros(30, dtype=bool)))


# ---- float32 -----------------------------------------------------------------------------------------------


def test_float32_embeds_to_seven_digits_and_its_scores_differ_by_less_than_they_are_worth():
    X = np.random.default_rng(0).normal(size=(500, 9))
    single, double = (Embedder(network(), device="cpu", dtype=dtype) for dtype in ("float32", "float64"))
    assert single.version == double.version
    Z, exact = single(X), double(X)
    assert Z.dtype == exact.dtype == float
    error = np.abs(Z - exact).max() / np.abs(exact).max()
    assert 0 < error < 1e-6
    A = np.eye(32) + exact.T @ exact
    posterior = Posterior.of(Sums(A, exact.T @ np.random.default_rng(1).random(500)))
    difference = np.abs(UCBRanking(0.3).scores(Z, posterior) - UCBRanking(0.3).scores(exact, posterior))
    assert difference.max() < 1e-5


def test_float32_can_turn_a_choice_only_between_products_that_are_nearly_equal(make, shop):
    single, double = (
        make(Embedder(network(), device="cpu", dtype=dtype), name=dtype) for dtype in ("float32", "float64")
    )
    for user in range(60):
        a, b = single.slate(visitor(shop, user)), double.slate(visitor(shop, user))
        assert a.score[0] == pytest.approx(b.score[0], abs=1e-5)
        assert shop.product_category[a.arms[0]] == shop.product_category[b.arms[0]]


def test_auto_takes_what_there_is_and_embeds_as_numpy_does():
    X = np.random.default_rng(0).normal(size=(50, 9))
    auto = Embedder(network())
    here = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert auto.device == here
    np.testing.assert_allclose(auto(X), Embedder(network(), device="cpu", dtype="float64")(X), atol=1e-4)


@pytest.mark.parametrize(
    ("cuda", "mps", "dtype", "taken"),
    [
        (True, True, "float32", "cuda"),
        (True, False, "float64", "cuda"),
        (False, True, "float32", "mps"),
        (False, True, "float64", "cpu"),  # MPS has no float64
        (False, False, "float32", "cpu"),
    ],
)
def test_auto_takes_cuda_else_mps_else_the_processor(monkeypatch, cuda, mps, dtype, taken):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, device: tensor)  # the devices are not really there
    embedder, X = Embedder(network(), dtype=dtype), np.random.default_rng(0).normal(size=(50, 9))
    assert embedder.device == taken
    np.testing.assert_allclose(embedder(X), network().forward(X, depth=2)[2], atol=1e-6)


def test_where_torch_is_missing_auto_takes_the_processor_and_other_devices_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert Embedder(network()).device == "cpu"
    with pytest.raises(ImportError, match="pip install"):
        Embedder(network(), device="cuda")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"network": "phi"}, "network must be one MLP"),
        ({"network": MLP((9, 2), np.random.default_rng(0).spawn(2), (2,))}, "without an axis of worlds"),
        ({"device": "tpu"}, "device must be one of"),
        ({"dtype": "float16"}, "dtype"),
        ({"depth": 3}, "depth"),
    ],
)
def test_an_embedder_that_cannot_be_is_refused(arguments, said):
    with pytest.raises((ValueError, TypeError), match=said):
        Embedder(**({"network": network()} | arguments))


def test_an_embedder_keeps_its_weights_when_the_network_is_trained_on():
    phi = network()
    embedder = Embedder(phi, device="cpu", dtype="float64")
    before = embedder(np.ones((1, 9)))
    phi.flat += 1
    np.testing.assert_array_equal(embedder(np.ones((1, 9))), before)
    assert Embedder(phi).version != embedder.version
    again = Embedder.of_record(*embedder.record(), device="cpu", dtype="float64")
    assert again.version == embedder.version
    np.testing.assert_array_equal(again(np.ones((1, 9))), before)


# ---- rankings that take chances, and their propensities -----------------------------------------------------


def posterior_and_candidates(m=6, d=3):
    rng = np.random.default_rng(2)
    Z = rng.normal(size=(m, d))
    return Z, Posterior.of(Sums(np.eye(d) + Z.T @ Z, rng.normal(size=d)))


@pytest.mark.many
@pytest.mark.parametrize("price", [0.01, 0.3])
def test_inverse_gaps_of_a_slate_are_those_of_the_agents_and_what_they_say_of_themselves(price):
    Z, posterior = posterior_and_candidates()
    ranking, scores = InverseGapRanking(0.7, price=price, rng=0), UCBRanking(0.7).scores(Z, posterior)
    first = InverseGap(gamma=6 / price).chances(scores)
    counts = np.zeros((6, 6))
    for _ in range(20_000):
        (a, b), shown, propensity, *_ = ranking.rank(Z, posterior, 2)
        left = np.where(np.arange(6) == a, -np.inf, scores)
        np.testing.assert_allclose(propensity, [first[a], InverseGap(gamma=5 / price).chances(left)[b]], rtol=1e-9)
        np.testing.assert_array_equal(shown, scores[[a, b]])
        counts[a, b] += 1
    np.testing.assert_allclose(counts.sum(1) / 20_000, first, atol=0.015)
    assert (counts.sum(1) / 20_000) @ (scores.max() - scores) < price


def test_equal_candidates_are_equally_probable_whatever_their_last_digits_are():
    Z = np.ones((4, 1)) * (1 + np.array([0, 3e-6, -3e-6, -0.5]))[:, None]
    ranked = [InverseGapRanking(0.0, rng=s).rank(Z, Posterior(np.ones(1), np.eye(1)), 1, 1e-5) for s in range(200)]
    told = {int(one.order[0]): one.propensity[0] for one in ranked}
    assert told[1] == told[2] == 0.25
    assert told[0] > 0.45


def test_a_slate_of_the_whole_shelf_holds_each_candidate_once():
    Z, posterior = posterior_and_candidates()
    for seed in range(50):
        found = InverseGapRanking(price=10.0, rng=seed).rank(Z, posterior, 9)
        assert sorted(found.order.tolist()) == list(range(6))
        assert found.propensity[-1] == 1.0


def test_a_funnel_logs_with_propensities_unless_it_is_told_otherwise(make, shop):
    funnels = [make(name=f"store{i}", n_slate=5, ranking=None) for i in range(2)]
    decisions = [[funnel.decide(visitor(shop, user)) for user in range(20)] for funnel in funnels]
    kept = funnels[0].ledger.decision(decisions[0][0].id)
    np.testing.assert_array_equal(kept.propensity, decisions[0][0].propensity)
    assert all(
        ((d.propensity > 0) & (d.propensity <= 1)).all() and len({*d.arms}) == 5 for one in decisions for d in one
    )
    assert [d.arms.tolist() for d in decisions[0]] != [d.arms.tolist() for d in decisions[1]]  # nobody can foresee it


def test_before_the_first_verdicts_visitors_who_are_alike_are_not_all_shown_the_same(make, shop):
    funnel = make(ranking=InverseGapRanking(1.0, rng=0))
    assert len({int(funnel.decide(visitor(shop, 3)).arms[0]) for _ in range(40)}) > 3


def test_weighting_by_propensities_gives_the_value_of_every_arm_without_bias():
    Z, posterior = posterior_and_candidates()
    ranking, values = InverseGapRanking(1.0, price=0.3, rng=3), np.linspace(0.1, 0.9, 6)
    estimates = np.zeros((8000, 6))
    for i in range(8000):
        (arm,), _, (propensity,), *_ = ranking.rank(Z, posterior, 1)
        estimates[i, arm] = values[arm] / propensity
    error = estimates.std(0) / np.sqrt(8000)
    assert (np.abs(estimates.mean(0) - values) < 4 * error).all()


# ---- many at a time ----------------------------------------------------------------------------------------


def test_threads_lose_nothing(make, shop):
    funnel, outcomes = make(), []

    def work(seed):
        for user in np.random.default_rng(seed).integers(0, 60, 40).tolist():
            decision = funnel.decide(visitor(shop, user))
            outcomes.append(funnel.feedback(decision.id, int(decision.arms[0]), user % 2))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert outcomes == [Outcome.COUNTED] * 160
    assert funnel.ledger.evidence(funnel.embedder.version, "shared").n_shown == 160


class Away:
    """A store that can be taken away."""

    def __init__(self, store):
        self.store, self.is_away = store, False

    def __getattr__(self, name):
        if self.is_away and name in ("get", "transact", "scan"):
            raise StoreUnavailableError("gone")
        return getattr(self.store, name)


def test_while_the_store_is_away_slates_go_on_and_a_click_can_be_told_again(make, shop):
    funnel = make()
    decision = funnel.decide(visitor(shop, 0))
    away = Away(funnel.store)
    funnel.store = funnel.ledger.store = away
    away.is_away = True
    assert len(funnel.slate(visitor(shop, 1)).arms) == 1
    with pytest.raises(StoreUnavailableError):
        funnel.decide(visitor(shop, 1))
    with pytest.raises(StoreUnavailableError):
        funnel.feedback(decision.id, int(decision.arms[0]), 1)
    away.is_away = False
    assert funnel.feedback(decision.id, int(decision.arms[0]), 1) is Outcome.COUNTED


def test_while_the_store_hangs_slates_ask_it_once_in_a_while_and_know_nothing_of_strangers(make, shop, monkeypatch):
    funnel, now, asked = make(grouping="user"), [100.0], []
    known = funnel.decide(visitor(shop, 0))
    funnel.feedback(known.id, int(known.arms[0]), 1)
    before = funnel.slate(visitor(shop, 0))
    assert before.payoff[0] > 0

    def hang(*_):
        asked.append(now[0])
        now[0] += 5.0  # as long as a store is waited for
        raise StoreUnavailableError("does not answer")

    monkeypatch.setattr("zoolab.serving.funnel.time.monotonic", lambda: now[0])
    monkeypatch.setattr(funnel.store, "get", hang)
    for _ in range(20):
        assert np.array_equal(funnel.slate(visitor(shop, 0)).score, before.score)
    assert (funnel.slate(visitor(shop, 1)).payoff == 0).all()
    assert asked == [100.0]
    now[0] += LEAVE_ALONE
    funnel.slate(visitor(shop, 0))
    assert len(asked) == 2


# ---- a new phi ---------------------------------------------------------------------------------------------


def test_a_new_phi_takes_over_the_evidence_and_other_funnels_follow(make, shop):
    funnel = make()
    other = make()
    decisions = [funnel.decide(visitor(shop, user)) for user in range(20)]
    for user, decision in enumerate(decisions[:15]):
        funnel.feedback(decision.id, int(decision.arms[0]), user % 2)
    new = Embedder(network(7), device="cpu", dtype="float64")
    assert funnel.deploy(new) == 15
    late = decisions[15]  # made under the old phi, clicked under the new one, reported to a process that has not heard
    assert other.feedback(late.id, int(late.arms[0]), 1) is Outcome.COUNTED
    assert other.embedder.version == new.version
    Z = new(np.concatenate([d.X for d in decisions[:16]]))
    sums = other.ledger.evidence(new.version, "shared")
    np.testing.assert_allclose(sums.A, np.eye(32) + Z.T @ Z, atol=1e-5)
    np.testing.assert_allclose(sums.b, Z.T @ [*(u % 2 for u in range(15)), 1], atol=1e-5)
    np.testing.assert_array_equal(other.slate(visitor(shop, 3)).arms, funnel.slate(visitor(shop, 3)).arms)


def test_to_roll_back_is_to_deploy_the_version_of_before_and_each_click_is_there_once(make, shop):
    funnel = make()
    first, told = funnel.embedder.version, 0
    for step in (None, Embedder(network(7), device="cpu", dtype="float64"), first):
        if step is not None:
            funnel.deploy(step)
        for user in range(4):
            decision = funnel.decide(visitor(shop, user))
            funnel.feedback(decision.id, int(decision.arms[0]), 1)
        told += 4
        assert funnel.ledger.evidence(funnel.embedder.version, "shared").n_clicks == told
    assert funnel.embedder.version == first
    with pytest.raises(UnreadableValueError, match="holds no model 'never'"):
        funnel.deploy("never")


def test_another_phi_than_the_one_in_force_is_refused(make):
    make()
    with pytest.raises(ValueError, match="embedder=None, then deploy"):
        make(Embedder(network(1)))
    with pytest.raises(ValueError, match="contexts of length 9, got 4"):
        make().deploy(Embedder(network(1, d=4)))


# ---- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("settings", "said"), [
    ({"grouping": "city"}, "grouping must be one of shared, segment, user"), ({"ranking": "ucb"}, "ranking must be"),
    ({"embedder": None}, "embedder must be given"),
    *each(n_candidates=[0], n_slate=[31], quota=[31], ridge=[0], ttl=[0]),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(make, settings, said):
    with pytest.raises((ValueError, TypeError), match=said):
        make(**settings)


@pytest.mark.parametrize("x", [np.zeros(3), np.zeros((1, 4)), np.full(4, np.nan), [1, 2]])
def test_a_visitor_without_fitting_features_is_refused(make, x):
    with pytest.raises(ValueError, match=r"visitor\.x must be 4 finite numbers"):
        make().decide(Visitor(x))


@pytest.mark.parametrize("products", [
    np.eye(5, dtype=int), np.eye(5, dtype=bool), np.eye(5).tolist(), np.eye(5),
], ids=["whole numbers", "truth values", "lists", "floats"])  # fmt: skip
def test_products_of_any_numbers_leave_a_visitor_as_they_are(products, tmp_path):
    store = open_store(tmp_path / "store")
    funnel = Funnel(
        Retriever(np.ones((5, 2)), "exact"), products, Embedder(network(d=7)), store, query=lambda x: np.ones(2),
        n_candidates=5, n_slate=2,
    )  # fmt: skip
    decision = funnel.decide(Visitor([0.7, -0.9]))
    assert funnel.ledger.decision(decision.id).X[:, :2].tolist() == [[0.7, -0.9]] * 2
    store.close()


def test_a_visitor_without_a_name_has_no_evidence_of_their_own(make):
    with pytest.raises(ValueError, match="id must be a name"):
        make(grouping="user").decide(Visitor(np.zeros(4)))


@pytest.mark.parametrize("arguments", [{"alpha": -1}, {"price": 0.0}, {"price": "x"}, {"rng": "x"}])
def test_a_ranking_that_makes_no_sense_is_refused(arguments):
    with pytest.raises((ValueError, TypeError)):
        InverseGapRanking(**({"rng": 0} | arguments))
