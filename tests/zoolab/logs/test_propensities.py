"""Propensities are the frequencies with which agents act, and writing them down changes nothing."""

import copy

import numpy as np
import pytest
import roster

import zoolib as zoo
from zoolab import rivals
from zoolab.columns import HeadAgent, Identity, Learned, MappedAgent
from zoolab.logs import Logbook, action_probabilities
from zoolab.long.conformance import same
from zoolib.agents import BetaThompsonAgent

N_USERS = 30


KNOWN = [
    "random",
    "LinUCB",
    "LinTS",
    "shared crossed",
    "NeuralUCB",
    "NeuralTS",
    "ensemble",
    "epinet",
    "online",
    "Thompson",
]
KNOWN += ["online Thompson", "epsilon-greedy", "head alone", "inverse gap", "LinUCB, inverse gap", "mapped"]
AGENTS = {name: roster.AGENTS[name] for name in KNOWN} | {
    "oracle": roster.SHOP_ONLY["oracle"],
    "LinTS, discount": roster.linucb(rivals.LinTSAgent, alpha=1.0, gamma=0.99),
    "LinUCB, epsilon": roster.linucb(exploration=zoo.EpsilonGreedy(0.3)),
    "shared, Thompson": roster.linucb(zoo.SharedLinUCBAgent, alpha=1.0, exploration=zoo.Thompson()),
    "shared, inverse gap": roster.linucb(zoo.SharedLinUCBAgent, exploration=rivals.InverseGap(30.0, per="loss")),
    "UCB1, inverse gap": roster.linucb(zoo.UCB1Agent, exploration=rivals.InverseGap(30.0)),
    "mapped, inverse gap": roster.mapped(Identity(), exploration=rivals.InverseGap(30.0)),
    "delayed LinTS": lambda f, rng: rivals.Delayed(rivals.LinTSAgent(f, alpha=1.0, rng=rng), delay=3),
    "delayed inverse gap": lambda f, rng: rivals.Delayed(
        zoo.SharedLinUCBAgent(f, exploration=rivals.InverseGap(30.0), rng=rng), delay=3
    ),
    "Beta": lambda f, rng: BetaThompsonAgent(f, rng=rng),
    "head": lambda f, rng: HeadAgent(f, map=Learned(hidden=(4,)), rng=rng),
    "head, epsilon": lambda f, rng: HeadAgent(f, map=Learned(hidden=(4,)), exploration=zoo.EpsilonGreedy(0.2), rng=rng),
}


def made(name, seed, n_products=10):
    sim = zoo.ZooplusSimulator(n_products=n_products, n_users=N_USERS, seed=seed)
    rngs = [zoo.spawn(s, name) for s in sim.seeds]
    return AGENTS[name](zoo.FeatureEngineer(sim), rngs if sim.batch_shape else rngs[0]), sim


@pytest.mark.parametrize("name", sorted(AGENTS.keys() - {"mapped"}))  # whose draws wait for a click
def test_chances_are_the_frequencies_with_which_an_agent_acts(name):
    agent, sim = made(name, 3)
    zoo.run({name: agent}, sim, 60)
    sim.apply_shock(zoo.Turnover(["Cat Food", "Dog Toy"]))
    stated = action_probabilities(agent, 5, sim, n_draws=20_000)
    assert stated.shape == (sim.n_products,)
    assert stated.sum() == pytest.approx(1)
    assert (stated[~sim.for_sale] == 0).all()
    n = 4000
    seen = np.bincount([agent.predict(5, sim) for _ in range(n)], minlength=sim.n_products) / n
    assert (np.abs(seen - stated) <= 4.5 * np.sqrt(stated * (1 - stated) / n) + 0.01 * (stated % 1 > 0)).all()


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("seed", [3, [3, 8, 5]], ids=["one", "batch"])
def test_a_logbook_changes_no_choice(name, seed):
    (plain, sim), (logged, _) = made(name, seed), made(name, seed)
    book = Logbook(logged, n_draws=5)
    with_it, without = zoo.run({name: book}, sim, 80), zoo.run({name: plain}, sim, 80)
    assert (with_it.arm == without.arm).all()
    log = book.log(sim)
    assert (log.action == without.arm[0].reshape(log.action.shape)).all()
    assert (log.reward == without.reward[0].reshape(log.reward.shape)).all()
    assert (log.context.argmax(-1) == without.persona.reshape(log.action.shape)).all()
    assert log.propensity.shape == log.action.shape
    assert log.propensity.min() > 0


