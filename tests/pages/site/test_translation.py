"""The book in other languages: what is a message, what a translation must keep, and what is not complete."""

import re
import shutil
from pathlib import Path

import pytest
import sphinx
import sphinx_togglebutton
import translate
import translated
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from bs4 import BeautifulSoup
from built_book import ROOT
from finish import asked, finish
from finish.asked import let_answer
from finish.finding import mend_search
from finish.languages import SCRIPTS, say_scripts_in_the_language
from finish.markup import Page
from nbformat import writes
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from test_extensions import build

ORIGINAL = "See {numref}`fig-x` and [this](other.md): `run` has $x_1$ = 0.05 in 2,210 of 5,000 visits {cite:p}`li2010`."


def test_a_translation_may_say_all_else_in_its_own_way():
    mine = "In 2.210 von 5.000 hat `run` {cite:p}`li2010` $x_1$ = 0,05; siehe [dort](other.md), {numref}`fig-x`."
    assert list(translate.unfaithful(ORIGINAL, mine, "de")) == []
    titled = ("{ref}`An exercise <ex-own>` asks.", "{ref}`Eine Übung <ex-own>` fragt.")
    assert list(translate.unfaithful(*titled, "de")) == []


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("$x_1$", "$x_2$", "formulas"),
        ("fig-x", "fig-y", "references"),
        ("{cite:p}", "{cite:t}", "references"),
        ("`run`", "`renne`", "code"),
        ("other.md", "anderes.md", "links"),
        ("0.05", "0,5", "numbers"),
        ("0.05", "0.05", "numbers"),
        ("2,210", "2.120", "numbers"),
        ("5,000 visits", "tausend Besuche", "numbers"),
        ("See", 'Siehe "hier"', "quotation marks"),
    ],
)
def test_what_a_translation_must_keep_is_missed(old: str, new: str, kind: str):
    right = ORIGINAL.replace("0.05", "0,05").replace("2,210", "2.210").replace("5,000", "5.000")
    written = {"0.05": "0,05", "2,210": "2.210", "5,000 visits": "5.000 visits"}.get(old, old)
    assert written in right
    (fault,) = translate.unfaithful(ORIGINAL, right.replace(written, new), "de")
    assert fault.startswith(kind)


def po(path: Path, said: dict[str, str], fuzzy: str = "") -> Path:
    catalog = Catalog(locale="de")
    for original, translation in said.items():
        catalog.add(original, translation, flags=["fuzzy"] if original == fuzzy else [])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog)
    return path


def test_what_is_stale_empty_or_guessed_is_not_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(translated, "LOCALE", tmp_path)
    today = po(tmp_path / "today.pot", {"One": "", "Two": "", "Three": "", "New": ""})
    po(tmp_path / "de/LC_MESSAGES/page.po", {"One": "Eins", "Two": "", "Three": "Drei", "Old": "Alt"}, fuzzy="Three")
    told = [fault.removeprefix("page: ") for fault in translate.faults("de", "page", today)]
    assert told == ["lacks 'New'", "the original no longer says 'Old'", "empty: 'Two'", "fuzzy: 'Three'"]


