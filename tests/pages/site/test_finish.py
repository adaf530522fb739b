"""What is mended on the built pages, mend by mend."""

import re
import shutil
from pathlib import Path

import pydata_sphinx_theme
import pytest
import sphinx
from bs4 import BeautifulSoup
from finish import MENDS, finish, in_its_place
from finish.assets import code_in_print, make_lean, remove_unused
from finish.finding import in_columns, lead_to_uses, letters, sections_of
from finish.folds import gather_folds, open_notes
from finish.lean import Formatter, asks_then_tells, names_in, only_used_icons, without_unused
from finish.markup import Page
from finish.pdf import add_print, offer_print
from finish.tables import draw_times, give_room, join_heads
from finish.widths import width_of
from finish.words import keep_signs_with_formulas, set_code_close, set_signs
from fontTools.ttLib import TTFont
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import zoolib

PAGE = Path(__file__).with_name("small").joinpath("page.html").read_text(encoding="utf-8").rstrip("\n")


def finished(html: str, *mends) -> BeautifulSoup:
    return BeautifulSoup(finish(html, *mends), "html.parser")


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    return finished(PAGE)


class Compared(Page):
    """A page of which each search finds what BeautifulSoup's own does."""

    n_asked = n_found = 0

    def _fitting(self, selector):
        found = list(super()._fitting(selector))
        assert [*map(id, found)] == [*map(id, BeautifulSoup.select(self, selector))], selector
        self.n_asked, self.n_found = self.n_asked + 1, self.n_found + bool(found)
        return iter(found)


SELECTORS = ["*", "p", "#twice", "p#twice, img", "[id]", ".output.text_html", "article :is(p, li)", "p:not([id])"]


def test_a_page_finds_what_a_selector_fits_and_nothing_else():
    page = Compared(PAGE, "html.parser")
    for selector in SELECTORS:
        assert page.select_one(selector) is page.select(selector)[0]
    assert page.select("#twice.output") == []
    for mend in MENDS:
        mend(page)
    assert page.n_asked > 60
    assert page.n_found > 20


MOVES = [
    lambda page: page.main.insert(0, page.select_one(".b")),
    lambda page: page.p.wrap(page.new_tag("section")),
    lambda page: page.section.unwrap(),
    lambda page: setattr(page.p, "string", "c"),
    lambda page: page.p.attrs.update({"class": ["d"]}),
    lambda page: page.p.decompose(),
    lambda page: page.insert(0, page.new_tag("p")),
    lambda page: page.main.append(page.new_tag("p")),
    lambda page: page.p.insert_after(page.new_tag("i")),
    lambda page: page.i.replace_with(page.new_tag("b")),
    lambda page: page.main.clear(),
]


def test_of_a_page_whose_tags_have_moved_all_are_found():
    page, names = Compared("<main><p>a</p><p class='b'>b</p></main>", "html.parser"), []
    for move in MOVES:
        move(page)
        names.append([[tag.name for tag in page.select(one)] for one in ("*", "p.d", ".b", "section > p", "b, i")])
    assert names[-2][0] == ["p", "b", "main", "p", "p"]
    assert names[-1] == [["p", "b", "main"], [], [], [], ["b"]]


def test_code_in_the_colour_of_the_text_has_no_tags_and_the_same_words():
    code = "def area(r):\n    return 3 * r**2  # nearly\n"
    plain, lean = (highlight(code, PythonLexer(), kind()) for kind in (HtmlFormatter, Formatter))
    assert BeautifulSoup(plain, "html.parser").text == BeautifulSoup(lean, "html.parser").text
    assert len(lean) < len(plain)
    assert {name for span in BeautifulSoup(lean, "html.parser").find_all("span") for name in span.get("class", [])} == {
        "k", "nf", "mi", "o", "c1"
    }  # fmt: skip


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
    page = finished(html)
    sources = [tag["src"] for tag in page.select("script[src]")]
    assert page.find(
        "script", string=re.compile(r'requestAnimationFrame.*\n.*src: "\.\./_static/\.\./mathjax/tex-chtml\.js"')
    )
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


