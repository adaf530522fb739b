"""What a chapter must be beyond what nbval compares. Each check takes a notebook and returns what is wrong, in words.

nbval is silent about a cell that was never run, a damaged picture and a cell that asks to be ignored; these are not.
"""

import ast
import base64
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from functools import cache
from pathlib import Path
from statistics import median

import nbformat
from machine import join_parts
from nbformat import NotebookNode
from PIL import Image
from questions import ASKS

from zoolab.drawings.drawings import NARROW, WIDE
from zoolab.drawings.palette import NIGHT

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("[0-9]*.ipynb"))
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))

# Cells whose output nbval does not compare, "chapter.ipynb:cell-id", and why. Nothing else may ask to be ignored.
IGNORED_CELLS: dict[str, str] = {}
MOST_IGNORED_IN_A_CHAPTER = 2

MOST_LINES, MEDIAN_LINES = 20, 6
SHAPED = {"broadcast_to", "empty", "full", "ones", "reshape", "zeros"}
SHORTEST_ALT = 30
ON_A_PHONE, SMALLEST_LETTER = 337, 12  # pixels: how wide a figure is where the window has 390, and its letters
COLOUR = re.compile("#[0-9a-fA-F]{6}")

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

SHORT_SECTION = 40  # words; a section with fewer need not ask anything
QUESTION = re.compile(  # an open one, or one that answers: between it and its answer stand choices and perhaps a hint
    r"^(:{3,})(:)\{admonition\} [^\n]+\n:class: check(?P<asks> asks-[^\n]+\n:name: q-[^\n]+)?\n+\*.+?\?\*\n\n"
    r"(?(asks).*?)^\1\{admonition\} Answer\n:class: dropdown answer\n+\S.+?^\1\n\1\2$",
    re.DOTALL | re.MULTILINE,
)

ONE_PAGE = "On one page"
PARTS_OF_A_PAGE = ["The question", "The formulas", "The code", "The rule", "The trap"]
WORDS_OF_A_PAGE, CODE_OF_A_PAGE = (100, 260), 12
WITHOUT_A_PAGE: set[str] = set()  # numbers of the chapters whose page is still to be written

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
        if join_parts([copy(output) for output in cell.outputs]) != cell.outputs:
            found.append(f"cell {cell.id}: what was printed came in parts; make execute joins them")
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
            elif image.convert("RGBA").getcolors(2):  # None if there are more colours than two
                found.append(f"cell {cell.id}: its picture is blank")
    return found


def pictures_have_drawings(nb: NotebookNode) -> list[str]:
    """A picture that stands is kept with its drawings: in colours that have their own by night, legible on a phone."""
    found = []
    for cell in code_cells(nb):
        for data in (output.get("data", {}) for output in cell.get("outputs", [])):
            if "image/png" not in data or "text/html" in data:
                continue
            drawn = [data.get(kind, "") for kind in (WIDE, NARROW)]
            if not all(re.fullmatch(r"<svg\b.*</svg>", one, re.DOTALL) for one in drawn):
                found.append(f"cell {cell.id}: its picture has no drawings; call plots.use_house_style and run it anew")
                continue
            strange = set(COLOUR.findall("".join(drawn))) - set(NIGHT)
            found += [
                f"cell {cell.id}: {colour} has no colour by night in zoolab.drawings.palette" for colour in strange
            ]
            width = float(re.search(r'viewBox="0 0 ([\d.]+) ', drawn[1])[1])
            smallest = min(map(float, re.findall(r"font-size: ?([\d.]+)px", drawn[1])), default=99)
            if smallest * ON_A_PHONE / width < SMALLEST_LETTER:
                found.append(f"cell {cell.id}: letters of {smallest} points in {width} are too small for a phone")
    return found


