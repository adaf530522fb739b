"""How many agents compare, of whose replications tables have kept a few numbers (chapter 7)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import ArrayLike
from scipy import stats

from zoolib import checks
from zoolib.book import plots
from zoolib.experiment import Interval


def share(hits: ArrayLike, level: float = 0.95) -> Interval:
    """Return the share of replications of which something is true, with Wilson's interval.

    Parameters
    ----------
    hits
        ``(R,)`` truth values.
    level
        Confidence level in (0, 1).
    """
    hits = np.asarray(hits)
    if hits.dtype != bool or hits.ndim != 1 or not len(hits):
        raise ValueError(f"hits must be a row of truth values, at least one, got {hits!r}")
    ends = stats.binomtest(int(hits.sum()), len(hits)).proportion_ci(level, method="wilson")
    return Interval(float(hits.mean()), float(ends.low), float(ends.high), len(hits), level)


def recovered(
    steps: ArrayLike, watched: ArrayLike, at: ArrayLike, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the share of replications that have recovered within ``at`` steps: the estimator of Kaplan and Meier.

    Parameters
    ----------
    steps
        ``(R,)`` steps to recover; infinite where it did not happen while we watched.
    watched
        For how many steps each was watched: one number, or ``(R,)``.
    at
        ``(n,)`` times, none later than the longest watch.
    level
        Confidence level in (0, 1).

    Returns
    -------
    share, low, high
        ``(n,)`` each. The limits are those of a log-log transform; where the share is 0 or 1 it has none, and they are
        Wilson's for as many replications as were still watched, or had recovered.
    """
    steps, at = np.asarray(steps, dtype=float), np.asarray(at, dtype=float)
    seen, watched = np.isfinite(steps), np.broadcast_to(np.asarray(watched, dtype=float), steps.shape)
    if not len(steps) or not (steps[seen] <= watched[seen]).all():
        raise ValueError("steps must hold at least one replication, and no recovery after the end of its watch")
    if not ((at >= 0) & (at <= watched.max())).all():
        raise ValueError(f"at must lie between 0 and the longest watch, {watched.max():g}, got {at}")
    z2 = stats.norm.ppf(0.5 + level / 2) ** 2
    n_watched = (watched >= at[:, None]).sum(axis=1)
    at_nought, at_one = z2 / (n_watched + z2), len(steps) / (len(steps) + z2)
    if not seen.any():
        return np.zeros(at.shape), np.zeros(at.shape), at_nought
    cdf = stats.ecdf(stats.CensoredData(uncensored=steps[seen], right=watched[~seen])).cdf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the transform is infinite at 0 and 1
        ends = cdf.confidence_interval(level, method="log-log")
    share = cdf.evaluate(at)
    none, all_of_them = share == 0, share == 1
    low = np.select([none, all_of_them], [0.0, at_one], ends.low.evaluate(at))
    high = np.select([none, all_of_them], [at_nought, 1.0], ends.high.evaluate(at))
    return share, low, high


def recoveries(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]], longest: int, *, ylabel: str = "share recovered"
) -> Figure:
    """Draw for each event the share of replications that have recovered from it, as time goes by.

    Parameters
    ----------
    panels
        ``{event: {agent: (steps, watched)}}``, as :func:`recovered` takes them, with the same agents for all events.
    longest
        The last time drawn.
    ylabel
        The words.
    """
    longest = checks.whole("longest", longest, 1)
    at = np.linspace(0, longest, 501)
    figure, axes = plt.subplots(1, len(panels), figsize=(6.4, 3.9), sharey=True, squeeze=False)
    for ax, (event, kept) in zip(axes[0], panels.items(), strict=True):
        for name, (steps, watched) in kept.items():
            middle, low, high = recovered(steps, watched, at)
            style = plots.look(name)
            ax.plot(at, middle, label=name, **style)
            ax.fill_between(at, low, high, color=style["color"], alpha=0.15, linewidth=0)
        ax.set(title=event, xlabel="steps since", xlim=(0, longest), ylim=(-0.02, 1.02))
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    axes[0, 0].set_ylabel(ylabel)
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper left", ncols=2, fontsize=9)
    return figure


def mosaics(
    edges: np.ndarray, panels: Mapping[str, np.ndarray], categories: Sequence[str], marks: Mapping[int, str]
) -> Figure:
    """Draw side by side how often each category was shown, as :func:`zoolib.book.stacked` does for one agent.

    Parameters
    ----------
    edges
        ``(n + 1,)`` of the times.
    panels
        ``{title: (C, n) counts}``.
    categories
        Their names, C of them.
    marks
        ``{step: words}``, vertical lines.
    """
    colours = [plots.CATEGORY_COLOURS.get(name, plots.SOFT) for name in categories]
    rows = -(-len(panels) // 2)
    size = (6.4, 0.9 + 2.1 * rows)
    figure, axes = plt.subplots(rows, min(len(panels), 2), figsize=size, sharex=True, sharey=True, squeeze=False)
    for ax, (title, counts) in zip(axes.flat, panels.items(), strict=False):
        if np.shape(counts) != (len(categories), len(edges) - 1):
            raise ValueError(f"panels[{title!r}] must be counts of shape {(len(categories), len(edges) - 1)}")
        shares = counts / np.maximum(np.sum(counts, axis=0), 1)
        centres = (edges[:-1] + edges[1:]) / 2
        ax.stackplot(centres, shares, colors=colours, alpha=0.85, edgecolor="white", linewidth=0.4)
        for place in marks:
            ax.axvline(place, color=plots.INK, linewidth=1, linestyle=(0, (2, 2)))
        ax.set(title=title, xlim=(0, edges[-1]), ylim=(0, 1))
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("step")
    for ax in axes[:, 0]:
        ax.set_ylabel("share shown")
    keys = [Patch(color=colour, alpha=0.85, label=name) for name, colour in zip(categories, colours, strict=True)]
    figure.legend(handles=keys, loc="outside upper left", ncols=3, fontsize=9)
    return figure


def bands(x: np.ndarray, lines: Mapping[str, tuple[np.ndarray, np.ndarray]], **words: Any) -> Figure:
    """Draw mean curves with bands, as :func:`zoolib.book.curves` does, of means and half-widths that are known.

    Parameters
    ----------
    x
        ``(n,)``.
    lines
        ``{name: (mean, half)}``, each ``(n,)``; a half-width of zero draws no band.
    **words
        Further arguments of :func:`zoolib.book.curves`.
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
