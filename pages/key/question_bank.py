r"""The questions of the book for a course: ``python -m pages.key.question_bank OUT`` ("make -C pages bank" does it).

Writes ``questions-moodle.xml``, which Moodle imports with a category for each chapter, and ``questions-qti.zip``, a
package in QTI 2.1 with a test for the book and a section for each chapter. Both hold why the right answer is right and
what is said of each wrong one. Formulas stay TeX between ``\(`` and ``\)``, which MathJax sets. What is to be sorted is
matched with its place, which every Moodle can; choices are not shuffled, since what is said may call them by number.
What cannot be answered without its page, and is marked so, is left out.
"""

import math
import re
import sys
import zipfile
from collections.abc import Iterable
from html import escape
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from pages.ext.questions import Question, of_pages, pages_of, span

ROOT = Path(__file__).resolve().parents[2]
BOOK = "Bandits that Generalize"
QTI, PACKAGE = "http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/imscp_v1p1"
WHAT = {"fig": "the figure", "tab": "the table", "eq": "the equation", "sec": "the section", "def": "the definition"}
WHAT |= {"alg": "the algorithm", "ex": "an exercise of the book", "prop": "the proposition", "thm": "the theorem"}
Element = ElementTree.Element


def without_roles(text: str) -> str:
    """Return markdown with words in the place of references, which lead nowhere outside of the book.

    >>> without_roles("See {doc}`the next <02_the_principle>` and {numref}`fig-one`. {eq}`eq-two` has {term}`regret`.")
    'See the next and the figure. The equation has regret.'
    """

    def words(match: re.Match[str]) -> str:
        role, said = match[1], re.sub(r"\s*<[^<>]*>$", "", match[2])
        if role in ("numref", "ref", "eq", "prf:ref") and said == match[2]:
            what = WHAT.get(said.partition("-")[0], "the book")
            begins = re.search(r"[.?!][*)\"]*\s+$", text[: match.start()])
            return what[0].upper() + what[1:] if begins else what
        return f"`{said}`" if role == "code" else said

    return re.sub(r"\]\((?!http)[^)]*\)", "]()", re.sub(r"\{([\w:]+)\}`([^`]+)`", words, text))


def as_html(text: str) -> str:
    r"""Return markdown as XHTML, formulas as TeX.

    >>> as_html("Of $x < y$, *this* [one](there.md).")
    '<p>Of \\(x &lt; y\\), <em>this</em> one.</p>'
    """
    md = MarkdownIt("commonmark", {"xhtmlOut": True}).use(dollarmath_plugin, double_inline=True)
    for kind, (left, right) in {"math_inline": "()", "math_block": "[]", "math_inline_double": "[]"}.items():
        md.add_render_rule(
            kind, lambda _, made, i, *__, a=left, b=right: f"\\{a}{escape(made[i].content.strip(), quote=False)}\\{b}"
        )
    text = without_roles(text)
    html = md.render(text[:1].upper() + text[1:]).strip()  # what is said of an answer begins behind a colon
    return re.sub(r'<a href="">(.*?)</a>', r"\1", html)


def _add(parent: Element, tag: str, text: str | None = None, **attributes: object) -> Element:
    child = ElementTree.SubElement(parent, tag, {name: str(value) for name, value in attributes.items()})
    child.text = text
    return child


def _written(root: Element) -> bytes:
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


# ---- Moodle


def moodle(questions: Iterable[Question]) -> bytes:
    """Return the questions in Moodle's XML."""
    quiz = ElementTree.Element("quiz")
    for page, group in groupby(questions, key=lambda question: question.page):
        category = _add(_add(quiz, "question", type="category"), "category")
        _add(category, "text", f"$course$/top/{BOOK}/{page}")
        for question in group:
            _moodle_question(quiz, question)
    return _written(quiz)


def _html(parent: Element, tag: str, markdown: str, **attributes: object) -> Element:
    child = _add(parent, tag, format="html", **attributes)
    _add(child, "text", as_html(markdown) if markdown else "")
    return child


