"""The ledger holds every claim of the book, as the chapters' cells left them, and leads to each."""

from pathlib import Path

import book_checks as book
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from zoolib.claims import ledger
from zoolib.notebook import ledger_table, told_table

PAGE = book.ROOT / "chapters" / "claims.ipynb"

# Chapters whose claims may rest on fewer than a hundred replications, and why.
FEWER = {
    "00_the_shop": "an offline model is trained anew in each world",
    "03_the_price": "canonical NeuralUCB keeps half a million numbers for each world",
}


@pytest.fixture(scope="module")
def claims() -> pd.DataFrame:
    return ledger(book.ROOT / "chapters")


def shown() -> list[BeautifulSoup]:
    """Return the tables that the page holds."""
    outputs = [output for cell in book.code_cells(book.read(PAGE)) for output in cell.outputs]
    pages = ["".join(output.data.get("text/html", "")) for output in outputs if "data" in output]
    return [table for page in pages for table in BeautifulSoup(page, "html.parser").select("table.zoolib-ledger")]


def test_the_page_is_complete_and_current(claims):
    rows = {
        tuple(cell.get_text() for cell in row.select("td"))
        for table in shown()
        if table.caption
        for row in table.select("tbody tr")
    }
    known = {(c.text, c.measured, "" if pd.isna(c.replications) else str(c.replications)) for c in claims.itertuples()}
    assert rows == known, "run: make execute CHAPTERS=chapters/claims.ipynb"


def test_every_chapter_claims_something(claims):
    assert set(claims["chapter"]) == {path.stem for path in book.CHAPTERS}


def test_every_claim_has_a_label_of_its_own(claims):
    assert claims["label"].notna().all()
    assert claims["label"].is_unique, claims["label"][claims["label"].duplicated()].tolist()


def test_what_is_random_rests_on_a_hundred_replications_or_says_why_not(claims):
    few = claims[claims["replications"].fillna(100) < 100]
    assert set(few["chapter"]) <= set(FEWER), few[["chapter", "label", "replications"]]


def test_what_is_usually_told_is_answered_by_claims_that_exist(claims):
    told = next(table for table in shown() if not table.caption)
    links = {link["href"] for link in told.select("a")}
    assert len(links) >= 15
    assert links <= {f"{c.chapter}.html#claim-{c.label}" for c in claims.itertuples()}


def test_a_label_that_no_claim_has_is_refused(claims):
    with pytest.raises(KeyError, match="no claim is labelled 'nobody'"):
        told_table({"It is told.": ("false", "nobody")}, claims)


def test_words_are_shown_as_they_are(claims):
    one = claims.head(1).assign(text="a < b & <b>c</b>", measured="<i>")
    table = BeautifulSoup(ledger_table(one)._repr_mimebundle_()["text/html"], "html.parser")
    assert table.select_one("td").get_text() == "a < b & <b>c</b>"
    assert not table.select("b, i")


def test_the_page_is_in_the_book():
    assert Path(PAGE).exists()
    assert "chapters/claims" in (book.ROOT / "_toc.yml").read_text(encoding="utf-8")
