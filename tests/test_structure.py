"""The shape of the package: imports point downwards, files stay short, everything public says what it does."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "zoolib"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up. A module may import what stands on a lower floor, and nothing else of the package.
FLOORS = [
    {"checks", "persistence", "claims", "cache", "notebook", "interrupts", "wheels", "progress"},  # know no shop
    {"randomness", "shocks", "evidence", "networks", "replay", "logs", "labelled", "columns", "guide"},
    {"simulator", "forgetting", "high_dimension", "tabular", "datasets", "click_network"},
    {"features", "recommender", "random_times", "segments"},
    {"agents.base", "agents.training", "schedule", "feature_maps"},
    {"agents.memory", "agents.exploration", "agents.learned_map", "agents.around", "screening"},
    {
        "agents.baselines",
        "agents.linucb",
        "agents.neural_ucb",
        "agents.neural_linear",
        "agents.mapped",
        "agents.per_product",
    },
    {
        "agents.epsilon_greedy",
        "agents.rehearsal",
        "agents.diagonal",
        "agents.arm_heads",
        "agents.delayed",
        "agents.renewed",
    },
    {"agents.thompson"},
    {"agents"},
    {"experiment", "propensities", "classification", "ratings", "warm"},
    {"metrics", "contest"},
    {"sweeps", "plots", "off_policy"},
    {"marks", "data_plots"},
    {"widgets", "standings", "regime_map"},
    {"production.extras", "production.codec", "production.own_redis"},
    {"production.store", "production.retrieval", "production.embedder", "production.records"},
    {"production.embedded", "production.served", "production.ledger", "production.slate"},
    {"production.funnel", "production.incremental"},
    {"production.feedback", "production.grown", "cascade"},
    {"production"},
    {"production.pictures"},  # of chapter 6
    {"production.demo.world", "production.demo.tally", "production.demo.parts", "production.demo.guard"},
    {"production.demo.shop"},
    {"production.demo.app"},
    {"production.demo"},
    {"production.demo.__main__"},
    {""},  # zoolib itself, which only gathers names
]
FLOOR = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}

CORE = {"numpy", "pandas", "torch", "scipy", "sklearn", "joblib", "matplotlib", "seaborn", "tqdm"}
MAY_ALSO_IMPORT = {"notebook": {"IPython"}}  # nobody imports it but notebooks
DISTRIBUTIONS = {"scikit-learn": "sklearn"}

# What a reader needs for chapters 0 and 1 is read in an evening; the rest of the package has a chapter of its own.
FIRST_EVENING = {
    "checks", "randomness", "shocks", "simulator", "features", "evidence", "forgetting", "recommender", "agents.base",
    "agents.baselines", "agents.linucb", "schedule", "experiment", "metrics", "claims", "plots",
}  # fmt: skip
LINES, AGENT_LINES, CODE_LINES = 280, 150, 1500
LONGER = {
    "agents.neural_linear": 215,
    "agents.mapped": 235,
}  # the settings of a whole family, each with its documentation


def module_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(tree):
    """What a file imports when it is imported: not what only type checkers read, or what a function asks for."""

    def walk(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Import):
                yield from (alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, "imports are written in full"
                of_package = child.module == "zoolib" or child.module.startswith("zoolib.")
                for alias in child.names:
                    inner = f"{child.module}.{alias.name}"
                    yield inner if of_package and inner.removeprefix("zoolib.") in FLOOR else child.module
            else:
                yield from walk(child)

    return set(walk(tree))


def inside_functions(tree):
    """The tops of what functions import when they are called."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    for node in (inner for function in functions for inner in ast.walk(function)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def code_lines(path):
    """Lines that hold code: no docstring, comment or blank line."""
    source = path.read_text(encoding="utf-8")
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            code |= set(range(token.start[0], token.end[0] + 1)) if token.type != tokenize.ENDMARKER else set()
    return len(code - docstrings)


@pytest.fixture(params=FILES, ids=module_of)
def path(request):
    return request.param


def test_every_module_has_its_floor_and_imports_only_from_below(path):
    module = module_of(path)
    assert module in FLOOR, f"zoolib/{path.relative_to(PACKAGE)}: say in FLOORS where it stands"
    for name in imports_of(ast.parse(path.read_text(encoding="utf-8"))):
        if name == "zoolib" or name.startswith("zoolib."):
            other = name.removeprefix("zoolib").removeprefix(".")
            assert other in FLOOR, f"{module} imports {name}, which has no floor"
            assert FLOOR[other] < FLOOR[module], f"{module} imports {name}, which does not stand below it"


def test_the_core_imports_only_the_core(path):
    module, tree = module_of(path), ast.parse(path.read_text(encoding="utf-8"))
    if module.startswith("production"):
        return
    tops = {name.split(".")[0] for name in imports_of(tree)} - {"zoolib"} - sys.stdlib_module_names
    assert tops <= CORE | MAY_ALSO_IMPORT.get(module, set())


