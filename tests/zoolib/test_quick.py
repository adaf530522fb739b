"""Players choose what their agents choose, and the agents know afterwards what they would have learned themselves."""

import numpy as np
import pytest
from roster import AGENTS, REPLAY, linucb, neural_linear, neural_ucb

import zoolib as zoo
from zoolib.agents import ArmThompson, EpsilonGreedy, HeadAlone, Thompson
from zoolib.experiment import run
from zoolib.quick import player_of
from zoolib.quick.player import Player
from zoolib.ties import argmax

KNOWN = ["LinUCB", "LinUCB, alpha 1", "LinUCB, window", "LinUCB, discount", "LinUCB, both", "shared", "shared crossed"]
KNOWN += ["shared, window", "shared, discount", "NeuralUCB", "frozen", "replay", "rehearsal", "fresh", "window"]
KNOWN += ["discount", "Thompson", "fresh Thompson", "epsilon-greedy"]
PLAYED = {name: AGENTS[name] for name in KNOWN} | {
    "LinUCB, crossed": linucb(encoding="crossed"),
    "LinUCB, greedy": linucb(alpha=0.0),
    "LinUCB, arms sampled": linucb(exploration=ArmThompson()),
    "LinUCB, window, arms sampled": linucb(window=150, exploration=ArmThompson()),
    "LinUCB, epsilon-greedy": linucb(exploration=EpsilonGreedy(0.2)),
    "shared, window of unrelated rows": linucb(zoo.SharedLinUCBAgent, "crossed", window=150),
    "shared, Thompson": linucb(zoo.SharedLinUCBAgent, exploration=Thompson()),
    "NeuralUCB, arms sampled": neural_ucb(exploration=ArmThompson()),
    "head alone": neural_linear(training=REPLAY, memory=HeadAlone(), exploration=EpsilonGreedy(0.2), alpha=0.0),
}
AS_THEY_ARE = {name: AGENTS[name] for name in ("online", "random")}
SHOCKS = {
    300: zoo.SHOCK_FISH,
    500: zoo.Turnover(["Cat Food", "Dog Toy"]),
    800: zoo.Launch(["Fish Supplies", "Dog Food"]),
}


def made(make, seeds):
    shop = zoo.ZooplusSimulator(n_products=20, n_users=60, seed=seeds)
    rng = zoo.spawn(seeds, "agent") if isinstance(seeds, int) else [zoo.spawn(seed, "agent") for seed in seeds]
    return make(zoo.FeatureEngineer(shop), rng), shop


def played(make, seeds, quick, n_steps=1100, shocks=SHOCKS):
    agent, shop = made(make, seeds)
    shocks = {step: shock for step, shock in shocks.items() if step < n_steps}
    return run({"agent": agent}, shop, n_steps, shocks, quick=quick), agent


def knowledge(agent):
    """All numbers that an agent has learned, by name."""
    known, parts = (
        {},
        {"": agent, "training": getattr(agent, "training", None), "memory": getattr(agent, "memory", None)},
    )
    for where, part in parts.items():
        for name in ("evidence", "network", "optimizer", "buffer", "records"):
            for key, value in vars(getattr(part, name, None) or object).items():
                if isinstance(value, (int, float, np.ndarray)) and key != "n_since":
                    known[where, name, key] = np.asarray(value, dtype=float)
    for i, click in enumerate(getattr(agent.evidence, "clicks", ())):
        known["click", i] = np.concatenate([np.ravel(np.asarray(part, dtype=float)) for part in click])
    return known


@pytest.mark.parametrize("seeds", [3, range(5)], ids=["one world", "five worlds"])
@pytest.mark.parametrize("name", PLAYED)
def test_a_player_chooses_and_learns_what_its_agent_would(name, seeds):
    (plain, by_itself), (quick, by_player) = (played(PLAYED[name], seeds, quick) for quick in (False, True))
    np.testing.assert_array_equal(quick.arm, plain.arm)
    wanted, got = knowledge(by_itself), knowledge(by_player)
    assert got.keys() == wanted.keys()
    for key, value in wanted.items():
        np.testing.assert_allclose(got[key], value, rtol=1e-6, atol=1e-8, err_msg=str(key))


