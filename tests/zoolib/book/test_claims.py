"""A claim that holds carries its record; one that does not stops the notebook."""

import dataclasses
import json
import os
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook
from scipy.stats import ttest_1samp

import ledgers
from figures.tables import record_table, told_table
from ledgers import FALLEN, by_ends, differ, first_interval, found_and_confirmed, holm, ledger, pooled, rate, standing
from zoolab.experiments import replicate
from zoolib import claim
from zoolib.book.claims import CLAIM_MIME
from zoolib.experiment import Interval, mean_interval, stored

CHAPTERS = Path(__file__).resolve().parents[3] / "chapters"


def exact(*said, **more):
    return claim(*said, kind="exact", **more)


def test_a_claim_that_holds_shows_itself_and_carries_its_record():
    said = {"kind": "difference", "of": "worlds", "replications": 100, "label": "beats-random"}
    shown = claim("LinUCB beats random.", 0.5 > 0.2, "0.3", **said)._repr_mimebundle_()
    assert shown["text/plain"] == "Holds: LinUCB beats random. Measured: 0.3 (100 replications)."
    record = {"text": "LinUCB beats random.", "measured": "0.3", "margin": None, "holds": True}
    assert shown[CLAIM_MIME] == record | said
    assert json.loads(json.dumps(shown)) == shown  # it can be stored in a notebook


def test_a_short_claim_is_one_line_whose_small_print_opens_to_the_full_words():
    said = {"kind": "share", "of": "worlds", "replications": 100, "label": "recovers"}
    made = claim("More than <two> of five recover.", True, "0.70", short="70 % recover.", bound="over 40 %", **said)
    shown = made._repr_mimebundle_()
    page = BeautifulSoup(shown["text/html"], "html.parser").div
    assert [part.get_text() for part in (page.p, page.summary)] == ["70 % recover.", "100 worlds · bound: over 40 %"]
    assert [p.get_text() for p in page.details("p")] == ["Holds. More than <two> of five recover.",
                                                         "Measured: 0.70 (100 replications)."]  # fmt: skip
    assert shown["text/markdown"] == "70 % recover. *(100 worlds · bound: over 40 %)*"
    assert shown[CLAIM_MIME]["short"] == "70 % recover."
    assert "details" not in exact("It is.", True, 1)._repr_mimebundle_()["text/html"]


def test_short_words_are_few_and_a_claim_that_falls_is_told_in_full():
    for short in (" ".join(["word"] * 26), "", " "):
        with pytest.raises(ValueError, match="short must have at most 25 words"):
            exact("It holds.", True, 1, short=short)
    fallen = dataclasses.replace(exact("It holds.", True, 1, short="It does."), holds=False)
    assert "It does." not in fallen._repr_mimebundle_()["text/html"]


def test_a_claim_that_does_not_hold_says_what_was_measured():
    with pytest.raises(AssertionError, match=r"no longer true: LinUCB beats random\. Measured: -0\.1"):
        exact("LinUCB beats random.", False, -0.1)


@pytest.mark.slow
def test_a_reader_sees_in_orange_what_no_longer_holds_and_the_notebook_goes_on():
    source = 'import zoolib as zoo\nzoo.claim("It <rains>.", {}, "0.1", kind="exact", label="rain")'
    cells = [source.format(False), source.format(True).replace("rain", "snow"), "from figures.tables import verdicts"]
    book = new_notebook(cells=[new_code_cell(cell) for cell in [*cells, "verdicts()"]])
    strict = ("BOOK_STRICT", "PYTEST_VERSION", "PYTEST_CURRENT_TEST")
    env = {name: value for name, value in os.environ.items() if name not in strict}
    resources = {"metadata": {"path": str(CHAPTERS)}}
    NotebookClient(book, kernel_name="python3", resources=resources).execute(env=env)
    (fallen,), (held,) = (cell.outputs for cell in book.cells[:2])
    assert "#d9822b" in fallen.data["text/html"]
    assert "Not shown by these numbers.</strong> It &lt;rains&gt;." in fallen.data["text/html"]
    assert [one.data[CLAIM_MIME]["holds"] for one in (fallen, held)] == [False, True]
    end = book.cells[-1].outputs[0].data
    assert end["text/plain"] == "1 of the 2 claims of this page hold.\n- It <rains>. Measured: 0.1."
    assert '<a href="#claim-rain">It &lt;rains&gt;.</a>' in end["text/html"]
    with pytest.raises(CellExecutionError, match="no longer true"):
        NotebookClient(book, kernel_name="python3", resources=resources).execute(env=env | {"BOOK_STRICT": "1"})


