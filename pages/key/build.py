"""Build the key for teachers, one page and its PDF, apart from the book ("make -C pages key").

The problems' wording stands in chapters/teaching.md alone, the solutions here in notebooks. The PDF is printed by
Chromium where there is one.
"""

import functools
import html
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Template

import nbformat
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from pygments.formatters import HtmlFormatter

from pages.slides.chromium import print_page

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TEACHING = ROOT / "chapters" / "teaching.md"
PARTS = ["set_1.ipynb", "set_2.ipynb", "set_3.ipynb", "set_4.ipynb", "project.md", "exam.md"]
HEADING = re.compile(r"^## (?:Question )?(\d+)\.? ?(.*) \((\d+)\)$", re.MULTILINE)
LABELLED = re.compile(r"\{(exercise-start|prf:\w+)\} (.+)\n:label: (\S+)")
EQUATION = re.compile(r"^\$\$ \((eq-[\w-]+)\)$", re.MULTILINE)
TITLE = "Key to the problem sets, the project and the exam"
ABOUT = (
    "Bandits that Generalize. For teachers: not part of the book, and not to be put where it is. Text CC BY 4.0, code "
    "MIT. Every number was computed by the cell above it."
)


def problems(teaching: str) -> dict[tuple[int, int], tuple[int, str]]:
    """Return marks and wording of every problem on the teaching page, by set and number."""
    found = {}
    sets = re.split(r"^\*\*Set (\d),.*$", section(teaching, "Problem sets"), flags=re.MULTILINE)
    for number, text in zip(sets[1::2], sets[2::2], strict=True):
        for n, marks, words in re.findall(r"^(\d+)\. \((\d+)\) (.*(?:\n   .*)*)", text, re.MULTILINE):
            found[int(number), int(n)] = int(marks), " ".join(words.split())
    return found


def questions(teaching: str) -> dict[int, str]:
    """Return the questions for an exam, by number."""
    asked = re.findall(r"^(\d+)\. (.*(?:\n   .*)*)", section(teaching, "Questions for an exam"), re.MULTILINE)
    return {int(n): " ".join(words.split()) for n, words in asked}


def section(text: str, title: str) -> str:
    """Return what stands under a heading of the second level."""
    return re.split(r"^## ", text.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


@functools.cache
def names() -> dict[str, str]:
    """Return what labels of the chapters are called where there is no number: title and chapter."""
    found = {}
    for path in sorted((ROOT / "chapters").glob("[0-9]*.ipynb")):
        chapter = f"Chapter {int(path.name[:2])}"
        for cell in nbformat.read(path, as_version=4).cells:
            for _, title, label in LABELLED.findall(cell.source):
                found[label] = f"“{title}” ({chapter})"
            for label in EQUATION.findall(cell.source):
                found[label] = f"the equation *{label[3:].replace('-', ' ')}* ({chapter})"
    return found


def plain(words: str, called: dict[str, str]) -> str:
    """Return wording of the teaching page without its links, references by name."""
    words = re.sub(r"\{[\w:]+\}`([^`<]+)`", lambda found: called[found[1]], words)
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", words)


def cells(name: str) -> Iterator[nbformat.NotebookNode]:
    """Go through the cells of a part of the key, the wording of each problem put under its heading."""
    teaching, called = TEACHING.read_text(encoding="utf-8"), names()
    part = HERE / name
    number = re.search(r"\d", name)
    asked = (
        questions(teaching)
        if number is None
        else {n: w for (s, n), (_, w) in problems(teaching).items() if s == int(number[0])}
    )

    def with_wording(found: re.Match[str]) -> str:
        return f"{found[0]}\n\n> {plain(asked[int(found[1])], called)}"

    if name.endswith(".md"):
        yield new_markdown_cell(HEADING.sub(with_wording, part.read_text(encoding="utf-8")))
        return
    for cell in nbformat.read(part, as_version=4).cells:
        if cell.cell_type == "markdown":
            cell.source = HEADING.sub(with_wording, cell.source)
        yield cell


def page() -> str:
    """Return the key as one page."""
    exporter = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True, exclude_anchor_links=True
    )
    body, contents = [], []
    for name in PARTS:
        written, _ = exporter.from_notebook_node(new_notebook(cells=list(cells(name))))
        for outer, inner in (("h2", "h3"), ("h1", "h2")):  # the page has a title of its own
            written = re.sub(rf"<(/?){outer}\b[^>]*>", rf"<\g<1>{inner}>", written)
        written = written.replace("<th></th>", "<td></td>")  # the corner of a table heads nothing
        label = name.split(".")[0]
        title = re.search(r"<h2>(.*?)(?:<a .*)?</h2>", written)[1]
        contents.append(f'<li><a href="#{label}">{title}</a></li>')
        body.append(f'<section id="{label}">{written}</section>')
    style = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
    style += (HERE / "key.css").read_text(encoding="utf-8")
    words = {"title": html.escape(TITLE), "about": html.escape(ABOUT), "style": style}
    words |= {"contents": "".join(contents), "body": "".join(body)}
    return Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(words)


def build(out: Path) -> None:
    """Write the key into a folder of its own."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(ROOT / "pages" / "vendor" / "mathjax", out / "mathjax")
    (out / "index.html").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    build(out := Path(sys.argv[1] if sys.argv[1:] else ROOT / "_build" / "key"))
    to_print = print_page(out / "index.html", out / "key.pdf")
    print(f"The key is built: open {out / 'index.html'}" + (", or print key.pdf beside it" if to_print else ""))
