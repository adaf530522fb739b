"""One symbol, one meaning; one term, one entry: what chapters use is in the notation and in the glossary."""

import re

import book_checks as book
import pytest

NOTATION = (book.ROOT / "chapters" / "notation.md").read_text(encoding="utf-8")
GLOSSARY = (book.ROOT / "chapters" / "glossary.md").read_text(encoding="utf-8")
SOURCE = "\n".join(
    [path.read_text(encoding="utf-8") for path in (book.ROOT / "zoolib").rglob("*.py")]
    + [cell.source for path in book.CHAPTERS for cell in book.code_cells(book.read(path))]
)

FORMULA = re.compile(r"\$\$(.*?)\$\$|\$([^$]+)\$", re.DOTALL)
WORDS_IN_IT = re.compile(r"\\(?:text|mathrm|operatorname|begin|end|mathbb|mathcal)\{[^}]*\}")
SYMBOL = re.compile(r"\\(hat|bar|tilde)\s*\{?(\\[a-zA-Z]+|[A-Za-z])\}?|\\([a-zA-Z]+)|([A-Za-z])")
SIGNS = """
    approx arg Bigl Bigr bigl bigr big Big cdot circ det dfrac dots equiv exp frac ge gt in infty int langle ldots le
    left leftarrow ln log lt lVert lvert max mid min mp nabla ne not odot otimes partial pm preceq prod propto qquad
    quad rangle right rVert rvert sim sqrt sum textstyle tfrac times to top underbrace underset
"""

# in italics within a definition, and no terms
EMPHASIS = {"when the click came"}


def symbols(formula: str) -> set[str]:
    """Return the letters of a formula, each with its hat, bar or tilde."""
    found = set()
    for accent, under, command, letter in SYMBOL.findall(WORDS_IN_IT.sub(" ", formula)):
        if accent:
            found.add(f"{accent} {under.lstrip(chr(92))}")
        elif letter or command not in SIGNS.split():
            found.add(letter or command)
    return found


def symbols_of(text: str) -> set[str]:
    """Return the symbols of all formulas in a text."""
    return set().union(*(symbols(displayed or inline) for displayed, inline in FORMULA.findall(text)))


def known_symbols() -> set[str]:
    """Return the symbols in the first columns of the notation."""
    return symbols_of("\n".join(line.split("|")[1] for line in NOTATION.splitlines() if line.startswith("| $")))


def terms() -> set[str]:
    """Return the terms of the glossary, in lower case."""
    body = GLOSSARY.split("```{glossary}\n")[1]
    return {line.lower() for line in body.splitlines() if line and not line.startswith((" ", "`"))}


def is_term(words: str, known: set[str]) -> bool:
    """Whether words, or their singular, are a term or begin one, as *stale* begins *stale evidence*."""
    words = words.lower().removesuffix("s")
    return any(term == words or term.startswith((f"{words} ", f"{words}s")) for term in known)


def defined_words(text: str) -> list[str]:
    """Return what stands in italics in the definitions of a text."""
    bodies = re.findall(r"^```\{prf:definition\}[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [words for body in bodies for words in re.findall(r"(?<![*\w])\*([^*$\n]+)\*(?!\*)", body)]


@pytest.fixture(params=book.CHAPTERS, ids=lambda path: path.name)
def chapter(request):
    return book.read(request.param)


def test_every_symbol_of_a_chapters_page_is_in_the_notation(chapter):
    page = book.sections(chapter).get(book.ONE_PAGE, "")
    assert symbols_of(page) - known_symbols() == set()


def test_every_word_that_a_definition_introduces_is_in_the_glossary(chapter):
    known = terms()
    introduced = [words for words in defined_words(book.prose(chapter)) if words not in EMPHASIS]
    assert [words for words in introduced if not is_term(words, known)] == []


@pytest.mark.parametrize("line", [line for line in NOTATION.splitlines() if line.startswith("| $")])
def test_the_names_in_the_notation_are_those_of_the_code(line):
    cells = line.strip("| ").split(" | ")
    for name in re.findall(r"`([A-Za-z_][\w.]*)", cells[2]) if len(cells) > 2 else []:
        assert re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", SOURCE), f"no code knows {name}"


def test_a_symbol_that_nobody_explained_is_found():
    assert symbols(r"\hat\theta^\top z + \zeta \sqrt{z^\top A^{-1} z}") == {"hat theta", "z", "zeta", "A"}
    assert symbols_of("with $\\text{words } x$ and\n$$\n\\bar{y} \\le \\sigma\n$$") == {"x", "bar y", "sigma"}
    assert "zeta" not in known_symbols()
    assert {"hat theta", "alpha", "A", "bar y"} <= known_symbols()


def test_a_word_that_nobody_explained_is_found():
    text = "```{prf:definition} A\nA *gadget* has *arms*, and **bold** ones, with $*$ in it.\n```\n*outside*"
    assert defined_words(text) == ["gadget", "arms"]
    assert is_term("arms", terms())
    assert is_term("stale", terms())
    assert not is_term("gadget", terms())


def test_no_command_in_a_formula_has_a_backslash_too_many():
    r"""``\\alpha`` in the text is a new line and five letters."""
    for path in book.CHAPTERS:
        for cell in book.read(path).cells:
            if cell.cell_type == "markdown":
                formulas = [inline for _, inline in FORMULA.findall(cell.source)]
                assert [one for one in formulas if re.search(r"\\\\[a-z]", one)] == [], (path.name, cell.id)