@pytest.mark.parametrize("holds", [True, np.bool_(True), np.all([True, True]), np.array([1.0]).max() > 0])
def test_a_truth_value_is_pythons_or_numpys(holds):
    assert exact("It holds.", holds, 1).measured == "1"


@pytest.mark.parametrize("holds", [1, 0.3, float("nan"), None, "yes", [True], np.array([True, True]), np.float64(1)])
def test_what_is_no_truth_value_does_not_pass_for_one(holds):
    with pytest.raises(TypeError, match="holds"):
        exact("It holds.", holds, 1)


@pytest.mark.parametrize("text", ["", "  ", None, 3])
def test_a_claim_must_say_something(text):
    with pytest.raises(ValueError, match="text"):
        exact(text, True, 1)


RANDOM = {"of": "worlds", "replications": 100}
AROUND_0 = Interval(0.0, -0.2, 0.2, 100)


@pytest.mark.parametrize(("text", "measured", "more", "message"), [
    ("It.", 1, {"kind": "guess"}, "kind must be one of difference, equivalence"),
    ("It.", 1, {"kind": "difference", "of": "worlds"}, "say replications"),
    ("It.", 1, {"kind": "share", "replications": 100}, "of what"),
    ("They are alike.", 1, {"kind": "equivalence", **RANDOM}, "say margin"),
    ("There is no difference.", 1, {"kind": "difference", **RANDOM}, "say margin"),
    ("A cannot be told from B.", 1, {"kind": "bound", **RANDOM}, "say margin"),
    ("They are alike.", AROUND_0, {"kind": "equivalence", "margin": 0.1, **RANDOM}, "within the margin of 0.1"),
    ("They are alike.", AROUND_0, {"kind": "equivalence", "margin": -0.3, **RANDOM}, "margin must be positive"),
    ("Half of them.", Interval(1.0, 0.9, 1.1, 9), {"kind": "share", **RANDOM}, r"within \[0, 1\]"),
    ("The best.", 1, {"kind": "order", "optimum": (2, [0.5, 1, 2]), **RANDOM}, "2 is at the end of what was tried"),
])  # fmt: skip
def test_what_such_a_measurement_cannot_show_is_refused(text, measured, more, message):
    with pytest.raises(ValueError, match=message):
        claim(text, True, measured, **more)


def test_what_it_can_show_is_not():
    assert claim("They are alike.", True, AROUND_0, kind="equivalence", margin=0.3, of="worlds").replications == 100
    assert claim("Half.", True, Interval(0.5, 0.4, 0.6, 9), kind="share", of="worlds").kind == "share"
    assert claim("The best.", True, 1, kind="order", optimum=(1, [0.5, 1, 2]), **RANDOM).holds
    assert exact("In all there is no difference.", True, "0").margin is None


def test_an_interval_says_how_many_replications_it_rests_on():
    interval = mean_interval(np.arange(30.0))
    bound = partial(claim, "It grows.", True, kind="bound", of="worlds")
    assert bound(interval).replications == 30
    assert bound(interval, replications=7).replications == 7
    assert exact("It is computed.", True, "320 GB").replications is None


def test_what_is_written_is_shown_as_written():
    text, measured = "a < b & <script>alert(1)</script>", '"x" > 0'
    made = exact(text, True, measured, label='a"b')
    page = BeautifulSoup(made._repr_mimebundle_()["text/html"], "html.parser")
    assert page.find("script") is None
    assert text in page.get_text()
    assert measured in page.get_text()
    assert page.find("div")["id"] == 'claim-a"b'
    nameless = exact("It holds.", True, 1)._repr_mimebundle_()["text/html"]
    assert not BeautifulSoup(nameless, "html.parser").find_all(id=True)


