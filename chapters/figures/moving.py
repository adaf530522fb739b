"""Figures that the reader moves: a picture for every setting of a few controls, all computed by the notebook.

    Moving(
        "alpha-and-ctr", {"alpha": alphas},
        draw=lambda alpha: [Line("LinUCB", steps, mean[alpha], low[alpha], high[alpha])],
        say=lambda alpha: f"alpha {alpha}: {ctr[alpha]} clicks per visit",
        x=Axis("step", 0, 40_000), y=Axis("clicks per visit", 0, 1), alt="...", caption="...",
    )

A page needs no kernel, no network and no library for it: the numbers travel in the output, the axes are drawn here, and
a few lines of JavaScript (``widgets.js``) put one path in the place of another. Without JavaScript the figure shows its
first picture; in print and where no HTML can be shown, a matplotlib drawing stands for it.
"""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from figures.around import axes, drawn, sketched
from figures.svg import Axis, Line, Mark, number
from zoolab.drawings import plots
from zoolib.ties import argmax

MOST_FRAMES, MOST_BYTES = 2000, 600_000  # of one figure


@dataclass(frozen=True, eq=False)
class Moving:
    """A figure with controls.

    Parameters
    ----------
    name
        Of the figure, unique in its chapter: ``words-with-hyphens``.
    controls
        ``{label: values}``: numbers become a slider, words a menu.
    draw
        Called with one value of each control, in order; returns the marks. These have the same names, kinds and parts
        for all values.
    say
        Called like ``draw``; returns what the picture says in words and numbers. It stands below the figure, and a
        screen reader reads it when a control is moved.
    x, y
        The axes; or a function that is called like ``draw`` and returns one, so that they follow what is drawn.
    alt
        What the figure shows, for those who cannot see it.
    caption
        Its message.
    start
        ``{label: value}`` of the first picture; the first value of each control if not named.
    play
        The label of a control that a button lets run.

    Raises
    ------
    ValueError
        If anything does not fit, or there are more than 2,000 pictures or 600 kB of them.
    """

    name: str
    controls: Mapping[str, Sequence[Any]]
    draw: Callable[..., Sequence[Mark]]
    say: Callable[..., str]
    x: Axis | Callable[..., Axis]
    y: Axis | Callable[..., Axis]
    alt: str
    caption: str = ""
    start: Mapping[str, Any] = field(default_factory=dict)
    play: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", self.name):
            raise ValueError(f"name must be words with hyphens, got {self.name!r}")
        if not self.controls or not all(len(values) for values in self.controls.values()):
            raise ValueError("controls must name at least one, each with its values")
        for label, value in self.start.items():
            if value not in list(self.controls.get(label, ())):
                raise ValueError(f"start: {label!r} has no value {value!r}")
        if self.play is not None and self.play not in self.controls:
            raise ValueError(f"play must be a control, got {self.play!r}")
        if (n := int(np.prod([len(values) for values in self.controls.values()]))) > MOST_FRAMES:
            raise ValueError(f"controls: {n} pictures are more than a page should carry ({MOST_FRAMES})")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        marks = {at: list(self.draw(*at)) for at in itertools.product(*self.controls.values())}
        page = self._html(marks)
        if len(page) > MOST_BYTES:
            raise ValueError(f"{self.name}: {len(page):,} bytes are more than a page should carry ({MOST_BYTES:,})")
        first = self._first()
        text = f"A figure to be moved. {self.alt} {self.say(*first)}"
        return {"text/html": page, "image/png": sketched(marks[first], *self._axes(first)), "text/plain": text}

    def _first(self) -> tuple[Any, ...]:
        return tuple(self.start.get(label, values[0]) for label, values in self.controls.items())

    def _axes(self, at: tuple[Any, ...]) -> tuple[Axis, Axis]:
        x, y = (axis if isinstance(axis, Axis) else axis(*at) for axis in (self.x, self.y))
        return x, y

    def _html(self, marks: Mapping[tuple[Any, ...], Sequence[Mark]]) -> str:
        first = self._first()
        kinds = [(mark.name, type(mark), mark.low is None) for mark in marks[first]]
        pool: dict[str, int] = {}
        frames: list[list[int]] = []
        around: dict[str, int] = {}
        around_of: list[int] = []
        for at, frame in marks.items():
            if [(mark.name, type(mark), mark.low is None) for mark in frame] != kinds:
                raise ValueError(f"draw{at}: the marks must have the same names and parts as at {first}")
            x, y = self._axes(at)
            parts = [path for mark in frame for path, _ in mark.paths(x, y)]
            frames.append([pool.setdefault(path, len(pool)) for path in parts])
            around_of.append(around.setdefault(axes(x, y), len(around)))
        data = {
            "sizes": [len(values) for values in self.controls.values()],
            "paths": list(pool),
            "frames": frames,
            "words": [self.say(*at) for at in marks],
        }
        if len(around) > 1:
            data |= {"axes": list(around), "axesOf": around_of}
        script = Path(__file__).with_name("widgets.js").read_text(encoding="utf-8")
        return (
            f'<figure class="zoolib-widget" data-widget="{self.name}" id="widget-{self.name}" '
            f'data-lm-suppress-shortcuts="true">'
            f"{drawn(marks[first], *self._axes(first), self.alt)}"
            f"<div data-controls hidden>{self._inputs(first)}</div>"
            f'<p role="status" aria-live="polite">{html.escape(self.say(*first))}</p>'
            + (f"<figcaption>{html.escape(self.caption)}</figcaption>" if self.caption else "")
            + f'<script type="application/json">{as_json(data)}</script><script>{script}</script></figure>'
        )

    def _inputs(self, first: tuple[Any, ...]) -> str:
        written = []
        for i, (label, values) in enumerate(self.controls.items()):
            words = [number(v) if _is_number(v) else str(v) for v in values]
            at = list(values).index(first[i])
            if all(map(_is_number, values)):
                button = f'<button type="button" data-plays="{i}">Play</button>' if label == self.play else ""
                written.append(
                    f"<label><span>{html.escape(label)} <output>{words[at]}</output></span>"
                    f'<input type="range" data-control min="0" max="{len(values) - 1}" step="1" value="{at}" '
                    f'aria-valuetext="{words[at]}" data-values="{html.escape(json.dumps(words))}"></label>{button}'
                )
            else:
                options = "".join(
                    f'<option value="{j}"{" selected" if j == at else ""}>{html.escape(word)}</option>'
                    for j, word in enumerate(words)
                )
                written.append(
                    f"<label><span>{html.escape(label)}</span> <select data-control>{options}</select></label>"
                )
        return "".join(written)


def band(name: str, x: Any, values: np.ndarray, **look: Any) -> Line:
    """Return the mean of ``values``, ``(R, n)``, as a line, with its 95 % interval as a band; with R = 1 without.

    A ``look`` is a ``colour`` and a ``style``, instead of the name's own.
    """
    return Line(name, x, *plots.mean_band(values), **look)


def principal_plane(Z: np.ndarray) -> np.ndarray:
    """Return points as seen along the two leading principal components of all of them, ``(..., d) -> (..., 2)``.

    A direction could as well point the other way; its largest coordinate is made positive, so that it always comes out
    the same.
    """
    flat = Z.reshape(-1, Z.shape[-1])
    directions = np.linalg.svd(flat - flat.mean(0), full_matrices=False)[2][:2]
    largest = np.take_along_axis(directions, argmax(np.abs(directions))[:, None], axis=1)
    return (Z - flat.mean(0)) @ (directions * np.sign(largest)).T


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def as_json(data: Any) -> str:
    """Write what a script in a page reads, without anything that would end the script."""
    return json.dumps(data, separators=(",", ":")).replace("</", "<\\/")
