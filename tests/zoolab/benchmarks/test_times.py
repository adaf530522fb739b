"""What chapters say of the time they take, held against what was measured and stored; nothing is timed here.

``make -C zoolab times`` measures. A chapter's opening may be off by a factor of two, since processors differ by that.
"""

import re

import book_checks as book
import nbformat
import pandas as pd
import pytest

from zoolab.benchmarks import chapters as times

FACTOR = 2.0  # between what an opening says and what was measured
WORDS = 1.25  # between a chapter's words now and when it was measured
UNMEASURED: set[str] = set()  # numbers of the chapters that are still to be measured
SECONDS = {"second": 1, "minute": 60}
SPELT = {"a": 1, "one": 1, "two": 2}


def stored() -> pd.DataFrame:
    return pd.read_csv(times.TABLE, dtype={"Builds on": str}, keep_default_na=False)


def seconds_said(opening: str) -> float:
    """Return the time that "It runs in about ..." states, in seconds."""
    said = re.search(r"\*\*It runs\*\* in (?:about |under |less than )?(\d+|[a-z]+) (second|minute)s?\b", opening)
    assert said, 'the opening must say "**It runs** in about N seconds on one core"'
    return float(SPELT.get(said[1], 0) or said[1]) * SECONDS[said[2]]


def agrees(said: float, measured: float, factor: float) -> bool:
    return measured / factor <= said <= measured * factor


MEASURED = [path for path in book.CHAPTERS if path.name[:2] not in UNMEASURED]


@pytest.fixture(params=MEASURED, ids=lambda path: path.name)
def chapter(request):
    """A chapter with its row of the table."""
    path, table = request.param, stored()
    rows = table[table["Chapter"].map(times.file_of) == path.name]
    assert len(rows) == 1, f"{path.name} has not been measured: make -C zoolab times CHAPTERS=chapters/{path.name}"
    return path, rows.iloc[0]


def test_a_chapter_runs_about_as_long_as_its_opening_says(chapter):
    path, row = chapter
    said = seconds_said(book.read(path).cells[0].source)
    assert agrees(said, row["Seconds to run"], FACTOR), (
        f"{path.name} says {said:.0f} seconds, and took {row['Seconds to run']}: mend the opening, "
        f"or measure it again by make -C zoolab times CHAPTERS=chapters/{path.name}"
    )


def test_a_chapter_runs_in_under_ninety_seconds_by_its_own_word(chapter):
    assert seconds_said(book.read(chapter[0]).cells[0].source) <= 90


def test_the_table_knows_the_chapter_as_it_is(chapter):
    path, row = chapter
    nb = book.read(path)
    assert agrees(times.words(nb), row["Words"], WORDS), f"{path.name} has grown or shrunk: make -C zoolab times"
    assert agrees(times.minutes_to_read(nb), row["Minutes to read"], WORDS), f"{path.name}: make -C zoolab times"
    assert row["Builds on"] == times.builds_on(nb)
    assert row["Chapter"] == times.row(path, 0)["Chapter"]
    assert row[times.QUESTION].endswith("?"), "write the question that the chapter asks into the table"


def test_the_hours_are_those_of_the_chapters_as_they_are():
    table = pd.read_csv(times.HOURS, dtype=str, keep_default_na=False).to_dict("records")
    now = [times.hours(path) for path in MEASURED]
    assert [row["Chapter"] for row in table] == [row["Chapter"] for row in now]
    for stored_row, row in zip(table, now, strict=True):
        for name in ("Read", "Exercises", "Short course"):
            assert bool(stored_row[name]) == bool(row[name])
            assert not row[name] or agrees(float(row[name]), float(stored_row[name]), WORDS), (
                f"{row['Chapter']}: python -m zoolab.benchmarks.chapters --count"
            )


def test_the_table_holds_the_chapters_that_there_are_in_their_order():
    assert [times.file_of(name) for name in stored()["Chapter"]] == [path.name for path in MEASURED]


@pytest.mark.parametrize(
    ("opening", "seconds"),
    [
        ("**It runs** in about 35 seconds on one core; most of it trains.", 35),
        ("**It runs** in about a minute.", 60),
        ("**It runs** in under two minutes on one core", 120),
        ("**It runs** in 1 minute.", 60),
        ("**It runs** at once.", None),
    ],
)
def test_an_opening_is_read_as_it_is_meant(opening, seconds):
    if seconds is None:
        with pytest.raises((AssertionError, ValueError)):
            seconds_said(opening)
    else:
        assert seconds_said(opening) == seconds


def test_a_statement_off_by_more_than_the_factor_is_found():
    assert agrees(30, 59, FACTOR)
    assert agrees(59, 30, FACTOR)
    assert not agrees(30, 61, FACTOR)
    assert not agrees(61, 30, FACTOR)


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def test_words_are_those_of_the_prose_before_the_exercises():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    opening = markdown("# One two\n\n**You need** [three](03_x.ipynb) and [more](01_y.ipynb).\n\n**It runs** at once.")
    rest = markdown("four five $$x = y$$\n\n```python\nnot = counted\n```")
    last = markdown("six\n\n## Exercises")
    nb = notebook(opening, rest, code("a = 1"), last, markdown("none of these words"))
    assert times.words(nb) == 2 + 9 + 2 + 2  # One two; You need ... at once; four five; six Exercises
    assert times.builds_on(nb) == "1, 3"


def test_a_long_chapter_with_many_stops_takes_longer_to_read():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    title, text = markdown("# A"), markdown("word " * 3000)
    assert times.minutes_to_read(notebook(title)) == 5
    assert times.minutes_to_read(notebook(title, text)) == 15
    assert times.minutes_to_read(notebook(title, text, *[code("a = 1") for _ in range(90)])) == 25
    box = "::::{admonition} Check yourself\n:class: check asks-one\n*Why?*\n:::{admonition} Answer\nword\n:::\n::::\n\n"
    asked = markdown((box + "$$x$$\n\n") * 5)
    assert times.words(notebook(title, asked)) == times.words(notebook(title))
    assert times.minutes_to_read(notebook(title, text, asked)) == 35


def test_a_chapter_that_is_measured_again_takes_the_place_of_its_row():
    def row(name, seconds):
        return dict(zip(times.COLUMNS, [f"1 [A]({name})", "", "", 10, 5, seconds], strict=True))

    table = times.updated(None, [row("02_b.ipynb", 7), row("01_a.ipynb", 3)])
    table[times.QUESTION] = ["Why?", "How?"]  # by hand
    table = times.updated(table, [row("02_b.ipynb", 8)])
    assert list(table["Seconds to run"]) == [3, 8]
    assert list(table[times.QUESTION]) == ["Why?", "How?"]


def test_what_a_notebook_computes_is_what_is_timed(tmp_path):
    busy = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 1.0: pass"
    quick = times.seconds_to_run(notebook(nbformat.v4.new_code_cell("pass")), tmp_path)
    slow = times.seconds_to_run(notebook(nbformat.v4.new_code_cell(busy)), tmp_path)
    assert slow > quick + 0.5
