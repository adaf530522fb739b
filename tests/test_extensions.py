"""The small Sphinx extensions of the book, each in a book of one or two pages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from page_finish import MENDS, finish

EXTENSIONS = Path(__file__).resolve().parent.parent / "_ext"


def build(folder: Path, extensions: list[str], pages: dict[str, str], **config) -> tuple[Path, str]:
    """Build a small book and return its directory and the warnings."""
    config = {"extensions": ["myst_parser", *extensions], "numfig": True, "html_theme": "basic", **config}
    settings = [f"{name} = {value!r}" for name, value in config.items()]
    for name, text in {"conf.py": "\n".join(settings), **pages}.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "--no-color", str(folder), str(folder / "out")]
    paths = os.pathsep.join([str(EXTENSIONS), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=True)
    return folder / "out", done.stderr


PICTURE = """# A page

![what it shows, in words](dot.svg)

![](dot.svg)

```{raw} html
<img src="dot.svg"><img src="dot.svg" alt="in words">
```
"""
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def test_each_missing_alt_text_is_a_warning(tmp_path: Path):
    _, warnings = build(tmp_path, ["alt_text"], {"index.md": PICTURE, "dot.svg": DOT})
    assert warnings.count("an image has no alt text") == 2


def test_a_page_whose_pictures_have_words_gives_no_warning(tmp_path: Path):
    fine = PICTURE.replace("![]", "![a dot]").replace('<img src="dot.svg">', "")
    _, warnings = build(tmp_path, ["alt_text"], {"index.md": fine, "dot.svg": DOT})
    assert warnings == ""


CHAPTER = """# {title}

## A section

```{{figure}} dot.svg
:alt: a dot
:name: fig-{title}

A caption.
```

$$ 1 + 1 $$ (eq-{title})

See {{numref}}`fig-{title}` and {{eq}}`eq-{title}`.
"""


def test_chapters_and_all_that_they_number_are_counted_from_zero(tmp_path: Path):
    pages = {
        "index.md": "# Book\n\n```{toctree}\n:numbered: 2\n\nfirst\nsecond\n```\n",
        "first.md": CHAPTER.format(title="first"),
        "second.md": CHAPTER.format(title="second"),
        "dot.svg": DOT,
    }
    out, warnings = build(tmp_path, ["chapter_zero"], pages, myst_enable_extensions=["dollarmath"])
    assert warnings == ""
    for number, name in enumerate(["first", "second"]):
        page = BeautifulSoup((out / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        assert [tag.text.strip() for tag in page.select(":is(h1, h2) > .section-number")] == [
            f"{number}.",
            f"{number}.1.",
        ]
        assert page.select_one(".caption-number").text.strip() == f"Fig. {number}.1"
        text = page.select_one("div.body").text
        assert f"See Fig. {number}.1 and ({number}.1)" in text
    toc = BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert [a.text for a in toc.select(".toctree-l1 > a")] == ["0. first", "1. second"]


def test_works_are_labelled_by_author_and_year(tmp_path: Path):
    works = """
    @article{one, author = {P{\\'a}l, D{\\'a}vid}, title = {First}, journal = {J}, year = {2001}}
    @article{two, author = {A, B. and C, D.}, title = {Second}, journal = {J}, year = {2002}}
    @article{three, author = {A, B. and C, D. and E, F.}, title = {Third}, journal = {J}, year = {2003}}
    @article{four, author = {A, B. and G, H. and E, F.}, title = {Fourth}, journal = {J}, year = {2003}}
    """
    pages = {"index.md": "# Book\n\n```{bibliography}\n:all:\n:style: book\n```\n", "works.bib": works}
    out, warnings = build(tmp_path, ["citations", "sphinxcontrib.bibtex"], pages, bibtex_bibfiles=["works.bib"])
    assert warnings == ""
    page = BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser")
    labels = [tag.text.strip() for tag in page.select(".citation .label")]
    assert labels == ["[A and C, 2002]", "[A et al., 2003a]", "[A et al., 2003b]", "[Pál, 2001]"]


PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>A page of the book</title><meta name="viewport" content="a"/>
<meta name="viewport" content="b"/>
<script src="../_static/scripts/fontawesome.js"></script><script src="../_static/sphinx-thebe.js"></script>
<script src="../_static/documentation_options.js"></script><script src="../_static/doctools.js"></script>
<script src="../_static/copybutton.js"></script><script src="../_static/../mathjax/tex-chtml.js" async="async"></script>
<script>var a = 1;</script><script>var a = 1;</script>
<script>const THEBE_JS_URL = "https://elsewhere.example/thebe.js";</script></head>
<body><div id="pst-primary-sidebar"></div>
<button class="search-button-field" aria-label="Search"><span>Search</span></button>
<button class="theme-switch-button" aria-label="Color mode"><i title="Dark"></i></button>
<article><section><h1>Title</h1>
<p>The first paragraph that is long enough to say what this page is about, in a sentence.</p>
<details><summary aria-label="Toggle hidden content"><p>Show code</p></summary><p>code</p></details>
<div class="cell_output"><div class="output text_html"><style scoped>td {}</style>
<table border="1"><tr style="text-align: right"><th></th><th>x</th></tr></table></div></div>
<div role="list"><div role="doc-biblioentry">A work.</div></div>
<p id="twice">1</p><p id="twice">2</p><img src="a.png"/><img src="b.png"/>
<pre>  two  spaces
   and   more </pre>
</section></article></body></html>"""


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    return BeautifulSoup(finish(PAGE), "html.parser")


