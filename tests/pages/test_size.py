"""How much machinery the pages may have: who wants more of it says why, in a commit of its own."""

import pytest
from built_book import ROOT

LINES = {"pages/ext": 2_520, "pages/print": 610}  # of Python


@pytest.mark.parametrize("folder", LINES)
def test_the_machinery_of_the_pages_has_no_more_lines_than_promised(folder: str):
    there = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py"))
    assert 0 < there <= LINES[folder]
