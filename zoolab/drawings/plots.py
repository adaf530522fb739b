"""Figures in the style of the house.

Drawn in dark ink on a transparent ground, and kept as drawings for wide and for narrow pages, in which the build turns
the ink light for a dark page (:mod:`zoolab.drawings.drawings`). Every agent keeps its look through the whole book.
Bands and bars are 95 % intervals over replications.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure

from zoolab.drawings.labels import name_ends, room_between
from zoolab.drawings.palette import BLACK, BLUE, BROWN, GREEN, GROUND, INK, ORANGE, PURPLE, SKY, SOFT, VERMILION, YELLOW
from zoolib import checks
from zoolib.experiment import Interval, Results, mean_interval, rolling
from zoolib.world import ZooplusSimulator

LOOKS: dict[str, tuple[str, str]] = {  # the longest name that an agent's begins with decides
    "Oracle": (SOFT, "--"), "Random": (SOFT, ":"), "Static MLP": (BLACK, "-."), "LinUCB": (BLUE, "-"),
    "LinUCB, alpha 1": (BLUE, "--"), "Shared": (SKY, "--"), "Shared, crossed": (GREEN, "-"),
    "Shared, both": (GREEN, "-."), "NeuralUCB": (PURPLE, "-."), "Neural-Linear": (ORANGE, "--"),
    "before the shock": (BLUE, ":"), "after the shock": (VERMILION, "--"), "Greedy": (SOFT, "-"),
    "Neural-Linear, replay": (VERMILION, "-"), "Neural-Linear, frozen": (PURPLE, ":"),
    "Neural-Linear, heads": (GREEN, "--"), "Linear Thompson": (SKY, "-."), "Epsilon-greedy": (BLACK, ":"),
    "UCB1": (BLUE, "-."), "KL-UCB": (VERMILION, "-."), "Thompson": (ORANGE, "-."), "ten times rarer": (INK, "--"),
}  # fmt: skip
OWN_LOOKS = (INK, "-"), (BROWN, "--"), (PURPLE, "-"), (ORANGE, ":"), (SKY, "-"), (VERMILION, ":"), (GREEN, ":")
PARTS = ((SOFT, "o"), (BLUE, "s"), (VERMILION, "^"), (GREEN, "D"))  # colour and marker of what lies in one row
COVERAGE = ListedColormap([(*to_rgb(BLUE), share) for share in np.linspace(0, 0.55, 256)])  # of one ink, more or less
CATEGORY_COLOURS = {"Fish Supplies": BLUE, "Cat Food": ORANGE, "Dog Food": GREEN, "Dog Toy": SKY, "Cat Toy": PURPLE}
OWN_COLOURS = VERMILION, BROWN, YELLOW, SOFT, *CATEGORY_COLOURS.values()


def use_house_style() -> None:
    """Set matplotlib up for the figures of the book: their style, and in a notebook drawings beside each picture."""
    from zoolab.drawings import keep  # drawings for pages are no part of the story

    plt.style.use("zoolab.drawings.house")
    keep()


def look(agent: str, beside: Sequence[str] = ()) -> dict[str, str]:
    """Return an agent's colour and line style for ``Axes.plot``; unknown names take turns, those ``beside`` first."""
    known = {name: [one for one in LOOKS if name.startswith(one)] for name in (*beside, agent)}
    own = [name for name, found in known.items() if not found]
    colour, line = LOOKS[max(known[agent], key=len)] if known[agent] else OWN_LOOKS[own.index(agent) % len(OWN_LOOKS)]
    return {"color": colour, "linestyle": line}


def click_table(sim: ZooplusSimulator, title: str = "") -> Figure:
    """Draw who clicks what: the click table of one world as a heat map with its numbers."""
    figure, ax = plt.subplots(figsize=(6.4, 3.0))
    columns = np.argsort(sim.categories)
    table = sim.click_table[:, columns]
    heat_map(ax, table, [name.replace("_", " ") for name in sim.personas], [sim.categories[c] for c in columns])
    ax.set_title(title)
    return figure


