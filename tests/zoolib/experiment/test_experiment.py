"""Experiments against a loop written by hand, and what makes them fair."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from refused import each

import zoolib as zoo
from zoolib.experiment import draw_users, interrupts_between_steps

SHOCKS = {250: zoo.SHOCK_FISH, 100: zoo.Launch(["Cat Food", "Dog Toy"]), 180: zoo.Turnover(["Dog Food"])}


def linucb(features, rng):
    return zoo.LinUCBAgent(features, alpha=0.3)


def random(features, rng):
    return zoo.RandomAgent(features, rng=rng)


# ---- the run itself --------------------------------------------------------------------------------------


def test_a_run_is_the_loop_that_one_would_write_by_hand():
    sim = zoo.ZooplusSimulator(20, 50, 3)
    users = np.random.default_rng(0).integers(50, size=400)
    results = zoo.run({"LinUCB": zoo.LinUCBAgent(zoo.FeatureEngineer(sim), alpha=0.3)}, sim, 400, SHOCKS, users=users)

    world = zoo.ZooplusSimulator(20, 50, 3)
    agent = zoo.LinUCBAgent(zoo.FeatureEngineer(world), alpha=0.3)
    for t, user in enumerate(users.tolist()):
        if t in SHOCKS:
            world.apply_shock(SHOCKS[t])
        arm = agent.predict(user, world)
        click = world.get_reward(user, arm)
        agent.update(user, arm, click, world)
        assert results.arm[0, 0, t] == arm
        assert results.reward[0, 0, t] == click
        # what was true at that moment, across taste, launch and turnover
        assert results.expected[0, 0, t] == world.click_probability(user, arm)
        assert results.oracle[0, t] == world.oracle_value(user)
        assert results.category[0, 0, t] == world.product_category[arm]
        assert results.persona[0, t] == world.user_persona[user]


@pytest.mark.parametrize(("many", "kind"), [(128, np.int8), (129, np.int16)])
def test_however_many_personas_and_categories_there_are_each_is_recorded(many, kind):
    names = tuple(f"c{i}" for i in range(many))
    table = {f"p{i}": dict.fromkeys(names, 0.1) for i in range(many)}
    sim = zoo.ZooplusSimulator(300, 300, seed=0, click_table=table, categories=names)
    last = np.flatnonzero(sim.user_persona == many - 1)
    results = zoo.run(
        {"random": zoo.RandomAgent(zoo.FeatureEngineer(sim), rng=0)}, sim, 900, users=np.resize(last, 900)
    )
    assert results.persona.dtype == results.category.dtype == kind
    assert (results.persona == many - 1).all()
    assert np.array_equal(results.category, sim.product_category[results.arm])


def test_the_shop_that_is_handed_in_is_left_as_it_is():
    sim, other = zoo.ZooplusSimulator(20, 50, 3), zoo.ZooplusSimulator(20, 50, 3)
    zoo.run({"LinUCB": zoo.LinUCBAgent(zoo.FeatureEngineer(sim))}, sim, 400, SHOCKS)
    assert sim.n_products == 20
    assert sim.for_sale.all()
    assert np.array_equal(sim.click_table, other.click_table)
    assert [sim.get_reward(0, 0) for _ in range(50)] == [other.get_reward(0, 0) for _ in range(50)]


# ---- what makes it fair ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [5, [5, 8]])
def test_who_else_takes_part_and_in_which_order_changes_nothing(seeds):
    cast = {"LinUCB": linucb, "Random": random, "Other": random, "Shared": lambda f, rng: zoo.SharedLinUCBAgent(f)}
    names = list(cast)
    together = zoo.replicate(cast, seeds, 400, SHOCKS, n_products=15)
    assert not np.array_equal(together.arm[1], together.arm[2])  # two names, two streams
    backwards = zoo.replicate({name: cast[name] for name in reversed(names)}, seeds, 400, SHOCKS, n_products=15)
    for i, name in enumerate(names):
        alone = zoo.replicate({name: cast[name]}, seeds, 400, SHOCKS, n_products=15)
        for field in ("arm", "reward", "expected", "category"):
            assert np.array_equal(getattr(alone, field)[0], getattr(together, field)[i])
            assert np.array_equal(getattr(backwards, field)[-1 - i], getattr(together, field)[i])
        assert np.array_equal(alone.oracle, together.oracle)


def test_an_agent_that_meddles_disturbs_nobody_else():
    class Vandal(zoo.RandomAgent):
        def predict(self, user_id, sim):
            sim.apply_shock(zoo.SHOCK_DOG_TOY)
            sim.get_random_user()
            for array in (sim.click_table, sim.product_category, user_id):
                with contextlib.suppress(ValueError, TypeError):
                    array[...] = 0
            return super().predict(np.zeros(2, dtype=int), sim)

    honest = zoo.replicate({"LinUCB": linucb}, [1, 2], 300, n_products=10)
    beside = zoo.replicate({"Vandal": lambda f, rng: Vandal(f, rng=rng), "LinUCB": linucb}, [1, 2], 300, n_products=10)
    assert np.array_equal(beside.arm[1], honest.arm[0])
    assert np.array_equal(beside.reward[1], honest.reward[0])
    assert np.array_equal(beside.oracle, honest.oracle)


def test_who_comes_does_not_depend_on_the_shop():
    small, large = zoo.ZooplusSimulator(5, 100, 3), zoo.ZooplusSimulator(50, 100, 3)
    used = small.copy()
    used.apply_shock(zoo.SHOCK_FISH)
    for _ in range(100):
        used.get_reward(0, 0)
    users = draw_users(small, 1000)
    assert np.array_equal(users, draw_users(large, 1000))
    assert np.array_equal(users, draw_users(used, 1000))
    assert np.array_equal(users, draw_users(zoo.ZooplusSimulator(5, 100, [9, 3]), 1000)[1])
    assert np.array_equal(users[:300], draw_users(small, 300))


def test_who_comes_is_not_what_the_shops_own_generator_would_draw():
    sim = zoo.ZooplusSimulator(10, 1000, 3)
    users = draw_users(sim, 2000)
    for other in (np.random.default_rng(3), zoo.spawn(3, "Random"), zoo.spawn(4, "users")):
        assert (users == other.integers(1000, size=2000)).mean() < 0.01
    assert abs(users.mean() - 499.5) < 4 * 1000 / np.sqrt(12 * 2000)  # four standard errors


# ---- results ---------------------------------------------------------------------------------------------


def test_results_have_an_axis_for_agents_replications_and_steps():
    results = zoo.replicate({"Random": random, "LinUCB": linucb}, [4, 9, 2], 120, {60: zoo.SHOCK_FISH}, n_products=10)
    assert results.agents == ("Random", "LinUCB")
    assert results.seeds == (4, 9, 2)
    assert results.n_steps == 120
    for field in ("arm", "category", "reward", "expected"):
        assert getattr(results, field).shape == (2, 3, 120)
    assert results.persona.shape == results.oracle.shape == (3, 120)
    assert results.shocks == {60: "fish boom"}
    assert (results.categories, results.personas) == (zoo.CATEGORIES, zoo.PERSONAS)
    assert ((results.reward == 0) | (results.reward == 1)).all()
    assert (results.expected <= results.oracle).all()
    single = zoo.replicate({"Random": random}, 4, 120)
    assert single.arm.shape == (1, 1, 120)


def test_nothing_is_printed_and_progress_counts_every_step(capfd):
    sim = zoo.ZooplusSimulator(10, 20, 1)
    zoo.run({"r": zoo.RandomAgent(zoo.FeatureEngineer(sim), rng=0)}, sim, 1500)
    assert capfd.readouterr() == ("", "")
    zoo.run({"my agent": zoo.RandomAgent(zoo.FeatureEngineer(sim), rng=0)}, sim, 1500, progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "my agent" in shown.err
    assert "1500/1500" in shown.err


# ---- what is refused, before the first step ---------------------------------------------------------------


class Watched(zoo.RandomAgent):
    """Fails if it is ever asked for a product."""

    def predict(self, user_id, sim):
        raise AssertionError("the run has begun")


@pytest.mark.parametrize("seed", [3, [3, 4]])
@pytest.mark.parametrize(("bad", "error", "message"), [
    *each(ValueError, n_steps=[0], agents=[{}, ["LinUCB"]], shocks=[{100: zoo.SHOCK_FISH}, {-1: zoo.SHOCK_FISH}]),
    *each(TypeError, n_steps=[10.0, True], sim=["shop"], shocks=[
        {5.0: zoo.SHOCK_FISH}, {"5": zoo.SHOCK_FISH, 6: zoo.SHOCK_FISH}, {5: "fish boom"}, [zoo.SHOCK_FISH],
        {5: {"budget_shopper": {"Cat Food": 0.1}}},
    ]),
    ({"agents": {"a": object()}}, TypeError, "agents.*predict and update, got object"),
    ({"shocks": {90: zoo.Shock({"cat_lover": {"Cat Food": 0.5}})}}, ValueError, "unknown persona 'cat_lover'"),
    ({"shocks": {90: zoo.Shock({"budget_shopper": {"Bird Food": 0.5}})}}, ValueError, "unknown category 'Bird Food'"),
    ({"shocks": {90: zoo.Shock({"budget_shopper": {"Cat Food": 1.5}})}}, ValueError, "click probability"),
    ({"shocks": {90: zoo.Launch(["Bird Food"])}}, ValueError, "unknown category 'Bird Food'"),
    ({"users": np.zeros(99, dtype=int)}, ValueError, "users must have shape"),
    ({"users": np.zeros((3, 100), dtype=int)}, ValueError, "users must have shape"),
    ({"users": "shape", "of": float}, TypeError, "users"), ({"users": "shape", "of": bool}, TypeError, "users"),
    ({"users": "shape", "plus": 20}, ValueError, "users"), ({"users": "shape", "plus": -1}, ValueError, "users"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_by_name_before_the_first_step(seed, bad, error, message):
    sim = zoo.ZooplusSimulator(10, 20, seed)
    if isinstance(bad.get("users"), str):
        users = np.zeros((*sim.batch_shape, 100), dtype=bad.get("of", int)) + bad.get("plus", 0)
        bad = {"users": users.astype(bad.get("of", int))}
    good = {"agents": {"w": Watched(zoo.FeatureEngineer(sim), rng=0)}, "sim": sim, "n_steps": 100}
    with pytest.raises(error, match=message):
        zoo.run(**(good | bad))


def test_agents_of_other_worlds_are_refused():
    one, many, three = (zoo.ZooplusSimulator(10, 20, seed) for seed in (3, [3, 4], [3, 4, 5]))
    for made_for, sim in ((one, many), (many, one), (many, three)):
        agents = {"fits": Watched(zoo.FeatureEngineer(sim), rng=0), "w": Watched(zoo.FeatureEngineer(made_for), rng=0)}
        with pytest.raises(ValueError, match="was made for"):
            zoo.run(agents, sim, 100)


def test_one_agent_under_two_names_is_refused():
    sim = zoo.ZooplusSimulator(10, 20, 3)
    agent = zoo.LinUCBAgent(zoo.FeatureEngineer(sim))
    with pytest.raises(ValueError, match="under two names"):
        zoo.run({"a": agent, "b": agent}, sim, 100)


@pytest.mark.parametrize(("arguments", "message"), [
    *(({"seeds": wrong}, "seed") for wrong in (-1, [], [1.5])), ({"n_products": 0}, "n_products"),
    ({"seeds": [3, 4, 3]}, "seeds must name at least one world, and none twice"),
    ({"agents": {"click table": random}}, "two are of one stream, .*'click table'"),
    ({"agents": {"plumless": random, "buckeroo": random}}, "two are of one stream, .*'plumless', 'buckeroo'"),
    ({"agents": {"users": random}}, "users"),
])  # fmt: skip
def test_a_replication_that_makes_no_sense_is_refused_by_name(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        zoo.replicate(**({"agents": {"Random": random}, "seeds": 1, "n_steps": 10} | arguments))


# ---- Ctrl-C ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [{}, {"window": 100}, {"gamma": 0.99}], ids=["all", "window", "discount"])
@pytest.mark.parametrize("seed", [3, [3, 4]])
def test_an_interrupt_in_the_middle_of_a_step_waits_until_the_step_is_whole(seed, memory):
    sim = zoo.ZooplusSimulator(10, 50, seed)
    R = len(sim.seeds)

    class Interrupted(zoo.LinUCBAgent):
        n_predicted = n_updated = n_clicks = 0

        def predict(self, user_id, sim):
            self.n_predicted += 1
            return super().predict(user_id, sim)

        def _learn(self, x, arm, reward):
            if self.n_predicted == 150:
                os.kill(os.getpid(), signal.SIGINT)  # a click half learned
            super()._learn(x, arm, reward)
            self.n_updated += 1
            self.n_clicks += np.sum(reward)

    agent, before = Interrupted(zoo.FeatureEngineer(sim), alpha=0.2, **memory), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        zoo.run({"a": agent}, sim, 10_000)
    assert agent.n_predicted == agent.n_updated == 150
    assert signal.getsignal(signal.SIGINT) is before
    evidence = agent.evidence
    assert np.allclose(evidence.A_inv @ evidence.A, np.eye(9), atol=1e-9)
    if not memory:
        contexts = np.trace(evidence.A, axis1=-2, axis2=-1).sum() - 9 * 10 * R
        assert contexts == 2 * 150 * R  # every context of a click is two ones
        assert evidence.b.sum() == 2 * agent.n_clicks
    zoo.run({"a": agent}, sim, 200)  # and it can go on


def test_the_handler_is_restored_after_an_agents_error_too():
    class Broken(zoo.RandomAgent):
        def predict(self, user_id, sim):
            raise RuntimeError("broken")

    sim, before = zoo.ZooplusSimulator(10, 20, 1), signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="broken"):
        zoo.run({"b": Broken(zoo.FeatureEngineer(sim), rng=0)}, sim, 10)
    assert signal.getsignal(signal.SIGINT) is before
    with interrupts_between_steps() as interrupted:
        assert interrupted == []
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_works_outside_the_main_thread_with_the_same_results():
    def play():
        return zoo.replicate({"LinUCB": linucb}, 5, 300).arm

    found = []
    thread = threading.Thread(target=lambda: found.append(play()))
    thread.start()
    thread.join()
    assert np.array_equal(found[0], play())


def test_a_script_that_is_interrupted_stops_at_once_without_a_result():
    code = (
        "from zoolib import *\n"
        "print('begins', flush=True)\n"
        "replicate({'LinUCB': lambda f, rng: LinUCBAgent(f)}, 1, 5_000_000)\n"
        "print('ended')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        assert p.stdout.readline() == "begins\n"
        threading.Timer(1.0, p.send_signal, (signal.SIGINT,)).start()
        out, err = p.communicate(timeout=120)
    assert "ended" not in out
    assert "KeyboardInterrupt" in err
    assert p.returncode != 0


def test_nothing_of_a_run_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cast = {"LinUCB": linucb, "d": lambda f, rng: zoo.LinUCBAgent(f, gamma=0.9), "Random": random}
        zoo.replicate(cast, range(3), 300, SHOCKS, n_products=7)
