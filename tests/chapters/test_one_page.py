"""The pages that sum up a chapter: the code that one would take away is right, and each prints on one sheet."""

import copy

import book_checks as book
import numpy as np
import pandas as pd
import pytest
from browsing import address, browser  # noqa: F401  fixtures

import zoolib as zoo
from zoolab import logs as off_policy
from zoolab.columns import serve
from zoolab.labelled import ClassificationBandit, labelled, scaled
from zoolab.logs import LoggedData
from zoolab.serving import KeptScores
from zoolib import metrics
from zoolib.evidence import Evidence
from zoolib.networks import MLP

A4 = {"width": 680, "height": 980}  # what is left of a sheet at 96 dots an inch, with margins of 1.5 cm
SECTION_IS_SET = """() => document.fonts.status === 'loaded' && [...document.querySelector('.onepage')
  .parentElement.querySelectorAll('.math')].every(e => e.querySelector('mjx-container'))"""


def page_of(number, **given):
    """Return the names that the code of a chapter's page makes."""
    path = next(path for path in book.CHAPTERS if path.name.startswith(number))
    names = {"np": np, "pd": pd, "zoo": zoo, "metrics": metrics, "Evidence": Evidence, "copy": copy, **given}
    exec(compile(book.code_of_the_page(book.read(path)), path.name, "exec"), names)
    return names


@pytest.mark.parametrize("path", book.WITH_A_PAGE, ids=lambda path: path.name)
def test_the_code_of_a_page_is_python(path):
    compile(book.code_of_the_page(book.read(path)), path.name, "exec")


def test_chapter_0_judges_between_random_and_the_oracle():
    names = page_of("00")
    assert 0.5 < names["share"].low < names["share"].high < 1
    assert names["lead"].low > 0


def test_chapter_1_chooses_and_learns_as_the_package_does():
    names, rng = page_of("01"), np.random.default_rng(0)
    K, d = 6, 4
    agent = zoo.LinUCBAgent(zoo.ContextSpace(d, K), alpha=0.5)
    A_inv, b = np.stack([np.eye(d)] * K), np.zeros((K, d))
    for _ in range(300):
        X, r = rng.normal(size=(K, d)), rng.random()
        arm = names["choose"](X, A_inv, b, 0.5)
        assert arm == agent.select(X)
        agent.learn(X[arm], arm, r)
        names["learn"](X[arm], r, A_inv[arm], b[arm])


def test_chapter_2_is_the_shared_model_of_the_package():
    sim = zoo.ZooplusSimulator(seed=0)
    crossed = zoo.FeatureEngineer(sim, "crossed")
    agents = {
        "page": page_of("02")["OneModel"](crossed, alpha=0.5),
        "package": zoo.SharedLinUCBAgent(crossed, alpha=0.5),
    }
    arms = zoo.run(agents, sim, 500).arm
    np.testing.assert_array_equal(*arms)


def test_chapter_3_scores_and_updates_as_the_package_does():
    features = zoo.FeatureEngineer(zoo.ZooplusSimulator(seed=0))
    agent = zoo.NeuralUCBAgent(features, alpha=0.1, rng=0)
    network, X = MLP((9, 64, 1), [np.random.default_rng(0)]), features.contexts(0)
    agent.network = copy.deepcopy(network)
    names = page_of("03", network=network, X=X, A_inv=np.eye(network.p), alpha=0.1)
    np.testing.assert_allclose(names["score"], agent.score(X))
    g = network.gradients(X)[np.argmax(names["score"])]
    np.testing.assert_allclose(names["A_inv"], np.linalg.inv(np.eye(network.p) + np.outer(g, g)), atol=1e-9)


def test_chapter_4_measures_what_misses_move_and_leaves_the_agent_alone():
    sim = zoo.ZooplusSimulator(seed=0)
    features = zoo.FeatureEngineer(sim)
    agent = zoo.NeuralLinearAgent(features, alpha=0.2, rng=0)
    zoo.run({"agent": agent}, sim, 500)
    before = agent.payoff(features.cells)
    moved = page_of("04")["moved_by_misses"](agent, 0, 3, sim)
    np.testing.assert_array_equal(agent.payoff(features.cells), before)
    cell = 5 * sim.persona(0) + sim.product_category[3]
    assert moved.shape == (20,)
    assert moved[cell] < 0