def test_in_print_the_words_stand_as_written():
    shown = exact("a_b * c", True, "[0.1, 0.2] < $5")._repr_mimebundle_()["text/markdown"]
    assert shown == r"**Holds.** a\_b \* c" + "\n\n" + r"Measured: \[0.1, 0.2\] \< \$5."


def notebook(path, *cells):
    """Write a notebook of cells ``(source, outputs)``."""
    written = [{"cell_type": "markdown", "id": "title", "source": ["# The title\n", "text"]}]
    for i, (source, outputs) in enumerate(cells):
        written.append({"cell_type": "code", "id": f"cell-{i}", "source": [source], "outputs": outputs})
    path.write_text(json.dumps({"cells": written}), encoding="utf-8")


def test_claims_are_gathered_from_all_chapters_in_their_order_and_from_the_guide_if_it_is_asked_for(tmp_path):
    one, two, three = (exact("A.", True, i, replications=100 * (i > 1) or None, label=f"{i}") for i in (1, 2, 3))
    shown = [[{"data": made._repr_mimebundle_()}] for made in (one, two, three)]
    notebook(tmp_path / "01_one.ipynb", ("zoo.claim(...)", shown[1]))
    notebook(tmp_path / "00_zero.ipynb", ("x = 1", []), ("claim(...)", shown[0]))
    notebook(tmp_path / "claims.ipynb", ("claim(...)", shown[0]))
    notebook(tmp_path / "guide.ipynb", ("claim(...)", shown[2]))
    table = ledger(tmp_path)
    assert table["chapter"].tolist() == ["00_zero", "01_one", "guide"]
    assert table["title"].tolist() == ["The title"] * 3
    assert table["label"].tolist() == table["measured"].tolist() == ["1", "2", "3"]
    assert table["replications"].fillna(0).tolist() == [0, 100, 100]
    assert ledger(tmp_path, beside=())["chapter"].tolist() == ["00_zero", "01_one"]


def test_every_claim_of_the_book_has_a_label_of_its_own_by_which_the_record_leads_to_it():
    gathered = ledger(CHAPTERS)
    assert gathered["label"].notna().all()
    assert gathered.loc[gathered["label"].duplicated(keep=False), ["chapter", "label"]].values.tolist() == []


def in_record(cell):
    """Return what a cell of the record shows, HTML parsed."""
    page = json.loads((CHAPTERS / "claims.ipynb").read_text(encoding="utf-8"))
    outputs = [output for one in page["cells"] if one["id"] == cell for output in one["outputs"]]
    shown = "".join("".join(output["data"]["text/html"]) for output in outputs)
    return BeautifulSoup(shown, "html.parser")


def test_the_record_shows_every_claim_as_its_chapter_has_it_today():
    shown = in_record("all").select("tbody > tr")
    rows = [(row.select_one("[id]")["id"], *(cell.text for cell in row.find_all("td")[1:])) for row in shown]
    claims = standing(ledger(CHAPTERS))
    assert rows == [
        (f"claim-{one.label}", one.kind,
         f"{one.held} of {one.fresh}" if one.fresh else "waits" * (one.kind not in ("exact", "machine")),
         "★" * one.survives, "guide" * one.guide)
        for one in claims.itertuples()
    ]  # fmt: skip
    for row, one in zip(shown, claims.itertuples(), strict=True):
        assert row.select_one(f'a[href="{one.chapter}.html#claim-{one.label}"]')
        draws = "" if one.replications is pd.NA else f" ({one.replications:,} {one.of})"
        assert {one.text, f"Measured: {one.measured}{draws}."} <= {tag.text for tag in row.select("summary, p")}
    waiting = {row[0] for row in rows if row[2] == "waits"}
    assert {way["href"].removeprefix("#") for way in in_record("waiting").select("a")} == waiting


def test_a_row_of_the_record_has_the_short_words_of_a_claim_or_its_first_ones():
    claims = standing(ledger(CHAPTERS)).head(2).assign(text="long " * 60, short=["So it is.", ""])
    table = BeautifulSoup(record_table(claims)._repr_mimebundle_()["text/html"], "html.parser")
    assert [line.text for line in table.select("td summary")] == ["So it is.", f"{'long ' * 21}…"]