def _moodle_question(quiz: Element, question: Question) -> None:
    kind, said = question.kind, dict(question.feedback)
    types = {"one": "multichoice", "all": "multichoice", "number": "numerical", "order": "matching"}
    root = _add(quiz, "question", type=types[kind])
    _add(_add(root, "name"), "text", question.name)
    _html(root, "questiontext", question.text)
    _html(root, "generalfeedback", question.why)
    for tag, text in (("defaultgrade", "1"), ("penalty", "0.3333333"), ("hidden", "0"), ("idnumber", question.name)):
        _add(root, tag, text)
    if kind == "number":
        numerical = [(question.value, question.within, 100, "")]
        numerical += [(*_around(when, question.within), 0, text) for when, text in question.feedback]
        for value, within, fraction, text in numerical:
            answer = _add(root, "answer", fraction=fraction, format="moodle_auto_format")
            _add(answer, "text", f"{value:.15g}")
            _html(answer, "feedback", text)
            _add(answer, "tolerance", f"{within:.15g}")
    else:
        others = [text for when, text in question.feedback if not when.isdigit()]  # these are not for one choice
        _add(root, "shuffleanswers", "false" if kind != "order" else "true")
        if kind != "order":
            _add(root, "single", "true" if kind == "one" else "false")
            _add(root, "answernumbering", "123")
        for tag, text in (
            ("correct", ""),
            ("partiallycorrect", "\n\n".join(others)),
            ("incorrect", "\n\n".join(others)),
        ):
            _html(root, f"{tag}feedback", text)
        for number, choice in enumerate(question.choices, 1):
            if kind == "order":
                pair = _html(root, "subquestion", choice)
                _add(_add(pair, "answer"), "text", str(question.key.index(number) + 1))
                continue
            n_wrong = len(question.choices) - len(question.key)
            wrong = 0 if kind == "one" else -100 / max(1, n_wrong)
            fraction = 100 / len(question.key) if number in question.key else wrong
            _html(_html(root, "answer", choice, fraction=f"{fraction:.7g}"), "feedback", said.get(str(number), ""))
    if question.hint:
        _html(root, "hint", question.hint)


def _around(when: str, within: float) -> tuple[float, float]:
    """Return the middle and the half-width of what is foreseen; what has no end is cut far away."""
    low, high = span(when)
    low, high = max(low, -1e9), min(high, 1e9)
    return (low + high) / 2, max(within if low == high else 0, (high - low) / 2)


# ---- QTI 2.1


def _blocks(parent: Element, markdown: str) -> None:
    parent.append(ElementTree.fromstring(f"<div>{as_html(markdown)}</div>"))


