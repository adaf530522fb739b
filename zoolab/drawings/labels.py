"""Words beside what they name, dark enough to be read, and numbers as the text writes them."""

import itertools
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

from zoolab.drawings.palette import darker

NAMES_A_LINE = "_names a line"  # the label of such words, by which a narrow drawing finds them
HALF_A_NAME = 0.17  # of the width: half of a name that is written into an area, on a phone
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def name_ends(ax: Axes, x: float, ends: Mapping[str, float], colours: Sequence[str]) -> None:
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
    for name, colour in zip(ends, colours, strict=True):
        words = {"color": darker(colour), "fontsize": 10, "annotation_clip": False, "label": NAMES_A_LINE}
        ax.annotate(name, (1.0, wanted[name]), **words, **where)


def room_between(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[float, float] | None:
    """Return where between two curves a name has most room, None if nowhere; all in parts of the axes, 0 to 1."""
    best, least = None, 0.11
    for at in x[(x > HALF_A_NAME) & (x < 1 - HALF_A_NAME)]:
        here = np.abs(x - at) <= HALF_A_NAME
        floor, ceiling = low[here].max(), min(high[here].min(), 0.9)  # above it stand the words of marks
        if ceiling - floor > least:
            best, least = (float(at), float(floor + ceiling) / 2), ceiling - floor
    return best


class Thousands(ticker.ScalarFormatter):
    """Ticks as the text writes numbers: 5,000 and not 5000."""

    def __call__(self, x: float, pos: Any = None) -> str:
        """Return the words of a tick."""
        return re.sub(r"(?<![\d.])\d{4,}", lambda m: f"{int(m[0]):,}", super().__call__(x, pos), count=1)


class Decades(ticker.LogFormatterSciNotation):
    """Ticks of a logarithmic axis in plain words: 0.01, 10,000, and from a million on or below a thousandth 10⁶."""

    def __call__(self, x: float, pos: Any = None) -> str:
        """Return the words of a tick, none where matplotlib writes none."""
        if not super().__call__(x, pos):
            return ""
        power = round(float(np.log10(x)), 9)
        plain = -3 <= power < 6 or power % 1
        return f"{x:,.6g}" if plain else "10" + str(int(power)).translate(RAISED)


def write_numbers_out(figure: Figure) -> None:
    """Let all axes of a figure that have matplotlib's own ticks write their numbers as the text does."""
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        kind = type(axis.get_major_formatter())
        if kind is ticker.ScalarFormatter:
            axis.set_major_formatter(Thousands(useOffset=False))
        elif kind is ticker.LogFormatterSciNotation:
            axis.set_major_formatter(Decades())
            axis.set_minor_formatter(Decades(labelOnlyBase=False, minor_thresholds=(2.0, 2.0)))
            axis.set_minor_locator(ticker.LogLocator(subs=(2.0, 5.0)))
            axis.set_tick_params(which="minor", pad=5.0)  # their ticks are shorter; the words stand in one line


def has_words(axis: Axis) -> bool:
    """Return whether an axis names its rows or columns; one that counts does not."""
    return any(re.search("[^\\W\\d_]{2}", text.get_text()) for text in axis.get_ticklabels())


def fit(figure: Figure) -> None:
    """Break words that are longer than their axis, and leave out or turn ticks that touch each other."""
    figure.draw_without_rendering()
    for ax in [ax for ax in figure.axes if ax.axison and ax.get_visible()]:
        box, edge = ax.get_window_extent(), figure.bbox.width
        middle = (box.x0 + box.x1) / 2
        broken(ax.xaxis.label, 1.9 * min(middle, edge - middle))
        broken(ax.yaxis.label, (1.0 if len(figure.axes) == 1 else 1.2) * box.height)
        while _touch(ax):
            if has_words(ax.xaxis):
                ax.set_xticks(ax.get_xticks(), [text.get_text().replace("\n", " ") for text in ax.get_xticklabels()])
                ax.tick_params(axis="x", labelrotation=60)
                break
            if ax.get_xscale() == "log" and ax.get_xticklabels(minor=True):
                ax.xaxis.set_minor_formatter(ticker.NullFormatter())
            elif isinstance(ax.xaxis.get_major_locator(), ticker.FixedLocator):
                words = [text.get_text() for text in ax.get_xticklabels()]
                ax.set_xticks(ax.get_xticks()[::2], words[::2])
            elif ax.get_xscale() == "linear":
                ax.xaxis.set_major_locator(ticker.MaxNLocator(max(2, len(ax.get_xticks()) // 2)))
            else:
                break
            figure.draw_without_rendering()


def _touch(ax: Axes) -> bool:
    """Return whether words below an axis touch each other, or numbers nearly do; those that stand aslant do not."""
    labels = [text for minor in (False, True) for text in ax.get_xticklabels(minor=minor)]
    labels = [text for text in labels if text.get_text() and not text.get_rotation() % 90]
    low, high = sorted(ax.get_xlim())
    boxes = [text.get_window_extent() for text in labels if low <= text.get_position()[0] <= high]
    apart = max((text.get_fontsize() for text in labels), default=0.0) * ax.figure.dpi / 72
    apart *= 0.3 if has_words(ax.xaxis) else 0.7  # of a letter's height, since a page may have wider letters
    return any(a.x1 + apart > b.x0 for a, b in itertools.pairwise(sorted(boxes, key=lambda box: box.x0)))


def broken(text: Text, room: float) -> None:
    """Break words into lines where one has no room, in pixels."""
    words, signs = text.get_text(), len(text.get_text())
    while words and signs > 8 and max(text.get_window_extent().size) > room:
        signs -= 2
        text.set_text(textwrap.fill(words, signs))