def cells_are_short(nb: NotebookNode) -> list[str]:
    imports = re.compile(r"^from \S+ import \([^)]*\)", re.MULTILINE)  # one line, however many names it has
    lines = {
        cell.id: len([line for line in imports.sub("import", cell.source).splitlines() if line.strip()])
        for cell in code_cells(nb)
    }
    folded = {
        cell.id for cell in code_cells(nb) if "claim(" in cell.source and "hide-input" in cell.metadata.get("tags", ())
    }
    hidden = {cell.id for cell in code_cells(nb) if cell.metadata.get("jupyter") == {"source_hidden": True}} | folded
    shown = {name: n for name, n in lines.items() if name not in hidden}
    found = [f"cell {name} has {n} lines; {MOST_LINES} is the most" for name, n in shown.items() if n > MOST_LINES]
    if shown and median(shown.values()) > MEDIAN_LINES:
        found.append(f"the median cell has {median(shown.values())} lines; {MEDIAN_LINES} is the most")
    return found


def worlds_are_counted_once(nb: NotebookNode) -> list[str]:
    """Whoever makes fewer worlds in one cell must not find their old number in the shapes of another."""
    trees = {cell.id: ast.parse(cell.source) for cell in code_cells(nb) if not cell.source.startswith("%")}
    calls = {name: [n for n in ast.walk(tree) if isinstance(n, ast.Call)] for name, tree in trees.items()}
    made = {name: {n for call in of for n in seeds_in(call)} for name, of in calls.items()}
    found = []
    for name, of in calls.items():
        elsewhere = set().union(*made.values()) - made[name]
        for call in of:
            if ast.unparse(call.func).split(".")[-1] in SHAPED:
                firsts = [
                    *call.args[:1],
                    *(arg.elts[0] for arg in call.args if isinstance(arg, ast.Tuple) and arg.elts),
                ]
                written = {n.value for n in firsts if isinstance(n, ast.Constant)} & elsewhere
                found += [f"cell {name} writes {n} where it means the worlds of another cell" for n in written]
    return found


def seeds_in(call: ast.Call) -> set[int]:
    """Return the N of the ``seed=range(N)`` by which a call makes worlds."""
    given = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg in ("seed", "seeds")]
    return {int(m[1]) for m in map(re.compile(r"range\((\d+)\)").fullmatch, given) if m}


def hype_words(text: str) -> list[str]:
    """Return the hype words of a text, except in code and in quotations."""
    return sorted({m[0].lower() for m in HYPE_WORD.finditer(QUOTED.sub(" ", text))})


def prose_is_plain(nb: NotebookNode) -> list[str]:
    found = [f"the prose says {word!r}" for word in hype_words(prose(nb))]
    sentences = Counter(re.split(r"(?<=[.!?])\s+|\n\s*\n", prose(nb)))
    return found + [
        f"a sentence stands there {n} times: {s!r}"
        for s, n in sentences.items()
        if n > 1 and len(s) > 45 and s[0] != ":"
    ]


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


def in_solutions(nb: NotebookNode) -> list[NotebookNode]:
    """Return the code of the solutions."""
    found, within = [], False
    for cell in nb.cells:
        if cell.cell_type == "code":
            found += [cell] * within
        elif marks := re.findall(r"\{solution-(start|end)\}", cell.source):
            within = marks[-1] == "start"
    return found


def jupyterlab_shows_no_solution(nb: NotebookNode) -> list[str]:
    """The page folds a solution with all that is in it; JupyterLab folds each cell that says so, and its output."""
    folded = {"source_hidden": True, "outputs_hidden": True}
    return [
        f"cell {cell.id} of a solution is open in JupyterLab"
        for cell in in_solutions(nb)
        if cell.metadata.get("jupyter") != folded
    ]


def checks_of_claims_are_folded(nb: NotebookNode) -> list[str]:
    within = {cell.id for cell in in_solutions(nb)}
    return [
        f"cell {cell.id} checks a claim in the open; give it the tag hide-input"
        for cell in code_cells(nb)
        if "zoo.claim(" in cell.source and cell.id not in within and "hide-input" not in tags(cell)
    ]


