"""What the book claims, run again in worlds that nobody has looked at."""

import json
import shutil

import nbformat
import pandas as pd
import pytest
from built_book import ROOT
from nbformat.v4 import new_code_cell, new_notebook
from stored_numbers import compares_stored_numbers

from ledgers import ledger
from zoolab.experiments import __main__ as command
from zoolab.experiments import regime_runs, replicate
from zoolab.long import store
from zoolib.book.claims import NOTHING_RANDOM, claim
from zoolib.experiment import stored
from zoolib.randomness import shifted

CHAPTERS = ROOT / "chapters"
HUNDREDS = 5  # fresh ones in which every claim was asked that does not rest on a stored table


@pytest.fixture(scope="module")
def table():
    return stored(replicate.TABLE)


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of one chapter, whose second claim holds in some worlds only."""
    cells = [
        new_code_cell("import zoolib as zoo\nfrom zoolib.randomness import generator\nx = generator(0).random()"),
        new_code_cell('zoo.claim("It is a share.", 0 <= x <= 1, f"{x:.3f}", kind="exact", label="share")'),
        new_code_cell('zoo.claim("It is that number.", round(x, 3) == 0.637, f"{x:.3f}", kind="exact", label="that")'),
        new_code_cell('zoo.claim("It took time.", True, "1 s", kind="machine", label="time")'),
    ]
    for cell, label, kind in zip(cells[1:], ("share", "that", "time"), ("exact", "exact", "machine"), strict=True):
        made = claim("It.", True, "1", kind=kind, label=label)._repr_mimebundle_()
        cell.outputs = [nbformat.v4.new_output("execute_result", data=json.loads(json.dumps(made)), execution_count=1)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "00_one.ipynb")
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # in this process, in which the paths are changed
    monkeypatch.setattr(replicate, "CHAPTERS", tmp_path)
    monkeypatch.setattr(replicate, "TABLE", tmp_path / "data" / "replicate.csv")
    return tmp_path


# ---- what is stored ------------------------------------------------------------------------------------


def test_every_claim_was_asked_as_it_stands_today(table):
    """A claim whose cell has changed since is asked again: make -C zoolab replicate."""
    today = {}
    for name in replicate.notebooks():
        for cell in nbformat.read(CHAPTERS / f"{name}.ipynb", 4).cells:
            today |= {one["label"]: replicate.digest(cell) for one in replicate.claims_of(cell)}
    last = table.drop_duplicates(["label", "offset"], keep="last")
    last = last[last["holds"].astype(bool)]  # what fell stays in its own words
    asked = set(zip(last["label"], last["cell"], strict=True))
    assert {(label, cell) for label, cell in asked if today.get(label) != cell} == set()


def test_every_claim_was_asked_in_fresh_hundreds_but_those_whose_table_was_not_computed_there(table):
    """A chapter that reads a table which there is not in a hundred has claims that cannot be asked in it."""
    claims = ledger(CHAPTERS)
    claims = claims[claims["kind"] != "machine"]
    asked = set(zip(table["label"], table["offset"], strict=True))
    fresh = [replicate.HUNDRED * n for n in range(1, HUNDREDS + 1)]
    missing = {
        one.label
        for one in claims.itertuples()
        for offset in fresh
        if (one.label, offset) not in asked and not replicate.wanting(one.chapter, offset)
    }
    assert missing == set()
    assert (table["offset"] % replicate.HUNDRED == 0).all()
    assert not table[table.duplicated(["label", "offset"], keep="last")]["holds"].any()  # kept is only what fell


@pytest.mark.slow
@compares_stored_numbers
def test_what_a_claim_said_in_a_fresh_hundred_it_says_again(table):
    label, chapter, offset = "what-alpha-covers", "02_the_principle", 2 * replicate.HUNDRED
    kept = table.drop_duplicates(["label", "offset"], keep="last")
    kept = kept[(kept["chapter"] == chapter) & (kept["offset"] == offset)]
    kept = kept[: kept["label"].tolist().index(label) + 1]
    again = replicate.play([offset], chapter, "", last=label)[offset]
    assert len(again) == len(kept) == 3
    for row, one in zip(again, kept.to_dict("records"), strict=True):
        assert row == {name: one[name] for name in row}


def test_how_a_claim_is_said_on_its_page_is_not_what_is_asked():
    asked, said, other = (
        new_code_cell(f'zoo.claim("It.", x {sign} 1, x, kind="exact"{more})')
        for sign, more in (("<", ""), ("<", ', short=f"It is {x}.", bound="1"'), (">", ""))
    )
    assert replicate.digest(asked) == replicate.digest(said) != replicate.digest(other)


# ---- how it is made ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_that_was_stopped_ends_with_the_same_table(book, capsys):
    arguments = ["00_one", "--hundreds", "1:3", "--cache"]
    assert command.main(["replicate", *arguments, str(book / "whole")]) == 0
    whole = replicate.TABLE.read_bytes()
    assert "2 of 4 hold, 2 do not" in capsys.readouterr().out
    assert "00_one, that, shifted by 1,000,000: 0." in whole.decode() or b"that,1000000,False" in whole
    replicate.TABLE.unlink()
    command.main(["replicate", "00_one", "--hundreds", "1:2", "--cache", str(book / "parts")])
    assert len(stored(replicate.TABLE)) == 2
    command.main(["replicate", *arguments, str(book / "parts")])
    assert replicate.TABLE.read_bytes() == whole
    shutil.rmtree(book / "parts")
    command.main(["replicate", "00_one", "--hundreds", "2:3", "--cache", str(book / "parts")])
    assert replicate.TABLE.read_bytes() == whole  # only what was asked for again is replaced


def test_what_fell_stays_in_the_words_of_its_time(book):
    one = {"chapter": "00_one", "offset": 1_000_000, "measured": "1"}
    known = pd.DataFrame(
        [one | {"label": label, "holds": label == "share", "cell": "old"} for label in ("share", "that")]
    )
    new = pd.DataFrame([one | {"label": label, "holds": True, "cell": "new"} for label in ("share", "that")])
    both = replicate.merged(known, new)
    assert both[["label", "holds", "cell"]].values.tolist() == [
        ["share", True, "new"], ["that", False, "old"], ["that", True, "new"]
    ]  # fmt: skip
    assert replicate.merged(both, new).equals(both)
    again = replicate.merged(both, new.assign(holds=False))
    assert again["holds"].tolist() == [False, False, False]


def test_what_rests_on_a_table_that_is_missing_is_not_believed():
    def ran(source, error=None):
        outputs = [nbformat.v4.new_output("error", ename=error, evalue="?", traceback=[])] if error else []
        return new_code_cell(source, outputs=outputs)

    cells = [
        ran("n = 1"), ran("table = stored('data/gone.csv')", "FileNotFoundError"), ran("n = table.sum()", "NameError"),
        ran("claim(n > 0)"), ran("def best(x):\n    return table.max()", None), ran("best(3)", "NameError"),
        ran("x = [table for table in range(3)]\ndef one(n):\n    return n"), ran("for table in x:\n    y = table"),
        ran("n = 2\nn + 1"), ran("claim(n > 1)"),
    ]  # fmt: skip
    first, *rest = [cell.source for cell in replicate.sound(cells, "here")]
    assert first == "n = 1"
    assert rest == [cell.source for cell in cells[6:]]
    part = ran("one = played(runs, 'a world nobody came to')", "NotPlayedError")
    assert part not in list(replicate.sound([*cells, part], "here"))
    failed = [*cells, ran("m = n / 0", "ValueError"), ran("claim(m > 1)"), ran("claim(n > 2)")]
    with pytest.raises(RuntimeError, match=r"here, cell .*ValueError"):
        list(replicate.sound(failed, "here"))
    asked = [cell.source for cell in replicate.sound(failed, "here", forgiving=True)]
    assert asked == [first, *rest, "claim(n > 2)"]
    short = [
        ran("n = 1"),
        ran('x = stored("data/part.csv")'),
        ran("claim(x)"),
    ]
    assert list(replicate.sound(short, "here", {"part.csv"})) == short[:1]
    assert list(replicate.sound(short, "here", {"other.csv"})) == short


def test_a_part_of_a_table_is_missing_for_all_claims_but_those_it_is_enough_for(book):
    folder = book / "data" / "fresh" / "4000000"
    folder.mkdir(parents=True)
    rows = pd.DataFrame({"table": ["one.csv", "two.csv", "two.csv"], "claim": ["this", "this", "that"]})
    rows.to_csv(folder / "parts.csv", index=False)
    assert replicate.parts_only(4_000_000) == {"one.csv", "two.csv"}
    assert replicate.parts_only(4_000_000, "that") == {"one.csv"}
    assert replicate.parts_only(4_000_000, "this") == replicate.parts_only(3_000_000) == set()


def test_parts_are_of_tables_that_are_longer_in_the_book_and_all_claims_that_they_are_for_were_asked(table):
    found = list((CHAPTERS / "data" / "fresh").glob("*/parts.csv"))
    assert found
    for path in found:
        parts = pd.read_csv(path)
        assert set(parts["claim"]) <= set(table.loc[table["offset"] == int(path.parent.name), "label"])
        for name in parts["table"].unique():
            assert len(stored(path.parent / name)) < len(stored(CHAPTERS / "data" / name))


@pytest.mark.slow
def test_a_reader_sees_another_offset_and_the_table_stays_as_it_is(book, capsys):
    command.main(["replicate", str(book / "00_one.ipynb"), "--offset", "77", "--cache", str(book / "cache")])
    assert "1 of 2 hold, 1 do not:" in capsys.readouterr().out
    assert not replicate.TABLE.exists()


@pytest.mark.slow
def test_a_chapter_that_ends_in_an_error_says_so_and_the_others_are_heard(book, capsys):
    other = nbformat.read(book / "00_one.ipynb", 4)
    other.cells.append(new_code_cell("1 / 0"))
    nbformat.write(other, book / "01_two.ipynb")
    assert command.main(["replicate", "--offset", "7", "--cache", str(book / "cache")]) == 1
    out = capsys.readouterr().out
    assert "01_two, (ended in an error), shifted by 7: 01_two, shifted by 7, cell" in out
    assert "ZeroDivisionError" in out
    assert "1 of 3 hold" in out
    assert command.main(["replicate", "--hundreds", "1", "--cache", str(book / "cache")]) == 1
    assert set(stored(replicate.TABLE)["chapter"]) == {"00_one"}


@pytest.mark.slow
def test_one_claim_is_asked_alone_and_only_if_it_can_be(book, capsys):
    path, cache = book / "00_one.ipynb", ["--hundreds", "1:2", "--cache", str(book / "cache")]
    assert command.main(["replicate", "00_one", "--claim", "that", *cache]) == 0
    assert stored(replicate.TABLE)["label"].tolist() == ["that"]
    that = nbformat.read(path, 4).cells[2].source

    def begins_with(line):
        notebook = nbformat.read(path, 4)
        notebook.cells[2].source = f"{line}\n{that}"
        nbformat.write(notebook, path)

    begins_with("zoo and open('gone')")
    with pytest.raises(ValueError, match="'that' rests on what is in none of the hundreds"):
        command.main(["replicate", "00_one", "--claim", "that", *cache])
    begins_with("{}['gone']")
    assert command.main(["replicate", "00_one", "--claim", "that", *cache]) == 1
    assert "KeyError: 'gone'" in capsys.readouterr().out
    begins_with("import os; os.environ['ZOOLIB_SHIFT'] == '1000000' or open('gone')")
    capsys.readouterr()
    assert command.main(["replicate", "00_one", "--claim", "that", "--hundreds", "1:3", *cache[2:]]) == 1
    assert "not asked where what it rests on is missing, in worlds shifted by [2000000]" in capsys.readouterr().out
    assert set(stored(replicate.TABLE)["offset"]) == {1_000_000}  # what could be asked is kept


@pytest.mark.parametrize(("arguments", "message"), [
    (["--claim", "tuned-story"], "--claim"), (["08_when_generalization_wins", "--claim", "tuned-story"], "--claim"),
    (["11_gone"], "no notebook '11_gone'"), (["--tables", "gone"], "gone"),
    (["--offset", "1", "--hundreds", "1:2"], "not allowed"),
])  # fmt: skip
def test_what_there_is_not_is_refused_by_name(arguments, message, capsys):
    with pytest.raises(SystemExit):
        command.main(["replicate", *arguments])
    assert message in capsys.readouterr().err


def test_a_table_of_a_fresh_hundred_lies_apart_and_is_missed_by_name(tmp_path):
    frame = pd.DataFrame({"seed": [0, 1]})
    with shifted(5):
        store(frame, tmp_path / "one.csv")
        assert stored(tmp_path / "one.csv").equals(frame)
        with pytest.raises(FileNotFoundError, match=r"--tables"):
            stored(tmp_path / "two.csv")
    assert not (tmp_path / "one.csv").exists()
    assert (tmp_path / "fresh" / "5" / "one.csv").exists()


def test_a_shop_that_was_kept_is_that_of_its_own_worlds():
    where = [{"kind": "segments"}, {}, "oracle", {}]
    stands = regime_runs.play([0], *where)
    with shifted(7):
        moved = regime_runs.play([0], *where)
    assert stands != moved
    assert regime_runs.play([7], *where)[7] == moved[0]


def test_every_random_kind_says_what_its_draws_are_of():
    claims = ledger(CHAPTERS)
    random = claims[~claims["kind"].isin(NOTHING_RANDOM)]
    assert random.loc[random["of"].isna() | random["replications"].isna(), "label"].tolist() == []
    assert claims.loc[(claims["kind"] == "equivalence") & claims["margin"].isna(), "label"].tolist() == []
