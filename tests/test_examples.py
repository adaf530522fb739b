"""The examples in docstrings give what they say, and what a package hands on has one."""

import doctest
import importlib
import inspect

import pytest
from built_book import ROOT

FILES = [
    path for top in ("zoolib", "zoolab") for path in (ROOT / top).rglob("*.py") if ">>>" in path.read_text("utf-8")
]
MODULES = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in sorted(FILES)]
STORY = [f"zoolib.{name}" for name in ("agents", "evidence", "experiment", "networks", "world")]


def handed_on(package: str) -> list[str]:
    """Return the classes and functions of a package that it hands on."""
    here = importlib.import_module(package)
    return [name for name in dir(here) if getattr(getattr(here, name), "__module__", "").startswith(f"{package}.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_say(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("package", [*STORY, "zoolab.columns"])
def test_what_a_package_hands_on_has_an_example(package):
    here, finder = importlib.import_module(package), doctest.DocTestFinder(recurse=False)
    found = {name: getattr(here, name) for name in handed_on(package)}
    kinds = {name: one for name, one in found.items() if inspect.isclass(one) or inspect.isfunction(one)}
    assert len(kinds) > 1
    assert [name for name, one in kinds.items() if not finder.find(one)[0].examples] == []
