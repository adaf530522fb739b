"""The chapters are what they claim to be: run, readable, and honest about what is not compared."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import book_checks as book
import machine
import pytest
import yaml
from built_book import missing

names = [path.name for path in book.NOTEBOOKS]
OWN_MODULES = {"zoolib", "advice", "figures", "ledgers", "slates"}


@pytest.mark.parametrize("check", book.EVERY_NOTEBOOK, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", book.NOTEBOOKS, ids=names)
def test_every_notebook(path: Path, check):
    assert check(book.read(path)) == []


@pytest.mark.parametrize("check", book.EVERY_CHAPTER, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", book.CHAPTERS, ids=[path.name for path in book.CHAPTERS])
def test_every_chapter(path: Path, check):
    assert check(book.read(path)) == []


@pytest.mark.parametrize("path", book.WITH_A_PAGE, ids=lambda path: path.name)
def test_every_chapter_fits_on_one_page(path: Path):
    assert book.fits_on_one_page(book.read(path)) == []


def test_cells_that_are_not_compared_are_few_and_named():
    ignored = [
        f"{path.name}:{cell.id}"
        for path in book.NOTEBOOKS
        for cell in book.code_cells(book.read(path))
        if book.asks_to_be_ignored(cell)
    ]
    assert sorted(ignored) == sorted(book.IGNORED_CELLS), "name each, with its reason, in tests/book_checks.py"
    per_chapter = Counter(name.split(":")[0] for name in ignored)
    assert all(count <= book.MOST_IGNORED_IN_A_CHAPTER for count in per_chapter.values()), per_chapter


def test_the_table_of_contents_names_every_chapter_and_nothing_that_is_missing():
    toc = yaml.safe_load((book.ROOT / "_toc.yml").read_text())
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    laboratories = [page for chapter in chapters for page in chapter.get("sections", ())]
    listed = [toc["root"]] + [page["file"] for page in chapters + laboratories]
    there = {
        path.relative_to(book.ROOT).with_suffix("").as_posix()
        for path in (book.ROOT / "chapters").glob("*.*")
        if path.suffix in (".md", ".ipynb")
    }
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize(
    "path",
    [*sorted((book.ROOT / "chapters").glob("*.md")), *sorted(book.ROOT.glob("*/README.md")), book.ROOT / "README.md"],
    ids=lambda p: f"{p.parent.name}/{p.name}",
)
def test_front_and_back_matter_is_plain(path: Path):
    assert book.hype_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("asked", [None, ["claims", "guide", "00_the_shop"]], ids=["all", "some"])
def test_the_ledger_is_executed_after_all_that_it_reads(asked):
    chosen = [f"CHAPTERS={' '.join(f'chapters/{name}.ipynb' for name in asked)}"] if asked else []
    try:
        done = subprocess.run(
            ["make", "-n", "execute", *chosen], cwd=book.ROOT, capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        missing("make is not installed")
    executed = re.search(r"nbconvert(?:\\\n|.)*", done.stdout)[0]
    order = re.findall(r"(\w+)\.ipynb", executed)
    assert sorted(order) == sorted(asked or [path.stem for path in book.NOTEBOOKS])
    assert order[-1] == "claims"
    assert asked or order[-2] == "guide"  # which reads the claims of all chapters


def test_what_lies_beside_the_chapters_is_found_where_colab_changes_to_their_folder(tmp_path: Path):
    code = f"import os; os.chdir({str(book.ROOT / 'chapters')!r}); import advice, figures.regimes, ledgers, slates"
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(book.ROOT), "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def unknown_names(code: str) -> set[str]:
    """Return what code asks of modules of the package, or of those beside the chapters, that these do not have."""
    tree, here, unknown = ast.parse(code), {}, set()
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            if (getattr(node, "module", None) or alias.name).split(".")[0] in OWN_MODULES:
                exec(ast.unparse(node), here)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(module := value_of(node.value, here), ModuleType):
            unknown |= set() if hasattr(module, node.attr) else {ast.unparse(node)}
    return unknown


def value_of(node: ast.expr, here: dict[str, object]) -> object:
    """Return what ``a`` or ``a.b`` stands for, None if it is not known."""
    if isinstance(node, ast.Attribute):
        return getattr(value_of(node.value, here), node.attr, None)
    return here.get(node.id) if isinstance(node, ast.Name) else None


@pytest.mark.parametrize("path", book.NOTEBOOKS, ids=names)
def test_what_a_chapter_asks_of_the_package_is_there(path: Path):
    code = "\n".join(cell.source for cell in book.code_cells(book.read(path)))
    assert unknown_names(code) == set()


def test_a_name_that_is_gone_is_noticed():
    code = "import zoolib as zoo\nfrom zoolib import metrics\nzoo.gone.Agent()\nmetrics.ctr\nzoo.metrics.gone\nx.gone"
    assert unknown_names(code) == {"zoo.gone", "zoo.metrics.gone"}


@pytest.mark.parametrize("path", book.NOTEBOOKS, ids=names)
def test_every_notebook_says_on_what_it_was_stored(path: Path):
    assert machine.stored_on(path).startswith("Python 3.11, NumPy ")
