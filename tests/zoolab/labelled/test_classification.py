"""Classification as a bandit: one arm is right, every row comes once an epoch, nobody sees what is to come."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused import each
from stored_numbers import compares_stored_numbers

from zoolab.columns import serve
from zoolab.experiments import classification
from zoolab.labelled import ClassificationBandit, LabelledData, copies, scaled, shuffled
from zoolib import ContextSpace, LinUCBAgent, RandomAgent, metrics, spawn
from zoolib.experiment import stored


def made(n=23, d=3, K=4, seed=0):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(K), rng.integers(0, K, n - K)])
    return LabelledData("made", rng.normal(size=(n, d)) * 10 + 5, y, tuple("abcdefgh"[:K]))


# ---- the protocol ----------------------------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(1, 100), st.integers(0, 10**6))
def test_every_row_comes_once_an_epoch(n_rows, n_steps, seed):
    order = shuffled(n_rows, n_steps, np.random.default_rng(seed))
    assert len(order) == n_steps
    for start in range(0, n_steps, n_rows):
        epoch = order[start : start + n_rows]
        assert len(set(epoch.tolist())) == len(epoch)
    assert set(order.tolist()) <= set(range(n_rows))


def test_epochs_come_in_new_orders():
    order = shuffled(30, 60, np.random.default_rng(0))
    assert (order[:30] != order[30:]).any()


@settings(max_examples=30)
@given(st.integers(2, 6), st.integers(4, 40), st.integers(1, 60), st.integers(0, 10**6))
def test_exactly_one_arm_earns_and_it_is_the_class_of_the_row(K, n, n_steps, seed):
    data = made(max(n, K), K=K, seed=seed)
    bandit = ClassificationBandit(data, seed, n_steps)
    for t in range(n_steps):
        rewards = [bandit.reward(t, arm) for arm in range(K)]
        assert sum(rewards) == 1
        assert rewards[data.y[bandit.rows[t]]] == 1


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10**6))
def test_copies_hold_the_row_in_the_block_of_their_arm_and_nothing_else(K, d, seed):
    x = np.random.default_rng(seed).normal(size=(2, d))
    X = copies(x, K)
    assert X.shape == (2, K, K * d)
    for i in range(2):
        for a in range(K):
            assert np.array_equal(X[i, a], np.kron(np.eye(K)[a], x[i]))


def test_shared_contexts_are_the_row_for_every_arm():
    bandit = ClassificationBandit(made(), [3, 4], 10)
    assert bandit.contexts(2).shape == (2, 4, 4)
    assert (bandit.contexts(2) == bandit.x[2][:, None, :]).all()
    assert bandit.space == ContextSpace(4, 4, (2,))
    assert ClassificationBandit(made(), 3, 10, form="copies").space == ContextSpace(16, 4)


# ---- nobody peeks ----------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 10**6), st.sampled_from(["running", "row"]))
def test_what_comes_later_changes_nothing_that_was_seen(n, later, seed, scaling):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + later, 3)) * [1, 100, 0.01] + [0, 1000, 1]
    np.testing.assert_array_equal(scaled(X, scaling)[:n], scaled(X[:n], scaling))


def test_running_scaling_is_the_mean_and_deviation_of_the_rows_so_far():
    X = np.random.default_rng(0).normal(size=(40, 3)) * 3 + 7
    Z = scaled(X)
    assert (Z[0] == [0, 0, 0, 0.5]).all()
    for t in (1, 5, 39):
        literal = (X[t] - X[: t + 1].mean(0)) / X[: t + 1].std(0)
        np.testing.assert_allclose(Z[t], np.append(literal, 1) / 2, rtol=1e-9)


def test_a_feature_that_never_changes_is_zero_and_far_values_are_cut_off():
    X = np.random.default_rng(0).normal(size=(400, 2))
    X[:, 0] = 3.7
    X[350, 1] = 1e6
    Z = scaled(X)
    assert (Z[:, 0] == 0).all()
    assert Z[350, 1] == 5 / np.sqrt(3)


def test_a_row_divided_by_its_length_has_length_one():
    Z = scaled(np.array([[3.0, 4.0], [0.0, 0.0]]), "row") * np.sqrt(2)
    np.testing.assert_allclose(Z, [[0.6, 0.8, 1], [0, 0, 1]])


# ---- lockstep --------------------------------------------------------------------------------------------------------


def linucb(space, rng):
    return LinUCBAgent(space, alpha=0.3)


def chance(space, rng):
    return RandomAgent(space, rng=rng)


def test_shuffle_i_of_a_batch_is_the_shuffle_alone():
    data = made(60)
    batch = ClassificationBandit(data, [5, 2, 9], 100)
    many = serve({"LinUCB": linucb, "chance": chance}, batch)
    for i, seed in enumerate([5, 2, 9]):
        alone = ClassificationBandit(data, seed, 100)
        assert np.array_equal(alone.labels, batch.labels[:, i])
        one = serve({"LinUCB": linucb, "chance": chance}, alone)
        for name in ("arm", "reward", "expected"):
            assert np.array_equal(getattr(one, name)[:, 0], getattr(many, name)[:, i])


def test_all_agents_meet_the_same_shuffles_and_have_streams_of_their_own():
    bandit = ClassificationBandit(made(60), range(3), 80)
    played = serve({"one": chance, "other": chance}, bandit)
    assert (played.arm[0] != played.arm[1]).any()
    assert np.array_equal(played.arm[0], serve({"one": chance}, bandit).arm[0])


def test_the_shuffle_belongs_to_the_seed_and_the_set():
    data = made(60)
    expected = shuffled(60, 80, spawn(3, "shuffle of made"))
    assert np.array_equal(ClassificationBandit(data, 3, 80).rows, expected)


# ---- regret ----------------------------------------------------------------------------------------------------------


def test_regret_is_the_number_of_mistakes():
    bandit = ClassificationBandit(made(), [0, 1], 50)
    played = serve({"LinUCB": linucb, "chance": chance}, bandit)
    wrong = played.arm != bandit.labels.T
    assert np.array_equal(played.reward, ~wrong)
    assert np.array_equal(played.expected, ~wrong)
    for stop in (1, 20, 50):
        assert np.array_equal(metrics.regret(played, stop=stop).to_numpy().T, wrong[..., :stop].sum(-1))
    assert np.array_equal(metrics.ctr(played).to_numpy().T, (~wrong).mean(-1))


def test_who_came_is_not_known_where_there_are_no_personas():
    played = serve({"LinUCB": linucb}, ClassificationBandit(made(), [3, 8], 50))
    assert played.persona is played.category is None
    with pytest.raises(ValueError, match="unknown persona"):
        metrics.rolling(played, 10, persona="cat_connoisseur")


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("changes", "message"), [
    *each(data=["digits"], n_steps=[0, 2.5], form=["blocks"], scaling=["all"]),
    *(({"seeds": wrong}, "seed") for wrong in (-1, [1, 1], [], 0.5)),
])  # fmt: skip
def test_arguments_that_make_no_sense_are_refused_by_name(changes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        ClassificationBandit(**({"data": made(), "seeds": 0, "n_steps": 10} | changes))


def test_an_agent_of_another_shape_and_an_arm_that_is_none_are_refused():
    bandit = ClassificationBandit(made(), [0, 1], 10)
    with pytest.raises(ValueError, match="agent"):
        serve({"LinUCB": LinUCBAgent(ContextSpace(4, 4))}, bandit)
    with pytest.raises(ValueError, match="arm"):
        bandit.reward(0, np.array([0, 4]))
    for X in (np.ones(3), np.array([[np.nan, 1.0]]), np.array([[1e308], [-1e308]])):
        with pytest.raises(ValueError, match="X"):
            scaled(X)


# ---- the table of chapter 10 -----------------------------------------------------------------------------------------

KNOBS = ["alpha", "ridge", "epsilon", "lr"]


@pytest.fixture(scope="module")
def table():
    return stored(classification.TABLE)


def rows(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def test_the_table_holds_everybody_in_every_phase(table):
    assert list(table.columns) == list(classification.tidy(table.to_dict("records")).columns)
    for data, name in classification.field():
        mine = rows(table, data=data, agent=name)
        tried = rows(mine, phase="tuning")[KNOBS].apply(lambda row: row.dropna().to_dict(), axis=1)
        assert tried.tolist() == classification.settings(name)
        assert rows(mine, phase="play")["shuffle"].tolist() == list(classification.SHUFFLES)
        long = data in classification.LONG and name in classification.LONG_AGENTS
        assert rows(mine, phase="long")["shuffle"].tolist() == long * list(classification.LONG_SHUFFLES)
    ceilings = table.loc[table["phase"] == "ceiling", ["data", "agent"]].itertuples(index=False, name=None)
    assert sorted(ceilings) == sorted(itertools.product(classification.HORIZON, classification.CEILINGS))
    assert len(table) == sum(len(rows(table, phase=phase)) for phase in ("tuning", "play", "long", "ceiling"))


def test_regrets_grow_and_never_beyond_the_steps(table):
    counts = table.loc[table["phase"].isin(["play", "long"]), ["steps", *classification.COLUMNS]].astype(float)
    gains = counts[classification.COLUMNS].diff(axis=1).iloc[:, 1:]
    assert (gains >= 0).all(axis=None)
    assert gains.le(counts["steps"] / 10 + 1, axis=0).all(axis=None)


def test_who_plays_had_the_fewest_mistakes_in_the_tuning(table):
    for data, name in classification.field():
        mine = rows(table, data=data, agent=name)
        tried = rows(mine, phase="tuning")
        best = tried.loc[tried["r100"].idxmin(), KNOBS].dropna().to_dict()
        for _, played in mine[mine["phase"].isin(["play", "long"])].iterrows():
            assert played[KNOBS].dropna().to_dict() == best


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize(("data", "name"), [
    ("cancer", "LinUCB"),
    ("cancer", "Neural-Linear, fresh, Thompson"),
    ("cancer", "NeuralUCB, small, full"),
    ("magic", "NeuralTS"),
    ("segment", "Neural-Linear, heads"),
    ("digits", "LinUCB"),
    ("mushroom", "Epsilon-greedy"),
    ("shuttle", "NeuralUCB, latest click"),
])  # fmt: skip
def test_shuffles_come_out_again_digit_for_digit(table, data, name):
    some = rows(table, data=data, agent=name, phase="play")
    some = some[some["shuffle"].isin([3, 17])]
    setting = some.iloc[0][KNOBS].dropna().to_dict()
    again = classification.mistakes(data, name, setting, [3, 17], classification.HORIZON[data])
    np.testing.assert_array_equal(some[classification.COLUMNS].to_numpy(dtype=int), again)


@compares_stored_numbers
def test_a_setting_that_was_tried_and_a_ceiling_come_out_again(table):
    tried = rows(table, data="cancer", agent="LinUCB", phase="tuning").iloc[0]
    setting = tried[KNOBS].dropna().to_dict()
    shuffles, n_steps = classification.TUNING_SHUFFLES, classification.TUNING_STEPS
    again = classification.mistakes("cancer", "LinUCB", setting, shuffles, n_steps)
    assert tried["r100"] == again[:, -1].mean()
    ceiling = pd.DataFrame(classification.ceilings("cancer"))[["agent", "r100"]]
    kept = rows(table, data="cancer", phase="ceiling")[["agent", "r100"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(ceiling, kept)


def test_a_long_run_begins_as_the_short_one_on_the_same_shuffle(table):
    for data, name in itertools.product(classification.LONG, classification.LONG_AGENTS):
        long = rows(table, data=data, agent=name, phase="long").set_index("shuffle")
        short = rows(table, data=data, agent=name, phase="play").set_index("shuffle").loc[long.index]
        assert classification.LONG[data] == 5 * classification.HORIZON[data]
        assert (long["r20"] == short["r100"]).all()
        assert (long["r10"] == short["r50"]).all()


@pytest.mark.parametrize("scaling", ["running", "whole"])
def test_a_column_that_differs_by_rounding_alone_says_nothing(rng, scaling):
    parts = rng.random((200, 7))
    sums = (parts / parts.sum(1, keepdims=True)).sum(1)
    assert 0 < np.ptp(sums) < 1e-14
    for column in (sums, np.where(np.arange(200) % 3, 0.1 + 0.2, 0.3)):
        assert (scaled(column[:, None], scaling)[:, 0] == 0).all()


@pytest.mark.parametrize("scaling", ["running", "whole"])
@pytest.mark.parametrize(("unit", "origin"), [(1e-7, 0.0), (1.0, 1e6), (1e3, 1.6e9)])
def test_neither_unit_nor_origin_of_a_column_matter(rng, scaling, unit, origin):
    X = rng.normal(size=(60, 3))
    X[:, 2] = 4.1  # says nothing, in any unit
    known, moved = scaled(X, scaling), scaled(X * unit + origin, scaling)
    assert (known[:, 2] == 0).all()
    assert (moved[:, 2] == 0).all()
    assert moved == pytest.approx(known, abs=1e-6)