def test_a_formula_has_room_before_it_is_set():
    formulas = '<span class="math">\\(\\alpha\\)</span><div class="math">\\[a \\\\ b\\]</div>'
    page = finished(f"<html><body>{formulas}</body></html>")
    assert page.span["style"] == "--ems: 0.61"
    assert page.div["style"] == "--rows: 2"


@pytest.mark.parametrize(
    ("tex", "ems"),
    [
        (r"\(x_a^2\)", 0.61 + 0.7 * 0.55 + 0.07),  # of what stands above each other, the wider
        (r"\(\frac{1}{x + 1}\)", 0.7 * (0.61 + 1.33 + 0.55) + 0.14),
        (r"\(\text{click}\)", 5 * 0.5),
        (r"\(\sqrt{x\)", 0.75 + 0.61),  # what is not closed ends with the formula
        (r"\(\)", 0.0),
    ],
)
def test_the_room_of_a_formula_is_about_its_width(tex, ems):
    assert width_of(tex) == pytest.approx(ems, abs=0.005)


@pytest.mark.parametrize(
    ("script", "added"),
    [('document.documentElement.dataset.mode = "auto";', "matchMedia"), ("window.MathJax = {}", "pageReady")],
    ids=["light or dark is decided before anything is shown", "formulas are set when they come near"],
)
def test_what_is_added_to_a_script_is_written_once(script: str, added: str):
    once = finish(f"<html><head></head><body><script>{script}</script></body></html>")
    assert once.count(added) == finish(once).count(added) == 1


def test_one_style_sheet_holds_the_rules_of_all_in_their_order(tmp_path: Path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "dot.png").write_bytes(b"")
    (static / "base.css").write_text("p { margin: 0 }")
    (static / "styles" / "a.css").write_text('@import "../base.css";\nb { background: url(../dot.png) }')
    (static / "b.css").write_text("b { color: red }")
    (tmp_path / "chapters").mkdir()
    links = [f'<link rel="stylesheet" href="../_static/{name}.css"/>' for name in ("styles/a", "b")]
    html = f"<html><head>{''.join(links)}</head><body></body></html>"
    mends = in_its_place(tmp_path / "chapters", tmp_path)
    once = finish(html, mends)
    sheets = BeautifulSoup(once, "html.parser").select("link[rel=stylesheet]")
    assert len(sheets) == 1
    css = (tmp_path / "chapters" / sheets[0]["href"]).resolve().read_text()
    assert css.index("margin") < css.index("background") < css.index("red")
    assert 'url("dot.png")' in css
    assert finish(once, mends) == once


def test_code_has_the_colours_of_the_day_on_paper():
    rules = 'html[data-theme="%s"] .highlight .%s{color: %s}\n'
    night = rules % ("dark", "k", "cyan") + rules % ("dark", "s", "yellow")
    css = code_in_print(rules % ("light", "k", "navy") + night + "p{margin: 0}\n")
    day, _, rest = css.partition("@media screen {\n")
    assert day == "html[data-theme] .highlight .k{color: navy}\n"
    assert rest == f"{night}}}\np{{margin: 0}}\n"


def test_a_picture_tells_its_size(tmp_path: Path):
    Image.new("RGB", (30, 20)).save(tmp_path / "dot.png")
    html = '<html><body><article><img src="dot.png"/><img src="absent.png"/></article></body></html>'
    page = finished(html, in_its_place(tmp_path, tmp_path))
    assert (page.img["width"], page.img["height"]) == ("30", "20")
    assert not page.select("img")[1].has_attr("width")


def test_a_typeset_pdf_is_offered_where_it_is(tmp_path: Path):
    button = '<button class="btn-download-pdf-button"></button>'
    menu = f'<div class="dropdown-download-buttons"><ul><li>{button}</li></ul></div>'
    page = BeautifulSoup(f"<html><body>{menu}</body></html>", "html.parser")
    for _ in range(2):
        offer_print(page, "../pdf", "01_one.pdf")
    assert [link["href"] for link in page.select("a")] == ["../pdf/01_one.pdf", "../pdf/bandits-that-generalize.pdf"]
    assert not page.select("button")


def test_without_a_pdf_nothing_is_offered(tmp_path: Path):
    add_print(tmp_path, tmp_path / "nowhere")
    assert not (tmp_path / "pdf").exists()


