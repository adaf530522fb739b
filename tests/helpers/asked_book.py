"""A book of two pages with questions of every kind, built and finished as the real one is."""

from pathlib import Path

import small_book
import yaml
from built_book import ROOT

ASKED = Path(__file__).with_name("asked")
ONE, ALL, NUMBER, ORDER = (
    (ASKED / f"{kind}.md").read_text(encoding="utf-8").rstrip("\n") for kind in ("one", "all", "number", "order")
)
BEFORE = ONE.replace("asks-one", "asks-one before before-fig-moves").replace("q-one", "q-before")
FIGURE = """```{raw} html
<figure id="fig-moves"><label>alpha <input type="range"></label><figcaption>It rises, and falls.</figcaption></figure>
```"""
SOURCES = {"q-one": ONE, "q-all": ALL, "q-number": NUMBER, "q-order": ORDER, "q-before": BEFORE}
NOTE = "\n\n:::{margin}\nA note on it.\n:::"
OPENING = "# A chapter\n\nWords before the questions, enough of them for a paragraph that tells what the page is about."
PLACE = "# What was answered\n\nIn two pages, and in the words of a paragraph that tells what the page is about.\n\n"
INDEX = "# A book\n\nTwo pages.\n\n```{toctree}\nchapters/00_asked\nchapters/questions\n```\n"


def build(folder: Path, sources: dict[str, str] | None = None) -> tuple[Path, str]:
    """Build the book, with other questions if they are named; return its folder and what was warned of."""
    chapters = folder / "chapters"
    chapters.mkdir(parents=True)
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config = {
        "extensions": ["myst_parser", "sphinx_togglebutton", "questions", "finish"],
        "html_theme": "sphinx_book_theme",
        "html_title": "A book",
        "html_favicon": str(ROOT / "pages" / "static" / "favicon.svg"),
        "myst_enable_extensions": settings["parse"]["myst_enable_extensions"],
        "html_static_path": [str(ROOT / "pages" / "static")],
        "html_extra_path": [str(ROOT / "pages" / "vendor")],
    }
    kept = ("mathjax_path", "mathjax_options", "mathjax3_config", "html_context", "html_css_files", "togglebutton_hint")
    config |= {name: settings["sphinx"]["config"][name] for name in kept}
    (folder / "conf.py").write_text(
        "\n".join(f"{name} = {value!r}" for name, value in config.items()), encoding="utf-8"
    )
    (folder / "index.md").write_text(INDEX, encoding="utf-8")
    (chapters / "questions.md").write_text(PLACE + '<div id="book-answers"></div>\n', encoding="utf-8")
    boxes = [OPENING + NOTE, *(SOURCES | (sources or {})).values(), FIGURE]
    (chapters / "00_asked.md").write_text("\n\n".join(boxes), encoding="utf-8")
    return small_book.build(folder)
