"""The decision guide recommends nothing without a claim, and names no claim that is not there."""

import json
from pathlib import Path

import pandas as pd
import pytest

from advice import BECAUSE, GUIDE, RUNS
from figures.tables import HERE, Advice, advice_table, because
from ledgers import ledger, standing
from zoolib.book.claims import CLAIM_MIME

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
ADVICE = [(question, one) for question, advice in GUIDE.items() for one in advice]


@pytest.fixture(scope="module")
def claims():
    return standing(ledger(CHAPTERS, beside=()))


@pytest.fixture(scope="module")
def page():
    return json.loads((CHAPTERS / f"{HERE}.ipynb").read_text(encoding="utf-8"))["cells"]


def html_of(cells):
    return "".join("".join(o["data"].get("text/html", "")) for c in cells for o in c.get("outputs", ()) if "data" in o)


@pytest.mark.parametrize(("question", "one"), ADVICE, ids=[f"{one.claim}: {one.situation}" for _, one in ADVICE])
def test_every_recommendation_rests_on_a_claim_that_exists(question, one, claims):
    table = advice_table(question, [one], claims, RUNS)
    words, chapter, label = table.rows[0][-1]
    assert label == one.claim
    assert words
    assert f"{chapter}.html#claim-{label}" in table._repr_mimebundle_()["text/html"]


def test_what_the_guide_says_that_it_measures_it_does_measure_and_gives_as_a_reason(page, claims):
    outputs = [output.get("data", {}) for cell in page for output in cell.get("outputs", ())]
    made = [data[CLAIM_MIME] for data in outputs if CLAIM_MIME in data]
    assert sorted(one["label"] for one in made) == sorted(RUNS)
    assert all(one["replications"] >= 100 for one in made)
    assert set(RUNS) <= {one.claim for _, one in ADVICE}
    assert not set(RUNS) & set(claims["label"])


def test_the_page_shows_all_advice_with_the_words_of_its_claim_today(page, claims):
    shown = html_of(page)
    for question, advice in GUIDE.items():
        assert advice_table(question, advice, claims, RUNS)._repr_mimebundle_()["text/html"] in shown


@pytest.mark.parametrize(("lost", "error", "said"), [
    (lambda claims: claims[claims["label"] != "turnover"], KeyError, "How many arms.*'turnover'"),
    (lambda claims: claims.assign(confirmed=claims["confirmed"] & (claims["label"] != "turnover")), ValueError,
     "'turnover' did not come back"),
], ids=["gone", "not confirmed"])  # fmt: skip
def test_advice_on_a_claim_that_is_gone_or_did_not_come_back_stops_the_page(claims, lost, error, said):
    question = "How many arms, and do new ones arrive?"
    with pytest.raises(error, match=said):
        advice_table(question, GUIDE[question], lost(claims), RUNS)
    with pytest.raises(error, match=said.removeprefix("How many arms.*")):
        because(lost(claims), "catalog-growth", "turnover")


def test_the_record_marks_all_that_the_guide_leans_on_and_all_of_it_came_back_in_retests():
    claims = standing(ledger(CHAPTERS))
    leans = {one.claim for _, one in ADVICE}.union(*BECAUSE.values())
    assert set(claims.loc[claims["guide"], "label"]) == leans
    assert claims.loc[claims["guide"], "confirmed"].all()
    assert "cold-category" in leans - {one.claim for _, one in ADVICE}  # an answer alone shows it


def test_all_answers_of_the_page_are_checked_and_marked(page):
    """No label is typed into a cell: what the page shows is what the record marks."""
    sources = ["".join(cell["source"]) for cell in page if cell["cell_type"] == "code"]
    calls = [source for source in sources if source.startswith("because(")]
    assert calls == [f'because(claims, *BECAUSE["{answer}"])' for answer in BECAUSE]


def test_reasons_are_shown_in_the_order_in_which_they_are_named_and_a_run_in_the_words_of_the_guide():
    columns = ["label", "chapter", "text", "measured", "confirmed"]
    two = pd.DataFrame([("a", "01_one", "A.", "1", True), ("b", "02_two", "B < C.", "2", True)], columns=columns)
    shown = because(two, "b", "a")._repr_mimebundle_()
    assert shown["text/plain"] == "- B < C. | 2\n- A. | 1"
    assert '<a href="02_two.html#claim-b">B &lt; C.</a>' in shown["text/html"]
    (row,) = advice_table("Why?", [Advice("It rains", "Stay", "wet")], two, {"wet": "it is wet."}).rows
    assert row == ("It rains", "Stay", ("It is wet (below).", HERE, "wet"))


def test_advice_is_short_enough_for_a_phone():
    for question, one in ADVICE:
        assert question.endswith("?")
        assert len(one.situation) <= 100
        assert len(one.do) <= 160
        assert one.do.endswith(".")