SHEET = """@charset "utf-8"; /* a remark */
.used, .unused { color: red } .unused > .used { color: blue } #here .used{} a.used:not(.unused){} #away {}
@media print { .unused { top: 0 } .used { top: 1px } } @media screen { .unused {} }
@font-face { font-family: "Face"; src: url("face.woff2") } :is(.unused, .used) p { left: 0 } p[class="unused"] {}
.from-script {} .bs-tooltip-top {} a::after { content: ".unused { }" }"""


def test_rules_that_no_page_can_use_are_dropped_and_all_others_kept(tmp_path: Path):
    (tmp_path / "page.html").write_text(
        '<p class="used" id="here"></p><script>x.classList.add("from-script")</script>', encoding="utf-8"
    )
    (tmp_path / "set.js").write_text("y.className = 'set-later'", encoding="utf-8")
    names = names_in([tmp_path / "page.html"], [tmp_path / "set.js"])
    assert {"used", "here", "from-script", "set-later"} <= names
    kept = without_unused(SHEET, names)
    squeezed = re.sub(r"\s+", "", kept)
    assert ".used{color:red}" in squeezed
    assert "color:blue" not in squeezed
    for rule in ("#here.used{}", "a.used:not(.unused){}", "@mediaprint{.used{top:1px}}", ".from-script{}"):
        assert rule in squeezed
    for rule in ("@font-face", ".bs-tooltip-top{}", ":is(.unused,.used)p{left:0}", 'p[class="unused"]{}'):
        assert rule in squeezed
    for gone in ("#away", "@mediascreen", "aremark"):
        assert gone not in squeezed
    assert 'content: ".unused { }"' in kept
    assert without_unused(kept, names) == kept


def test_of_the_faces_of_icons_only_the_signs_in_use_are_kept(tmp_path: Path):
    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
    shutil.copytree(theme / "vendor" / "fontawesome" / "webfonts", tmp_path / "webfonts")
    sheet = tmp_path / "book-0.css"
    sheet.write_text('@font-face{src:url("webfonts/fa-solid-900.woff2") format("woff2")} .fa-bars{content:"\uf0c9"}')
    only_used_icons(tmp_path)
    css = sheet.read_text()
    assert 'url("webfonts/fa-solid-900.woff") format("woff")' in css
    kept = TTFont(tmp_path / "webfonts" / "fa-solid-900.woff")
    assert set(kept.getBestCmap()) == {0xF0C9}
    assert len(kept["glyf"][kept.getBestCmap()[0xF0C9]].coordinates) > 3  # the sign itself is there
    assert not list(tmp_path.rglob("*.woff2"))
    only_used_icons(tmp_path)
    assert sheet.read_text() == css


def test_the_script_of_the_theme_asks_first_and_tells_then():
    """The rewritten loop is the theme's own but for the order, and is written once."""
    loop = ".forEach(e=>{e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1})"
    once = asks_then_tells(f"boxes(){loop},t=1")
    assert loop not in once
    assert once.startswith("boxes().forEach((e,i,all)=>{i||(window.requestIdleCallback??setTimeout)(()=>[...all].map(")
    assert "(e=>[e,e.scrollWidth>e.clientWidth||" in once
    assert once.endswith(".forEach(([e,t])=>{e.tabIndex=t}))}),t=1")
    assert asks_then_tells(once) == once


def test_a_section_without_a_heading_is_a_box():
    html = "<html><body><main role='main'><section><h2>a</h2><section id='x'><p>b</p></section></section></main></body>"
    page = finished(html)
    assert [tag.name for tag in page.select("main > *, #x")] == ["section", "div"]
    assert not page.select("main[role]")


def test_the_value_beside_a_control_is_text_that_the_script_of_the_figure_finds():
    script = Path(zoolib.__file__).parents[1].joinpath("chapters", "figures", "widgets.js").read_text(encoding="utf-8")
    html = (
        "<html><body><figure data-widget><label><span>t <output>1</output></span><input></label></figure>"
        f"<script>{script}</script></body></html>"
    )
    page = finished(html)
    assert page.select_one("label b[data-value]").text == "1"
    assert '.closest("label").querySelector("[data-value]")' in page.script.text
    assert finish(str(page)).split() == finish(finish(str(page))).split()


