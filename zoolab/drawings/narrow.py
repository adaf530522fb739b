"""A figure drawn anew for a phone: no letter below twelve pixels, panels below each other, names where they fit."""

import pickle
import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.text import Text

from zoolab.drawings.labels import NAMES_A_LINE, broken, fit, has_words
from zoolab.drawings.palette import GROUND

WIDTH = 3.5  # inches, 336 pixels of a page
SMALLEST, LARGEST = 9.5, 10.5  # points of letters; nine are twelve pixels
PANEL = 2.7  # inches, the height of one that stood beside another
MOST_BESIDE = 3  # panels; more are pictures so small that half as many stand beside each other


def narrow(figure: Figure) -> Figure:
    """Return a copy of a figure as it is drawn on a phone."""
    copy = _copied(figure)
    copy.set_layout_engine("constrained")
    for ax in [ax for ax in copy.axes if not ax.get_visible()]:
        ax.remove()
    height = _stack(copy)
    keys = _keys(copy)
    for text in copy.findobj(Text):
        text.set_fontsize(np.clip(text.get_fontsize(), SMALLEST, LARGEST))
    copy.set_size_inches(WIDTH, height)
    for ax, names, ends in [(ax, _names(ax), ax.get_ylim()) for ax in copy.axes]:  # all first: axes may be shared
        height += _rows(ax, names, ends)
    copy.set_size_inches(WIDTH, height)
    for handles, names in keys:
        height += _legend(copy, handles, names)
    copy.set_size_inches(WIDTH, height)
    copy.draw_without_rendering()
    for ax in copy.axes:
        title = ax.get_title("left")
        for text in (one for one in ax.get_children() if isinstance(one, Text) and one.get_text() == title):
            broken(text, ax.get_window_extent().width)
    fit(copy)
    return copy


def _copied(figure: Figure) -> Figure:
    """Return a copy that pyplot knows nothing of."""
    manager, figure.canvas.manager = figure.canvas.manager, None
    try:
        return pickle.loads(pickle.dumps(figure))
    finally:
        figure.canvas.manager = manager


def _stack(figure: Figure) -> float:
    """Put panels that stand beside each other below each other; return the height."""
    panels = [ax for ax in figure.axes if ax.get_subplotspec() is not None]
    height = figure.get_figheight()
    grid = panels[0].get_subplotspec().get_gridspec()
    if grid.ncols == 1 and panels[0].get_aspect() != "auto":
        return 1.15 * WIDTH
    if grid.ncols == 1:
        return height * (1.0 if has_words(panels[0].yaxis) else 0.85)
    columns = grid.ncols // 2 if grid.ncols > MOST_BESIDE else 1
    if grid.ncols == 2 and (panels[0].images or not len(panels[0].get_xticks())):
        return height * 0.75  # pictures, which can be small
    rows = -(-len(panels) // columns)
    each = height / grid.nrows
    new, label = GridSpec(rows, columns, figure=figure), panels[0].get_ylabel()
    for ax, spec in zip(panels, new, strict=False):
        ax.set_subplotspec(spec)
        if columns > 1 or not ax.axison:
            continue
        ax.tick_params(labelleft=True, labelbottom=True)
        ax.set_ylabel(ax.get_ylabel() or label)
        ax.set_xlabel(ax.get_xlabel() or panels[-1].get_xlabel())
    for ax in panels[:-1]:
        if columns == 1 and ax.get_xlabel() == panels[-1].get_xlabel():
            ax.set_xlabel("")
    if columns == 1 and panels[0].get_aspect() != "auto":
        return rows * (WIDTH + 0.4)
    return rows * (min(max(each, 2.2), PANEL) if columns == 1 else each)


def _keys(figure: Figure) -> list[tuple[list[Any], list[str]]]:
    """Take all legends and all names at the ends of lines out; return what a legend above must explain.

    Where several panels have legends of their own, these stay, below them.
    """
    keys = []
    own = [ax for ax in figure.axes if ax.get_legend() is not None]
    for holder, legend in [*((figure, one) for one in list(figure.legends)), *((ax, ax.get_legend()) for ax in own)]:
        known = {}
        for ax in figure.axes if holder is figure else [holder]:
            known |= {name: handle for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)}
        names = [text.get_text() for text in legend.get_texts()]
        handles = [known.get(name, one) for name, one in zip(names, legend.legend_handles, strict=True)]
        legend.remove()
        if holder is figure or len(own) == 1:
            keys.append((handles, names))
        else:
            place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.32)}
            holder.legend(handles, names, ncols=2, fontsize=SMALLEST, handletextpad=0.2, **place)
    for ax in figure.axes:
        lines = {line.get_label(): line for line in ax.get_lines()}
        named = [text for text in ax.texts if text.get_label() == NAMES_A_LINE and text.get_text() in lines]
        if named:
            keys.append(([lines[text.get_text()] for text in named], [text.get_text() for text in named]))
        for text in named:
            text.remove()
    return keys


def _names(ax: Axes) -> list[str]:
    """Return the names of the rows of a panel, if it has such."""
    named = ax.axison and has_words(ax.yaxis)
    return [text.get_text() for text in ax.get_yticklabels() if text.get_text()] if named else []


def _rows(ax: Axes, names: list[str], ends: tuple[float, float]) -> float:
    """Write the names of rows above them where they would take half of the width; return how much higher it gets."""
    if not names:
        return 0.0
    if max(map(len, names)) <= 14 or ax.images or ax.collections or ax.patches:
        ax.set_yticks(ax.get_yticks(), [textwrap.fill(name, 12) for name in names])
        return 0.0
    at = {"xycoords": ("axes fraction", "data"), "xytext": (2, 5), "textcoords": "offset points", "va": "bottom"}
    at["bbox"] = {"facecolor": GROUND, "edgecolor": "none", "pad": 0.8}  # a line through a name ends beside it
    at["zorder"] = 1.5  # but a point is not hidden
    for place, name in zip(ax.get_yticks(), names, strict=True):
        ax.annotate(name, (0, place), **at, fontsize=SMALLEST)
    ax.set_yticks(ax.get_yticks(), [""] * len(names))
    low, high = ends
    ax.set_ylim(low, high - 0.4 * np.sign(low - high))
    return 0.16 * len(names)


def _legend(figure: Figure, handles: list[Any], names: list[str], columns: int = 3) -> float:
    """Put a legend above, in as many columns as fit; return its height."""
    legend = figure.legend(handles, names, loc="outside upper left", ncols=columns, fontsize=SMALLEST,
                           handlelength=2.2, columnspacing=1.2, borderpad=0.1)  # fmt: skip
    figure.draw_without_rendering()
    box = legend.get_window_extent()
    if columns == 1 or box.width <= 0.92 * figure.bbox.width:
        return box.height / figure.dpi
    legend.remove()
    return _legend(figure, handles, names, columns - 1)
