"""The water line of strangers: why LinUCB is slow after the fish boom, ten products in one world (chapter 1).

What each product has earned from budget shoppers sinks until it reaches what a product is worth that nobody has tried.
Agents with several weights, with and without a window, serve the same world; what they expect is written down every so
many visits, and ``water-line.js`` shows it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import zoolib as zoo
from figures.played import Bundle, played, whole
from figures.svg import Axis, Bars, Line
from zoolab.drawings import plots
from zoolib.evidence import Evidence

WHO, BOOM, END, WINDOW = "budget_shopper", 10_000, 20_000, 4000
AT = np.arange(0, END + 1, 200)  # when one looks
START = 0.2  # the weight that the figure begins with


@dataclass
class WaterLine:
    """What LinUCB expects of some products for budget shoppers, with several weights, with and without forgetting.

    The products are those that a run has shown to them most, before the boom or at the end. With a weight of alpha a
    stranger is worth alpha times the root of 2.
    """

    seed: int = 1
    alphas: tuple[float, ...] = (0.1, 0.2, 0.3, 0.5)

    def __post_init__(self) -> None:
        self.shop = shop = zoo.ZooplusSimulator(seed=self.seed)
        features, self.row = zoo.FeatureEngineer(shop), shop.index_of("persona", WHO)
        settings = [(alpha, window) for alpha in self.alphas for window in (None, WINDOW)]
        agents = {f"{a} {window}": zoo.LinUCBAgent(features, alpha=a, window=window) for a, window in settings}
        self.runs = zoo.run(agents, shop.copy(), END, {BOOM: zoo.SHOCK_FISH}, progress=False)
        self.came = np.flatnonzero(self.runs.persona[0] == self.row)
        parts = [part for arms in self.runs.arm[:, 0, self.came] for part in (arms[self.came < BOOM], arms[-100:])]
        most = np.unique([np.bincount(part).argmax() for part in parts])
        self.drawn = most[np.argsort(np.array(shop.categories)[shop.product_category[most]], kind="stable")]

    def expected(self, run: int) -> tuple[np.ndarray, np.ndarray]:
        """Return payoff and width of the drawn products for budget shoppers, ``(times, products)`` each.

        They follow from how often each product was shown to each persona, and clicked, in the visits that count.
        """
        since = np.maximum(0, AT - WINDOW) if run % 2 else 0 * AT
        shown = (self.runs.arm[run, 0][:, None] == self.drawn)[..., None] * np.eye(4)[self.runs.persona[0]][:, None]
        seen = shown, shown * self.runs.reward[run, 0][:, None, None]
        n, clicks = (np.concatenate([0 * some[:1], some.cumsum(0)]) for some in seen)
        table = zoo.FeatureEngineer(self.shop).table[:, self.shop.product_category[self.drawn]]
        X = np.broadcast_to(np.swapaxes(table, 0, 1), (*n[AT].shape, table.shape[-1]))
        evidence = Evidence(table.shape[-1], X.shape[:2])
        evidence.rebuild(X, clicks[AT] - clicks[since], n[AT] - n[since])
        asked = X[:, :, [self.row]]
        return evidence.mean(asked)[..., 0], evidence.width(asked)[..., 0]

    def record(self, run: int) -> dict[str, Any]:
        """Return all that a page shows of a run: of each number its first value, and from then on what is added."""
        alpha, arms, (payoff, width) = self.alphas[run // 2], self.runs.arm[run, 0], self.expected(run)
        tried = np.sort(np.unique(arms, return_index=True)[1])  # when, product by product
        parts = {"payoff": payoff, "bonus": alpha * width}
        return {
            **{name: np.diff(whole(1000 * part), axis=0, prepend=0).T.tolist() for name, part in parts.items()},
            "alpha": alpha,
            "shown": arms[self.came[np.maximum(0, np.searchsorted(self.came, AT) - 1)]].tolist(),
            "strangers": (self.shop.n_products - np.searchsorted(tried, AT)).tolist(),
        }

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        shop, after, start = self.shop, self.shop.copy(), self.alphas.index(START)
        after.apply_shock(zoo.SHOCK_FISH)
        came, kind = np.searchsorted(self.came, AT), shop.product_category
        runs, names = [self.record(run) for run in range(len(self.runs.agents))], np.array(shop.categories)[kind]
        data = {
            "names": [f"{name.lower()} {(kind[:k] == kind[k]).sum() + 1}" for k, name in enumerate(names)],
            "drawn": [[int(product), names[product]] for product in self.drawn],
            "truth": [whole(1000 * one.click_table[self.row, kind[self.drawn]]).tolist() for one in (shop, after)],
            "at": AT.tolist(),
            "boom": int(np.searchsorted(AT, BOOM)),
            "came": came.tolist(),
            "start": start,
            "runs": runs,
        }
        boom, payoff, places = data["boom"], 1000 * self.expected(2 * start)[0], np.arange(len(self.drawn))
        best = payoff[boom].argmax()
        found = boom + int(np.argmax(np.array(runs[2 * start]["shown"])[boom:] != self.drawn[best]))
        marks = []
        for i, (name, at) in enumerate({"at the boom": boom, "when a stranger is tried": found}.items()):
            look = {"colour": (plots.BLUE, plots.SKY)[i], "hatch": ("", "slanting")[i], "width": 0.4}
            marks.append(Bars(name, places + 0.4 * i - 0.2, payoff[at], 0 * places, payoff[at], **look))
        ends, line = [-0.6, len(places) - 0.4], np.full(2, 1000 * START * np.sqrt(2))
        marks.append(Line("a stranger", ends, line, colour=plots.VERMILION, style="--"))
        kinds = names[self.drawn]
        x = Axis("", *ends, ticks={places[kinds == one].mean(): one.split(" S")[0] for one in np.unique(kinds)})
        said = f"In {came[found] - came[boom]:,} visits of budget shoppers after the boom their favourite sinks from "
        said += (
            f"{payoff[boom, best]:.0f} to {payoff[found, best]:.0f} clicks per 1,000 visits. Then a stranger is tried."
        )
        alt = (
            "Two bars for each product and a dashed line. One bar sinks to the line, and a new one stands far above it."
        )
        return played("water-line", data, said, marks, x, Axis("clicks per 1,000 visits", 0, 900), alt)
