"""What a reader hands in for the exercises of Chapters 0 to 4, and where the solution tells what is right."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np

import zoolib as zoo
from pages.student.kinds import Cells, defined, fixed, function, learner, number

rng = np.random.default_rng(0)
ALONE = "that is after the second shock alone, and the first one stays."
EACH = {
    0.2105: "that is the mean of all cells, what somebody earns who shows anything to anybody.",
    0.2875: "that is the best single category for everybody, and the oracle knows who comes.",
}


def long_contexts(chapter: Cells) -> Any:
    """Return the solution's own expression as a function."""
    told = re.search(r"blocks = (.*)", chapter["sol-disjoint"].source)[1]
    return lambda X: eval(told, {"np": np, "vectors": X, "K": len(X), "d": X.shape[1]})


def interleaved(X: np.ndarray) -> np.ndarray:
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


NETWORKS = [
    [rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m), rng.normal(size=(m, 1))]
    for n, d, m in ((3, 2, 4), (1, 3, 5), (4, 1, 3))
]


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


def zero_start(chapter: Cells) -> Any:
    """Return the solution's agent."""
    return defined(chapter, "sol-zero-class", zoo=zoo, copy=copy)["ZeroStartAgent"]


def plain(chapter: Cells) -> Any:
    """Return the solution's agent, whose cell goes on to make one."""
    source = chapter["sol-identity"].source
    names: dict[str, Any] = {"zoo": zoo}
    exec(source[: source.index("\n\n\n")], names)
    return names["Plain"]


