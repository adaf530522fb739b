"""The key answers every problem, its marks add up, and nothing of it is where students read."""

import html
import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from built_book import HTML, ROOT, build
from setuptools import find_namespace_packages

import zoolib as zoo
from pages.key import build as key
from zoolib.experiment.metrics import Interval

TEACHING = key.TEACHING.read_text(encoding="utf-8")
PROBLEMS, QUESTIONS = key.problems(TEACHING), key.questions(TEACHING)
EXAM = 6  # marks a question
WORDS = 10  # in a row, which two texts hardly share by chance
READ = (".html", ".ipynb", ".txt", ".md", ".json", ".py", ".xml")
FEW = 10  # of such rows: a sentence of twenty words


def solutions(name: str) -> dict[int, tuple[int, str]]:
    """Marks and text, cells of code left out, of each solution in a part of the key."""
    text = (key.HERE / name).read_text(encoding="utf-8")
    if name.endswith(".ipynb"):
        cells = nbformat.reads(text, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    parts = key.HEADING.split(text)[1:]
    return {int(n): (int(marks), words) for n, marks, words in zip(parts[::4], parts[2::4], parts[3::4], strict=True)}


def given(words: str) -> int:
    """The marks of a scheme, summed; of ``1 + 1`` both."""
    rows = re.findall(r"^\| ([\d+ ]+) \|", words, re.MULTILINE)
    return sum(int(mark) for row in rows for mark in row.split("+"))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_every_problem_of_a_set_has_a_solution_whose_marks_add_up_to_those_it_is_worth(number):
    solved = solutions(f"set_{number}.ipynb")
    asked = {n: marks for (s, n), (marks, _) in PROBLEMS.items() if s == number}
    assert {n: marks for n, (marks, _) in solved.items()} == asked
    assert sum(asked.values()) == 40
    for n, (marks, words) in solved.items():
        assert given(words) == marks, f"problem {n}"
        assert "**Partly.**" in words, f"problem {n}"
        assert re.search(r"\*\*Often wrong\.\*\*\n\n- .*\d", words), f"problem {n}: what wrong answers earn"


def test_every_question_for_an_exam_has_a_scheme_of_six_marks_and_no_answer_beside_it():
    solved = solutions("exam.md")
    assert solved.keys() == QUESTIONS.keys()
    for n, (marks, words) in solved.items():
        assert given(words) == marks == EXAM, f"question {n}"
        assert "**Often wrong.**" in words, f"question {n}"
    assert not re.search(r"^: ", key.section(TEACHING, "Questions for an exam"), re.MULTILINE)


def test_the_project_is_marked_as_the_teaching_page_says():
    marks = [int(m) for m in re.findall(r"^\|.*\| (\d+) \|$", key.section(TEACHING, "The project"), re.MULTILINE)]
    rubric = (key.HERE / "project.md").read_text(encoding="utf-8")
    assert [int(m) for m in re.findall(r"^\| [^|]+ \| (\d+) \|", rubric, re.MULTILINE)] == marks
    assert sum(marks) == 100


def cell_of(number: int, name: str) -> nbformat.NotebookNode:
    cells = nbformat.read(key.HERE / f"set_{number}.ipynb", as_version=4).cells
    return next(cell for cell in cells if cell.id == name)


def test_what_personas_keep_to_in_the_table_of_the_key_is_named_in_its_answer():
    """Problem 3 of Set 1: a second-best category that lasts in five worlds or more is one on which one can settle."""
    best = zoo.ZooplusSimulator(seed=0).click_table.argmax(1)
    told = re.findall(r" 20,000 +(.*)", cell_of(1, "p3-run").outputs[0].data["text/plain"])
    worlds = [[int(n) for n in row.split()] for row in told]
    many = [(p, c) for p, row in enumerate(worlds) for c, n in enumerate(row) if n >= 5 and c != best[p]]
    kept = [(zoo.PERSONAS[p], zoo.CATEGORIES[c]) for p, c in many]
    assert kept == [("new_puppy_parent", "Dog Food"), ("cat_connoisseur", "Cat Toy")]
    answer = solutions("set_1.ipynb")[3][1]
    for pair in ("puppy parents and dog food", "cat connoisseurs and cat toys"):
        assert pair in answer.partition("| Marks |")[0]
        assert pair in answer.partition("| Marks |")[2], "there is a mark for it"


def test_a_lead_that_is_gone_is_gone_in_other_worlds_too():
    """Problem 4 of Set 3: what worlds 300 to 399 gave lies on the side of the words, with zero inside."""
    lead = {5000: Interval(0.0085, 0.0040, 0.0130, n=100), 3750: Interval(-0.0023, -0.0054, 0.0009, n=100)}
    source = cell_of(3, "p4-claim").source
    exec(source, {"zoo": zoo, "lead": lead})
    lead[3750] = Interval(0.0023, -0.0009, 0.0054, n=100)  # as far on the other side it may still be there
    with pytest.raises(AssertionError, match="no longer true"):
        exec(source, {"zoo": zoo, "lead": lead})


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    key.build(out := tmp_path_factory.mktemp("key"))
    return out


def test_the_key_is_a_page_that_needs_nothing_else_and_says_what_was_asked(built):
    page = (built / "index.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(page, "html.parser")
    loaded = [one.get("src") or one["href"] for one in soup.select("[src], link[href]")]
    assert [address for address in loaded if re.match(r"https?:|//", address)] == []
    assert all((built / script["src"]).is_file() for script in soup.select("script[src]"))
    assert not re.search(r"\{[a-z:]+\}`", page), "a role of MyST"
    assert len(soup.select("blockquote")) == len(PROBLEMS) + len(QUESTIONS)
    assert all(soup.select_one(link["href"]) for link in soup.select("nav a"))
    assert len(soup.select(".zoolib-claim")) >= 10
    assert soup.select(".zoolib-fallen") == []


def rows_of(text: str) -> set[tuple[str, ...]]:
    """All rows of words in a text, whatever the signs between them."""
    found = re.findall(r"\w+", text.lower())
    return set(zip(*(found[i:] for i in range(WORDS)), strict=False))


def rows_in(path: Path) -> set[tuple[str, ...]]:
    """The rows of words of a file: what a page shows, what the cells of a notebook say."""
    text = path.read_text(encoding="utf-8", errors="ignore")
    if path.suffix == ".ipynb":
        return rows_of(" ".join("".join(cell["source"]) for cell in json.loads(text)["cells"]))
    if path.suffix == ".html":
        text = html.unescape(re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL))
    return rows_of(text)


def of_the_key() -> set[tuple[str, ...]]:
    """What only the key says: its rows of words that no source of the book has."""
    public = [*(ROOT / "chapters").glob("*.md"), *(ROOT / "chapters").glob("*.ipynb")]
    return set().union(*(rows_in(key.HERE / name) for name in key.PARTS)) - set().union(*map(rows_in, public))


def leaks(paths: Iterable[Path], said: set[tuple[str, ...]]) -> list[str]:
    return [path.name for path in paths if len(rows_in(path) & said) >= FEW]


def test_nothing_of_the_key_is_in_the_site_its_search_or_the_student_edition(built):
    said, site = of_the_key(), build()
    assert len(said) > 5000
    assert leaks([built / "index.html"], said) == ["index.html"], "what is looked for can be found"
    (copied := built / "one.html").write_text(f"<p>{solutions('exam.md')[10][1]}</p>", encoding="utf-8")
    assert leaks([copied], said) == ["one.html"], "a single answer, too"
    places = [site, ROOT / "_build" / "student"]
    read = [path for place in places if place.is_dir() for path in place.rglob("*") if path.suffix in READ]
    assert leaks(read, said) == []
    search = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "_key" not in search
    assert "set_1" not in search
    assert [path.name for path in HTML.rglob("*") if path.name in {*key.PARTS, "key.pdf"}] == []


def test_nothing_of_the_key_is_in_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = find_namespace_packages(str(ROOT), **project["tool"]["setuptools"]["packages"]["find"])
    assert {name.split(".")[0] for name in packed} == {"zoolib", "zoolab"}
