"""What a reader hands in for the exercises: ``exercises.yml``, and what of it is made by the solutions' own code."""

import copy
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import zoolib as zoo
from pages.student.kinds import Cells, defined, fixed, function, learner, number, told

rng = np.random.default_rng(0)
NETWORKS = [
    [rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m), rng.normal(size=(m, 1))]
    for n, d, m in ((3, 2, 4), (1, 3, 5), (4, 1, 3))
]
VECTORS = [
    [np.arange(1.0, 7.0).reshape(3, 2)],
    [rng.normal(size=(5, 3)).round(2)],
    [[[1.0, 2.0, 3.0]]],
    [[[4.0], [5.0]]],
]
rng = np.random.default_rng(1)
SLATES = [
    [rng.permutation(60), rng.integers(6, size=60)],
    [rng.permutation(30), np.zeros(30, dtype=int)],
    [np.array([4, 2, 0]), rng.integers(3, size=5)],
    [rng.permutation(40)[:25], rng.integers(2, size=40)],
    [rng.permutation(40), np.arange(40) % 8 * (np.arange(40) % 2)],  # half of it is of one brand
]


def class_of(cell: str, name: str) -> Callable[[Cells], Any]:
    """Return how to make the class that a cell defines, apart from what the cell does besides."""

    def made(chapter: Cells) -> Any:
        names: dict[str, Any] = {"zoo": zoo, "copy": copy, "np": np}
        exec(re.search(rf"^class {name}\b.*?(?=\n\n\n|\Z)", chapter[cell].source, re.DOTALL | re.MULTILINE)[0], names)
        return names[name]

    return made


def long_contexts(chapter: Cells) -> Any:
    """Return the solution's own expression as a function."""
    told = re.search(r"blocks = (.*)", chapter["sol-disjoint"].source)[1]
    return lambda X: eval(told, {"np": np, "vectors": X, "K": len(X), "d": X.shape[1]})


def in_turn(X: np.ndarray) -> np.ndarray:
    """Return the contexts with the entries of the arms in turn."""
    return (X[:, :, None] * np.eye(len(X))[:, None, :]).reshape(len(X), -1)


def kernel(chapter: Cells) -> Any:
    """Return the solution's own lines as a function."""
    lines = [one for one in chapter["sol-kernel"].source.splitlines() if re.match("(H|Q|by_hand) =", one)]

    def by_hand(X: np.ndarray, W: np.ndarray, c: np.ndarray, v: np.ndarray) -> np.ndarray:
        names = {"np": np, "X": X, "W": W, "c": c, "v": v}
        exec("\n".join(lines), names)
        return names["by_hand"]

    return by_hand


def tangent(biases: float = 1.0, last: float = 1.0, output: float = 1.0, off: float = 0.0) -> Any:
    """Return a kernel some of whose parts are forgotten."""

    def wrong(X: np.ndarray, W: np.ndarray, c: np.ndarray, v: np.ndarray) -> np.ndarray:
        H = np.maximum(X @ W + c, 0)
        Q = v[:, 0] * np.where(H > 0, 1.0, off)
        return (biases + X @ X.T) * (Q @ Q.T) + output * H @ H.T + last

    return wrong


def beta_mistakes(right: Any, chapter: Cells) -> list[Any]:
    """Return the foreseen mistakes of the bonus that knows what a click is."""
    both = defined(chapter, "counting-agent", "sol-beta", "sol-beta-one", zoo=zoo)

    class Variance(right):  # type: ignore[misc, valid-type]
        def uncertainty(self, X: Any) -> Any:
            return super().uncertainty(X) ** 2

    class Doubly(right):  # type: ignore[misc, valid-type]
        def uncertainty(self, X: Any) -> Any:
            return self.alpha * super().uncertainty(X)

    class Rate(right):  # type: ignore[misc, valid-type]
        def payoff(self, X: Any) -> Any:
            return np.matvec(X, self.clicked / np.maximum(self.shown - 1, 1))

    return [Variance, Doubly, Rate, *(both[name] for name in ("CountingUCB", "BetaPayoff", "BetaUncertainty"))]


def zero_mistakes(right: Any, chapter: Cells) -> list[Any]:
    """Return the foreseen mistakes of a start from zero."""

    class Untrained(right):  # type: ignore[misc, valid-type]
        _learn = zoo.NeuralUCBAgent._learn

    class Turned(right):  # type: ignore[misc, valid-type]
        def _learn(self, x: Any, arm: Any, reward: Any) -> None:
            zoo.NeuralUCBAgent._learn(self, x, arm, reward - self.origin(x[..., None, :])[..., 0, 0])

    return [zoo.NeuralUCBAgent, Untrained, Turned]


def times(factor: float) -> Any:
    """Return an agent whose embedding is longer by another factor."""

    class Times(zoo.NeuralLinearAgent):
        def phi(self, X: Any) -> Any:
            return factor * super().phi(X)

    return Times


def diverse(chapter: Cells) -> Any:
    """Return the solution's function."""
    return defined(chapter, "sol-brands")["diverse"]


