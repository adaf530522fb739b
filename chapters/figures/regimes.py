"""The table of contests, and its pictures: clusters, what agents make of them, and who wins where (chapter 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures.svg import Points
from zoolib.book import plots
from zoolib.experiment import Interval, mean_interval, share
from zoolib.maps import crossed, with_one
from zoolib.world import CATEGORIES, CLUSTER_SD, PERSONAS, TABLE, FeatureShop

MARKERS = ("o", "s", "^", "D", "v")
WINNERS = {"network": (plots.VERMILION, "o"), "linear": (plots.BLUE, "s"), "neither": (plots.SOFT, "D")}
FAMILIES = {  # colour and marker of each family of chapter 8
    "oracle": (plots.SOFT, "D"),
    "network": (plots.VERMILION, "o"),
    "screened network": (plots.VERMILION, "s"),
    "trees": (plots.BLACK, "^"),
    "screened k-means": (plots.GREEN, "s"),
    "screened waves": (plots.SKY, "D"),
    "projected k-means": (plots.GREEN, "D"),
    "projected waves": (plots.SKY, "s"),
    "screened crossed": (plots.BLUE, "^"),
    "crossed": (plots.BLUE, "s"),
    "waves": (plots.SKY, "o"),
    "per product": (plots.ORANGE, "D"),
    "per product, crossed": (plots.ORANGE, "^"),
    "per category": (plots.PURPLE, "D"),
    "k-means": (plots.GREEN, "o"),
    "raw": (plots.PURPLE, "s"),
    "random": (plots.SOFT, "o"),
}
NOT_LINEAR = ("network", "screened network", "trees", "oracle", "random")


def unpacked(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each replication of a table whose rows hold many, their means apart by spaces."""
    long = table.assign(earned=table["earned"].str.split()).explode("earned", ignore_index=True)
    keys = ["dial", "value", "agent", "setting", "role"]
    place = long.groupby(keys, sort=False, dropna=False).cumcount()  # the yardsticks have no setting
    return long.assign(earned=long["earned"].astype(float), replication=long["first"] + place).drop(columns="first")


def played(runs: pd.DataFrame, dial: str = "base", value: float = 0, role: str = "tested") -> pd.DataFrame:
    """Return what each agent earned in one kind of world: one row a replication, one column an agent."""
    here = runs[(runs["dial"] == dial) & (runs["value"] == value) & (runs["role"] == role)]
    if here.empty:
        raise ValueError(f"the table holds no {role} agents at {dial} {value}")
    names = list(dict.fromkeys(here["agent"]))
    return here.pivot(index="replication", columns="agent", values="earned")[names]


def tried(runs: pd.DataFrame, dial: str = "base", value: float = 0) -> pd.DataFrame:
    """Return the mean over the tuning worlds of every setting tried in one kind of world."""
    here = runs[(runs["dial"] == dial) & (runs["value"] == value) & (runs["role"] == "tuned")]
    return here.groupby(["agent", "setting"], sort=False, as_index=False)["earned"].mean()


def duel(earned: pd.DataFrame, a: str, others: Sequence[str]) -> pd.Series:
    """Return how ``a`` fares against the best of ``others``, the one with the highest mean in these very worlds.

    ``difference`` is an :class:`~zoolib.experiment.Interval`, ``won`` the share of replications in which ``a`` earned
    more than that rival, ``beat all`` the share in which it earned more than each of ``others``.
    """
    rivals = [name for name in others if name in earned]
    best = max(rivals, key=lambda name: earned[name].mean())
    difference = mean_interval(earned[a] - earned[best])
    won = [float((earned[a] > one).mean()) for one in (earned[best], earned[rivals].max(axis=1))]
    return pd.Series({"rival": best, "difference": difference, "won": won[0], "beat all": won[1]})


def linear(earned: pd.DataFrame) -> list[str]:
    """Return the names of the linear agents among the columns."""
    return [name for name in earned if name not in NOT_LINEAR]


