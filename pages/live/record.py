"""Record which functions of the engine the chapters call and which files they open: ``python -m pages.live.record``.

Both lists stand in ``profile``; what is on them comes with the first press, so that the rest is hardly ever asked for.
To be done anew with another version of the engine: half an hour. ``opened`` records the files alone, ``typed`` adds
what :data:`TYPED` calls to the functions that are on the list. Needs Binaryen.
"""

import base64
import gzip
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat

from pages.live.build import CACHE, ROOT, all_files, node
from pages.live.engine_files import ARTIFACTS, PROFILE, fetched, without_names

FIRST = ("00_the_shop", "01_fifty_strangers")  # whose files come with the engine
CALLED = (*FIRST, "02_the_principle", "05_memory", "07_the_gauntlet", "08_when_generalization_wins", "guide")
WORLDS = 3  # instead of a hundred: what is called does not depend on it
# What a reader may type besides.
TYPED = [
    "print([f'{x:.3f}' for x in (1.0, 2.5)], {'a': 1}, (1, 2), 3 ** 0.5, 7 // 2, 'abc'.upper())",
    "1 / 0",
    "undefined",
    "x = [1, 2",
    "import numpy as np\nnp.random.default_rng(1).normal(size=(3, 3)) @ np.eye(3), np.linalg.inv(np.eye(3))",
    "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': [3.5, 4]}).describe()",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 4], label='$x^2$')\nplt.legend()\nplt.xlabel('x')",
    "import zoolib as zoo\nfrom zoolab.drawings import plots\nplots.use_house_style()",
    "import matplotlib.pyplot as plt\nplt.hist([1, 2, 2, 3])\nplt.title('words')",
    "import math, random, itertools, collections, time\nmath.sqrt(2), random.Random(0).random()",
    "class A:\n    def f(self):\n        return 1\nA().f()",
]


def sources(chapter: str) -> list[dict[str, str]]:
    """Return the code cells of a chapter, with few worlds."""
    cells = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells
    few = lambda code: re.sub(r"range\(\d{2,}\)", f"range({WORLDS})", code)  # noqa: E731
    return [{"name": cell.id, "code": few(cell.source)} for cell in cells if cell.cell_type == "code"]


def jobs(chapters: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what is run: chapters, and what a reader may type besides, all of it as a page does."""
    typed = [{"name": f"typed-{i}", "code": code} for i, code in enumerate(TYPED)]
    for cells, drawn in [(sources(chapter), "wide") for chapter in chapters] + [(typed, "wide"), (typed, "picture")]:
        calls = [
            {"method": "night", "given": []},
            {"method": "calibrate", "given": []},
            {"method": "needs", "given": [json.dumps([cell["code"] for cell in cells]), len(cells) - 1]},
            {"method": "ran", "given": [0, cells[0]["code"]]},
        ]
        yield {"cells": cells, "traced": True, "watched": True, "drawn": drawn, "calls": calls}


def traced(folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Run a job with the files in a folder, and return what was recorded."""
    command = [str(node()), str(Path(__file__).with_name("run.mjs")), str(folder)]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def library_opened(folder: Path, job: dict[str, Any]) -> set[str]:
    """Return the files of the standard library and of packages that a job opens."""
    return {path for path in traced(folder, job)["opened"] if not path.startswith("/book/")}


def record_opened() -> None:
    """Write the list of the files that the first chapters open, large packages that few cells use apart."""
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name)
        for file, content in all_files().items():
            (folder / file).write_bytes(content)
        opened = {path for job in jobs(FIRST) for path in library_opened(folder, job)}
        apart = {"cells": [{"name": "special", "code": "from scipy.special import ndtri, stdtrit"}], "traced": True}
        special = library_opened(folder, apart)
    large = {path for path in opened if path.startswith(("scipy/", "sklearn/"))} - special
    (PROFILE / "opened.txt").write_text("\n".join(sorted(opened - large)) + "\n")


def record_called(chapters: Sequence[str] = CALLED, anew: bool = True) -> None:
    """Write the profile of the functions that chapters call, or add it to what has been recorded."""
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name)
        for file, content in all_files().items():
            if not file.startswith(("engine", "rest")):
                (folder / file).write_bytes(content)
        with zipfile.ZipFile(fetched(CACHE)) as wheel:
            (folder / "whole").write_bytes(without_names(wheel.read(ARTIFACTS + "python-snapshot.wasm")))
        count = ["--instrument", "--all-features", "--profile-export=__write_profile"]
        subprocess.run(["wasm-split", "whole", *count, "-o", "engine.wasm"], cwd=folder, check=True)
        profiles = [] if anew else ["so-far"]
        if not anew:
            (folder / "so-far").write_bytes(gzip.decompress((PROFILE / "called.gz").read_bytes()))
        for job in jobs(chapters):
            profiles.append(f"profile-{len(profiles)}")
            (folder / profiles[-1]).write_bytes(base64.b64decode(traced(folder, job)["profile"]))
        subprocess.run(["wasm-split", "--merge-profiles", *profiles, "-o", "merged"], cwd=folder, check=True)
        (PROFILE / "called.gz").write_bytes(gzip.compress((folder / "merged").read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    for what in sys.argv[1:] or ("opened", "called"):
        {"opened": record_opened, "called": record_called, "typed": lambda: record_called((), anew=False)}[what]()
