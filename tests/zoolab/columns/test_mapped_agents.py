"""The agents of chapter 8: one rule on many maps, held to literal versions and to the rules of all agents."""

import numpy as np
import pytest
from small_agents import held

from zoolab import columns as maps
from zoolab.columns.logistic import climbed
from zoolab.rivals import PerProductAgent
from zoolib import UCB, ContextSpace, Thompson
from zoolib.networks import Adam

SMALL = {"every": 40, "batches": 3, "batch_size": 16, "epochs": 2}


def mapped(**settings):
    return lambda features, rng: maps.MappedAgent(features, **settings, rng=rng)


LEARNED = maps.Learned(hidden=(8, 5), **SMALL)

# With Thompson sampling, as where nothing else is said, each choice has a draw of its own.
TestRaw = held(mapped(map=maps.Identity()), is_random=True)
TestCrossedUCB = held(mapped(map=maps.Crossed(), exploration=UCB(), settle=3))
TestLogisticWaves = held(
    mapped(map=maps.RandomFourier(n=6), link="logistic", settle=3), is_random=True, rewards="random"
)
TestWaves = held(mapped(map=maps.RandomFourier(n=12)), is_random=True)
TestLearned = held(mapped(map=LEARNED, alpha=0.3, settle=7), is_random=True)
TestHead = held(lambda features, rng: maps.HeadAgent(features, map=LEARNED, exploration=UCB(), rng=rng))


# ---- the rule against itself written out -----------------------------------------------------------------------------


@pytest.fixture
def shop():
    return maps.FeatureShop(maps.Segments(nuisances=1), seed=[5, 8], n_products=30, shown=8, n_log=200, n_steps=150)


def literal_ucb(shop, i, phi, alpha, ridge):
    """LinUCB on phi(x), every matrix inverted at every visit, nothing kept but the records."""
    X, r = list(shop.log_x[i]), list(shop.log_r[i])
    shown = []
    for t in range(shop.n_steps):
        Z = phi(np.array(X))
        A = ridge * np.eye(Z.shape[1]) + Z.T @ Z
        theta = np.linalg.solve(A, Z.T @ np.array(r))
        C = shop.contexts(t)[i]
        score = [z @ theta + alpha * np.sqrt(z @ np.linalg.inv(A) @ z) for z in phi(C)]
        k = int(np.flatnonzero(np.array(score) >= max(score) - 1e-10)[0])
        X.append(C[k])
        r.append(float(shop.luck[i, t] < shop.probability[i, t, k]))
        shown.append(shop.shelf[i, t, k])
    return shown


@pytest.mark.parametrize("crossed", [False, True])
def test_the_agent_chooses_as_the_rule_written_out(shop, crossed):
    def phi(X):
        one = np.column_stack([np.ones(len(X)), X[:, 1:]])
        return (
            np.array([[x[i] * x[j] for i in range(len(x)) for j in range(i, len(x))] for x in one]) if crossed else one
        )

    chosen = (maps.Crossed if crossed else maps.Identity)(shop.layout)
    agent = maps.MappedAgent(shop.space, map=chosen, alpha=0.5, ridge=2.0, settle=1, exploration=UCB(), rng=0)
    arm = maps.serve({"agent": agent}, shop).arm[0]
    for i in range(2):
        assert arm[i].tolist() == literal_ucb(shop, i, phi, 0.5, 2.0)


def test_a_model_for_each_product_is_linucb_on_the_users_of_that_product(shop):
    agent = PerProductAgent(shop.space, layout=shop.layout, n_products=30, alpha=0.4, ridge=3.0)
    maps.serve({"agent": agent}, shop)
    X, r = shop.log_x[1], shop.log_r[1]
    fresh = PerProductAgent(shop.space, layout=shop.layout, n_products=30, alpha=0.4, ridge=3.0)
    fresh.warm(shop.log_x, shop.log_r)
    C = shop.contexts(0)
    for k, c in enumerate(C[1]):
        mine = X[:, 0] == c[0]
        Z = np.column_stack([np.ones(mine.sum()), X[mine][:, shop.layout.user]])
        z = np.r_[1, c[shop.layout.user]]
        A = 3.0 * np.eye(len(z)) + Z.T @ Z
        mean, width = z @ np.linalg.solve(A, Z.T @ r[mine]), np.sqrt(z @ np.linalg.solve(A, z))
        assert fresh.payoff(C)[1, k] == pytest.approx(mean)
        assert fresh.uncertainty(C)[1, k] == pytest.approx(width)
        assert fresh.score(C)[1, k] == pytest.approx(mean + 0.4 * width)