def against(earned: pd.DataFrame, a: str, others: Sequence[str]) -> pd.DataFrame:
    """Return how ``a`` fares against each of ``others``, one row a rival.

    ``difference`` is an :class:`~zoolib.experiment.Interval` of a minus the rival, paired; ``won`` the number of
    replications in which ``a`` earned more; ``low`` and ``high`` the exact 95 % interval of that share.
    """
    rows = {}
    for other in others:
        lead = earned[a] - earned[other]
        won = share((lead > 0).to_numpy(), method="exact")
        rows[other] = {
            "difference": mean_interval(lead), "won": int((lead > 0).sum()), "low": won.low, "high": won.high
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")


def winner(difference: Interval) -> str:
    """Return who wins by an interval of network minus linear: ``"network"``, ``"linear"`` or ``"neither"``."""
    return "network" if difference.low > 0 else "linear" if difference.high < 0 else "neither"


def best_quadratic(shop: FeatureShop) -> np.ndarray:
    """Return what a quadratic model earns that is told the true click probabilities of the very visits it serves, (R,).

    It is fitted to all products of all shelves by least squares, from the columns that matter, without noise. However
    many clicks a quadratic agent sees, it does not come to know more.
    """
    n, R = shop.taste.informative, len(shop.seeds)
    shelf, p = shop.shelf.reshape(R, -1, shop.n_shown), shop.probability.reshape(R, -1, shop.n_shown)
    users, products = shop.user_x.reshape(R, shop.n_steps, -1), shop.product_x.reshape(R, shop.n_products, -1)
    first = shop.layout.n_nominal
    earned = []
    for i in range(R):
        product = products[i][shelf[i]][..., first : first + n]
        user = np.broadcast_to(users[i][:, None, :n], product.shape)
        Z = crossed(with_one(np.concatenate([user, product], axis=-1)))
        flat = Z.reshape(-1, Z.shape[-1])
        theta = np.linalg.lstsq(flat, p[i].ravel(), rcond=None)[0]
        earned.append(np.take_along_axis(p[i], (Z @ theta).argmax(-1)[:, None], -1).mean())
    return np.array(earned)


def could_be_known(world: Mapping[str, Any], points: np.ndarray, category: str) -> np.ndarray:
    """Return the click probability for a niche of users who are seen at ``points``, ``(n, 2)``."""
    distance = ((points[:, None, None] - world["users"]) ** 2).sum(-1)
    weight = np.exp(-distance / (2 * CLUSTER_SD**2)).sum(-1) + 1e-300
    return (weight / weight.sum(-1, keepdims=True)) @ TABLE[:, CATEGORIES.index(category)]


def clusters(shop: FeatureShop, n: int = 600) -> Figure:
    """Draw where the users of each persona and the products of each niche lie, in the two columns that matter."""
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 5.2), sharex=True, sharey=True)
    first = shop.layout.n_nominal
    sides = (
        ("users", shop.user_x[:n], shop.who[:n], [name.replace("_", " ") for name in PERSONAS]),
        ("products", shop.product_x[:n, first:], shop.kind[:n], CATEGORIES),
    )
    colours = [plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE, plots.SKY]
    for ax, (title, X, kind, names) in zip(axes, sides, strict=True):
        for k, name in enumerate(names):
            x, y = X[kind == k, :2].T
            ax.scatter(x, y, s=14, marker=MARKERS[k], color=colours[k], alpha=0.7, linewidth=0, label=name)
        ax.set(title=title, aspect="equal", xlim=(-2.4, 2.4), ylim=(-2.4, 2.4))
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), fontsize=8.5, handletextpad=0.1)
    return figure


def taste_maps(maps: Mapping[str, np.ndarray], world: Mapping[str, Any], half: float = 2.0) -> Figure:
    """Draw what is predicted for one product over the plane of users, a panel for each entry of ``maps``.

    Parameters
    ----------
    maps
        ``{title: (n, n)}``, predictions on a square grid from ``-half`` to ``half``.
    world
        Of which the clusters of users are marked.
    half
        Half the side of the square.
    """
    rows = -(-len(maps) // 2)
    figure, axes = plt.subplots(rows, 2, figsize=(6.4, 3.15 * rows), sharex=True, sharey=True, squeeze=False)
    image = None
    for ax, (title, values) in zip(axes.flat, maps.items(), strict=False):
        extent = (-half, half, -half, half)
        image = ax.imshow(values, origin="lower", extent=extent, cmap="cividis", vmin=0, vmax=0.6)
        for p, centres in enumerate(world["users"]):
            ax.plot(*centres.T, MARKERS[p], color="white", markeredgecolor="black", markersize=7)
        ax.set_title(title)
        ax.grid(visible=False)
    figure.colorbar(image, ax=axes, shrink=0.7, label="predicted clicks")
    return figure


def along_a_dial(places: Mapping[str, pd.DataFrame], names: Sequence[str], *, xlabel: str) -> Figure:
    """Draw what agents earn where a dial stands, as a share of the oracle, with 95 % intervals.

    Parameters
    ----------
    places
        ``{where the dial stands: what each agent earned}`` (:func:`played`), the oracle among the agents. An agent that
        did not play at one place is left out there.
    names
        Of the agents to draw.
    xlabel
        What the dial is.
    """
    figure, ax = plt.subplots()
    for i, name in enumerate(names):
        colour, marker = FAMILIES[name]
        at = [x for x, earned in enumerate(places.values()) if name in earned]
        parts = [mean_interval(e[name] / e["oracle"]) for e in places.values() if name in e]
        x = np.array(at) + 0.04 * (i - (len(names) - 1) / 2)
        ax.vlines(x, [one.low for one in parts], [one.high for one in parts], color=colour, linewidth=2.5)
        ax.plot(x, [one.mean for one in parts], marker, color=colour, linestyle=":", linewidth=1, label=name)
    ax.set_xticks(range(len(places)), list(places))
    ax.set(xlabel=xlabel, ylabel="share of the oracle")
    figure.legend(loc="outside upper left", ncols=3, fontsize=9)
    return figure


def ranking(earned: pd.DataFrame) -> list[Points]:
    """Return the marks of one kind of world for a figure that the reader moves: what each family earned.

    A family that did not play there has a mark without a point, so that all pictures have the same marks.
    """
    marks = []
    for place, (name, (colour, marker)) in enumerate(FAMILIES.items()):
        here = [mean_interval(earned[name])] if name in earned else []
        x, y = [place] * len(here), [one.mean for one in here]
        low, high = [one.low for one in here], [one.high for one in here]
        marks.append(Points(name, x, y, low, high, colour=colour, marker=marker, size=5.0))
    return marks


def regime_map(duels: Mapping[str, pd.Series], *, xlabel: str) -> Figure:
    """Draw network minus the best linear agent, one row for each kind of world, coloured by who wins."""
    rows = {name: one["difference"] for name, one in duels.items()}
    looks = {name: WINNERS[winner(difference)] for name, difference in rows.items()}
    _, ax = plt.subplots(figsize=(6.4, 1.1 + 0.36 * len(duels)))
    return plots.intervals(rows, xlabel=xlabel, reference=0, looks=looks, ax=ax)
