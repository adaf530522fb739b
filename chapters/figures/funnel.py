"""Clocks, a run of the funnel, and pictures of both (chapter 6)."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.cluster import KMeans

from figures.moving import Moving
from figures.svg import Axis, Line, Points
from zoolab.drawings import plots
from zoolab.serving import Alarm, Canary, Funnel, GrownShop, Message, Visitor
from zoolib import checks
from zoolib.experiment import Interval
from zoolib.randomness import shift


def least(work: Callable[[], Any], times: int = 3) -> float:
    """Return the least of some processor times of ``work()``, in milliseconds."""
    return min(_timed(work, times, time.process_time))


def typical(work: Callable[[], Any], times: int = 200, clock: Callable[[], float] = time.process_time) -> float:
    """Return the median of some times of ``work()`` by ``clock``, in milliseconds."""
    return float(np.median(_timed(work, times, clock)))


def _timed(work: Callable[[], Any], times: int, clock: Callable[[], float]) -> list[float]:
    ticks = []
    for _ in range(checks.whole("times", times, 1)):
        start = clock()
        work()
        ticks.append(1000 * (clock() - start))
    return ticks


def serve(
    funnel: Funnel, shop: GrownShop, visitors: np.ndarray, luck: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    """Let visitors come, one after another; each sees a slate and sends back a verdict on every product of it.

    Parameters
    ----------
    funnel, shop
        Who recommends, and where.
    visitors
        ``(n, 7)`` features.
    luck
        Where the clicks come from.

    Returns
    -------
    took, worth
        Milliseconds of the processor, one row a visitor and one column a stage, with the whole decision and the
        counting of the verdicts; and the click probabilities of what was shown, ``(n, n_slate)``.
    """
    took, worth = [], []
    for features in visitors:
        stages: dict[str, float] = {}
        start = time.thread_time()
        made = funnel.decide(Visitor(features), stages=stages)
        stages["decision"] = time.thread_time() - start
        p = shop.click_probability(features, made.arms)
        clicks = (luck.random(len(p)) < p).astype(int)
        told = [Message(made.id, int(arm), int(click)) for arm, click in zip(made.arms, clicks, strict=True)]
        start = time.thread_time()
        funnel.settle(told)
        stages["all verdicts"] = time.thread_time() - start
        took.append(stages)
        worth.append(p)
    return 1000 * pd.DataFrame(took), np.array(worth)


class Plane:
    """Products in a plane, in lists by nearest centroid, and visitors that are directions, ``{name: degrees}``.

    Each visitor wants the ``n_wanted`` products that are farthest in its direction.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        visitors: Mapping[str, float],
        *,
        n_products: int = 300,
        n_brands: int = 30,
        n_lists: int = 24,
        n_wanted: int = 40,
    ) -> None:
        brands = rng.normal(size=(n_brands, 2))
        spread = rng.integers(0, n_brands, n_products), 0.18 * rng.normal(size=(n_products, 2))
        self.points, self.n_wanted = brands[spread[0]] + spread[1], n_wanted
        self.lists = KMeans(n_lists, n_init=1, random_state=shift()).fit(self.points)
        turns = {name: np.radians(degrees) for name, degrees in visitors.items()}
        self.queries = {name: np.array([np.cos(turn), np.sin(turn)]) for name, turn in turns.items()}

    def probe(self, visitor: str, n_probe: int) -> tuple[np.ndarray, np.ndarray]:
        """Return which products are wanted, and which lie in the ``n_probe`` most promising lists."""
        q = self.queries[visitor]
        lists = np.argsort(-self.lists.cluster_centers_ @ q, kind="stable")[:n_probe]
        wanted = np.zeros(len(self.points), dtype=bool)
        wanted[np.argsort(-self.points @ q, kind="stable")[: self.n_wanted]] = True
        return wanted, np.isin(self.lists.labels_, lists)

    def figure(self, name: str, n_probes: Sequence[int], **words: Any) -> Moving:
        """Return a figure in which the reader chooses the visitor and how many lists are probed."""
        controls = {"visitor": list(self.queries), "lists probed": n_probes}
        x, y = (Axis(f"{which} coordinate of the embedding", -3, 3) for which in ("first", "second"))
        return Moving(name, controls, self._draw, self._say, x=x, y=y, play="lists probed", **words)

    def _draw(self, visitor: str, n_probe: int) -> list[Line | Points]:
        wanted, looked = self.probe(visitor, n_probe)
        parts = {
            "product": (np.ones_like(wanted), plots.SOFT, "o", 1.4),
            "looked at": (~wanted & looked, plots.SKY, "o", 2.4),
            "found": (wanted & looked, plots.BLUE, "D", 3.4),
            "missed": (wanted & ~looked, plots.VERMILION, "^", 4.4),
        }
        x, y = 2.6 * self.queries[visitor]
        direction = Line("visitor", [0, x], [0, y], colour=plots.BLACK)
        return [direction] + [
            Points(name, *self.points[which].T, colour=colour, marker=marker, size=size)
            for name, (which, colour, marker, size) in parts.items()
        ]

    def _say(self, visitor: str, n_probe: int) -> str:
        wanted, looked = self.probe(visitor, n_probe)
        found = (wanted & looked).sum()
        return (
            f"{n_probe} of {len(self.lists.cluster_centers_)} lists probed, {looked.mean():.0%} of the products looked "
            f"at, {found} of {self.n_wanted} found: recall {found / self.n_wanted:.2f}"
        )