def test_what_is_usually_told_is_decided_by_claims_that_there_are_and_shown_so():
    told, claims = pd.read_csv(ledgers.DATA / "usually_told.csv"), ledger(CHAPTERS)
    decided = told_table(told, claims)._repr_mimebundle_()["text/html"]
    assert in_record("told-table") == BeautifulSoup(decided, "html.parser")
    for one in told.itertuples():  # an answer has no number that its claim does not have
        numbers = re.findall(r"\d[\d,]*", " ".join(claims.set_index("label").loc[one.claim, ["text", "measured"]]))
        assert set(re.findall(r"\d[\d,]*", one.found)) <= {*numbers, *re.findall(r"\d+", one.told)}, one.claim
    with pytest.raises(KeyError, match="no claim is labelled 'gone'"):
        told_table(pd.DataFrame([{"told": "It rains.", "found": "No.", "claim": "gone"}]), claims)


def test_the_first_printed_interval_is_read_with_its_digits():
    assert first_interval("gain -0.150 [-0.157, -0.143] clicks, then 3 [2, 4]") == (-0.15, -0.157, -0.143, 3)
    assert first_interval("1,640 [1,500, 1,800] visits") == (1640, 1500, 1800, 0)
    assert first_interval("70% [60%, 78%] of worlds")[:3] == (70, 60, 78)
    assert first_interval("4 % of [0, 1]") is None


def test_several_hundreds_together_are_surer_than_one():
    mean, low, high, digits = pooled(
        ["0.10 [0.06, 0.14]", "0.12 [0.08, 0.16]", "0.14 [0.10, 0.18]", "0.12 [0.08, 0.16]"]
    )
    assert (mean, low, high, digits) == pytest.approx((0.12, 0.10, 0.14, 2))
    assert pooled(["0.1 [0.0, 0.2]", "no interval"]) is None


CROWDS = ["0.40 [0.39, 0.41]", "0.10 [0.09, 0.11]", "0.55 [0.54, 0.56]"]  # one a hundred: its runs know of no other


def test_hundreds_that_differ_by_more_than_they_allow_have_the_interval_of_their_spread():
    assert differ(CROWDS)
    low, high = ttest_1samp([0.40, 0.10, 0.55], 0).confidence_interval()
    assert pooled(CROWDS) == pytest.approx((0.35, low, high, 2))
    assert not differ(["0.10 [0.06, 0.14]", "0.12 [0.08, 0.16]", "0.14 [0.10, 0.18]"])
    assert not differ(["0.31 [0.31, 0.31]", "0.32 [0.32, 0.32]"])  # what printing has rounded off
    assert not differ(CROWDS[:1])


def test_what_hundreds_differ_in_is_no_test_of_it():
    claims = pd.DataFrame({"label": ["alike", "differ"], "kind": "share", "by_ends": True, "of": "runs of one crowd"})
    claims["measured"] = CROWDS[0]
    runs = pd.DataFrame(
        [("alike", n, True, CROWDS[0]) for n in (1, 2, 3)] + [("differ", n, True, CROWDS[n - 1]) for n in (1, 2, 3)],
        columns=["label", "offset", "holds", "measured"],
    )
    found = standing(claims, runs.assign(offset=runs["offset"] * ledgers.HUNDRED), FALLEN[:0])
    assert found["differ"].tolist() == [False, True]
    assert found["survives"].tolist() == [True, False]


