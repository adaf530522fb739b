"""A figure as it is drawn for where it is seen: for a wide page and for a phone, by day and by night.

A notebook keeps beside the picture of a figure two drawings (:mod:`zoolab.drawings.drawings`). Here they become files,
each also in the colours of the night, and take the place of the picture. The browser asks for the one that it shows.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from copy import copy
from pathlib import Path

import nbformat
import numpy as np
from bs4 import BeautifulSoup, Tag
from PIL import Image

from zoolab.drawings.drawings import NARROW, WIDE
from zoolab.drawings.palette import NIGHT

ON_A_PHONE = "(max-width: 600px)"
COLOUR = re.compile("#[0-9a-f]{6}")
RASTER = re.compile(r"(?<=data:image/png;base64,)[A-Za-z0-9+/=\s]+")


def by_night(drawing: str) -> str:
    """Return a drawing in the colours of the night; a scale of many colours stays as it is."""
    drawing = RASTER.sub(lambda found: _raster_by_night(found[0]), drawing)
    return COLOUR.sub(lambda found: NIGHT.get(found[0], found[0]), drawing)


def _raster_by_night(encoded: str) -> str:
    """Return a picture within a drawing by night: one of a single ink, more or less of it, has the night's ink."""
    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA")
    pixels = np.asarray(picture).reshape(-1, 4)
    inks = pixels[pixels[:, 3] > 0, :3]
    one = len(inks) > 0 and (inks == inks[0]).all()
    night = NIGHT.get("#{:02x}{:02x}{:02x}".format(*inks[0])) if one else None
    if night is None:
        return encoded
    inked = Image.new("RGB", picture.size, night)
    inked.putalpha(picture.getchannel("A"))
    written = io.BytesIO()
    inked.save(written, "PNG", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


def drawings(notebooks: Iterable[Path], pictures: Iterable[Path] = ()) -> dict[str, tuple[str, str]]:
    """Return the two drawings of every figure of some notebooks, by the file in which the build puts its picture.

    Those of ``pictures`` lie beside them.
    """
    found = {}
    for path in pictures:
        wide, narrow = (path.with_name(f"{path.stem}-{which}.svg") for which in ("wide", "narrow"))
        found[path.name] = (wide.read_text(encoding="utf-8"), narrow.read_text(encoding="utf-8"))
    for path in notebooks:
        for cell in nbformat.read(path, as_version=4).cells:
            for data in (output.get("data", {}) for output in cell.get("outputs", [])):
                if WIDE in data and NARROW in data:
                    picture = hashlib.sha256(base64.b64decode(data["image/png"])).hexdigest()
                    found[f"{picture}.png"] = (data[WIDE], data[NARROW])
    return found


def show_drawings(page: BeautifulSoup, folder: Path, drawn: Mapping[str, tuple[str, str]]) -> None:
    """Put its drawings in the place of every picture that has them; the others stay."""
    for image in page.select("article img[src$='.png']"):
        place = folder / image["src"]
        if place.name not in drawn:
            continue
        for when, change in (("light", str), ("dark", by_night)):
            for name, drawing in zip(("wide", "narrow"), drawn[place.name], strict=True):
                place.with_name(f"{place.stem}-{name}-{when}.svg").write_text(change(drawing), encoding="utf-8")
            image.insert_before(_picture(page, image, when, drawn[place.name]))
        image.decompose()


def _picture(page: BeautifulSoup, image: Tag, when: str, drawn: tuple[str, str]) -> Tag:
    """Return what shows one of two drawings, as wide as the window; loaded only where the theme shows it."""
    (width, height), (w, h) = (_size(one) for one in drawn)
    stem = image["src"].removesuffix(".png")
    picture, shown = page.new_tag("picture"), copy(image)
    source = {"media": ON_A_PHONE, "srcset": f"{stem}-narrow-{when}.svg", "width": w, "height": h}
    shown.attrs |= {"src": f"{stem}-wide-{when}.svg", "class": ["drawn", f"only-{when}"], "loading": "lazy"}
    shown.attrs |= {"width": width, "height": height}
    picture.extend([page.new_tag("source", attrs=source), shown])
    return picture


def _size(drawing: str) -> tuple[str, str]:
    """Return width and height of a drawing, in pixels of the page, of which there are four to three points."""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    return f"{float(box[1]) * 4 / 3:.0f}", f"{float(box[2]) * 4 / 3:.0f}"
