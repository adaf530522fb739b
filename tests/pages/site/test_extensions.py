"""The small Sphinx extensions of the book, each in a book of one or two pages."""

from html import unescape
from pathlib import Path

import nbformat
import pytest
import small_book
import yaml
from bs4 import BeautifulSoup
from built_book import ROOT
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from numbered import Reader
from print_finish import lead_to_exercises
from sphinx.errors import ConfigError

from pages.colab import prepare


def build(folder: Path, extensions: list[str], pages: dict[str, str], **config) -> tuple[Path, str]:
    """Build a small book and return its directory and the warnings."""
    parser = [] if "myst_nb" in extensions else ["myst_parser"]
    config = {"extensions": [*parser, *extensions], "numfig": True, "html_theme": "basic", **config}
    settings = [f"{name} = {value!r}" for name, value in config.items()]
    for name, text in {"conf.py": "\n".join(settings), **pages}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return small_book.build(folder)


def built(folder: Path, extensions: list[str], pages: dict[str, str], **config) -> Path:
    """Build a small book of which nothing is warned, and return its directory."""
    out, warnings = build(folder, extensions, pages, **config)
    assert warnings == ""
    return out


def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


SMALL = Path(__file__).with_name("small")
PICTURE, NUMBERED, CHAPTER, GLOSSARY, USES, STATEMENTS = (
    (SMALL / f"{name}.md").read_text(encoding="utf-8")
    for name in ("pictures", "numbered", "chapter", "glossary", "uses", "statements")
)
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def test_figures_are_referred_to_by_number_as_sphinx_does_it(tmp_path: Path):
    pages = {"index.md": "# Home\n\n```{toctree}\none\ntwo\n```\n", "dot.svg": DOT}
    pages |= {f"{name}.md": NUMBERED.replace("TITLE", name) for name in ("one", "two")}
    written = []
    for extensions in ([], ["numbered"]):
        folder = tmp_path / str(len(extensions))
        folder.mkdir()
        out = built(folder, extensions, pages)
        written.append((out / "two.html").read_text(encoding="utf-8"))
    assert written[0] == written[1]
    numbers = [ref.text for ref in BeautifulSoup(written[1], "html.parser").select("p a.reference .std-numref")]
    assert numbers == ["Fig. 1", "Fig. 2", "Fig. 1"]


def test_a_page_is_loaded_once_for_all_its_numbers():
    class Env:
        loaded, config = [], "how"

        def get_doctree(self, page):
            self.loaded.append(page)
            return object()

    reader = Reader(Env())
    assert reader.get_doctree("one") is reader.get_doctree("one")
    assert reader.get_doctree("one") is not reader.get_doctree("two")
    assert Env.loaded == ["one", "two"]
    assert reader.config == "how"


def test_each_missing_alt_text_is_a_warning(tmp_path: Path):
    _, warnings = build(tmp_path, ["alt_text"], {"index.md": PICTURE, "dot.svg": DOT})
    assert warnings.count("an image has no alt text") == 2


def test_a_page_whose_pictures_have_words_gives_no_warning(tmp_path: Path):
    fine = PICTURE.replace("![]", "![a dot]").replace('<img src="dot.svg">', "")
    built(tmp_path, ["alt_text"], {"index.md": fine, "dot.svg": DOT})


def test_chapters_and_all_that_they_number_are_counted_from_zero(tmp_path: Path):
    pages = {
        "index.md": "# Book\n\n```{toctree}\n:numbered: 2\n\nfirst\nsecond\n```\n",
        "first.md": CHAPTER.replace("TITLE", "first"),
        "second.md": CHAPTER.replace("TITLE", "second"),
        "dot.svg": DOT,
    }
    out = built(tmp_path, ["chapter_zero"], pages, myst_enable_extensions=["dollarmath"])
    for number, name in enumerate(["first", "second"]):
        page = parsed(out / f"{name}.html")
        assert [tag.text.strip() for tag in page.select(":is(h1, h2) > .section-number")] == [
            f"{number}.",
            f"{number}.1.",
        ]
        assert page.select_one(".caption-number").text.strip() == f"Fig. {number}.1"
        text = page.select_one("div.body").text
        assert f"See Fig. {number}.1 and ({number}.1)" in text
        assert [tag.text for tag in page.select("h2")][-1].startswith("Exercises")
    toc = parsed(out / "index.html")
    assert [a.text for a in toc.select(".toctree-l1 > a")] == ["0. first", "1. second"]