def sections(nb: NotebookNode) -> dict[str, str]:
    """Return what stands below each heading ## of a notebook."""
    found: dict[str, list[str]] = {}
    title, in_code = "", False
    for line in prose(nb).splitlines():
        if line.startswith("```"):
            in_code = line.startswith("```python")
        if not in_code and (heading := re.match(r"## +(.+?)\s*$", line)):
            title = heading[1]
            found[title] = []
        elif title:
            found[title].append(line)
    return {title: "\n".join(lines) for title, lines in found.items()}


def sections_ask(nb: NotebookNode) -> list[str]:
    """Every section of a chapter but the closing ones has a question, with its answer, for the reader to try."""
    found = []
    for title, text in sections(nb).items():
        asked = len(QUESTION.findall(text)) + len(ASKS.findall(text))  # whose form pages/ext/questions.py reads
        if asked < len(re.findall("^:class: check", text, re.MULTILINE)):
            found.append(
                f'section "{title}": a question stands in italics, ends in ?*, and its answer is folded below it'
            )
        closing = title == ONE_PAGE or any(title.startswith(name) for name in CLOSING)
        if not asked and not closing and len(text.split()) >= SHORT_SECTION:
            found.append(f'section "{title}" asks nothing')
    return found


def fits_on_one_page(nb: NotebookNode) -> list[str]:
    """A chapter has a page of its own: its question, formulas, code, rule and trap, before what it established."""
    text, titles = sections(nb).get(ONE_PAGE, ""), list(sections(nb))
    if not text:
        return [f'the chapter needs a section "{ONE_PAGE}"']
    found = [f"the page needs {part}" for part in PARTS_OF_A_PAGE if f"**{part}.**" not in text]
    if titles[titles.index(ONE_PAGE) + 1 :][:1] != [CLOSING[0]]:
        found.append(f'"{ONE_PAGE}" stands directly before "{CLOSING[0]}"')
    if ":class: onepage" not in text:
        found.append("the page must be an admonition of the class onepage")
    if "$$" not in text:
        found.append("the page needs a formula that is displayed")
    code = code_of_the_page(nb)
    if not 0 < len([line for line in code.splitlines() if line.strip()]) <= CODE_OF_A_PAGE:
        found.append(f"the code of the page has 1 to {CODE_OF_A_PAGE} lines")
    plain = re.sub(r"```.*?```|\$\$.*?\$\$|^:.*?$", " ", text, flags=re.DOTALL | re.MULTILINE)
    low, high = WORDS_OF_A_PAGE
    if not low <= len(plain.split()) <= high:
        found.append(f"the page has {len(plain.split())} words; {low} to {high} is right")
    return found


def code_of_the_page(nb: NotebookNode) -> str:
    """Return the code that a chapter's one page takes away."""
    block = re.search(r"^```python\n(.*?)^```$", sections(nb).get(ONE_PAGE, ""), re.DOTALL | re.MULTILINE)
    return block[1] if block else ""


EVERY_NOTEBOOK: list[Callable[[NotebookNode], list[str]]] = [
    was_run_from_top_to_bottom,
    cells_have_readable_ids,
    nothing_went_wrong,
    nothing_of_the_machine_shows,
    output_is_not_hidden_by_a_semicolon,
    pictures_have_words,
    pictures_are_whole,
    pictures_have_drawings,
    cells_are_short,
    worlds_are_counted_once,
    prose_is_plain,
]
EVERY_CHAPTER: list[Callable[[NotebookNode], list[str]]] = [
    opens_and_closes,
    exercises_have_solutions,
    jupyterlab_shows_no_solution,
    checks_of_claims_are_folded,
    sections_ask,
]
WITH_A_PAGE = [path for path in CHAPTERS if path.name[:2] not in WITHOUT_A_PAGE]


@cache
def read(path: Path) -> NotebookNode:
    """Return a notebook, one for all who ask: not to be changed."""
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    return nb


def problems(path: Path) -> list[str]:
    """Return what is wrong with a notebook, as far as every notebook must be so."""
    nb = read(path)
    return [problem for check in EVERY_NOTEBOOK for problem in check(nb)]
