"""Questions that answer: one form in markdown, read here for the pages, the checks and the exports.

A question stands alone in a markdown cell whose id is its name, or is a box in a page of plain markdown::

    :::::{admonition} Two and two
    :class: check asks-one
    :name: q-sum
    *How much is two and two?*

    1. Three.
    2. Four.

    ::::{admonition} Answer
    :class: dropdown answer
    **2.** Two fingers and two more are four.

    - **1:** whoever begins with the last finger of the first hand counts that one twice.
    ::::
    :::::

It asks for one choice (``asks-one``), for all that are right (``asks-all``, key ``**1, 3.**``), for the right order of
a list (``asks-order``, key ``**3, 1, 2.**``) or for a number (``asks-number``, no list, key ``**0.28, to within
0.005.**``). After the key comes why, then what thought leads to each wrong answer. A box *Hint* may stand before. The
class ``before before-fig-x`` veils a figure until there is an answer, ``on-its-page`` is for no course, and a ``bet``
stands in the chapter's head and is answered at its end.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?<=\d)"
FORMS = {  # what may stand before the colon of a feedback
    "one": r"\d",
    "all": r"(?:not )?\d",
    "number": rf"(?:more than |less than )?{NUMBER}|{NUMBER} to {NUMBER}",
    "order": r"\d before \d",
}
SAID_AS = {
    "one": "the number of a choice, as **2:**",
    "all": "a choice wrongly ticked, as **2:**, or a right one left out, as **not 3:**",
    "number": "a number, **0.5 to 0.6:**, **more than 1:** or **less than 0:**",
    "order": "two of the list in a wrong order, as **1 before 3:**",
}
ASKS = re.compile(r"^:class:.*\basks-", re.MULTILINE)
NAMED = re.compile(r"^:name: *q-", re.MULTILINE)
FENCE = re.compile(
    r"^(?P<fence>:{3,})\{admonition\} (?P<title>[^\n]+)\n(?P<options>(?::[a-z]+:[^\n]*\n)*)(?P<body>.*?)^(?P=fence) *$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Question:
    """A question: texts are markdown, choices are counted from 1."""

    name: str
    kind: str
    page: str
    text: str
    choices: tuple[str, ...]
    key: tuple[int, ...]
    value: float
    within: float
    why: str
    feedback: tuple[tuple[str, str], ...]  # what is foreseen, and what is said of it
    hint: str
    figure: str  # which is veiled until there is an answer
    anywhere: bool  # it asks about nothing that stands beside it
    bet: bool = False  # the end of the chapter answers it
    title: str = ""  # with the number of its section, when its page is built


def number(text: str) -> float:
    """Return a number as the book writes it.

    >>> number("40,000"), number("-.5")
    (40000.0, -0.5)
    """
    return float(text.replace(",", ""))


def span(when: str) -> tuple[float, float]:
    """Return from where to where a foreseen wrong number reaches.

    >>> span("0.5 to 0.6"), span("more than 1"), span("3")
    ((0.5, 0.6), (1.0, inf), (3.0, 3.0))
    """
    first, *last = [number(text) for text in re.findall(NUMBER, when) if text]
    if when.startswith("more"):
        return first, math.inf
    return (-math.inf if when.startswith("less") else first), (last or [first])[0]


def read(source: str, page: str = "") -> Question:
    """Return the question that a cell holds, or raise a ValueError that says what is amiss and what should stand."""
    outer = FENCE.fullmatch(source.strip())
    if outer is None:
        raise ValueError("a question stands alone in its cell, from :::::{admonition} to the closing :::::")
    classes, name = _option(outer, "class").split(), _option(outer, "name")
    kinds = [one.removeprefix("asks-") for one in classes if one.startswith("asks-")]
    if len(kinds) != 1 or kinds[0] not in FORMS:
        raise ValueError(f"the class says what is asked by one of {', '.join(f'asks-{kind}' for kind in FORMS)}")
    if "check" not in classes:
        raise ValueError("the class of a question begins with check")
    if not re.fullmatch(r"q(-[a-z0-9]+)+", name):
        raise ValueError(f"the name is q- and words with hyphens, as q-stranger-worth, not {name!r}")
    inner = list(FENCE.finditer(outer["body"]))
    boxes = {box["title"]: box for box in inner}
    if [*boxes] not in (["Answer"], ["Hint", "Answer"]) or len(inner) != len(boxes):
        raise ValueError("within a question stand one box Answer and, before it, perhaps one box Hint")
    for title, box in boxes.items():
        if _option(box, "class") != f"dropdown {title.lower()}":
            raise ValueError(f"the box {title} has :class: dropdown {title.lower()}")
    figures = [one.removeprefix("before-") for one in classes if one.startswith("before-")]
    if ("before" in classes) != (len(figures) == 1):
        raise ValueError("a prediction has two classes more, before and before-fig-..., which names one figure")
    text, choices = _choices(FENCE.sub("", outer["body"]))
    (key, value, within), why, feedback = _answer(kinds[0], boxes["Answer"]["body"], len(choices))
    question = Question(
        name, kinds[0], page, text, choices, key, value, within, why, feedback,
        boxes["Hint"]["body"].strip() if "Hint" in boxes else "", (*figures, "")[0],
        not {"on-its-page", "bet"} & set(classes), "bet" in classes,
    )  # fmt: skip
    _check(question)
    return question


def _option(box: re.Match[str], name: str) -> str:
    return found[1] if (found := re.search(rf"^:{name}: *(.*?) *$", box["options"], re.MULTILINE)) else ""


def _items(text: str, mark: str) -> tuple[str, list[tuple[str, str]]]:
    """Cut off the list at the end of a text; return what stands before it, and the mark and the words of each item."""
    before, *rest = re.split(rf"^(?={mark} )", text.strip(), maxsplit=1, flags=re.MULTILINE)
    items = re.split(rf"^({mark}) +", rest[0] if rest else "", flags=re.MULTILINE)[1:]
    for words in items[1::2]:
        if outside := re.search(r"\n(?!\s|$)(.*)", words.strip()):
            raise ValueError(f"nothing stands behind a list, and lines that go on are indented: {outside[1][:40]!r}")
    return before.strip(), [(a, " ".join(b.split())) for a, b in zip(items[::2], items[1::2], strict=True)]


def _choices(body: str) -> tuple[str, tuple[str, ...]]:
    text, items = _items(body, r"\d+\.")
    if not text:
        raise ValueError("nothing is asked")
    if [mark for mark, _ in items] != [f"{i}." for i in range(1, len(items) + 1)]:
        raise ValueError("choices are counted 1., 2., 3. and so on")
    return text, tuple(words for _, words in items)


def _answer(kind: str, body: str, n_choices: int) -> tuple[tuple, str, tuple[tuple[str, str], ...]]:
    text, items = _items(body, "-")
    found = re.match(r"\*\*([^*\n]+)\.\*\*\s*(.*)", text, re.DOTALL)
    if found is None:
        raise ValueError("the answer begins with its key, as **2.**, **1, 3.** or **0.28, to within 0.005.**")
    if not found[2]:
        raise ValueError("behind the key stands why it is so")
    feedback = []
    for _, item in items:
        said = re.fullmatch(rf"\*\*({FORMS[kind]}):\*\* (.+)", item)
        if said is None:
            raise ValueError(f"- {item[:30]}...: a feedback begins with {SAID_AS[kind]}, and then says what led there")
        feedback.append((said[1], said[2]))
    return _key(kind, found[1], n_choices), found[2], tuple(feedback)


def _key(kind: str, key: str, n_choices: int) -> tuple[tuple[int, ...], float, float]:
    if kind == "number":
        found = re.fullmatch(rf"({NUMBER}), to within ({NUMBER})", key)
        if found is None or number(found[2]) <= 0:
            raise ValueError(f"the key of a number is as **0.28, to within 0.005.**, not **{key}.**")
        return (), number(found[1]), number(found[2])
    if not re.fullmatch(r"\d(, \d)*", key):
        raise ValueError(f"the key names choices, as **2.** or **1, 3.**, not **{key}.**")
    chosen = tuple(map(int, key.split(", ")))
    if outside := [str(i) for i in chosen if not 1 <= i <= n_choices]:
        raise ValueError(f"the key names {', '.join(outside)}, and there are {n_choices} choices")
    return chosen, math.nan, math.nan


def _check(question: Question) -> None:
    """Refuse a question whose key and feedback do not fit its choices."""
    kind, key, whens = question.kind, question.key, [when for when, _ in question.feedback]
    if twice := {when for when in whens if whens.count(when) > 1}:
        raise ValueError(f"two feedbacks are for {twice.pop()}")
    if not whens:
        raise ValueError("no wrong answer is foreseen")
    if kind == "number":
        if question.choices:
            raise ValueError("who is asked for a number has no choices")
        for when in whens:
            low, high = span(when)
            if low > high or low - question.within <= question.value <= high + question.within:
                raise ValueError(f"the feedback for {when} would be given for the right answer, or for none")
            for one in whens[: whens.index(when)]:
                room = 0.0 if "than" in one else question.within
                if "than" not in when and span(one)[0] - room <= high and low <= span(one)[1] + room:
                    raise ValueError(f"whoever is foreseen by {when} would be told what {one} is told")
        return
    numbers = range(1, len(question.choices) + 1)
    if not 2 <= len(numbers) <= 9:
        raise ValueError(f"there are {len(numbers)} choices; from two to nine it may be")
    if kind == "order":
        if sorted(key) != list(numbers) or key == tuple(numbers):
            raise ValueError("the key of an order names every choice once, and the list stands in another order")
        for when in whens:
            first, second = map(int, when.split(" before "))
            if not {first, second} <= set(numbers) or key.index(first) <= key.index(second):
                raise ValueError(f"the feedback for {when} is for what is right, or for what is not in the list")
        return
    if list(key) != sorted(set(key)) or (kind == "one" and len(key) != 1):
        raise ValueError(f"the key names {'one choice' if kind == 'one' else 'the right choices, in order, once each'}")
    for when in whens:
        left_out, chosen = when.startswith("not "), int(when[-1])
        if chosen not in numbers or (chosen in key) != left_out:
            raise ValueError(f"the feedback for {when} is for what is right, or for a choice that there is not")
    if missing := [str(i) for i in numbers if i not in key and str(i) not in whens]:
        raise ValueError(f"no feedback says what leads to choice {', '.join(missing)}")


def candidates(path: Path) -> Iterator[tuple[str, str]]:
    """Return the cells of a notebook, or boxes of a page, that mean to be questions; before each its id, or nothing."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        for cell in json.loads(text)["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown" and (ASKS.search(source) or NAMED.search(source)):
                yield cell.get("id", ""), source
    elif ASKS.search(text):
        for box in FENCE.finditer(re.sub(r"^(`{3,}).*?^\1`*$", "", text, flags=re.DOTALL | re.MULTILINE)):
            if "asks-" in _option(box, "class"):
                yield "", box[0]


def of_pages(paths: Iterable[Path]) -> tuple[list[Question], list[str]]:
    """Return the questions of some pages in their order, and what is amiss with others, with page and cell."""
    found: dict[str, Question] = {}
    amiss = []
    for path in paths:
        for cell, source in candidates(path):
            try:
                question = read(source, path.stem)
                if cell and cell != question.name:
                    raise ValueError(f"the name {question.name} is not the id of the cell, {cell}")
                if question.name in found:
                    raise ValueError(f"{found[question.name].page} has a question {question.name}, too")
                found[question.name] = question
            except ValueError as error:
                amiss.append(f"{path.name}, {f'cell {cell}' if cell else source.splitlines()[2]}: {error}")
    return list(found.values()), amiss


def pages_of(folder: Path) -> list[Path]:
    """Return the files in which questions may stand, in their order."""
    return sorted([*folder.glob("*.ipynb"), *folder.glob("*.md")])


def look(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Warn of each question that has not the form: a build whose warnings are errors fails."""
    for warning in of_pages(Path(env.doc2path(name)) for name in sorted(env.found_docs))[1]:
        logging.getLogger(__name__).warning(warning)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the look at all questions, at every build."""
    app.connect("env-before-read-docs", look)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
