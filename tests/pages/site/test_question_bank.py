"""The questions for a course: what Moodle and a QTI platform would read, and how these would judge an answer."""

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from asked_book import ALL, BEFORE, NUMBER, ONE, ORDER
from built_book import ROOT
from questions import Question, of_pages, pages_of, read

from pages.key.question_bank import QTI, as_html, item, moodle, package, without_roles, write

SMALL = [read(source, "00_asked") for source in (ONE, ALL, NUMBER, ORDER, BEFORE)]
FRACTIONS = {100 / n for n in range(1, 10)} | {0}  # those that Moodle knows
Q = f"{{{QTI}}}"


@pytest.fixture(scope="module")
def book() -> list[Question]:
    return [*SMALL, *of_pages(pages_of(ROOT / "chapters"))[0]]


def by_name(quiz: bytes) -> dict[str, ElementTree.Element]:
    return {one.findtext("name/text"): one for one in ElementTree.fromstring(quiz) if one.get("type") != "category"}


def test_each_question_is_in_moodle_with_its_right_answer_and_what_is_said_of_wrong_ones(book):
    asked = by_name(moodle(book))
    assert list(asked) == [question.name for question in book]
    for question in book:
        one = asked[question.name]
        assert one.findtext("questiontext/text")
        assert one.findtext("generalfeedback/text") == as_html(question.why)
        assert (one.find("hint") is not None) == bool(question.hint)
        fractions = [float(answer.get("fraction")) for answer in one.findall("answer")]
        assert all(min(abs(abs(fraction) - known) for known in FRACTIONS) < 1e-5 for fraction in fractions), question
        if question.kind in ("one", "all"):
            right = tuple(i for i, fraction in enumerate(fractions, 1) if fraction > 0)
            assert right == question.key
            assert sum(fraction for fraction in fractions if fraction > 0) == pytest.approx(100)
            said = [answer.findtext("feedback/text") for answer in one.findall("answer")]
            assert [bool(words) for words in said] == [i not in right for i in range(1, len(said) + 1)]
        elif question.kind == "order":
            places = [int(pair.findtext("answer/text")) for pair in one.findall("subquestion")]
            assert [places[i - 1] for i in question.key] == sorted(places)


def judged(one: ElementTree.Element, value: float) -> tuple[float, str]:
    """Return the marks and the words that Moodle gives for a number: those of the first answer that it is within."""
    for answer in one.findall("answer"):
        if abs(value - float(answer.findtext("text"))) <= float(answer.findtext("tolerance")):
            return float(answer.get("fraction")), answer.findtext("feedback/text")
    return 0, ""


def test_moodle_judges_numbers_as_the_page_does():
    one = by_name(moodle(SMALL))["q-number"]
    assert judged(one, 0.0505) == (100, "")
    assert judged(one, 0.5)[1].startswith("<p>That is a single click")
    assert judged(one, 0.0025)[1] == "<p>A variance, and not its root.</p>"
    assert judged(one, 12)[1].startswith("<p>A mean of clicks")
    assert judged(one, -3)[1].startswith("<p>A root")
    assert judged(one, 0.7) == (0, "")


def response(root: ElementTree.Element, given: str | list[str] | float) -> tuple[float, list[str]]:
    """Return the score of an answer and the feedbacks shown, by the processing rules of a QTI item."""
    correct = [value.text for value in root.findall(f"{Q}responseDeclaration/{Q}correctResponse/{Q}value")]
    shown, score = [], 0.0
    ordered = root.find(f"{Q}responseDeclaration").get("cardinality") == "ordered"

    def number(test: ElementTree.Element) -> float:
        return float(test.findtext(f"{Q}baseValue"))

    def holds(test: ElementTree.Element) -> bool:
        tag, inner = test.tag.removeprefix(Q), list(test)
        if tag in ("and", "or"):
            return (all if tag == "and" else any)(map(holds, inner))
        if tag == "not":
            return not holds(inner[0])
        if tag in ("gte", "lte"):
            return given >= number(test) if tag == "gte" else given <= number(test)
        if tag == "match" and inner[-1].tag == f"{Q}correct":
            return given == correct if ordered else set(given) == set(correct)
        if tag == "match" and inner[0].tag == f"{Q}index":
            return given[int(inner[0].get("n")) - 1] == inner[1].text
        assert tag in ("match", "member")
        return inner[0].text in given

    for rule in root.findall(f"{Q}responseProcessing/{Q}responseCondition/{Q}responseIf"):
        if holds(rule[0]):
            for change in rule[1:]:
                value = change.findall(f".//{Q}baseValue")[-1].text
                if change.get("identifier") == "SCORE":
                    score = float(value)
                else:
                    shown.append(value)
    said = {
        one.get("identifier"): " ".join("".join(one.itertext()).split()) for one in root.findall(f"{Q}modalFeedback")
    }
    return score, [said[name] for name in shown]


