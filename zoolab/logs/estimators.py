"""What would another policy have earned? Answers from a log, and how sure they are (chapter 9).

A log holds n rows: context x, action a, reward r, and the probability p with which the logging policy chose a. A policy
pi is an array ``(..., n, K)``: the probability with which it would choose each action in each row. Each estimator below
is a mean over rows; everything may carry a leading axis of replications.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoolab.logs.logs import LoggedData, refuse_cells, refuse_rows
from zoolib import checks
from zoolib.experiment import Interval
from zoolib.randomness import Seed, generators

Predictor = Callable[[np.ndarray], np.ndarray]  # contexts (..., m, d) -> expected rewards (..., m, K)
RewardModel = Callable[[LoggedData], Predictor]


@dataclass(frozen=True, eq=False)
class Estimate:
    """The value of a policy as a mean over the rows of a log, or as the ratio of two such means.

    Attributes
    ----------
    terms, parts
        ``(..., n)`` what is averaged, and whose mean divides that; None stands for 1.
    """

    terms: np.ndarray
    parts: np.ndarray | None = None

    @property
    def value(self) -> Any:
        """The estimate: a number, or ``(R,)``."""
        value = self.terms.mean(-1) if self.parts is None else self.terms.mean(-1) / self.parts.mean(-1)
        return value if np.ndim(value) else float(value)

    @property
    def standard_error(self) -> Any:
        """Estimated standard deviation of the value, a number or ``(R,)``; of a ratio by the delta method."""
        rows = self.terms  # what each adds to the value
        if self.parts is not None:  # in the linear expansion of the ratio
            value = np.asarray(self.value)[..., None]
            rows = value + (self.terms - value * self.parts) / self.parts.mean(-1, keepdims=True)
        error = rows.std(-1, ddof=1) / np.sqrt(self.terms.shape[-1])
        return error if np.ndim(error) else float(error)

    def interval(
        self, method: str = "student", *, level: float = 0.95, n_resamples: int = 1000, rng: Seed | None = None
    ) -> Interval:
        """Return a confidence interval for the value of the policy.

        Parameters
        ----------
        method
            ``"student"``: value -+ t s, where s is the standard error and t the quantile of Student's t with n - 1
            degrees of freedom. ``"percentile"``: quantiles of the value over resamples that have weight (Efron, 1979).
            ``"bootstrap-t"``: value - t* s with the quantiles t* of (resampled value - value) / resampled s, which
            follow the skewness of the rows; an end is infinite where too many resamples have s = 0.
        level, n_resamples, rng
            Confidence level in (0, 1); and of the bootstrap, in which replications share the rows that are drawn.

        Returns
        -------
        An :class:`~zoolib.experiment.Interval`; its ends are arrays ``(R,)`` for R replications.
        """
        from scipy.special import stdtrit

        checks.choice("method", method, ("student", "percentile", "bootstrap-t"))
        level = checks.real("level", level, 0.0, 0.999_999, open_low=True)
        n, value, tails = self.terms.shape[-1], self.value, np.array([0.5 - level / 2, 0.5 + level / 2])
        if n < 2:
            raise ValueError("an interval needs a log of at least two rows, got 1")
        if method == "student":
            low, high = (value + stdtrit(n - 1, tail) * self.standard_error for tail in tails)
        else:
            if rng is None:
                raise ValueError(f"method {method!r} resamples: it needs rng, a seed or a generator")
            offs, errors = self._resampled(checks.whole("n_resamples", n_resamples, 100), generators(rng, ())[0])
            if method == "percentile":
                low, high = value + np.nanquantile(offs, tails, axis=0)
            else:
                with np.errstate(divide="ignore", invalid="ignore"):
                    t = np.where((errors == 0) & (np.abs(offs) <= 1e-12 * np.abs(value)), 0.0, offs / errors)
                most, least = np.nanquantile(t, tails, axis=0, method="inverted_cdf")
                low, high = value - least * self.standard_error, value - most * self.standard_error
        ends = (low, high) if np.ndim(value) else (float(low), float(high))
        return Interval(value, *ends, n, level)

    def _resampled(self, n_resamples: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return how far off the estimate is on resampled rows, and its standard error, ``(n_resamples, ...)`` each."""
        n, value, b = self.terms.shape[-1], np.asarray(self.value), self.parts
        a = self.terms - value[..., None] * (1.0 if b is None else b)  # of mean 0, so that no offset costs digits
        columns = np.stack([a, a * a] if b is None else [a, a * a, b, a * b, b * b])
        means = np.empty((n_resamples, columns[..., 0].size))
        block = max(1, 2_000_000 // n)  # resamples at a time, so that memory stays small
        for start in range(0, n_resamples, block):
            some = min(block, n_resamples - start)
            drawn = rng.integers(0, n, (some, n)) + n * np.arange(some)[:, None]
            times = np.bincount(drawn.ravel(), minlength=some * n).reshape(some, n)
            means[start : start + some] = times.astype(float) @ columns.reshape(-1, n).T / n
        means = np.moveaxis(means.reshape(n_resamples, *columns.shape[:-1]), 1, 0)
        A, AA, B, AB, BB = means if b is not None else (*means, 1.0, means[0], 1.0)
        off = np.divide(A, B, out=np.full_like(A, np.nan), where=np.not_equal(B, 0))
        squares = AA - 2 * off * AB + off**2 * BB  # of a - off * b, whose mean is 0
        squares[squares < 1e-12 * (AA + off**2 * BB)] = 0.0  # what is left of equal rows by rounding
        return off, np.sqrt(squares / (n - 1)) / np.abs(B)


def weights(log: LoggedData, policy: np.ndarray) -> np.ndarray:
    """Return w = pi(a | x) / p of every row, ``(..., n)``: how much more often the policy would have done this."""
    return _of_action(log, _checked(log, policy)) / log.propensity


def ips(log: LoggedData, policy: np.ndarray) -> Estimate:
    """Inverse propensity scoring: the mean of w r (Horvitz and Thompson, 1952).

    Unbiased if the propensities are right and positive wherever the policy's are.
    """
    return Estimate(weights(log, policy) * log.reward)


def snips(log: LoggedData, policy: np.ndarray) -> Estimate:
    """Self-normalised IPS: the mean of w r over the mean of w (Swaminathan and Joachims, 2015).

    Slightly biased, consistent, and never outside the range of the rewards.
    """
    w = weights(log, policy)
    if not w.any(-1).all():
        raise ValueError("policy: it chooses none of the logged actions in any row; there is nothing to average")
    return Estimate(w * log.reward, w)


def direct(log: LoggedData, policy: np.ndarray, q: np.ndarray) -> Estimate:
    """Direct method: the mean of q(x, pi) = sum_a pi(a | x) q(x, a), as good as the reward model q, ``(..., n, K)``."""
    return Estimate((_checked(log, policy) * _rewards(log, q)).sum(-1))


def doubly_robust(log: LoggedData, policy: np.ndarray, q: np.ndarray) -> Estimate:
    """Doubly robust: the mean of q(x, pi) + w (r - q(x, a)) (Dudik, Langford and Li, 2011).

    Unbiased if the propensities are right, whatever q, as long as q was not fitted to the row's own reward.
    """
    return _corrected(log, policy, q, weights(checks.instance("log", log, LoggedData), policy))


def switch_dr(log: LoggedData, policy: np.ndarray, q: np.ndarray, tau: float) -> Estimate:
    """Switch-DR: doubly robust where w <= tau, direct where w is larger (Wang, Agarwal and Dudik, 2017).

    tau = 0 is the direct method wherever the policy could have acted as logged, tau = infinity is doubly robust.
    """
    tau = np.inf if isinstance(tau, float) and tau == np.inf else checks.real("tau", tau, 0.0)
    w = weights(log, policy)
    return _corrected(log, policy, q, np.where(w <= tau, w, 0.0))


def shrunk_dr(log: LoggedData, policy: np.ndarray, q: np.ndarray, lam: float) -> Estimate:
    """Doubly robust, w shrunk to lam w / (w^2 + lam), at infinity w (Su, Dimakopoulou, Krishnamurthy, Dudik, 2020)."""
    lam = 1e150 if isinstance(lam, (int, float)) and lam > 1e150 else checks.real("lam", lam, 0.0)  # no w shrinks
    w = weights(log, policy)
    return _corrected(log, policy, q, lam * w / np.maximum(w**2 + lam, np.finfo(float).tiny))


def ridge_rewards(ridge: float = 1.0) -> RewardModel:
    """Return a reward model: ridge regression for each action, shrunk towards the mean reward of the log.

    theta_a = (X_a' X_a + ridge I)^-1 X_a' (r_a - m) and q(x, a) = m + theta_a'x, where m is the mean reward: the payoff
    of disjoint LinUCB, centred.
    """
    ridge = checks.real("ridge", ridge, 0.0, open_low=True)

    def fit(log: LoggedData) -> Predictor:
        X, mean, d = log.context, log.reward.mean(-1), log.context.shape[-1]
        chosen = np.swapaxes(log.action[..., None] == np.arange(log.n_actions), -1, -2).astype(float)  # (..., K, n)
        outer = (X[..., :, None] * X[..., None, :]).reshape(*X.shape[:-1], d * d)
        A = ridge * np.eye(d) + (chosen @ outer).reshape(*log.batch_shape, log.n_actions, d, d)
        b = chosen @ (X * (log.reward - mean[..., None])[..., None])
        theta = np.linalg.solve(A, b[..., None])[..., 0]  # (..., K, d)
        return lambda context: mean[..., None, None] + context @ np.swapaxes(theta, -1, -2)

    return fit


def cross_fitted(log: LoggedData, model: RewardModel, *, n_folds: int = 3, rng: Seed) -> np.ndarray:
    """Return q(x, a) of every row from a model that has not seen that row, ``(..., n, K)``.

    Rows are dealt to folds at random; those of a fold are predicted by a model of all others.
    """
    checks.whole("number of rows of log", len(checks.instance("log", log, LoggedData)), 2)
    n_folds, model = checks.whole("n_folds", n_folds, 2, len(log)), checks.called("model", model)
    fold = generators(rng, ())[0].permutation(len(log)) % n_folds
    q = np.empty((*log.action.shape, log.n_actions))
    for k in range(n_folds):
        q[..., fold == k, :] = model(log.rows(fold != k))(log.context[..., fold == k, :])
    return q


def overlap(log: LoggedData, policy: np.ndarray) -> pd.Series | pd.DataFrame:
    """Return how much of a log speaks about a policy: one entry each, or one row a replication.

    ``rows``; ``effective rows``, (sum w)^2 / sum w^2 (Kish, 1965); ``mean weight``, 1 but for chance if the log's
    policy can do all that this policy does, less if it cannot; ``largest weight``; ``share of the top 1 %``, of the sum
    of weights, held by the hundredth of rows with the largest; ``rows without weight``, their share.
    """
    w = weights(log, policy)
    n = w.shape[-1]
    total = np.maximum(w.sum(-1), np.finfo(float).tiny)
    top = np.sort(w, axis=-1)[..., n - max(1, n // 100) :].sum(-1)
    table = {
        "rows": np.full(log.batch_shape, float(n)),
        "effective rows": total**2 / np.maximum((w**2).sum(-1), np.finfo(float).tiny),
        "mean weight": w.mean(-1),
        "largest weight": w.max(-1),
        "share of the top 1 %": top / total,
        "rows without weight": (w == 0).mean(-1),
    }
    return pd.DataFrame(table) if log.batch_shape else pd.Series({name: float(value) for name, value in table.items()})


def _corrected(log: LoggedData, policy: np.ndarray, q: np.ndarray, w: np.ndarray) -> Estimate:
    """Return the direct estimate, to each row of which w (r - q(x, a)) is added."""
    return Estimate(direct(log, policy, q).terms + w * (log.reward - _of_action(log, _rewards(log, q))))


def _of_action(log: LoggedData, table: np.ndarray) -> np.ndarray:
    """Return the entry of the logged action in each row of ``table``, ``(..., n, K) -> (..., n)``."""
    return np.take_along_axis(table, log.action[..., None], -1)[..., 0]


def _table(log: LoggedData, name: str, table: Any, what: str) -> np.ndarray:
    checks.instance("log", log, LoggedData)
    table, wanted = np.asarray(table), (*log.action.shape, log.n_actions)
    if table.shape != wanted or table.dtype.kind not in "iufb":
        got = f"got shape {table.shape} of {table.dtype}"
        raise ValueError(f"{name} must have shape {wanted}, in each row the {what} of every action; {got}")
    refuse_cells(name, ~np.isfinite(table), table, "a finite number")
    return table


def _checked(log: LoggedData, policy: Any) -> np.ndarray:
    policy = _table(log, "policy", policy, "probability")
    refuse_cells("policy", policy < 0, policy, "a probability of at least 0")
    total = policy.sum(-1)
    refuse_rows("policy", ~(np.abs(total - 1) <= 1e-6), total, "probabilities that sum to 1")
    return policy


def _rewards(log: LoggedData, q: Any) -> np.ndarray:
    return _table(log, "q", q, "expected reward").astype(float, copy=False)