def test_works_are_labelled_by_author_and_year(tmp_path: Path):
    works = """
    @article{one, author = {P{\\'a}l, D{\\'a}vid}, title = {First}, journal = {J}, year = {2001},
        url = {https://journal.example/a/very/long/one.html}}
    @article{two, author = {A, B. and C, D.}, title = {Second}, journal = {J}, year = {2002}}
    @article{three, author = {A, B. and C, D. and E, F.}, title = {Third}, journal = {J}, year = {2003}}
    @article{four, author = {A, B. and G, H. and E, F.}, title = {Fourth}, journal = {J}, year = {2003}}
    """
    pages = {"index.md": "# Book\n\n```{bibliography}\n:all:\n:style: book\n```\n", "works.bib": works}
    out = built(tmp_path, ["citations", "sphinxcontrib.bibtex"], pages, bibtex_bibfiles=["works.bib"])
    page = parsed(out / "index.html")
    labels = [tag.text.strip() for tag in page.select(".citation .label")]
    assert labels == ["[A and C, 2002]", "[A et al., 2003a]", "[A et al., 2003b]", "[Pál, 2001]"]
    (link,) = page.select(".citation a.external")
    assert (link.text, link["href"]) == ("journal.example", "https://journal.example/a/very/long/one.html")


@pytest.fixture(scope="module")
def terms(tmp_path_factory) -> BeautifulSoup:
    folder = tmp_path_factory.mktemp("terms")
    (folder / "chapters").mkdir()
    toctree = "# Home\n\n```{toctree}\nchapters/glossary\nchapters/01_uses\n```\n"
    written = {"index.md": toctree, "chapters/glossary.md": GLOSSARY, "chapters/01_uses.md": USES}
    out = built(folder, ["hover_terms"], written, myst_enable_extensions=["dollarmath"])
    return parsed(out / "chapters" / "01_uses.html")


def test_the_first_use_of_a_term_leads_to_its_entry_and_says_what_it_means(terms: BeautifulSoup):
    links = {link.text: link for link in terms.select("a.term")}
    assert set(links) == {"regrets", "cold start", "ridge"}
    assert links["regrets"]["href"] == "glossary.html#term-regret"
    assert links["regrets"]["title"] == "What was lost, in units of α."
    assert links["cold start"]["title"] == "How a new arm begins."
    assert not links["ridge"].has_attr("title")  # its definition is a formula


def test_terms_are_linked_in_running_text_only(terms: BeautifulSoup):
    assert not terms.select("h1 a.term, h2 a.term, code a.term, .math a.term, a a")
    assert terms.select_one("p").text.startswith("No regrets at the cold start of an arm")


def test_statements_with_a_title_are_in_the_index_and_the_index_in_the_table_of_contents(tmp_path: Path):
    pages = {"index.md": "# Home\n\n```{toctree}\npage\n```\n", "page.md": STATEMENTS}
    out = built(tmp_path, ["sphinx_proof", "book_index"], pages)
    index = parsed(out / "genindex.html")
    links = {link.text: link["href"] for link in index.select(".genindextable a")}
    assert links == {
        "constant alpha (proposition)": "page.html#prop-alpha",
        "regret (definition)": "page.html#def-regret",
        "LinUCB (algorithm)": "page.html#alg-linucb",
    }
    home = parsed(out / "index.html")
    assert [link["href"] for link in home.select(".toctree-l1 > a")] == ["page.html", "genindex.html"]


def book_with_a_notebook(tmp_path: Path, monkeypatch, options: dict | None = None, **known: str) -> BeautifulSoup:
    for name in ("BOOK_REPOSITORY", "BOOK_BRANCH", "BOOK_CONTACT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    notebook = new_notebook(cells=[new_markdown_cell("# A chapter"), new_code_cell("1 + 1", execution_count=1)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    pages = {
        "index.md": "# Home\n\n{{ where_to_ask }}\n\n```{toctree}\npage\n```\n",
        "page.ipynb": nbformat.writes(notebook),
    }
    launch_buttons = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["launch_buttons"]
    options = {"repository_url": "", "launch_buttons": launch_buttons, **(options or {})}
    out = built(
        tmp_path,
        ["myst_nb", "launch"],
        pages,
        html_theme="sphinx_book_theme",
        html_theme_options=options,
        nb_execution_mode="off",
        myst_enable_extensions=["substitution"],
    )
    return parsed(out / "page.html")


