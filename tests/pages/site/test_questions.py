"""Questions that answer: what is read out of a cell, and what is refused, in words that help."""

import json
import math
import re
from pathlib import Path

import pytest
import yaml
from asked_book import ALL, BEFORE, NUMBER, ONE, ORDER
from bs4 import BeautifulSoup
from built_book import ROOT
from finish.asked import ask_for_scripts, let_answer
from questions import Question, of_pages, pages_of, read, span
from test_extensions import build


def test_every_question_of_the_book_has_the_form():
    asked, amiss = of_pages(pages_of(ROOT / "chapters"))
    assert amiss == []
    assert len({question.name for question in asked}) == len(asked)


def test_a_choice_is_read():
    question = read(ONE, "00")
    assert (question.name, question.kind, question.page, question.key) == ("q-one", "one", "00", (1,))
    assert question.text == r"*With $\alpha = 0.2$ and $x^\top x = 2$, how much is a stranger worth, in clicks?*"
    assert question.choices == (r"$0.2 \sqrt 2$.", "Nothing.", "0.2.")
    assert question.why.startswith(r"Payoff plus $\alpha$")
    assert question.why.endswith("$$")
    on_top = r"the payoff is nothing, and the bonus $\alpha \sqrt{x^\top x}$ comes on top."
    assert question.feedback == (("2", on_top), ("3", "the length of $x$ is not 1."))
    assert (question.hint, question.figure) == ("How long is $x$?", "")
    assert read(BEFORE).figure == "fig-moves"


def test_several_choices_an_order_and_a_number_are_read():
    assert read(ALL).key == (1, 3)
    assert [when for when, _ in read(ALL).feedback] == ["2", "4", "not 3"]
    assert read(ORDER).key == (2, 3, 1)
    number = read(NUMBER)
    assert (number.value, number.within, number.choices) == (0.05, 0.001, ())
    assert [span(when) for when, _ in number.feedback] == [
        (0.5, 0.5),
        (0.002, 0.003),
        (1, math.inf),
        (-math.inf, 0),
    ]
    thousands = NUMBER.replace("0.05, to within 0.001", "40,000, to within 1,000.5").replace("more than 1", "-5,000")
    thousands = thousands.replace("**0.002 to 0.003:", "**80,000 to 90,000:").replace("**0.5:", "**20,000:")
    assert (read(thousands).value, read(thousands).within) == (40_000, 1_000.5)


BOXES = {"one": ONE, "all": ALL, "number": NUMBER, "order": ORDER, "before": BEFORE}
FAULTS = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("source", "old", "new", "words"), FAULTS.values(), ids=FAULTS)
def test_what_has_not_the_form_is_refused_in_words(source: str, old: str, new: str, words: str):
    changed = re.sub(old, new, BOXES[source])
    assert changed != BOXES[source]
    with pytest.raises(ValueError, match=re.escape(words)):
        read(changed)


def notebook(path: Path, **cells: str) -> Path:
    listed = [{"cell_type": "markdown", "id": name, "metadata": {}, "source": text} for name, text in cells.items()]
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "id": "x", "source": [":name: q-x"]}, *listed]}))
    return path


def test_what_is_amiss_is_told_with_page_and_cell(tmp_path: Path):
    one = notebook(
        tmp_path / "1.ipynb", **{"q-one": ONE, "q-other": ALL, "q-open": ":::{admonition} A\n:name: q-open\n:::"}
    )
    two = notebook(tmp_path / "2.ipynb", **{"q-one": ONE, "words": "In words."})
    (page := tmp_path / "3.md").write_text(
        f"# A page\n\n{ORDER}\n\n````\n{ALL}\n````\n\n{NUMBER.replace('**0.05', '**x')}\n"
    )
    asked, amiss = of_pages([one, two, page])
    assert [(question.page, question.name) for question in asked] == [("1", "q-one"), ("3", "q-order")]
    assert [line.partition(":")[0] for line in amiss[:3]] == [
        "1.ipynb, cell q-other",
        "1.ipynb, cell q-open",
        "2.ipynb, cell q-one",
    ]
    assert "the name q-all is not the id of the cell, q-other" in amiss[0]
    assert "1 has a question q-one, too" in amiss[2]
    assert amiss[3].startswith("3.md, :name: q-number: the key of a number")
    assert len(amiss) == 4


def test_a_build_warns_of_what_has_not_the_form(tmp_path: Path):
    pages = {"index.md": f"# A book\n\n{ORDER}\n\n{ONE.replace('**3:', '**1:')}\n"}
    _, warnings = build(tmp_path, ["questions"], pages, myst_enable_extensions=["colon_fence", "dollarmath"])
    assert [line for line in warnings.splitlines() if "WARNING" in line] == [
        "WARNING: index.md, :name: q-one: the feedback for 1 is for what is right, or for a choice that there is not"
    ]


BOX = """<html><body><article><div class="check asks-order admonition" id="q-order"><p>Sort.</p>
<ol><li><p>a</p></li><li><p>b</p></li><li><p>c</p></li></ol><div class="answer"><p class="admonition-title">Answer</p>
<p><strong>2, 3, 1.</strong> So.</p><ul><li><p><strong>1 before 3:</strong> no</p></li>
<li><p><strong>3 before 2:</strong> no</p></li></ul></div></div></article></body></html>"""


def marked(html: str, question: Question, folder: Path) -> BeautifulSoup:
    page = BeautifulSoup(html, "html.parser")
    let_answer(page, {question.name: question})
    ask_for_scripts(page, folder / "chapters", folder)
    return page


def test_a_page_tells_its_script_what_it_must_know_once(tmp_path: Path):
    page = marked(BOX, read(ORDER), tmp_path)
    box = page.select_one("#q-order")
    assert (box["data-asks"], box["data-key"]) == ("order", "2 3 1")
    assert [item["data-when"] for item in page.select("li[data-when]")] == ["1 3", "3 2"]
    assert [script["src"] for script in page.select("script")] == ["../_static/questions.js"]
    assert str(marked(str(page), read(ORDER), tmp_path)) == str(page)
    assert not marked(BOX.replace("q-order", "another"), read(ORDER), tmp_path).select("script, [data-asks]")


def test_a_page_that_shows_something_else_than_was_read_is_an_error(tmp_path: Path):
    for lost in ("<li><p>c</p></li>", "<li><p><strong>1 before 3:</strong> no</p></li>"):
        with pytest.raises(ValueError, match="does not show the question q-order as it was read"):
            marked(BOX.replace(lost, ""), read(ORDER), tmp_path)


def test_a_prediction_before_a_figure_that_is_not_there_is_an_error(tmp_path: Path):
    before = read(ORDER.replace("asks-order", "asks-order before before-fig-gone"))
    with pytest.raises(ValueError, match="q-order is asked before fig-gone, which is not there"):
        marked(BOX, before, tmp_path)
    page = marked(BOX.replace("<article>", '<article><figure id="fig-gone"></figure>'), before, tmp_path)
    assert page.select_one("#q-order")["data-before"] == "fig-gone"