def heat_map(ax: Axes, table: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw a table of numbers from 0 to 1, each on a ground that has the more ink the larger it is."""
    ax.imshow(table, cmap=COVERAGE, vmin=0, vmax=1, aspect="auto")
    for (row, column), number in np.ndenumerate(table):
        ax.text(column, row, f"{number:.2f}", ha="center", va="center", color=BLACK)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


class Band(NamedTuple):
    """A mean at each of n points and the ends of its interval, ``(n,)`` each; None where there is no interval."""

    mean: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None


def mean_band(values: np.ndarray) -> Band:
    """Return the mean over replications at each point, ``(R, n)``, with its 95 % interval if R > 1."""
    if len(values) == 1:
        return Band(values[0])
    return Band(*np.transpose([(at.mean, at.low, at.high) for at in map(mean_interval, np.transpose(values))]))


def draw_band(ax: Axes, x: np.ndarray, band: Band, name: str, alpha: float = 0.22) -> None:
    """Draw a mean curve in the look of its name, with its interval as a band, so opaque."""
    style = look(name, [label for line in ax.get_lines() if not (label := str(line.get_label())).startswith("_")])
    ax.plot(x, band.mean, label=name, **style)
    if band.low is not None:
        ax.fill_between(x, band.low, band.high, color=style["color"], alpha=alpha, linewidth=0)


def curves(
    x: np.ndarray,
    lines: Mapping[str, np.ndarray | Band],
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
    x, lines
        ``(n,)`` and ``{name: (R, n)}``, or a :class:`Band` that is known; names decide their looks (:func:`look`).
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
    ends, colours = {}, []
    for name, values in lines.items():
        band = values if isinstance(values, Band) else mean_band(values)
        if any(part is not None and np.shape(part) != np.shape(x) for part in band):
            raise ValueError(f"lines[{name!r}] must have one value for each of the {len(x)} of x")
        draw_band(ax, x, band, name)
        ends[name] = band.mean[-1]
        colours.append(ax.get_lines()[-1].get_color())
    for axis in log:
        getattr(ax, f"set_{axis}scale")("log")
    for place, words in (marks or {}).items():
        ax.axvline(place, color=SOFT, linewidth=1, linestyle=(0, (2, 2)))
        ax.annotate(words, (place, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
                    fontsize=9, color=SOFT)  # fmt: skip
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_title(title, pad=18 if marks else None)  # above the words of the marks
    name_ends(ax, float(x[-1]), ends, colours)
    return ax.figure


def rolling_ctr(
    results: Results, *, window: int = 500, every: int = 100, of: str = "reward", title: str = ""
) -> Figure:
    """Draw the rolling CTR of every agent over the run, with the oracle and the shocks."""
    steps, values = rolling(results, window, every, of)
    lines = dict(zip(results.agents, values, strict=True))
    if "Oracle" not in lines:
        lines["Oracle"] = rolling(results, window, every, "oracle")[1]
    ylabel = f"clicks per visit, last {window:,}" if of == "reward" else f"expected clicks per visit, last {window:,}"
    return curves(steps, lines, xlabel="step", ylabel=ylabel, title=title, marks=results.shocks)


def every_world(results: Results, agent: str, *, window: int = 1000, every: int = 200, title: str = "") -> Figure:
    """Draw what one agent earns in every world, a thin line each, with their mean and the oracle."""
    steps, values = rolling(results, window, every, of="expected")
    values = values[results.agents.index(checks.choice("agent", agent, results.agents))]
    oracle = rolling(results, window, every, of="oracle")[1]
    lines = {"Mean of all": values.mean(0, keepdims=True), "Oracle": oracle.mean(0, keepdims=True)}
    figure, ax = plt.subplots()
    ax.plot(steps, values.T, color=look(agent)["color"], linewidth=0.5, alpha=0.35)
    ylabel = f"expected clicks per visit, last {window:,}"
    curves(steps, lines, xlabel="step", ylabel=ylabel, title=title, marks=results.shocks, ax=ax)
    ax.get_lines()[len(values)].set_linewidth(3)
    return figure


def intervals(
    rows: Mapping[str, Interval | Mapping[str, Interval]],
    *,
    xlabel: str = "",
    title: str = "",
    reference: float | None = None,
    looks: Mapping[str, tuple[str, str]] | None = None,
    apart: float = 0.0,
    ax: Axes | None = None,
) -> Figure:
    """Draw means with their intervals, one row each, the first on top.

    Parameters
    ----------
    rows
        ``{row: interval}``, or ``{row: {part: interval}}`` with the same few parts in each row.
    xlabel, title, reference
        The words, and where to draw a vertical line.
    looks
        ``{row or part: (colour, marker)}``. If None, rows have the colours of agents, and parts colours of their own.
    apart
        How far the parts of a row lie from each other, in rows; at 0 a thin line joins them.
    ax
        Where to draw; a new figure, with a legend of the parts, if None.
    """
    cells = {row: of if isinstance(of, Mapping) else {row: of} for row, of in rows.items()}
    parts = list(next(iter(cells.values()), {})) if any(isinstance(of, Mapping) for of in rows.values()) else []
    if not rows or len(parts) > len(PARTS) or (parts and any(list(cell) != parts for cell in cells.values())):
        raise ValueError(f"rows must hold intervals, or the same one to {len(PARTS)} parts each, got {rows!r}")
    looks = looks or dict(zip(parts, PARTS, strict=False)) or {row: (look(row)["color"], "o") for row in rows}
    alone, ax = ax is None, ax or plt.subplots(figsize=(6.4, 0.9 + 0.4 * bool(parts) + 0.42 * len(rows)))[1]
    for place, cell in enumerate(cells.values()):
        means = [interval.mean for interval in cell.values()]
        if parts and not apart:
            ax.plot([min(means), max(means)], [place, place], color=SOFT, linewidth=1, alpha=0.6)
        for k, (name, interval) in enumerate(cell.items()):
            y, (colour, marker) = place + apart * (k - (len(cell) - 1) / 2), looks[name]
            ax.plot([interval.low, interval.high], [y, y], color=colour, linewidth=3, solid_capstyle="butt")
            ax.plot(interval.mean, y, marker, color=colour, markersize=7 if alone else 6, label=None if place else name)
    if reference is not None:
        ax.axvline(reference, color=SOFT, linewidth=1, zorder=1)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(xlabel=xlabel, title=title, ylim=(len(rows) - 0.5, -0.5))
    if parts and alone:
        ax.figure.legend(loc="outside upper right", ncols=len(parts))
    return ax.figure


def shown_categories(results: Results, agent: str, persona: str, *, bins: int = 80, title: str = "") -> Figure:
    """Draw what an agent showed to one persona over time, as shares of the categories, all replications together."""
    shown = results.category[results.agents.index(checks.choice("agent", agent, results.agents))]
    came = results.persona == results.personas.index(checks.choice("persona", persona, results.personas))
    edges = np.linspace(0, results.n_steps, bins + 1)
    step = np.broadcast_to(np.arange(results.n_steps), shown.shape)[came]
    counts = np.stack([np.histogram(step[shown[came] == c], edges)[0] for c in range(len(results.categories))])
    return stacked(edges, counts, results.categories, results.shocks, title)


def stacked(
    edges: np.ndarray, counts: np.ndarray, categories: Sequence[str], marks: Mapping[int, str], title: str = "",
    ax: Axes | None = None,
) -> Figure:  # fmt: skip
    """Draw how often each category was shown, as shares of all; where an area is wide enough, its name stands in it.

    Parameters
    ----------
    edges, counts, categories
        Times ``(n + 1,)``, how often between them ``(C, n)``, and the C names.
    marks, title
        ``{step: words}``, vertical lines; and the words above.
    ax
        Where to draw, without words beside the lines. If None, in a new figure, with them and a legend.
    """
    if np.shape(counts) != (len(categories), len(edges) - 1):
        raise ValueError(f"counts must be ({len(categories)}, {len(edges) - 1}), got {np.shape(counts)}: {title}")
    alone, ax = ax is None, ax or plt.subplots()[1]
    share = counts / np.maximum(counts.sum(0), 1)
    middle = (edges[:-1] + edges[1:]) / 2
    own = [c for c in categories if c not in CATEGORY_COLOURS]
    inks = [CATEGORY_COLOURS.get(c) or OWN_COLOURS[own.index(c) % len(OWN_COLOURS)] for c in categories]
    style = {"alpha": 0.85, "edgecolor": GROUND, "linewidth": 0.8}
    ax.stackplot(middle, share, labels=categories, colors=inks, **style)
    words = {"fontsize": 9, "color": INK, "bbox": {"facecolor": GROUND, "edgecolor": "none", "pad": 1.5}}
    for place, what in marks.items():
        ax.axvline(place, color=INK, linewidth=1, linestyle=(0, (2, 2)))
        if alone:
            ax.annotate(what, (place, 1.0), xytext=(4, -12), textcoords="offset points", **words)
    for name, top, part in zip(categories, share.cumsum(0), share, strict=True):
        if place := room_between(middle / edges[-1], top - part, top):
            ax.text(place[0] * edges[-1], place[1], name, ha="center", va="center", **words)
    ax.set(title=title, xlim=(0, edges[-1]), ylim=(0, 1))
    if alone:
        ax.set(xlabel="step", ylabel="share of what was shown")
        ax.figure.legend(loc="outside upper left", ncols=3, fontsize=10)
    return ax.figure
