"""Off-policy estimates: against enumeration, against a published package, and against what must hold for any log."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zoolab import logs as off_policy
from zoolab.logs import (
    Estimate,
    LoggedData,
    cross_fitted,
    direct,
    doubly_robust,
    ips,
    open_bandit,
    overlap,
    packages,
    per_visit,
    ridge_rewards,
    shop_log,
    shrunk_dr,
    snips,
    switch_dr,
    true_value,
    weights,
)
from zoolab.logs.public_logs import CAMPAIGNS
from zoolib import ZooplusSimulator, spawn
from zoolib.experiment import mean_interval

installed = pytest.mark.skipif(
    not list(packages.folder().rglob("obp-*")), reason=f"the Open Bandit sample is not installed: {packages.FETCH}"
)
PEER = json.loads((Path(__file__).parent / "obp_figures.json").read_text(encoding="utf-8"))


def some_log(n=60, K=4, d=2, seed=0, shape=()):
    rng = np.random.default_rng(seed)
    shape = (*shape, n)
    chances = rng.dirichlet(np.ones(K), shape)
    action = (chances.cumsum(-1) < rng.random(shape)[..., None]).sum(-1).clip(max=K - 1)
    p = np.take_along_axis(chances, action[..., None], -1)[..., 0]
    reward = (rng.random(shape) < 0.3).astype(float)
    log = LoggedData(rng.normal(size=(*shape, d)), action, reward, p, K)
    return log, chances, rng.dirichlet(np.ones(K), shape), rng.random((*shape, K))


# ---- closed forms -------------------------------------------------------------------------------------------------


def expected_value(estimator):
    """The mean of an estimate over all logs of two rows that can be: contexts, actions and rewards enumerated."""
    context_chance = np.array([0.3, 0.7])
    logging = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
    target = np.array([[0.7, 0.1, 0.2], [0.1, 0.8, 0.1]])
    click = np.array([[0.9, 0.2, 0.4], [0.3, 0.6, 0.1]])
    q = np.array([[0.5, 0.5, 0.1], [0.2, 0.9, 0.3]])
    truth = (context_chance[:, None] * target * click).sum()
    mean, total = 0.0, 0.0
    rows = list(itertools.product(range(2), range(3), (0, 1)))
    for pair in itertools.product(rows, rows):
        x, a, r = (np.array(part) for part in zip(*pair, strict=True))
        chance = np.prod(context_chance[x] * logging[x, a] * np.where(r == 1, click[x, a], 1 - click[x, a]))
        log = LoggedData(np.eye(2)[x], a, r, logging[x, a], 3)
        mean, total = mean + chance * estimator(log, target[x], q[x]).value, total + chance
    assert total == pytest.approx(1)
    model = (context_chance[:, None] * target * q).sum()
    return mean, truth, model


@pytest.mark.parametrize("estimator", [lambda log, policy, q: ips(log, policy), doubly_robust], ids=["IPS", "DR"])
def test_ips_and_doubly_robust_are_unbiased_by_enumeration_of_all_logs_even_with_a_wrong_model(estimator):
    mean, truth, _ = expected_value(estimator)
    assert mean == pytest.approx(truth, abs=1e-12)


def test_the_direct_method_is_as_wrong_as_its_model_by_enumeration():
    mean, truth, model = expected_value(direct)
    assert mean == pytest.approx(model, abs=1e-12)
    assert abs(model - truth) > 0.05


def test_snips_is_biased_by_enumeration_where_rows_are_few():
    mean, truth, _ = expected_value(lambda log, policy, q: snips(log, policy))
    assert mean < truth - 0.1


def test_every_estimate_of_a_tiny_log_is_what_one_works_out_by_hand():
    log = LoggedData(np.zeros((3, 1)), [0, 1, 1], [1, 0, 1], [0.5, 0.25, 0.5], 2)
    policy, q = np.array([[0.5, 0.5], [0.5, 0.5], [0.0, 1.0]]), np.array([[0.4, 0.2]] * 3)
    assert weights(log, policy).tolist() == [1, 2, 2]
    assert ips(log, policy).value == pytest.approx((1 + 0 + 2) / 3)
    assert snips(log, policy).value == pytest.approx(3 / 5)
    assert direct(log, policy, q).value == pytest.approx((0.3 + 0.3 + 0.2) / 3)
    assert doubly_robust(log, policy, q).value == pytest.approx((0.3 + 0.6 + 0.3 - 0.4 + 0.2 + 1.6) / 3)
    assert switch_dr(log, policy, q, 1.5).value == pytest.approx((0.3 + 0.6 + 0.3 + 0.2) / 3)
    assert shrunk_dr(log, policy, q, 2.0).value == pytest.approx((0.8 + 0.6 * 2 / 3 - 0.2 * 4 / 6 + 0.8 * 4 / 6) / 3)
    assert overlap(log, policy)["effective rows"] == pytest.approx(25 / 9)


def test_standard_errors_are_the_closed_forms():
    log, _, policy, _ = some_log()
    w, r, n = weights(log, policy), log.reward, len(log)
    assert ips(log, policy).standard_error == pytest.approx(np.std(w * r, ddof=1) / np.sqrt(n))
    v = (w * r).sum() / w.sum()
    by_delta = np.sqrt((w**2 * (r - v) ** 2).sum() * n / (n - 1)) / w.sum()
    assert snips(log, policy).standard_error == pytest.approx(by_delta)


def test_the_ridge_model_is_the_ridge_regression_of_each_action():
    log, *_ = some_log(n=200, d=3)
    q = ridge_rewards(2.0)(log)(log.context)
    for a in range(log.n_actions):
        X, r = log.context[log.action == a], log.reward[log.action == a] - log.reward.mean()
        theta = np.linalg.inv(X.T @ X + 2.0 * np.eye(3)) @ X.T @ r
        np.testing.assert_allclose(q[:, a], log.reward.mean() + log.context @ theta, atol=1e-12)


def test_cross_fitting_never_predicts_a_row_from_a_model_that_saw_it():
    log, *_ = some_log(n=30)
    seen = []

    def model(part):
        seen.append(part)
        return lambda context: np.full((len(context), 4), len(seen) - 1.0)

    q = cross_fitted(log, model, n_folds=5, rng=0)
    for row, x in enumerate(log.context):
        assert x.tolist() not in seen[int(q[row, 0])].context.tolist()
    assert [len(part) for part in seen] == [24] * 5


# ---- what holds for any log ---------------------------------------------------------------------------------------


@st.composite
def any_log(draw):
    n, K = draw(st.integers(2, 12)), draw(st.integers(1, 5))
    floats = st.floats(0.01, 1.0)
    action = draw(hnp.arrays(int, n, elements=st.integers(0, K - 1)))
    reward = draw(hnp.arrays(float, n, elements=st.floats(-5, 5)))
    log = LoggedData(np.zeros((n, 1)), action, reward, draw(hnp.arrays(float, n, elements=floats)), K)
    policy = draw(hnp.arrays(float, (n, K), elements=floats))
    return log, policy / policy.sum(-1, keepdims=True), draw(hnp.arrays(float, (n, K), elements=st.floats(-2, 2)))


@settings(max_examples=150, deadline=None)
@given(any_log())
def test_the_estimators_meet_where_they_must(problem):
    log, policy, q = problem
    zero = np.zeros_like(q)
    close = {"abs": 1e-9, "rel": 1e-9}
    assert doubly_robust(log, policy, zero).value == pytest.approx(ips(log, policy).value, **close)
    assert switch_dr(log, policy, q, np.inf).value == pytest.approx(doubly_robust(log, policy, q).value, **close)
    assert switch_dr(log, policy, q, 0.0).value == pytest.approx(direct(log, policy, q).value, **close)
    assert shrunk_dr(log, policy, q, 0.0).value == pytest.approx(direct(log, policy, q).value, **close)
    heavy = LoggedData(log.context, log.action, log.reward, log.propensity / 1e4, log.n_actions)  # weights of thousands
    for lam in (1e300, 1e308, 10**400, np.inf):
        assert shrunk_dr(heavy, policy, q, lam).value == pytest.approx(doubly_robust(heavy, policy, q).value)
    assert shrunk_dr(log, policy, q, 1e15).value == pytest.approx(doubly_robust(log, policy, q).value, abs=1e-6)
    assert log.reward.min() - 1e-9 <= snips(log, policy).value <= log.reward.max() + 1e-9
    assert 1 - 1e-9 <= overlap(log, policy)["effective rows"] <= len(log) + 1e-9


@settings(max_examples=80, deadline=None)
@given(any_log(), st.floats(-3, 3), st.randoms(use_true_random=False))
def test_snips_and_dr_follow_a_shift_of_the_rewards_and_no_order_of_rows_matters(problem, shift, random):
    log, policy, q = problem
    moved = LoggedData(log.context, log.action, log.reward + shift, log.propensity, log.n_actions)
    assert snips(moved, policy).value == pytest.approx(snips(log, policy).value + shift, abs=1e-9)
    new = doubly_robust(moved, policy, q + shift).value
    assert new == pytest.approx(doubly_robust(log, policy, q).value + shift, abs=1e-9)
    order = random.sample(range(len(log)), len(log))
    for estimator in (ips, snips):
        assert estimator(log.rows(order), policy[order]).value == pytest.approx(estimator(log, policy).value, abs=1e-9)


def test_the_logging_policy_is_worth_its_own_mean_reward():
    log, chances, *_ = some_log(n=500)
    assert ips(log, chances).value == pytest.approx(log.reward.mean())
    assert snips(log, chances).value == pytest.approx(log.reward.mean())
    assert overlap(log, chances)["effective rows"] == pytest.approx(500)


def test_replications_in_lockstep_are_the_single_logs():
    log, _, policy, q = some_log(shape=(3,))
    model = cross_fitted(log, ridge_rewards(), rng=5)
    for i in range(3):
        one = LoggedData(log.context[i], log.action[i], log.reward[i], log.propensity[i], log.n_actions)
        np.testing.assert_allclose(cross_fitted(one, ridge_rewards(), rng=5), model[i], atol=1e-12)
        for estimator, more in ((ips, ()), (snips, ()), (direct, (q,)), (doubly_robust, (q,)), (switch_dr, (q, 1.2))):
            single = estimator(one, policy[i], *(m[i] if np.ndim(m) else m for m in more))
            batch = estimator(log, policy, *more)
            assert single.value == pytest.approx(batch.value[i])
            for method in ("student", "percentile", "bootstrap-t"):
                alone, together = (e.interval(method, rng=7, n_resamples=200) for e in (single, batch))
                assert (alone.low, alone.high) == pytest.approx((together.low[i], together.high[i]))
        assert overlap(one, policy[i]).to_dict() == pytest.approx(overlap(log, policy).iloc[i].to_dict())


def test_the_fast_bootstrap_is_the_literal_one():
    log, _, policy, _ = some_log(n=40)
    estimate = snips(log, policy)
    offs, errors = estimate._resampled(100, np.random.default_rng(3))
    drawn = np.random.default_rng(3).integers(0, 40, (100, 40))
    for off, error, rows in zip(offs, errors, drawn, strict=True):
        again = Estimate(estimate.terms[rows], estimate.parts[rows])
        assert estimate.value + off == pytest.approx(again.value)
        assert error == pytest.approx(again.standard_error)


def test_resamples_without_any_weight_are_left_out():
    terms, parts = np.zeros((2, 60))
    parts[:3], terms[:3] = 3.0, (0.6, 1.5, 2.1)
    estimate, rng = Estimate(terms, parts), np.random.default_rng(0)
    drawn = rng.integers(0, 60, (1000, 60))
    with np.errstate(invalid="ignore"):
        values = terms[drawn].sum(1) / parts[drawn].sum(1)
    assert 20 < np.isnan(values).sum() < 100
    found = estimate.interval("percentile", rng=0)
    assert (found.low, found.high) == pytest.approx(tuple(np.nanquantile(values, [0.025, 0.975])))
    assert estimate.interval("bootstrap-t", rng=0).low == -np.inf  # many resamples hold one weighted row only


@pytest.mark.parametrize("method", ["student", "percentile", "bootstrap-t"])
def test_an_offset_of_all_rewards_moves_an_interval_and_does_not_stretch_it(rng, method):
    terms = rng.exponential(size=200)
    near, far = (Estimate(terms + offset).interval(method, rng=1) for offset in (0.0, 1e8))
    assert (far.low - 1e8, far.high - 1e8) == pytest.approx((near.low, near.high), abs=1e-5)
    alike = Estimate(np.full((20_000, 2), 0.1).T).interval(
        method, rng=1, n_resamples=100
    )  # which a mean goes through by steps
    assert np.ravel([alike.low, alike.high]) == pytest.approx(np.full(4, 0.1))
    small = Estimate(1.7e12 + 0.01 * rng.exponential(size=3000)).interval(method, rng=1, n_resamples=200)
    assert 2e-4 < small.high - small.low < 2e-3


def test_a_policy_shows_nothing_that_has_sold_out():
    shop, uses = (
        ZooplusSimulator(5, 10, seed=0),
        (off_policy.true_value, lambda *of: off_policy.shop_log(*of, 9, rng=0)),
    )
    shop.set_catalog(shop.product_category, np.arange(5) > 0)
    for row in ([0.2] * 5, [0.6] + [0.25] * 4):  # what is for sale adds up to less, or to 1
        for use in uses:
            with pytest.raises(ValueError, match="0 for what has sold out"):
                use(shop, np.tile(row, (4, 1)))
    shop.set_catalog(shop.product_category)
    almost = np.repeat([[1 + 5e-10, 0.0, 0.0, 0.0, 0.0]], 4, axis=0)
    assert (off_policy.shop_log(shop, almost, 9, rng=0)[0].propensity == 1).all()


# ---- does it do what intervals promise? ---------------------------------------------------------------------------


def thousand_logs(n, R=1000):
    sim = ZooplusSimulator(n_products=5, n_users=200, seed=range(R))
    clicks = np.take_along_axis(sim.click_table, sim.product_category[:, None], -1)
    logging = 0.5 * np.full(clicks.shape, 0.2) + 0.5 * clicks / clicks.sum(-1, keepdims=True)
    target = 0.3 * np.full(clicks.shape, 0.2) + 0.7 * (clicks == clicks.max(-1, keepdims=True))
    log, users = shop_log(sim, logging, n, [spawn(seed, "log") for seed in range(R)])
    return log, per_visit(sim, target, users), true_value(sim, target)


def test_estimates_are_unbiased_and_intervals_cover_at_their_rate_over_a_thousand_logs():
    log, policy, truth = thousand_logs(400)
    q = cross_fitted(log, ridge_rewards(), rng=0)
    estimates = ips(log, policy), snips(log, policy), doubly_robust(log, policy, q)
    for estimate in estimates:
        bias = mean_interval(estimate.value - truth, level=0.999)
        assert bias.low < 0 < bias.high
        for method in ("student", "percentile", "bootstrap-t"):
            for level in (0.8, 0.95):
                interval = estimate.interval(method, level=level, rng=1, n_resamples=1000)
                covered = ((interval.low <= truth) & (truth <= interval.high)).mean()
                assert covered == pytest.approx(level, abs=0.03), (method, level)
    assert np.std(estimates[2].value - truth) < np.std(estimates[0].value - truth)


# ---- equal to the package of others -------------------------------------------------------------------------------


@installed
@pytest.mark.parametrize("policy", ["random", "bts"])
@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_the_figures_are_those_of_the_open_bandit_pipeline(campaign, policy):
    """Of obp 0.5.7, run on the same files; ``obp_figures.json`` says with which functions, settings and seeds."""
    log, figures = open_bandit(campaign, policy), PEER[f"{policy}/{campaign}"]
    K = log.n_actions
    ranks = np.array(PEER["thompson counts"][campaign]) / 100_000 if policy == "random" else np.full((K, 3), 1 / K)
    evaluated = ranks[:, log.position].T
    shows, clicks = np.zeros((K, 3)), np.zeros((K, 3))
    np.add.at(shows, (log.action, log.position), 1)
    np.add.at(clicks, (log.action, log.position), log.reward)
    q = ((clicks + 0.5) / (shows + 100))[:, log.position].T
    ours = {
        "mean": log.reward.mean(),
        "ips": ips(log, evaluated).value,
        "snips": snips(log, evaluated).value,
        "dm": direct(log, evaluated, q).value,
        "dr": doubly_robust(log, evaluated, q).value,
        "switch 2": switch_dr(log, evaluated, q, 2.0).value,
        "switch 10": switch_dr(log, evaluated, q, 10.0).value,
        "shrunk 10": shrunk_dr(log, evaluated, q, 10.0).value,
    }
    assert ours == pytest.approx(figures, abs=1e-12, rel=1e-9)


@installed
def test_the_figure_published_in_the_readme_of_obp_comes_out():
    """1.198126: Bernoulli Thompson sampling over the random policy's mean, from 100,000 draws with seed 12345."""
    log = open_bandit("all", "random")
    ranks = np.array(PEER["thompson counts"]["all"]) / 100_000
    assert ips(log, ranks[:, log.position].T).value / log.reward.mean() == pytest.approx(1.198126, abs=1e-6)


