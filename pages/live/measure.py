"""Run every cell of every chapter in the engine: ``python -m pages.live.measure [chapter ...]`` writes ``cells.csv``.

A cell that shows what is stored is live, with its CPU seconds and the bytes by which the engine has grown. One that
does not for want of something is marked with that; any other difference is a fault, and is printed. A chapter without
a fault goes on the list of those that were seen (:mod:`pages.live.seen`). ``--known`` leaves the seconds as they are
where a cell was live before, which is right on a busy machine, and does nothing for chapters that are on that list
already.
"""

import argparse
import csv
import json
from collections.abc import Sequence

from pages.live import seen
from pages.live.build import HERE, ROOT
from pages.live.cells import as_compared, code_cells, run

WANTING = {
    "torch": "PyTorch",
    "PyTorch": "PyTorch",
    "faiss": "faiss",
    "lmdb": "lmdb",
    "resource": "a system beneath it",
}
LIST = HERE / "cells.csv"
MACHINE = "this machine"  # the row with the seconds of calibrate() on the machine on which all others were measured


def rows_of(chapter: str) -> list[dict[str, object]]:
    """Return what is known of each cell of a chapter."""
    cells, rows, wanting, held = code_cells(chapter), [], None, None
    *results, traced = run([(cell.id, cell.source) for cell in cells], traced=True)
    for cell, result in zip(cells, results, strict=True):
        off = ""
        if as_compared(result["shown"]) != as_compared(cell.outputs):
            error = next((message for message in result["shown"] if message["type"] == "error"), None)
            what = [name for word, name in WANTING.items() if error and word in error["evalue"]]
            if what:
                wanting, off = what[0], f"needs {what[0]}"
            elif wanting:
                off = f"needs a cell that needs {wanting}"
                if not error:  # what it needs may be another cell's, under the same name: look at it
                    print(chapter, cell.id, "shows something else:", json.dumps(as_compared(result["shown"]))[:300])
            else:
                off = "differs"
                print(chapter, cell.id, json.dumps(as_compared(result["shown"]))[:600], flush=True)
        row = {"chapter": chapter, "cell": cell.id, "seconds": "", "bytes": "", "off": off}
        grown, held = result["bytes"] - (held or result["bytes"]), result["bytes"]
        rows.append(row if off else row | {"seconds": round(result["seconds"], 2), "bytes": grown})
    print(chapter, sum(not row["off"] for row in rows), "of", len(rows), "live;", result["fetched"], flush=True)
    if all(row["off"] != "differs" for row in rows):
        seen.keep(chapter, cells, traced["opened"], [row["cell"] for row in rows if row["off"]])
    return rows


def kept() -> list[dict[str, object]]:
    """Return the rows of the list."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(rows: list[dict[str, object]], known: bool = False) -> None:
    """Put rows in the place of those of the same chapters; ``known`` ones stay if their cell is as it was."""
    order = [MACHINE, *(path.stem for path in sorted((ROOT / "chapters").glob("*.ipynb")))]
    anew, before = {row["chapter"] for row in rows}, {(row["chapter"], row["cell"]): row for row in kept()}
    if known:
        olds = [before.get((row["chapter"], row["cell"]), {}) for row in rows]
        rows = [old if old.get("off") == row["off"] else row for old, row in zip(olds, rows, strict=True)]
    rows = sorted(
        [row for row in kept() if row["chapter"] not in anew] + rows, key=lambda row: order.index(row["chapter"])
    )
    with LIST.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure chapters anew, and the machine where all are; the others are kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = [path.stem for path in sorted((ROOT / "chapters").glob("*.ipynb"))]
    parser.add_argument("chapters", nargs="*", metavar="chapter", help=f"one of {', '.join(every)}; all without")
    parser.add_argument("--known", action="store_true", help="keep the seconds, and leave out what was seen")
    asked = parser.parse_args(arguments)
    if not asked.chapters and not asked.known:
        calibrated = list(run([("start", "import numpy")], calls=[{"method": "calibrate", "given": []}] * 3))
        seconds = min(message["seconds"] for line in calibrated[1:] for message in line["shown"])
        write([{"chapter": MACHINE, "cell": "", "seconds": round(seconds, 4), "bytes": "", "off": ""}])
    for chapter in asked.chapters or every:
        if not (asked.known and seen.is_known(chapter, code_cells(chapter))):
            write(rows_of(chapter), asked.known)


if __name__ == "__main__":
    main()
