"""How many agents compare over time (chapter 7)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from zoolab.drawings import plots
from zoolib import checks
from zoolib.experiment import share


def recoveries(
    panels: Mapping[str, Mapping[str, ArrayLike]], longest: int, *, ylabel: str = "share recovered"
) -> Figure:
    """Draw for each event, ``{event: {agent: steps to recover}}``, the share of replications that have recovered.

    All events have the same agents, and every replication was watched for the ``longest`` time that is drawn.
    """
    longest = checks.whole("longest", longest, 1)
    at = np.linspace(0, longest, 201)
    figure, axes = plt.subplots(1, len(panels), figsize=(6.4, 3.9), sharey=True, squeeze=False)
    for ax, (event, kept) in zip(axes[0], panels.items(), strict=True):
        for name, steps in kept.items():
            parts = [share(np.asarray(steps) <= t) for t in at]
            band = plots.Band(*(np.array([getattr(part, end) for part in parts]) for end in ("mean", "low", "high")))
            plots.draw_band(ax, at, band, name, alpha=0.15)
        ax.set(title=event, xlabel="steps since", xlim=(0, longest), ylim=(-0.02, 1.02))
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    axes[0, 0].set_ylabel(ylabel)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2, fontsize=9)
    return figure


def mosaics(
    edges: np.ndarray, panels: Mapping[str, np.ndarray], categories: Sequence[str], marks: Mapping[int, str]
) -> Figure:
    """Draw ``{title: (C, n) counts}`` of categories side by side, one as :func:`zoolab.drawings.plots.stacked` does."""
    rows, columns = -(-len(panels) // 2), min(len(panels), 2)
    size = (6.4, 0.9 + 2.1 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False)
    for ax, (title, counts) in zip(axes.flat, panels.items(), strict=False):
        plots.stacked(edges, counts, categories, marks, title, ax)
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
    for ax in axes.flat[len(panels) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("step")
    for ax in axes[:, 0]:
        ax.set_ylabel("share shown")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=3, fontsize=9)
    return figure
