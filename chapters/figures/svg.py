"""What a figure that moves is drawn with: two axes, and marks whose shapes are SVG paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from zoolab.drawings import plots

WIDTH, HEIGHT = 440, 300  # of the drawing, in its own units: a phone shows it at about four fifths
LEFT, RIGHT, TOP, BOTTOM = 54, 22, 10, 42  # margins
HATCHES = {  # over the colour of bars, so that it does not speak alone: a tile of 8 by 8, and matplotlib's
    "": ("", ""),
    "across": ("M0 4H8", "--"),
    "upright": ("M4 0V8", "||"),
    "slanting": ("M-2 2L2 -2M0 8L8 0M6 10L10 6", "//"),
    "dots": ("M3 4H5", ".."),
}
DASHES = {"-": "", "--": "7 4", ":": "2 3", "-.": "8 3 2 3"}


@dataclass(frozen=True)
class Axis:
    """One axis, the same in every picture.

    Parameters
    ----------
    label
        What it measures, with its unit.
    low, high
        Its ends.
    log
        Whether it is logarithmic.
    ticks
        ``{value: words}``; round numbers if None. Words of the upright axis may be long: they are names of rows.
    """

    label: str
    low: float
    high: float
    log: bool = False
    ticks: Mapping[float, str] | None = None

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(f"axis {self.label!r} must run from low to high, above 0 if it is logarithmic; "
                             f"got {self.low!r} to {self.high!r}")  # fmt: skip

    def place(self, values: Any) -> np.ndarray:
        """Return where values lie between the ends, 0 to 1."""
        values = np.clip(np.asarray(values, dtype=float), self.low, self.high)
        low, high = float(self.low), float(self.high)
        if self.log:
            values, low, high = np.log10(values), np.log10(low), np.log10(high)
        return (values - low) / (high - low)

    @cached_property
    def room(self) -> float:
        """The width that the words of an upright axis take, with its label."""
        longest = max(map(len, self.marks().values()), default=0)
        return max(LEFT, 10 + 8.8 * longest + 16 * bool(self.label))

    def marks(self) -> dict[float, str]:
        """Return the ticks and their words."""
        if self.ticks is not None:
            return dict(self.ticks)
        locator = LogLocator(numticks=6) if self.log else MaxNLocator(5)
        span = (self.high - self.low) * 1e-9
        values = [float(v) for v in locator.tick_values(self.low, self.high)]
        return {v: number(v) for v in values if self.low - span <= v <= self.high + span}


@dataclass(frozen=True)
class Mark:
    """Something drawn: a name, which gives it its look and its place in the legend, and where it is.

    A name that begins with an underscore stays out of the legend.

    Parameters
    ----------
    name
        The name; :func:`zoolib.book.look` knows the agents'.
    x, y
        ``(n,)``.
    low, high
        ``(n,)``, a band or interval about ``y`` (about ``x`` for points that lie ``across``), or None.
    colour
        Instead of the name's own, ``"#rrggbb"``.
    """

    name: str
    x: Any
    y: Any
    low: Any = None
    high: Any = None
    colour: str | None = None
    style: str | None = None

    def __post_init__(self) -> None:
        for name in ("x", "y", "low", "high"):
            value = getattr(self, name)
            if value is None and name in ("low", "high"):
                continue
            array = np.asarray(value, dtype=float)
            if array.ndim != 1 or array.shape != np.shape(self.x) or not np.isfinite(array).all():
                raise ValueError(f"{self.name}: {name} must be a row of finite numbers as long as x, got {value!r}")
            object.__setattr__(self, name, array)
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name}: low and high must be given together")

    @property
    def ink(self) -> str:
        """Its colour; what is black follows the colour of the page's text."""
        return self.colour or plots.look(self.name.lstrip("_"))["color"]

    @property
    def dash(self) -> str:
        """Its line style, one of matplotlib's short names."""
        return self.style or plots.look(self.name.lstrip("_"))["linestyle"]

    def paths(self, x: Axis, y: Axis) -> list[tuple[str, str]]:
        """Return ``(SVG path, SVG attributes)`` of its parts, always equally many of the same kinds."""
        raise NotImplementedError

    def sketch(self, ax: Any) -> None:
        """Draw it with matplotlib."""
        raise NotImplementedError


@dataclass(frozen=True)
class Line(Mark):
    """A line, with a band if ``low`` and ``high`` are given.

    Parameters
    ----------
    width
        Of the line, in the drawing's units.
    """

    width: float = 2.2

    def paths(self, x: Axis, y: Axis) -> list[tuple[str, str]]:
        """Return the band, if there is one, and the line."""
        line = (_polyline(self.x, self.y, x, y), f'fill="none" stroke="{ink_of(self.ink)}" '
                f'stroke-width="{self.width:g}" stroke-linejoin="round" '
                f'stroke-dasharray="{DASHES[self.dash]}"')  # fmt: skip
        if self.low is None:
            return [line]
        around = np.concatenate([self.x, self.x[::-1]]), np.concatenate([self.low, self.high[::-1]])
        return [(_polyline(*around, x, y) + "Z", f'fill="{ink_of(self.ink)}" fill-opacity=".2"'), line]

    def sketch(self, ax: Any) -> None:
        """Draw it with matplotlib."""
        ax.plot(self.x, self.y, color=self.ink, linestyle=self.dash, linewidth=self.width, label=self.name)
        if self.low is not None:
            ax.fill_between(self.x, self.low, self.high, color=self.ink, alpha=0.2, linewidth=0)