@pytest.mark.parametrize("name", PLAYED)
def test_an_agent_that_was_played_goes_on_by_itself(name):
    (_, by_itself), (_, by_player) = (played(PLAYED[name], range(2), quick, 550) for quick in (False, True))
    shop = zoo.ZooplusSimulator(n_products=20, n_users=60, seed=range(2))
    for shock in list(SHOCKS.values())[:2]:
        shop.apply_shock(shock)
    then = [run({"agent": agent}, shop, 150, quick=False).arm for agent in (by_itself, by_player)]
    np.testing.assert_array_equal(*then)


@pytest.mark.parametrize("name", PLAYED)
def test_a_player_goes_on_where_its_agent_was(name):
    agents = [played(PLAYED[name], range(3), False, 220, {})[1] for _ in range(2)]
    shop = zoo.ZooplusSimulator(n_products=20, n_users=60, seed=range(3))
    assert isinstance(player_of(agents[1], shop), Player)
    then = [run({"agent": a}, shop, 200, quick=quick).arm for a, quick in zip(agents, (False, True), strict=True)]
    np.testing.assert_array_equal(*then)


@pytest.mark.parametrize("name", PLAYED | AS_THEY_ARE)
def test_a_player_is_found_for_the_kinds_that_have_one(name):
    agent, shop = made((PLAYED | AS_THEY_ARE)[name], range(3))
    player = player_of(agent, shop)
    assert isinstance(player, Player) if name in PLAYED else player is agent


class Mine(zoo.LinUCBAgent):
    def payoff(self, X):
        return -super().payoff(X)


class Ours(zoo.LinUCBAgent):
    alpha = property(lambda self: 1 / (1 + self.evidence.n_clicks), lambda self, value: None)


class Half(zoo.agents.Exploration):
    def bonus(self, width, X, evidence):
        return 0.5 * X[..., 0]


def nothing(agent):
    pass


def set_on(name, part=lambda agent: agent):
    return lambda agent: setattr(part(agent), name, getattr(part(agent), name))


ITS_OWN = {
    "a payoff": (linucb(Mine), nothing),
    "an alpha": (linucb(Ours), nothing),
    "a bonus that we do not know": (linucb(exploration=Half()), nothing),
    **{f"{name} set on it": (linucb(), set_on(name)) for name in ("payoff", "score", "predict")},
    "a method set on a part": (neural_linear(training=REPLAY), set_on("width", lambda agent: agent.evidence)),
    "evidence that no visit leaves": (linucb(), lambda agent: agent.learn(np.linspace(0, 1, 9), 2, 1.0)),
}


@pytest.mark.parametrize(("make", "change"), ITS_OWN.values(), ids=ITS_OWN)
def test_an_agent_with_anything_of_its_own_plays_itself(make, change):
    agent, shop = made(make, 3)
    change(agent)
    assert player_of(agent, shop) is agent


def test_a_subclass_that_is_only_made_otherwise_is_played():
    class Bold(zoo.LinUCBAgent):
        def __init__(self, features, *, alpha, rng):
            super().__init__(features, alpha=2 * alpha, rng=rng)

    agent, shop = made(linucb(Bold, alpha=0.3), range(3))
    assert isinstance(player_of(agent, shop), Player)


def test_what_was_learned_comes_back_when_a_run_breaks_off():
    class Ends(zoo.Shock):
        def apply(self, sim, worlds=...):
            if sim.seeds and sim._uniforms._used > 100:
                raise RuntimeError("the end")

    agent, shop = made(linucb(), range(3))
    with pytest.raises(RuntimeError, match="the end"):
        run({"agent": agent}, shop, 300, {200: Ends({})})
    assert agent.evidence.n_clicks == 200


