"""What stands around the marks of a figure that moves, axes and legend; and the whole of it, as SVG and for print."""

import html
import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from figures.svg import (
    BOTTOM,
    DASHES,
    HATCHES,
    HEIGHT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    Bars,
    Line,
    Mark,
    Points,
    ink_of,
    outline,
    pixels,
    short,
)  # fmt: skip


def axes(x: Axis, y: Axis) -> str:
    """Return the axes as SVG: lines, ticks, words."""
    left, right, bottom = y.room, WIDTH - RIGHT, HEIGHT - BOTTOM
    written = []
    for value, words in x.marks().items():
        (X,), _ = pixels([value], [y.low], x, y)
        written.append(f'<path d="M{short(X)} {TOP}V{bottom}" stroke="currentColor" stroke-opacity=".12"/>')
        written.append(f'<text x="{short(X)}" y="{bottom + 17}" text-anchor="middle">{html.escape(words)}</text>')
    for value, words in y.marks().items():
        _, (Y,) = pixels([x.low], [value], x, y)
        written.append(f'<path d="M{short(left)} {short(Y)}H{right}" stroke="currentColor" stroke-opacity=".12"/>')
        written.append(f'<text x="{short(left - 6)}" y="{short(Y + 4)}" text-anchor="end">{html.escape(words)}</text>')
    written.append(
        f'<path d="M{short(left)} {TOP}V{bottom}H{right}" fill="none" stroke="currentColor" stroke-opacity=".6"/>'
    )
    middle = (left + right) / 2
    written.append(f'<text x="{short(middle)}" y="{HEIGHT - 6}" text-anchor="middle">{html.escape(x.label)}</text>')
    half = (TOP + bottom) / 2
    written.append(
        f'<text transform="translate(13 {short(half)}) rotate(-90)" text-anchor="middle">{html.escape(y.label)}</text>'
    )
    return "".join(written)


def hatches(marks: Sequence[Mark]) -> str:
    """Return the patterns that bars are hatched with."""
    used = {mark.hatch for mark in marks if isinstance(mark, Bars) and mark.hatch}
    patterns = "".join(
        f'<pattern id="hatch-{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<path d="{HATCHES[name][0]}" stroke="var(--raised,#fff)" stroke-width="1.6"/></pattern>'
        for name in sorted(used)
    )
    return f"<defs>{patterns}</defs>" if patterns else ""


def legend(marks: Sequence[Mark]) -> str:
    """Return the legend, as an HTML list."""
    named = {mark.name: mark for mark in marks if not mark.name.startswith("_")}
    if not named:
        return ""
    entries = []
    for name, mark in named.items():
        if isinstance(mark, Line):
            key = (f'<path d="M1 6H27" stroke="{ink_of(mark.ink)}" stroke-width="2.6" '
                   f'stroke-dasharray="{DASHES[mark.dash]}"/>')  # fmt: skip
        else:
            shape = outline(mark.marker if isinstance(mark, Points) else "s", 14, 6, 5)
            key = f'<path d="{shape}" fill="{ink_of(mark.ink)}"/>'
            if isinstance(mark, Bars):
                shape = "M3 0H25V12H3Z"
                key = "".join(f'<path d="{shape}" {look}/>' for _, look in mark.paths(Axis("", 0, 1), Axis("", 0, 1)))
        swatch = f'<svg width="28" height="12" aria-hidden="true">{key}</svg>'
        style = "display:inline-flex;align-items:center;gap:.4em;margin:0 1em 0 0"
        entries.append(f'<li style="{style}">{swatch} {html.escape(name)}</li>')
    return f'<ul style="list-style:none;margin:0;padding:0">{"".join(entries)}</ul>'


def drawn(marks: Sequence[Mark], x: Axis, y: Axis, alt: str) -> str:
    """Return the legend and the drawing of some marks."""
    paths = "".join(
        f'<path data-mark d="{path}" {attributes}/>' for mark in marks for path, attributes in mark.paths(x, y)
    )
    return (
        f'{legend(marks)}<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(alt)}" '
        'style="width:100%;max-width:40rem;height:auto" font-family="system-ui,sans-serif" font-size="13" '
        f'fill="currentColor">{hatches(marks)}<g data-axes>{axes(x, y)}</g>{paths}</svg>'
    )


def sketched(marks: Sequence[Mark], x: Axis, y: Axis) -> bytes:
    """Return the same as matplotlib draws it, a PNG."""
    plt.close(plt.figure())  # A notebook's backend begins with the first figure, and the context would undo it.
    with plt.style.context("zoolab.drawings.house"):
        figure, ax = plt.subplots()
        for mark in marks:
            mark.sketch(ax)
        for axis, which in ((x, "x"), (y, "y")):
            getattr(ax, f"set_{which}scale")("log" if axis.log else "linear")
            getattr(ax, f"set_{which}lim")(float(axis.low), float(axis.high))
            getattr(ax, f"set_{which}label")(axis.label)
            if axis.ticks is not None:
                getattr(ax, f"set_{which}ticks")([float(value) for value in axis.ticks], list(axis.ticks.values()))
        handles, labels = ax.get_legend_handles_labels()
        kept = {label: handle for handle, label in zip(handles, labels, strict=True) if not label.startswith("_")}
        if kept:
            _legend_that_fits(figure, kept)
        picture = io.BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
        plt.close(figure)
        return picture.getvalue()


def _legend_that_fits(figure: Figure, handles: Mapping[str, Any]) -> Legend:
    """Put a legend above a picture, in letters so small that it is no wider than the picture."""
    for size in (11, 10, 9, 8, 7):
        legend = figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=3, fontsize=size)
        figure.draw_without_rendering()
        if legend.get_window_extent().width <= figure.bbox.width:
            break
        if size > 7:
            legend.remove()
    return legend
