"""LinUCB in all its forms against its literal version, the published numbers and its own invariants."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolab.literal.linear import LiteralLinUCB, LiteralSharedLinUCB, LiteralShop
from zoolib import (
    CATEGORIES,
    CLICK_TABLE,
    SHOCK_DOG_TOY,
    SHOCK_FISH,
    ContextSpace,
    FeatureEngineer,
    Launch,
    LinUCBAgent,
    NeuralLinearAgent,
    Replay,
    SharedLinUCBAgent,
    Thompson,
    ZooplusSimulator,
    load,
    replicate,
    run,
    save,
)
from zoolib.agents import UCB, Agent, DisjointLinUCBAgent, UCBAgent
from zoolib.evidence import DiscountedEvidence, Evidence, TabularEvidence

SHOCKS = {10_000: SHOCK_FISH, 25_000: SHOCK_DOG_TOY}


def test_the_published_gauntlet_of_one_run_is_reproduced_exactly():
    sim = ZooplusSimulator(seed=42)
    users = np.random.default_rng(42).integers(0, 1000, size=40_000)
    agent = LinUCBAgent(FeatureEngineer(sim), alpha=0.2)
    reward = run({"LinUCB": agent}, sim, 40_000, SHOCKS, users=users).reward[0, 0]
    ctr = [reward.mean(), reward[10_000:25_000].mean(), reward[25_000:].mean()]
    assert [f"{x:.4f}" for x in ctr] == ["0.5257", "0.4943", "0.5869"]


@pytest.mark.parametrize("shared", [False, True], ids=["disjoint", "shared"])
@pytest.mark.parametrize("memory", [{}, {"window": 300}, {"gamma": 0.995}], ids=["all", "window", "discount"])
def test_every_choice_equals_the_literal_version(shared, memory):
    n_steps = 3000
    sim = ZooplusSimulator(n_products=10, n_users=200, seed=5)
    users = np.random.default_rng(1).integers(0, 200, n_steps)
    shocks = {1000: SHOCK_FISH, 2000: SHOCK_DOG_TOY}
    made = (SharedLinUCBAgent if shared else LinUCBAgent)(FeatureEngineer(sim), alpha=0.3, **memory)
    results = run({"agent": made}, sim, n_steps, shocks, users=users)

    literal = (LiteralSharedLinUCB if shared else LiteralLinUCB)(10, 9, 0.3, **memory)
    shop = LiteralShop(CLICK_TABLE, list(CATEGORIES), 10, 200, seed=5)
    categories = []
    for t, user in enumerate(users):
        if t in shocks:
            for persona, row in shocks[t].changes.items():
                shop.table[persona].update(row)
        X = shop.contexts(user)
        arm = literal.select(X)
        literal.learn(X[arm], arm, shop.reward(user, arm))
        categories.append(CATEGORIES.index(shop.product[arm]))
    assert results.category[0, 0].tolist() == categories


@pytest.mark.parametrize("make", [
    lambda f, rng: LinUCBAgent(f, alpha=0.2),
    lambda f, rng: LinUCBAgent(f, alpha=0.2, gamma=0.99),
    lambda f, rng: LinUCBAgent(f, alpha=0.2, window=200),
    lambda f, rng: SharedLinUCBAgent(f.encoded("crossed"), alpha=0.2),
    lambda f, rng: SharedLinUCBAgent(f.encoded("both"), alpha=0.2, gamma=0.99),
    lambda f, rng: SharedLinUCBAgent(f, alpha=0.2, window=200),
])  # fmt: skip
def test_replication_i_of_a_batch_equals_the_single_run_with_its_seed(make):
    shocks = {500: SHOCK_FISH, 900: Launch(["Cat Food", "Dog Toy"])}
    batch = replicate({"agent": make}, [4, 11, 7], 1500, shocks, n_products=20)
    for i, seed in enumerate([4, 11, 7]):
        single = replicate({"agent": make}, seed, 1500, shocks, n_products=20)
        assert (single.arm[0, 0] == batch.arm[0, i]).all()
        assert (single.reward[0, 0] == batch.reward[0, i]).all()
        assert np.array_equal(single.expected[0, 0], batch.expected[0, i])


@pytest.mark.parametrize("encoding", ["onehot", "both"])
@pytest.mark.parametrize("memory", [{}, {"window": 100}], ids=["all", "window"])
def test_remembered_scores_equal_scores_from_scratch(memory, encoding):
    sim = ZooplusSimulator(n_products=15, n_users=100, seed=[1, 2])
    features = FeatureEngineer(sim, encoding)
    agent = LinUCBAgent(features, alpha=0.5, **memory)
    rng = np.random.default_rng(0)
    for t in range(400):
        user = rng.integers(0, 100, 2)
        X = features.contexts(user, sim)
        assert np.allclose(agent.score(agent.choices(user, sim)[0]), agent.score(X), atol=1e-12), t
        arm = agent.predict(user, sim)
        agent.update(user, arm, sim.get_reward(user, arm), sim)


@pytest.mark.parametrize("agent_class", [LinUCBAgent, SharedLinUCBAgent])
def test_without_forgetting_window_and_discount_are_the_plain_agent(agent_class):
    def play(**memory):
        return replicate(
            {"a": lambda f, rng: agent_class(f, alpha=0.2, **memory)}, range(3), 2000, {800: SHOCK_FISH}
        ).arm

    assert (play() == play(gamma=1.0)).all()
    assert (play() == play(window=2000)).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_arms=st.integers(2, 6), d=st.integers(1, 5))
def test_permuting_the_arms_permutes_the_choices(seed, n_arms, d):
    rng = np.random.default_rng(seed)
    order = rng.permutation(n_arms)
    plain, permuted = (LinUCBAgent(ContextSpace(d, n_arms), alpha=0.4) for _ in range(2))
    for _ in range(30):
        X = rng.normal(size=(n_arms, d))  # continuous, so that no ties need breaking
        arm, place = plain.select(X), permuted.select(X[order])
        assert order[place] == arm
        reward = rng.normal()
        plain.learn(X[arm], arm, reward)
        permuted.learn(X[arm], int(place), reward)


def test_ties_go_to_the_lowest_product():
    sim = ZooplusSimulator(seed=1)
    features = FeatureEngineer(sim)
    assert LinUCBAgent(features, alpha=0.2).predict(0, sim) == 0
    shared = SharedLinUCBAgent(features, alpha=0.2)
    assert shared.predict(0, sim) == 0
    shared.learn(features.context(0, 0), 0, 0.0)
    chosen = shared.predict(0, sim)
    assert chosen == min(k for k in range(50) if sim.product_category[k] != sim.product_category[0])


def test_a_launched_product_is_a_stranger_to_the_disjoint_agent():
    sim = ZooplusSimulator(n_products=10, n_users=50, seed=3)
    agent = LinUCBAgent(FeatureEngineer(sim), alpha=0.2)
    for user in range(50):
        arm = agent.predict(user, sim)
        agent.update(user, arm, sim.get_reward(user, arm), sim)
    sim.apply_shock(Launch(["Cat Food"]))
    agent.predict(0, sim)
    assert agent.evidence.shape == (11,)
    assert np.array_equal(agent.evidence.A[10], np.eye(9))
    assert not agent.evidence.b[10].any()
    assert agent.evidence.A[:10].trace(axis1=1, axis2=2).sum() == 10 * 9 + 50 * 2


@pytest.mark.parametrize(("arguments", "message"), [
    ({"alpha": -0.1}, "alpha"),
    ({"alpha": float("nan")}, "alpha"),
    ({"gamma": 0.0}, "gamma"),
    ({"gamma": 1.5}, "gamma"),
    ({"window": 0}, "window"),
    ({"window": 10, "gamma": 0.9}, "two ways to forget"),
    ({"ridge": 0.0}, "ridge"),
])  # fmt: skip
@pytest.mark.parametrize("agent_class", [LinUCBAgent, SharedLinUCBAgent])
def test_settings_that_make_no_sense_are_refused_by_name(agent_class, arguments, message, features):
    with pytest.raises(ValueError, match=message):
        agent_class(features, **arguments)


@pytest.mark.parametrize("seed", [3, [3, 4]])
def test_a_click_on_a_product_that_was_launched_since_the_last_choice_is_learned_by_that_product(seed):
    sim = ZooplusSimulator(n_products=10, n_users=50, seed=seed)
    agent = LinUCBAgent(FeatureEngineer(sim), alpha=0.2)
    user, old, new = (n if sim.batch_shape == () else np.full(2, n) for n in (0, 3, 10))
    agent.predict(user, sim)
    sim.apply_shock(Launch(["Cat Food"]))
    agent.update(user, new, user + 1, sim)
    agent.update(user, old, user + 1, sim)
    clicked = agent.evidence.b.any(axis=-1)
    assert (np.flatnonzero(clicked[0] if sim.batch_shape else clicked) == [3, 10]).all()
    assert clicked.sum() == 2 * len(sim.seeds)


@pytest.mark.parametrize("settings", [{}, {"window": 50}, {"gamma": 0.99}], ids=str)
def test_disjoint_models_go_on_after_a_launch_as_the_fast_ones_do(settings):
    def history(cls):
        sim = ZooplusSimulator(n_products=10, n_users=60, seed=3)
        return run({"agent": cls(FeatureEngineer(sim), alpha=0.3, **settings)}, sim, 200, {100: Launch(["Cat Toy"])})

    assert np.array_equal(history(DisjointLinUCBAgent).arm, history(LinUCBAgent).arm)


@pytest.mark.parametrize("encoding", ["onehot", "crossed", "both"])
def test_a_shared_model_chooses_by_cells_as_it_would_by_contexts(encoding):
    sim = ZooplusSimulator(20, 100, seed=range(3))
    features = FeatureEngineer(sim, encoding)
    by_cell, plain = SharedLinUCBAgent(features, alpha=0.5), SharedLinUCBAgent(features, alpha=0.5)
    plain.by_cell = False
    plain._changed("by_cell", True)
    assert (type(by_cell.evidence), type(plain.evidence)) == (TabularEvidence, Evidence)
    x = np.random.default_rng(0).random((3, features.d))
    for _ in range(2):
        results = run({"by cell": by_cell, "plain": plain}, sim, 400, {200: SHOCK_FISH})
        np.testing.assert_array_equal(results.arm[0], results.arm[1])
        for agent in (by_cell, plain):
            agent.learn(x, np.zeros(3, dtype=int), np.ones(3))  # of no cell
    for name in ("A", "b", "theta"):
        np.testing.assert_allclose(getattr(by_cell.evidence, name), getattr(plain.evidence, name), atol=1e-8)
    by_cell.gamma = 0.99
    assert type(by_cell.evidence) is DiscountedEvidence


def test_an_exploration_that_takes_the_place_of_another_is_given_what_it_asks_for():
    sim = ZooplusSimulator(20, 100, seed=range(3))
    features = FeatureEngineer(sim)
    drawn = SharedLinUCBAgent(features, exploration=Thompson(), rng=range(3))
    placed = SharedLinUCBAgent(features)
    assert placed._asks_for_cells
    placed.exploration = copy.deepcopy(drawn.exploration)
    assert not placed._asks_for_cells
    results = run({"from the start": drawn, "afterwards": placed}, sim, 200)
    np.testing.assert_array_equal(results.arm[0], results.arm[1])


class Twice(UCB):
    """Explores twice as much."""

    def bonus(self, agent, Z):
        return 2 * agent.width(Z)


def bare(agent, sim):
    shape = agent.batch_shape
    agent.learn(np.tile(np.linspace(0, 1, 9), (*shape, 1)), np.full(shape, 3) if shape else 3, np.ones(shape))


def lowest(agent, sim):
    agent.exploration.pick = lambda scores: scores.argmin(-1)


def unsure_of_the_first(agent, sim):
    agent.width = lambda Z: type(agent).width(agent, Z) + (np.arange(20) < 2)


def sure_of_the_first(agent, sim):
    agent.uncertainty = lambda X: type(agent).uncertainty(agent, X) * (np.arange(X.shape[-2]) > 1)


def paid_by_the_last(agent, sim):
    agent.payoff = lambda X: type(agent).payoff(agent, X) + 0.1 * (np.arange(X.shape[-2]) > 17)


BETWEEN = {
    "alpha": lambda agent, sim: setattr(agent, "alpha", 0.9),
    "ridge": lambda agent, sim: setattr(agent, "ridge", 3.0),
    "window": lambda agent, sim: setattr(agent, "window", 40),
    "gamma": lambda agent, sim: setattr(agent, "gamma", 0.98),
    "exploration": lambda agent, sim: setattr(agent, "exploration", Twice()),
    "how ties are broken": lowest,
    "a width of its own": unsure_of_the_first,
    "an uncertainty of its own": sure_of_the_first,
    "a payoff of its own": paid_by_the_last,
    "a context that is no cell": bare,
    "sums made elsewhere": lambda agent, sim: agent.evidence.put(
        np.tile(2 * np.eye(9), (*sim.batch_shape, 20, 1, 1)), np.ones((*sim.batch_shape, 20, 9))
    ),
    "sold out": lambda agent, sim: sim.set_catalog(
        sim.product_category, np.broadcast_to(np.arange(20) > 4, sim.product_category.shape)
    ),
    "a launch": lambda agent, sim: sim.apply_shock(Launch(["Cat Toy"])),
    "a shock": lambda agent, sim: sim.apply_shock(SHOCK_FISH),
    "another catalog": lambda agent, sim: sim.set_catalog(sim.product_category[..., ::-1].copy(), sim.for_sale),
}


@pytest.mark.parametrize("seed", [7, range(7, 10)], ids=["one world", "three"])
@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN)
def test_what_is_looked_up_is_what_would_be_computed(between, seed, monkeypatch):
    made = {"alpha": 0.3} | ({"window": 90} if between is BETWEEN["window"] else {})

    def history(kind, then=lambda: None):
        sim = ZooplusSimulator(20, 60, seed=seed)
        agent, shown = kind(FeatureEngineer(sim), **made), []
        for t, user in enumerate(np.random.default_rng(0).integers(0, 60, (400, *sim.batch_shape))):
            if t == 100:
                then()
            if t == 200:
                monkeypatch.undo()
                between(agent, sim)
            user = user if sim.batch_shape else int(user)
            arm = agent.predict(user, sim)
            agent.update(user, arm, sim.get_reward(user, arm), sim)
            shown.append(np.array(arm))
        return np.array(shown)

    def look_up_only():
        monkeypatch.delattr(UCBAgent, "predict")
        monkeypatch.delattr(Agent, "update")

    assert np.array_equal(history(LinUCBAgent, look_up_only), history(DisjointLinUCBAgent))


def test_what_is_looked_up_in_one_world_refuses_what_the_others_refuse():
    sim = ZooplusSimulator(20, 60, seed=7)
    agents = [kind(FeatureEngineer(sim)) for kind in (LinUCBAgent, DisjointLinUCBAgent)]
    for agent in agents:
        agent.update(0, agent.predict(0, sim), 1, sim)
    for wrong in [
        (60, 0, 1),
        (0, 20, 1),
        (0, -1, 1),
        (0, 0.5, 1),
        (0, 0, 2),
        (0, 0, None),
        ("x", 0, 1),
        (0, 0, 1, None),
    ]:
        said = []
        for agent in agents:
            with pytest.raises((ValueError, TypeError)) as caught:
                agent.update(*wrong, *[sim][len(wrong) - 3 :])
            said.append(str(caught.value))
        assert said[0] == said[1]
    for agent in agents:
        with pytest.raises(TypeError, match="sim"):
            agent.predict(0, None)


def test_what_is_derived_from_the_fast_agent_is_asked_for_its_own_means_and_widths():
    class Wider(LinUCBAgent):
        def width(self, Z):
            return 2 * super().width(Z)

    def choices(agent, alphas=(0.2, 0.4)):
        sim = ZooplusSimulator(20, 100, seed=range(3))
        made = agent(FeatureEngineer(sim))
        shown = []
        for alpha in alphas:  # a setting that changes is heeded
            made.alpha = alpha
            shown.append(run({"agent": made}, sim, 200).arm)
        return np.array(shown)

    assert np.array_equal(choices(Wider), choices(LinUCBAgent, (0.4, 0.8)))
    assert not np.array_equal(choices(Wider), choices(LinUCBAgent))

    def wider(features):
        agent = LinUCBAgent(features)
        agent.width = lambda Z: 2 * LinUCBAgent.width(agent, Z)
        return agent

    assert np.array_equal(choices(wider), choices(Wider))


@pytest.mark.parametrize("name", ["payoff", "uncertainty"])
@pytest.mark.parametrize("memory", [{}, {"gamma": 0.9}, {"window": 50}])
@pytest.mark.parametrize("seed", [7, range(3)], ids=["one world", "three"])
def test_what_is_derived_from_the_fast_agent_is_asked_for_its_own_payoffs_and_uncertainties(name, memory, seed):
    def mine(self, X):
        return getattr(super(type(self), self), name)(X) + np.arange(X.shape[-2]) / 200

    sim = ZooplusSimulator(10, 60, seed=seed)
    kinds = [type("Mine", (kind,), {name: mine}) for kind in (LinUCBAgent, DisjointLinUCBAgent)]
    fast, plain = run({kind.__base__.__name__: kind(FeatureEngineer(sim), **memory) for kind in kinds}, sim, 200).arm
    assert (fast[..., 0] == 9).all()
    assert np.array_equal(fast, plain)


@pytest.mark.parametrize("seed", [3, range(3)])
def test_a_setting_that_changes_before_a_launch_was_seen_leaves_an_agent_that_can_be_loaded(seed, tmp_path):
    sim = ZooplusSimulator(10, 60, seed=seed)
    agent = LinUCBAgent(FeatureEngineer(sim))
    sim.apply_shock(Launch(["Cat Toy"]))
    agent.ridge = 2.0
    run({"agent": agent}, sim, 50)
    assert type(agent.evidence) is TabularEvidence
    save(agent, tmp_path / "agent.npz")
    loaded = LinUCBAgent(FeatureEngineer(ZooplusSimulator(10, 60, seed=seed)))
    loaded.ridge = 2.0
    load(tmp_path / "agent.npz", loaded)
    loaded.ridge = agent.ridge = 3.0  # when it has met none of its products
    results = run({"goes on": agent, "loaded": loaded}, sim, 50)
    assert np.array_equal(*results.arm)


@pytest.mark.parametrize("seed", [3, range(3)])
def test_a_setting_that_changes_after_a_launch_leaves_an_agent_that_can_be_saved_and_loaded(seed, tmp_path):
    def fresh():
        return LinUCBAgent(FeatureEngineer(ZooplusSimulator(10, 60, seed=seed)), alpha=0.3)

    sim, agent, plain = ZooplusSimulator(10, 60, seed=seed), fresh(), DisjointLinUCBAgent(fresh().features, alpha=0.3)
    for one in (agent, plain):
        run({"agent": one}, sim, 100, {50: Launch(["Cat Toy"])})
        one.ridge = 2.0
    assert type(agent.evidence) is TabularEvidence
    save(agent, tmp_path / "agent.npz")
    into = fresh()
    into.ridge = 2.0
    load(tmp_path / "agent.npz", into)
    sim.apply_shock(Launch(["Cat Toy"]))
    results = run({"goes on": agent, "loaded": into, "plain": plain}, sim, 100)
    assert np.array_equal(results.arm[0], results.arm[1])
    assert np.array_equal(results.arm[0], results.arm[2])


def test_contexts_of_whole_numbers_are_contexts_and_no_personas(rng):
    sim = ZooplusSimulator(20, 100, seed=range(3))
    agent = LinUCBAgent(FeatureEngineer(sim))
    run({"agent": agent}, sim, 50)
    X = rng.integers(0, 2, (3, 20, 9))
    assert np.array_equal(agent.score(X), agent.score(X.astype(float)))
    assert np.array_equal(agent.select(X), agent.select(X.astype(float)))


def test_where_a_shop_has_many_cells_none_goes_by_them():
    table = {f"p{i}": dict.fromkeys(CATEGORIES, 0.1 + i / 100) for i in range(21)}
    sim = ZooplusSimulator(20, 100, seed=0, click_table=table)
    features = FeatureEngineer(sim)
    assert len(features.cells) == 105
    assert type(SharedLinUCBAgent(features).evidence) is Evidence
    assert type(SharedLinUCBAgent(features.encoded("crossed")).evidence) is TabularEvidence  # A is as large
    assert type(NeuralLinearAgent(features, training=Replay(), rng=0).evidence) is Evidence