def test_giving_back_twice_teaches_nothing_twice():
    for make in PLAYED.values():
        agent, shop = made(make, range(3))
        player = player_of(agent, shop)
        for user in np.zeros((20, 3), dtype=int):
            shown = player.predict(user, shop)
            player.update(user, shown, np.ones(3), shop)
        player.give_back()
        once = knowledge(agent)
        player.give_back()
        for key, value in knowledge(agent).items():
            np.testing.assert_allclose(value, once[key], err_msg=str(key))


class Twice(zoo.UCB):
    """Explores twice as much."""

    def bonus(self, width, X, evidence):
        return 2 * width(X)


def lowest(agent, shop):
    agent.exploration.pick = lambda scores: argmax(-scores)


def unsure_of_the_first(agent, shop):
    agent.uncertainty = lambda X: type(agent).uncertainty(agent, X) + (np.arange(X.shape[-2]) < 2)


def paid_by_the_last(agent, shop):
    agent.payoff = lambda X: type(agent).payoff(agent, X) + 0.1 * (np.arange(X.shape[-2]) > 17)


def a_context_of_no_cell(agent, shop):
    shape = agent.batch_shape
    agent.learn(np.tile(np.linspace(0, 1, 9), (*shape, 1)), np.full(shape, 3) if shape else 3, np.ones(shape))


BETWEEN = {
    "alpha": lambda agent, shop: setattr(agent, "alpha", 0.9),
    "exploration": lambda agent, shop: setattr(agent, "exploration", Twice()),
    "how ties are broken": lowest,
    "an uncertainty of its own": unsure_of_the_first,
    "a payoff of its own": paid_by_the_last,
    "a context of no cell": a_context_of_no_cell,
    "sums made elsewhere": lambda agent, shop: agent.evidence.put(
        np.tile(2 * np.eye(9), (*agent.evidence.shape, 1, 1)), np.ones((*agent.evidence.shape, 9))
    ),
    "sold out": lambda agent, shop: shop.set_catalog(
        shop.product_category, np.broadcast_to(np.arange(20) > 4, shop.product_category.shape)
    ),
    "a launch": lambda agent, shop: shop.apply_shock(zoo.Launch(["Cat Toy"])),
    "a shock": lambda agent, shop: shop.apply_shock(zoo.SHOCK_FISH),
    "another catalog": lambda agent, shop: shop.set_catalog(shop.product_category[..., ::-1].copy(), shop.for_sale),
}


@pytest.mark.parametrize("seeds", [7, range(7, 10)], ids=["one world", "three worlds"])
@pytest.mark.parametrize("kind", [zoo.LinUCBAgent, zoo.SharedLinUCBAgent])
@pytest.mark.parametrize("between", BETWEEN)
def test_what_changes_between_two_runs_is_heeded(between, kind, seeds):
    def arms(quick):
        agent, shop = made(linucb(kind), seeds)
        first = run({"agent": agent}, shop, 200, quick=quick).arm
        BETWEEN[between](agent, shop)
        return np.concatenate([first, run({"agent": agent}, shop, 200, quick=quick).arm], axis=-1)

    np.testing.assert_array_equal(arms(True), arms(False))


@pytest.mark.parametrize("name", ["payoff", "uncertainty"])
@pytest.mark.parametrize("memory", [{}, {"gamma": 0.9}, {"window": 50}])
def test_a_subclass_is_asked_for_its_own_payoffs_and_uncertainties(name, memory):
    def mine(self, X):
        return getattr(super(type(self), self), name)(X) + np.arange(X.shape[-2]) / 200

    agent, shop = made(linucb(type("Mine", (zoo.LinUCBAgent,), {name: mine}), **memory), range(3))
    assert (run({"agent": agent}, shop, 200).arm[..., 0] == 19).all()
