"""Figures in the style of the house.

Drawn in dark ink on a transparent ground; on a dark page the book's style sheet turns the ink light and keeps the hues.
Colours are those of Okabe and Ito, which colour-blind readers can tell apart, and every agent keeps its colour and its
line style through the whole book. Bands and bars are 95 % intervals over replications.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from zoolib.experiment import Interval, Results, rolling
from zoolib.world import ZooplusSimulator

INK, SOFT = "#222222", "#5c5c5c"
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip

LOOKS: dict[str, tuple[str, str]] = {  # the longest name that an agent's begins with decides
    "Oracle": (SOFT, "--"),
    "Random": (SOFT, ":"),
    "Static MLP": (BLACK, "-."),
    "LinUCB": (BLUE, "-"),
    "LinUCB, alpha 1": (BLUE, "--"),
    "Shared": (SKY, "--"),
    "Shared, crossed": (GREEN, "-"),
    "Shared, both": (GREEN, "-."),
    "NeuralUCB": (PURPLE, "-."),
    "Neural-Linear": (ORANGE, "--"),
    "before the shock": (BLUE, ":"),
    "after the shock": (VERMILION, "--"),
    "Neural-Linear, replay": (VERMILION, "-"),
    "Neural-Linear, frozen": (PURPLE, ":"),
    "Neural-Linear, heads": (GREEN, "--"),
    "Linear Thompson": (SKY, "-."),
    "Epsilon-greedy": (BLACK, ":"),
}
CATEGORY_COLOURS = {"Fish Supplies": BLUE, "Cat Food": ORANGE, "Dog Food": GREEN, "Dog Toy": SKY, "Cat Toy": PURPLE}


def use_house_style() -> None:
    """Set matplotlib up for the figures of the book."""
    plt.rcParams.update(
        {
            "figure.figsize": (6.4, 3.8),
            "figure.dpi": 160,
            "figure.facecolor": "none",
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "none",
            "axes.facecolor": "none",
            "axes.edgecolor": SOFT,
            "axes.labelcolor": INK,
            "axes.titlelocation": "left",
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#00000018",
            "grid.linewidth": 0.8,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "font.size": 11,
            "font.family": "DejaVu Sans",
            "lines.linewidth": 2.0,
            "legend.frameon": False,
        }
    )


def look(agent: str) -> dict[str, str]:
    """Return the colour and line style of an agent, as keywords of ``Axes.plot``."""
    known = [name for name in LOOKS if agent.startswith(name)]
    colour, line = LOOKS[max(known, key=len)] if known else (INK, "-")
    return {"color": colour, "linestyle": line}


def click_table(sim: ZooplusSimulator, title: str = "") -> Figure:
    """Draw who clicks what: the click table of one world as a heat map with its numbers."""
    figure, ax = plt.subplots(figsize=(6.4, 3.0))
    columns = np.argsort(sim.categories)
    table = sim.click_table[:, columns]
    ax.imshow(table, cmap="Blues", vmin=0, vmax=1.8, aspect="auto")  # no cell so dark that its number is hard to read
    for (row, column), p in np.ndenumerate(table):
        ax.text(column, row, f"{p:.2f}", ha="center", va="center", color=BLACK)
    ax.set_xticks(range(len(columns)), [sim.categories[c] for c in columns])
    ax.set_yticks(range(len(sim.personas)), [name.replace("_", " ") for name in sim.personas])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.set_title(title)
    return figure


def curves(
    x: np.ndarray,
    lines: Mapping[str, np.ndarray],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    log: str = "",
    marks: Mapping[float, str] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw mean curves over replications with 95 % bands, each named at its right end.

    Parameters
    ----------
    x
        ``(n,)``.
    lines
        ``{name: (R, n)}``; names decide colours and line styles (:func:`look`). With R = 1 there is no band.
    xlabel, ylabel, title
        The words.
    log
        ``"x"``, ``"y"`` or ``"xy"`` for logarithmic axes.
    marks
        ``{x: words}``, vertical lines.
    ax
        Where to draw; a new figure if None.
    """
    ax = ax or plt.subplots()[1]
    ends = {}
    for name, values in lines.items():
        mean, n = values.mean(0), len(values)
        style = look(name)
        ax.plot(x, mean, label=name, **style)
        if n > 1:
            half = stats.t.ppf(0.975, n - 1) * values.std(0, ddof=1) / np.sqrt(n)
            ax.fill_between(x, mean - half, mean + half, color=style["color"], alpha=0.22, linewidth=0)
        ends[name] = mean[-1]
    for axis in log:
        getattr(ax, f"set_{axis}scale")("log")
    for place, words in (marks or {}).items():
        ax.axvline(place, color=SOFT, linewidth=1, linestyle=(0, (2, 2)))
        ax.annotate(words, (place, 1.0), xycoords=("data", "axes fraction"), xytext=(4, -2), textcoords="offset points",
                    va="top", fontsize=9, color=SOFT)  # fmt: skip
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    _name_ends(ax, float(x[-1]), ends)
    return ax.figure


