"""Grade a submission by the metadata that nbgrader reads, with nothing installed but what runs the book.

What a student may not change is taken from the assignment as it was given out, as nbgrader does. ``python -m
pages.student.grading given.ipynb handed_in.ipynb`` prints the points.
"""

import copy
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


def grade(given: Any, handed_in: Any, folder: Path) -> dict[str, tuple[float, float]]:
    """Run a submission in ``folder``, and return the points of each test and what it is worth."""
    answers = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in handed_in.cells}
    run = copy.deepcopy(given)
    for cell in run.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("solution"):
            cell.source = answers.get(marks["grade_id"], "")
    NotebookClient(run, timeout=600, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    points = {}
    for cell in run.cells:
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade") and not marks.get("solution"):
            failed = any(output.output_type == "error" for output in cell.outputs)
            points[marks["grade_id"]] = (0.0 if failed else float(marks["points"]), float(marks["points"]))
    return points


if __name__ == "__main__":
    given, handed_in = (nbformat.read(name, as_version=4) for name in sys.argv[1:3])
    for name, (got, of) in grade(given, handed_in, Path(sys.argv[2]).resolve().parent).items():
        sys.stdout.write(f"{name:<40} {got:g} of {of:g}\n")
