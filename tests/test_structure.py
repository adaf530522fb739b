"""The shape of the house: wings, imports that point down, files read in one sitting, words for all that is public."""

import ast
import importlib
import io
import json
import re
import subprocess
import sys
import tokenize
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "zoolib"

# The plan of the house, from the ground up. An import points to a lower floor, or stays within its wing.
FLOORS = [
    {"checks", "faces", "files", "persistence", "randomness", "saving", "sources", "ties"},  # the ground
    {"evidence", "networks", "world"},
    {"data", "maps"},
    {"agents"},
    {"experiment", "production"},
    {"off_policy"},
    {"book"},
    {"zoolib"},  # its face, which only gathers names
    {"benchmarks", "chapters", "experiments", "shop"},  # what stands on the house
]
FLOOR = {wing: floor for floor, wings in enumerate(FLOORS) for wing in wings}
GROUND = FLOORS[0]
WINGS = set().union(*FLOORS[1:7])

FILES = sorted(PACKAGE.rglob("*.py"))
ON_TOP = sorted(path for name in FLOORS[-1] for path in (ROOT / name).rglob("*.py") if ".venv-peers" not in path.parts)
BESIDE = sorted(path for name in ("_ext", "literal") for path in (ROOT / name).rglob("*.py"))
READABLE = [path for path in [*FILES, *ON_TOP, *BESIDE] if path.name != "peers.py"]  # one function a library

CORE = {"numpy", "pandas", "torch", "scipy", "sklearn", "joblib", "matplotlib", "seaborn", "tqdm"}
MAY_ALSO_IMPORT = {"book.notebook": {"IPython"}, "agents.conformance": {"pytest"}}  # for notebooks, and for tests
DISTRIBUTIONS = {"scikit-learn": "sklearn"}

LINES, WINGS_AT_MOST, FLOORS_AT_MOST = 280, 10, 9
PACKAGE_LINES = 16_008

# What chapters 0 and 1 need, down to the ground, is read in an evening; the shelf for speed is not needed.
FIRST_EVENING = ["agents.base", "agents.baselines", "agents.linucb", "experiment.run", "experiment.metrics"]
FOR_SPEED = {
    "agents.tabulated",
    "evidence.arms_last",
    "evidence.blocks",
    "evidence.eigen",
    "evidence.tabular",
    "evidence.tabular_window",
    "evidence.together",
}
SAYS_SO = "the same numbers, faster; nothing here is needed to understand the book"
CODE_LINES = 1432


def module_of(path):
    """The name of a module, without ``zoolib``: ``agents.linucb``; that of a face is its wing's."""
    parts = path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "zoolib"


def wing_of(module):
    return module.split(".")[0]


