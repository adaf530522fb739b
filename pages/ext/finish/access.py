"""What a page says to those who do not see it, or have no mouse: names, roles, structure, a description."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from bs4 import BeautifulSoup, Tag

SIGNS_BELOW, MOST_MARKS = 42, 30  # of a slider, on a phone
SHORTEST_DESCRIPTION, LONGEST_DESCRIPTION = 60, 160


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
        if not summary.get_text(strip=True) and summary.find_parent("nav"):
            summary["aria-label"] = "Pages of this chapter"


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
        if box.select_one("table") and not box.select_one("figure, details") and not box.get("tabindex"):
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
    for slider in page.select("figure[data-widget] input[type=range]:not(:has(+ .ticks))"):
        slider.insert_after(_ticks(page, json.loads(slider["data-values"])))
    for caption in page.select("figure[data-widget] > figcaption:not(:last-child)"):
        caption.parent.append(caption.extract())  # a caption is the first or the last in its figure
    for script in page.find_all("script", string=re.compile(r'closest\("label"\)\.querySelector\("output"\)')):
        script.string = script.text.replace('.querySelector("output")', '.querySelector("[data-value]")')


def _ticks(page: BeautifulSoup, values: list[str]) -> Tag:
    """Return the marks below a slider, a word at as many of them as have room; its own words say where it stands."""
    ticks = page.new_tag("span", attrs={"class": "ticks", "aria-hidden": "true"})
    last = len(values) - 1
    every = next(n for n in range(1, last + 2) if (last / n + 1) * (2 + max(map(len, values))) <= SIGNS_BELOW)
    shown = set(range(0, last + 1, every))
    shown = {i for i in shown if last - i >= every} | {last}
    for i, value in enumerate(values):
        if i in shown or last <= MOST_MARKS:
            mark = page.new_tag("i", attrs={"style": f"left: {100 * i / max(1, last):.1f}%"})
            mark.string = value if i in shown else ""
            ticks.append(mark)
    return ticks


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


MENDS: list[Callable[[BeautifulSoup], None]] = [
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
]