def test_scripts_that_a_page_does_not_need_are_gone(page):
    assert [tag["src"] for tag in page.select("script[src]")] == [
        "../_static/documentation_options.js",
        "../_static/doctools.js",
    ]
    assert "elsewhere" not in str(page)
    assert [tag.text for tag in page.select("script:not([src])")] == ["var a = 1;"]
    assert page.select_one("script[src*=doctools]").has_attr("defer")
    assert not page.select_one("script[src*=documentation_options]").has_attr("defer")


def test_a_page_with_formulas_and_code_keeps_what_sets_them():
    html = PAGE.replace("<details>", '<span class="math">x</span><div class="highlight">y</div><details>')
    sources = [tag["src"] for tag in BeautifulSoup(finish(html), "html.parser").select("script[src]")]
    assert "../_static/../mathjax/tex-chtml.js" in sources
    assert "../_static/copybutton.js" in sources


def test_a_page_describes_itself_by_its_first_paragraph(page):
    description = page.select_one("meta[name=description]")["content"]
    assert description.startswith("The first paragraph")
    assert len(page.select("meta[name=viewport]")) == 1


def test_what_has_no_name_gets_one_and_what_has_two_keeps_one(page):
    assert page.select_one("#pst-primary-sidebar")["role"] == "region"
    assert "aria-label" not in page.select_one(".search-button-field").attrs
    assert page.select_one(".theme-switch-button i")["aria-hidden"] == "true"
    assert str(page.select_one("summary")) == "<summary><span>Show code</span></summary>"
    assert [tag["role"] for tag in page.select("[role=list] > *")] == ["listitem"]
    assert len(page.select("#twice")) == 1


def test_the_corner_of_a_table_is_no_header(page):
    assert [cell.name for cell in page.select("table tr *")] == ["td", "th"]
    assert not page.select("table[border], tr[style], style")
    assert page.select_one(".text_html")["tabindex"] == "0"


def test_code_keeps_its_spaces(page):
    assert page.select_one("pre").text == "  two  spaces\n   and   more "


def test_pictures_after_the_first_load_when_they_come_near(page):
    assert [image.get("loading") for image in page.select("img")] == [None, "lazy"]


def test_finishing_twice_is_finishing_once():
    once = finish(PAGE)
    assert finish(once).split() == once.split()


def test_a_redirect_is_left_alone():
    html = '<html><head><meta http-equiv="Refresh" content="0; url=chapters/index.html" /></head></html>'
    assert finish(html) == html


@pytest.mark.parametrize("mend", MENDS, ids=lambda mend: mend.__name__)
def test_no_mend_needs_more_than_an_empty_page(mend):
    mend(BeautifulSoup("<html><head></head><body></body></html>", "html.parser"))
