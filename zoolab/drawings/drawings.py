"""Beside the picture of a figure two drawings of it (SVG): for a wide page, and for a phone.

The picture is what JupyterLab and the printed book show. The pages show a drawing, as sharp as the window, in the
typeface of the page, and by night in the night's colours (:data:`zoolab.drawings.palette.NIGHT`).
"""

import io
import os
import re
import sys
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from zoolab.drawings.labels import fit, write_numbers_out
from zoolab.drawings.narrow import narrow

WIDE, NARROW = "application/vnd.zoolib.wide+svg", "application/vnd.zoolib.narrow+svg"
TYPEFACE = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Noto Sans,Arial,sans-serif"  # that of captions
TIDY = [
    (r"(?s)^.*?(?=<svg)|<metadata>.*?</metadata>|<!--.*?-->| font-family: [^;\"]*;|(?<=<g) id=\"[^\"]*\"", ""),
    (r" transform=\"rotate\(-?0 [^\"]*\"", ""),
    (r"(?<=\d)pt\"", '"'),
    ("<svg ", '<svg fill="#000000" '),  # which matplotlib does not say
    (r"\*\{stroke-linejoin", f"text{{font-family:{TYPEFACE}}} *{{stroke-linejoin"),
    (r"[^<>]*+>", lambda t: re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), t[0])),
    (r"\s*\n\s*|(?<=[a-z]:) (?=\S)|(?<=;) ", " "),
    (r"(?<=[\dML]) (?=[MLCQz])|(?<=[MLCQ]) |(?<=>) (?=<)| (?=/?>)", ""),
]


def drawing(figure: Figure) -> str:
    """Return a figure as SVG, the same bytes each time: words as text, places to a hundredth of a point."""
    written = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "zoolib"}):
        figure.savefig(written, format="svg", dpi=160, metadata={"Date": None})
    parts = re.split(r'("data:[^"]*")', written.getvalue())
    for pattern, after in TIDY:
        parts[::2] = [re.sub(pattern, after, part) for part in parts[::2]]
    return "".join(parts).strip()


def drawings(figure: Figure) -> dict[str, Any]:
    """Return what is kept beside the picture of a figure, by type; its numbers are written out.

    With ``BOOK_DRAWINGS=0`` they are empty: the checks compare no drawings, and need not wait for them.
    """
    write_numbers_out(figure)
    fit(figure)
    if os.environ.get("BOOK_DRAWINGS") == "0":
        return dict.fromkeys((WIDE, NARROW), "<svg></svg>")
    return {WIDE: drawing(figure), NARROW: drawing(narrow(figure))}


def keep() -> None:
    """Let every figure that a notebook shows be kept with its drawings; elsewhere this does nothing."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        shell.display_formatter.mimebundle_formatter.for_type(Figure, drawings)