def test_thompson_draws_theta_from_its_posterior():
    rng = np.random.default_rng(3)
    agent = maps.MappedAgent(ContextSpace(3, 4), map=maps.Identity(), alpha=0.7, ridge=0.5, settle=40_000, rng=1)
    agent.warm(rng.normal(size=(30, 3)), rng.normal(size=30))
    assert np.allclose(agent.evidence.theta, np.linalg.solve(agent.evidence.A, agent.evidence.b))
    drawn = agent.evidence.theta + agent.alpha * agent.exploration._noise
    assert np.allclose(drawn.mean(0), agent.evidence.theta, atol=0.02)
    assert np.allclose(np.cov(drawn.T), agent.alpha**2 * np.linalg.inv(agent.evidence.A), atol=0.005)


def test_each_visit_has_a_draw_of_its_own():
    agent = maps.MappedAgent(ContextSpace(2, 50), map=maps.Identity(), alpha=5.0, rng=1)
    X = np.random.default_rng(0).normal(size=(50, 2))
    assert len({agent.select(X) for _ in range(20)}) > 3


@pytest.mark.parametrize("fresh", [True, False])
def test_fresh_evidence_is_that_of_all_records_under_the_map_as_it_is_now(shop, fresh):
    agent = maps.MappedAgent(
        shop.space, map=maps.Learned(shop.layout, hidden=(6, 4), **SMALL), fresh=fresh, settle=1, rng=0
    )
    maps.serve({"agent": agent}, shop)
    Z = agent.map(agent._X[:, : agent._n])
    A = np.eye(6) + np.swapaxes(Z, -1, -2) @ Z
    assert np.allclose(agent.evidence.A, A) == fresh
    if fresh:
        assert np.allclose(agent.evidence.b, np.vecmat(agent._r[:, : agent._n], Z))


def test_the_maps_are_what_they_say():
    at = maps.Layout(2, 3, 2)
    x = np.array([7.0, 1.0, 2.0, 0.0, 1.0, 0.0, 3.0, 4.0])
    rngs = [np.random.default_rng(0)]
    raw, crossed, waves = (m(at).start(8, (), rngs) for m in (maps.Identity, maps.Crossed, maps.RandomFourier))
    assert raw(x[None]).tolist() == [[1, 1, 2, 0, 1, 0, 3, 4]]
    assert crossed(x[None]).shape == (1, 36)
    assert set(np.round(crossed(x[None])[0], 9)) == {a * b for a in raw(x[None])[0] for b in raw(x[None])[0]}
    y = waves(x[None])[0, 1:]
    assert np.allclose(y, np.sqrt(2) * np.cos(x[1:] @ waves.W + waves.c))


def test_random_waves_make_a_gaussian_kernel():
    waves = maps.RandomFourier(n=200_000, length=2.0).start(3, (), [np.random.default_rng(0)])
    X = np.random.default_rng(1).normal(size=(4, 3))
    Z = waves(X)[:, 1:]
    distance = ((X[:, None] - X) ** 2).sum(-1)
    assert np.allclose(Z @ Z.T / 200_000, np.exp(-distance / 8), atol=0.02)


def test_k_means_finds_segments_that_lie_apart():
    shop = maps.FeatureShop(maps.Segments(nuisances=0), seed=3, n_log=2000, n_steps=300)
    agent = maps.MappedAgent(shop.space, map=maps.KMeans(shop.layout), rng=0)
    results = maps.serve({"cells": agent}, shop)
    assert results.expected.mean() > 0.9 * results.oracle.mean()


def test_trees_learn_a_step_that_no_line_follows():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (800, 2))
    trees = maps.HeadAgent(ContextSpace(2, 4), map=maps.Boosted(n_trees=30, pairs=0), rng=0)
    trees.warm(X, (X[:, 0] * X[:, 1] > 0) * 1.0)
    assert trees.select(np.array([[0.5, -0.5], [-0.5, 0.5], [-0.5, -0.5], [0.5, -0.6]])) == 2


