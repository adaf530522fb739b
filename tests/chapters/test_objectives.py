"""What tests which objective: nothing that a chapter promises is missing, and nothing is named that there is not."""

import re
from pathlib import Path

import book_checks as book
import nbformat
import pytest
import teaching

from zoolab.benchmarks import chapters as times

ROWS = teaching.rows(teaching.OBJECTIVES)
TEACHING = (Path(teaching.ROOT) / "chapters" / "teaching.md").read_text(encoding="utf-8")
PROBLEMS = {
    f"{number}.{problem}"
    for number, text in re.findall(
        r"^\*\*Set (\d), after.*?\n(.*?)(?=^\*\*Set|^## )", TEACHING, re.MULTILINE | re.DOTALL
    )
    for problem in re.findall(r"^(\d)\. \(", text, re.MULTILINE)
}
EXAM = set(re.findall(r"^(\d+)\. ", TEACHING.partition("## Questions for an exam")[2], re.MULTILINE))


def named(column: str) -> set[str]:
    return {name for row in ROWS for name in row[column].split()}


@pytest.mark.parametrize("path", book.CHAPTERS, ids=lambda path: path.stem)
def test_all_that_a_chapter_promises_is_in_the_table_in_its_words(path: Path):
    opening = book.read(path).cells[0].source
    promise = " ".join(re.search(r"\*\*You will be able to\*\*(.*?)\n\n", opening, re.DOTALL)[1].split())
    for row in [row for row in ROWS if int(row["chapter"]) == int(path.name[:2])]:
        assert promise.count(row["objective"]) == 1, row["objective"]
        promise = promise.replace(row["objective"], "")
    assert re.fullmatch(r"(and|[\s,;:.])*", promise), f"not in the table: {promise}"


def test_every_exercise_problem_and_exam_question_tests_something_and_is_there():
    cells = "\n".join(cell.source for path in book.CHAPTERS for cell in book.read(path).cells)
    assert named("exercises") == set(re.findall(r":label: (ex-[\w-]+)", cells))
    assert (len(PROBLEMS), len(EXAM)) == (20, 15)
    assert named("problems") == PROBLEMS
    assert named("exam") == EXAM


@pytest.mark.parametrize("path", book.CHAPTERS, ids=lambda path: path.stem)
def test_every_question_tests_something_and_every_one_that_is_named_is_there(path: Path):
    cells = "\n".join(cell.source for cell in book.read(path).cells)
    names = {name for row in ROWS if int(row["chapter"]) == int(path.name[:2]) for name in row["questions"].split()}
    there = set(re.findall(r"^:name: (q-[\w-]+)$", cells, re.MULTILINE))
    if there:
        assert names == there


SHOWN = {"reproduce a single run to the last digit"}  # by a cell of the chapter, and asked for by nothing


def test_every_objective_is_tested_by_something():
    assert {row["objective"] for row in ROWS if not any(list(row.values())[2:])} <= SHOWN


def test_the_time_of_an_exercise_is_what_it_says_or_what_its_solution_lets_one_expect():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell

    def exercise(title: str, text: str, lines: int) -> list:
        label = title.split()[0].lower()
        start = f"```{{exercise-start}} {title}\n:label: ex-{label}\n```\n{text}\n```{{exercise-end}}\n```"
        return [
            markdown(start),
            markdown("````{solution-start} x\n````"),
            code("a = 1\n" * lines),
            markdown("````{solution-end}\n````"),
        ]

    cells = [
        *exercise("Two minutes", "Add.", 9),
        *exercise("Threshold", "Half an hour. Do.", 9),
        *exercise("Free", "Do.", 9),
    ]
    nb = nbformat.v4.new_notebook(cells=[markdown("## Exercises"), *cells, code("not = counted")])
    assert times.minutes_of_exercises(nb) == {"ex-two": 2, "ex-threshold": 30, "ex-free": 5 + 2 * 9}


def test_a_section_is_cut_out_of_its_chapter():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [markdown("# A\n\none\n\n## B\n\ntwo"), code("b = 1"), markdown("three\n\n## C\n\nfour"), code("c = 1")]
    part = times.section(nbformat.v4.new_notebook(cells=cells), "B")
    assert [cell.source for cell in part.cells] == ["## B\n\ntwo", "b = 1", "three\n\n"]
    with pytest.raises(ValueError, match="'D'"):
        times.section(nbformat.v4.new_notebook(cells=cells), "D")
    row = times.hours(next(path for path in book.CHAPTERS if path.name.startswith("02")))
    assert 0.5 * float(row["Read"]) < float(row["Short course"]) < float(row["Read"])


def test_the_hours_of_the_short_course_are_those_of_its_chapters():
    *body, total, _, said = teaching.hours()
    cells = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in [*body[5:], total]]
    for column, counted in ((1, cells[:-1]), (3, [row for row in cells[:-1] if row[3]])):
        assert float(cells[-1][column]) == pytest.approx(
            sum(float(row[column]) for row in counted), abs=0.6 + 0.05 * 11
        )
    assert [row[0].split()[0] for row in cells[:-1] if row[3]] == ["0", "1", "2", "4", "7", "9"]
    course, book_ = map(int, re.findall(r"\d+", said))
    assert course < 0.6 * book_
