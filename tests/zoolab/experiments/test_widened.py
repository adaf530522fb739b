"""The second search on the labelled sets: one budget, no end, and counts that come out again."""

import itertools

import numpy as np
import pytest
from stored_numbers import compares_stored_numbers

from zoolab.experiments import classification, widened
from zoolib.experiment import stored


@pytest.fixture(scope="module")
def table():
    return stored(widened.TABLE)


def test_every_family_was_searched_on_every_set_within_the_budget(table):
    pairs = table[["data", "agent"]].drop_duplicates().itertuples(index=False, name=None)
    assert list(pairs) == widened.field()
    for _, part in table.groupby(["data", "agent"]):
        tried, (_, best) = part[part["phase"] == "tuning"], next(part[part["phase"] == "play"].iterrows())
        assert 1 < len(tried) <= widened.BUDGET
        mine = tried[(tried[widened.COLUMNS].fillna(-1) == best[widened.COLUMNS].fillna(-1)).all(axis=1)]
        assert float(mine["mistakes"].item()) == tried["mistakes"].astype(float).min()
        assert len(best["mistakes"].split()) == len(classification.SHUFFLES)


def test_agents_are_those_of_the_field():
    assert set(widened.DIALS) == set(widened.DIALS) & set(classification.AGENTS) | set(classification.RIVALS)


def test_squares_are_a_constant_the_columns_and_their_products():
    data = classification._rows("shuttle")
    plain, squares = (
        make(data, range(2), 9) for make in (classification.ClassificationBandit, classification.Products)
    )
    assert squares.space.d == 55
    x, z = plain.x[..., :-1], squares.contexts(3)
    assert z.shape == (2, 2, 55)
    assert z[:, 0] == pytest.approx(z[:, 1])
    assert z[0, 0, 0] == 1
    assert z[0, 0, 1:10] == pytest.approx(x[3, 0])
    assert sorted(z[0, 0, 10:]) == pytest.approx(sorted(np.outer(x[3, 0], x[3, 0])[np.triu_indices(9)]))
    assert np.array_equal(plain.labels, squares.labels)


def test_cubes_are_squares_and_the_products_of_three_columns():
    data = classification._rows("shuttle")
    squares, cubes = (classification.Products(data, range(2), 9, degree).contexts(3) for degree in (2, 3))
    assert cubes.shape == (2, 2, 220)
    assert np.allclose(cubes[..., :55], squares)
    x = squares[0, 0, 1:10]
    three = [a * b * c for a, b, c in itertools.combinations_with_replacement(x, 3)]
    assert sorted(cubes[0, 0, 55:]) == pytest.approx(sorted(three))


def test_squares_are_searched_where_they_are_few():
    wide = {name: classification.Products(classification._rows(name), [0], 1).space.d for name in widened.FEW_PRODUCTS}
    assert wide == {"segment": 190, "shuttle": 55, "magic": 66}
    assert [pair for pair in widened.field() if "cubes" in pair[1]] == [("magic", "LinUCB, cubes")]


@compares_stored_numbers
@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("cancer", "LinUCB"),
        ("segment", "Neural-Linear, heads"),
        ("magic", "LinUCB, squares"),
        ("magic", "LinUCB, cubes"),
        ("shuttle", "Linear, greedy, expects"),
        ("cancer", "LinUCB, expects"),
    ],
)
def test_counts_come_out_again(table, data, name):
    (row,) = table[(table["data"] == data) & (table["agent"] == name) & (table["phase"] == "play")].to_dict("records")
    setting = {d: row[d] for d in widened.DIALS[name]}
    again = classification.mistakes(data, name, setting, [3, 17], classification.HORIZON[data])[:, -1]
    assert np.array([int(m) for m in row["mistakes"].split()])[[3, 17]] == pytest.approx(again)
