"""What a reader hands in for the exercises of Chapters 5 to 10, and where the solution tells what is right."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import zoolib as zoo
from pages.student.kinds import Cells, defined, fixed, function, learner, number, told

REPLAY, FORGET = "replay and LinUCB", "window and discount"
HALF_THE_TIME = "that is enough to exclude zero in one of two times: power takes more than 1.96 standard errors."


def longer(chapter: Cells) -> Any:
    """Return the solution's agent, whose cell goes on to make one."""
    source = chapter["sol-scale"].source
    names: dict[str, Any] = {"zoo": zoo}
    exec(source[: source.index("\n\n\n")], names)
    return names["Longer"]


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


def first_ten(ids: np.ndarray, brand: np.ndarray) -> np.ndarray:
    """Return what is left of the ten best."""
    return slate()(ids[:10], brand)


def by_rank(ids: np.ndarray, brand: np.ndarray) -> np.ndarray:
    """Return a slate for which the brand of a product is looked up by its rank."""
    return ids[slate()(np.arange(len(ids)), brand)]


rng = np.random.default_rng(1)
SLATES = [
    [rng.permutation(60), rng.integers(6, size=60)],
    [rng.permutation(30), np.zeros(30, dtype=int)],
    [np.array([4, 2, 0]), rng.integers(3, size=5)],
    [rng.permutation(40)[:25], rng.integers(2, size=40)],
    [rng.permutation(40), np.arange(40) % 8 * (np.arange(40) % 2)],  # half of it is of one brand
]


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


def both_arms(chapter: Cells) -> Any:
    """Return the solution's agent, whose cell begins with imports of its own."""
    source = chapter["sol-both"].source
    names: dict[str, Any] = {"zoo": zoo}
    exec(source[source.index("class BothArms") :], names)
    return names["BothArms"]


SETS = ("digits", "cancer", "segment", "shuttle", "magic", "mushroom")

