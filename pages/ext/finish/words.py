"""What is set as a compositor would set it: signs that stay with their word, minus signs, one way to write a share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from bs4 import BeautifulSoup, NavigableString

RESULTS = "article .zoolib-claim > p, article .cell_output td, article .cell_output p, article .cell_output li"
AS_TYPED = ["pre", "code", "script", "style", "svg"]
GREEK = "alpha|beta|gamma|delta|epsilon|theta|kappa|lambda|sigma|tau"
BEHIND, BEFORE = re.compile(r"[^\s—–]+"), re.compile(r"[^\s—–]+\Z")
LONGEST = 6  # signs beside a formula that stay with it: more is a word, which may go to the next line
IN_TEXT = [
    (re.compile(r"(?<=\d)[ \u00a0\u202f]+%"), "%"),
    (re.compile(r"\[([-−+]?[\d.,]+%?), ([-−+]?[\d.,]+%?)\]"), "[\\1,\u00a0\\2]"),  # an interval is one word
    (re.compile(r"(?<![\w.)\]])\.(?=\d)"), "0."),
]
IN_RESULTS = [
    (re.compile(r"(?<![\w.^)\]−-])-(?=\.?\d)"), "−"),
    (re.compile(r"\b(\d{1,3})(\d{3})(?= replications\b)"), r"\1,\2"),
    (re.compile(r"\A(\d{4,})(?:\.0)?\Z"), lambda m: f"{int(m[1]):,}"),
    (re.compile(r"(?<=\d) ([±→]) (?=[−\d])"), "\u00a0\\1\u00a0"),
    (re.compile(r"\b(\d\.\d+)e([+-])0*(\d+)\b"), lambda m: f"{m[1]} × 10{raised(m[2] + m[3])}"),
    (re.compile(r"\b1e([+-])0*(\d+)\b"), lambda m: f"10{raised(m[1] + m[2])}"),
]
SYMBOLS = [  # for words that stand for one where nothing but text can be stored: claims, heads of tables
    (re.compile(r"\+- ?"), "±\u00a0"),
    (re.compile(rf"\b({GREEK})(?:_(\d))?(?![\w-])"), lambda m: greek(m[1]) + (chr(0x2080 + int(m[2])) if m[2] else "")),
    (re.compile(r"\^-1\b"), "⁻¹"),
    (re.compile(r"(?<=\bx)' (?=A)"), "′"),
    (re.compile(r"\broot of (x′A⁻¹ x|1 \+ n)"), r"√(\1)"),
    (re.compile(r"(?<=\w) x (?=\w)"), " × "),
    (re.compile(r"\b(clicks?) a visit\b"), r"\1 per visit"),
]


def raised(number: str) -> str:
    """Return a number as it stands in an exponent.

    >>> raised("-5")
    '⁻⁵'
    """
    return number.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")).lstrip("+")


def greek(name: str) -> str:
    """Return a Greek letter.

    >>> greek("alpha")
    'α'
    """
    return unicodedata.lookup(f"GREEK SMALL LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")


def set_signs(page: BeautifulSoup) -> None:
    """Write shares, rates, intervals, negative and great numbers in one way, and symbols in claims and in heads."""
    for within, rules in (
        ("article", IN_TEXT),
        (RESULTS, IN_RESULTS),
        ("article .zoolib-claim > p, article .zoolib-ledger td", [*IN_RESULTS, *SYMBOLS]),
        ("article .cell_output table.dataframe th", [*IN_RESULTS, *SYMBOLS]),
    ):
        for text in {id(text): text for tag in page.select(within) for text in tag.find_all(string=True)}.values():
            said = str(text)
            for pattern, better in rules:
                said = pattern.sub(better, said)
            if said == text or type(text) is not NavigableString:
                continue
            if not (text.find_parent(AS_TYPED) or text.find_parent(class_="math")):
                text.replace_with(NavigableString(said))


def keep_signs_with_formulas(page: BeautifulSoup) -> None:
    """Let no line begin with the comma after a formula, nor end with the bracket before it."""
    for formula in page.select("span.math"):
        if "nobr" in (formula.parent.get("class") or []):
            continue
        before, after = formula.previous_sibling, formula.next_sibling
        left = BEFORE.search(before) if type(before) is NavigableString else None
        right = BEHIND.match(after) if type(after) is NavigableString else None
        left, right = (found[0] if found and len(found[0]) <= LONGEST else "" for found in (left, right))
        if not left and not right and type(after) is NavigableString and (mark := re.match(r"[,.;:!?)\]’”]+", after)):
            right = mark[0]
        if not left and not right:
            continue
        box = page.new_tag("span", attrs={"class": "nobr"})
        formula.wrap(box)
        if left:
            before.replace_with(NavigableString(str(before).removesuffix(left)))
            box.insert(0, left)
        if right:
            after.replace_with(NavigableString(str(after).removeprefix(right)))
            box.append(right)


def set_code_close(page: BeautifulSoup) -> None:
    """Leave one blank line between two definitions, where a file has two."""
    for code in page.select("article .highlight > pre"):
        for text in code.find_all(string=re.compile(r"\n{3}")):
            text.replace_with(NavigableString(re.sub(r"\n{3,}", "\n\n", text)))


MENDS: list[Callable[[BeautifulSoup], None]] = [set_signs, set_code_close, keep_signs_with_formulas]
