"""Which tests are about what has changed since a commit? Prints their paths: ``python tests/changed.py [HEAD]``.

A module of the package is tested in the folder of its wing, a file of tests by itself, a chapter by its own cells; the
shape of the whole is cheap, and always looked at.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALWAYS = ["tests/test_structure.py", "tests/chapters/test_notebooks.py"]
BESIDE = {
    "chapters/figures": "tests/chapters/test_figures.py",
    "experiments": "tests/experiments",
    "shop": "tests/shop",
}
BESIDE |= {
    "_ext": "tests/site/test_extensions.py",
    "_lab": "tests/site/test_lab.py",
    "_key": "tests/key",
    "_slides": "tests/slides",
    "_student": "tests/student",
    "benchmarks": "tests/benchmarks",
}


def changed(base: str) -> list[str]:
    """Return the files that differ from ``base`` or are new."""
    commands = (["diff", "--name-only", base], ["ls-files", "--others", "--exclude-standard"])
    return [
        name
        for command in commands
        for name in subprocess.run(
            ["git", *command], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split("\n")
        if name
    ]


def tests_of(name: str) -> str | None:
    """Return what tests a file, as a path below the root; None for what nothing tests by itself."""
    parts = Path(name).parts
    if parts[0] == "zoolib":
        wing = parts[1] if len(parts) > 2 else "ground"
        return f"tests/{wing}" if (ROOT / "tests" / wing).is_dir() else None
    if name.endswith(".ipynb") or (parts[0] == "tests" and Path(name).name.startswith("test_")):
        return name
    return next((tests for folder, tests in BESIDE.items() if name.startswith(folder + "/")), None)


def main(base: str = "HEAD") -> None:
    found = dict.fromkeys(ALWAYS) | dict.fromkeys(filter(None, map(tests_of, changed(base))))
    print(*(name for name in found if (ROOT / name).exists()), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:2])
