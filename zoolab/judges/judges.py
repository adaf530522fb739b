"""How an answer is judged, by its kind: a number, names, a choice, a function, a shock, evidence.

A judge takes what is known of the answer and what was handed in, and returns whether it is right and what there is to
say: a reader's own result, a direction, a thought that leads to a foreseen mistake. It never tells what is right.
"""

import copy
import reprlib
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from zoolib.world import Shock, ZooplusSimulator

Part = dict[str, Any]
UNITS = {
    100.0: "it is a hundred times too large: is it in per cent?",
    0.01: "it is a hundred times too small: was a share divided by 100 once too often?",
    1000.0: "it is a thousand times too large: is it of 1,000 visits, where one per visit is asked for?",
    0.001: "it is a thousand times too small: is the unit as asked for?",
    -1.0: "its sign is the other way round: which is subtracted from which?",
}
NONE = "an empty list says that there is none"


class Off(Exception):  # noqa: N818  no error, but what is said of an answer
    """What is handed in is not of the kind asked for; its text goes on after *it*."""


def kind_of(x: Any) -> str:
    """Return what something is, in words."""
    kinds = {bool: "a truth value", str: "a text", np.ndarray: "an array", type: "a class"}
    named = next((words for kind, words in kinds.items() if isinstance(x, kind)), None)
    article = "an" if type(x).__name__[0] in "AEIOaeio" else "a"
    return named or ("a function" if callable(x) else f"{article} {type(x).__name__}")


def number(part: Part, x: Any) -> tuple[bool, str]:
    """Judge a number, an interval, or one value for each world."""
    value, n, half = _value(part, x)
    truth, tolerance = part["value"], part["tol"]
    if value == part.get("also"):
        return True, part["said"]
    spread = max(tolerance, part.get("spread", 0))
    across = "n" in part and value * truth <= 0 and abs(truth) > spread / 2  # zero, which is known to be excluded
    if not np.isfinite(value):
        return False, "it is not a finite number."
    if n is not None and n < part.get("n", 1):
        of = "1 world" if n == 1 else f"{n} worlds"
        return False, f"it comes from {of}, and {part['n']} are asked for: so few are an anecdote."
    for wrong, words in part.get("wrong", ()):
        if abs(value - wrong) <= (spread / 4 if across else tolerance) < abs(value - truth):
            return False, words
    if abs(value - truth) <= spread and not across:
        if half > 2 * part.get("spread", np.inf):
            return True, "its interval is wider than it need be: are the worlds compared one by one, in pairs?"
        if abs(value - truth) > tolerance:
            sign = ", in its sign, too: it does not say which is better" if value * truth < 0 else ""
            return True, f"it differs from the solution's by no more than other worlds would{sign}."
        return True, ""
    if abs(truth) > 4 * spread:
        for factor, words in UNITS.items():
            if abs(value / factor - truth) <= spread:
                return False, words
        if value and abs(1 / value - truth) <= tolerance:
            return False, "it is the reciprocal of what is asked for."
    if value in (float(f"{truth:.2g}"), float(f"{truth:.3g}")):
        return False, "it is rounded too much: more digits are asked for."
    nearly = abs(value - truth) <= 4 * spread
    return False, f"it is {'a little' * nearly}{' ' * nearly}too {'large' if value > truth else 'small'}."