@pytest.mark.parametrize("make", [
    maps.Identity, maps.Crossed, maps.RandomFourier, maps.KMeans, lambda at: maps.Boosted(at, n_trees=3, every=50),
    lambda at: maps.Learned(at, **SMALL), lambda at: maps.Screened(at, of=maps.Crossed(at)),
    lambda at: maps.Screened(at, of=maps.KMeans(at)), lambda at: maps.Projected(at, of=maps.KMeans(at)),
])  # fmt: skip
def test_world_i_of_a_batch_is_the_single_shop_with_its_seed_choice_for_choice(make):
    def arms(seed):
        shop = maps.FeatureShop(maps.Segments(), seed=seed, n_products=40, shown=10, n_log=1000, n_steps=80)
        rngs = [np.random.default_rng(s) for s in shop.seeds]
        agent = maps.MappedAgent(
            shop.space, map=make(shop.layout), alpha=0.4, rng=rngs if shop.batch_shape else rngs[0]
        )
        return maps.serve({"agent": agent}, shop).arm[0]

    batch = arms([4, 11, 7])
    for i, seed in enumerate([4, 11, 7]):
        assert (arms(seed)[0] == batch[i]).all()


# ---- the logistic link -----------------------------------------------------------------------------------------------


def clicks(n=400, d=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, (rng.random(n) < 1 / (1 + np.exp(-X @ np.arange(1, d + 1)))) * 1.0


def test_the_evidence_on_log_odds_is_the_penalized_fit_and_its_curvature():
    from scipy.optimize import minimize

    Z, r = clicks()
    evidence = maps.BatchedLogistic(3, (), ridge=2.0)
    evidence.sum((), Z, r)
    evidence.factor()

    def loss(theta):
        odds = Z @ theta
        return theta @ theta + np.logaddexp(0, odds).sum() - r @ odds

    found = minimize(loss, np.zeros(3), tol=1e-12).x
    np.testing.assert_allclose(evidence.theta, found, atol=1e-5)
    p = 1 / (1 + np.exp(-Z @ evidence.theta))
    np.testing.assert_allclose(evidence.A, 2 * np.eye(3) + (Z.T * p * (1 - p)) @ Z, rtol=1e-8)
    np.testing.assert_allclose(evidence.width(Z[:5]), np.sqrt([z @ np.linalg.solve(evidence.A, z) for z in Z[:5]]))


@pytest.mark.parametrize("unit", [1e-3, 1e5, 1e12])
def test_the_evidence_on_log_odds_is_the_same_in_any_unit(unit):
    Z, r = clicks()
    thetas = []
    for scale in (1.0, unit):
        evidence = maps.BatchedLogistic(3, ridge=2 * scale**2)
        evidence.sum((), scale * Z, r)
        evidence.factor()
        thetas.append(scale * evidence.theta)
    np.testing.assert_allclose(*thetas, rtol=1e-9)


def test_what_is_known_is_the_prior_of_what_is_added():
    Z, r = clicks()
    evidence = maps.BatchedLogistic(3)
    for start in range(0, 400, 20):
        evidence.sum((), Z[start : start + 20], r[start : start + 20])
    evidence.factor()
    together = maps.BatchedLogistic(3)
    together.sum((), Z, r)
    together.factor()
    assert np.abs(evidence.theta - together.theta).max() < 2 * together.width(np.eye(3)).max()


def test_separable_clicks_and_large_numbers_bring_nothing_but_finite_log_odds():
    Z = np.linspace(-1e4, 1e4, 50)[:, None]
    evidence = maps.BatchedLogistic(1, ridge=1e-6)
    evidence.sum((), Z, (Z[:, 0] > 0) * 1.0)
    evidence.factor()
    assert np.isfinite(evidence.theta).all()
    assert evidence.theta[0] > 0


def test_with_the_logistic_link_payoffs_are_probabilities_and_the_order_is_that_of_log_odds():
    Z, r = clicks()
    choices = {"map": maps.Identity(), "link": "logistic", "exploration": UCB()}
    agent = maps.MappedAgent(ContextSpace(3, 5), alpha=0.0, settle=5, **choices, rng=0)
    agent.warm(Z[:300], r[:300])
    for z, reward in zip(Z[300:], r[300:], strict=True):
        agent.learn(z, 0, reward)
    X = Z[:5]
    payoff = agent.payoff(X)
    assert ((payoff > 0) & (payoff < 1)).all()
    np.testing.assert_allclose(np.log(payoff / (1 - payoff)), agent.evidence.mean(agent.phi(X)))
    assert agent.select(X) == payoff.argmax()


# ---- the network -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("lasso", [0.0, 0.03])
def test_the_gradient_is_that_of_torch(normalize, lasso):
    import torch

    net = maps.ClickNetwork((5, 7, 4, 1), [np.random.default_rng(0)], (), normalize)
    rng = np.random.default_rng(1)
    X, r = rng.normal(size=(9, 5)), rng.integers(0, 2, 9) * 1.0
    weights = [torch.tensor(a, requires_grad=True) for layer in net.layers for a in layer]
    H = torch.tensor(X)
    for i in range(3):
        H = H @ weights[2 * i] + weights[2 * i + 1]
        if i < 2:
            H = torch.nn.functional.layer_norm(H, H.shape[-1:], eps=1e-5) if normalize else H
            H = torch.relu(H)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(H[:, 0], torch.tensor(r))
    (loss + lasso * weights[0].abs().sum()).backward()
    expected = np.concatenate([w.grad.numpy().ravel() for w in weights])
    assert np.allclose(net.click_gradient(X, r, lasso), expected, atol=1e-12)


def test_network_i_of_a_batch_shares_its_weights_with_the_batch():
    net = maps.ClickNetwork((3, 4, 1), [np.random.default_rng(i) for i in range(2)], (2,))
    X = np.random.default_rng(5).normal(size=(2, 6, 3))
    one = net.of_world(1)
    assert np.allclose(one(X[1]), net(X)[1])
    one.flat += 1.0
    assert np.allclose(one(X[1]), net(X)[1])


def test_decoupled_adam_is_that_of_torch():
    import torch

    w = np.random.default_rng(0).normal(size=6)
    theirs = torch.nn.Parameter(torch.tensor(w.copy()))
    optimizer, ours = torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.3), maps.AdamW(w, 0.01, 0.3)
    for t in range(20):
        g = np.random.default_rng(t).normal(size=6)
        theirs.grad = torch.tensor(g.copy())
        optimizer.step()
        ours.step(g)
    assert np.allclose(w, theirs.detach().numpy(), atol=1e-9)