def test_chapter_5_renews_evidence_as_the_package_does():
    rng = np.random.default_rng(0)
    X, r, W = rng.normal(size=(200, 9)), rng.random(200), rng.normal(size=(9, 32))

    def phi(X):
        return np.maximum(X @ W, 0)

    A, theta = page_of("05")["renew"](phi, X, r)
    fresh = Evidence(d=32)
    fresh.rebuild(phi(X), r)
    np.testing.assert_allclose(A, fresh.A)
    np.testing.assert_allclose(theta, fresh.theta)


def test_chapter_6_corrects_kept_scores_as_the_package_does():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(300, 5))
    kept, learn = KeptScores(Z), page_of("06")["learn"]
    mean, variance, A_inv, theta = np.zeros(300), (Z**2).sum(1), np.eye(5), np.zeros(5)
    for arm, r in zip(rng.integers(0, 300, 50).tolist(), rng.integers(0, 2, 50).tolist(), strict=True):
        kept.learn(Z[arm], r)
        learn(Z, mean, variance, A_inv, theta, Z[arm], r)
    np.testing.assert_allclose(mean, kept.mean, atol=1e-12)
    np.testing.assert_allclose(variance, kept.variance, atol=1e-12)
    np.testing.assert_allclose(theta, kept.theta, atol=1e-12)


def test_chapter_7_compares_world_by_world(rng):
    worlds, agents = 60, ["a", "b", "c"]
    values = pd.DataFrame(rng.random((worlds, 3)), columns=agents)
    steps = pd.DataFrame(rng.choice([500.0, 2000.0, np.inf], (worlds, 3)), columns=agents)
    lead, won, waited = page_of("07")["compare"](values, steps, "a", "b", 1500)
    assert lead == metrics.paired_difference(values, "a", "b")
    assert won == np.mean([values["a"][i] > values["b"][i] for i in range(worlds)])
    by_hand = [min(steps["a"][i], 1500) - min(steps["b"][i], 1500) for i in range(worlds)]
    assert waited == metrics.mean_interval(by_hand)


def test_chapter_9_judges_as_the_package_does():
    rng, n, K = np.random.default_rng(0), 500, 4
    p, pi = rng.dirichlet(np.ones(K), n), rng.dirichlet(np.ones(K), n)
    action = np.array([rng.choice(K, p=row) for row in p])
    of_action = np.arange(n), action
    log = LoggedData(np.zeros((n, 1)), action, rng.integers(0, 2, n), p[of_action], K)
    said, overlap = page_of("09")["judge"](log.reward, log.propensity, pi[of_action]), off_policy.overlap(log, pi)
    assert said["IPS"] == pytest.approx(off_policy.ips(log, pi).value)
    assert said["SNIPS"] == pytest.approx(off_policy.snips(log, pi).value)
    assert (said["mean weight"], said["rows"]) == pytest.approx((overlap["mean weight"], overlap["effective rows"]))


def test_chapter_10_counts_the_mistakes_that_the_package_counts():
    data = labelled("cancer")
    bandit = ClassificationBandit(data, 3, len(data.X), scaling="row")
    two = [zoo.LinUCBAgent(bandit.space, alpha=0.3) for _ in range(2)]
    wrong = page_of("10")["play"](two[0], scaled(data.X, "row"), data.y, zoo.spawn(3, "shuffle of cancer"))
    assert wrong == zoo.metrics.regret(serve({"LinUCB": two[1]}, bandit)).to_numpy().item()


@pytest.mark.many
@pytest.mark.parametrize("path", book.WITH_A_PAGE, ids=lambda path: path.name)
def test_a_page_prints_on_one_sheet(browser, address, path):  # noqa: F811
    context = browser.new_context(viewport=A4)
    page = context.new_page()
    page.goto(f"{address}/chapters/{path.stem}.html")
    section = page.locator("section:has(> .onepage)")
    assert section.count() == 1
    section.scroll_into_view_if_needed()
    page.wait_for_function(SECTION_IS_SET)  # formulas are set when they come near, and all of a page's take long
    page.emulate_media(media="print")
    assert section.evaluate("s => getComputedStyle(s).breakBefore") == "page"
    assert section.bounding_box()["height"] < A4["height"]
    context.close()