@pytest.mark.parametrize(("known", "asked", "status", "said"), [
    ("", (), 0, ""),
    ("de: [chapters/index]\n", ("en", "xx"), 1, "en, xx: pages/locale/languages.yml has no such language\n"),
    ("", ("de",), 1, "de: pages/locale/languages.yml has no such language\n"),
])  # fmt: skip
def test_a_language_that_nobody_knows_is_named_and_a_book_without_any_is_complete(
    known: str, asked: tuple[str, ...], status: int, said: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.setattr(translate, "LOCALE", tmp_path)
    (tmp_path / "languages.yml").write_text(known, encoding="utf-8")
    assert translate.check(*asked) == status
    assert capsys.readouterr().out == said


def notebook() -> str:
    told = new_output("display_data", {"text/markdown": "It is **so**."})
    cell = new_code_cell("print(1)", id="cell", execution_count=1, outputs=[told])
    words = [
        "# A page\n\n## A part\n\nSome words.\n\n```{admonition} Trap\nSome words.\n```\n\n```{toctree}\nother\n```",
        "```{exercise} Two minutes\n:label: ex-a\nDo it.\n```\n\n```{solution} ex-a\nDo it.\n```",
        "$$\nx = 1\n$$",
    ]
    return writes(new_notebook(cells=[*(new_markdown_cell(text, id=f"m{len(text)}") for text in words), cell]))


def test_words_and_titles_are_translated_and_outputs_and_formulas_are_not(tmp_path: Path):
    said = {
        "A page": "Eine Seite",
        "A part": "Ein Teil",
        "Trap": "Falle",
        "Some words.": "Einiges.",
        "Two minutes": "Zwei Minuten",
        "Do it.": "Tut es.",
    }
    said |= {"It is **so**.": "So!", "\nx = 1\n": "y = 1"}
    po(tmp_path / "_locale/de/LC_MESSAGES/index.po", said)
    settings = {"language": "de", "locale_dirs": ["_locale"], "nb_execution_mode": "off"}
    settings |= {
        "myst_heading_anchors": 2,
        "myst_enable_extensions": ["dollarmath"],
        "exclude_patterns": ["jupyter_execute"],
    }
    pages = {"index.ipynb": notebook(), "other.md": "# Another\n\n[There](index.ipynb#a-part)\n"}
    out, warnings = build(tmp_path, ["myst_nb", "sphinx_exercise", "translated"], pages, **settings)
    assert "a-part" not in warnings
    page = BeautifulSoup((out / "index.html").read_text(encoding="utf-8"), "html.parser")
    text = " ".join(page.body.get_text().split())
    assert page.html["lang"] == "de"
    for kept in (
        "Eine Seite",
        "Ein Teil",
        "Einiges.",
        "Übung 1 (Zwei Minuten)",
        "Lösung zu Übung 1 (Zwei Minuten)",
        "Tut es.",
        "It is so.",
        "x = 1",
    ):
        assert kept in text
    assert page.select_one(".translated-whole").get_text(strip=True) == translated.words("de")[translated.AS_COMPUTED]


PAGE = """<!DOCTYPE html><html lang="de"><head><title>T</title></head><body><article class="bd-article"><section>
<h1>T</h1><div class="translation-note translated-{kind}">Hinweis</div>
<details><summary><span class="collapsed">Show the code</span></summary><pre>Show</pre></details>
<p>Page</p><p class="untranslated">X</p><div class="cell"><div class="cell_output"><p>Measured</p></div></div></section>
</article></body></html>"""


@pytest.mark.parametrize(("kind", "article"), [("whole", None), ("none", "en")])
def test_a_page_says_which_part_of_it_is_in_which_language(kind: str, article: str | None):
    page = BeautifulSoup(finish(PAGE.format(kind=kind)), "html.parser")
    assert page.select_one("summary").get_text(strip=True) == translated.words("de")["Show the code"]
    assert page.pre.get_text() == "Show"
    assert page.p.get_text() == "Page"
    assert page.select_one(".untranslated")["lang"] == "en"
    assert page.summary.get("lang") == (None if article is None else "de")
    assert page.article.get("lang") == article
    assert page.select_one(".cell_output")["lang"] == "en"
    assert page.select_one(".translation-note").get("lang") == (None if article is None else "de")


def test_the_words_of_the_book_are_those_on_its_pages():
    """Each is said by the configuration or by an extension; one that was changed there would stay English."""
    sources = [
        ROOT / "_config.yml",
        ROOT / "_toc.yml",
        *(ROOT / "pages" / "ext").rglob("*.py"),
        *(ROOT / "pages" / "ext").rglob("*.js"),
    ]
    texts = [path.read_text(encoding="utf-8") for path in sources if path.name != "translated.py"]
    kinds = {"definition", "algorithm", "theorem", "lemma", "proposition", "corollary"}
    theme = {"Main", "Toggle primary sidebar", "Toggle secondary sidebar"}
    theme |= {f"Link to this {what}" for what in ("heading", "image", "equation", "table", "term")}
    own = {translated.NOT_TRANSLATED, translated.IN_PARTS, translated.AS_COMPUTED}
    assert [
        word for word in translated.WORDS if word not in own | kinds | theme and not any(word in t for t in texts)
    ] == []


def test_what_the_script_of_the_questions_says_is_known_to_translations():
    script = asked.SCRIPT.read_text(encoding="utf-8")
    calls = re.findall(r'\b(?:say|button)\(((?:[^()"]|"[^"]*"|\(\))*)', script)
    calls += re.findall(r"for \(const head of \[(.*?)\]\)", script)
    said = [text for call in calls for text in re.findall(r'(?<!=== )"([^"]*[a-z][^"]*)"', call)]
    assert list(dict.fromkeys(said)) == translated.ASKED


@pytest.mark.parametrize(("kind", "says"), [("whole", True), ("none", False)])
def test_a_translated_page_gives_its_questions_their_sentences_and_an_english_one_none(
    kind: str, says: bool, tmp_path: Path
):
    page = Page(PAGE.format(kind=kind).replace("<p>Page</p>", '<p data-asks="one">Page</p>'), "html.parser")
    let_answer(page, tmp_path, tmp_path, {})
    script = page.find("script", string=re.compile("questionWords"))
    assert (script is not None) == says
    assert page.select("script")[-1]["src"].endswith("questions.js")
    assert not says or '"Yes.": "Ja."' in script.string


def test_scripts_of_others_say_it_in_the_language(tmp_path: Path):
    basic = Path(sphinx.__file__).parent / "themes" / "basic" / "static"
    toggle = Path(sphinx_togglebutton.__file__).parent / "_static" / "togglebutton.js"
    for file in (basic / "searchtools.js", basic / "sphinx_highlight.js", toggle):
        shutil.copyfile(file, tmp_path / file.name)
    mend_search(tmp_path)
    there = {name: (tmp_path / name).read_text(encoding="utf-8") for name in SCRIPTS}
    assert {name: [text for text in texts if f'"{text}"' not in there[name]] for name, texts in SCRIPTS.items()} == {
        name: [] for name in SCRIPTS
    }
    say_scripts_in_the_language(tmp_path, "de")
    for name, texts in SCRIPTS.items():
        script = (tmp_path / name).read_text(encoding="utf-8")
        assert all(text not in script and translated.words("de")[text] in script for text in texts)
