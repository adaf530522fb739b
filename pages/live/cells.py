"""Run the cells of a chapter in the engine, without a page, and compare what they show with what is stored."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat

from pages.live.build import ROOT, all_files, node

TIMED = re.compile(r"measured on this machine:.*")  # as tests/nbval_sanitize.cfg has it
NOT_COMPARED = "application/vnd.zoolib."  # drawings, which say what the picture says; a claim is compared


def code_cells(chapter: str) -> list[Any]:
    """Return the code cells of a chapter, named by its stem."""
    notebook = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run(cells: Sequence[tuple[str, str]], **job: Any) -> Iterator[dict[str, Any]]:
    """Run ``(name, code)`` one after the other in a fresh engine, and yield what came of each.

    Yields
    ------
    ``name``; ``shown``, the messages of the engine; CPU ``seconds``; ``bytes``, what the engine holds after it; and
    ``fetched``, the packs that were fetched so far because something in them was asked for. At last, if the job says
    ``traced``, what was ``opened``.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, content in all_files().items():
            (Path(folder) / name).write_bytes(content)
        job = {"cells": [{"name": name, "code": code} for name, code in cells], **job}
        with subprocess.Popen(
            [str(node()), str(Path(__file__).with_name("run.mjs")), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(job))
            process.stdin.close()
            yield from map(json.loads, process.stdout)
        if process.returncode:
            raise RuntimeError(f"the engine ended with {process.returncode}")


def as_compared(outputs: Sequence[dict[str, Any]]) -> list[Any]:
    """Return what is compared of some outputs, be they stored or shown: all but pictures and times of a machine.

    Parts of a stream that follow each other are one, and what is shown anew in the place of something is not stored.
    """
    compared: list[Any] = []
    for output in outputs:
        kind = output.get("output_type") or output["type"]
        if kind == "stream":
            text = "".join(output["text"])
            if compared and compared[-1][:2] == ["stream", output["name"]]:
                text = compared.pop()[2] + text
            compared.append(["stream", output["name"], text])
        elif kind == "error":
            compared.append(["error", output["ename"], output["evalue"]])
        elif kind != "update":
            compared.append([kind, {mime: _compared(mime, data) for mime, data in sorted(output["data"].items())}])
    whole = [[*one[:-1], TIMED.sub("", one[-1]).strip()] if one[0] == "stream" else one for one in compared]
    for one in whole:
        if isinstance(one[-1], dict):
            one[-1] = {mime: data for mime, data in one[-1].items() if data is not None}
    return [one for one in whole if one[-1] != ""]


def _compared(mime: str, data: Any) -> Any:
    if mime.startswith(NOT_COMPARED) and mime.endswith("svg"):
        return None
    if mime.startswith("image/"):
        return "a picture"
    text = "".join(data) if isinstance(data, list) else data
    return TIMED.sub("", text).strip() if isinstance(text, str) else text