# ---- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda p: p[:, :3], r"policy must have shape \(60, 4\).*got shape \(60, 3\)"),
    (lambda p: p[:-1], r"policy must have shape \(60, 4\)"),
    (lambda p: p[0], r"policy must have shape \(60, 4\)"),
    (lambda p: p[None], r"policy must have shape \(60, 4\)"),
    (lambda p: p.astype(str), "policy must have shape"),
    (lambda p: np.where(np.arange(60)[:, None] == 7, 2 * p, p), r"policy, row 7: must be probabilities that sum to 1"),
    (lambda p: np.where(np.arange(60)[:, None] == 9, np.nan, p), r"policy, column 0, row 9: .*finite"),
    (lambda p: np.where(np.arange(60)[:, None] == 4, [1.5, -0.5, 0, 0], p), "policy, column 1, row 4: .*0, got -0.5"),
])  # fmt: skip
def test_a_policy_that_does_not_fit_is_refused_by_its_row(spoil, message):
    log, _, policy, _ = some_log()
    with pytest.raises(ValueError, match=message):
        ips(log, spoil(policy))


def test_expected_rewards_that_do_not_fit_are_refused_by_row_and_column():
    log, _, policy, q = some_log()
    holed = q.copy()
    holed[[5, 8], 2] = np.nan
    with pytest.raises(ValueError, match=r"q, column 2, row 5: must be a finite number, got nan \(2 such rows\)"):
        direct(log, policy, holed)
    with pytest.raises(ValueError, match=r"q must have shape \(60, 4\), .*got shape \(60, 2\)"):
        doubly_robust(log, policy, q[:, :2])


