"""What nobody should hand in and somebody will, each as the expression that makes it."""

import datetime  # noqa: F401  the expressions below use what is imported here
import decimal  # noqa: F401
import fractions  # noqa: F401
import random
import time
from collections.abc import Iterable, Iterator
from os import environ
from typing import Any

import numpy as np
import pandas as pd  # noqa: F401

SECONDS = float(environ.get("ATTACK_SECONDS", "4"))  # of the whole attack; make -C zoolab attack takes its time


class Thing:
    """An object that can do nothing."""


class Mirror:
    """An object that answers whatever it is asked by another of its kind."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Mirror()


class Lengthless:
    """An object that has a length, and does not tell it."""

    def __len__(self) -> int:
        raise ValueError("it has no length")


EXPRESSIONS = """
None; ...; NotImplemented; True; -1; 0; 1; 2**31; 2**63; -2**63; 10**30; 10**400; 0.5; 1.9; -0.0; 1e308; 5e-324; 1j
float("nan"); float("inf"); -float("inf"); decimal.Decimal("0.5"); fractions.Fraction(1, 3); datetime.date(2020, 1, 1)
np.float64("nan"); np.int64(2); np.True_; np.datetime64("2020-01-01"); np.dtype("f8"); np.array(1.0); np.zeros(0)
""; "a"; "1"; "x" * 100_000; "\\ud800"; "\\0"; b""; b"\\xff\\0"; (); []; [None]; ["a"]; [float("nan")]; [[1], [1, 2]]
{}; {1: None}; {1, 2}; range(3); slice(None); (i for i in range(3)); lambda: None; int; Thing(); Mirror(); Lengthless()
np.zeros((0, 3)); np.zeros((3, 0)); np.zeros((1,) * 5); np.array([None, "a"]); np.array(["a", "b"]); np.array([1j, 2])
np.array([True, False]); pd.DataFrame({"z": [1.0]}); pd.Series([1.0]); np.random.default_rng(1)
"""
NASTY = [one for line in EXPRESSIONS.strip().split("\n") for one in line.split("; ")]

# The same of an array ``a`` that is good, and has only one thing wrong with it.
SPOILED = """
one(a, np.nan); one(a, np.inf); one(a, -1.0); one(a, 1e308); one(a, 2.0**63); one(a, 0.5); np.full(a.shape, np.nan)
np.full(a.shape, -1); np.full(a.shape, 2**62); a.astype(str); a.astype(object); a + 1j; a > 0; a.tolist(); a[None]; a[0]
a[1:]; a[..., 1:]; a[:0]; a.astype(np.float16); a.astype(np.int8)
"""
SPOILED_NASTY = [one for line in SPOILED.strip().split("\n") for one in line.split("; ")]


def one(a: np.ndarray, value: float) -> np.ndarray:
    """Return ``a`` with another first entry."""
    return np.where(np.arange(a.size).reshape(a.shape) == 0, value, a.astype(float))


def nasty_for(value: Any) -> list[str]:
    """Return what is to be put in the place of a good argument."""
    return NASTY + (SPOILED_NASTY if isinstance(value, np.ndarray) and value.size else [])


def evaluated(expression: str, a: Any = None) -> Any:
    """Return the thing itself."""
    return eval(expression, globals() | {"a": a})


def some(items: Iterable[Any], share: float) -> Iterator[Any]:
    """Go through ``items``, in an order that is always the same, until this share of the time is over; one at least.

    In the ordinary tests it is a number of items that does not depend on how fast a machine is.
    """
    items, end = list(items), time.monotonic() + share * SECONDS
    random.Random(0).shuffle(items)
    if "ATTACK_SECONDS" not in environ:
        yield from items[: max(1, int(share * SECONDS * 25))]
        return
    for i, item in enumerate(items):
        if i and time.monotonic() > end:
            return
        yield item