def _value(part: Part, x: Any) -> tuple[float, int | None, float]:
    """Return a number, from how many worlds it comes, if that can be seen, and half the width of its interval."""
    if all(hasattr(x, name) for name in ("mean", "low", "high", "n")):
        return float(x.mean), int(x.n), (x.high - x.low) / 2
    if isinstance(x, (bool, np.bool_, str, bytes)) or callable(x):
        raise Off(f"is {kind_of(x)}, and a number is asked for")
    values = np.asarray(x)
    if values.dtype.kind == "O" and all(hasattr(one, "__float__") for one in values.flat):
        values = values.astype(float)
    if values.dtype.kind not in "iuf" + "b" * ("n" in part):  # a share of worlds: did it happen in each?
        raise Off(f"is {kind_of(x)}, and a number is asked for")
    values = values if "n" in part else values.squeeze()
    if values.ndim == 0:
        return float(values), None, 0.0
    if values.ndim > 1 or "n" not in part or not len(values):
        raise Off(f"has the shape {values.shape}, and one number is asked for")
    if 2 <= len(values) <= 3 < part["n"]:
        raise Off(f"holds {len(values)} numbers: hand in an interval of zoolib.metrics, or one for each world")
    return float(values.mean()), len(values), 2 * float(values.std()) / len(values) ** 0.5


def names(part: Part, x: Any) -> tuple[bool, str]:
    """Judge which of some names are handed in; their order does not matter."""
    if x is None or isinstance(x, (bool, int, float)) or callable(x):
        raise Off(f"is nothing: {NONE}" if x is None else f"is {kind_of(x)}, and names are asked for")
    truths = isinstance(x, Mapping) or (hasattr(x, "items") and x.to_numpy().dtype.kind == "b")  # a pandas Series
    x = [name for name, there in x.items() if there] if truths else x
    known = {_bare(one) for one in part["of"]}
    mine, right = {_bare(one) for one in ([x] if isinstance(x, str) else x)}, {_bare(one) for one in part["value"]}
    if unknown := mine - known:
        return False, f"{sorted(unknown)[0]!r} is none of {', '.join(part['of'])}{f'; {NONE}' * ('none' in unknown)}."
    words = ["one that is there does not belong there"] * bool(mine - right) + ["one is missing"] * bool(right - mine)
    return mine == right, "; ".join(words) + "." * bool(words)


def _bare(name: Any) -> str:
    return str(name).casefold().replace("_", " ").strip()


def choice(part: Part, x: Any) -> tuple[bool, str]:
    """Judge a yes or no, or one of some words."""
    said = {True: "yes", False: "no"}.get(bool(x)) if isinstance(x, (bool, np.bool_)) else x
    if not isinstance(said, str) or _bare(said) not in part["of"]:
        raise Off(f"is to be one of {', '.join(part['of'])}" + (" (or True, False)" if "yes" in part["of"] else ""))
    return _bare(said) == part["value"], "" if _bare(said) == part["value"] else part["wrong"]


def tried(what: str, function: Callable[..., Any], *given: Any, **settings: Any) -> Any:
    """Call what a reader wrote; its error is told with what it was given."""
    try:
        return function(*copy.deepcopy(given), **settings) if what.startswith("it(") else function(*given, **settings)
    except Exception as error:
        raise Off(f"raised {type(error).__name__} ({textwrap.shorten(str(error), 100)}) in {what}") from None


def function(part: Part, x: Any) -> tuple[bool, str]:
    """Judge a function by what it returns for some inputs, those at the edge among them."""
    if not callable(x):
        raise Off(f"is {kind_of(x)}, and a function is asked for: hand in the function, not what it returns")
    results, wrongs = [], part.get("wrong", [])
    for call, expected in zip(part["calls"], part["value"], strict=True):
        given = [np.array(one) if isinstance(one, list) else one for one in call]
        shown = ", ".join(_shown(one) for one in given)
        result = tried(f"it({shown})", x, *given)
        if result is None:
            raise Off(f"returns None for it({shown}): is there a return?")
        result, expected = np.asarray(result), np.array(expected)
        if result.dtype.kind not in "biuf":
            raise Off(f"returns {kind_of(result)} without numbers for it({shown})")
        results.append((shown, result, expected))
    if all(_alike(result, expected) for _, result, expected in results):
        return True, ""
    for outputs, words in wrongs:
        if all(_alike(result, np.array(output)) for (_, result, _), output in zip(results, outputs, strict=True)):
            return False, words
    shown, result, expected = next(one for one in results if not _alike(*one[1:]))
    if result.shape != expected.shape:
        return False, f"for it({shown}) the shape is {result.shape}, and {expected.shape} is asked for."
    return False, f"what it returns for it({shown}) is not what is asked for: {reprlib.repr(result.tolist())}."


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-5, atol=1e-6)  # as near as float32 comes