def test_the_text_face_is_asked_for_early_but_not_from_the_disk():
    html = '<html><head><link rel="stylesheet" href="../_static/a.css"/></head><body></body></html>'
    page = finished(html)
    (script,) = [script.string for script in page.select("script") if 'as: "font"' in (script.string or "")]
    assert "../fonts/" in script
    assert 'location.protocol !== "file:"' in script
    assert not page.select("link[rel=preload]")


def test_no_script_is_asked_for_before_the_text():
    early = '<link rel="preload" as="script" href="a.js"/>'
    html = f'<html><head>{early}</head><body><script src="a.js"></script></body></html>'
    page = finished(html)
    assert not page.select("link[rel=preload]")
    assert page.select("script[defer]")


def test_the_search_looks_for_the_content_where_it_is(tmp_path):
    (tmp_path / "_static").mkdir()
    tools = tmp_path / "_static" / "searchtools.js"
    tools.write_text("page.querySelector('[role=\"main\"]')", encoding="utf-8")
    make_lean(tmp_path)
    assert tools.read_text(encoding="utf-8") == "page.querySelector('main')"
    searchtools = Path(sphinx.__file__).parent / "themes" / "basic" / "static" / "searchtools.js"
    shutil.copyfile(searchtools, tools)
    make_lean(tmp_path)
    assert "categories" not in tools.read_text(encoding="utf-8")


def test_files_that_no_page_loads_are_removed_and_logos_where_they_lead_nowhere(tmp_path):
    static = tmp_path / "_static"
    for name in ("locales/de/words.mo", "scripts/fontawesome.js", "scripts/theme.js", "images/logo_binder.svg"):
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).touch()
    remove_unused(tmp_path, logos=False)
    assert sorted(path.name for path in static.rglob("*.*")) == ["logo_binder.svg", "theme.js"]
    assert not (static / "locales").exists()
    remove_unused(tmp_path, logos=True)
    assert [path.name for path in static.rglob("*.*")] == ["theme.js"]


def folded_cell(code: str, output: str = "") -> str:
    """Return a cell with the tag hide-input, as MyST-NB writes it."""
    shown = f'<div class="cell_output">{output}</div>' if output else ""
    words = '<p class="collapsed admonition-title">Show</p><p class="expanded admonition-title">Hide</p>'
    code = f'<div class="cell_input"><pre>{code}</pre></div>'
    fold = f'<details class="admonition hide above-input"><summary>{words}</summary>{code}</details>'
    return f'<div class="cell tag_hide-input">{fold}{shown}</div>'


OPEN = '<div class="cell"><div class="cell_input"><pre>zoo.run(agents)</pre></div></div>'
CLAIM = folded_cell("zoo.claim('It is.')", '<div class="zoolib-claim"><p>It is.</p></div>')


def test_a_claim_carries_its_check_and_what_was_kept_for_it():
    page = mended(gather_folds, folded_cell("a = 1") + "<p>A word.</p>" + folded_cell("b = 2") + CLAIM)
    (only,) = page.select("div.cell")
    (check,) = only.select(".zoolib-claim > details.hide")
    assert check.select_one(".collapsed").text == "How this is checked"
    assert [pre.text for pre in check.select("pre")] == ["a = 1", "b = 2", "zoo.claim('It is.')"]


def test_code_that_shows_nothing_goes_with_the_next_and_all_below_what_it_shows():
    table = folded_cell("rows", "<table></table>")
    page = mended(gather_folds, folded_cell("a = 1") + "<p>1.1</p>" + OPEN + table + folded_cell("b = 2"))
    opened, shown, last = page.select("div.cell")
    assert [part.name for part in opened.find_all(recursive=False)] == ["details", "div"]
    assert opened.summary.get_text("|") == "What runs before this|What runs before this"
    assert [pre.text for pre in opened.select("pre")] == ["a = 1", "zoo.run(agents)"]
    assert [part.name for part in shown.find_all(recursive=False)] == ["div", "details"]
    assert shown.summary.get_text("|") == "Show|Hide"
    assert [pre.text for pre in last.select("details pre")] == ["b = 2"]  # after it comes no code


