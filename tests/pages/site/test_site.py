"""The built pages hang together, name themselves, and load nothing from elsewhere."""

import functools
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
from built_book import ROOT, build, is_of_a_kind, is_redirect, pages, parsed
from finish import finish


@pytest.fixture(scope="module")
def site() -> Path:
    return build()


@pytest.fixture(scope="module")
def readable(site: Path) -> list[Path]:
    return [path for path in pages() if not is_redirect(path)]


def name(path: Path) -> str:
    return path.relative_to(build()).as_posix()


def kinds_of_parts(path: Path) -> set[tuple[str, str]]:
    """Return the tags of a page and their classes; of figures and of code none within, nor the name of a figure."""
    tags = parsed(path).select("article *:not(svg *):not(pre *)")
    return {(tag.name, one) for tag in tags for one in tag.get("class") or [""] if not one.startswith("before-")}


def test_five_chapters_hold_every_kind_of_part_that_a_chapter_has(readable: list[Path]):
    """These are what axe-core is asked about where it is not asked about all."""
    kinds: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for path in readable:
        if re.match(r"chapters/\d", name(path)):
            kinds[is_of_a_kind(name(path))] |= kinds_of_parts(path)
    assert len(kinds[False]) > 100
    assert kinds[True] - kinds[False] == set()


@functools.cache
def ids(path: Path) -> set[str]:
    return {tag["id"] for tag in parsed(path).select("[id]")}


def test_links_inside_the_book_lead_somewhere(site: Path):
    """Every link to a page, a file or an anchor of the book has a target."""
    broken = []
    for path in pages():
        for tag in parsed(path).select("a[href], link[href], img[src], script[src], source[src]"):
            address = tag.get("href") or tag.get("src")
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                broken.append(f"{name(path)}: {address} does not exist")
            elif parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in ids(target):
                broken.append(f"{name(path)}: {address} has no such anchor")
    assert broken == []


def test_code_that_stands_open_between_two_paragraphs_is_short(readable: list[Path]):
    """What teaches is open, what serves is folded: nobody scrolls past screens of code to the next sentence."""
    long, lines = [], {True: 0, False: 0}
    for path in readable:
        above, run = None, 0
        for cell in parsed(path).select("article div.cell"):
            if cell.find_parent("div", class_="solution"):
                continue
            sizes = dict.fromkeys(lines, 0)
            for code in cell.select("div.cell_input"):
                sizes[code.find_parent("details") is not None] += len(code.pre.text.strip().splitlines())
            run = sizes[False] + (run if cell.find_previous_sibling() is above and above is not None else 0)
            above = cell
            lines = {folded: lines[folded] + sizes[folded] for folded in lines}
            long += [f"{name(path)}: {run} lines up to {cell.text.strip()[:60]!r}"] * (run > 40)
    assert long == []
    assert lines[True] > lines[False]


def test_folded_code_belongs_to_something_that_is_seen(readable: list[Path]):
    cells = [(name(path), cell) for path in readable for cell in parsed(path).select("article div.cell")]
    assert len(cells) > 500
    assert [where for where, cell in cells if cell.find_all(recursive=False) == [cell.details]] == []


def test_every_page_names_its_icon(site: Path):
    """Without a name a browser asks the host for one, which a host in a folder does not have."""
    assert [name(path) for path in pages() if not parsed(path).select('link[rel~="icon"]')] == []


