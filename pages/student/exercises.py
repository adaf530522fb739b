"""What a reader hands in for the exercises: ``exercises.yml``, and what of it is made by the solutions' own code."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
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


def beta_variants(right: Any, chapter: Cells) -> dict[str, Any]:
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

    return {
        "its uncertainty is the variance, and the standard deviation is asked for.": Variance,
        "its uncertainty has α in it already, and the agent multiplies by it.": Doubly,
        "its payoff is the share of clicks; the posterior begins with the uniform distribution.": Rate,
        "payoff and uncertainty are those of the counting agent.": both["CountingUCB"],
        "the payoff is that of the posterior, the uncertainty still that of the counting agent.": both["BetaPayoff"],
        "the uncertainty is that of the posterior, the payoff still that of the counting agent.": both[
            "BetaUncertainty"
        ],
    }


def zero_variants(right: Any, chapter: Cells) -> dict[str, Any]:
    """Return the foreseen mistakes of a start from zero."""

    class Untrained(right):  # type: ignore[misc, valid-type]
        _learn = zoo.NeuralUCBAgent._learn

    class Turned(right):  # type: ignore[misc, valid-type]
        def _learn(self, x: Any, arm: Any, reward: Any) -> None:
            zoo.NeuralUCBAgent._learn(self, x, arm, reward - self.origin(x[..., None, :])[..., 0, 0])

    return {
        "its payoffs do not start at zero.": zoo.NeuralUCBAgent,
        "its payoffs start at zero, but the training still aims f itself at the click, and not f - f0.": Untrained,
        "its payoffs start at zero, but the target of the training is moved to the wrong side.": Turned,
    }


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


def both_arms_variants(right: Any, chapter: Cells) -> dict[str, Any]:
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

    return {
        "only the arm that was chosen learns.": zoo.LinUCBAgent,
        "the other arm is told the same reward; with two classes, what does one tell of the other?": Alike,
        "the arm that was chosen learns twice, the other not at all.": Twice,
        "the arm that was chosen no longer learns.": Other,
    }


MADE: dict[str, list[Callable[[Cells], dict[str, Any]]]] = {
    "ex-disjoint-is-shared": [
        function(
            None,
            long_contexts,
            VECTORS,
            {
                "the entries of the arms stand in turn, and the context of an arm is to stay in one piece.": in_turn,
                "the context of an arm stands in the blocks of all arms.": lambda X: np.tile(X, (1, len(X))),
                "all arms stand in one row.": lambda X: np.tile(X.ravel(), (len(X), 1)),
            },
        )
    ],
    "ex-beta": [
        learner(
            lambda chapter: defined(chapter, "counting-agent", "sol-beta", zoo=zoo)["BetaUCB"],
            beta_variants,
            d=6,
            n_arms=3,
            n=60,
            onehot=True,
            settings={"alpha": 2.0},
        )
    ],
    "ex-kernel-by-hand": [
        function(
            "kernel",
            kernel,
            NETWORKS,
            {
                "the biases of the hidden layer are missing.": tangent(biases=0),
                "the last bias is missing.": tangent(last=0),
                "the weights of the output are missing.": tangent(output=0),
                "a hidden unit that is off passes nothing on.": tangent(off=1),
            },
        )
    ],
    "ex-largest-step": [
        function(
            "the step",
            lambda _: lambda square: 1 / square,
            [[4.0], [0.5], [100.0]],
            {
                "that is for half of the squared error.": lambda square: 2 / square,
                "that is the best step, and a larger one still brings the error down.": lambda square: 0.5 / square,
                "it is given the squared norm, no root or square is needed.": lambda square: 1 / square**2,
                "it is given the squared norm, no root is needed.": lambda square: 1 / square**0.5,
            },
        )
    ],
    "ex-zero-start": [
        learner(
            class_of("sol-zero-class", "ZeroStartAgent"),
            zero_variants,
            d=9,
            n_arms=4,
            n=40,
            settings={"alpha": 0.1, "lr": 0.01, "rng": 0},
        )
    ],
    "ex-identity": [
        learner(
            class_of("sol-identity", "Plain"),
            lambda right, chapter: {"its embedding is still that of a network.": zoo.NeuralLinearAgent},
            d=5,
            n_arms=4,
            n=60,
            network=True,
            settings={"d_emb": 5, "training": "Frozen", "rng": 0, "alpha": 1.0},
        )
    ],
    "ex-step-size": [
        number(rf"sol-step-table: eta {lr}{skipped} +#", f"η {lr}, {half}", n=100)
        for lr in (0.001, 0.01, 0.03, 0.1)
        for half, skipped in (("before", ""), ("after", r" +\S+ \[.*?\]"))
    ],
    "ex-scale-prior": [
        learner(
            class_of("sol-scale", "Longer"),
            lambda right, chapter: {
                "its embedding is as long as before.": zoo.NeuralLinearAgent,
                "its embedding is a hundred times as long; the square of what is λ's part?": times(100),
                "its embedding is a tenth as long.": times(0.1),
            },
            d=9,
            n_arms=4,
            n=60,
            network=True,
            settings={"alpha": 0.3, "training": "Frozen", "rng": 0},
        )
    ],
    "ex-brands": [
        function(
            None,
            diverse,
            SLATES,
            {
                "there are more than three of a brand.": slate(most=10**6),
                "it is chosen among the first ten; who is skipped makes room for the next.": (
                    lambda ids, brand: slate()(ids[:10], brand)
                ),
                "ids name the products, and the brand of one is brand[id]: its rank does not count.": (
                    lambda ids, brand: ids[slate()(np.arange(len(ids)), brand)]
                ),
                "a slate has ten products.": slate(n=10**6),
                "three of a brand are allowed.": slate(most=2),
                "there are four of a brand.": slate(most=4),
                "the order is that of the numbers, and not that of the scores.": slate(by=True),
            },
        )
    ],
    "ex-naive-mean": [reversal],
    "ex-craze-ends": [
        fixed(
            "shock",
            "the shock",
            after={"cat_connoisseur": {"Dog Toy": 0.75}},
            value={"cat_connoisseur": {"Dog Toy": zoo.CLICK_TABLE["cat_connoisseur"]["Dog Toy"]}},
        )
    ],
    "ex-threshold": [
        number(rf"sol-tau-code: ^{tau}(?: +\S+){{{k}}} +#", f"τ {tau}, {name}", tol=tol, spread=spread)
        for tau, off in ((1, 0.01), (10, 0.01), (100, 0.01), (300, 0.02), (1000, 0.03))
        for k, (name, tol, spread) in enumerate((("bias", 6e-4, off), ("error", 6e-4, off), ("coverage", 6e-4, 0.06)))
    ],
    "ex-design": [
        *(
            number(
                rf"sol-design-table: ^{epsilon:.2f} +#",
                f"visits, ε {epsilon:g}",
                tol=at * 0.02,
                wrong={4 * at: "±5 % is half of the width.", at / 4: "half of the width is 1.96 standard errors."},
            )
            for epsilon, at in ((0.01, 731625), (0.1, 73024), (1, 12092))
        ),
        *(
            number(rf"sol-design-table: ^{epsilon:.2f} +\S+ +#", f"clicks lost, ε {epsilon:g}", tol=tol)
            for epsilon, tol in ((0.01, 6e-5), (0.1, 2e-4), (1, 1e-3))
        ),
    ],
    "ex-chance": [
        number(rf"sol-chance: ^{name}{skipped} +#", f"{name}, {how}", tol=1.0)
        for name in ("digits", "cancer", "segment", "shuttle", "magic", "mushroom")
        for how, skipped in (("random", ""), ("majority", r" +\d+"))
    ],
    "ex-both-arms": [
        learner(class_of("sol-both", "BothArms"), both_arms_variants, d=5, n_arms=2, n=40, settings={"alpha": 0.0})
    ],
}


def _parts(label: str, told: Mapping[str, Any]) -> Iterator[Callable[[Cells], dict[str, Any]]]:
    for part in told.get("parts", ()):
        if part == "made":
            yield from MADE[label]
        else:
            yield fixed(**part) if "kind" in part else number(**part)


# For each exercise of a chapter what is handed in, and how each of its parts is taken from the cells of the chapter.
EXERCISES: dict[str, dict[str, tuple[str, list[Callable[[Cells], dict[str, Any]]]]]] = {
    chapter: {label: (told["mine"], [*_parts(label, told)]) for label, told in exercises.items()}
    for chapter, exercises in yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")).items()
}