@pytest.mark.parametrize(
    ("source", "given", "score", "words"),
    [
        (ONE, ["c1"], 1, ["Payoff plus"]),
        (ONE, ["c2"], 0, ["The payoff is nothing"]),
        (ALL, ["c1", "c3"], 1, ["They have"]),
        (ALL, ["c1", "c2"], 0, ["It never looks", "A network learns"]),
        (NUMBER, 0.0495, 1, ["The root of"]),
        (NUMBER, 0.0025, 0, ["A variance"]),
        (NUMBER, 2.0, 0, ["A mean"]),
        (NUMBER, 0.2, 0, []),
        (ORDER, ["c2", "c3", "c1"], 1, ["The oracle has none"]),
        (ORDER, ["c1", "c3", "c2"], 0, ["Whoever never learns", "Nobody is ahead"]),
        (ORDER, ["c2", "c1", "c3"], 0, ["Whoever never learns"]),
    ],
)
def test_an_item_of_qti_judges_as_the_page_does(source, given, score, words):
    got, said = response(ElementTree.fromstring(item(read(source))), given)
    assert got == score
    assert [text.startswith(start) for text, start in zip(said, words, strict=True)] == [True] * len(words)


def test_a_package_names_all_that_is_in_it_and_nothing_else(book, tmp_path: Path):
    files = package(book)
    manifest = ElementTree.fromstring(files["imsmanifest.xml"])
    named = [one.get("href") for one in manifest.iter() if one.tag.endswith("}resource")]
    assert sorted(named) == sorted(files.keys() - {"imsmanifest.xml"})
    asked = [one.get("href") for one in ElementTree.fromstring(files["book.xml"]).iter(f"{Q}assessmentItemRef")]
    assert asked == [f"{question.name}.xml" for question in book]
    for name in asked:
        root = ElementTree.fromstring(files[name])
        order = [child.tag.removeprefix(Q) for child in root]
        assert order[:4] == ["responseDeclaration", "outcomeDeclaration", "outcomeDeclaration", "itemBody"]
        assert [tag for tag in order[4:] if tag != "modalFeedback"] == ["responseProcessing"]
    first, second = (write(book, tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    with zipfile.ZipFile(io.BytesIO(first[1].read_bytes())) as whole:
        assert whole.testzip() is None
        assert set(whole.namelist()) == set(files)


def test_nothing_of_the_source_is_left_in_what_is_exported(book):
    for question in book:
        for text in (
            question.text,
            *question.choices,
            question.why,
            question.hint,
            *(said for _, said in question.feedback),
        ):
            html = as_html(text) if text else ""
            ElementTree.fromstring(f"<div>{html}</div>")
            bare = re.sub(r"\\\(.*?\\\)|\\\[.*?\\\]|<code>.*?</code>", "", html, flags=re.DOTALL)
            assert not re.search(r"\{[\w:]+\}`|\$|\*\*|\.ipynb|\.md\b", bare), (question.name, bare)


def test_what_a_course_is_asked_can_be_answered_without_the_page(tmp_path):
    """What a page shows beside a question nobody has who meets it in a course."""
    made = subprocess.run(
        [sys.executable, "-m", "pages.key.question_bank", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    asked = by_name((tmp_path / "questions-moodle.xml").read_bytes())
    whole = of_pages(pages_of(ROOT / "chapters"))[0]
    assert f"{len(asked)} questions; {len(whole) - len(asked)} are for their pages only" in made.stdout
    assert len(asked) > 0.85 * len(whole)
    assert asked.keys() == {question.name for question in whole if question.anywhere}
    beside = re.compile(
        r"\b(next cell|slider|(its|their) lines?|the line of|triangles|go by the click rates|below the figure"
        r"|too low here|by this formula|in this sense|numbers of the|these (fifty|four|3,000)|two dials to zero"
        r"|of the derivation)\b"
    )
    for name, one in asked.items():
        texts = [one.findtext("questiontext/text"), *(answer.findtext("text") for answer in one.findall("answer"))]
        assert not beside.search(" ".join(texts).lower()), name


def test_a_sentence_that_begins_with_a_reference_begins_with_a_capital(book):
    assert without_roles("It fails. {numref}`ex-a` finds more.") == "It fails. An exercise of the book finds more."
    assert without_roles("*Why?* {eq}`eq-a` says it (see {prf:ref}`alg-b`).") == (
        "*Why?* The equation says it (see the algorithm)."
    )
    for question in book:
        for text in (question.text, *question.choices, question.why, *(said for _, said in question.feedback)):
            assert not re.search(r"[.?!] +(the|an) ", without_roles(text)), question.name


def test_references_become_words():
    assert without_roles("{numref}`fig-a`, {eq}`eq-b`, {cite:t}`x2020`") == "the figure, the equation, x2020"
    assert (
        without_roles("[here](01_x.ipynb) and [there](https://a.example)") == "[here]() and [there](https://a.example)"
    )
    assert as_html("[here](01_x.ipynb) $a_1 < b$") == r"<p>here \(a_1 &lt; b\)</p>"