@pytest.mark.parametrize("name", ["random", "LinUCB", "epsilon-greedy", "shared, inverse gap"])
def test_world_i_of_a_batch_has_the_chances_of_the_single_run(name):
    agent, sim = made(name, [3, 8])
    book = Logbook(agent)
    zoo.run({name: book}, sim, 50)
    for i, seed in enumerate((3, 8)):
        alone, world = made(name, seed)
        single = Logbook(alone)
        zoo.run({name: single}, world, 50)
        np.testing.assert_array_equal(single.log(world).propensity, book.log(sim).propensity[i])


def test_the_static_agent_is_certain():
    sim = zoo.ZooplusSimulator(n_products=10, n_users=N_USERS, seed=1)
    agent = rivals.StaticMLPAgent(zoo.FeatureEngineer(sim), rivals.MLPRecommender(N_USERS, 10, rng=0))
    stated = action_probabilities(agent, 4, sim)
    assert stated.max() == 1
    assert stated.argmax() == agent.predict(4, sim)


SAMPLING = [name for name in AGENTS if getattr(made(name, 3)[0], "exploration", zoo.UCB()).is_random or name == "Beta"]
SAMPLING.remove("head")  # which has a draw, and makes no use of it


@pytest.mark.parametrize("name", SAMPLING)
def test_an_agent_that_draws_is_never_certain_and_asking_leaves_its_own_luck_as_it_is(name):
    """LinTS and NeuralTS were once taken for certain, and asking used up their generators."""
    (agent, sim), (twin, elsewhere) = made(name, 3), made(name, 3)
    zoo.run({name: agent}, sim, 30)
    zoo.run({name: twin}, elsewhere, 30)
    before = copy.deepcopy(agent)
    stated = action_probabilities(agent, 5, sim)
    assert same(before, agent)
    assert stated.sum() == pytest.approx(1)
    assert stated.max() < 1
    assert [agent.predict(5, sim) for _ in range(20)] == [twin.predict(5, elsewhere) for _ in range(20)]


def test_the_chances_of_two_normal_scores_are_the_closed_form():
    """With two categories a Thompson agent compares two jointly normal scores."""
    from scipy.stats import norm

    table = {"a": {"Cat Food": 0.5, "Dog Food": 0.4}}
    sim = zoo.ZooplusSimulator(6, 5, 0, click_table=table, categories=("Cat Food", "Dog Food"))
    agent = zoo.NeuralLinearAgent(zoo.FeatureEngineer(sim), alpha=0.7, exploration=zoo.Thompson(), rng=1)
    zoo.run({"Thompson": agent}, sim, 30)
    X, arms = agent.features.candidates(0, sim)
    Z = agent.phi(X)
    mean, spread = agent.evidence.mean(Z), 0.7**2 * Z @ agent.evidence.A_inv @ Z.T
    p = norm.cdf((mean[0] - mean[1]) / np.sqrt(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]))
    stated = action_probabilities(agent, 0, sim, n_draws=40_000)
    assert stated[arms[0]] == pytest.approx(p, abs=4.5 * np.sqrt(p * (1 - p) / 40_000))


def test_a_head_is_certain_whatever_exploration_it_was_given():
    agent, sim = made("head", 3)
    zoo.run({"head": agent}, sim, 60)
    assert action_probabilities(agent, 5, sim)[agent.predict(5, sim)] == 1


