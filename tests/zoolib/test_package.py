"""The package: what it exports, what its classes rest on, and what an import of it does."""

import importlib
import inspect
import io
import json
import pkgutil
import subprocess
import sys
import textwrap
import tokenize

import pytest

import zoolab
import zoolib
from zoolib.evidence import Evidence

MODULES = [one.name for one in pkgutil.walk_packages(zoolib.__path__, "zoolib.")]
ANCESTORS, NAMES, LINUCB = 4, 50, 300
HEAVY = {"torch", "sklearn", "matplotlib", "seaborn", "scipy", "joblib", "pandas"}
EXTRAS = {"faiss", "lmdb", "redis", "starlette", "uvicorn", "dask", "distributed", "IPython", "pytest"}


def in_a_process(code: str) -> object:
    """Run ``code`` in a process of its own and return what it prints last, read as JSON."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def code_lines(source: str) -> int:
    """Count the lines that hold code: no docstring, comment or blank line."""
    code, before = set[int](), tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(textwrap.dedent(source)).readline):
        layout = token.type in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        docstring = token.type == tokenize.STRING and before in (tokenize.NEWLINE, tokenize.INDENT)
        if not layout and not docstring and token.type != tokenize.ENDMARKER:
            code |= set(range(token.start[0], token.end[0] + 1))
        before = before if token.type in (tokenize.COMMENT, tokenize.NL) else token.type
    return len(code)


# ---- names -------------------------------------------------------------------------------------------------


def test_the_package_exports_few_names_in_order_and_all_exist():
    assert len(zoolib.__all__) <= NAMES
    assert zoolib.__all__ == sorted(zoolib.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert [name for name in zoolib.__all__ if getattr(zoolib, name) is None] == []


@pytest.mark.parametrize("package", [name for name in MODULES if hasattr(importlib.import_module(name), "__path__")])
def test_a_package_refuses_a_name_that_it_does_not_have(package):
    with pytest.raises(AttributeError, match="nothing"):
        getattr(importlib.import_module(package), "nothing")  # noqa: B009


@pytest.mark.parametrize(("name", "home"), [(n, home) for home, names in zoolab.MOVED.items() for n in names])
def test_an_old_name_leads_to_where_it_is_now_and_says_so(name, home):
    with pytest.warns(DeprecationWarning, match=f"zoolib.{name} is now {home}.{name}"):
        assert getattr(zoolib, name) is getattr(importlib.import_module(home), name)


# ---- classes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_no_class_has_many_ancestors(name):
    for _, one in inspect.getmembers(importlib.import_module(name), inspect.isclass):
        if one.__module__ == name:
            assert len([base for base in one.__mro__[1:-1] if base.__module__.startswith("zoolib")]) <= ANCESTORS, one


def test_linucb_with_all_that_defines_it_is_short():
    defining = {one for one in zoolib.LinUCBAgent.__mro__ if one.__module__.startswith("zoolib")} | {Evidence}
    assert {one.__name__ for one in defining} <= {
        "Agent", "Evidence", "LinUCBAgent", "LinearUCBAgent", "SharedLinUCBAgent", "UCBAgent",
    }  # fmt: skip
    assert sum(code_lines(inspect.getsource(one)) for one in defining) <= LINUCB


# ---- what an import does -----------------------------------------------------------------------------------


def test_an_import_is_light():
    code = "import json, sys, time; begun = time.process_time(); import zoolib; took = time.process_time() - begun"
    code += "; print(json.dumps([took, list(sys.modules)]))"
    seconds, modules = min(in_a_process(code) for _ in range(3))
    print(f"measured on this machine: import zoolib takes {seconds:.2f} s of CPU time")
    assert (HEAVY | EXTRAS) & set(modules) == set()
    assert seconds <= 0.3


def test_an_import_changes_nothing_in_the_interpreter():
    assert in_a_process("""
        import json, os, sys, warnings
        import numpy
        def state():
            return [repr(one) for one in (sys.meta_path, sys.path_hooks, sys.path, warnings.filters, dict(os.environ))]
        before = state()
        import zoolib
        print(json.dumps(state() == before))
    """)


def test_figures_and_metrics_bring_in_no_extra():
    code = "import json, sys, zoolab.drawings.plots, zoolib; zoolib.metrics; print(json.dumps(list(sys.modules)))"
    assert EXTRAS & set(in_a_process(code)) == set()


def test_without_torch_all_works_that_is_not_torch():
    said = in_a_process("""
        import json, sys
        sys.modules["torch"] = None
        import zoolib as zoo
        from zoolib import metrics
        from zoolab.drawings import plots
        import zoolab.columns, zoolab.labelled, zoolab.logs, zoolab.serving
        neural = lambda features, rng: zoo.NeuralUCBAgent(features, hidden_dim=4, rng=rng)
        results = zoo.replicate({"NeuralUCB": neural, "LinUCB": lambda f, rng: zoo.LinUCBAgent(f)}, range(2), 50)
        metrics.ctr(results)
        zoo.claim("It ran.", holds=True, measured="so", kind="exact")
        try:
            from zoolab.rivals import MLPRecommender
        except ImportError as error:
            print(json.dumps(str(error)))
    """)
    assert "torch" in said
    assert "pip install" in said
