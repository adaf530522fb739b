"""No result is typed into the prose: a number there is a constant, or an output of the same chapter shows it.

nbval sees to it that an output comes out again. A number that is typed beside it does not change when the output does,
and then no output shows it any more: that is noticed here. Whole numbers are left alone, but for percentages and "12
times"; formulas, code, citations and links are no prose.
"""

import re

import book_checks as book
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from questions import ASKS, read

from zoolib import SHOCK_DOG_TOY, SHOCK_FISH
from zoolib.world import CLICK_TABLE

NO_PROSE = [
    re.compile(pattern, re.DOTALL | re.MULTILINE)
    for pattern in (
        r"^(`{3,})(?!\{)[^\n]*\n.*?^\1\s*$",  # code
        r"\$\$.*?\$\$",
        r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}",
        r"\{[\w:]+\}`[^`]*`",  # references, citations
        r"`[^`]*`",
        r"\$[^$]*\$",
        r"\]\([^)]*\)",
        r"^:\w+:[^\n]*$",
        r"^:{3,}[^\n]*$|^`{3,}[^\n]*$",
        r"CC BY 4\.0",
    )
]
RESULT = re.compile(
    r"(?<![\w.,-])(?P<decimal>\d[\d,]*\.\d+|\.\d+)(?:\s*(?:%|percent))?"
    r"|(?<![\w.,-])(?P<whole>\d[\d,]*)\s*(?:%|percent|times\b)"
)
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?|(?<![\w.])\.\d+")

# Constants of the whole book: the click rates of the shop, the level of its intervals, and what random earns in it.
CONSTANTS = {0.95, 95, 100, 0.21}
CONSTANTS |= {rate for row in CLICK_TABLE.values() for rate in row.values()}
CONSTANTS |= {rate for shock in (SHOCK_FISH, SHOCK_DOG_TOY) for row in shock.changes.values() for rate in row.values()}

# Numbers that the text itself works out, by chapter and cell, and from what. Nothing else is typed.
WORKED_OUT = {
    ("01", "first-visits-text"): {0.28: "alpha times the root of 2"},
    ("01", "stale-average"): {0.28: "the same"},
    ("01", "q-average-falls"): {0.28: "the same"},
    ("01", "alpha-intro"): {0.28: "the same"},
    ("01", "catalog-text"): {1.41: "the root of 2"},
    ("01", "q-diagonal-memory"): {1.6: "a multiplication that stands beside it"},
    ("07", "q-best-of-ten"): {1.5: "the expectation of the largest of ten normal values"},
    ("08", "q-and-shelf"): {6.5: "fifty times 0.6 to the fourth", 7.5: "a wrong answer", 12.5: "a wrong answer"},
    ("00", "q-overlapping-intervals"): {0.05: "an example, not a result"},
    ("00", "q-random-on-this-shelf"): {0.305: "from two click rates, beside it"},
    ("01", "q-after-one-click"): {0.83: "two thirds, and 0.2 times their root"},
    ("03", "q-hundred-times-products"): {7.6: "a ratio of two sums, beside it"},
}


def value(text: str) -> float:
    return round(float(text.replace(",", "").rstrip(".")), 9)


def shown(nb: NotebookNode) -> set[float]:
    """Return all numbers in the code of a notebook and in what its cells print."""
    texts = [text for cell in book.code_cells(nb) for text in (cell.source, *book.texts(cell))]
    return {value(match[0]) for text in texts for match in NUMBER.finditer(text)}


def asked(source: str) -> str:
    """Return what a question that answers says: a number of a wrong answer is no result, nor is a tolerance."""
    question = read(source)
    right = [question.choices[i - 1] for i in question.key] or [f"{question.value:,.12g}"]
    return "\n\n".join([question.text, *right, question.why, *(text for _, text in question.feedback), question.hint])


def typed(nb: NotebookNode, chapter: str = "") -> list[str]:
    """Return the results that are typed into the prose of a notebook."""
    known = shown(nb) | CONSTANTS
    found = []
    for cell in nb.cells:
        if cell.cell_type != "markdown":
            continue
        text = asked(cell.source) if ASKS.search(cell.source) else cell.source
        for pattern in NO_PROSE:
            text = pattern.sub(" ", text)
        for match in RESULT.finditer(text):
            number = value(match["decimal"] or match["whole"])
            same = {number, round(number / 100, 9)} if match[0].endswith(("%", "percent")) else {number}
            if not same & known and number not in WORKED_OUT.get((chapter, cell.id), {}):
                around = text[max(match.start() - 40, 0) : match.end() + 20].replace("\n", " ")
                found.append(f"cell {cell.id} types {match[0]!r}, which no cell of the chapter shows: ...{around}...")
    return found


@pytest.mark.parametrize("path", book.CHAPTERS, ids=lambda path: path.name)
def test_no_result_is_typed_into_the_prose(path):
    assert typed(book.read(path), path.name[:2]) == []


def test_what_is_worked_out_is_still_there():
    """An entry of the list whose number has gone from its cell is taken off the list."""
    cells = {(path.name[:2], cell.id): cell.source for path in book.CHAPTERS for cell in book.read(path).cells}
    gone = [
        (at, number) for at, numbers in WORKED_OUT.items() for number in numbers if str(number) not in cells.get(at, "")
    ]
    assert gone == []


def notebook(prose: str, printed: str = "0.731\n12.5 % of 40") -> NotebookNode:
    output = new_output("stream", name="stdout", text=printed)
    return new_notebook(cells=[new_code_cell("alpha = .35", outputs=[output]), new_markdown_cell(prose)])


@pytest.mark.parametrize(
    "prose",
    ["It earns 0.732.", "It earns .73 clicks", "ahead in 64 % of worlds", "17 times as fast", "(1,204.5 a second)"],
)
def test_a_typed_result_is_noticed(prose):
    assert len(typed(notebook(prose))) == 1


@pytest.mark.parametrize(
    "prose",
    [
        "It earns 0.731, with alpha 0.35.",
        "in 12.5 % of 40, a 95 % interval",
        "$x = 0.123$ and `0.123`, [here](a/0.123)",
        "```python\nx = 0.123\n```",
        "$$\n0.123\n$$",
        "It took 3 steps, 41 of them in Chapter 9.",
        "A shopper clicks at 0.55.",
    ],
)
def test_constants_and_what_is_shown_may_be_typed(prose):
    assert typed(notebook(prose)) == []
