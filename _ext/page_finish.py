"""Finish the built pages: what theme and extensions leave undone, each mend with its reason.

Runs once, when Sphinx has written everything, and changes nothing that is already as it should be, so that building
twice gives the same pages.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter
from lean import asks_then_tells, names_in, without_unused
from PIL import Image
from sphinx.application import Sphinx

UNUSED = [
    "fontawesome.js",  # 1.5 MB; the icons come with the style sheet
    "sphinx-thebe.js",  # would load a script from outside
    "sphinx-thebe.css",
]
UNUSED_FILES = [
    "scripts/fontawesome.js*",
    "sphinx-thebe.*",
    "**/*.map",
    "locales",
    "**/webfonts/*.ttf",
]
LOGOS = "images/logo_*"  # of the places that run a notebook, which are offered where the repository's address is known
SEARCH_FROM_DISK = 'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'
BOOK_PDF = "bandits-that-generalize.pdf"
FACE = "source-serif-4-latin-wght-normal.woff2"
IN_PIECES = """window.MathJax.startup = {
  pageReady: async () => {
    const formulas = [...document.querySelectorAll(".math")];
    for (let start = 0, size = 1; start < formulas.length;) {
      const began = performance.now();
      await MathJax.typesetPromise(formulas.slice(start, start + size));
      start += size;
      size = Math.max(1, Math.min(16, Math.round(size * 20 / (performance.now() - began))));
      await new Promise(resolve => setTimeout(resolve));
    }
  },
};"""
HTML5 = HTMLFormatter(EntitySubstitution.substitute_xml, void_element_close_prefix="")
REDIRECT = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={url}"><title>{title}</title></head>
<body><p><a href="{url}">{title}</a></p></body>
</html>
"""
SHORTEST_DESCRIPTION, LONGEST_DESCRIPTION = 60, 160


def drop_unused_assets(page: BeautifulSoup) -> None:
    """Load neither what is not used in the book at all nor what this page does not need."""
    needed = {
        "mathjax/": ".math",
        "clipboard.min.js": "div.highlight",
        "copybutton.js": "div.highlight",
        "togglebutton.js": ".toggle, .admonition.dropdown",
        "design-tabs.js": ".sd-tab-set",
        "searchtools.js": "#search-results",
        "language_data.js": "#search-results",
        "searchindex.js": "#search-results",
    }
    for tag in page.select("script[src], link[href]"):
        address = tag.get("src") or tag["href"]
        unused = any(name in address for name in UNUSED)
        if unused or any(name in address and not page.select_one(selector) for name, selector in needed.items()):
            tag.decompose()


def drop_thebe(page: BeautifulSoup) -> None:
    """Remove the configuration of thebe, which would run cells on a machine elsewhere."""
    for script in page.select("script:not([src])"):
        if "THEBE_JS_URL" in script.text or script.get("type") == "text/x-thebe-config":
            script.decompose()
    for script in page.find_all("script", string=re.compile("kernelName =")):
        script.decompose()


def drop_duplicates(page: BeautifulSoup) -> None:
    """Remove scripts and meta tags that extensions add twice."""
    seen = set()
    for tag in page.select("head script:not([src]), head meta[name=viewport]"):
        key = tag.get("name") or tag.text
        if key in seen:
            tag.decompose()
        seen.add(key)


def defer_scripts(page: BeautifulSoup) -> None:
    """Let the text appear before the scripts run; those that set options stay where they are."""
    for script in page.select("script[src]:not([async]):not([defer])"):
        if "documentation_options.js" not in script["src"]:
            script["defer"] = ""


def search_from_disk(page: BeautifulSoup) -> None:
    """Let the search show no excerpts when the book is opened from the disk: there a page may not read another one."""
    options = page.select_one('script[src*="documentation_options.js"]')
    if options and page.select_one("#search-results") and not page.find("script", string=SEARCH_FROM_DISK):
        script = page.new_tag("script")
        script.string = SEARCH_FROM_DISK
        options.insert_after(script)


