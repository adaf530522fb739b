"""The wings at the bottom of the house are light by themselves, whatever stands above them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import zoolib

ALONE = """
import json, sys, types
package = types.ModuleType("zoolib")
package.__path__ = [{path!r}]  # the package without its face, which gathers names of all wings
sys.modules["zoolib"] = package
import zoolib.{wing}
print(json.dumps(list(sys.modules)))
"""


@pytest.mark.parametrize("wing", ["world", "networks", "maps"])
def test_a_wing_at_the_bottom_loads_neither_tables_nor_statistics_nor_models(wing):
    code = ALONE.format(path=str(Path(zoolib.__file__).parent), wing=wing)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"pandas", "scipy.stats", "sklearn", "torch"} & set(json.loads(done.stdout)) == set()
