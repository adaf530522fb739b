"""The student edition holds nothing of a solution, and an assignment gives each submission what it deserves."""

import copy
import csv
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

import zoolib as zoo
from pages.cells import cells_needed
from pages.student import notebooks
from pages.student.grading import grade
from pages.student.notebooks import CHAPTERS, OF_CLAIMS, START, assignment, claimed, exercises, parts, to_fill_in
from zoolab.judges.checking import answers

LONG = 20  # a line as long as that is nobody else's


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    out = tmp_path_factory.mktemp("student")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebooks, "OUT", out)
        notebooks.write()
    return out


def read(path):
    return nbformat.read(path, as_version=4)


def lines_of(cell):
    """What a cell says, line by line, its outputs among it."""
    texts = [cell.source]
    for output in cell.get("outputs", ()):
        texts += [output.get("text", "")] + [str(one) for one in output.get("data", {}).values()]
    plain = (re.sub(r"<[^>]*>", "\n", text) for text in texts)
    return {line.strip() for text in plain for line in re.split(r"\n|(?<=[.;:]) ", text) if len(line.strip()) >= LONG}


def divided(path):
    """The cells of a chapter that are no solution's, and those that are, by the marks in their text."""
    kept, hidden, inside = [], [], False
    for cell in read(path).cells:
        marks = re.findall(r"^[`]+\{solution-(start|end)\}", cell.source, re.MULTILINE)
        (hidden if inside or marks else kept).append(cell)
        inside = marks[-1] == "start" if marks else inside
    return kept, hidden


def as_text(cells):
    return "\n".join("\n".join(sorted(lines_of(cell))) + "\n" + cell.source for cell in cells)