def test_a_note_is_opened_by_a_number_at_the_end_of_the_paragraph_before_it():
    note = '<aside class="margin sidebar"><p class="sidebar-title"></p><p>{}</p></aside>'
    page = mended(open_notes, f"<p>Words.</p>{note.format('A')}{note.format('B')}<h2>C</h2>{note.format('D')}")
    assert [part.name for part in page.article.find_all(recursive=False)] == ["div", "h2", "details"]
    assert [part.get_text("|") for part in page.select("div.noted > *")] == ["Words.", "Note |1|A", "Note |2|B"]
    assert [[part.name for part in note.find_all("p")] for note in page.select("details > div")] == [["p"]] * 3


def mended(mend, inside: str) -> BeautifulSoup:
    """Return a page with a mend made, and made again, which changes nothing."""
    page = BeautifulSoup(f"<article>{inside}</article>", "html.parser")
    mend(page)
    once = str(page)
    mend(page)
    assert str(page) == once
    return page


@pytest.mark.parametrize(("before", "after"), [
    ('of <i class="m"/>, and', "|<i>, |and"),
    ('(<i class="m"/>) or', "|(<i>)| or"),
    ('a <i class="m"/>-th time', "|<i>-th| time"),
    ('a <i class="m"/>-dimensional one', None),
    ('a <i class="m"/> one', None),
    ('two values of\n<i class="m"/>,', "two values of|<i>,|"),
])  # fmt: skip
def test_signs_stay_with_their_formula_and_words_may_go_to_the_next_line(before, after):
    formula = '<span class="math">x</span>'
    page = mended(keep_signs_with_formulas, "<p>" + before.replace('<i class="m"/>', formula) + "</p>")
    boxes = page.select("span.nobr")
    assert page.p.get_text() == before.replace('<i class="m"/>', "x")
    assert len(boxes) == (after is not None)
    if after:
        assert boxes[0].get_text() == after.split("|")[1].strip().replace("<i>", "x")


def test_numbers_are_written_in_one_way_but_not_in_code():
    page = mended(set_signs, """<p>of 95 % and 94%, by [-0.1, .2] <code>a-1 95 %</code></p>
        <div class="zoolib-claim"><p>by -0.066 of 2024-11-25 (1000 replications).</p></div><div class="cell_output">
        <table class="dataframe"><tr><th>theta_1</th><th>+- x' A^-1 b</th><th>alpha, root of 1 + n</th></tr>
        <tr><td>1.62e-05 GB</td><td>-1.5</td><td>2000000.0</td><td>999</td><td>.5 ± 2</td><td>1e-06</td></tr></table>
        <p>by -.05</p></div>""")  # fmt: skip
    assert page.p.get_text() == "of 95% and 94%, by [-0.1,\u00a00.2] a-1 95 %"
    assert page.select_one(".zoolib-claim").get_text() == "by −0.066 of 2024-11-25 (1,000 replications)."
    assert [cell.text for cell in page.select("th")] == ["θ₁", "±\u00a0x′A⁻¹ b", "α, √(1 + n)"]
    assert [cell.text for cell in page.select("td")] == [
        "1.62 × 10⁻⁵ GB", "−1.5", "2,000,000", "999", "0.5\u00a0±\u00a02", "10⁻⁶",
    ]  # fmt: skip
    assert page.select("p")[-1].text == "by −0.05"


def test_one_blank_line_parts_two_definitions():
    code = "def f():\n    <b>pass</b>\n\n\ndef g():\n\n    pass\n"
    page = mended(set_code_close, f'<div class="highlight"><pre>{code}</pre></div><pre>a\n\n\nb</pre>')
    assert [pre.text.count("\n\n\n") for pre in page.select("pre")] == [0, 1]
    assert page.pre.text.split() == BeautifulSoup(code, "html.parser").text.split()