@dataclass(frozen=True)
class Points(Mark):
    """Points, with intervals if ``low`` and ``high`` are given: upright, or ``across`` about ``x``.

    The radius ``size`` is in the drawing's units; a ``marker`` is ``"o"``, ``"s"``, ``"^"`` or ``"D"``.
    """

    size: float = 4.0
    marker: str = "o"
    across: bool = False

    def paths(self, x: Axis, y: Axis) -> list[tuple[str, str]]:
        """Return the intervals, if there are any, and the points."""
        X, Y = pixels(self.x, self.y, x, y)
        points = ("".join(outline(self.marker, a, b, self.size) for a, b in zip(X, Y, strict=True)),
                  f'fill="{ink_of(self.ink)}"')  # fmt: skip
        if self.low is None:
            return [points]
        ends = [((v, self.y) if self.across else (self.x, v)) for v in (self.low, self.high)]
        (X0, Y0), (X1, Y1) = (pixels(*end, x, y) for end in ends)
        bars = "".join(
            f"M{short(a)} {short(b)}L{short(c)} {short(d)}" for a, b, c, d in zip(X0, Y0, X1, Y1, strict=True)
        )
        return [(bars, f'fill="none" stroke="{ink_of(self.ink)}" stroke-width="2.4"'), points]

    def sketch(self, ax: Any) -> None:
        """Draw it with matplotlib."""
        ax.plot(self.x, self.y, self.marker, color=self.ink, markersize=1.6 * self.size, label=self.name)
        if self.low is not None:
            bars = ax.hlines if self.across else ax.vlines
            bars(self.y if self.across else self.x, self.low, self.high, color=self.ink)


@dataclass(frozen=True)
class Bars(Mark):
    """Upright bars from ``low`` to ``high`` about ``x``; ``y`` is not drawn and may be ``high``.

    Their ``width`` is in the units of x, and one of ``HATCHES`` is drawn over the colour.
    """

    width: float = 0.8
    hatch: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low is None:
            raise ValueError(f"{self.name}: bars must have low and high")

    def paths(self, x: Axis, y: Axis) -> list[tuple[str, str]]:
        """Return the bars."""
        X0, Y0 = pixels(self.x - self.width / 2, self.low, x, y)
        X1, Y1 = pixels(self.x + self.width / 2, self.high, x, y)
        corners = zip(X0, Y0, X1, Y1, strict=True)
        path = "".join(f"M{short(a)} {short(b)}V{short(d)}H{short(c)}V{short(b)}Z" for a, b, c, d in corners)
        over = [(path, f'fill="url(#hatch-{self.hatch})"')] if self.hatch else []
        return [(path, f'fill="{ink_of(self.ink)}" stroke="var(--raised,#fff)"'), *over]

    def sketch(self, ax: Any) -> None:
        """Draw it with matplotlib."""
        ax.bar(self.x, self.high - self.low, self.width, bottom=self.low, color=self.ink, label=self.name,
               hatch=HATCHES[self.hatch][1], edgecolor="white")  # fmt: skip


def pixels(x: Any, y: Any, of_x: Axis, of_y: Axis) -> tuple[np.ndarray, np.ndarray]:
    """Return where values stand in the drawing."""
    across, up = of_x.place(x), of_y.place(y)
    return of_y.room + across * (WIDTH - of_y.room - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def _polyline(x: Any, y: Any, of_x: Axis, of_y: Axis) -> str:
    X, Y = pixels(x, y, of_x, of_y)
    return "M" + "L".join(f"{short(a)} {short(b)}" for a, b in zip(X, Y, strict=True)) if len(X) else ""


def outline(kind: str, x: float, y: float, r: float) -> str:
    """Return the path of a marker of a radius about a place."""
    if kind == "o":
        return f"M{short(x - r)} {short(y)}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0"
    shapes = {"s": [(-1, -1), (1, -1), (1, 1), (-1, 1)], "^": [(0, -1.2), (1.1, 0.9), (-1.1, 0.9)],
              "D": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)]}  # fmt: skip
    if kind not in shapes:
        raise ValueError(f"marker must be o, s, ^ or D, got {kind!r}")
    return "M" + "L".join(f"{short(x + r * a)} {short(y + r * b)}" for a, b in shapes[kind]) + "Z"


def ink_of(colour: str) -> str:
    """Return a colour as the page has it, which by night has one of its own for each; elsewhere the colour itself."""
    if colour in (plots.BLACK, plots.INK, plots.SOFT):
        return "currentColor"
    return f"var(--by-day-{colour[1:].lower()},{colour})"


def number(value: float) -> str:
    """Write a number as a tick or a control shows it."""
    whole = abs(value) < 1e9 and value == round(value)
    return (f"{value:,.12g}" if whole else f"{value:,.6g}").replace("-", "−")


def short(value: float) -> str:
    """Write a place in the drawing, to a tenth of its unit."""
    return f"{round(float(value), 1) + 0.0:g}"