def test_a_table_that_was_not_read_as_a_log_is_refused_by_its_type():
    _, _, policy, _ = some_log()
    with pytest.raises(TypeError, match="log must be a LoggedData, got dict"):
        ips({}, policy)
    with pytest.raises(TypeError, match="tau"):
        switch_dr(some_log()[0], policy, some_log()[3], "much")


def test_settings_that_cannot_be_are_refused():
    log, _, policy, q = some_log()
    estimate = ips(log, policy)
    for wrong in (
        lambda: switch_dr(log, policy, q, -1.0),
        lambda: switch_dr(log, policy, q, np.nan),
        lambda: shrunk_dr(log, policy, q, -1.0),
        lambda: estimate.interval("normal"),
        lambda: estimate.interval("percentile"),
        lambda: estimate.interval(level=1.0),
        lambda: ips(log.rows([0]), policy[:1]).interval(),
        lambda: cross_fitted(log, ridge_rewards(), n_folds=61, rng=0),
        lambda: ridge_rewards(0.0),
    ):
        with pytest.raises(ValueError):
            wrong()


def test_a_log_without_features_is_modelled_by_its_mean_and_one_of_a_single_row_is_no_two_folds():
    log = some_log(d=0, shape=(2,))[0]
    q = ridge_rewards()(log)(log.context)
    assert q == pytest.approx(np.broadcast_to(log.reward.mean(-1)[:, None, None], (2, 60, 4)))
    with pytest.raises(ValueError, match="number of rows of log must be at least 2, got 1"):
        cross_fitted(log.rows([0]), ridge_rewards(), rng=0)


def test_a_policy_that_never_does_what_was_logged_has_no_self_normalised_estimate():
    log = LoggedData(np.zeros((3, 1)), [0, 0, 0], [1, 0, 1], [1.0, 1.0, 1.0], 2)
    never = np.tile([0.0, 1.0], (3, 1))
    with pytest.raises(ValueError, match="none of the logged actions"):
        snips(log, never)
    assert ips(log, never).value == 0
    assert overlap(log, never)["mean weight"] == 0


def test_an_end_of_bootstrap_t_is_infinite_where_resamples_without_spread_are_too_many():
    interval = Estimate(np.array([1.0, 0.0, 0.0, 0.0, 0.0])).interval("bootstrap-t", rng=0)
    assert interval.high == np.inf
    assert off_policy.Estimate(np.array([0.0, 1.0, 0.0, 1.0])).interval("student").low < 0.5
