"""Candidates: exact is what a matrix product says, filters compose, recall is measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused import each

from zoolab.serving import Arrivals, Retriever, Rule, recall
from zoolab.serving.retrieval import INDEXES

K, D = 3000, 8


@pytest.fixture(scope="module")
def embeddings():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(20, D))
    return (centres[rng.integers(20, size=K)] + 0.3 * rng.normal(size=(K, D))).astype(np.float32)


@pytest.fixture(scope="module")
def queries():
    return np.random.default_rng(1).normal(size=(25, D)).astype(np.float32)


@pytest.fixture(scope="module")
def retrievers(embeddings):
    return {index: Retriever(embeddings, index, n_lists=32, n_probe=8) for index in INDEXES}


def brute_force(embeddings, query, k, mask=None):
    values = embeddings.astype(float) @ query.astype(float)
    if mask is not None:
        values[~mask] = -np.inf
        k = min(k, mask.sum())
    return np.argsort(-values, kind="stable")[:k]


def test_exact_retrieval_is_brute_force(retrievers, embeddings, queries):
    ids, values = retrievers["exact"].search(queries, 50)
    for query, found, value in zip(queries, ids, values, strict=True):
        np.testing.assert_array_equal(found, brute_force(embeddings, query, 50))
        np.testing.assert_allclose(value, embeddings[found] @ query, rtol=1e-4, atol=1e-5)


def test_recall_grows_with_the_lists_probed_and_ends_at_one(retrievers, queries):
    truth, _ = retrievers["exact"].search(queries, 10)
    found = [retrievers["ivf"].search(queries, 10, n_probe=n)[0] for n in (2, 4, 8, 16, 32)]
    means = [recall(ids, truth).mean() for ids in found]
    assert means == sorted(means)
    assert means[0] < means[-1] == 1


def test_where_the_probed_lists_hold_too_few_more_are_probed(retrievers, queries):
    ids, _ = retrievers["ivf"].search(queries, 1000, n_probe=1)
    assert ids.shape == (25, 1000)
    assert ids.min() >= 0


def test_one_byte_a_number_takes_a_quarter_of_the_memory_and_costs_some_recall(retrievers, queries):
    truth, _ = retrievers["exact"].search(queries, 100)
    rough = recall(retrievers["ivf-sq8"].search(queries, 100, n_probe=32)[0], truth).mean()
    assert 0.9 < rough < 1
    codes = {name: r.nbytes - (0 if name == "exact" else 16 * K + 32 * D * 4) for name, r in retrievers.items()}
    assert codes["ivf"] == codes["exact"] == 4 * codes["ivf-sq8"] == 4 * K * D


def test_the_same_seed_gives_the_same_lists(embeddings, queries, retrievers):
    again = Retriever(embeddings, "ivf", n_lists=32, n_probe=8)
    np.testing.assert_array_equal(again.search(queries, 20)[0], retrievers["ivf"].search(queries, 20)[0])


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("copies", [2, 40, 400])
def test_of_equal_products_those_of_the_lowest_numbers_are_found_alone_and_in_company(index, copies):
    rng = np.random.default_rng(copies)
    different = rng.normal(size=(K // copies, D)).astype(np.float32)
    kind = rng.permutation(np.arange(K) % len(different))
    retriever, queries = Retriever(different[kind], index, n_lists=8, n_probe=8), rng.normal(size=(25, D))
    values = (different.astype(float) @ queries.T).T  # of each kind; where one byte is kept they are rough
    for k in (1, 30, copies + 5):
        together, _ = retriever.search(queries, k)
        for query, row, value in zip(queries, together, values, strict=True):
            np.testing.assert_array_equal(retriever.search(query, k)[0], row)
            of_kind = [np.flatnonzero(kind == one) for one in np.argsort(-value)]
            assert index == "ivf-sq8" or row.tolist() == np.concatenate(of_kind)[:k].tolist()
            assert all(np.diff(row[kind[row] == one]).min(initial=1) > 0 for one in set(kind[row].tolist()))


def only(ids):
    return Rule(np.isin(np.arange(K), ids))


# ---- rules -------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0.002, 1), k=st.integers(1, 60))
@pytest.mark.parametrize("index", INDEXES)
def test_whatever_is_allowed_is_found_and_nothing_else(retrievers, embeddings, index, seed, share, k):
    rng = np.random.default_rng(seed)
    rule, query = Rule(rng.random(K) < share), rng.normal(size=D).astype(np.float32)
    ids, values = retrievers[index].search(query, k, rule)
    assert len(ids) == len(values) == min(k, rule.mask.sum())
    assert rule.mask[ids].all()
    assert len(set(ids.tolist())) == len(ids)
    assert (np.diff(values) <= 0).all()
    if index == "exact":
        np.testing.assert_array_equal(ids, brute_force(embeddings, query, k, rule.mask))


def test_rules_combine_like_masks(embeddings, retrievers, queries):
    rng = np.random.default_rng(3)
    a, b, c = (rng.random(K) < 0.5 for _ in range(3))
    rule = Rule(a) & ~Rule(b) | Rule(c)
    np.testing.assert_array_equal(rule.mask, a & ~b | c)
    assert rule.n_allowed == rule.mask.sum()
    found, _ = retrievers["exact"].search(queries[0], 40, rule)
    np.testing.assert_array_equal(found, brute_force(embeddings, queries[0], 40, rule.mask))


def test_a_rule_does_not_follow_the_array_it_was_made_of(embeddings):
    mask = np.ones(K, dtype=bool)
    rule = Rule(mask)
    mask[:] = False
    assert rule.mask.all()
    with pytest.raises(ValueError, match="read-only"):
        rule.mask[0] = False


def test_asking_before_or_after_finds_the_same_where_enough_is_fetched(retrievers, queries):
    rule = Rule(np.random.default_rng(4).random(K) < 0.5)
    for query in queries:
        before, _ = retrievers["exact"].search(query, 30, rule)
        after, _ = retrievers["exact"].search_and_filter(query, 30, rule, fetch=K)
        np.testing.assert_array_equal(before, after)
    rare = only(np.arange(5))
    assert len(retrievers["exact"].search_and_filter(queries[0], 5, rare, fetch=20)[0]) < 5
    assert len(retrievers["exact"].search(queries[0], 5, rare)[0]) == 5


def test_nothing_allowed_gives_nothing(retrievers, queries):
    ids, values = retrievers["ivf"].search(queries[0], 5, Rule(np.zeros(K, dtype=bool)))
    assert ids.shape == values.shape == (0,)
    assert retrievers["ivf"].search(queries, 5, Rule(np.zeros(K, dtype=bool)))[0].shape == (25, 0)


def test_new_arrivals_get_their_quota_and_nobody_comes_twice(retrievers, embeddings, queries):
    new = np.arange(K - 200, K)
    arrivals = Arrivals(new, embeddings[new])
    for query in queries:
        for quota in (0, 1, 10, 50):
            ids = retrievers["ivf"].candidates(query, 50, arrivals=arrivals, quota=quota)
            assert len(set(ids.tolist())) == len(ids) == 50
            assert np.isin(ids, new).sum() >= quota
            best_new = new[np.argsort(-(embeddings[new] @ query), kind="stable")][:quota]
            assert np.isin(best_new, ids).all()


def test_arrivals_do_not_follow_the_arrays_they_were_made_of():
    ids, embeddings = np.array([3, 4]), np.eye(2, dtype=np.float32)
    arrivals = Arrivals(ids, embeddings)
    ids[:], embeddings[:] = 9, 0
    assert arrivals.best(np.array([0.0, 1.0]), 1).tolist() == [4]


def test_an_arrival_that_is_out_of_stock_is_not_a_candidate(retrievers, embeddings, queries):
    new = np.arange(K - 10, K)
    rule = ~only(new[:8])
    ids = retrievers["ivf"].candidates(queries[0], 50, rule, Arrivals(new, embeddings[new]), 10)
    assert set(new[8:]) <= set(ids)
    assert not set(new[:8]) & set(ids)
    assert len(ids) == 50


# ---- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "said"), [
    *each(embeddings=[np.zeros((0, 3)), np.zeros(3), np.array([["a"]])]),
    *((wrong, "embeddings must be finite") for wrong, _ in each(
        embeddings=[np.full((3, 2), np.nan), np.float32([[1, np.inf]])])),
    ({"embeddings": np.full((3, 2), 1e300)}, "float32"), ({"index": "hnsw"}, "index must be one of"),
    *each(n_lists=[0, 11], n_probe=[5], seed=[-1]),
])  # fmt: skip
def test_a_retriever_that_cannot_be_is_refused(arguments, said):
    given_all = {"embeddings": np.ones((10, 2)), "index": "ivf", "n_lists": 4, "n_probe": 2, "seed": 0} | arguments
    with pytest.raises((ValueError, TypeError), match=said):
        Retriever(**given_all)


@pytest.mark.parametrize(
    ("query", "k", "said"),
    [(query, 5, "query") for query in (np.zeros(3), np.full(D, np.nan), np.zeros((0, D)))]
    + [(np.zeros(D), k, "k") for k in (0, 2.0)],
)
def test_a_search_that_makes_no_sense_is_refused(retrievers, query, k, said):
    with pytest.raises((ValueError, TypeError), match=said):
        retrievers["ivf"].search(query, k)


@pytest.mark.parametrize("mask", [np.zeros(3), np.zeros((2, 2), dtype=bool), np.zeros(0, dtype=bool), [0, 1]])
def test_a_mask_that_is_none_is_refused(mask):
    with pytest.raises(ValueError, match="mask"):
        Rule(mask)


def test_a_rule_of_another_catalog_is_refused(retrievers, queries):
    with pytest.raises(ValueError, match="about 2000 products, but the catalog has 3000"):
        retrievers["ivf"].search(queries[0], 3, Rule(np.ones(2000, dtype=bool)))


def test_rules_of_two_catalogs_do_not_combine():
    with pytest.raises(ValueError, match="same catalog"):
        Rule(np.ones(3, dtype=bool)) & Rule(np.ones(4, dtype=bool))


def test_a_quota_above_k_is_refused(retrievers, embeddings, queries):
    with pytest.raises(ValueError, match="quota must be at most k = 5"):
        retrievers["ivf"].candidates(queries[0], 5, arrivals=Arrivals(np.arange(9), embeddings[:9]), quota=6)
    with pytest.raises(ValueError, match="ids"):
        Arrivals(np.arange(3), embeddings[:2])


def test_recall_is_the_share_that_was_found():
    found, truth = np.array([[1, 2, 3], [4, -1, -1]]), np.array([[3, 2, 9], [5, 4, 6]])
    np.testing.assert_allclose(recall(found, truth), [2 / 3, 1 / 3])
    with pytest.raises(ValueError, match="as many queries"):
        recall(found, truth[:1])
