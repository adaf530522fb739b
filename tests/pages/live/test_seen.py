"""A chapter that was seen need not run again: as long as nothing has changed on which its output rests."""

import csv

import nbformat.v4 as v4
import pytest

from pages.live import seen
from pages.live.build import ROOT
from pages.live.cells import code_cells

FILES = {"/book/zoolib/a.py": b"a", "/book/zoolib/b.py": b"b", "/book/zoolib/c.py": b"c"}
OPENED = ["/book/zoolib/b.py", "/book/zoolib/a.py"]


def cells(source: str = "print(1)", shown: str = "1\n", name: str = "one"):
    printed = v4.new_output("stream", name="stdout", text=shown)
    return [v4.new_code_cell(source, id=name, outputs=[printed]), v4.new_code_cell("a = 1", id="two")]


@pytest.mark.parametrize(
    "changed",
    [
        {"cells": cells(source="print(2)")},
        {"cells": cells(shown="2\n")},
        {"cells": cells(name="other")},
        {"cells": cells()[:1]},
        {"cells": cells()[::-1]},
        {"files": FILES | {"/book/zoolib/a.py": b"A"}},
        {"files": {name: FILES[name] for name in FILES if name != "/book/zoolib/b.py"}},
        {"opened": [*OPENED, "/book/zoolib/c.py"]},
        {"engine": b"another"},
    ],
)
def test_whatever_the_output_rests_on_is_in_the_digest(changed):
    same = {"cells": cells(), "opened": OPENED, "files": FILES, "engine": b"engine"}
    assert seen.digest(**(same | changed)) != seen.digest(**same)


def test_nothing_else_is():
    same = {"cells": cells(), "opened": OPENED, "files": FILES, "engine": b"engine"}
    assert seen.digest(**same) == seen.digest(**(same | {"opened": OPENED[::-1]}))
    assert seen.digest(**same) == seen.digest(**(same | {"files": FILES | {"/book/zoolib/c.py": b"C"}}))
    said = b'"""What it is."""\n\n\ndef f():\n    """Return a."""\n    # as it is\n    return "a"\n'
    other = b'"""What else."""\ndef f():\n    return ("a")\n'
    known, less, more = (seen.digest(**(same | {"files": FILES | {"/book/zoolib/a.py": of}}))
                         for of in (said, other, said + b'"one more"\n'))  # fmt: skip
    assert known == less != more


def test_what_is_written_down_is_known_until_a_file_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(seen, "LIST", tmp_path / "seen.json")
    monkeypatch.setattr(seen, "_files", lambda: FILES)
    assert not seen.is_known("one", cells())
    assert seen.again([]) is None
    seen.keep("one", cells(), [*OPENED, "os.py"])
    seen.keep("two", cells(), OPENED[:1])
    assert seen.kept()["one"]["opened"] == sorted(OPENED)
    assert seen.is_known("one", cells())
    assert not seen.is_known("one", cells(shown="2\n"))
    assert seen.again(["one", "two"]) in ("one", "two")
    monkeypatch.setattr(seen, "_files", lambda: FILES | {"/book/zoolib/a.py": b"A"})
    assert not seen.is_known("one", cells())
    assert seen.is_known("two", cells())


def test_every_chapter_opens_the_package_and_the_kernel():
    for chapter, row in seen.kept().items():
        assert {"/book/zoolib/__init__.py", "/book/kernel/live_kernel.py"} <= set(row["opened"]), chapter
        assert (ROOT / "chapters" / f"{chapter}.ipynb").exists()
        assert {"digest", "off", "opened"} == set(row)


def test_what_was_off_is_off():
    with (ROOT / "pages" / "live" / "cells.csv").open(encoding="utf-8", newline="") as file:
        off = [(row["chapter"], row["cell"]) for row in csv.DictReader(file) if row["off"]]
    for chapter, row in seen.kept().items():
        if seen.is_known(chapter, code_cells(chapter)):
            assert row["off"] == [cell for name, cell in off if name == chapter], "python -m pages.live.measure --known"
