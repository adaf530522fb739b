"""The wings at the bottom of the house are light by themselves, whatever stands above them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import zoolib

ALONE = """
import json, sys, tracemalloc, types
import numpy
package = types.ModuleType("zoolib")
package.__path__ = [{path!r}]  # the package without its face, which gathers names of all wings
sys.modules["zoolib"] = package
tracemalloc.start()
import zoolib.{wing}
print(json.dumps([tracemalloc.get_traced_memory()[1], *sys.modules]))
"""


def loaded_by(wing):
    """The bytes that an import of a wing takes at most, and what is loaded then."""
    code = ALONE.format(path=str(Path(zoolib.__file__).parent), wing=wing)
    most, *modules = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    return most, set(modules)


@pytest.mark.parametrize("wing", ["world", "networks", "maps"])
def test_a_wing_at_the_bottom_loads_neither_tables_nor_statistics_nor_models(wing):
    assert {"pandas", "scipy.stats", "sklearn", "torch"} & loaded_by(wing)[1] == set()


def test_to_import_the_networks_takes_no_large_block_of_memory():
    assert loaded_by("networks")[0] < 2**23