EXERCISES: dict[str, dict[str, tuple[str, list[Any]]]] = {
    "00_the_shop": {
        "ex-oracle-by-hand": (
            "three values in clicks per visit: at first, after the first shock, after both",
            [
                number("at first", "sol-mean: at first: #", tol=6e-4, wrong=EACH),
                number("after the first shock", "sol-mean: fish boom: #", tol=6e-4, wrong=EACH),
                number("after both", "sol-mean: dog-toy craze: #", tol=6e-4, wrong=EACH | {0.5625: ALONE}),
            ],
        ),
        "ex-own-shock": (
            "the shock and, in clicks per visit, by how much the oracle's value changes",
            [
                fixed(
                    "shock",
                    "the shock",
                    value={"new_puppy_parent": {"Dog Toy": 0.1}, "fish_hobbyist": {"Cat Food": 0.3}},
                ),
                number(
                    "the change",
                    ["sol-shock: after #", "sol-shock: before #"],
                    tol=6e-4,
                    wrong={
                        -0.1: "that is the puppy parents' change, or a favourite lost with nothing in its place.",
                        0.05: "the fish hobbyists' favourite stays what it was.",
                    },
                ),
            ],
        ),
        "ex-log-length": (
            "the model's share of the oracle's value with 10,000 and with 20,000 answers, each over thirty worlds",
            [
                number(f"{n:,} answers", f"sol-log: {n} answers: #", n=30, wrong={0.94: "so much it has with 50,000."})
                for n in (10_000, 20_000)
            ],
        ),
        "ex-own-agent": (
            "your class, or a function of `features` and `rng` that makes your agent",
            [fixed("counting")],
        ),
    },
    "01_fifty_strangers": {
        "ex-stranger": (
            "the worth, the list of such categories in the first table, and the list after both shocks",
            [
                number(
                    "the worth",
                    r"sol-stranger: approx #",
                    wrong={
                        0.5: "that is α alone: how long is the context of a stranger?",
                        1.0: "the context has two ones; its length is not two.",
                        0.35: "the length of the context multiplies, and does not divide.",
                        0.28: "that is with the α of the chapter, 0.2.",
                    },
                ),
                fixed("names", "in the first table", value=[], of=zoo.CATEGORIES),
                fixed("names", "after both shocks", value=["Dog Toy"], of=zoo.CATEGORIES),
            ],
        ),
        "ex-sherman": ("your `Evidence`, after the thousand contexts", [fixed("evidence", d=9)]),
        "ex-decay": (
            "four intervals over a hundred worlds, in clicks per visit, of the decaying α minus 0.5: in visits 0 to 2,000, 2,000 to 10,000, 10,000 to 12,000 and 12,000 to 20,000",
            [
                number(f"to {stop}", f"sol-rich: to {stop}: decaying minus 0.5 is #", n=100)
                for stop in (" 2,000", "10,000", "12,000", "20,000")
            ],
        ),
        "ex-bestseller": (
            "four shares of a hundred worlds: with 50 products and an α of 0.2 and of 0.5, then with 500 products",
            [
                number(f"{n} products, α {alpha}", f"sol-bestseller-run: ^{n} products.*?{alpha}: '#", n=100)
                for n in (50, 500)
                for alpha in (0.2, 0.5)
            ],
        ),
    },
    "02_the_principle": {
        "ex-flip": (
            "this α, and how many standard deviations it is",
            [
                number(
                    "α",
                    "sol-flip: alpha = #",
                    tol=0.004,
                    wrong={
                        0.6: "the uncertainty of the first counts as well.",
                        0.545: "its uncertainty is to be subtracted.",
                    },
                ),
                number(
                    "standard deviations",
                    "sol-flip: that is #",
                    tol=0.01,
                    wrong={
                        0.333: "how often does σ go into α?",
                        0.667: "that is α itself; how many σ is it?",
                        2.667: "σ is one half, and its square one quarter.",
                    },
                ),
            ],
        ),
        "ex-scale": (
            "two `Evidence`s, that of the scaled contexts and that of the plain ones, with priors under which both say the same",
            [fixed("rescaled")],
        ),
        "ex-disjoint-is-shared": (
            "your function that takes the contexts of the arms, K × d, and returns the long ones, K × Kd",
            [
                function(
                    None,
                    long_contexts,
                    [
                        [np.arange(1.0, 7.0).reshape(3, 2)],
                        [rng.normal(size=(5, 3)).round(2)],
                        [[[1.0, 2.0, 3.0]]],
                        [[[4.0], [5.0]]],
                    ],
                    {
                        "the entries of the arms stand in turn, and the context of an arm is to stay in one piece.": interleaved,
                        "the context of an arm stands in the blocks of all arms.": lambda X: np.tile(X, (1, len(X))),
                        "all arms stand in one row.": lambda X: np.tile(X.ravel(), (len(X), 1)),
                    },
                )
            ],
        ),
        "ex-rank": (
            "what it earns with $k$ = 0, 1, 2 and 3 terms, in clicks per visit",
            [
                number(
                    f"k = {k}",
                    f"sol-rank: {k} terms: value #",
                    tol=6e-4,
                    wrong=dict.fromkeys((0.561, 0.756, 1.0), "that is the share of the oracle's value."),
                )
                for k in range(4)
            ],
        ),
        "ex-beta": (
            "your class, made by `mine(features, alpha=2.0)`",
            [
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
        ),
    },
    "03_the_price": {
        "ex-count-weights": (
            "$p$, the megabytes and, by the count of operations, the factors for the inverse, the rank-one update and the backward passes",
            [
                number(
                    "p",
                    "sol-count: p = #",
                    wrong={
                        1408: "a bias is missing.",
                        1281: "the biases of the hidden layer are missing.",
                        1410: "not all weights double.",
                        705: "that is with m = 64.",
                    },
                ),
                number(
                    "megabytes",
                    "sol-count: one matrix # MB",
                    tol=0.06,
                    wrong={15.15: "a megabyte is a million bytes.", 7.94: "a number in float64 takes eight bytes."},
                ),
                fixed("number", "inverse", value=8.0, tol=0.3),
                number("rank-one update", "sol-count: factor #", tol=0.1),
                fixed(
                    "number",
                    "backward passes",
                    value=2.0,
                    tol=0.1,
                    wrong=[[1.0, "by the clock perhaps, and how many operations are they?"]],
                ),
            ],
        ),
        "ex-kernel-by-hand": (
            "your function `kernel(X, W, c, v)`, which returns the inner products of the gradients at the rows of $X$ ($W$ is d × m, $v$ is m × 1), and the number of entries",
            [
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
                ),
                number(
                    "entries",
                    r"sol-kernel-start: 64 \+ 1 = #",
                    wrong={
                        161: "so many differ from zero in this network, and more can.",
                        256: "there is one weight more that counts always.",
                        705: "a context has two ones, and seven zeros.",
                        193: "sixty-four are missing: two rows of W count, and so do all c and all v.",
                    },
                ),
            ],
        ),
        "ex-largest-step": (
            "your function that takes the squared norm of $g$ and returns this η, and the squared norm that is left when the step is too large",
            [
                function(
                    "the step",
                    lambda _: lambda square: 1 / square,
                    [[4.0], [0.5], [100.0]],
                    {
                        "that is for half of the squared error.": lambda square: 2 / square,
                        "that is the best step, and a larger one still brings the error down.": lambda square: (
                            0.5 / square
                        ),
                        "it is given the squared norm, no root or square is needed.": lambda square: 1 / square**2,
                        "it is given the squared norm, no root is needed.": lambda square: 1 / square**0.5,
                    },
                ),
                number(
                    "what is left",
                    r"sol-limit-table: then(?: +[\d.]+){3} +#",
                    tol=0.01,
                    wrong={0: "one weight has a derivative that never goes."},
                ),
            ],
        ),
        "ex-zero-start": (
            "your class, made by `mine(features, alpha=0.1, lr=0.01, rng=0)`",
            [learner(zero_start, zero_variants, d=9, n_arms=4, n=40, settings={"alpha": 0.1, "lr": 0.01, "rng": 0})],
        ),
    },
    "04_the_bridge": {
        "ex-count-embedding": (
            "the weights, the numbers of the evidence, and which of the two grows faster, 'weights' or 'evidence'",
            [
                number(
                    "weights",
                    r"sol-count: 32: \(#",
                    wrong={
                        2624: "the biases are missing.",
                        2688: "the biases of one layer are missing.",
                        2656: "the biases of one layer are missing.",
                    },
                ),
                number(
                    "evidence",
                    r"sol-count: 32: \(\d+, #",
                    also=(2080.0, "that counts the inverse as well as the matrix."),
                    wrong={1024: "it keeps more than the matrix.", 560: "it keeps the whole matrix."},
                ),
                fixed(
                    "choice",
                    "faster",
                    value="evidence",
                    of=["weights", "evidence"],
                    wrong="which of the two is a square?",
                ),
            ],
        ),
        "ex-identity": (
            "your class, made by `mine(features, d_emb=features.d, training=zoo.Frozen(), rng=0, alpha=1.0)`",
            [
                learner(
                    plain,
                    lambda right, chapter: {"its embedding is still that of a network.": zoo.NeuralLinearAgent},
                    d=5,
                    n_arms=4,
                    n=60,
                    network=True,
                    settings={"d_emb": 5, "training": "Frozen", "rng": 0, "alpha": 1.0},
                )
            ],
        ),
        "ex-head": (
            "the interval, over a hundred worlds, of end to end minus online in clicks per visit, with the same α",
            [number(None, "claim-head: end to end minus online #", n=100)],
        ),
        "ex-step-size": (
            "a table of clicks per visit, with a row for each η in this order, and the columns before and after the shock",
            [
                number(f"η {lr}, {half}", rf"sol-step-table: eta {lr}{skipped} +#", n=100)
                for lr in (0.001, 0.01, 0.03, 0.1)
                for half, skipped in (("before", ""), ("after", r" +\S+ \[.*?\]"))
            ],
        ),
    },
}
