"""A claim that holds carries its record; one that does not stops the notebook."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from figures.tables import told_table
from verdicts import USUALLY_TOLD
from zoolib import claim
from zoolib.book import ledger
from zoolib.book.claims import CLAIM_MIME
from zoolib.experiment import mean_interval

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def test_a_claim_that_holds_shows_itself_and_carries_its_record():
    made = claim("LinUCB beats random.", 0.5 > 0.2, "0.3", replications=100, label="beats-random")
    shown = made._repr_mimebundle_()
    assert shown["text/plain"] == "Holds: LinUCB beats random. Measured: 0.3 (100 replications)."
    assert shown[CLAIM_MIME] == {
        "text": "LinUCB beats random.",
        "measured": "0.3",
        "replications": 100,
        "label": "beats-random",
    }
    assert json.loads(json.dumps(shown)) == shown  # it can be stored in a notebook


def test_a_claim_that_does_not_hold_says_what_was_measured():
    with pytest.raises(AssertionError, match=r"no longer true: LinUCB beats random\. Measured: -0\.1"):
        claim("LinUCB beats random.", False, -0.1)


@pytest.mark.parametrize("holds", [True, np.bool_(True), np.all([True, True]), np.array([1.0]).max() > 0])
def test_a_truth_value_is_pythons_or_numpys(holds):
    assert claim("It holds.", holds, 1).measured == "1"


@pytest.mark.parametrize("holds", [1, 0.3, float("nan"), None, "yes", [True], np.array([True, True]), np.float64(1)])
def test_what_is_no_truth_value_does_not_pass_for_one(holds):
    with pytest.raises(TypeError, match="holds"):
        claim("It holds.", holds, 1)


@pytest.mark.parametrize("text", ["", "  ", None, 3])
def test_a_claim_must_say_something(text):
    with pytest.raises(ValueError, match="text"):
        claim(text, True, 1)


def test_an_interval_says_how_many_replications_it_rests_on():
    interval = mean_interval(np.arange(30.0))
    assert claim("It grows.", interval.low > 0, interval).replications == 30
    assert claim("It grows.", True, interval, replications=7).replications == 7
    assert claim("It is computed.", True, "320 GB").replications is None


def test_what_is_written_is_shown_as_written():
    text, measured = "a < b & <script>alert(1)</script>", '"x" > 0'
    made = claim(text, True, measured, label='a"b')
    page = BeautifulSoup(made._repr_mimebundle_()["text/html"], "html.parser")
    assert page.find("script") is None
    assert text in page.get_text()
    assert measured in page.get_text()
    assert page.find("div")["id"] == 'claim-a"b'


def test_claims_without_a_label_do_not_share_an_id():
    page = BeautifulSoup(claim("It holds.", True, 1)._repr_mimebundle_()["text/html"], "html.parser")
    assert not page.find_all(id=True)


def test_in_print_the_words_stand_as_written():
    shown = claim("a_b * c", True, "[0.1, 0.2] < $5")._repr_mimebundle_()["text/markdown"]
    assert shown == r"**Holds.** a\_b \* c" + "\n\n" + r"Measured: \[0.1, 0.2\] \< \$5."


def notebook(path, *cells):
    """Write a notebook of cells ``(source, outputs)``."""
    written = [{"cell_type": "markdown", "id": "title", "source": ["# The title\n", "text"]}]
    for i, (source, outputs) in enumerate(cells):
        written.append({"cell_type": "code", "id": f"cell-{i}", "source": [source], "outputs": outputs})
    path.write_text(json.dumps({"cells": written}), encoding="utf-8")


def test_the_ledger_gathers_the_claims_of_all_chapters_in_their_order(tmp_path):
    first, second = claim("A.", True, 1, label="a"), claim("B.", True, "2", replications=100, label="b")
    shown = [[{"data": one._repr_mimebundle_()}] for one in (first, second)]
    notebook(tmp_path / "01_one.ipynb", ("zoo.claim(...)", shown[1]))
    notebook(tmp_path / "00_zero.ipynb", ("x = 1", []), ("claim(...)", shown[0]))
    notebook(tmp_path / "claims.ipynb", ("claim(...)", shown[0]))
    table = ledger(tmp_path)
    assert table["chapter"].tolist() == ["00_zero", "01_one"]
    assert table["title"].tolist() == ["The title"] * 2
    assert table["label"].tolist() == ["a", "b"]
    assert table["measured"].tolist() == ["1", "2"]
    assert table["replications"].isna().tolist() == [True, False]
    assert table["replications"][1] == 100


def test_the_guide_comes_last_and_only_if_it_is_asked_for(tmp_path):
    chapter, guide = claim("A.", True, 1, label="a"), claim("B.", True, 2, label="b")
    notebook(tmp_path / "07_one.ipynb", ("claim(...)", [{"data": chapter._repr_mimebundle_()}]))
    assert ledger(tmp_path)["chapter"].tolist() == ["07_one"]
    notebook(tmp_path / "guide.ipynb", ("claim(...)", [{"data": guide._repr_mimebundle_()}]))
    assert ledger(tmp_path)["chapter"].tolist() == ["07_one", "guide"]
    assert ledger(tmp_path, beside=())["chapter"].tolist() == ["07_one"]


def test_every_claim_of_the_book_has_a_label_of_its_own_by_which_the_ledger_leads_to_it():
    gathered = ledger(CHAPTERS)
    assert gathered["label"].notna().all()
    assert gathered.loc[gathered["label"].duplicated(keep=False), ["chapter", "label"]].values.tolist() == []


def test_the_ledger_page_shows_every_claim_as_its_chapter_has_it_today():
    page = json.loads((CHAPTERS / "claims.ipynb").read_text(encoding="utf-8"))
    shown = BeautifulSoup(
        "".join(
            "".join(o["data"].get("text/html", "")) for c in page["cells"] for o in c.get("outputs", ()) if "data" in o
        ),
        "html.parser",
    )
    rows = [
        (*(cell.get_text() for cell in row.find_all("td")), row.td.a["href"])
        for row in shown.find_all("tr")
        if row.td and row.td.a  # in the table of what is usually told the link stands in the last column
    ]
    assert rows == [
        (one.text, one.measured, "" if one.replications is pd.NA else str(one.replications),
         f"{one.chapter}.html#claim-{one.label}")
        for one in ledger(CHAPTERS).itertuples()
    ]  # fmt: skip


def test_what_is_usually_told_is_decided_by_claims_that_there_are_and_shown_so():
    page = json.loads((CHAPTERS / "claims.ipynb").read_text(encoding="utf-8"))
    (cell,) = [cell for cell in page["cells"] if cell["id"] == "told-table"]
    decided = told_table(USUALLY_TOLD, ledger(CHAPTERS))
    assert "".join(cell["outputs"][0]["data"]["text/html"]) == decided._repr_mimebundle_()["text/html"]
    with pytest.raises(KeyError, match="no claim is labelled 'gone'"):
        told_table({"It rains.": ("false", "gone")}, ledger(CHAPTERS))


def test_a_claim_that_was_not_run_is_missed_by_name(tmp_path):
    notebook(tmp_path / "00_zero.ipynb", ("zoo.claim('It holds.', True, 1)", []))
    with pytest.raises(ValueError, match=r"00_zero\.ipynb: cell 'cell-0' claims something"):
        ledger(tmp_path)


def test_a_folder_without_chapters_has_no_ledger(tmp_path):
    with pytest.raises(ValueError, match="holds no chapters"):
        ledger(tmp_path)
