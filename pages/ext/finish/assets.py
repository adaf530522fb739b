"""What a page loads: nothing that it does not need, in few files, and the text before the scripts."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from finish.finding import mend_search
from finish.lean import asks_then_tells, names_in, only_used_icons, without_unused

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
    unused = UNUSED + [name for name, selector in needed.items() if not page.select_one(selector)]
    for tag in page.select("script[src], link[href]"):
        if any(name in (tag.get("src") or tag["href"]) for name in unused):
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
    """Let the text appear before the scripts come and run; those that set options stay where they are."""
    for link in page.select("link[rel=preload][as=script]"):
        link.decompose()
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


def one_style_sheet(page: BeautifulSoup, folder: Path, out: Path) -> None:
    """Load the style sheets as one file, in their order: a phone waits for each of them."""
    links = [link for link in page.select("link[rel=stylesheet]") if not link["href"].startswith(("http", "//"))]
    paths = [(folder / urlsplit(link["href"]).path).resolve() for link in links]
    if len(links) < 2:
        return
    css = "\n".join(_rules(path, out / "_static") for path in paths)
    css = code_in_print(re.sub(r',\s*url\("[^"]*\.ttf"\) format\("truetype"\)', "", css))
    bundle = out / "_static" / f"book-{hashlib.sha256(css.encode()).hexdigest()[:12]}.css"
    bundle.write_text(css, encoding="utf-8")
    for link in links[1:]:
        link.decompose()
    links[0]["href"] = os.path.relpath(bundle, folder)


def code_in_print(css: str) -> str:
    """Let code have the colours of the day on paper, which is white when a page that is read by night is printed."""
    css = css.replace('html[data-theme="light"] .highlight', "html[data-theme] .highlight")  # those of the night follow
    return re.sub(r'((?:html\[data-theme="dark"\] \.highlight[^{}]*\{[^{}]*\}\s*)+)', r"@media screen {\n\1}\n", css)


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
    only_used_icons(out / "_static")
    mend_search(out / "_static")
    theme = out / "_static" / "scripts" / "pydata-sphinx-theme.js"
    if theme.exists():
        theme.write_text(asks_then_tells(theme.read_text(encoding="utf-8")), encoding="utf-8")


def remove_unused(out: Path, logos: bool) -> None:
    """Remove the files that no page loads, and with ``logos`` those of the places that run a notebook."""
    for pattern in [*UNUSED_FILES, *[LOGOS] * logos]:
        for path in sorted((out / "_static").glob(pattern), reverse=True):
            if path.is_file():
                path.unlink()
            else:
                shutil.rmtree(path)


MENDS: list[Callable[[BeautifulSoup], None]] = [
    drop_unused_assets,
    drop_thebe,
    drop_duplicates,
    defer_scripts,
    search_from_disk,
]