def outward(page: BeautifulSoup) -> list[str]:
    links = page.select(".article-header-buttons a[href^=http]")
    return [link["href"] for link in links]


def test_a_page_leads_to_its_repository_and_to_machines_where_the_address_is_known(tmp_path: Path, monkeypatch):
    home = "https://github.com/owner/book"
    page = book_with_a_notebook(tmp_path, monkeypatch, BOOK_REPOSITORY=f"{home}.git", BOOK_BRANCH="trunk")
    links = outward(page)
    assert "https://mybinder.org/v2/gh/owner/book/trunk?urlpath=lab/tree/page.ipynb" in links
    assert "https://colab.research.google.com/github/owner/book/blob/colab/page.ipynb" in links
    assert home in links
    assert f"{home}/edit/trunk/page.ipynb" in links
    (report,) = [link for link in page.select("a") if "/issues/new" in link.get("href", "")]
    assert report.text.strip() == "Report a mistake"


def test_the_configuration_may_have_the_address(tmp_path: Path, monkeypatch):
    page = book_with_a_notebook(tmp_path, monkeypatch, {"repository_url": "https://gitlab.com/owner/book"})
    assert [link for link in outward(page) if "binder" in link] != []
    assert [link for link in outward(page) if "colab" in link] == []


def test_without_an_address_no_page_leads_out_of_the_book(tmp_path: Path, monkeypatch):
    page = book_with_a_notebook(tmp_path, monkeypatch)
    assert outward(page) == []
    assert "Binder" not in page.text
    assert "Report" not in page.text


def test_an_address_that_is_none_stops_the_build(tmp_path: Path, monkeypatch):
    with pytest.raises(ConfigError, match="got 'somewhere'"):
        book_with_a_notebook(tmp_path, monkeypatch, BOOK_REPOSITORY="somewhere")


@pytest.mark.parametrize(
    ("address", "contact", "said"),
    [
        ("", "", ["does not say who hosts it"]),
        ("https://github.com/owner/book", "", ['href="https://github.com/owner/book/issues"']),
        ("", "book@example.org", ['href="mailto:book@example.org"']),
        ("https://github.com/a/b", "https://example.org/c", ["/a/b/issues", "or by", 'href="https://example.org/c"']),
    ],
)
def test_a_reader_is_told_where_to_ask_or_that_nobody_has_said(
    address: str, contact: str, said, tmp_path: Path, monkeypatch
):
    book_with_a_notebook(tmp_path, monkeypatch, BOOK_REPOSITORY=address, BOOK_CONTACT=contact)
    page = unescape((tmp_path / "out" / "index.html").read_text(encoding="utf-8")).replace("%40", "@")
    assert [words for words in said if words not in page] == []


def test_the_notebooks_for_colab_fetch_the_book_there_and_do_nothing_at_home(tmp_path: Path):
    path = tmp_path / "one.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("import zoolib\nzoolib.__name__")]), path)
    assert prepare(tmp_path, "https://example.org/owner/book", "main") == [path]
    assert prepare(tmp_path, "https://example.org/owner/book", "main") == []
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    first, second = notebook.cells
    assert "git clone --quiet --depth 1 --branch main https://example.org/owner/book /content/book" in first.source
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert first.outputs == []
    assert second.outputs[0].data["text/plain"] == "'zoolib'"


def test_in_print_a_reference_leads_to_the_exercise_and_calls_it_by_its_number():
    there = r"\phantomsection \label{exercise:ex-a}" + "\n\n" + r"\begin{sphinxadmonition}{note}{Exercise 0.2 (A)}"
    label = r"\detokenize{chapters/00_the_shop:ex-%s}"
    here = r"See \hyperref[" + label + r"]{Exercise \ref{" + label + "}}."
    mended = lead_to_exercises(there + here % ("a", "a") + here % ("unknown", "unknown"))
    assert r"See \hyperref[exercise:ex-a]{Exercise 0.2}." in mended
    assert mended.endswith(here % ("unknown", "unknown"))  # and a test of the whole book finds what was never set
