"""Are the stored numbers those of other processors too? Runs notebooks and numerical tests under several kernels.

NumPy's OpenBLAS multiplies matrices by a kernel made for the processor, and each rounds otherwise. ``make -C zoolab
kernels`` runs everything that compares numbers under each kernel that this processor can run, with two threads, and
with torch's plainest instructions, and says where a stored number does not come out again, and which printed numbers
stand on the edge of rounding (``near_boundaries.py``). Continuous integration asks it for ``OTHERS=1``: the kernel
least like this processor's own, under which "make test" runs; all are asked once a week (``versions.yml``). With
``OTHERS`` a test that plays rows of a table again does so for one of its cases; and from the second kernel on, chapters
that run in the page are left out, since ``tests/pages/live`` runs them with the page's engine, whose NumPy was made by
another compiler for another machine. Where ``BOOK_UNTIL`` bounds the time, kernels from the second on give way on a
slow machine, and the report says so.
"""

import argparse
import csv
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ["Prescott", "Haswell", "Nehalem", "SkylakeX", "Sandybridge", "Zen"]  # least alike first; OPENBLAS_CORETYPE
WITHOUT_NUMBERS = [
    "pages", "test_repository", "test_structure",
    "chapters/test_book_checks", "chapters/test_figures", "chapters/test_moving_figures",
    "chapters/test_near_boundaries", "chapters/test_notation", "chapters/test_notebooks", "chapters/test_one_page",
    "chapters/test_typed_numbers",
    "zoolab/attack", "zoolab/benchmarks", "zoolab/drawings",
    "zoolab/logs/test_datasets",
    "zoolab/long/test_sweeps",
    "zoolab/serving/test_failover", "zoolab/serving/test_histories", "zoolab/serving/test_shop",
    "zoolab/serving/test_shop_browser", "zoolab/serving/test_store", "zoolab/serving/test_watch",
    "zoolib/test_same_everywhere",
]  # fmt: skip
SAME_KERNEL = "numbers_of_one"  # tests with this in their name compare with another process under the same kernel
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
IN_HAND = 20 * 60  # seconds that the rest of the checks want, where the time is bounded (BOOK_UNTIL)
WHICH = (
    "import numpy, threadpoolctl as t; print(*[p['architecture'] for p in t.threadpool_info() if 'architecture' in p])"
)


@functools.cache
def architecture(kernel: str | None) -> str:
    """Return the kernel that runs if ``kernel`` is asked for, or if none is."""
    asked = {"OPENBLAS_CORETYPE": kernel} if kernel else {}
    done = subprocess.run([sys.executable, "-c", WHICH], env=os.environ | asked, capture_output=True, text=True)
    return done.stdout.strip()


def kernels(n: int | None = None) -> list[str]:
    """Return the kernels that this processor can run besides its own, of which each is another; at most ``n``."""
    found = {architecture(None): ""}
    for kernel in KERNELS:
        found.setdefault(architecture(kernel), kernel)
    return [kernel for kernel in found.values() if kernel][:n]


def variants(others: int | None = None, own: bool = False) -> dict[str, dict[str, str]]:
    """Return what is to be run, and the environment of each."""
    if own:
        return {"this processor's own": {}}
    found = {kernel: {"OPENBLAS_CORETYPE": kernel} for kernel in kernels(others)}
    if others is not None:
        found = {name: environment | {"BOOK_ONE_CASE": "1"} for name, environment in found.items()}
    else:
        found = {**variants(own=True), **found}
        found["two threads"] = dict.fromkeys(ONE_THREAD, "2")
        found["torch, plainest"] = {"ATEN_CPU_CAPABILITY": "default"}
    return found


def in_the_page() -> list[str]:
    """Return the chapters of which at least nine cells of ten run in the page, and are compared there."""
    with (ROOT / "pages" / "live" / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["cell"]]
    cells = Counter(row["chapter"] for row in rows)
    off = Counter(row["chapter"] for row in rows if row["off"])
    return [f"chapters/{name}.ipynb" for name in cells if off[name] <= 0.1 * cells[name]]


def run(
    environment: dict[str, str],
    paths: list[str],
    report: Path,
    looking: Path | None = None,
    left_out: Sequence[str] = (),
) -> list[str]:
    """Run ``paths`` in an environment, but for some, and return what failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    left_out = [*left_out, *(f"tests/{name}{'.py' * ('test_' in name)}" for name in WITHOUT_NUMBERS)]
    command += [*paths, *(f"--ignore={path}" for path in left_out), f"--junit-xml={report}", "-k", f"not {SAME_KERNEL}"]
    command += ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
    command += ["--nbval-cell-timeout", "600", "-p", "no:cacheprovider"]
    clean = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    fixed = {"PYTHONHASHSEED": "0", "BOOK_IS_BUILT": "1", "BOOK_DRAWINGS": "0", **ONE_THREAD}
    looks = {"IPYTHONDIR": str(looking)} if looking else {}
    done = subprocess.run(command, cwd=ROOT, env=clean | fixed | environment | looks, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        return [f"pytest ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"]
    cases = ElementTree.parse(report).iter("testcase")
    return [
        f"{case.get('classname')}: {case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def looking(folder: Path) -> Path:
    """Make an IPython folder whose kernels look at what they print, and return where they write what is near."""
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True)
    lines = ["import sys", f"sys.path.append({str(ROOT / 'tests' / 'helpers')!r})", "import near_boundaries"]
    lines += [f"near_boundaries.install(get_ipython(), {str(folder / 'near.jsonl')!r})", "del near_boundaries, sys"]
    (startup / "00-look.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "near.jsonl"


def where(source: str) -> str:
    """Return the notebook and the id of the cell with this source."""
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if "".join(cell["source"]).strip() == source.strip():
                return f"{path.name}, cell {cell['id']}"
    return "a cell that is not stored"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run what compares numbers under several kernels.")
    parser.add_argument(
        "paths", nargs="*", default=["tests", "chapters"], help="what to run; everything, if nothing is said"
    )
    parser.add_argument("--others", type=int, help="only so many kernels that are not this processor's own")
    parser.add_argument("--own", action="store_true", help="only this processor's own kernel")
    asked = parser.parse_args(arguments)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        near = looking(Path(name, "looking"))
        print(f"This processor's own kernel is {architecture(None)}.", flush=True)
        for number, (variant, environment) in enumerate(variants(asked.others, asked.own).items()):
            if number and time.time() > float(os.environ.get("BOOK_UNTIL", "inf")) - IN_HAND:
                print(f"{variant}: not run, this machine is too slow for it; run make -C zoolab kernels", flush=True)
                continue
            start = time.monotonic()
            looks = None if environment else near.parent
            elsewhere = in_the_page() if asked.others and number else []
            failed = run(environment, asked.paths, Path(name, f"{number}.xml"), looks, elsewhere)
            wrong += len(failed)
            said = f"{len(failed)} differ" if failed else "all as stored"
            print(
                f"{variant}: {said}, {(time.monotonic() - start) / 60:.1f} minutes", *failed, sep="\n    ", flush=True
            )
        lines = near.read_text(encoding="utf-8").splitlines() if near.exists() else []
        for line in sorted(set(lines)):
            one = json.loads(line)
            print(f"near an edge: {one['number']} with {one['digits']} digits, {where(one['cell'])}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