def describe(page: BeautifulSoup) -> None:
    """Describe the page, for search engines and link previews, by its first paragraph if it says nothing itself."""
    if page.select_one("meta[name=description]") or page.head is None:
        return
    paragraphs = (
        " ".join(paragraph.text.split()) for paragraph in page.select("article section > p, article section > dl dd")
    )
    title = " ".join(page.title.text.split()) if page.title else "A page"
    text = next(
        (words for words in paragraphs if len(words) > SHORTEST_DESCRIPTION),
        f"{title}: a page of an executable textbook on bandits.",
    )
    if len(text) > LONGEST_DESCRIPTION:
        text = text[: LONGEST_DESCRIPTION - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    page.head.append(page.new_tag("meta", attrs={"name": "description", "content": text}))


def name_regions(page: BeautifulSoup) -> None:
    """Make the sidebar, which holds the logo, a region with a name: all content belongs to a landmark."""
    sidebar = page.select_one("#pst-primary-sidebar")
    if sidebar:
        sidebar.attrs |= {"role": "region", "aria-label": "Book"}
    second = page.select_one("#pst-secondary-sidebar")
    if second:
        second.attrs |= {"role": "region", "aria-label": "Page"}


def name_buttons(page: BeautifulSoup) -> None:
    """Let a button's name begin with the text that it shows."""
    for button in page.select("button.search-button-field"):
        del button["aria-label"]
        for hint in button.select(".search-button__kbd-shortcut"):
            hint["aria-hidden"] = "true"
    for icon in page.select("button.theme-switch-button i[title]"):
        icon["aria-hidden"] = "true"
        del icon["title"]
    for button in page.select("button.sidebar-toggle"):
        button["aria-label"] = button.get("title") or button.get("data-bs-title") or "Toggle sidebar"


def mend_summaries(page: BeautifulSoup) -> None:
    """Name what folds by its own text, which stands in spans because a summary may hold no paragraphs."""
    for summary in page.select("details > summary"):
        del summary["aria-label"]
        for paragraph in summary.select("p"):
            paragraph.name = "span"


def mend_tables(page: BeautifulSoup) -> None:
    """Make empty header cells plain cells, drop old attributes, let wide tables scroll in a box of their own."""
    for cell in page.select("th"):
        if not cell.text.strip() and not cell.find("img"):
            cell.name = "td"
            cell.clear()
    for style in page.select(".cell_output style[scoped]"):
        style.decompose()
    for table in page.select("table"):
        del table["border"]
        for row in table.select("tr[style]"):
            del row["style"]
        for cell in table.select("[valign], [halign]"):
            del cell["valign"], cell["halign"]
    for box in page.select(".cell_output .output.text_html, .pst-scrollable-table-container"):
        if box.select_one("table") and not box.get("tabindex"):
            box.attrs |= {"tabindex": "0", "role": "group", "aria-label": "Table"}


def mend_equations(page: BeautifulSoup) -> None:
    """Let a formula that is wider than a phone be scrolled by the keyboard too."""
    for box in page.select("div.math"):
        box.attrs |= {"tabindex": "0", "role": "group", "aria-label": "Formula"}


def mend_sections(page: BeautifulSoup) -> None:
    """Make sections without a heading, as statements and exercises have them, plain boxes; drop a role given twice."""
    for section in page.select("section:not(:has(> :is(h1, h2, h3, h4, h5, h6)))"):
        section.name = "div"
    for main in page.select("main[role]"):
        del main["role"]
    for heading in page.select("#jb-print-docs-body h1"):
        if not heading.text.strip():
            heading.decompose()


def mend_controls(page: BeautifulSoup) -> None:
    """Let the label of a figure's control hold the control alone; the value that stands beside it is plain text."""
    for value in page.select("figure[data-widget] label output"):
        value.name = "b"
        value["data-value"] = ""
    for caption in page.select("figure[data-widget] > figcaption:not(:last-child)"):
        caption.parent.append(caption.extract())  # a caption is the first or the last in its figure
    for script in page.find_all("script", string=re.compile(r'closest\("label"\)\.querySelector\("output"\)')):
        script.string = script.text.replace('.querySelector("output")', '.querySelector("[data-value]")')


def mend_bibliography(page: BeautifulSoup) -> None:
    """Make the bibliography a plain list: the roles that docutils gives it are deprecated or do not fit."""
    for entry in page.select("[role=doc-biblioentry]"):
        entry["role"] = "listitem"


def mend_ids(page: BeautifulSoup) -> None:
    """Drop ids that occur twice; a link always meant the first."""
    seen = set()
    for tag in page.select("[id]"):
        if tag["id"] in seen or not tag["id"]:
            del tag["id"]
        else:
            seen.add(tag["id"])


def typeset_in_pieces(page: BeautifulSoup) -> None:
    """Set as many formulas at a time as take a fiftieth of a second, so that the page can be used meanwhile."""
    for script in page.find_all("script", string=re.compile(r"^\s*window\.MathJax = ")):
        if "pageReady" not in script.text:
            script.string = f"{script.text}; {IN_PIECES}"
    for script in page.select('script[src*="mathjax/"]'):
        script["fetchpriority"] = "low"  # the text comes first


def keep_room_for_formulas(page: BeautifulSoup) -> None:
    """Say about how wide or high a formula will be, so that the text does not jump when it is set."""
    for formula in page.select(".math:not([style])"):
        tex = re.sub(
            r"\\(?:text|mathrm|operatorname|mathbb|mathbf|tfrac|frac|sqrt|left|right|begin|end|label)\b",
            "",
            formula.text,
        )
        tex = re.sub(r"\\[()\[\]]|\\[a-zA-Z]+|\\.", "x", tex)
        glyphs = len(re.sub(r"[{}^_\s]", "", tex))
        rows = formula.text.count(r"\\") + 1
        room = f"--rows: {rows}" if formula.name == "div" else f"--glyphs: {max(glyphs - 2, 1)}"
        formula["style"] = room


def show_definitions(page: BeautifulSoup) -> None:
    """Keep the definition of a term where the style sheet finds it, not as a tip that only a mouse can see."""
    for link in page.select("a.term[title]"):
        link["data-definition"] = link["title"]
        del link["title"]


def load_face_early(page: BeautifulSoup) -> None:
    """Ask for the text face at once: a page that is first shown in another one jumps. From the disk this is refused."""
    sheet = page.select_one("link[rel=stylesheet]")
    if sheet is None or page.find("script", string=re.compile('as: "font"')):
        return
    face = f"{sheet['href'].split('_static/')[0]}fonts/{FACE}"
    script = page.new_tag("script")
    script.string = (
        'if (location.protocol !== "file:") document.head.append(Object.assign(document.createElement("link"), '
        f'{{rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href: "{face}"}}))'
    )
    sheet.insert_before(script)


def mend_images(page: BeautifulSoup) -> None:
    """Load pictures when they come near, but the first at once."""
    for image in page.select("article img")[1:]:
        image["loading"] = "lazy"


MENDS: list[Callable[[BeautifulSoup], None]] = [
    drop_unused_assets,
    drop_thebe,
    drop_duplicates,
    defer_scripts,
    search_from_disk,
    describe,
    name_regions,
    name_buttons,
    mend_summaries,
    mend_tables,
    mend_equations,
    mend_sections,
    mend_controls,
    mend_bibliography,
    mend_ids,
    typeset_in_pieces,
    keep_room_for_formulas,
    load_face_early,
    show_definitions,
    mend_images,
]


def finish(html: str) -> str:
    """Return a page with all mends made."""
    page = BeautifulSoup(html, "html.parser")
    if not isinstance(page.html, Tag) or page.select_one("meta[http-equiv=Refresh i]"):
        return html
    for mend in MENDS:
        mend(page)
    return page.decode(formatter=HTML5)


def size_images(page: BeautifulSoup, folder: Path) -> None:
    """Tell the size of every picture, so that the text below it does not jump when it comes."""
    for image in page.select("article img[src$='.png']:not([width])"):
        path = folder / image["src"]
        if path.exists():
            with Image.open(path) as picture:
                image["width"], image["height"] = map(str, picture.size)


def one_style_sheet(page: BeautifulSoup, folder: Path, out: Path) -> None:
    """Load the style sheets as one file, in their order: a phone waits for each of them."""
    links = [link for link in page.select("link[rel=stylesheet]") if not link["href"].startswith(("http", "//"))]
    paths = [(folder / urlsplit(link["href"]).path).resolve() for link in links]
    if len(links) < 2:
        return
    css = "\n".join(_rules(path, out / "_static") for path in paths)
    css = re.sub(r',\s*url\("[^"]*\.ttf"\) format\("truetype"\)', "", css)
    bundle = out / "_static" / f"book-{hashlib.sha256(css.encode()).hexdigest()[:12]}.css"
    bundle.write_text(css, encoding="utf-8")
    for link in links[1:]:
        link.decompose()
    links[0]["href"] = os.path.relpath(bundle, folder)


def _rules(path: Path, target: Path) -> str:
    """Return the rules of a style sheet and of those that it imports, so that they find their files from ``target``."""
    css = path.read_text(encoding="utf-8-sig").replace('@charset "UTF-8";', "")
    css = re.sub(r'@import "([^"]+)";', lambda match: _rules(path.parent / match[1], target), css)

    def found(match: re.Match[str]) -> str:
        file = path.parent / match["url"]
        if match["url"].startswith(("data:", "#", "%23")) or not (path.parent / urlsplit(match["url"]).path).exists():
            return match[0]  # the file is in the style sheet, or its place has been found
        return f'url("{os.path.relpath(file, target)}")'

    return re.sub(r"""url\(\s*(?P<quote>["']?)(?P<url>[^"')]+)(?P=quote)\s*\)""", found, css)


def options_in_the_page(page: BeautifulSoup, folder: Path) -> None:
    """Put the few options of the scripts into the page itself, which would else wait for a file of ten lines."""
    for script in page.select('script[src*="documentation_options.js"]'):
        path = folder / urlsplit(script["src"]).path
        if path.exists():
            del script["src"]
            script.string = path.read_text(encoding="utf-8")


def offer_print(page: BeautifulSoup, home: str, chapter: str | None) -> None:
    """Offer the chapter and the whole book as typeset PDF, where they are, in the place of the browser's printing.

    Parameters
    ----------
    page
        The page.
    home
        The way from the page to the folder of the PDFs.
    chapter
        The name of the chapter's PDF, if there is one.
    """
    menu = page.select_one(".dropdown-download-buttons ul")
    if menu is None or menu.select_one("a[href$='.pdf']"):
        return
    for button in menu.select("button.btn-download-pdf-button"):
        button.find_parent("li").decompose()
    offers = [(chapter, "chapter.pdf")] if chapter else []
    for name, words in [*offers, (BOOK_PDF, "book.pdf")]:
        link = page.new_tag("a", href=f"{home}/{name}", attrs={"class": "btn btn-sm dropdown-item", "download": ""})
        for kind, inside in (("icon", '<i class="fas fa-file-pdf"></i>'), ("text", words)):
            span = page.new_tag("span", attrs={"class": f"btn__{kind}-container"})
            span.append(BeautifulSoup(inside, "html.parser"))
            link.append(span)
        item = page.new_tag("li")
        item.append(link)
        menu.append(item)


def add_print(out: Path, pdfs: Path) -> None:
    """Put the PDFs that "make pdf" has made beside the pages, and offer them there."""
    if not (pdfs / BOOK_PDF).exists():
        return
    (out / "pdf").mkdir(exist_ok=True)
    for path in pdfs.glob("*.pdf"):
        shutil.copyfile(path, out / "pdf" / path.name)
    for path in (out / "chapters").glob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        chapter = f"{path.stem}.pdf"
        offer_print(page, "../pdf", chapter if (pdfs / chapter).exists() else None)
        path.write_text(page.decode(formatter=HTML5), encoding="utf-8")


def make_lean(out: Path) -> None:
    """Keep only the style sheets that a page loads, and of them only the rules that a page can use; mend scripts."""
    pages = [path for path in out.rglob("*.html") if "_static" not in path.relative_to(out).parts]
    names = names_in(pages, out.glob("_static/**/*.js"))
    loaded = set(re.findall(r"_static/(book-\w+\.css)", "".join(path.read_text(encoding="utf-8") for path in pages)))
    for path in (out / "_static").glob("book-*.css"):
        if path.name in loaded:
            path.write_text(without_unused(path.read_text(encoding="utf-8"), names), encoding="utf-8")
        else:
            path.unlink()
    search = out / "_static" / "searchtools.js"
    if search.exists():  # which looks for the content by a role that an element main has by itself
        search.write_text(search.read_text(encoding="utf-8").replace('[role="main"]', "main"), encoding="utf-8")
    theme = out / "_static" / "scripts" / "pydata-sphinx-theme.js"
    if theme.exists():
        theme.write_text(asks_then_tells(theme.read_text(encoding="utf-8")), encoding="utf-8")


def in_its_place(html: str, folder: Path, out: Path) -> str:
    """Return a page with the mends made for which one must know where it and its files are."""
    page = BeautifulSoup(html, "html.parser")
    size_images(page, folder)
    one_style_sheet(page, folder, out)
    options_in_the_page(page, folder)
    return page.decode(formatter=HTML5)


def finish_pages(app: Sphinx, exception: Exception | None) -> None:
    """Finish every page of a build that succeeded, and remove the files that no page loads any more."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for path in [path for path in out.rglob("*.html") if "_static" not in path.relative_to(out).parts]:
        before = path.read_text(encoding="utf-8")
        if re.search(r'http-equiv="?refresh"?', before, re.IGNORECASE):
            url = re.search(r'content="0; *url=([^"]+)"', before)
            path.write_text(REDIRECT.format(url=url[1], title=app.config.html_title), encoding="utf-8")
            continue
        after = in_its_place(finish(before), path.parent, out)
        if after != before:
            path.write_text(after, encoding="utf-8")
    add_print(out, Path(app.srcdir) / "_build" / "pdf")
    make_lean(out)
    for pattern in UNUSED_FILES if app.config.html_theme_options.get("repository_url") else [*UNUSED_FILES, LOGOS]:
        for path in sorted((out / "_static").glob(pattern), reverse=True):
            if path.is_file():
                path.unlink()
            else:
                for inner in sorted(path.rglob("*"), reverse=True):
                    inner.rmdir() if inner.is_dir() else inner.unlink()
                path.rmdir()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the last step of a build."""
    app.connect("build-finished", finish_pages, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
