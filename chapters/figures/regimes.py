"""The table of contests, and its pictures: clusters, what agents make of them, and who wins where (chapter 8)."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from figures.svg import Axis, Points
from zoolab.columns import CLUSTER_SD, FeatureShop, crossed, with_one
from zoolab.drawings import plots
from zoolib.experiment import Interval, mean_interval, share
from zoolib.networks import Adam
from zoolib.ties import argmax
from zoolib.world import CATEGORIES, PERSONAS, TABLE

MARKERS = ("o", "s", "^", "D", "v")
WINNERS = {"network": (plots.VERMILION, "o"), "another": (plots.BLUE, "s"), "neither": (plots.SOFT, "D")}
FAMILIES = {  # colour and marker of each family of chapter 8, in the order of what they earn in its first shop
    "network": (plots.VERMILION, "o"),
    "network, plain": (plots.VERMILION, "s"),
    "clusters": (plots.GREEN, "s"),
    "clusters, chosen": (plots.GREEN, "D"),
    "waves": (plots.SKY, "o"),
    "trees": (plots.BLACK, "^"),
    "pairs": (plots.BLUE, "^"),
    "kernel": (plots.SKY, "D"),
    "per product": (plots.ORANGE, "D"),
    "linear": (plots.PURPLE, "s"),
}
KINDS = {  # of worlds with a log, by the words of the map
    "hidden segments": ("base", 0),
    "a log of 1,000": ("log", 1000),
    "segments, rotated": ("rotated", 1),
    "conditions: sum": ("AND", 0),
    "conditions: AND": ("AND", 1),
    "AND, rotated": ("AND rotated", 1),
    "AND, rotated, normal": ("AND rotated", 2),
    "the same, a log of 1,000": ("AND rotated, log", 1000),
    "a hidden quality": ("quality", 1),
    "a log somebody chose": ("confounded", 0.8),
    "a long tail": ("tail", 1),
    "rare clicks": ("rare", 0.005),
    "pictures": ("pictures", 1),
}


class NotPlayedError(FileNotFoundError):
    """The table holds nothing of a kind of world: in a fresh hundred it may not have been played yet."""


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
        raise NotPlayedError(f"the table holds no {role} agents at {dial} {value}")
    names = list(dict.fromkeys(here["agent"]))
    return here.pivot(index="replication", columns="agent", values="earned")[names]


def held(runs: pd.DataFrame) -> set[tuple[str, float]]:
    """Return which kinds of worlds a table holds: in a fresh hundred some may not have been played."""
    return set(zip(runs["dial"], runs["value"], strict=True))


def kinds(runs: pd.DataFrame) -> dict[str, tuple[str, float]]:
    """Return those of ``KINDS`` that the table holds."""
    return {name: where for name, where in KINDS.items() if where in held(runs)}


def tried(runs: pd.DataFrame, dial: str = "base", value: float = 0) -> pd.DataFrame:
    """Return the mean over the tuning worlds of every setting tried in one kind of world."""
    here = runs[(runs["dial"] == dial) & (runs["value"] == value) & (runs["role"] == "tuned")]
    return here.groupby(["agent", "setting"], sort=False, as_index=False)["earned"].mean()


def searches(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each search: its kind of world and family, and how the scores on the tuning worlds went.

    ``dials`` that could be turned, ``tries`` of a ``budget``, the best score after 6, 12 and all tries, and the dials
    of the best setting that were left with an ``untried`` neighbour.
    """
    tuned = runs[runs["role"] == "tuned"]
    keys = ["dial", "value", "agent", "setting"]
    scores = tuned.groupby(keys, sort=False)["earned"].mean().reset_index()
    tested = runs[runs["role"] == "tested"].drop_duplicates(keys[:3]).set_index(keys[:3])["unsettled"]
    rows = {}
    for (dial, value, agent), part in scores.groupby(keys[:3], sort=False):
        best = part["earned"].cummax().to_numpy()
        values = part["setting"].str.split().apply(lambda words: dict(word.split("=") for word in words))
        turned = pd.DataFrame(values.tolist()).nunique()
        rows[f"{dial} {value:g}", agent] = {
            "dials": int((turned > 1).sum()), "tries": len(part), "after 6": best[min(5, len(best) - 1)],
            "after 12": best[min(11, len(best) - 1)], "best": best[-1], "untried": tested.get((dial, value, agent), ""),
        }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index").fillna({"untried": ""}).round(3)
    table.index = pd.MultiIndex.from_tuples(rows, names=["world", "family"])
    return table


def plain(earned: pd.DataFrame) -> pd.DataFrame:
    """Return what each family earned where it takes the columns as they come."""
    names = [name for name in earned if ", plain" not in name]
    return pd.DataFrame({name: earned.get(f"{name}, plain", earned[name]) for name in names})


def rivals(earned: pd.DataFrame) -> list[str]:
    """Return the families that the network meets, each at its best."""
    return [name for name in earned if not name.startswith(("network", "oracle")) and ", plain" not in name]


def with_chosen(earned: pd.DataFrame, chosen: pd.DataFrame | None) -> pd.DataFrame:
    """Return what all earned, and clusters of chosen columns, where they played; the network is its better one."""
    if chosen is None:
        return earned
    other = chosen.get("network, chosen", earned["network"])
    better = max(earned["network"], other, key=lambda one: one.mean())
    return earned.assign(**{"clusters, chosen": chosen["clusters, chosen"], "network": better})