def imports_of(tree):
    """All that a file imports, inside functions and for type checkers too, as pairs of module and name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            yield from ((node.module, alias.name) for alias in node.names)


def of_the_house(tree):
    """The modules of the package among what a file imports, as :func:`module_of` names them."""
    for module, name in imports_of(tree):
        if module != "zoolib" and not module.startswith("zoolib."):
            continue
        inner = module.removeprefix("zoolib").removeprefix(".")
        within = f"{inner}.{name}".removeprefix(".")
        place = PACKAGE / within.replace(".", "/")
        if name and (place.is_dir() or place.with_suffix(".py").exists()) and name not in faces().get(inner, ()):
            inner = within  # a module; but where a function has its module's name, the function is meant
        yield inner or "zoolib"


def faces():
    """The names that the face of each wing hands on."""
    if not FACES:
        for wing in WINGS:
            tree = ast.parse((PACKAGE / wing / "__init__.py").read_text(encoding="utf-8"))
            FACES[wing] = {name for module, name in imports_of(tree) if module.startswith(f"zoolib.{wing}.")} | {
                name for module, names in handed_on_later(tree).items() for name in names or [module]
            }
    return FACES


FACES: dict[str, set[str]] = {}


def when_imported(tree):
    """The tops of what is imported as soon as a file is."""

    def walk(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Import):
                yield from (alias.name.split(".")[0] for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                yield child.module.split(".")[0]
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


def test_the_house_has_few_wings_and_floors_and_every_module_its_place():
    assert len(WINGS) <= WINGS_AT_MOST
    assert len(FLOORS) <= FLOORS_AT_MOST
    assert {wing_of(module_of(path)) for path in [*FILES, *ON_TOP]} <= FLOOR.keys()
    for wing in WINGS:
        assert (PACKAGE / wing / "__init__.py").is_file(), f"{wing} lacks a face"


@pytest.mark.parametrize("file", [*FILES, *ON_TOP], ids=module_of)
def test_an_import_points_down_or_stays_in_its_wing(file):
    module = module_of(file)
    for other in of_the_house(ast.parse(file.read_text(encoding="utf-8"))):
        here, there = wing_of(module), wing_of(other)
        if here == there and here in WINGS:
            assert other != here, f"{module} imports from the face of its own wing"
        elif here != there or here in GROUND:
            assert FLOOR[there] < FLOOR[here] or (here in GROUND and there in GROUND), f"{module} imports {other}"
            assert other == there, f"{module} imports {other} past the face of {there}"


def test_no_import_comes_back_to_where_it_began():
    graph = {module_of(file): set(of_the_house(ast.parse(file.read_text(encoding="utf-8")))) for file in FILES}
    for wing in WINGS:
        face = ast.parse((PACKAGE / wing / "__init__.py").read_text(encoding="utf-8"))
        graph[wing] |= {f"{wing}.{module}" for module in handed_on_later(face)}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def handed_on_later(tree):
    """What a face loads when it is first used: ``{module: names}``."""
    named = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "later"]
    told = [ast.literal_eval(named.get(ast.unparse(call.args[1]), call.args[1])) for call in calls]
    return {module: names for one in told for module, names in one.items()}


@pytest.mark.parametrize("chapter", sorted((ROOT / "chapters").glob("*.ipynb")), ids=lambda path: path.stem)
def test_chapters_import_from_faces_and_from_what_lies_beside_them_only(chapter):
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    of_the_project = {path.name.removesuffix(".py") for path in ROOT.iterdir()}
    beside = {path.stem for path in (ROOT / "chapters").iterdir() if path.suffix in ("", ".py")}
    tree = ast.parse("\n".join(code))
    for module, name in imports_of(tree):
        assert module.split(".")[0] not in of_the_project - beside - {"zoolib"}, f"{module}: {name}"
    for module in of_the_house(tree):
        assert module in WINGS | GROUND | {"zoolib"} or handed_on(module), f"{module} past the face of its wing"


def handed_on(module):
    """Whether a face hands a module on as it is, as that of the book does its plots."""
    wing, _, inner = module.partition(".")
    return inner in faces().get(wing, ())


def test_the_core_imports_only_the_core(path):
    module, tree = module_of(path), ast.parse(path.read_text(encoding="utf-8"))
    if module.startswith("production"):
        return
    tops = when_imported(tree) - {"zoolib"} - sys.stdlib_module_names
    assert tops <= CORE | MAY_ALSO_IMPORT.get(module, set())


def test_an_extra_is_asked_for_only_where_it_is_used_and_its_absence_says_what_to_install(path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    extras = set(inside_functions(tree)) - CORE - {"zoolib"} - sys.stdlib_module_names
    for extra in extras:
        assert re.search(r"except (ImportError|ModuleNotFoundError)", source), f"{path.name} needs {extra}"
        assert "pip install" in source, f"{path.name} should say how to install {extra}"


HEAVY = {"torch", "sklearn", "matplotlib", "seaborn", "scipy.stats", "joblib", "pandas"}
EXTRAS = {"faiss", "lmdb", "redis", "starlette", "uvicorn", "dask", "distributed", "IPython", "pytest"}


def loaded_by(code):
    """What is loaded after ``code`` has run in a process of its own, and the seconds of CPU time that it took."""
    code = f"import json, sys, time\nbegan = time.process_time()\n{code}\ntook = time.process_time() - began"
    code += "\nprint(json.dumps([list(sys.modules), took]))"
    return json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def test_to_import_the_package_is_light():
    modules, seconds = min((loaded_by("import zoolib") for _ in range(3)), key=lambda found: found[1])
    assert (HEAVY | EXTRAS) & set(modules) == set()
    print(f"measured on this machine: import zoolib takes {seconds:.2f} s of CPU time")
    assert seconds < 0.5


def test_figures_and_metrics_bring_in_no_extra():
    modules, _ = loaded_by("import zoolib, zoolib.book.plots; zoolib.metrics")
    assert EXTRAS & set(modules) == set()


def test_without_torch_everything_works_but_what_is_torch():
    code = """
import sys

class Without:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'")

sys.meta_path.insert(0, Without())
import zoolib as zoo
from zoolib import metrics
from zoolib.book import plots
import zoolib.data, zoolab.logs, zoolab.columns, zoolab.serving
neural = lambda features, rng: zoo.NeuralUCBAgent(features, hidden_dim=4, rng=rng)
results = zoo.replicate({"NeuralUCB": neural, "LinUCB": lambda f, rng: zoo.LinUCBAgent(f)}, range(2), 50)
metrics.ctr(results); zoo.claim("It ran.", holds=True, measured="so", kind="exact")
try:
    zoo.MLPRecommender(2, 2)
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "torch" in done.stdout
    assert "pip install" in done.stdout


