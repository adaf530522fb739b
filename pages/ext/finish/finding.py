"""Ways to what one looks for: letters in the glossary, places of use in the index, sentences in the search."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from bs4 import BeautifulSoup

from finish.markup import read, written

EXCERPT, RECORD = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("excerpt.js", "record.js"))
NO_HITS = "No page has all of these words. Is each spelled as it was meant?"
# in the theme's and Sphinx's scripts: what is there, and what is better
BETTER = {
    "searchtools.js": {
        """'[role="main"]'""": "'main'",  # which an element has by itself
        (  # there are no categories
            "Your search did not match any documents. Please make sure that all words are spelled correctly and that "
            "you've selected enough categories."
        ): NO_HITS,
        "queryLower.length >= entry.length/2": (  # a word of an entry finds it too, and a result is called by its entry
            "(queryLower.length >= entry.length/2 || entry.split(/\\s+/).includes(queryLower))"
        ),
        "titles[file],\n            id ?": 'titles[file] + ": " + entry,\n            id ?',
    },
    "sphinx_highlight.js": {  # only the text is marked, and only where something is marked it can be unmarked
        'querySelectorAll("div.body")': 'querySelectorAll("article")',
        "window.setTimeout(() => {\n      terms": "(() => {\n      terms",
        "}, 10);": "})();",
        "if (searchBox === null) return;": 'if (!searchBox || !document.querySelector("article .highlighted")) return;',
    },
}


def mend_search(static: Path) -> None:
    """Let the search lead to terms, and show sentences instead of what stands about a word, code and menus included."""
    for name, changes in BETTER.items():
        path = static / name
        if path.exists():
            script = path.read_text(encoding="utf-8")
            for there, better in changes.items():
                script = script.replace(there, better)
            if name == "searchtools.js" and "Search.makeSearchSummary =" not in script and "const Search" in script:
                script += EXCERPT
            path.write_text(script, encoding="utf-8")


def letters(page: BeautifulSoup) -> None:
    """Put the letters above the glossary, and each before the first term that begins with it."""
    for glossary in page.select("article dl.glossary"):
        if glossary.find_previous_sibling("nav"):
            continue
        nav = page.new_tag("nav", attrs={"class": "letters", "aria-label": "Letters"})
        seen = ""
        for term in glossary.find_all("dt", recursive=False):
            letter = term.get_text(strip=True)[0].upper()
            if letter != seen and term.get("id"):
                seen = term["data-letter"] = letter
                link = page.new_tag("a", href=f"#{term['id']}")
                link.string = letter
                nav.append(link)
        glossary.insert_before(nav)


def in_columns(page: BeautifulSoup) -> None:
    """Make each letter of the index one list, which the style sheet sets in columns, of what were cells of a table."""
    for table in page.select("table.genindextable"):
        entries = page.new_tag("ul", attrs={"class": "index"})
        for column in table.select("td > ul"):
            entries.extend(column.find_all("li", recursive=False))
        table.replace_with(entries)


def lead_to_uses(index: BeautifulSoup, sections: Iterable[tuple[str, str, str]]) -> None:
    """Add to each term of the index the first section of each chapter that uses it, by :func:`sections_of` them all."""
    sections = list(sections)
    for entry in index.select("ul.index > li"):
        term = entry.select_one("a > strong")
        if term is None or entry.select_one("a.use"):
            continue
        name = term.get_text()
        said = re.compile(rf"(?<![\w-]){re.escape(name)}s?(?![\w-])", re.IGNORECASE if name.islower() else 0)
        seen: set[str] = set()
        last = term.parent
        for address, number, text in sections:
            if (way := address.partition("#")[0]) not in seen and said.search(text):
                seen.add(way)
                use = index.new_tag("a", href=address, attrs={"class": "use", "title": f"{name}, in Section {number}"})
                use.string = number
                last.insert_after(", ", use)
                last = use


def sections_of(page: BeautifulSoup, way: str) -> Iterable[tuple[str, str, str]]:
    """Yield the address, number and words of each numbered section of a chapter, to which ``way`` leads."""
    for number in page.select("article section > h2 > .section-number"):
        section = number.find_parent("section")
        words = " ".join(said.get_text() for said in section.select("p, li, h2, h3, h4, td, th"))
        yield f"{way}#{section['id']}", number.get_text(strip=True), " ".join(words.split())


def list_terms(out: Path) -> None:
    """Tell the search the terms of the glossary, which Sphinx lists in the printed index alone."""
    path, glossary = out / "searchindex.js", out / "chapters" / "glossary.html"
    if not path.exists() or not glossary.exists():
        return
    before, index, after = re.split(r"(\{.*\})", path.read_text(encoding="utf-8"), maxsplit=1, flags=re.DOTALL)
    known = json.loads(index)
    place = known["docnames"].index("chapters/glossary")
    for term in read(glossary.read_text(encoding="utf-8")).select("dl.glossary > dt[id]"):
        there = known["indexentries"].setdefault(next(term.stripped_strings).lower(), [])
        if (entry := [place, term["id"], True]) not in there:
            there.append(entry)
    path.write_text(f"{before}{json.dumps(known, separators=(',', ':'))}{after}", encoding="utf-8")


def filter_record(page: BeautifulSoup) -> None:
    """Let a reader filter the record, and follow a link into a row that is folded."""
    if page.select_one("details.zoolib-record") and not page.select_one("script[data-record]"):
        script = page.new_tag("script", attrs={"data-record": ""})
        script.string = RECORD
        page.body.append(script)


def lead_to_findings(first: BeautifulSoup, record: BeautifulSoup) -> None:
    """Lead from what is usually told, on the first page, to the claim that decides, as the record's table does."""
    rows = record.select("tr:has(> td[data-of='What is usually told'])")
    answers = {row.td.get_text(" ", strip=True): row.a for row in rows}
    for told, found in (row.select("td") for row in first.select(".usually-told tbody tr")):
        if found.a is None and (answer := answers.get(told.get_text(" ", strip=True))):
            found.clear()
            found.append(answer)


def finish_index(out: Path, sections: Iterable[tuple[str, str, str]]) -> None:
    """Lead the built index to where its terms are used, the search to the terms, and the first page to the claims."""
    list_terms(out)
    first, record = (out / "chapters" / f"{name}.html" for name in ("index", "claims"))
    if first.exists() and record.exists():
        page, claims = (read(path.read_text(encoding="utf-8")) for path in (first, record))
        lead_to_findings(page, claims)
        first.write_text(written(page), encoding="utf-8")
    path = out / "genindex.html"
    if path.exists():
        index = read(path.read_text(encoding="utf-8"))
        lead_to_uses(index, sections)
        path.write_text(written(index), encoding="utf-8")


MENDS: list[Callable[[BeautifulSoup], None]] = [letters, in_columns, filter_record]