def test_nothing_is_loaded_from_outside(site: Path):
    """Only a link that a reader follows may leave the book."""
    outside = []
    for path in pages():
        page = parsed(path)
        for tag in page.select("[src], link[href], [srcset], [data], [poster], form[action]"):
            for attribute in ("src", "href", "srcset", "data", "poster", "action"):
                if re.match(r"(https?:)?//", tag.get(attribute) or ""):
                    outside.append(f"{name(path)}: {tag[attribute]}")
        for script in page.select("script:not([src])"):
            found = re.findall(r"https?://(?!www\.w3\.org/2000/svg)[^\s\"']+", script.text)  # a name is no address
            outside += [f"{name(path)}: {url}" for url in found]
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        outside += [
            f"{name(path)}: {url}" for url in re.findall(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')]+)", text)
        ]
    assert outside == []


def test_style_sheets_find_their_files(site: Path):
    broken = []
    for path in [*site.glob("_static/*.css"), *site.glob("_static/styles/*.css")]:
        for url in re.findall(r"url\(\s*[\"']?([^\"')]+)", path.read_text(encoding="utf-8")):
            if (
                not url.startswith(("data:", "#", "%23"))
                and not (path.parent / urlsplit(url).path).exists()
                and not url.endswith(".ttf")
            ):
                broken.append(f"{name(path)}: {url}")
    assert broken == []


def test_every_page_says_what_it_is(readable: list[Path]):
    wrong, titles = [], {}
    for path in readable:
        page = parsed(path)
        description = page.select_one("meta[name=description]")
        for fine, problem in [
            (page.html.get("lang") == "en", "no language"),
            (page.title and len(page.title.text) > 5, "no title"),
            (len(page.select("meta[name=viewport]")) == 1, "not one viewport"),
            (len(page.select("h1")) >= 1, "no heading"),
            (len(page.select("article h1")) <= 1, "several headings of the first rank"),
            (description and 20 <= len(description["content"]) <= 170, "no fitting description"),
            (page.select_one("link[rel=icon]"), "no icon"),
        ]:
            if not fine:
                wrong.append(f"{name(path)}: {problem}")
        titles.setdefault(page.title.text, []).append(name(path))
    assert wrong == []
    assert [paths for paths in titles.values() if len(paths) > 1] == []


def test_links_say_where_they_lead(readable: list[Path]):
    vague = [
        f"{name(path)}: {link}"
        for path in readable
        for link in parsed(path).select("article a")
        if not link.get("href") or link.text.strip().lower() in {"here", "click here", "this", "link", "more"}
    ]
    assert vague == []


def test_every_work_leads_to_where_it_can_be_read_and_every_citation_says_which_it_is(readable: list[Path]):
    """A DOI, arXiv or the publisher's page; those without one are two books and what was never put there."""
    nowhere = {"Abe and Long, 1999", "Dani et al., 2008", "Fay and Feuer, 1997", "Kish, 1965", "Kleinrock, 1975"}
    nowhere |= {"Hájek, 1971", "Kocsis and Szepesvári, 2006"}
    works = parsed(build() / "chapters" / "bibliography.html").select("div.citation")
    links = {work.select_one(".label").text.strip().strip("[]"): work.select("a.external[href]") for work in works}
    assert len(links) > 80
    assert {label for label, found in links.items() if not found} == nowhere
    assert all(link["href"].startswith("https://") for found in links.values() for link in found)
    cited = [link for path in readable for link in parsed(path).select("article a[href*='bibliography.html#id']")]
    assert len(cited) > 100
    assert [str(link) for link in cited if not link.get("title")] == []


def test_the_first_page_says_what_was_found_as_the_record_does_and_leads_to_the_claims(site: Path):
    known = pd.read_csv(ROOT / "chapters" / "data" / "usually_told.csv").set_index("told")
    source = (ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
    rows = parsed(site / "chapters" / "index.html").select(".usually-told tbody tr")
    assert len(rows) == 5
    for told, link in ((row.td.text.strip(), row.a) for row in rows):
        page, _, label = link["href"].partition("#")
        assert label == f"claim-{known.claim[told]}"
        assert label in ids(site / "chapters" / page)
        assert f"| {told} | {known.found[told]} |" in source


def test_the_mathematics_comes_with_the_book(site: Path):
    assert (site / "mathjax" / "tex-chtml.js").exists()
    assert len(list((site / "mathjax" / "output" / "chtml" / "fonts" / "woff-v2").glob("*.woff"))) > 15
    assert (site / "mathjax" / "LICENSE").exists()


@pytest.mark.slow
def test_building_twice_changes_nothing(readable: list[Path]):
    """The last step of the build finds nothing more to mend in pages that it has mended."""
    for path in readable:
        html = path.read_text(encoding="utf-8")
        assert finish(html).split() == html.split(), name(path)