def _shown(x: Any) -> str:
    is_long = isinstance(x, np.ndarray) and x.size > 12
    return f"an array of shape {x.shape}" if is_long else reprlib.repr(x.tolist() if isinstance(x, np.ndarray) else x)


def shock(part: Part, x: Any) -> tuple[bool, str]:
    """Judge a change of taste by what it makes of the click table."""
    if isinstance(x, type) or not callable(getattr(x, "apply", None)):
        raise Off(f"is {kind_of(x)}, and a zoo.Shock(changes) is asked for")
    mine, right, before = (ZooplusSimulator(seed=0) for _ in range(3))
    for sim in (mine, right, before):
        sim.apply_shock(Shock(part.get("after", {})))
    tried("a shop", mine.apply_shock, x)
    right.apply_shock(Shock(part["value"]))
    for p, c in np.argwhere(np.abs(mine.click_table - right.click_table) > 1e-9).tolist():
        a, b, was = (sim.click_table[p, c] for sim in (mine, right, before))
        what = "was not to change" if b == was else "does not change" if a == was else "changes to something else"
        return False, f"the click probability of {mine.personas[p]} for {mine.categories[c]} {what}."
    return True, ""


def evidence(part: Part, x: Any) -> tuple[bool, str]:
    """Judge an ``Evidence`` whose inverse was kept by rank-one updates."""
    if isinstance(x, type) or not all(hasattr(x, name) for name in ("A", "A_inv", "d")):
        raise Off(f"is {kind_of(x)}, and an Evidence is asked for: hand it in itself, not what you compare")
    if x.d != part["d"]:
        return False, f"its contexts have the length {x.d}, and {part['d']} is asked for."
    added = np.linalg.eigvalsh(x.A - x.ridge * np.eye(x.d))
    more = getattr(x, "n_clicks", 0) % 1000  # than whole thousands were added, one by one
    if added.min() < 1e-6 * added.max() or added.max() <= 0 or more:
        return False, "it has not seen contexts in all directions: were a thousand random ones added?"
    return (True, "") if np.abs(x.A_inv @ x.A - np.eye(x.d)).max() < 1e-8 else (False, "A_inv is not the inverse of A.")


def rescaled(part: Part, x: Any) -> tuple[bool, str]:
    """Judge two ``Evidence``s, of scaled contexts and of plain ones, that say the same."""
    x = [*x.values()] if isinstance(x, Mapping) else x
    if np.size(x) != 2 or not all(hasattr(one, name) for one in x for name in ("A", "b", "ridge")):
        raise Off("does not hold two Evidences, that of the scaled contexts first")
    scaled, plain = (one.A - one.ridge * np.eye(len(one.A)) for one in x)
    c2 = np.trace(scaled) / np.trace(plain) if np.trace(plain) > 1e-9 else 0.0
    if scaled.shape != plain.shape or c2 <= 0 or not np.allclose(scaled, c2 * plain):
        return False, "the contexts of one are not those of the other times a number: were the same ones added to both?"
    if abs(c2 - 1) < 1e-9:
        return False, "the contexts are not scaled."
    if not np.allclose(x[0].b, c2**0.5 * x[1].b):
        return False, "the rewards are not the same."
    off = x[0].ridge / x[1].ridge / c2
    known = ((1, ""), (c2**-0.5, "divided by c, not by its square"), (c2**-2, "multiplied and not divided"))
    for wrong, words in known:
        if abs(off / wrong - 1) < 1e-6:
            return not words, words and f"the prior is {words}."
    return False, "the prior is not the one that makes up for the scale."
