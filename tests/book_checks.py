"""What a chapter must be beyond what nbval compares. Each check takes a notebook and returns what is wrong, in words.

nbval is silent about a cell that was never run, a damaged picture and a cell that asks to be ignored; these are not.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import nbformat
import numpy as np
from nbformat import NotebookNode
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("[0-9]*.ipynb"))
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))

# Cells whose output nbval does not compare, "chapter.ipynb:cell-id", and why. Nothing else may ask to be ignored.
IGNORED_CELLS: dict[str, str] = {}
MOST_IGNORED_IN_A_CHAPTER = 2

MOST_LINES, MEDIAN_LINES = 20, 6
SHORTEST_ALT = 30

HYPE_WORDS = """
    amazing amazingly astonishing astonishingly astounding blazing blazingly breathtaking crushes cutting-edge
    dramatic dramatically effortless effortlessly game-changer game-changing groundbreaking incredible incredibly
    insane magical magically massive massively mind-blowing next-level phenomenal remarkable remarkably
    revolutionary seamless seamlessly spectacular spectacularly state-of-the-art stunning stunningly super-fast
    supercharge unleash unparalleled unprecedented vanquish vanquished vanquishes world-class
"""
HYPE_WORD = re.compile(r"\b(" + "|".join(HYPE_WORDS.split()) + r")\b", re.IGNORECASE)
QUOTED = re.compile(r"```.*?```|`[^`]*`|\"[^\"]*\"|“[^”]*”", re.DOTALL)

OPENING = ["You will be able to", "You need", "It runs"]
CLOSING = ["What we established", "What we did not", "Exercises", "Reading on"]

MACHINE_PATH = re.compile(
    r"(?<![\w.])/(home|root|Users|tmp|work|opt|var|usr|mnt|private)/\w|[A-Z]:\\\w|site-packages|dist-packages"
)
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
RANDOM_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?$")
READABLE_ID = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def prose(nb: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def texts(cell: NotebookNode) -> Iterator[str]:
    """Yield all that a cell says in text: streams, and what it displays as text, HTML, Markdown or JSON."""
    for output in cell.get("outputs", []):
        if "text" in output:
            yield output.text
        for mime, data in output.get("data", {}).items():
            if not mime.startswith("image/") or mime == "image/svg+xml":
                yield str(data)


def pictures(cell: NotebookNode) -> Iterator[tuple[str, str]]:
    for output in cell.get("outputs", []):
        for mime, data in output.get("data", {}).items():
            if mime.startswith("image/"):
                yield mime, data


def was_run_from_top_to_bottom(nb: NotebookNode) -> list[str]:
    counts = [cell.execution_count for cell in code_cells(nb)]
    if counts != list(range(1, len(counts) + 1)):
        return [f"the cells were not run once each, from top to bottom: execution counts {counts}"]
    return [f"cell {cell.id} is empty" for cell in nb.cells if not cell.source.strip()]


def cells_have_readable_ids(nb: NotebookNode) -> list[str]:
    ids = [cell.get("id", "") for cell in nb.cells]
    wrong = [i for i in ids if RANDOM_ID.match(i) or not READABLE_ID.match(i)]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    return [f"cell id {i!r} says nothing to a reader; use words-with-hyphens" for i in wrong] + [
        f"cell id {i!r} occurs twice" for i in twice
    ]


def nothing_went_wrong(nb: NotebookNode) -> list[str]:
    found = []
    for cell in code_cells(nb):
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                found.append(f"cell {cell.id} ended in {output.ename}; if that is meant, tag it raises-exception")
            if output.get("name") == "stderr":
                found.append(f"cell {cell.id} wrote to stderr: {output.text[:80]!r}")
        found += [f"cell {cell.id} shows a warning" for text in texts(cell) if re.search(r"\w+Warning:", text)]
    return found


def nothing_of_the_machine_shows(nb: NotebookNode) -> list[str]:
    found = []
    for cell in nb.cells:
        for text in [cell.source, *texts(cell)]:
            found += [f"cell {cell.id} holds a path of some machine: {m[0]!r}" for m in MACHINE_PATH.finditer(text)]
        for text in texts(cell):
            found += [f"cell {cell.id} shows a memory address: {m[0]!r}" for m in ADDRESS.finditer(text)]
        if "execution" in cell.metadata:
            found.append(f"cell {cell.id} holds timestamps; run it through make execute")
    if nb.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("the kernel must be named python3")
    if "widgets" in nb.metadata:
        found.append("the notebook stores the state of widgets")
    return found


def asks_to_be_ignored(cell: NotebookNode) -> bool:
    commands = ("NBVAL_IGNORE_OUTPUT", "NBVAL_SKIP", "PYTEST_VALIDATE_IGNORE_OUTPUT")
    return any(tag in ("nbval-ignore-output", "nbval-skip") for tag in tags(cell)) or any(
        c in cell.source for c in commands
    )


def output_is_not_hidden_by_a_semicolon(nb: NotebookNode) -> list[str]:
    """nbval runs cells without a history, and there a semicolon at the end of a cell hides nothing."""
    return [f"cell {cell.id} ends in a semicolon" for cell in code_cells(nb) if cell.source.rstrip().endswith(";")]


def pictures_have_words(nb: NotebookNode) -> list[str]:
    found = []
    for cell in code_cells(nb):
        if any(pictures(cell)):
            about = cell.metadata.get("mystnb", {})
            alt = about.get("image", {}).get("alt", "").strip()
            if len(alt) < SHORTEST_ALT or re.search(r"\.(png|svg|jpe?g)$", alt):
                found.append(f"cell {cell.id}: metadata mystnb.image.alt must say what the picture shows, not {alt!r}")
            if not about.get("figure", {}).get("caption", "").strip():
                found.append(f"cell {cell.id}: metadata mystnb.figure.caption must state the message of the figure")
            if not about.get("figure", {}).get("name", "").startswith("fig-"):
                found.append(f"cell {cell.id}: metadata mystnb.figure.name must be a label fig-something")
    return found


def pictures_are_whole(nb: NotebookNode) -> list[str]:
    found = []
    for cell in code_cells(nb):
        for mime, data in pictures(cell):
            if mime == "image/svg+xml":
                if not re.search(r"<svg\b.*</svg>", data, re.DOTALL):
                    found.append(f"cell {cell.id}: its SVG is damaged")
                continue
            try:
                image = Image.open(io.BytesIO(base64.b64decode(data, validate=False)))
                image.load()
            except Exception as error:
                found.append(f"cell {cell.id}: its picture cannot be read: {error}")
                continue
            if min(image.size) < 50:
                found.append(f"cell {cell.id}: its picture measures only {image.size}")
            elif len(np.unique(np.asarray(image.convert("RGBA")).reshape(-1, 4), axis=0)) < 3:
                found.append(f"cell {cell.id}: its picture is blank")
    return found


def cells_are_short(nb: NotebookNode) -> list[str]:
    lines = {cell.id: len([line for line in cell.source.splitlines() if line.strip()]) for cell in code_cells(nb)}
    hidden = {
        cell.id
        for cell in code_cells(nb)
        if {"hide-input", "hide-cell", "remove-input", "remove-cell"} & set(tags(cell))
    }
    shown = {name: n for name, n in lines.items() if name not in hidden}
    found = [f"cell {name} has {n} lines; {MOST_LINES} is the most" for name, n in shown.items() if n > MOST_LINES]
    if shown and median(shown.values()) > MEDIAN_LINES:
        found.append(f"the median cell has {median(shown.values())} lines; {MEDIAN_LINES} is the most")
    return found


def hype_words(text: str) -> list[str]:
    """Return the hype words of a text, except in code and in quotations."""
    return sorted({m[0].lower() for m in HYPE_WORD.finditer(QUOTED.sub(" ", text))})


def prose_is_plain(nb: NotebookNode) -> list[str]:
    return [f"the prose says {word!r}" for word in hype_words(prose(nb))]


def opens_and_closes(nb: NotebookNode) -> list[str]:
    first = nb.cells[0]
    found = (
        []
        if first.cell_type == "markdown" and first.source.startswith("# ")
        else ["the first cell must begin with the title, # ..."]
    )
    found += [f'the opening must say "{words}"' for words in OPENING if words not in first.source]
    if ":class: objectives" not in first.source:
        found.append("the opening must hold an admonition of the class objectives")
    headings = re.findall(r"^## +(.+?)\s*$", prose(nb), re.MULTILINE)
    found += [
        f'the chapter needs a section "{title}"' for title in CLOSING if not any(h.startswith(title) for h in headings)
    ]
    return found


def exercises_have_solutions(nb: NotebookNode) -> list[str]:
    text = prose(nb)
    exercises = set(re.findall(r"\{exercise(?:-start)?\}[^\n]*\n:label: *(\S+)", text))
    solutions = set(re.findall(r"\{solution(?:-start)?\} *(\S+)", text))
    found = [f"exercise {label} has no solution" for label in sorted(exercises - solutions)]
    return found if exercises else ["the chapter has no exercise"]


EVERY_NOTEBOOK: list[Callable[[NotebookNode], list[str]]] = [
    was_run_from_top_to_bottom,
    cells_have_readable_ids,
    nothing_went_wrong,
    nothing_of_the_machine_shows,
    output_is_not_hidden_by_a_semicolon,
    pictures_have_words,
    pictures_are_whole,
    cells_are_short,
    prose_is_plain,
]
EVERY_CHAPTER: list[Callable[[NotebookNode], list[str]]] = [opens_and_closes, exercises_have_solutions]


def read(path: Path) -> NotebookNode:
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    return nb


def problems(path: Path) -> list[str]:
    """Return what is wrong with a notebook, as far as every notebook must be so."""
    nb = read(path)
    return [problem for check in EVERY_NOTEBOOK for problem in check(nb)]
