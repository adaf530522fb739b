"""The shape of the repository: what stands at the top, who imports whom, how long things are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from built_book import ROOT, missing

FOLDERS = ("zoolib", "zoolab", "chapters", "pages/ext", "pages/print")
CODE = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
ONE_FUNCTION_A_LIBRARY = "peers.py"
ENTRIES, LINES, QUICK = 13, 280, 600
OUTSIDE_TESTS, TESTS = 31_000, 28_000


def n_lines(*paths: Path) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def test_imports_keep_to_the_contracts_in_pyproject():
    """They are those of import-linter, under ``[tool.importlinter]``."""
    pytest.importorskip("importlinter")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tracked(*patterns: str) -> list[str]:
    command = ["git", "ls-files", *patterns]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_top_level_is_seen_at_a_glance():
    if not (ROOT / ".git").exists():
        missing("not a clone of the repository")
    entries = {name.split("/")[0] for name in tracked()}
    assert len({name for name in entries if not name.startswith(".") and (ROOT / name).exists()}) <= ENTRIES


def test_zoolib_keeps_the_promise_of_the_readme():
    """To let it grow, change the promise, in a commit of its own that says why."""
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    (promise,) = re.findall(r"at most (\d,\d{3}) lines", text)
    assert n_lines(*(ROOT / "zoolib").rglob("*.py")) <= int(promise.replace(",", ""))


@pytest.mark.parametrize(("in_tests", "most"), [(False, OUTSIDE_TESTS), (True, TESTS)], ids=["outside tests", "tests"])
def test_all_the_python_stays_within_its_measure(in_tests, most):
    """Where there is no git, in a copy, all that lies there is counted but what is installed and built."""
    if (ROOT / ".git").exists():
        names = tracked("*.py")
    else:
        found = (path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
        names = [name for name in found if not name.startswith((".venv", ".cache", "_build"))]
    here = [ROOT / name for name in names if name.startswith("tests/") == in_tests and (ROOT / name).exists()]
    n = n_lines(*here)
    assert n <= most, f"{n:,} lines: take out what says a thing twice or what no page needs; do not raise the measure"


def test_the_players_for_speed_are_short():
    assert n_lines(*(ROOT / "zoolib" / "quick").rglob("*.py")) <= QUICK


def test_a_file_can_be_read_in_one_sitting():
    long = {path.relative_to(ROOT).as_posix(): n_lines(path) for path in CODE if path.name != ONE_FUNCTION_A_LIBRARY}
    assert {name: n for name, n in long.items() if n > LINES} == {}