LOOKS = [("o-", plots.VERMILION), ("s--", plots.ORANGE), ("D-.", plots.BLUE), ("^:", plots.GREEN), (":", plots.SOFT)]


def against_k(took: pd.DataFrame, budget: float) -> Figure:
    """Draw milliseconds, a column a line, against the number of products, with a budget."""
    figure, ax = plt.subplots()
    looks = [*LOOKS[: took.shape[1] - 1], LOOKS[-1]]  # the last is a limit
    for (name, ms), (line, colour) in zip(took.items(), looks, strict=True):
        ax.loglog(took.index, ms, line, color=colour, label=name)
    ax.axhline(budget, color=plots.SOFT, linewidth=1, label=f"a budget of {budget:g} ms")
    ax.set(xlabel="products K", ylabel="processor's time, ms")
    ax.legend(fontsize=9)
    return figure


def trade(results: Mapping[str, Mapping[int, tuple[float, float]]], least_recall: float) -> Figure:
    """Draw recall against milliseconds, ``{name: {lists probed: (recall, ms)}}``."""
    figure, ax = plt.subplots()
    for (name, by_probe), (line, colour) in zip(results.items(), LOOKS[2::-1], strict=False):
        found, ms = np.transpose(list(by_probe.values()))
        ax.semilogx(ms, found, line, color=colour, label=name)
    for n, (found, ms) in list(next(iter(results.values())).items())[::3]:
        ax.annotate(f"{n:,}", (ms, found), xytext=(5, -13), textcoords="offset points", fontsize=9)
    ax.axhline(least_recall, color=plots.SOFT, linewidth=1)
    ax.set(xlabel="ms a query, processor's time", ylabel="recall at 500", ylim=(0.3, 1.06))
    ax.legend(loc="lower right")
    return figure


def stages(took: pd.DataFrame, budget: float) -> Figure:
    """Draw the median and the range from the 1st to the 99th percentile of each column, with a budget."""
    low, middle, high = np.percentile(took, [1, 50, 99], axis=0)
    ranges = map(Interval, middle, low, high, [len(took)] * len(low))
    looks = dict.fromkeys(took, (plots.BLUE, "o"))
    _, ax = plt.subplots(figsize=(6.4, 3.2))
    ax.set_xscale("log")
    return plots.intervals(
        dict(zip(took, ranges, strict=True)), xlabel="ms, processor's time", reference=budget, looks=looks, ax=ax
    )


def panels(of: Mapping[str, Mapping[str, Mapping[str, Interval]]], xlabel: str) -> Figure:
    """Draw intervals in panels above each other, ``{panel: {part: {row: interval}}}``; parts lie beside each other."""
    figure, axes = plt.subplots(len(of), 1, sharex=True, figsize=(6.4, 2.3 * len(of)))
    for ax, (title, parts) in zip(axes, of.items(), strict=True):
        looks = dict(zip(parts, [(plots.ORANGE, "s"), (plots.BLUE, "o"), (plots.GREEN, "D")], strict=False))
        rows = {row: {part: intervals[row] for part, intervals in parts.items()} for row in next(iter(parts.values()))}
        plots.intervals(rows, title=title, looks=looks, apart=0.28, ax=ax)
    axes[0].legend(loc="lower left")
    axes[-1].set_xlabel(xlabel)
    return figure


@contextmanager
def own_redis(folder: str | os.PathLike[str], wait: float = 30.0) -> Iterator[str | None]:
    """Yield the URL of a Redis server that nobody else can reach; None where ``redis-server`` is not installed.

    It listens at a socket in ``folder`` and at no port, keeps everything in memory, and ends with the ``with``. If it
    does not listen after ``wait`` seconds, a ``RuntimeError`` says so.
    """
    if (program := shutil.which("redis-server")) is None:
        yield None
        return
    socket = Path(folder).resolve() / "redis.sock"
    settings = ["--port", "0", "--unixsocket", os.fspath(socket), "--save", "", "--dir", os.fspath(socket.parent)]
    server = subprocess.Popen([program, *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + wait
        while not socket.exists():
            if server.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"redis-server does not start in {wait} s")
            time.sleep(0.02)
        yield f"unix://{socket}"
    finally:
        server.kill()
        server.wait()


def first_off(watch: Alarm | Canary, visitor: Callable[[], Sequence[Any]], n: int) -> np.ndarray:
    """Let ``n`` visitors come to each of some runs, and return which of them set off what watches; n + 1 if none did.

    ``visitor()`` returns what ``watch`` hears of one visitor to each run, and ``(...)`` numbers come back.
    """
    who: Any = n + 1
    for i in range(n):
        off = watch.hear(*visitor())
        who = np.where(off, np.minimum(who, i + 1), who)
    return who