def test_an_extra_is_asked_for_only_where_it_is_used_and_its_absence_says_what_to_install(path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    extras = set(inside_functions(tree)) - CORE - {"zoolib"} - sys.stdlib_module_names
    for extra in extras:
        assert re.search(r"except (ImportError|ModuleNotFoundError)", source), f"{path.name} needs {extra}"
        assert "pip install" in source, f"{path.name} should say how to install {extra}"


def test_importing_the_package_brings_in_no_extra():
    code = (
        "import sys, zoolib, zoolib.plots, zoolib.metrics\n"
        "extras = {'faiss', 'lmdb', 'redis', 'starlette', 'uvicorn', 'dask', 'distributed', 'IPython', 'pytest'}\n"
        "print(sorted(extras & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_public_name_is_exported_and_exists():
    import zoolib

    assert zoolib.__all__ == sorted(zoolib.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    for name in zoolib.__all__:
        assert getattr(zoolib, name) is not None
    public = {name for name in vars(zoolib) if not name.startswith("_")}
    modules = {module.split(".")[0] for module in FLOOR}
    assert public - modules - set(zoolib.__all__) == set()


def test_every_public_class_and_function_says_what_it_does(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module says what it is for"

    def check(node, inside=""):
        for child in node.body:
            if not isinstance(child, ast.ClassDef | ast.FunctionDef):
                continue
            overloaded = any("overload" in ast.unparse(d) or "setter" in ast.unparse(d) for d in child.decorator_list)
            if not child.name.startswith("_") and not overloaded:
                assert ast.get_docstring(child), f"{inside}{child.name} has no docstring"
            if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
                check(child, f"{child.name}.")

    check(tree)


def test_a_file_can_be_read_in_one_sitting(path):
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= LINES, f"{path.name}: {n_lines} lines"
    if path.parent.name == "agents":
        assert n_lines <= LONGER.get(module_of(path), AGENT_LINES), f"{path.name}: {n_lines} lines"


def test_the_first_floors_can_be_read_in_an_evening():
    lines = {module_of(path): code_lines(path) for path in FILES}
    first = sum(lines[module] for module in FIRST_EVENING)
    print(f"\nlines of code, without docstrings, comments and blank lines: {first} for the first evening")
    print(f"of {sum(lines.values())} in all")
    for module, n in sorted(lines.items(), key=lambda item: -item[1]):
        print(f"{n:5d} {'*' if module in FIRST_EVENING else ' '} {module or '(package)'}")
    assert first <= CODE_LINES


def test_requirements_and_package_ask_for_the_same_versions():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = [line.split("#")[0].strip() for line in lines]
    split = [re.match(r"([A-Za-z0-9._-]+)(.*)", line).groups() for line in required if re.match("[A-Za-z]", line)]
    ranges = dict(split)
    asked = dict(re.match(r"([A-Za-z0-9._-]+)(.*)", line).groups() for line in project["dependencies"])
    assert asked.items() <= ranges.items()
    assert {DISTRIBUTIONS.get(name, name) for name in asked} == CORE
    for name, versions in ranges.items():
        assert versions.startswith(">="), f"{name} needs a lowest version, and ranges are no pins"


def test_constraints_pin_a_version_inside_every_range():
    from packaging.requirements import Requirement
    from packaging.version import Version

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("#")[0].strip().split(";")[0].strip().split("==") for line in lines if "==" in line)
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if re.match("[A-Za-z]", line) and not line.startswith("torch"):  # left open on purpose, as the file says
            requirement = Requirement(line.split("#")[0])
            assert requirement.name.lower() in pins, f"{requirement.name} has no pin"
            assert Version(pins[requirement.name.lower()]) in requirement.specifier


def test_type_checkers_are_told_that_the_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                arguments = [a for a in (*node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")]
                assert all(a.annotation for a in arguments), f"{path.name}: {node.name}"
                assert node.returns is not None, f"{path.name}: {node.name}"


# ---- the checks notice what they are for ------------------------------------------------------------------


def test_imports_are_found_wherever_they_count_and_only_there():
    tree = ast.parse(
        "from typing import TYPE_CHECKING\n"
        "from zoolib import checks, run\n"
        "from zoolib.agents.base import Agent\n"
        "import numpy as np\n"
        "if TYPE_CHECKING:\n    from zoolib.plots import look\n"
        "class A:\n    from zoolib import metrics\n"
        "def f():\n    import faiss\n"
    )
    assert imports_of(tree) == {"typing", "zoolib", "zoolib.checks", "zoolib.agents.base", "numpy", "zoolib.metrics"}
    assert set(inside_functions(tree)) == {"faiss"}


def test_only_code_is_counted(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        '"""Doc.\n\nstring."""\n\n# comment\nx = """a\nb"""  # two lines\n\n\ndef f():\n    """Doc."""\n    return x\n'
    )
    assert code_lines(path) == 4
