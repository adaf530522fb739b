"""The shop against its description: draw by draw, entry by entry, and what it refuses."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused import each

import zoolib as zoo
from zoolab.literal.linear import LiteralShop


def literal_shop(n_products, n_users, seed, table=zoo.CLICK_TABLE):
    return LiteralShop(table, list(zoo.CATEGORIES), n_products, n_users, seed)


def state(sim):
    """All that a world is, so that two states can be compared."""
    rngs = [rng.bit_generator.state for rng in sim.copy()._uniforms.rewind()]
    arrays = (sim.product_category, sim.for_sale, sim.user_persona, sim.click_table)
    return rngs, sim.n_products, [a.tolist() for a in arrays]


# ---- the same world as the description's -----------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(n_products=st.integers(1, 60), n_users=st.integers(1, 80), seed=st.integers(0, 2**40))
def test_catalog_users_and_clicks_equal_the_literal_shop_draw_by_draw(n_products, n_users, seed):
    sim, shop = zoo.ZooplusSimulator(n_products, n_users, seed), literal_shop(n_products, n_users, seed)
    assert sim.products["category"].tolist() == shop.product
    assert sim.users["persona"].tolist() == shop.user
    draw = np.random.default_rng(seed)
    for _ in range(60):
        user, arm = int(draw.integers(n_users)), int(draw.integers(n_products))
        assert sim.click_probability(user, arm) == shop.probability(user, arm)
        assert sim.get_reward(user, arm) == shop.reward(user, arm)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), asked=st.lists(st.sampled_from(["user", "reward"]), min_size=1, max_size=60))
def test_users_drawn_between_rewards_leave_both_sequences_as_they_are(seed, asked):
    sim, shop = zoo.ZooplusSimulator(7, 30, seed), literal_shop(7, 30, seed)
    for turn, kind in enumerate(asked):
        if kind == "user":
            assert sim.get_random_user() == shop.random_user()
        else:
            assert sim.get_reward(turn % 30, turn % 7) == shop.reward(turn % 30, turn % 7)


def test_the_literal_shop_is_met_over_more_clicks_than_are_drawn_ahead():
    sim, shop = zoo.ZooplusSimulator(seed=9), literal_shop(50, 1000, 9)
    draw = np.random.default_rng(0)
    pairs = np.stack([draw.integers(1000, size=5000), draw.integers(50, size=5000)], axis=1).tolist()
    assert [sim.get_reward(*pair) for pair in pairs] == [shop.reward(*pair) for pair in pairs]


@pytest.mark.parametrize("p", [0.001, 0.01, 0.3, 0.49999999, 0.5, 0.50000001, 0.7, 0.8, 0.99, 1.0])
def test_a_click_is_numpys_binomial_for_rare_and_frequent_clicks(p):
    table = {"everyone": dict.fromkeys(zoo.CATEGORIES, p)}
    sim, shop = zoo.ZooplusSimulator(5, 1, 4, click_table=table), literal_shop(5, 1, 4, table)
    assert [sim.get_reward(0, 0) for _ in range(3000)] == [shop.reward(0, 0) for _ in range(3000)]


def test_what_is_never_clicked_takes_a_uniform_all_the_same():
    never = zoo.ZooplusSimulator(5, 1, 4, click_table={"everyone": dict.fromkeys(zoo.CATEGORIES, 0.0)})
    often = zoo.ZooplusSimulator(5, 1, 4, click_table={"everyone": dict.fromkeys(zoo.CATEGORIES, 0.9)})
    assert not any(never.get_reward(0, 0) for _ in range(1000))
    for _ in range(1000):
        often.get_reward(0, 0)
    assert state(never)[0] == state(often)[0]


def test_a_category_missing_from_a_personas_row_is_clicked_once_in_a_hundred():
    sim = zoo.ZooplusSimulator(10, 5, 0, click_table={"cat person": {"Cat Food": 0.5}})
    expected = np.where(sim.products["category"] == "Cat Food", 0.5, 0.01)
    assert np.array_equal(sim.click_probability(0, np.arange(10)), expected)


def test_the_shop_of_the_text_has_ten_products_of_each_category():
    sim = zoo.ZooplusSimulator()
    assert zoo.CATEGORIES == ("Fish Supplies", "Cat Food", "Dog Food", "Dog Toy", "Cat Toy")
    assert zoo.PERSONAS == ("new_puppy_parent", "cat_connoisseur", "budget_shopper", "fish_hobbyist")
    assert sim.products["category"].value_counts().to_dict() == dict.fromkeys(zoo.CATEGORIES, 10)
    assert len(sim.users) == 1000


# ---- many worlds, and copies -----------------------------------------------------------------------------


def test_world_i_of_a_batch_is_the_world_that_its_seed_alone_gives():
    seeds = [3, 1, 99, 3]
    batch = zoo.ZooplusSimulator(13, 40, seeds)
    singles = [zoo.ZooplusSimulator(13, 40, seed) for seed in seeds]
    draw = np.random.default_rng(0)
    for t in range(300):
        if t == 100:
            for sim in (batch, *singles):
                sim.apply_shock(zoo.SHOCK_FISH)
        if t == 200:
            for sim in (batch, *singles):
                sim.apply_shock(zoo.Turnover(["Cat Food", "Dog Toy"]))
        user = batch.get_random_user() if t % 3 == 0 else draw.integers(40, size=4)
        if t % 3 == 0:
            assert user.tolist() == [sim.get_random_user() for sim in singles]
        arm = draw.integers(13, size=4)
        for method in ("get_reward", "click_probability"):
            got = getattr(batch, method)(user, arm)
            assert got.tolist() == [
                getattr(s, method)(int(u), int(a)) for s, u, a in zip(singles, user, arm, strict=True)
            ]
        for method in ("persona", "oracle_value", "best_arm"):
            got = getattr(batch, method)(user)
            assert got.tolist() == [getattr(s, method)(int(u)) for s, u in zip(singles, user, strict=True)]
    assert batch.products.groupby("world")["category"].apply(list).tolist() == [
        s.products["category"].tolist() for s in singles
    ]


def test_a_single_world_answers_in_plain_numbers():
    sim = zoo.ZooplusSimulator(10, 10, 0)
    assert type(sim.get_random_user()) is type(sim.get_reward(0, 0)) is type(sim.best_arm(0)) is int
    assert type(sim.click_probability(0, 0)) is type(sim.oracle_value(0)) is float


@pytest.mark.parametrize("seed", [5, [5, 6]])
def test_copies_share_their_luck_and_nothing_else(seed):
    sim = zoo.ZooplusSimulator(10, 20, seed)
    zero = 0 if sim.batch_shape == () else [0, 0]
    for _ in range(10):
        sim.get_reward(zero, zero)
    before = state(sim)
    twin, third = sim.copy(), sim.copy()
    clicks = [np.array(twin.get_reward(zero, zero)).tolist() for _ in range(3000)]
    assert clicks == [np.array(third.get_reward(zero, zero)).tolist() for _ in range(3000)]
    twin.apply_shock(zoo.SHOCK_FISH)
    twin.apply_shock(zoo.Launch(["Cat Food"]))
    twin.get_random_user()
    assert state(sim) == before
    assert clicks == [np.array(sim.get_reward(zero, zero)).tolist() for _ in range(3000)]


def test_nobody_can_write_into_what_copies_share():
    sim = zoo.ZooplusSimulator(10, 20, 5)
    sim.copy().apply_shock(zoo.Turnover(["Cat Food"]))
    for array in (sim.click_table, sim.product_category, sim.for_sale, sim.user_persona):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


# ---- what may happen to it -------------------------------------------------------------------------------


def test_the_two_shocks_change_the_four_entries_that_they_name():
    sim = zoo.ZooplusSimulator()
    at = {
        ("budget_shopper", "Fish Supplies"): 0.80,
        ("budget_shopper", "Dog Food"): 0.10,
        ("budget_shopper", "Cat Food"): 0.15,
        ("cat_connoisseur", "Dog Toy"): 0.75,
    }
    sim.apply_shock(zoo.SHOCK_FISH)
    sim.apply_shock(zoo.SHOCK_DOG_TOY)
    for (p, persona), (c, category) in itertools.product(enumerate(zoo.PERSONAS), enumerate(zoo.CATEGORIES)):
        assert sim.click_table[p, c] == at.get((persona, category), zoo.CLICK_TABLE[persona][category])


@pytest.mark.parametrize("worlds", [[1], np.array([False, True, False]), [1, 1], np.int64(1), 1])
def test_a_shock_in_some_worlds_leaves_the_others_as_they_were(worlds):
    sim, plain = zoo.ZooplusSimulator(10, 20, [1, 2, 3]), zoo.ZooplusSimulator(10, 20, [1, 2, 3])
    sim.apply_shock(zoo.SHOCK_FISH, worlds)
    shocked = zoo.ZooplusSimulator(10, 20, [1, 2, 3])
    shocked.apply_shock(zoo.SHOCK_FISH)
    assert np.array_equal(sim.click_table[1], shocked.click_table[1])
    assert np.array_equal(sim.click_table[[0, 2]], plain.click_table[[0, 2]])
    assert not np.array_equal(sim.click_table[1], plain.click_table[1])


def test_a_launch_puts_its_products_at_the_end_of_every_catalog():
    sim = zoo.ZooplusSimulator(10, 20, [1, 2])
    before = sim.product_category
    sim.apply_shock(zoo.Launch(["Cat Food", "Dog Toy"]))
    assert sim.n_products == 12
    assert np.array_equal(sim.product_category[:, :10], before)
    assert (sim.product_category[:, 10:] == [zoo.CATEGORIES.index("Cat Food"), zoo.CATEGORIES.index("Dog Toy")]).all()


def test_a_turnover_takes_the_oldest_of_a_category_from_sale():
    sim = zoo.ZooplusSimulator(20, 20, 3)
    cat_food = np.flatnonzero(sim.products["category"] == "Cat Food")
    sim.apply_shock(zoo.Turnover(["Cat Food"]))
    assert np.flatnonzero(~sim.for_sale).tolist() == cat_food[:1].tolist()
    sim.apply_shock(zoo.Turnover(["Cat Food", "Cat Food"]))
    assert np.flatnonzero(~sim.for_sale).tolist() == cat_food[:3].tolist()
    assert (sim.products["category"][20:] == "Cat Food").all()
    assert sim.for_sale[20:].all()


def test_a_turnover_of_a_category_that_the_shelf_lacks_only_brings_the_new_product():
    sim = zoo.ZooplusSimulator(1, 20, 3)
    other = next(c for c in zoo.CATEGORIES if c != sim.products["category"][0])
    sim.apply_shock(zoo.Turnover([other]))
    assert sim.for_sale.tolist() == [True, True]


# ---- what it knows about itself --------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    n_products=st.integers(1, 12),
    seed=st.integers(0, 10_000),
    p=st.lists(st.sampled_from([0.1, 0.4, 0.9]), min_size=20, max_size=20),
    turnover=st.lists(st.sampled_from(zoo.CATEGORIES), max_size=4),
)
def test_oracle_and_best_arm_equal_a_search_through_all_products_for_sale(n_products, seed, p, turnover):
    table = {f"p{i}": dict(zip(zoo.CATEGORIES, p[5 * i : 5 * i + 5], strict=True)) for i in range(4)}
    sim = zoo.ZooplusSimulator(n_products, 15, seed, click_table=table)
    sim.apply_shock(zoo.Turnover(turnover))
    for user in range(15):
        each = [sim.click_probability(user, arm) if sim.for_sale[arm] else -1 for arm in range(sim.n_products)]
        assert sim.oracle_value(user) == max(each)
        assert sim.best_arm(user) == each.index(max(each))  # index finds the first, so ties go to the lowest


@pytest.mark.parametrize("seed", [8, [8, 9, 10]])
def test_users_and_products_may_carry_further_axes(seed):
    sim = zoo.ZooplusSimulator(6, 9, seed)
    R = sim.batch_shape
    draw = np.random.default_rng(0)
    user, arm = draw.integers(9, size=(*R, 7)), draw.integers(6, size=(*R, 7))
    at = [
        sim.click_probability(user[..., t] if R else int(user[t]), arm[..., t] if R else int(arm[t])) for t in range(7)
    ]
    assert np.array_equal(sim.click_probability(user, arm), np.stack(at, axis=-1))
    best = [sim.best_arm(user[..., t] if R else int(user[t])) for t in range(7)]
    assert np.array_equal(sim.best_arm(user), np.stack(best, axis=-1))
    # one user a world and every product
    one, every = (user[..., 0], np.broadcast_to(np.arange(6), (*R, 6)))
    each = [sim.click_probability(one, every[..., k]) for k in range(6)]
    assert np.array_equal(sim.click_probability(one, every), np.stack(each, axis=-1))


# ---- what it refuses -------------------------------------------------------------------------------------

ONE, MANY = 5, [5, 6]
PAIR = {"user_id": 0, "arm": 0}


@pytest.mark.parametrize("method", ["get_reward", "click_probability"])
@pytest.mark.parametrize(("seed", "bad", "error", "name"), [
    *((ONE, *row) for row in each(ValueError, user_id=[20, -1], arm=[10, -1])),
    *((ONE, *row) for row in each(
        TypeError, user_id=[True, 1.0, "1", None, float("nan")], arm=[np.bool_(True), np.float64(1)])),
    *((MANY, *row) for row in each(ValueError, user_id=[
        [0, 20], [-1, 0], [0, 2**40], np.array([0, 2**64 - 1], dtype=np.uint64), 0, [0, 1, 2]], arm=[[0, 10]])),
    *((MANY, *row) for row in each(TypeError, user_id=[[True, False]], arm=[[0.0, 1.0], [np.nan, 0]])),
])  # fmt: skip
def test_users_and_products_that_do_not_exist_are_named_and_nothing_is_drawn(method, seed, bad, error, name):
    sim = zoo.ZooplusSimulator(10, 20, seed)
    good = {known: value if seed == ONE else [value, value] for known, value in PAIR.items()}
    before = state(sim)
    with pytest.raises(error, match=name):
        getattr(sim, method)(**(good | bad))
    assert state(sim) == before


@pytest.mark.parametrize("method", ["persona", "oracle_value", "best_arm"])
@pytest.mark.parametrize("user", [20, -1, 0.5, True, "x"])
def test_an_unknown_user_is_named(method, user):
    with pytest.raises((ValueError, TypeError), match="user_id"):
        getattr(zoo.ZooplusSimulator(10, 20, 5), method)(user)


@pytest.mark.parametrize("seed", [ONE, MANY])
@pytest.mark.parametrize(("changes", "message"), [
    ({"budget_shopper": {"Fish Supplies": 0.8}, "cat_lover": {"Cat Food": 0.5}}, "unknown persona 'cat_lover'"),
    ({"budget_shopper": {"Fish Supplies": 0.8, "Bird Food": 0.5}}, "unknown category 'Bird Food'.*Cat Food"),
    ({"budget_shopper": {"Fish Supplies": 0.8, "Cat Food": 1.5}}, "click probability of budget_shopper for Cat Food"),
    ({"budget_shopper": {"Fish Supplies": 0.8, "Cat Food": -0.1}}, "click probability of budget_shopper for Cat Food"),
    ({"budget_shopper": {"Fish Supplies": 0.8, "Cat Food": float("nan")}}, "click probability"),
    ({"budget_shopper": {"Fish Supplies": 0.8, "Cat Food": "0.5"}}, "click probability"),
    ({"budget_shopper": {"Fish Supplies": 0.8, "Cat Food": True}}, "click probability"),
])  # fmt: skip
def test_a_shock_with_one_bad_entry_changes_nothing(seed, changes, message):
    sim = zoo.ZooplusSimulator(10, 20, seed)
    before = state(sim)
    with pytest.raises((ValueError, TypeError), match=message):
        sim.apply_shock(zoo.Shock(changes))
    assert state(sim) == before


@pytest.mark.parametrize("changes", [{"budget_shopper": 0.8}, [("budget_shopper", "Cat Food", 0.8)], None])
def test_a_shock_that_is_no_table_is_refused_when_it_is_made(changes):
    with pytest.raises(TypeError, match="changes"):
        zoo.Shock(changes)


@pytest.mark.parametrize("worlds", [[2], [-1], 5, [True, False, True], [0.5], "all"])
def test_worlds_that_do_not_exist_are_refused_and_nothing_is_changed(worlds):
    sim = zoo.ZooplusSimulator(10, 20, MANY)
    before = state(sim)
    with pytest.raises((ValueError, TypeError), match="worlds"):
        sim.apply_shock(zoo.SHOCK_FISH, worlds)
    with pytest.raises(ValueError, match="one world"):
        zoo.ZooplusSimulator(10, 20, ONE).apply_shock(zoo.SHOCK_FISH, [0])
    with pytest.raises(ValueError, match="in all worlds"):
        sim.apply_shock(zoo.Launch(["Cat Food"]), [0])
    assert state(sim) == before


@pytest.mark.parametrize("kind", [zoo.Launch, zoo.Turnover])
def test_products_of_an_unknown_category_are_not_launched(kind):
    sim = zoo.ZooplusSimulator(10, 20, MANY)
    before = state(sim)
    with pytest.raises(ValueError, match="unknown category 'Bird Food'"):
        sim.apply_shock(kind(["Cat Food", "Bird Food"]))
    assert state(sim) == before


@pytest.mark.parametrize(("arguments", "error", "message"), [
    *each(ValueError, n_products=[0], n_users=[0], seed=[-1, [], [1, -2]]),
    *each(TypeError, n_products=[5.0, True], n_users=["9"], seed=[1.5, "42", None, [[1, 2]]]),
    *each(ValueError, click_table=[{"a": {"Cat Food": 1.2}}, {"a": {"Cat Food": float("nan")}}]),
    *each(TypeError, click_table=[{"a": 0.5}, {"a": {"Cat Food": "often"}}, [0.5], "guessed", None]),
    *each(ValueError, categories=[[], ["Cat Food", "Cat Food"]]),
    ({"click_table": {}}, ValueError, "personas"),
])  # fmt: skip
def test_a_shop_that_makes_no_sense_is_refused_by_name(arguments, error, message):
    with pytest.raises(error, match=message):
        zoo.ZooplusSimulator(**arguments)


@pytest.mark.parametrize(("method", "arguments", "message"), [
    ("set_click_table", [np.full((4, 5), 1.1)], "click_table"),
    ("set_click_table", [np.full((5, 4), 0.1)], "click_table"),
    ("set_click_table", [np.full((4, 5), np.nan)], "click_table"),
    ("set_click_table", ["table"], "click_table"),
    ("set_catalog", [np.array([0, 5])], "product_category"),
    ("set_catalog", [np.array([-1, 0])], "product_category"),
    ("set_catalog", [np.array([0.0, 1.0])], "product_category"),
    ("set_catalog", [np.array([[0, 1]])], "product_category"),
    ("set_catalog", [np.array([0, 1]), np.array([True])], "for_sale"),
    ("set_catalog", [np.array([0, 1]), np.array([False, False])], "for_sale"),
    ("set_catalog", [np.array([0, 1]), np.array([1, 1])], "for_sale"),
])  # fmt: skip
def test_a_table_or_catalog_of_the_wrong_kind_is_refused_and_nothing_is_changed(method, arguments, message):
    sim = zoo.ZooplusSimulator(10, 20, ONE)
    before = state(sim)
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(sim, method)(*arguments)
    assert state(sim) == before


def test_a_table_that_was_set_is_the_worlds_own():
    sim, table = zoo.ZooplusSimulator(10, 20, ONE), np.full((4, 5), 0.25)
    sim.set_click_table(table)
    table[:] = 0.5
    assert sim.oracle_value(0) == 0.25


# ---- a click table for each world ------------------------------------------------------------------------


def test_a_drawn_table_is_the_worlds_own_and_leaves_its_catalog_and_users_as_they_are():
    drawn, usual = (zoo.ZooplusSimulator(seed=range(20), click_table=table) for table in ("drawn", zoo.CLICK_TABLE))
    assert drawn.personas == usual.personas
    assert len(np.unique(drawn.click_table.reshape(20, -1), axis=0)) == 20
    np.testing.assert_array_equal(drawn.click_table[7], zoo.ZooplusSimulator(seed=7, click_table="drawn").click_table)
    np.testing.assert_array_equal(drawn.product_category, usual.product_category)
    np.testing.assert_array_equal(drawn.user_persona, usual.user_persona)


def test_drawn_tables_have_the_mean_and_the_variance_of_the_books():
    tables = zoo.ZooplusSimulator(n_users=1, seed=range(2000), click_table="drawn").click_table
    book = zoo.ZooplusSimulator(seed=0).click_table
    assert tables.mean() == pytest.approx(book.mean(), abs=0.003)
    assert tables.std() == pytest.approx(book.std(), abs=0.003)
    np.testing.assert_array_equal(tables, tables.round(2))


@pytest.mark.parametrize(("made", "unknown"), [
    ({"click_table": {"budget_shopper": {"Cat Food": 0.4, "Fish supplies": 0.8}}}, "'Fish supplies'.*Fish Supplies"),
    ({"click_table": {"a": {"Cat Food": 0.4}, "b": {"Novels": 1.7}}}, "'Novels'.*Fish Supplies, Cat Food"),
    ({"click_table": {"a": {"Maps": 0.4}, "b": {"Novels": 0.7}}, "categories": ("Novels",)}, "'Maps'.*Novels"),
    ({"categories": ("Novels",)}, "'Dog Food'; there are Novels"),
    ({"click_table": "drawn", "seed": [1, 2], "categories": ("Novels",)}, "'Fish Supplies'; there are Novels"),
])  # fmt: skip
def test_a_table_that_names_a_category_which_the_shop_lacks_is_refused(made, unknown):
    with pytest.raises(ValueError, match=f"click_table: unknown category {unknown}"):
        zoo.ZooplusSimulator(**made)


def test_an_unknown_name_is_not_taken_for_the_name_of_the_shock():
    with pytest.raises(ValueError, match=r"^unknown category 'Bird Food'; the names .* are Fish Supplies, Cat Food"):
        zoo.ZooplusSimulator(5, 1, 0).apply_shock(zoo.Shock({"budget_shopper": {"Bird Food": 0.8}}, name="boom"))
