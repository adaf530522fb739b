"""The examples in docstrings give what they say, and what a wing hands on has one."""

import doctest
import importlib
import inspect

import pytest
from test_structure import PACKAGE, faces, module_of

LEARNERS = ("agents", "evidence", "experiment", "maps", "networks", "world")
WITH_EXAMPLES = LEARNERS
MODULES = sorted(module_of(path) for wing in LEARNERS for path in (PACKAGE / wing).rglob("*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_give_what_they_say(name):
    assert doctest.testmod(importlib.import_module(f"zoolib.{name}")).failed == 0


@pytest.mark.parametrize(("wing", "name"), [(wing, name) for wing in WITH_EXAMPLES for name in sorted(faces()[wing])])
def test_what_a_wing_hands_on_has_an_example(wing, name):
    handed_on = getattr(importlib.import_module(f"zoolib.{wing}"), name)
    if inspect.isclass(handed_on) or inspect.isfunction(handed_on):
        assert doctest.DocTestFinder(recurse=False).find(handed_on)[0].examples, f"{name} lacks an example"
