"""Words beside what they name, dark enough to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb


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
        ax.annotate(name, (1.0, wanted[name]), color=_darker(colour), fontsize=10, annotation_clip=False, **where)


def _darker(colour: str) -> str:
    """Return a colour for words: the line's own, darkened until it can be read on white."""
    rgb = np.array(to_rgb(colour))
    while _contrast_with_white(rgb) < 4.5:
        rgb = rgb * 0.95
    return to_hex(rgb)


def _contrast_with_white(rgb: np.ndarray) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))