def item(question: Question) -> bytes:
    """Return a question as an item of QTI 2.1."""
    kind, name = question.kind, question.name
    root = ElementTree.Element("assessmentItem", {"xmlns": QTI, "identifier": name, "title": name})
    root.attrib |= {"adaptive": "false", "timeDependent": "false"}
    cardinality = {"one": "single", "all": "multiple", "number": "single", "order": "ordered"}[kind]
    base = "float" if kind == "number" else "identifier"
    asked = _add(root, "responseDeclaration", identifier="RESPONSE", cardinality=cardinality, baseType=base)
    right = _add(asked, "correctResponse")
    for value in [f"c{number}" for number in question.key] or [f"{question.value:.15g}"]:
        _add(right, "value", value)
    score = _add(root, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    _add(_add(score, "defaultValue"), "value", "0")
    _add(root, "outcomeDeclaration", identifier="SAID", cardinality="multiple", baseType="identifier")
    body = _add(root, "itemBody")
    _blocks(body, question.text)
    if kind == "number":
        _add(_add(body, "p"), "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength=12)
    else:
        most = {} if kind == "order" else {"maxChoices": 1 if kind == "one" else 0}
        tag = "orderInteraction" if kind == "order" else "choiceInteraction"
        choices = _add(body, tag, responseIdentifier="RESPONSE", shuffle="false", **most)
        for number, choice in enumerate(question.choices, 1):
            _blocks(_add(choices, "simpleChoice", identifier=f"c{number}"), choice)
    process = _add(root, "responseProcessing")
    rule = _add(_add(process, "responseCondition"), "responseIf")
    if kind == "number":
        _number(rule, question.value, question.value, question.within)
    else:
        match = _add(rule, "match")
        _add(match, "variable", identifier="RESPONSE")
        _add(match, "correct", identifier="RESPONSE")
    _add(_add(rule, "setOutcomeValue", identifier="SCORE"), "baseValue", "1", baseType="float")
    _say(rule, "why")
    for i, (when, _) in enumerate(question.feedback, 1):
        rule = _add(_add(process, "responseCondition"), "responseIf")
        _foreseen(rule, question, when)
        _say(rule, f"f{i}")
    for name, text in [("why", question.why), *((f"f{i}", text) for i, (_, text) in enumerate(question.feedback, 1))]:
        _blocks(_add(root, "modalFeedback", outcomeIdentifier="SAID", identifier=name, showHide="show"), text)
    return _written(root)


def _say(rule: Element, name: str) -> None:
    both = _add(_add(rule, "setOutcomeValue", identifier="SAID"), "multiple")
    _add(both, "variable", identifier="SAID")
    _add(both, "baseValue", name, baseType="identifier")


def _number(rule: Element, low: float, high: float, within: float) -> None:
    """Add the condition that a number lies between two, or near one."""
    ends = [("gte", low - within), ("lte", high + within)] if low == high else [("gte", low), ("lte", high)]
    both = _add(rule, "and")
    for tag, end in ends:
        if math.isfinite(end):
            test = _add(both, tag)
            _add(test, "variable", identifier="RESPONSE")
            _add(test, "baseValue", f"{end:.15g}", baseType="float")


def _foreseen(rule: Element, question: Question, when: str) -> None:
    """Add the condition that an answer is a foreseen one."""
    if question.kind == "number":
        _number(rule, *span(when), question.within)
    elif question.kind == "order":
        first, second = when.split(" before ")
        either, n = _add(rule, "or"), len(question.choices)
        for i in range(1, n):
            for j in range(i + 1, n + 1):
                both = _add(either, "and")
                for place, number in ((i, first), (j, second)):
                    match = _add(both, "match")
                    _add(_add(match, "index", n=place), "variable", identifier="RESPONSE")
                    _add(match, "baseValue", f"c{number}", baseType="identifier")
    else:
        test = _add(_add(rule, "not") if when.startswith("not ") else rule, "member")
        if question.kind == "one":
            test.tag = "match"
        _add(test, "baseValue", f"c{when[-1]}", baseType="identifier")
        _add(test, "variable", identifier="RESPONSE")


def package(questions: list[Question]) -> dict[str, bytes]:
    """Return the files of a package: its manifest, the test, and an item for each question."""
    files = {f"{question.name}.xml": item(question) for question in questions}
    test = ElementTree.Element("assessmentTest", {"xmlns": QTI, "identifier": "book", "title": BOOK})
    part = _add(test, "testPart", identifier="all", navigationMode="nonlinear", submissionMode="individual")
    for page, group in groupby(questions, key=lambda question: question.page):
        section = _add(part, "assessmentSection", identifier=f"s-{page}", title=page, visible="true")
        for question in group:
            _add(section, "assessmentItemRef", identifier=question.name, href=f"{question.name}.xml")
    manifest = ElementTree.Element("manifest", {"xmlns": PACKAGE, "identifier": "bandits-that-generalize"})
    about = _add(manifest, "metadata")
    _add(about, "schema", "QTIv2.1 Package")
    _add(about, "schemaversion", "1.0.0")
    _add(manifest, "organizations")
    resources = _add(manifest, "resources")
    for name, kind in [("book.xml", "imsqti_test_xmlv2p1"), *((name, "imsqti_item_xmlv2p1") for name in files)]:
        one = _add(resources, "resource", identifier=f"r-{Path(name).stem}", type=kind, href=name)
        _add(one, "file", href=name)
        for question in questions if name == "book.xml" else ():
            _add(one, "dependency", identifierref=f"r-{question.name}")
    return {"imsmanifest.xml": _written(manifest), "book.xml": _written(test), **files}


def write(questions: list[Question], out: Path) -> list[Path]:
    """Write both banks; the same questions give the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    (bank := out / "questions-moodle.xml").write_bytes(moodle(questions))
    with zipfile.ZipFile(zipped := out / "questions-qti.zip", "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in package(questions).items():
            whole.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return [bank, zipped]


if __name__ == "__main__":
    asked, amiss = of_pages(pages_of(ROOT / "chapters"))
    if amiss:
        sys.exit("\n".join(amiss))
    anywhere = [question for question in asked if question.anywhere]
    for path in write(anywhere, Path(sys.argv[1])):
        print(f"{path}: {len(anywhere)} questions; {len(asked) - len(anywhere)} are for their pages only")