def rolling_ctr(
    results: Results, *, window: int = 500, every: int = 100, of: str = "reward", title: str = "", oracle: bool = True
) -> Figure:
    """Draw the rolling CTR of every agent over the run, with the oracle and the shocks."""
    steps, values = rolling(results, window, every, of)
    lines = dict(zip(results.agents, values, strict=True))
    if oracle and "Oracle" not in lines:
        lines["Oracle"] = rolling(results, window, every, "oracle")[1]
    ylabel = f"clicks per visit, last {window}" if of == "reward" else f"expected clicks per visit, last {window}"
    return curves(steps, lines, xlabel="step", ylabel=ylabel, title=title, marks=results.shocks)


def every_world(results: Results, agent: str, *, window: int = 1000, every: int = 200, title: str = "") -> Figure:
    """Draw what one agent earns in every world, a thin line each, with their mean and the oracle."""
    steps, values = rolling(results, window, every, of="expected")
    values = values[results.agents.index(agent)]
    oracle = rolling(results, window, every, of="oracle")[1]
    lines = {agent: values.mean(0, keepdims=True), "Oracle": oracle.mean(0, keepdims=True)}
    figure, ax = plt.subplots()
    ax.plot(steps, values.T, color=look(agent)["color"], linewidth=0.5, alpha=0.35)
    ylabel = f"expected clicks per visit, last {window}"
    curves(steps, lines, xlabel="step", ylabel=ylabel, title=title, marks=results.shocks, ax=ax)
    ax.get_lines()[len(values)].set(color=VERMILION, linewidth=3)
    return figure


def intervals(rows: Mapping[str, Interval], *, xlabel: str, title: str = "", reference: float | None = None) -> Figure:
    """Draw means with their intervals, one row each, the first on top."""
    figure, ax = plt.subplots(figsize=(6.4, 0.9 + 0.42 * len(rows)))
    for place, (name, interval) in enumerate(rows.items()):
        colour = look(name)["color"]
        ax.plot([interval.low, interval.high], [place, place], color=colour, linewidth=3, solid_capstyle="butt")
        ax.plot(interval.mean, place, "o", color=colour, markersize=7)
    if reference is not None:
        ax.axvline(reference, color=SOFT, linewidth=1)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set(xlabel=xlabel, title=title)
    return figure


def shown_categories(results: Results, agent: str, persona: str, *, bins: int = 80, title: str = "") -> Figure:
    """Draw what an agent showed to one persona over time, as shares of the categories, all replications together."""
    shown = results.category[results.agents.index(agent)]
    came = results.persona == results.personas.index(persona)
    edges = np.linspace(0, results.n_steps, bins + 1)
    step = np.broadcast_to(np.arange(results.n_steps), shown.shape)[came]
    counts = np.stack([np.histogram(step[shown[came] == c], edges)[0] for c in range(len(results.categories))])
    return stacked(edges, counts, results.categories, results.shocks, title)


def stacked(
    edges: np.ndarray, counts: np.ndarray, categories: Sequence[str], marks: Mapping[int, str], title: str = ""
) -> Figure:
    """Draw how often each category was shown, ``(C, n)`` in the n times between ``edges``, as shares of all."""
    share = counts / np.maximum(counts.sum(0), 1)
    figure, ax = plt.subplots()
    colours = [CATEGORY_COLOURS.get(c, SOFT) for c in categories]
    ax.stackplot((edges[:-1] + edges[1:]) / 2, share, colors=colours, alpha=0.85, edgecolor="white", linewidth=0.4)
    names = dict(zip(categories, share.cumsum(0)[:, -1] - share[:, -1] / 2, strict=True))
    for place, words in marks.items():
        ax.axvline(place, color=INK, linewidth=1, linestyle=(0, (2, 2)))
        label = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}  # what lies below may have any colour
        ax.annotate(words, (place, 1.0), xytext=(4, -12), textcoords="offset points", fontsize=9, bbox=label)
    ax.set(xlabel="step", ylabel="share of what was shown", title=title, xlim=(0, edges[-1]), ylim=(0, 1))
    _name_ends(ax, float(edges[-1]), names, colours)
    return figure


def _name_ends(ax: Axes, x: float, ends: Mapping[str, float], colours: Sequence[str] | None = None) -> None:
    """Write each name at the right end of its curve, moved apart where they would overlap."""
    ax.get_ylim()  # brings the limits up to date, which transData by itself does not
    to_axes = ax.transData + ax.transAxes.inverted()
    wanted = {name: to_axes.transform((x, y))[1] for name, y in ends.items()}
    gap, floor = 0.065, -np.inf
    for name in sorted(wanted, key=wanted.__getitem__):
        floor = wanted[name] = max(wanted[name], floor + gap)
    ceiling = 1.0
    for name in sorted(wanted, key=wanted.__getitem__, reverse=True):  # back down, where they have run over the top
        ceiling = wanted[name] = min(wanted[name], ceiling)
        ceiling -= gap
    where = {"xycoords": "axes fraction", "xytext": (7, 0), "textcoords": "offset points", "va": "center"}
    for i, name in enumerate(ends):
        ink = _darker(colours[i] if colours else look(name)["color"])
        ax.annotate(name, (1.0, wanted[name]), color=ink, fontsize=10, annotation_clip=False, **where)


def _darker(colour: str) -> str:
    """Return a colour for words: the line's own, darkened until it can be read on white."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    while _contrast_with_white(rgb) < 4.5:
        rgb = rgb * 0.95
    return "#" + "".join(f"{round(c * 255):02x}" for c in rgb)


def _contrast_with_white(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))