def test_every_public_name_is_exported_and_exists():
    import zoolib

    assert zoolib.__all__ == sorted(zoolib.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    for name in zoolib.__all__:
        assert getattr(zoolib, name) is not None
    public = {name for name in vars(zoolib) if not name.startswith("_")}
    assert public - WINGS - GROUND - {"later", "metrics"} - set(zoolib.__all__) == set()


@pytest.mark.parametrize("wing", sorted(WINGS))
def test_the_face_of_a_wing_hands_on_what_it_says(wing):
    face = importlib.import_module(f"zoolib.{wing}")
    for name in faces()[wing]:
        assert getattr(face, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(face, "nothing")  # noqa: B009


def test_every_public_class_and_function_says_what_it_does(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module says what it is for"

    def check(node, inside=""):
        for child in node.body:
            if not isinstance(child, ast.ClassDef | ast.FunctionDef):
                continue
            overloaded = any("overload" in ast.unparse(d) or "setter" in ast.unparse(d) for d in child.decorator_list)
            if not child.name.startswith(("_", "test_")) and not overloaded:
                assert ast.get_docstring(child), f"{inside}{child.name} has no docstring"
            if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
                check(child, f"{child.name}.")

    check(tree)


@pytest.mark.parametrize("file", READABLE, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_file_can_be_read_in_one_sitting(file):
    n_lines = len(file.read_text(encoding="utf-8").splitlines())
    assert n_lines <= LINES, f"{file.name}: {n_lines} lines"


def test_the_package_is_small():
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES) <= PACKAGE_LINES


def needed_by(modules):
    """The modules that ``modules`` rest on, all imports counted but those for speed; a face is a door, no room."""
    files, found, todo = {module_of(path): path for path in FILES}, set(), list(modules)
    while todo:
        module = todo.pop()
        if module in found | FOR_SPEED:
            continue
        found.add(module)
        tree = ast.parse(files[module].read_text(encoding="utf-8"))
        todo += [other for other in of_the_house(tree) if other not in WINGS]
        for asked, name in imports_of(tree):  # through a door, to where the name is written
            wing = asked.removeprefix("zoolib.")
            if wing in WINGS and f"{wing}.{name}" not in todo:
                todo += [f"{wing}.{home}" for home in homes(wing, name)]
    return found


def homes(wing, name):
    """Where a name that a face hands on is written."""
    for path in (PACKAGE / wing).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        defined |= {
            leaf.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in getattr(node, "targets", None) or [node.target]
            for leaf in ast.walk(target)
            if isinstance(leaf, ast.Name)
        }
        if name in defined and path.name != "__init__.py":
            yield module_of(path).removeprefix(f"{wing}.")


def test_chapters_0_and_1_can_be_read_in_an_evening():
    lines = {module_of(path): code_lines(path) for path in FILES}
    first = needed_by(FIRST_EVENING)
    total = sum(lines[module] for module in first)
    print(f"\nlines of code, without docstrings, comments and blank lines: {total} for the first evening")
    print(f"of {sum(lines.values())} in all")
    for module in sorted(first, key=lambda module: -lines[module]):
        print(f"{lines[module]:5d} {module}")
    assert total <= CODE_LINES


@pytest.mark.parametrize("module", sorted(FOR_SPEED))
def test_the_shelf_for_speed_says_what_it_is(module):
    text = " ".join((PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8").split('"""')[1].split())
    assert SAYS_SO in text


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

    lines = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
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
        if path.name == "conformance.py":
            continue  # tests, which a checker need not know
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                arguments = [a for a in (*node.args.args, *node.args.kwonlyargs) if a.arg not in ("self", "cls")]
                assert all(a.annotation for a in arguments), f"{path.name}: {node.name}"
                assert node.returns is not None, f"{path.name}: {node.name}"


# ---- the checks notice what they are for ------------------------------------------------------------------


def test_imports_are_found_wherever_they_stand():
    tree = ast.parse(
        "from typing import TYPE_CHECKING\n"
        "from zoolib import checks, run\n"
        "from zoolib.agents.base import Agent\n"
        "import numpy as np\n"
        "if TYPE_CHECKING:\n    from zoolib.book.plots import look\n"
        "class A:\n    from zoolib.experiment import metrics, Results\n"
        "def f():\n    import faiss\n    from zoolib.world import Shock\n"
    )
    expected = {"checks", "zoolib", "agents.base", "book.plots", "experiment.metrics", "experiment", "world"}
    assert set(of_the_house(tree)) == expected
    assert when_imported(tree) == {"typing", "zoolib", "numpy"}
    assert set(inside_functions(tree)) == {"faiss", "zoolib"}


def test_only_code_is_counted(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        '"""Doc.\n\nstring."""\n\n# comment\nx = """a\nb"""  # two lines\n\n\ndef f():\n    """Doc."""\n    return x\n'
    )
    assert code_lines(path) == 4