def slate(n: int = 10, most: int = 3, by: Any = None) -> Any:
    """Return a function that makes slates by another rule."""

    def wrong(ids: np.ndarray, brand: np.ndarray) -> np.ndarray:
        chosen: list[int] = []
        for arm in sorted(ids.tolist()) if by else ids.tolist():
            if sum(brand[one] == brand[arm] for one in chosen) < most and len(chosen) < n:
                chosen.append(arm)
        return np.array(chosen)

    return wrong


def reversal(chapter: Cells) -> dict[str, Any]:
    """Return the two agents of the largest reversal, and the names that there are."""
    pair = re.search(r"largest: (.*) looks quicker than (.*)", told(chapter["sol-naive-pairs"]))
    kinds = re.findall(r"^(\S.*?) {2,}[\d.]+ ", told(chapter["sol-naive"]), re.MULTILINE)
    return {"kind": "names", "name": "the pair", "value": [one.strip() for one in pair.groups()], "of": kinds}


def both_arms_mistakes(right: Any, chapter: Cells) -> list[Any]:
    """Return the foreseen mistakes of an agent that learns both arms."""

    class Alike(zoo.LinUCBAgent):
        def learn(self, x: Any, arm: Any, reward: Any) -> None:
            super().learn(x, arm, reward)
            super().learn(x, 1 - arm, reward)

    class Twice(zoo.LinUCBAgent):
        def learn(self, x: Any, arm: Any, reward: Any) -> None:
            super().learn(x, arm, reward)
            super().learn(x, arm, reward)

    class Other(zoo.LinUCBAgent):
        def learn(self, x: Any, arm: Any, reward: Any) -> None:
            super().learn(x, 1 - arm, 1 - reward)

    return [zoo.LinUCBAgent, Alike, Twice, Other]


# For each function its solution, inputs, and foreseen mistakes, in the order in which exercises.yml says what is wrong.
FUNCTIONS: dict[str, tuple[Callable[[Cells], Any], list[list[Any]], list[Callable[..., Any]]]] = {
    "ex-disjoint-is-shared": (
        long_contexts,
        VECTORS,
        [in_turn, lambda X: np.tile(X, (1, len(X))), lambda X: np.tile(X.ravel(), (len(X), 1))],
    ),
    "ex-kernel-by-hand": (kernel, NETWORKS, [tangent(biases=0), tangent(last=0), tangent(output=0), tangent(off=1)]),
    "ex-largest-step": (
        lambda _: lambda square: 1 / square,
        [[4.0], [0.5], [100.0]],
        [lambda x: 2 / x, lambda x: 0.5 / x, lambda x: 1 / x**2, lambda x: 1 / x**0.5],
    ),
    "ex-brands": (
        diverse,
        SLATES,
        [
            slate(most=10**6),
            lambda ids, brand: slate()(ids[:10], brand),
            lambda ids, brand: ids[slate()(np.arange(len(ids)), brand)],
            *(slate(n=10**6), slate(most=2), slate(most=4), slate(by=True)),
        ],
    ),
}
# The same for each agent, which is given a lesson; its mistakes are made of it.
LEARNERS: dict[str, tuple[Callable[[Cells], Any], Callable[[Any, Cells], list[Any]]]] = {
    "ex-beta": (lambda chapter: defined(chapter, "counting-agent", "sol-beta", zoo=zoo)["BetaUCB"], beta_mistakes),
    "ex-zero-start": (class_of("sol-zero-class", "ZeroStartAgent"), zero_mistakes),
    "ex-identity": (class_of("sol-identity", "Plain"), lambda *_: [zoo.NeuralLinearAgent]),
    "ex-scale-prior": (class_of("sol-scale", "Longer"), lambda *_: [zoo.NeuralLinearAgent, times(100), times(0.1)]),
    "ex-both-arms": (class_of("sol-both", "BothArms"), both_arms_mistakes),
}


def _part(label: str, told: Mapping[str, Any]) -> Callable[[Cells], dict[str, Any]]:
    kind, wrong = told.get("kind"), told.get("wrong")
    if kind == "function":
        right, calls, mistakes = FUNCTIONS[label]
        return function(told.get("name"), right, calls, dict(zip(wrong, mistakes, strict=True)))
    if kind == "learner":
        right, mistakes = LEARNERS[label]
        how = {name: of for name, of in told.items() if name not in ("kind", "wrong")}
        return learner(right, lambda *given: dict(zip(wrong, mistakes(*given), strict=True)), **how)
    return reversal if kind == "reversal" else fixed(**told) if kind else number(**told)


# For each exercise of a chapter what is handed in, and how each of its parts is taken from the cells of the chapter.
EXERCISES: dict[str, dict[str, tuple[str, list[Callable[[Cells], dict[str, Any]]]]]] = {
    chapter: {
        label: (of["mine"], [_part(label, part) for part in of.get("parts", ())]) for label, of in exercises.items()
    }
    for chapter, exercises in yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")).items()
}
