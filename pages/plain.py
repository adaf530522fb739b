"""Warn of what is hard to read aloud, by the rules of ``pages/README.md``: ``python -m pages.plain [FILES]``."""

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
ALWAYS = ("README.md", ".github/CONTRIBUTING.md", "chapters/changelog.md", "chapters/index.md")
MOST, RETIRED = (dict(pd.read_csv(ROOT / "pages" / name).values[:, :2]) for name in ("budgets.csv", "plain.csv"))

DIRECTIVE = r"(?ms)^(`{3,})(\{.*?^)\1 *$"  # which is read as if its fences were ~~~, so that ``` is code
BOX = r"^(?P<{0}>[:~]{{3,}})\{{(?:{1})\}}.*?^(?P={0}) *$"
OF_CLASS = r"^(?P<{0}>[:~]{{3,}})\{{[^\n]*\n(?::[\w-]+:[^\n]*\n)*?:class:[^\n]*\b(?:{1})\b.*?^(?P={0}) *$"
FOLDED = r"^~{3,}\{(?P<task>exercise|solution)-start\}.*?\{(?P=task)-end\}\n~{3,} *$"
FOLDED += rf"|{OF_CLASS.format('fold', 'dropdown|toggle|answer')}|{BOX.format('own', 'exercise|solution|dropdown')}"
CODE = r"^(?P<ticks>`{3,})[^\n]*\n(?P<lines>.*?)^(?P=ticks) *$"
NO_PROSE = rf"{CODE}|{BOX.format('of', '(?:list-|csv-)?table|math')}|\A---\n.*?^---$|\$\$.*?\$\$"
NO_PROSE += r"|\\begin\{.*?\\end\{\S*"
NO_PROSE += r"|^(?:[:~]{3,}|:[\w-]+:| *\||\{[.#]|\([\w-]+\)=$|(?:%|<!--|<(?!!))(?! plain: \w))[^\n]*$"
INLINE = {
    r"\{[\w:]+\}`([^`<]*)[^`]*`|`[^`]*`": lambda found: found[1] or "code",  # a term, a reference
    r"\$[^$]*\$": lambda found: " ".join(re.findall(r"\\alpha", found[0])) or "x",
    r"!\[[^\]]*\]\([^)]*\)|<[^>]*>|\[([^\]]*)\]\([^)]*\)": lambda found: found[1] or "",
}
EXCUSE, ITEM = r"(?P<excuse>(?:%|<!--) plain: \w.*\n)?", r" *(?:[-*+✓]|\d+\.|#+|%|<!--) "
PARAGRAPH = rf"(?m)^{EXCUSE}(?P<text> *\S.*(?:\n(?!{ITEM}) *\S.*)*)"
SENTENCE = r"(?s)\S.*?(?:(?<!e\.g)(?<!i\.e)(?<!vs)[.!?…][)”\"*]*(?=\s)|\Z)"
WORD, ALPHA, ASIDE = re.compile(r"\S*\w\S*"), re.compile(r"α|(?i:\balphas?\b)"), re.compile(r"\(([^()]*)\)")


def read(path: Path) -> nbformat.NotebookNode:
    """Return a notebook, and a page of Markdown as one of a single cell."""
    text = path.read_text(encoding="utf-8")
    marks = {"book": {"edition": 2}} if re.match(r"---\n(.+\n)*?book: \{edition: 2\}\n", text) else {}
    page = nbformat.v4.new_notebook(metadata=marks, cells=[nbformat.v4.new_markdown_cell(text, id="page")])
    return nbformat.reads(text, as_version=4) if path.suffix == ".ipynb" else page


def marked(kind: str = "*.[mi][dp]*") -> list[Path]:
    """Return the pages of the second edition."""
    return [p for p in sorted(ROOT.glob(f"chapters/{kind}")) if read(p).metadata.get("book", {}).get("edition") == 2]


def says(cell: nbformat.NotebookNode) -> str:
    """Return the Markdown that a cell of code prints; a claim's short words stand in their line, behind a ✓."""
    shown = not {"remove-cell", "remove-output", "hide-output"} & {*cell.metadata.get("tags", [])}
    printed = [one.get("data", {}).get("text/markdown", "") for one in cell.outputs if shown]
    lines = [f"% {line.strip('# ')}" if "# plain: " in line else "" for line in cell.source.split("\n")]
    for call in ast.walk(ast.parse(re.sub(r"(?m)^[%!].*", "", cell.source))):
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "claim":
            short = {given.arg: given.value for given in call.keywords}.get("short", call)
            parts = getattr(short, "values", [short])  # of an f-string; a number that it fills in is a word
            words = (part.value if isinstance(part, ast.Constant) else "0" for part in parts)
            lines[short.lineno - 1], printed = f"✓ {''.join(words)}", []
    return "\n".join([*lines, *printed])


def blank(pattern: str, text: str) -> str:
    """Leave nothing of what matches but its lines."""
    return re.sub(f"(?ms){pattern}", lambda found: "\n" * found[0].count("\n"), text)


def main_line(cells: list[nbformat.NotebookNode]) -> tuple[str, list[tuple[str, int]]]:
    """Return the text outside folds, exercises and solutions, and of each of its lines the cell and the line there."""
    said = {cell.id: f"{says(cell) if cell.cell_type == 'code' else cell.source}\n" for cell in cells}
    places = [(name, n) for name, text in said.items() for n in range(1, text.count("\n") + 2)]
    return blank(FOLDED, re.sub(DIRECTIVE, r"~~~\2~~~", "\n".join(said.values()))), places


def paragraphs(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the paragraphs of a text: the line where each begins, its words, and whether it is an exception."""
    for found in re.finditer(PARAGRAPH, bare := blank(NO_PROSE, text)):
        words = found["text"]
        for pattern, instead in INLINE.items():
            words = re.sub(pattern, instead, words)
        yield bare.count("\n", 0, found.start("text")), words, bool(found["excuse"])


def faults(cells: list[nbformat.NotebookNode]) -> Iterator[tuple[str, int, str, str]]:
    """Yield what is hard to read aloud on the main line: cell, line, words and rule."""
    text, places = main_line(cells)
    for first, words, excused in paragraphs(text):
        for found in () if excused else re.finditer(SENTENCE, words):
            said, place = " ".join(found[0].split()), places[first + words.count("\n", 0, found.start())]
            counts = [(f"words in a {'claim' if words[0] == '✓' else 'sentence'}", WORD, said)]
            counts += [("alphas in a sentence", ALPHA, said)]
            counts += [("words in a parenthesis", WORD, aside) for aside in ASIDE.findall(said)]
            for what, unit, where in counts:
                if (n := len(unit.findall(where))) > MOST[what]:
                    yield *place, where, f"{n} {what}, at most {MOST[what]}"
            for word, better in RETIRED.items():
                yield from (
                    (*place, it[0], f"retired, better {better}") for it in re.finditer(rf"(?i)\b({word})\b", said)
                )


if __name__ == "__main__":
    pages = [ROOT / name for name in sys.argv[1:] or [*ALWAYS, *map(str, marked())]]
    warnings = [(os.path.relpath(page, ROOT), *fault) for page in pages for fault in faults(read(page).cells)]
    for page, cell, line, words, rule in warnings:
        print(f"{page}:{cell}:{line}: {rule}: {words[:90]}")
    print(f"Plain English: {len(warnings)} warnings; pages/README.md tells the rules.")
    sys.exit(bool(warnings and os.environ.get("STRICT")))
