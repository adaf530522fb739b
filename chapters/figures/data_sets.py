"""Pictures of other people's data and of what became of them (chapter 10)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure

from zoolab.drawings import palette, plots
from zoolab.labelled import LabelledData
from zoolib.experiment import Interval

COLOURS = (
    *(plots.BLUE, plots.ORANGE, plots.GREEN, plots.VERMILION, plots.PURPLE),
    *(plots.SKY, palette.YELLOW, plots.BLACK, plots.SOFT, palette.BROWN),
)
SHAPES = "o^svDPX*<>"
INKED = ListedColormap([(*to_rgb(plots.INK), share) for share in np.linspace(0, 1, 17)])


def digits(data: LabelledData, rows: Sequence[int], columns: int = 8) -> Figure:
    """Draw rows of 64 features as the pictures that they are, 8 by 8 points, with their classes above."""
    height = -(-len(rows) // columns)
    figure, axes = plt.subplots(height, columns, figsize=(6.4, 1.05 * height))
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, row in zip(axes.flat, rows, strict=False):
        ax.imshow(data.X[row].reshape(8, 8), cmap=INKED)
        ax.set_title(data.classes[data.y[row]], fontsize=11, loc="center")
    return figure


def projections(sets: Sequence[LabelledData], n_rows: int = 300) -> Figure:
    """Draw the first rows of each set on the two directions in which the standardised data vary most."""
    figure, axes = plt.subplots(-(-len(sets) // 2), 2, figsize=(6.4, 2.3 * -(-len(sets) // 2)))
    for ax, data in zip(axes.flat, sets, strict=False):
        rows = np.linspace(0, len(data.X) - 1, n_rows).astype(int)  # spread over the file, which may be sorted
        X, y = data.X[rows], data.y[rows]
        spread = X.std(0)
        Z = (X - X.mean(0)) / np.where(spread > 0, spread, 1)
        _, _, directions = np.linalg.svd(Z, full_matrices=False)
        towards = directions[:2] * np.sign(directions[:2].sum(1, keepdims=True))  # a direction has no sign of its own
        P = (Z @ towards.T).clip(-8, 8)
        for k, name in enumerate(data.classes):
            ax.scatter(*P[y == k].T, s=11, alpha=0.7, color=COLOURS[k], marker=SHAPES[k], linewidths=0, label=name)
        ax.set(title=data.name, xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    return figure


def against(panels: Mapping[str, Mapping[str, Interval]], *, xlabel: str) -> Figure:
    """Draw differences with their intervals, a panel for each set, with a line at 0."""
    height, n_rows = -(-len(panels) // 2), max(map(len, panels.values()))
    size = (6.4, height * (0.8 + 0.26 * n_rows))
    figure, axes = plt.subplots(height, 2, figsize=size, sharey=True, squeeze=False)
    for ax, (title, rows) in zip(axes.flat, panels.items(), strict=False):
        plots.intervals(rows, title=title, reference=0, ax=ax)
        ax.tick_params(axis="y", labelsize=9)
    figure.supxlabel(xlabel, fontsize=11)
    return figure
