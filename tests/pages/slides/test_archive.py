"""The archive has every figure of the chapters, as a drawing and as a page, with words for whoever does not see it."""

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest
from built_book import build, missing
from pypdf import PdfReader

from pages.slides import figures, pages
from pages.slides.chromium import NAMES


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> zipfile.ZipFile:
    build()
    figures.archive(path := tmp_path_factory.mktemp("figures") / "figures.zip")
    return zipfile.ZipFile(path)


def test_every_figure_is_there_with_caption_alternative_text_and_licence(packed):
    rows = list(csv.DictReader(io.StringIO(packed.read("figures/figures.csv").decode())))
    known = [figure.label for page in pages.chapters() for figure in pages.figures(page)]
    assert [row["figure"] for row in rows] == known
    assert len(set(known)) == len(known) > 60
    for row in rows:
        assert re.fullmatch(r"Figure \d+\.\d+", row["number"])
        assert len(row["caption"]) > 20
        assert len(row["alt"]) > 40
        assert row["licence"].startswith("CC BY 4.0")
        drawn = packed.read(f"figures/{row['svg']}").decode()
        tree = ElementTree.fromstring(drawn)
        assert tree.find("{http://www.w3.org/2000/svg}desc").text.startswith(row["alt"][:40])
        assert "var(--" not in drawn
    page = packed.read("figures/index.html").decode()
    assert all(f'src="{row["svg"]}"' in page for row in rows)
    assert "figures/LICENSE" in packed.namelist()


def test_a_page_of_the_archive_is_as_large_as_its_drawing_and_its_words_are_words(packed):
    rows = list(csv.DictReader(io.StringIO(packed.read("figures/figures.csv").decode())))
    if not rows[0]["pdf"]:
        missing(f"Chromium is not installed: none of {', '.join(NAMES)}")
    for row in rows:
        (page,) = PdfReader(io.BytesIO(packed.read(f"figures/{row['pdf']}"))).pages
        size = figures.size(packed.read(f"figures/{row['svg']}").decode())
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(size, abs=1.5)
    found = next(row for row in rows if row["figure"] == "fig-click-table")
    (page,) = PdfReader(io.BytesIO(packed.read(f"figures/{found['pdf']}"))).pages
    assert "cat connoisseur" in page.extract_text()