def duel(earned: pd.DataFrame, a: str, others: Sequence[str]) -> pd.Series:
    """Return how ``a`` fares against the best of ``others``, the one with the highest mean in these very worlds.

    ``difference`` is an :class:`~zoolib.experiment.Interval`, ``won`` the share of replications in which ``a`` earned
    more than that rival, ``beat all`` the share in which it earned more than each of ``others``.
    """
    best = max(rivals := [name for name in others if name in earned], key=lambda name: earned[name].mean())
    difference = mean_interval(earned[a] - earned[best])
    won = [float((earned[a] > one).mean()) for one in (earned[best], earned[rivals].max(axis=1))]
    return pd.Series({"rival": best, "difference": difference, "won": won[0], "beat all": won[1]})


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
    """Return who wins by an interval of network minus rival: ``"network"``, ``"another"`` or ``"neither"``."""
    return "network" if difference.low > 0 else "another" if difference.high < 0 else "neither"


def quadratics(shop: FeatureShop, steps: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Return what two quadratic models earn that know the true click probabilities of the visits they serve, (R,) each.

    Both see the columns that matter alone. The first is what least squares tends to, fitted to all products of all
    shelves. The second starts there and climbs: it follows the gradient of what a softmax over the shelf would earn, by
    Adam, and keeps the best it has met. However many clicks a quadratic agent sees, it does not come to know more.
    """
    n, R, S = shop.taste.informative, len(shop.seeds), shop.n_shown
    shelf, p = (a.reshape(R, -1, S) for a in (shop.shelf, shop.probability))
    users, products = shop.user_x.reshape(R, shop.n_steps, -1), shop.product_x.reshape(R, shop.n_products, -1)
    first, rows = shop.layout.n_nominal, np.arange(R)[:, None, None]
    product = products[rows, shelf][..., first : first + n]
    user = np.broadcast_to(users[:, :, None, :n], product.shape)
    Z = crossed(with_one(np.concatenate([user, product], axis=-1)))
    Z[..., 1:] /= Z[..., 1:].std(axis=(1, 2), keepdims=True)
    flat = Z.reshape(R, -1, Z.shape[-1])
    theta = np.linalg.solve(np.swapaxes(flat, 1, 2) @ flat, np.vecmat(p.reshape(R, -1), flat)[..., None])[..., 0]

    def earned(scores: np.ndarray) -> np.ndarray:
        return np.take_along_axis(p, argmax(scores)[..., None], -1)[..., 0].mean(-1)

    scores = np.matvec(flat, theta).reshape(p.shape)
    fitted = best = earned(scores)
    theta /= scores.std(axis=(1, 2))[:, None] / 3  # so that the softmax neither drowses nor has made up its mind
    adam = Adam(theta.ravel(), lr=0.3)
    for _ in range(steps):
        odds = np.matvec(flat, adam.weights.reshape(theta.shape)).reshape(p.shape)
        best = np.maximum(best, earned(odds))
        share = np.exp(odds - odds.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        pull = share * (p - np.vecdot(share, p)[..., None])
        adam.step(-np.vecmat(pull.reshape(R, -1), flat).ravel() / shop.n_steps)
    return fitted, best


def could_be_known(world: Mapping[str, Any], points: np.ndarray, category: str) -> np.ndarray:
    """Return the click probability for a niche of users who are seen at ``points``, ``(n, 2)``."""
    distance = ((points[:, None, None] - world["users"]) ** 2).sum(-1)
    weight = np.exp(-distance / (2 * CLUSTER_SD**2)).sum(-1) + 1e-300
    return (weight / weight.sum(-1, keepdims=True)) @ TABLE[:, CATEGORIES.index(category)]


def clusters(shop: FeatureShop, n: int = 600) -> Figure:
    """Draw where the users of each persona and the products of each niche lie, in the two columns that matter."""
    figure, axes = plt.subplots(1, 2, figsize=(6.4, 4.8), sharex=True, sharey=True)
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
    """Draw what is predicted for one product over the plane of users, in which the clusters of ``world`` are marked.

    Each of ``maps``, ``{title: (n, n)}``, has a panel: predictions on a square grid from ``-half`` to ``half``.
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
    for ax in axes.flat[len(maps) :]:
        ax.set_visible(False)
    figure.colorbar(image, ax=axes, location="bottom", shrink=0.7, aspect=30, label="predicted clicks")
    return figure


def ranking(earned: pd.DataFrame) -> list[Points]:
    """Return the marks of one kind of world for a figure that the reader moves: what part of the oracle each earned.

    Each family has a row of its own (:func:`rows`). One that did not play there has a mark without a point, so that all
    pictures have the same marks.
    """
    marks = []
    for place, (name, (colour, marker)) in enumerate(FAMILIES.items()):
        here = [mean_interval(earned[name] / earned["oracle"])] if name in earned else []
        x, y = [one.mean for one in here], [-place] * len(here)
        low, high = [one.low for one in here], [one.high for one in here]
        marks.append(Points(f"_{name}", x, y, low, high, colour=colour, marker=marker, size=5.0, across=True))
    return marks


def rows() -> Axis:
    """Return the upright axis of :func:`ranking`: a row for each family."""
    return Axis("", 0.6 - len(FAMILIES), 0.6, ticks={-place: name for place, name in enumerate(FAMILIES)})


def regime_map(duels: Mapping[str, pd.Series], *, xlabel: str) -> Figure:
    """Draw network minus the best other family, one row for each kind of world, coloured by who wins."""
    names = {name: f"{name} ({one['rival']})" for name, one in duels.items()}
    rows = {names[name]: one["difference"] for name, one in duels.items()}
    looks = {name: WINNERS[winner(difference)] for name, difference in rows.items()}
    _, ax = plt.subplots(figsize=(6.4, 1.1 + 0.36 * len(duels)))
    return plots.intervals(rows, xlabel=xlabel, reference=0, looks=looks, ax=ax)