def test_claims_have_symbols_for_the_words_that_stand_for_them():
    said = "With alpha = 0.1 the alphabet costs a tenth of a click a visit, 2 x 4 bytes, to within 1e-06. Alpha alone."
    shown = "With α = 0.1 the alphabet costs a tenth of a click per visit, 2 × 4 bytes, to within 10⁻⁶. Alpha alone."
    page = mended(set_signs, f"""<p>{said}</p><div class="zoolib-claim"><p>{said}</p>
        <details><p>{said}</p></details></div>
        <table class="zoolib-ledger"><tr><td><a>{said}</a></td></tr></table>""")  # fmt: skip
    assert [place.text for place in page.select("p, td")] == [said, shown, said, shown]


HEADS = "<thead><tr><th>{}</th><th>before</th><th>after</th></tr><tr><th>agent</th><th></th><th></th></tr></thead>"


def test_the_name_of_the_rows_moves_up_where_its_place_is_empty():
    table = '<table class="dataframe">{}</table>'
    page = mended(join_heads, table.format(HEADS.format("")))
    assert [[cell.text for cell in row.select("th")] for row in page.select("tr")] == [["agent", "before", "after"]]
    assert len(mended(join_heads, table.format(HEADS.format("step"))).select("tr")) == 2


def test_a_table_whose_words_do_not_fit_gets_room_and_no_other():
    box = '<div class="cell_output"><div class="output text_html"><table><tr>{}</tr></table></div></div>'
    for signs, wide in ((60, False), (120, True)):
        cells = "".join(f"<td>{'x' * 12} word</td>" for _ in range(signs // 12))
        assert bool(mended(give_room, box.format(cells)).select(".full-width")) == wide


def test_times_become_points_at_their_logarithms():
    page = mended(draw_times, """<table><thead><tr><th>what</th><th>literal, µs</th><th>fast, µs</th></tr></thead>
        <tbody><tr><td>one</td><td>1,000</td><td>10</td></tr><tr><td>two</td><td>100</td><td>1</td></tr></tbody></table>
        <p>A machine; Python 3.11.7; 2026-11-25.</p>""")  # fmt: skip
    marks = [mark["style"] for mark in page.select("figure.times div > b > i")]
    assert marks == ["left: 100.0%", "left: 33.3%", "left: 66.7%", "left: 0.0%"]
    assert [tick.text for tick in page.select(".scale > span")] == ["1", "10", "100", "1,000"]
    many = mended(draw_times, """<table><thead><tr><th>what</th><th>fast, µs</th></tr></thead>
        <tbody><tr><td>one</td><td>2,000,000</td></tr></tbody></table>""")  # fmt: skip
    assert [tick.text for tick in many.select(".scale > span")] == ["10⁶", "10⁷"]
    assert page.select_one("article > p")["class"] in ("machine", ["machine"])


def test_letters_stand_above_a_glossary_and_the_index_in_columns():
    terms = "".join(f'<dt id="t{i}">{name}</dt><dd>x</dd>' for i, name in enumerate(["arm", "alpha", "bandit"]))
    page = mended(letters, f'<dl class="glossary">{terms}</dl>')
    assert [(a.text, a["href"]) for a in page.select("nav a")] == [("A", "#t0"), ("B", "#t2")]
    cells = "<td><ul><li>a</li></ul></td><td><ul><li>b<ul><li>c</li></ul></li></ul></td>"
    page = mended(in_columns, f'<table class="genindextable"><tr>{cells}</tr></table>')
    assert [item.contents[0] for item in page.select("ul.index > li")] == ["a", "b"]


def test_a_term_of_the_index_leads_to_its_first_section_in_each_chapter():
    index = BeautifulSoup(
        '<ul class="index"><li><a href="g"><strong>arm</strong></a></li><li><a href="x">no</a></li></ul>', "html.parser"
    )
    section = '<section id="{0}"><h2><span class="section-number">{0} </span>Of it</h2><p>{1}</p></section>'
    texts = {"1.1": "The army.", "1.2": "Two arms.", "1.3": "An arm."}
    chapter = BeautifulSoup(
        f"<article>{''.join(section.format(*one) for one in texts.items())}</article>", "html.parser"
    )
    for _ in range(2):
        lead_to_uses(index, sections_of(chapter, "one.html"))
    assert [(a.text, a["href"]) for a in index.select("a.use")] == [("1.2", "one.html#1.2")]
