"""What a figure with a script of its own brings along: what the notebook computed, the script, and a still picture.

A page needs no kernel and no network for it. Without JavaScript and in print the still picture stands in its place.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from figures.around import drawn, sketched
from figures.moving import as_json
from figures.svg import Axis, Mark

MOST_BYTES = 250_000  # of one figure


def played(
    name: str, data: Mapping[str, Any], said: str, marks: Sequence[Mark], x: Axis, y: Axis, alt: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a cell shows: a page for a browser, a picture for print, words; and by what name it can be glued.

    Parameters
    ----------
    name
        Of the figure; its script and its style lie beside this file.
    data
        What the script reads.
    said
        What the still picture shows, in a sentence or two.
    marks, x, y, alt
        The still picture, and what it shows for those who cannot see it.

    Raises
    ------
    ValueError
        If it is more than a page should carry.
    """
    page = (
        f'<figure class="zoolib-widget zoolib-played" data-played="{name}" data-lm-suppress-shortcuts="true">'
        f'<div class="still">{drawn(marks, x, y, alt)}<p>{html.escape(said)}</p></div>'
        f'<script type="application/json">{as_json({**data, "style": beside("played.css") + beside(f"{name}.css")})}'
        f"</script><script>(() => {{\n{beside('played.js')}{beside(f'{name}.js')}}})();</script></figure>"
    )
    if len(page) > MOST_BYTES:
        raise ValueError(f"{name}: {len(page):,} bytes are more than a page should carry ({MOST_BYTES:,})")
    words = f"A figure to be played with. {alt} {said}"
    shown = {"text/html": page, "image/png": sketched(marks, x, y), "text/plain": words}
    return shown, {"scrapbook": {"name": name, "mime_prefix": ""}}


def beside(name: str) -> str:
    """Return the text of a file that lies beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
