"""A book of two pages with questions of every kind, built and finished as the real one is."""

from __future__ import annotations

from pathlib import Path

import small_book
import yaml
from built_book import ROOT

ANSWER = "::::{admonition} Answer\n:class: dropdown answer\n"
ONE = f""":::::{{admonition}} Check yourself
:class: check asks-one
:name: q-one
*With $\\alpha = 0.2$ and $x^\\top x = 2$, how much is a stranger worth, in clicks?*

1. $0.2 \\sqrt 2$.
2. Nothing.
3. 0.2.

::::{{admonition}} Hint
:class: dropdown hint
How long is $x$?
::::

{ANSWER}**1.** Payoff plus $\\alpha$ times uncertainty:

$$
0 + 0.2 \\cdot \\sqrt 2 \\approx 0.28.
$$

- **2:** the payoff is nothing, and the bonus $\\alpha \\sqrt{{x^\\top x}}$
  comes on top.
- **3:** the length of $x$ is not 1.
::::
:::::"""
ALL = f""":::::{{admonition}} Who learns
:class: check asks-all
:name: q-all
*Which agents learn?*

1. LinUCB
2. Random
3. NeuralUCB
4. The oracle

{ANSWER}**1, 3.** They have something to learn with.

- **2:** it never looks back.
- **4:** it knows already.
- **not 3:** a network learns, too.
::::
:::::"""
NUMBER = f""":::::{{admonition}} Check yourself
:class: check asks-number
:name: q-number
The variance of a click is 0.25.

*How large is the standard deviation of a mean of 100 clicks?*

{ANSWER}**0.05, to within 0.001.** The root of $0.25 / 100$.

- **0.5:** that is a single click's.
- **0.002 to 0.003:** a variance, and not its root.
- **more than 1:** a mean of clicks lies between 0 and 1.
- **less than 0:** a root is never negative.
::::
:::::"""
ORDER = f""":::::{{admonition}} Check yourself
:class: check asks-order
:name: q-order
*Sort by regret, the least first.*

1. Random
2. The oracle
3. LinUCB

{ANSWER}**2, 3, 1.** The oracle has none.

- **1 before 3:** whoever never learns pays at every visit.
- **3 before 2:** nobody is ahead of the oracle.
::::
:::::"""
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
