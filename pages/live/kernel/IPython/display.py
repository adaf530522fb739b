"""Objects that show themselves, and :func:`display`, under the names that IPython gives them."""

import base64
import itertools

from pretty import pretty

_names = itertools.count()
shown = None  # set by the kernel: shown(kind, data, name)
BY_METHOD = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "image/svg+xml": "_repr_svg_",
    "text/latex": "_repr_latex_",
}
by_type = {}  # {type: function that returns a bundle}, as mimebundle_formatter.for_type keeps them


class _Shown:
    mime = "text/plain"

    def __init__(self, data=""):
        self.data = data

    def _repr_mimebundle_(self, **_):
        return {self.mime: self.data}

    def __repr__(self):
        return f"<IPython.core.display.{type(self).__name__} object>"


class HTML(_Shown):
    """HTML."""

    mime = "text/html"


class Markdown(_Shown):
    """Markdown."""

    mime = "text/markdown"


class SVG(_Shown):
    """A drawing."""

    mime = "image/svg+xml"


class Latex(_Shown):
    """A formula."""

    mime = "text/latex"


class Image(_Shown):
    """A picture: its bytes, as PNG unless ``format`` says otherwise."""

    def __init__(self, data, format="png"):
        super().__init__(base64.b64encode(data).decode())
        self.mime = f"image/{format}"


class DisplayHandle:
    """What was shown under a name, and can be shown anew in its place."""

    def __init__(self, name):
        self.display_id = name

    def update(self, one):
        """Show something else in its place."""
        shown("update", bundle(one), self.display_id)


def bundle(one):
    """Return what an object is in all the forms in which it can show itself, ``{type: data}``."""
    data = {"text/plain": pretty(one)}
    if isinstance(one, type):
        return data
    for kind in type(one).__mro__:
        if kind in by_type:
            data |= by_type[kind](one)
            break
    made = getattr(one, "_repr_mimebundle_", None)
    if made is not None:
        made = made(include=None, exclude=None)
        return data | (made[0] if isinstance(made, tuple) else made)
    for mime, method in BY_METHOD.items():
        made = getattr(one, method, None)
        value = made() if callable(made) else None
        if value is not None:
            data[mime] = value
    return data


def display(*objects, raw=False, display_id=None, **_):
    """Show objects below the cell, raw ones as bundles; with ``display_id=True`` return a handle to change them by."""
    for one in objects:
        name = f"shown-{next(_names)}" if display_id in (True, None) else display_id
        shown("display_data", one if raw else bundle(one), name)
    return DisplayHandle(name) if display_id and objects else None