def test_without_decay_it_is_plain_adam():
    w, v = np.ones(3), np.ones(3)
    for optimizer in (maps.AdamW(w, 0.1, 0.0), Adam(v, 0.1)):
        optimizer.step(np.array([1.0, -2.0, 3.0]))
    assert (w == v).all()


def test_the_sigmoid_saturates_without_a_warning():
    assert maps.sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("settings", "message"), [
    ({"map": "crossed"}, "map must be"), ({"exploration": "greedy"}, "exploration must be one"),
    ({"settle": 0}, "settle"), ({"alpha": -1}, "alpha"), ({"ridge": 0}, "ridge"),
    ({"map": maps.Identity(maps.Layout(1, 1, 1))}, "layout"),
])  # fmt: skip
def test_a_setting_that_cannot_be_is_refused_by_name(settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        maps.MappedAgent(ContextSpace(3, 4), **{"map": maps.Identity(), "rng": 0} | settings)


@pytest.mark.parametrize(("X", "r"), [
    (np.ones((5, 2)), np.ones(5)), (np.ones((5, 3)), np.ones(4)), (np.full((5, 3), np.nan), np.ones(5)),
    (np.ones((5, 3)), np.full(5, np.inf)), ("log", np.ones(5)),
])  # fmt: skip
def test_a_log_that_cannot_be_is_refused_and_leaves_no_trace(X, r):
    agent = maps.MappedAgent(ContextSpace(3, 4), map=maps.Identity(), rng=0)
    with pytest.raises((ValueError, TypeError)):
        agent.warm(X, r)
    assert agent._n == 0


@pytest.mark.parametrize("number", [10.0, -1.0, 2.9, -0.9])
@pytest.mark.parametrize("take", [
    lambda agent, X: agent.warm(X, np.ones(X.shape[:-1])),
    lambda agent, X: agent.learn(X[:, 3], [0, 0], np.ones(2)),
    lambda agent, X: agent.select(X),
])  # fmt: skip
def test_one_number_of_no_product_is_refused_and_nothing_of_what_came_with_it_is_learned(shop, take, number):
    agent = PerProductAgent(shop.space, layout=shop.layout, n_products=10)
    X = np.ones((2, 4, shop.layout.d))
    X[1, 3, 0] = number
    with pytest.raises(ValueError, match="product's number"):
        take(agent, X)
    assert not agent.evidence.b.any()


def test_a_layout_of_other_contexts_is_refused(shop):
    with pytest.raises(ValueError, match="layout"):
        PerProductAgent(ContextSpace(3, 4), layout=shop.layout, n_products=10)


# ---- what is refused, and what stays ---------------------------------------------------------------------------------


def stale(**settings):
    agent = maps.MappedAgent(
        ContextSpace(3, 4), map=maps.Learned(hidden=(4,), every=100), fresh=False, exploration=UCB(), rng=0, **settings
    )
    X = np.random.default_rng(0).normal(size=(420, 3))
    for x in X:
        agent.learn(x, 0, float(x[0] > 0))
    return agent, X[:3]


@pytest.mark.parametrize("link", ["identity", "logistic"])
@pytest.mark.parametrize("exploration", [UCB(), Thompson()])
def test_to_explore_more_is_not_to_believe_something_else(link, exploration):
    rng, how = np.random.default_rng(0), {"link": link, "exploration": exploration, "settle": 20, "rng": 0}
    agent = maps.MappedAgent(ContextSpace(3, 2), map=maps.Identity(), **how)
    for _ in range(49):
        agent.learn(rng.normal(size=3), 0, int(rng.integers(2)))
    X = rng.normal(size=(2, 3))
    before = agent.payoff(X), agent.uncertainty(X)
    agent.alpha = 5.0
    np.testing.assert_array_equal((agent.payoff(X), agent.uncertainty(X)), before)


def test_what_old_maps_made_of_the_past_stays_when_alpha_changes():
    agent, X = stale()
    before, A = agent.payoff(X), agent.evidence.A.copy()
    agent.alpha = 0.2
    assert np.array_equal(agent.payoff(X), before)
    assert np.array_equal(agent.evidence.A, A)
    assert np.allclose(agent.evidence.A @ agent.evidence.theta, agent.evidence.b)


@pytest.mark.parametrize("how", ["learn", "warm"])
def test_a_context_beside_which_nothing_of_the_prior_is_left_is_refused_however_it_comes(how):
    agent = maps.MappedAgent(ContextSpace(2, 3), map=maps.Identity(), rng=0)
    lesson = {"learn": (0, 1.0), "warm": ([1.0],)}[how]
    with pytest.raises(ValueError, match="must lie between"):
        getattr(agent, how)(np.full((2,) if how == "learn" else (1, 2), 1e160), *lesson)
    assert agent._n == 0


@pytest.mark.parametrize("number", [3.0, -1.0, 0.5])
@pytest.mark.parametrize("shape", [(), (2,)], ids=["one", "batch"])
def test_a_number_that_is_no_products_is_refused_before_it_is_noted(shape, number):
    at = maps.Layout(n_user=1, n_nominal=1, n_product=1)
    of = maps.Screened(at, of=maps.WithProduct(at, of=maps.Identity(at), n_products=3))
    rngs = [np.random.default_rng(i) for i in range(2)] if shape else 0
    agent = maps.MappedAgent(ContextSpace(at.d, 2, shape), map=of, rng=rngs)
    x, arm, r = np.ones((*shape, at.d)), np.zeros(shape, dtype=int), np.ones(shape)
    agent.learn(x, arm if shape else 0, r)
    x[..., 0] = number
    with pytest.raises(ValueError, match="number"):
        agent.learn(x, arm if shape else 0, r)
    with pytest.raises(ValueError, match="number"):
        agent.select(np.repeat(x[..., None, :], 2, axis=-2))
    assert agent._n == 1


LONG = {
    "one long context": (1.0, [[300.0]] + [[1.0]] * 10, [1.0] * 10 + [0.0]),
    "clicks alone": (0.01, [[-286.0, -24.0], [41.0, -22.0], [-2.0, -2.0]], [1.0] * 3),
}


@pytest.mark.parametrize(("ridge", "X", "r"), LONG.values(), ids=LONG)
def test_a_logistic_fit_reaches_its_mode_where_contexts_are_long(ridge, X, r):
    X, r = np.array(X), np.array(r)
    n, d = X.shape
    mode, _ = climbed(np.zeros(d), ridge * np.eye(d), X, r, 1.0)
    agent = maps.MappedAgent(
        ContextSpace(d, 2), map=maps.Identity(), ridge=ridge, link="logistic", exploration=UCB(), rng=0
    )
    agent.warm(X, r)
    for theta, Z in ((mode, X), (agent.evidence.theta, np.column_stack([np.ones(n), X]))):
        p = maps.sigmoid(Z @ theta)
        A = ridge * np.eye(Z.shape[1]) + (Z.T * p * (1 - p)) @ Z
        assert np.abs(np.linalg.solve(A, Z.T @ (r - p) - ridge * theta)).max() < 1e-6  # Newton has nothing to add


def test_a_logistic_fit_ends_where_there_is_hardly_a_prior():
    theta, _ = climbed(np.zeros(1), 2e-19 * np.eye(1), np.array([[4.85e-8]]), np.ones(1), 1.0)
    assert theta[0] == pytest.approx(1.52040838e8)


def test_log_odds_that_are_learned_click_by_click_are_not_rebuilt():
    with pytest.raises(NotImplementedError, match="BatchedLogistic"):
        maps.LogisticEvidence(1).rebuild(np.ones((1, 1)), np.ones(1))
