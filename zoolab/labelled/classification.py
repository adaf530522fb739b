"""Classification as a bandit: other people's labelled data as contexts, arms and rewards (chapter 10).

A row x of class y becomes a visitor, the K classes become arms, and the reward of arm a is 1 if a = y and 0 otherwise.
The agent is told the reward of its own choice alone; where that is 0, it is not told which arm would have earned 1.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolab.labelled.labelled_sets import LabelledData
from zoolib import checks
from zoolib.randomness import spawn, worlds
from zoolib.world import ContextSpace

SCALINGS = ("running", "whole", "row")
FORMS = ("shared", "copies")
FAR, ROUNDING = 5.0, 1e-14  # standard deviations at which a feature is cut off; and part of a number that is noise


def shuffled(n_rows: int, n_steps: int, rng: np.random.Generator) -> np.ndarray:
    """Return which row comes at each step, ``(n_steps,)``: one shuffle of all rows after another."""
    n_rows, n_steps = checks.wholes(1, n_rows=n_rows, n_steps=n_steps)
    checks.instance("rng", rng, np.random.Generator)
    return np.concatenate([rng.permutation(n_rows) for _ in range(0, n_steps, n_rows)])[:n_steps]


def scaled(X: np.ndarray, scaling: str = "running") -> np.ndarray:
    """Return rows of length about 1, ``(n, d + 1)``, the last entry the same in all: what agents of this chapter see.

    Parameters
    ----------
    X
        ``(n, d)``, in the order in which they come.
    scaling
        ``"running"``: mean and standard deviation of the rows that have come so far, this one included. ``"whole"``:
        those of all rows, also of those to come, which peeks. ``"row"``: the row divided by its own length, as by Zhou,
        Li and Gu (2020).
    """
    X, scaling = checks.finite("X", X, (None, None)), checks.choice("scaling", scaling, SCALINGS)
    checks.real("largest size in X", np.abs(X).max(initial=0), 0, 1e150)  # beyond there are no squares
    n, d, one = checks.whole("number of rows of X", len(X), 1), X.shape[1], np.ones((len(X), 1))
    if scaling == "row":
        length = np.linalg.norm(X, axis=-1, keepdims=True)
        return np.concatenate([X / np.where(length > 0, length, 1), one], axis=-1) / np.sqrt(2)
    Y = X - X[0]  # a variance does not mind, and its rounding errors do
    far, size = np.abs([Y, X])  # a column says nothing until it has moved by more than rounding does
    if scaling == "whole":
        mean, variance, known = X.mean(0), X.var(0), far.max(0) > ROUNDING * size.max(0)
    else:
        count = np.arange(1, n + 1)[:, None]
        mean = Y.cumsum(0) / count
        variance = (Y * Y).cumsum(0) / count - mean * mean
        mean, known = mean + X[0], np.maximum.accumulate(far) > ROUNDING * np.maximum.accumulate(size)
    Z = np.where(known, (X - mean) / np.sqrt(np.where(known & (variance > 0), variance, np.inf)), 0)
    return np.concatenate([Z.clip(-FAR, FAR), one], axis=-1) / np.sqrt(d + 1)


def copies(x: np.ndarray, n_arms: int) -> np.ndarray:
    """Return a context for each arm, with ``x`` in the arm's block and 0 elsewhere, ``(..., d) -> (..., K, K d)``."""
    X = np.zeros((*x.shape[:-1], n_arms, n_arms, x.shape[-1]))
    X[..., np.arange(n_arms), np.arange(n_arms), :] = x[..., None, :]
    return X.reshape(*X.shape[:-2], -1)


class ClassificationBandit:
    """Labelled data that come one by one, in an order drawn by lot.

    Parameters
    ----------
    data, seeds
        Whose rows and classes; and one shuffle (an int), or several in lockstep (a sequence of ints).
    n_steps
        Horizon T. Where the data are shorter, they come again in a new order, as often as is needed.
    form
        ``"shared"``: every arm has the same context, the row, ``d``; for agents with a model for each arm.
        ``"copies"``: a context for each arm (:func:`copies`), ``K d``; for agents with one model for all.
    scaling
        See :func:`scaled`.

    Attributes
    ----------
    seeds, batch_shape, n_arms
        Of the shuffles; ``()`` or ``(R,)``; and the number of classes K.
    rows, labels
        ``(T, ...)``: which row comes at each step, and its class.
    x
        ``(T, ..., d)``, the scaled rows.
    """

    log = None  # nothing is known beforehand

    def __init__(
        self,
        data: LabelledData,
        seeds: int | Sequence[int],
        n_steps: int,
        *,
        form: str = "shared",
        scaling: str = "running",
    ) -> None:
        self.data, self.form = checks.instance("data", data, LabelledData), checks.choice("form", form, FORMS)
        self.n_steps, self.n_arms = checks.whole("n_steps", n_steps, 1), len(data.classes)
        self.seeds, self.batch_shape = worlds(seeds, "seeds", apart=True)
        self.streams = (f"shuffle of {data.name}",)  # as in Problem
        rows = [shuffled(len(data.X), n_steps, spawn(seed, *self.streams)) for seed in self.seeds]
        x = [scaled(data.X[order], scaling) for order in rows]
        self.rows, self.x = (np.stack(a, axis=1) if self.batch_shape else a[0] for a in (rows, x))
        self.labels = data.y[self.rows]
        d = self.x.shape[-1] * (self.n_arms if form == "copies" else 1)
        self.space = ContextSpace(d, self.n_arms, self.batch_shape)  # what an agent is made with

    def contexts(self, t: int) -> np.ndarray:
        """Return the contexts of all arms at step ``t``, ``(..., K, d)`` or ``(..., K, K d)``."""
        checks.indices("t", t, self.n_steps, ())
        x = self.x[t]
        if self.form == "copies":
            return copies(x, self.n_arms)
        return np.broadcast_to(x[..., None, :], (*x.shape[:-1], self.n_arms, x.shape[-1]))

    def reward(self, t: int, arm: Any) -> Any:
        """Return what ``arm`` earns at step ``t``: 1.0 if it is the class of the row, 0.0 if not."""
        checks.indices("t", t, self.n_steps, ())
        arm = checks.indices("arm", arm, self.n_arms, self.batch_shape)
        return (arm == self.labels[t]) * 1.0

    def outcome(self, arm: np.ndarray) -> dict[str, Any]:
        """Return what is true of the arms that agents chose, ``(A, R, T)``: parts of ``Results``.

        Exactly one arm earns 1, so regret is the number of mistakes.
        """
        labels = self.labels.T.reshape(len(self.seeds), -1)
        return {"arm": arm, "expected": (arm == labels) * 1.0, "oracle": np.ones(labels.shape)}
