"""Candidates: the few hundred products out of two million that are worth a closer look (chapter 6).

Retrieval is a search for the largest inner products of a query with the embeddings of all products; faiss does it
exactly or, by inverted lists, nearly so. What may be shown at all is a matter of business rules.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from zoolab.serving.optional import extra
from zoolib import checks
from zoolib.randomness import shift
from zoolib.ties import ROUGH, top_k

INDEXES = {"exact": "Flat", "ivf": "IVF{},Flat", "ivf-sq8": "IVF{},SQ8"}  # as faiss calls them


class Rule:
    """Which products may be shown: a mask, ``(K,)`` bool, that never changes. Rules combine by ``&``, ``|``, ``~``."""

    def __init__(self, mask: np.ndarray) -> None:
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.ndim != 1 or not mask.size:
            raise ValueError(f"mask must hold one bool a product, got dtype {mask.dtype} of shape {mask.shape}")
        self.mask = checks.frozen(mask)

    def __and__(self, other: Rule) -> Rule:
        return Rule(self.mask & self._matching(other))

    def __or__(self, other: Rule) -> Rule:
        return Rule(self.mask | self._matching(other))

    def __invert__(self) -> Rule:
        return Rule(~self.mask)

    def __len__(self) -> int:
        return len(self.mask)

    def _matching(self, other: Rule) -> np.ndarray:
        if len(checks.instance("other", other, Rule)) != len(self):
            raise ValueError(f"two rules must be about the same catalog, got {len(self)} and {len(other)} products")
        return other.mask

    @cached_property
    def bits(self) -> np.ndarray:
        """The mask, eight products a byte, as faiss wants it."""
        return np.packbits(self.mask, bitorder="little")

    @cached_property
    def n_allowed(self) -> int:
        """How many products it allows."""
        return int(np.count_nonzero(self.mask))


class Retriever:
    """Finds the products whose embeddings have the largest inner products with a query.

    Parameters
    ----------
    embeddings
        ``(K, d)``, one a product; kept in float32.
    index
        ``"exact"``: all are looked at. ``"ivf"``: they are put into ``n_lists`` lists by nearest centroid, and only
        the ``n_probe`` lists whose centroids have the largest inner products with the query are looked at.
        ``"ivf-sq8"``: the same with one byte a number, a quarter of the memory.
    n_lists, n_probe, seed
        See above; seed of the clustering.
    """

    def __init__(
        self, embeddings: np.ndarray, index: str = "ivf", *, n_lists: int = 1024, n_probe: int = 16, seed: int = 0
    ) -> None:
        self._faiss = faiss = extra("faiss")
        kind, embeddings = INDEXES[checks.choice("index", index, INDEXES)], _rows("embeddings", embeddings)
        self.d, self.is_exact = embeddings.shape[1], index == "exact"
        self.n_lists = checks.whole("n_lists", n_lists, 1, checks.MOST if self.is_exact else len(embeddings))
        self.n_probe = checks.whole("n_probe", n_probe, 1, self.n_lists)
        self._index = faiss.index_factory(self.d, kind.format(self.n_lists), faiss.METRIC_INNER_PRODUCT)
        if not self.is_exact:
            self._index.cp.seed = (checks.whole("seed", seed, 0, 2**31 - 1) + shift()) % 2**31
            self._index.cp.max_points_per_centroid = 64
            self._index.cp.min_points_per_centroid = 1
            self._index.train(embeddings)
        self._index.add(embeddings)
        if not self.is_exact:
            self._index.make_direct_map()  # where each product stands

    def __len__(self) -> int:
        return self._index.ntotal

    @property
    def nbytes(self) -> int:
        """About how many bytes the index takes: codes, and with lists also ids, places and centroids."""
        codes = len(self) * self._index.code_size
        return codes if self.is_exact else codes + len(self) * 16 + self.n_lists * self.d * 4

    def search(
        self, query: np.ndarray, k: int, rule: Rule | None = None, *, n_probe: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the products with the largest inner products, best first, and these inner products.

        Both are ``(k,)``, or ``(n, k)`` for several queries; fewer columns if fewer are allowed. What is found in
        float32 is put in order in float64, ties by the lowest number.

        Parameters
        ----------
        query, k
            ``(d,)``, or ``(n, d)`` for several; how many products.
        rule
            What may be found; None for everything. It is asked before a product counts, so that k are found if there
            are k: where the probed lists hold too few, more lists are probed.
        n_probe
            Another number of lists for this search. Under a rule k are found, but perhaps not the best k: the best of
            what is allowed may lie in lists that do not look promising.
        """
        queries = _rows("query", np.atleast_2d(query), self.d)
        k, n_more, rule = checks.whole("k", k, 1), 16, self._checked(rule)
        k = min(k, allowed := len(self) if rule is None else rule.n_allowed)
        n_probe = self.n_probe if n_probe is None else checks.whole("n_probe", n_probe, 1, self.n_lists)
        ids, values = np.empty((len(queries), 0), dtype=np.int64), np.empty((len(queries), 0))
        while k:
            fetch = min(k + n_more, allowed)
            rough, ids = self._index.search(queries, fetch, params=self._parameters(rule, n_probe))
            margin = 2 * ROUGH * np.abs(rough[:, 0])
            if ids[:, :k].min() < 0 and not self.is_exact and n_probe < self.n_lists:
                n_probe = min(4 * n_probe, self.n_lists)
            elif fetch < allowed and ((ids[:, -1] >= 0) & (rough[:, -1] >= rough[:, k - 1] - margin)).any():
                n_more *= 4
            else:
                ids, values = self._ordered(queries, np.sort(ids), k)
                break
        return (ids[0], values[0]) if np.ndim(query) == 1 else (ids, values)

    def _ordered(self, queries: np.ndarray, ids: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the best k of ``ids`` by inner products in float64; those below 0 stand for none."""
        E = self._index.reconstruct_batch(np.maximum(ids, 0).ravel()).reshape(*ids.shape, self.d)
        values = np.where(ids < 0, -np.inf, np.vecdot(E, queries[:, None], dtype=float))
        best = top_k(values, k)
        return np.take_along_axis(ids, best, -1), np.take_along_axis(values, best, -1)

    def _parameters(self, rule: Rule | None, n_probe: int) -> Any:
        selector = None if rule is None else self._faiss.IDSelectorBitmap(rule.bits)
        if self.is_exact:
            return self._faiss.SearchParameters(sel=selector)
        return self._faiss.SearchParametersIVF(sel=selector, nprobe=n_probe)

    def search_and_filter(self, query: np.ndarray, k: int, rule: Rule, fetch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the same for one query the other way: find ``fetch``, then ask the rule; fewer than k may be left."""
        k, fetch = checks.wholes(1, k=k, fetch=fetch)
        mask = self._checked(checks.instance("rule", rule, Rule)).mask
        ids, values = self.search(query, max(k, fetch))
        keep = mask[ids]
        return ids[keep][:k], values[keep][:k]

    def candidates(
        self, query: np.ndarray, k: int, rule: Rule | None = None, arrivals: Arrivals | None = None, quota: int = 0
    ) -> np.ndarray:
        """Return ``k`` distinct products for a closer look, in no particular order; fewer if fewer are allowed.

        A new product has an embedding that no click has confirmed, and may never be among the best k. Of the ``k``
        places ``quota`` therefore go to the best of ``arrivals`` (or to as many as there are and the rule allows).
        """
        k, quota = checks.whole("k", k, 1), checks.whole("quota", quota, 0)
        if quota > k:
            raise ValueError(f"quota must be at most k = {k}, got {quota}")
        found, _ = self.search(query, k, rule)
        if not quota or arrivals is None:
            return found
        new = checks.instance("arrivals", arrivals, Arrivals).best(query, quota, self._checked(rule))
        return np.concatenate([found[~np.isin(found, new)][: k - len(new)], new])

    def _checked(self, rule: Rule | None) -> Rule | None:
        if rule is not None and len(checks.instance("rule", rule, Rule)) != len(self):
            raise ValueError(f"the rule is about {len(rule)} products, but the catalog has {len(self)}")
        return rule


class Arrivals:
    """The products that are new, numbers ``(n,)`` and embeddings ``(n, d)``, in a small exact search of their own.

    They may be in the large index too, or wait for its next rebuilding.
    """

    def __init__(self, ids: np.ndarray, embeddings: np.ndarray) -> None:
        self.embeddings = checks.frozen(_rows("embeddings", embeddings))
        self.ids = checks.frozen(checks.indices("ids", np.asarray(ids), 2**63 - 1, (len(self.embeddings),)))
        if len(np.unique(self.ids)) < len(self.ids):
            raise ValueError("ids must name no product twice")

    def best(self, query: np.ndarray, k: int, rule: Rule | None = None) -> np.ndarray:
        """Return the ``k`` arrivals with the largest inner products with ``query``, ``(d,)``; ties by their place."""
        query, k = _rows("query", np.atleast_2d(query), self.embeddings.shape[1])[0], checks.whole("k", k, 1)
        if rule is not None and len(checks.instance("rule", rule, Rule)) <= self.ids.max():
            raise ValueError(f"rule is about {len(rule)} products, but product {self.ids.max()} has arrived")
        at = np.arange(len(self.ids)) if rule is None else np.flatnonzero(rule.mask[self.ids])
        return self.ids[at[top_k(self.embeddings[at].astype(float) @ query, k)]]


def recall(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return which share of the true ones was found, for each query: ``(n, k), (n, k) -> (n,)``."""
    found, truth = np.atleast_2d(found), np.atleast_2d(truth)
    if found.dtype.kind not in "iu" or truth.dtype.kind not in "iu" or len(found) != len(truth) or not truth.size:
        raise ValueError(f"found and truth must be products of as many queries, got {found!r} and {truth!r}")
    return np.array([np.isin(right, mine[mine >= 0]).mean() for mine, right in zip(found, truth, strict=True)])


def _rows(name: str, value: np.ndarray, d: int | None = None) -> np.ndarray:
    value = np.asarray(value)
    if not (value.dtype == np.float32 and value.ndim == 2 and d in (None, value.shape[1]) and np.isfinite(value.sum())):
        value = checks.finite(name, value, (None, d))  # copies, which two million rows of float32 are spared
        if np.abs(value).max(initial=0.0) > np.finfo(np.float32).max:
            raise ValueError(f"{name} must fit into float32")
    if not value.size:
        raise ValueError(f"{name} must hold at least one row, got shape {value.shape}")
    return np.ascontiguousarray(value, dtype=np.float32)