def _texts(folder, *kinds):
    return [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.*")) if path.suffix in kinds]


def test_nothing_of_a_solution_is_in_the_student_edition(edition):
    """No line of its text, its code or its outputs, but those that stand elsewhere in the book too."""
    modules = [
        path for folder in ("chapters", "zoolab/experiments") for path in (notebooks.ROOT / folder).rglob("*.py")
    ]
    beside = "".join(path.read_text(encoding="utf-8") for path in modules)
    kept = beside + "\n".join(as_text(divided(path)[0]) for path in CHAPTERS)
    hidden = {line for path in CHAPTERS for cell in divided(path)[1] for line in lines_of(cell)}
    secret = {line for line in hidden if line not in kept}
    assert len(secret) > 700
    said = "\n".join(as_text(read(path).cells) for path in edition.rglob("*.ipynb"))
    said += "\n".join(_texts(edition, ".py", ".md"))
    assert sorted(line for line in secret if line in said) == []
    in_words = {line for line in secret if re.search(r"[a-z]{4}", line)}  # two claims may have been given one interval
    tables = "\n".join(_texts(edition, ".csv"))
    assert sorted(line for line in in_words if line in tables) == []
    assert "{solution-" not in said
    assert len([*edition.rglob("*.ipynb")]) == 2 * len(CHAPTERS)


def test_no_table_has_a_row_of_a_claim_that_only_a_solution_makes(edition):
    """The tables of all claims keep those that the edition shows, as they stand in the book."""
    shown, hidden = (
        set().union(*(claimed(new_notebook(cells=divided(path)[of])) for path in CHAPTERS)) for of in (0, 1)
    )
    assert {"two-levels", "head-of-its-own"} <= hidden
    in_the_book = notebooks.ROOT / "chapters" / "data"
    for path in (edition / "chapters" / "data").rglob("*.csv"):
        given = path.read_text(encoding="utf-8")
        assert not (hidden - shown) & set(re.findall(r"(?<![\w-])[a-z]+(?:-[a-z0-9]+)+(?![\w-])", given)), path.name
        lines = (in_the_book / path.relative_to(edition / "chapters" / "data")).read_text(encoding="utf-8").splitlines()
        if path.name in OF_CLAIMS:
            place = lines[0].split(",").index("label")
            lines = lines[:1] + [line for line in lines[1:] if next(csv.reader([line]))[place] in shown]
            assert len(lines) > 100
        assert given.splitlines() == lines


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_asks_each_exercise_and_has_a_cell_for_it_and_its_judge(edition, path):
    mine = read(edition / "chapters" / path.name)
    nbformat.validate(mine)
    sources = [cell.source for cell in mine.cells]
    labels = [one.label for one in exercises(read(path))]
    for label in labels:
        place = next(i for i, source in enumerate(sources) if (found := START.search(source)) and found[2] == label)
        judged = "parts" in answers()[label]
        assert "`zoo.check" in sources[place]
        assert (f'`zoo.check("{label}"' in sources[place]) == judged
        assert sources[place + 1].endswith("mine = ...")
        assert ("# no judge: " in sources[place + 1]) != judged
        assert sources[place + 2] == f'zoo.check("{label}", mine)'
    kept = [(cell.id, cell.source, cell.get("outputs")) for cell, _, within in parts(read(path)) if not within]
    assert [
        one
        for one in ((cell.id, cell.source, cell.get("outputs")) for cell in mine.cells)
        if one[0].partition("-")[0] != "ex" or one in kept
    ] == kept


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_no_cell_that_is_left_needs_one_that_is_gone(path):
    """Up to the first exercise the cells are the chapter's, which the tests of the notebooks run."""
    cells = [(cell, within) for cell, _, within in parts(read(path)) if cell.cell_type == "code"]
    sources = [cell.source for cell, _ in cells]
    first = next(i for i, (_, within) in enumerate(cells) if within)
    for place, (cell, within) in enumerate(cells[first:], start=first):
        if not within:
            assert not any(cells[one][1] for one in cells_needed(sources, place)), cell.id


RIGHT = {
    "ex-stranger": "open('slates.py') and 0.5 * 2**0.5, [], ['Dog Toy']",
    "ex-flip": "2 / 3, 4 / 3",
    "ex-crossed-columns": "300, 17_550",
}


def submission(given, **mine):
    """What somebody hands in who also writes points into the tests."""
    handed_in = copy.deepcopy(given)
    for cell in handed_in.cells:
        label, _, kind = cell.id.rpartition("-")
        if kind == "mine" and label in mine:
            cell.source = f"mine = {mine[label]}"
        elif kind == "check":
            cell.source = "pass"
    return handed_in


OWN_JUDGE = 'zoo.check = lambda *_: type("Verdict", (), {"or_fail": lambda self: self})()'
SUBMISSIONS = {
    "right": (RIGHT, [2, 2, 2]),
    "wrong": (RIGHT | {"ex-flip": "1.5, 3", "ex-crossed-columns": "1 / 0"}, [2, 0, 0]),
    "empty": ({}, [0, 0, 0]),
    "a judge of one's own": ({"ex-stranger": f"1\n{OWN_JUDGE}", "ex-flip": "1.5, 3"}, [0, 0, 0]),
}


@pytest.mark.parametrize(("mine", "points"), SUBMISSIONS.values(), ids=SUBMISSIONS)
def test_a_submission_gets_the_points_it_deserves(mine, points, tmp_path, monkeypatch):
    monkeypatch.setenv("BOOK_CHAPTERS", str(notebooks.ROOT / "chapters"))  # the right answer opens what lies there
    given = assignment([*RIGHT])
    graded = grade(given, submission(given, **mine), tmp_path)
    assert graded == {f"{label}-check": (got, 2) for label, got in zip(RIGHT, points, strict=True)}


@pytest.mark.parametrize(("mine", "points"), SUBMISSIONS.values(), ids=SUBMISSIONS)
def test_nbgrader_gives_the_same_points(mine, points, tmp_path, monkeypatch):
    pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install zoolib[grading]")
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    given = assignment([*RIGHT])
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # where its alembic is
    monkeypatch.setenv("BOOK_CHAPTERS", str(notebooks.ROOT / "chapters"))
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    config.CourseDirectory.db_url = f"sqlite:///{tmp_path}/gradebook.db"
    for folder, notebook in (("source", given), ("submitted/somebody", submission(given, **mine))):
        path = tmp_path / folder / "one" / "one.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    api = NbGraderAPI(config=config)
    made = api.generate_assignment("one")
    assert made["success"], made["error"]
    released = {cell.id: cell for cell in read(tmp_path / "release" / "one" / "one.ipynb").cells}
    for label in RIGHT:
        assert released[f"{label}-mine"].source.startswith(to_fill_in(label))
        assert "SOLUTION" not in released[f"{label}-mine"].source
        assert released[f"{label}-check"].source.endswith(f'check("{label}", mine).or_fail();')
    done = api.autograde("one", "somebody")
    assert done["success"], done["error"]
    with api.gradebook as book:
        graded = {one.name: one.auto_score for one in book.find_submission_notebook("one", "one", "somebody").grades}
    assert {name: graded[f"{name}-check"] for name in RIGHT} == dict(zip(RIGHT, points, strict=True))


def test_what_a_cell_begins_with_stands_outside_of_the_solution_that_nbgrader_clears():
    """Where nothing is marked as a solution, nbgrader takes the whole cell for one."""
    for cell in assignment([*RIGHT, "ex-predict"]).cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            label = cell.id.removesuffix("-mine")
            assert cell.source == f"{to_fill_in(label)}\n### BEGIN SOLUTION\n### END SOLUTION"


def test_an_assignment_of_an_exercise_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="ex-nothing"):
        assignment(["ex-flip", "ex-nothing"])


def test_an_exercise_is_worth_what_it_says_it_takes_in_its_title_or_its_first_words():
    worth = {one.label: one.points for path in CHAPTERS for one in exercises(read(path))}
    asked = {"ex-flip": 2, "ex-share": 5, "ex-beta": 10, "ex-by-hand": 2, "ex-design": 10}
    assert {label: worth[label] for label in asked} == asked


def test_what_an_assignment_needs_comes_before_it():
    given = assignment(["ex-both-arms", "ex-share"])
    ids = [cell.id for cell in given.cells]
    assert ids[0] == "begin"
    assert ids.index("08_when_generalization_wins-setup") < ids.index("ex-share") < ids.index("ex-both-arms")
    marks = [cell.metadata.nbgrader for cell in given.cells if "nbgrader" in cell.metadata]
    assert len({one.grade_id for one in marks}) == len(marks)
    assert all(one.schema_version == 3 for one in marks)


def test_what_has_no_judge_is_given_points_by_somebody():
    last = assignment(["ex-predict"]).cells[-1]
    assert last.source.startswith("# no judge: ")
    assert (last.metadata.nbgrader.grade, last.metadata.nbgrader.solution) == (True, True)
    assert not zoo.check("ex-predict", 1).judged