EXERCISES: dict[str, dict[str, tuple[str, list[Any]]]] = {
    "05_memory": {
        "ex-rehearsed": (
            "the capacity, and how often a click is rehearsed",
            [
                number(
                    "capacity",
                    "sol-rehearsed: N = #",
                    tol=1.5,
                    wrong={
                        10_000: "then a tenth would be new.",
                        1000: "then nothing old would be left.",
                        1100: "a tenth of the buffer is to be old, and not a tenth of the thousand.",
                        900: "a buffer that is smaller than the visits since the shock holds nothing old.",
                    },
                ),
                number(
                    "rehearsed",
                    "sol-rehearsed: rehearsed # times",
                    tol=0.005,
                    wrong={
                        64: "that is the size of a batch.",
                        22.2: "how many batches come while a click is in the buffer, and how likely is it in each?",
                    },
                ),
            ],
        ),
        "ex-scale-prior": (
            "your class with the longer embedding, made by `mine(features, alpha=0.3, training=zoo.Frozen(), rng=0)`",
            [
                learner(
                    longer,
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
        ),
        "ex-lucky-window": (
            "the interval, over fifty worlds, of 2,000 minus 2,600 in clicks per visit after the shock",
            [number(None, "sol-window-run: ^4,000: #", n=50, wrong={-0.0042: "that is with the shock at step 3,000."})],
        ),
        "ex-crossed-network": (
            "clicks per visit, over fifty worlds, of the network on one-hots, the network on crossed features, and the linear agent",
            [
                number(name, f"sol-crossed-run: ^{name} +#", n=50, wrong=wrong)
                for name, wrong in (
                    ("network, onehot", {}),
                    ("network, crossed", {0.538: "so much it earns with a weak prior, and λ is 1."}),
                    ("linear, crossed", {}),
                )
            ],
        ),
    },
    "06_two_million_products": {
        "ex-peak": (
            "the cores that the funnel needs, and those that it takes to score all products",
            [
                number(
                    "funnel",
                    "sol-peak: funnel: #",
                    tol=0.01,
                    wrong={
                        3: "so many would be busy all the time.",
                        2.5: "so many would be busy all the time, and cores come whole.",
                        4: "four are busy for more than 60 % of the time.",
                        4.1667: "cores come whole.",
                    },
                ),
                number(
                    "everything",
                    "sol-peak: everything: #",
                    tol=0.01,
                    wrong={
                        250: "so many would be busy all the time.",
                        70: "the busiest hour is what counts.",
                        209: "the visits double.",
                        1250 / 3: "cores come whole.",
                    },
                ),
            ],
        ),
        "ex-look-again": (
            "the recall at 500, a share, and the megabytes that the exact embeddings take",
            [
                number(
                    "recall",
                    "sol-look-again-claim: Measured: recall #",
                    spread=0.03,
                    wrong={0.82: "that is without a second look."},
                ),
                number(
                    "megabytes",
                    "sol-look-again-start: needed again, # MB",
                    tol=1.0,
                    wrong={
                        244: "a megabyte is a million bytes.",
                        512: "they are kept in float32.",
                        64: "that is with one byte for each number.",
                    },
                ),
            ],
        ),
        "ex-brands": (
            "your function that takes products `ids`, the best first, and the array `brand` of the brands of all products, and returns the slate",
            [
                function(
                    None,
                    diverse,
                    SLATES,
                    {
                        "there are more than three of a brand.": slate(most=10**6),
                        "it is chosen among the first ten; who is skipped makes room for the next.": first_ten,
                        "ids name the products, and the brand of one is brand[id]: its rank does not count.": by_rank,
                        "a slate has ten products.": slate(n=10**6),
                        "three of a brand are allowed.": slate(most=2),
                        "there are four of a brand.": slate(most=4),
                        "the order is that of the numbers, and not that of the scores.": slate(by=True),
                    },
                )
            ],
        ),
        "ex-two-levels": (
            "clicks per visit, over a hundred worlds, of shared evidence, of evidence for each user alone, and of two levels",
            [number(name, f"sol-two-levels-run: ^{name} +#", n=100) for name in ("shared", "user", "two levels")],
        ),
    },
    "07_the_gauntlet": {
        "ex-sign": (
            "'yes' or 'no', and the number of worlds",
            [
                fixed(
                    "choice",
                    "a fair coin",
                    value="no",
                    of=["yes", "no"],
                    wrong="where does an interval of this share end?",
                ),
                number(
                    "worlds",
                    "sol-sign: at least # of 100",
                    tol=0.4,
                    also=(60.0, "that is by Wilson's interval; the exact one asks for another."),
                    wrong={
                        51: "to be ahead in most of these worlds is not yet to be ahead in most of all.",
                        50: "that is a half.",
                        59: "there may be an error on either side: 95 % of two sides.",
                    },
                ),
            ],
        ),
        "ex-naive-mean": (
            "the number of pairs, and the list of the two agents of the pair that is furthest apart",
            [number("pairs", "sol-naive-pairs: change places: #", wrong={92: "each pair is counted twice."}), reversal],
        ),
        "ex-how-many-worlds": (
            "four numbers of worlds: for replay and LinUCB in pairs and not in pairs, then for the two crossed agents",
            [
                number(f"{name}, {how}", f"sol-worlds: {line}.*'{how}': #", tol=tol, wrong={half: HALF_THE_TIME})
                for name, line, how, tol, half in (
                    (REPLAY, "replay", "paired", 11, 261),
                    (REPLAY, "replay", "unpaired", 11, 260),
                    (FORGET, "crossed", "paired", 2, 34),
                    (FORGET, "crossed", "unpaired", 4, 73),
                )
            ],
        ),
        "ex-craze-ends": (
            "the second shock, and the clicks per visit of LinUCB and of the shared agent over all 12,000 visits and fifty worlds",
            [
                fixed(
                    "shock",
                    "the shock",
                    after={"cat_connoisseur": {"Dog Toy": 0.75}},
                    value={"cat_connoisseur": {"Dog Toy": zoo.CLICK_TABLE["cat_connoisseur"]["Dog Toy"]}},
                ),
                *(
                    number(name, rf"sol-back-table: over +all[\s\S]*?{name} +\S+ \[.*?\] +#", n=50)
                    for name in ("LinUCB, alpha 1", "Shared, crossed, window")
                ),
            ],
        ),
    },
    "08_when_generalization_wins": {
        "ex-crossed-columns": (
            "the entries of the crossed map, and of products of up to four columns",
            [
                number(
                    "up to two",
                    "sol-count: # up to two",
                    wrong={
                        253: "those of two different columns alone.",
                        276: "squares, or the columns themselves, are missing.",
                        277: "a column may meet itself.",
                        299: "the constant is missing.",
                    },
                ),
                number(
                    "up to four",
                    "sol-count: # up to four",
                    wrong={
                        10903: "a column may meet itself.",
                        17549: "the constant is missing.",
                        14950: "those of up to three are missing.",
                    },
                ),
            ],
        ),
        "ex-share": (
            "the two ends of the interval, and the numbers of worlds for 0.9 and for 0.95",
            [
                number(
                    "lower end",
                    r"sol-share: won: \[#",
                    wrong={
                        0.888: "that is Wilson's interval.",
                        0.907: "that is the normal interval, which promises too much near one.",
                        0.898: "there are two sides.",
                    },
                ),
                number(
                    "upper end",
                    r"sol-share: won: \[[\d.]+, #\]",
                    wrong={
                        0.978: "that is Wilson's interval.",
                        0.993: "that is the normal interval, which promises too much near one.",
                    },
                ),
                number("above 0.9", "sol-share: ^0.9 #", wrong={91: "it is the interval that is to lie above."}),
                number(
                    "above 0.95",
                    "sol-share: ^0.95 #",
                    wrong={96: "it is the interval that is to lie above.", 101: "of a hundred worlds."},
                ),
            ],
        ),
        "ex-rotate": (
            "the number of columns that are kept, on average over twenty shops that are rotated and over twenty that are not",
            [
                number(
                    name,
                    f"sol-rotate: rotated {rotated}: #",
                    n=20,
                    spread=spread,
                    **how,
                )
                for name, rotated, spread, how in (
                    ("rotated", True, 5.0, {"also": (12.35, "with the constant among them it would be one less.")}),
                    ("not rotated", False, 0.6, {"wrong": {5.05: "the constant is counted as well."}}),
                )
            ],
        ),
        "ex-components": (
            "the list of those that come back, of 'uniform', 'normal' and 'two clusters'",
            [fixed("names", None, value=["uniform", "two clusters"], of=["uniform", "normal", "two clusters"])],
        ),
        "ex-screened-network": (
            "three differences in clicks per visit, over eight worlds: the screened network minus crossed, minus network, minus trick",
            [number(f"minus {name}", f"sol-both: minus {name}: #", n=8) for name in ("crossed", "network", "trick")],
        ),
    },
    "09_real_clicks": {
        "ex-by-hand": (
            "IPS, SNIPS and the effective number of rows",
            [
                number(
                    "IPS",
                    "sol-hand-code: ^IPS #",
                    tol=0.01,
                    wrong={
                        0.5: "the weights are the other way round.",
                        3: "that is the sum.",
                        0.667: "that is the mean reward, of the logging policy.",
                    },
                ),
                number(
                    "SNIPS",
                    "sol-hand-code: SNIPS #",
                    tol=0.01,
                    wrong={
                        0.75: "the weights are the other way round.",
                        1: "the weights add up to more than the rows.",
                        0.667: "that is the mean reward.",
                    },
                ),
                number(
                    "effective rows",
                    "sol-hand-code: effective #",
                    tol=0.03,
                    wrong={
                        3: "so many rows there are.",
                        5: "that is the sum of the weights.",
                        9: "that is the sum of their squares.",
                        2.67: "the weights are the other way round.",
                    },
                ),
            ],
        ),
        "ex-two-identities": ("an identity holds or does not, and your own run says which", []),
        "ex-threshold": (
            "a table with the rows τ = 1, 10, 100, 300, 1000 and the columns bias, root mean square error, coverage (a share)",
            [
                number(f"τ {tau}, {name}", rf"sol-tau-code: ^{tau}(?: +\S+){{{k}}} +#", tol=tol, spread=spread)
                for tau, off in ((1, 0.01), (10, 0.01), (100, 0.01), (300, 0.02), (1000, 0.03))
                for k, (name, tol, spread) in enumerate(
                    (("bias", 6e-4, off), ("error", 6e-4, off), ("coverage", 6e-4, 0.06))
                )
            ],
        ),
        "ex-same-rows": (
            "two intervals over all shops of the estimate minus the truth, on the same rows and on fresh ones",
            [
                number("the same rows", "sol-same-numbers: same rows: estimate minus truth #", n=1000),
                number("fresh rows", "sol-same-numbers: fresh rows: estimate minus truth #", n=1000),
            ],
        ),
        "ex-design": (
            "the visits needed with ε = 0.01, 0.1 and 1, then the clicks lost per visit with the same three",
            [
                *(
                    number(
                        f"visits, ε {epsilon:g}",
                        rf"sol-design-table: ^{epsilon:.2f} +#",
                        tol=at * 0.02,
                        wrong={
                            4 * at: "±5 % is half of the width.",
                            at / 4: "half of the width is 1.96 standard errors.",
                        },
                    )
                    for epsilon, at in ((0.01, 731625), (0.1, 73024), (1, 12092))
                ),
                *(
                    number(f"clicks lost, ε {epsilon:g}", rf"sol-design-table: ^{epsilon:.2f} +\S+ +#", tol=tol)
                    for epsilon, tol in ((0.01, 6e-5), (0.1, 2e-4), (1, 1e-3))
                ),
            ],
        ),
    },
    "10_other_peoples_data": {
        "ex-chance": (
            f"a table with a row for each set ({', '.join(SETS)}) and the columns random and majority, in mistakes",
            [
                number(f"{name}, {how}", rf"sol-chance: ^{name}{skipped} +#", tol=1.0)
                for name in SETS
                for how, skipped in (("random", ""), ("majority", r" +\d+"))
            ],
        ),
        "ex-both-arms": (
            "your class, made by `mine(space, alpha=0.0)`",
            [learner(both_arms, both_arms_variants, d=5, n_arms=2, n=40, settings={"alpha": 0.0})],
        ),
        "ex-own-set": (
            "the mistakes, over a hundred shuffles, of LinUCB with a ridge of 1 and of 0.1, then of the agent with heads",
            [
                number(f"{name}, ridge {ridge}", f"sol-own-run: {name}, ridge {ridge}: #", n=100, wrong=wrong)
                for name, one in (("LinUCB", 17.6), ("heads", 128.7))
                for ridge, wrong in (("1.0", {}), ("0.1", {one: "does the smaller ridge reach the agent?"}))
            ],
        ),
        "ex-reject": (
            "the share of all events that is accepted for an agent that always shows Crime, when one thins first and when one rejects while replaying",
            [
                number(
                    how,
                    "sol-rate: always Crime: .* = #",
                    tol=0.002,
                    wrong={0.304: "that is the share of another genre.", 0.019: "one of two coins is tossed twice."},
                )
                for how in ("thinned first", "rejected")
            ],
        ),
        "ex-predict": ("which set you make, and how hard, is left to you", []),
    },
}