@pytest.mark.parametrize("make", [
    AGENTS["Beta"], lambda f, rng: MappedAgent(f, map=Identity(), alpha=1.0, exploration=zoo.ArmThompson(), rng=rng),
], ids=["Beta", "normal"])  # fmt: skip
@pytest.mark.parametrize("seed", [0, [0, 0]], ids=["one", "batch"])
def test_a_category_that_the_shelf_lacks_is_no_choice_of_its_own(make, seed):
    sim = zoo.ZooplusSimulator(n_products=2, n_users=9, seed=seed)
    assert (sim.first_product == [0, 1, 0, 0, 0]).all()
    stated = action_probabilities(make(zoo.FeatureEngineer(sim), seed), np.zeros_like(seed)[()], sim, n_draws=20_000)
    np.testing.assert_allclose(stated, np.full_like(stated, 0.5), atol=0.02)


@pytest.mark.parametrize(("p", "n"), [(0.3, 10), (0.02, 100), (0.5, 1)])
def test_counting_the_choice_itself_makes_the_inverse_nearly_unbiased(p, n):
    from scipy.stats import binom

    c = np.arange(n + 1)
    mean = (binom.pmf(c, n, p) * (n + 1) / (c + 1)).sum()
    assert mean == pytest.approx((1 - (1 - p) ** (n + 1)) / p)


@pytest.mark.parametrize("change", [
    lambda user, arm: (user + 1, arm), lambda user, arm: (user, (arm + 1) % 10), lambda user, arm: (user + 1, arm + 1),
])  # fmt: skip
@pytest.mark.parametrize("seed", [3, [3, 8]], ids=["one", "batch"])
def test_what_does_not_answer_the_last_prediction_is_no_row_of_a_log(seed, change):
    agent, sim = made("LinUCB", seed)
    book, user = Logbook(agent), np.full(sim.batch_shape, 4)[()]
    before = copy.deepcopy(agent)
    arm = book.predict(user, sim)
    click = np.ones_like(arm)[()]
    with pytest.raises(ValueError, match="update must answer the last predict"):
        book.update(*change(user, arm % 9), click, sim)
    assert same(before, agent)
    book.update(user, arm, click, sim)
    with pytest.raises(ValueError, match="update must answer the last predict"):
        book.update(user, arm, click, sim)
    assert book.log(sim).action.shape == (*sim.batch_shape, 1)


def test_a_bare_context_answers_no_prediction():
    agent, sim = made("shared crossed", 3)
    book = Logbook(agent)
    arm = book.predict(4, sim)
    with pytest.raises(ValueError, match="update must answer the last predict"):
        book.learn(agent.features.context(4, arm), arm, 1.0)


def test_a_log_holds_what_came_and_not_what_its_arrays_became():
    agent, sim = made("random", [3, 8])
    book, users = Logbook(agent), np.zeros(2, dtype=int)
    for t in range(3):
        users[:] = t
        arm = book.predict(users, sim)
        book.update(users, arm, np.ones(2, dtype=int), sim)
        arm[:] = 0
    assert book.users().tolist() == [[0, 1, 2]] * 2


def test_a_visit_that_was_never_answered_is_not_in_the_log():
    agent, sim = made("LinUCB", 3)
    book = Logbook(agent)
    for user in (1, 2, 3):
        arm = book.predict(user, sim)
        if user != 2:
            book.update(user, arm, 1, sim)
    assert book.users().tolist() == [1, 3]
    assert len(book.log(sim)) == 2


def test_an_agent_that_nobody_registered_is_refused_and_one_that_was_is_not():
    class Stubborn:
        batch_shape = ()

        def predict(self, user_id, sim):
            return 2

        def update(self, *click):
            pass

    sim = zoo.ZooplusSimulator(5, 5, 0)
    with pytest.raises(NotImplementedError, match="Stubborn"):
        action_probabilities(Stubborn(), 0, sim)
    action_probabilities.register(Stubborn, lambda agent, user_id, sim, **_: np.eye(5)[2])
    assert action_probabilities(Stubborn(), 0, sim).tolist() == [0, 0, 1, 0, 0]