def test_where_a_claim_stands():
    claims = pd.DataFrame({
        "label": [*"abcdefg"], "kind": ["difference", "bound", "exact", "share", "order", "difference", "difference"],
        "measured": ["1.0 [0.5, 1.5]"] * 7, "of": ["worlds"] * 6 + ["shuffles of one data set"],
        "by_ends": [True] * 5 + [False, True],
    })  # fmt: skip
    rows = [("a", 1, True, "4 [3, 5]"), ("a", 2, True, "2 [1, 3]"), ("a", 3, True, "3 [2, 4]"), ("b", 1, True, "x"),
            ("b", 2, False, "y"), ("e", 1, False, "5 [4, 6]"), ("e", 1, True, "5 [4, 6]"), ("e", 2, True, "7 [6, 8]"),
            ("c", 1, True, "3 [2, 4]")]  # fmt: skip
    rows += [(label, hundred, True, "no interval") for label in "fg" for hundred in (1, 2, 3)]
    runs = pd.DataFrame(rows, columns=["label", "offset", "holds", "measured"])
    runs["offset"] *= ledgers.HUNDRED
    fallen = pd.DataFrame({"label": ["e", "b"], "fresh": [1, 0], "seen": 0})
    found = standing(claims, runs, fallen).set_index("label")
    assert found["fresh"].tolist() == [3, 2, 1, 0, 1, 3, 3]  # e, as it is worded now, has met one that it did not know
    assert found["held"].tolist() == [3, 1, 1, 0, 1, 3, 3]
    assert found["confirmed"].tolist() == [True, False, True, False, True, True, True]
    assert found["survives"].tolist() == [True, *[False] * 6]  # f is decided otherwise, g draws the same data again
    assert found["pooled"].tolist() == ["3 [2, 4]", "", "", "", "6 [5, 7]", "", ""]
    assert rate(found.reset_index(), runs) == {
        "random": 6, "asked": 5, "runs": 13, "first": 11, "felled": 2, "fresh": 12, "held": 11, "survive": 1
    }  # fmt: skip
    both = found_and_confirmed(found.reset_index())
    assert both[["found", "confirmed"]].values.tolist() == [[2, 6], [2, 12]]


def test_what_fell_and_the_record_of_the_runs_say_the_same():
    runs = stored(replicate.TABLE)
    once = runs[~runs["holds"].astype(bool)]
    assert set(zip(once["label"], once["offset"], strict=True)) == {
        (one.label, one.fresh * replicate.HUNDRED) for one in FALLEN.itertuples() if one.fresh
    }


@pytest.mark.parametrize(("condition", "ends"), [
    ("-0.1 < gain.low < gain.high < 0.1", True), ("all(d.low > 0 for d in leads)", True), ("close", False),
    ("gain.low > 0 and won > 90", False), ("all(slow[n] < 3 for n in slow)", False), ("share['low'] > 0.5", True),
])  # fmt: skip
def test_a_condition_is_decided_by_the_ends_of_intervals(condition, ends):
    assert by_ends(f"won = 95 > 3\nzoo.claim('It pays.', holds={condition}, measured='1', label='pays')") is ends


def test_the_record_and_the_program_that_runs_the_book_afresh_count_alike():
    assert ledgers.HUNDRED == replicate.HUNDRED


def test_holm_asks_more_of_each_the_more_there_are():
    p = pd.Series([0.011, 0.02, 0.9, 0.012], index=[*"wxyz"])
    assert holm(p).to_dict() == {"w": True, "x": True, "y": False, "z": True}
    assert not holm(pd.concat([p, pd.Series(np.linspace(0.3, 0.9, 20))])).any()


def test_what_fell_is_crossed_out_beside_what_stands_in_its_place():
    rows = [(row.s.text, row.a["href"]) for row in in_record("fallen").select("tbody > tr")]
    assert sorted(rows) == sorted((one.text, f"#claim-{one.label}") for one in FALLEN.itertuples())
    assert not set(FALLEN["text"]) & set(ledger(CHAPTERS)["text"])
    back = {way["href"] for way in in_record("all").select("a[href^='#']")}
    assert back == {f"#{one['id']}" for one in in_record("fallen").select("s")} == {*("#fell-" + FALLEN["label"])}


def test_a_claim_that_was_not_run_or_fell_and_a_folder_without_chapters_are_noticed(tmp_path):
    with pytest.raises(ValueError, match="holds no chapters"):
        ledger(tmp_path)
    fell = dataclasses.replace(exact("A.", True, 1, label="a"), holds=False)
    for outputs, said in (([], r"00_zero\.ipynb: cell 'cell-0' claims something"),
                          ([{"data": fell._repr_mimebundle_()}], "a did not hold when it was stored")):  # fmt: skip
        notebook(tmp_path / "00_zero.ipynb", ("zoo.claim('It holds.', True, 1)", outputs))
        with pytest.raises(ValueError, match=said):
            ledger(tmp_path)
