"""Figures in which many agents are compared: what tables have kept of their replications (chapter 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from zoolib import plots
from zoolib.metrics import Interval


def bands(x: np.ndarray, lines: Mapping[str, tuple[np.ndarray, np.ndarray]], **words: Any) -> Figure:
    """Draw mean curves with bands, as :func:`zoolib.plots.curves` does, of means and half-widths that are known.

    Parameters
    ----------
    x
        ``(n,)``.
    lines
        ``{name: (mean, half)}``, each ``(n,)``; a half-width of zero draws no band.
    **words
        Further arguments of :func:`zoolib.plots.curves`.
    """
    for name, parts in lines.items():
        if any(np.shape(part) != np.shape(x) for part in parts):
            raise ValueError(f"lines[{name!r}] must be a mean and a half-width, each of shape {np.shape(x)}")
    figure = plots.curves(x, {name: np.asarray(mean)[None] for name, (mean, _) in lines.items()}, **words)
    ax = figure.axes[-1] if words.get("ax") is None else words["ax"]
    ax.set_ylim(ax.get_ylim())  # the names at the ends stand where these limits put them
    for name, (mean, half) in lines.items():
        if np.any(half):
            ax.fill_between(x, mean - half, mean + half, color=plots.look(name)["color"], alpha=0.22, linewidth=0)
    return figure


def moves(
    rows: Mapping[str, Mapping[str, Interval]], *, xlabel: str, title: str = "", reference: float | None = None
) -> Figure:
    """Draw for each row a few means with their intervals, joined by a line: where something was, and where it went.

    Parameters
    ----------
    rows
        ``{name: {what: interval}}``, the same few things in each row; the first row stands on top.
    xlabel, title
        The words.
    reference
        Where to draw a vertical line.
    """
    things = list(dict.fromkeys(what for row in rows.values() for what in row))
    markers = ["o", "s", "^", "D"]
    if not things or len(things) > len(markers) or any(list(row) != things for row in rows.values()):
        raise ValueError(f"rows must hold the same one to {len(markers)} things each, got {things}")
    colours = [plots.SOFT, plots.BLUE, plots.VERMILION, plots.GREEN]
    figure, ax = plt.subplots(figsize=(6.4, 1.3 + 0.42 * len(rows)))
    for place, row in enumerate(rows.values()):
        means = [interval.mean for interval in row.values()]
        ax.plot([min(means), max(means)], [place, place], color=plots.SOFT, linewidth=1, alpha=0.6)
        for marker, colour, (what, interval) in zip(markers, colours, row.items(), strict=False):
            ax.plot([interval.low, interval.high], [place, place], color=colour, linewidth=3, solid_capstyle="butt")
            ax.plot(interval.mean, place, marker, color=colour, markersize=7, label=what if place == 0 else None)
    if reference is not None:
        ax.axvline(reference, color=plots.SOFT, linewidth=1)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set(xlabel=xlabel, title=title)
    figure.legend(loc="outside upper right", ncols=len(things))
    return figure
