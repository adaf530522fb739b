"""What a figure with a script of its own brings along: what the notebook computed, the script, and a still picture.

A page needs no kernel and no network for it. Without JavaScript and in print the still picture stands in its place.
"""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from figures.around import drawn, sketched
from figures.moving import as_json
from figures.svg import Axis, Mark
from zoolib.ties import TIE

MOST_BYTES = 250_000  # of one figure
Bundle = tuple[dict[str, Any], dict[str, Any]]


def played(name: str, data: Mapping[str, Any], said: str, marks: Sequence[Mark], x: Axis, y: Axis, alt: str) -> Bundle:
    """Return what a cell shows: a page for a browser, a picture for print, words; and the name by which it is glued.

    Script and style lie beside this file, under the figure's ``name``; ``data`` is what the script reads. The still
    picture has ``marks``, axes and ``alt``, and ``said`` is its message. What is too much for a page is a ValueError.
    """
    style = beside("played.css") + beside(f"{name}.css")
    page = (
        f'<figure class="zoolib-widget zoolib-played" data-played="{name}" data-lm-suppress-shortcuts="true">'
        f'<div class="still">{drawn(marks, x, y, alt)}<p>{html.escape(said)}</p></div>'
        f'<script type="application/json">{as_json({**data, "style": style})}</script>'
        f"<script>(() => {{\n{beside('played.js')}{beside(f'{name}.js')}}})();</script></figure>"
    )
    if len(page) > MOST_BYTES:
        raise ValueError(f"{name}: {len(page):,} bytes are more than a page should carry ({MOST_BYTES:,})")
    shown = {"text/html": page, "image/png": sketched(marks, x, y), "text/plain": f"{alt} {said}"}
    return shown, {"scrapbook": {"name": name, "mime_prefix": ""}}


def whole(values: Any) -> np.ndarray:
    """Return whole numbers; what stands halfway, but for its last digits, goes to the one farther from 0."""
    return np.rint(np.asarray(values) * (1 + TIE)).astype(int)


def beside(name: str) -> str:
    """Return the text of a file that lies beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
