"""Let a page weigh less and work less when it is opened: no rules, icons and tags without use, and a script that waits.

The theme's style sheets hold rules for all that a book might contain, a few thousand icons among them, and a browser
matches every rule with every element. We keep the rules whose classes and ids occur in a page or a script of the book.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tinycss2
from fontTools import subset
from pygments.formatters import HtmlFormatter

ICON = re.compile("[\ue000-\uf8ff]")  # what Unicode leaves to private use
WHOLE_FACE = re.compile(r'(webfonts/[\w-]+)\.woff2("?)\) format\("woff2"\)')
NAME = re.compile(r"[A-Za-z_][\w-]*")
GIVEN = re.compile(r'\s(?:class|id)="([^"]*)"')  # as a page is written
SCRIPT = re.compile(r"<script(?![^>]*(?:\ssrc=|application/json))[^>]*>(.*?)</script>", re.DOTALL)
PLAIN = "n", "p", "w"  # of a piece of code: a name, a bracket or comma, a blank; they have the colour of the text
GROUPS = {"media", "supports", "layer", "container"}
# what scripts put together: "bs-tooltip-" + place, "fa-" + icon and the like are not in them as whole words
PUT_TOGETHER = ("bs-", "show", "hiding", "collaps", "modal", "tooltip")

# The theme asks each box of code whether it must scroll and tells it so before it asks the next one: a layout for every
# box, when the page is opened and again whenever a formula has been set. First all questions, then the answers, and not
# before the page is there.
ASKS_AND_TELLS = re.compile(
    r"\.forEach\((?P<box>\w+)=>\{(?P=box)\.tabIndex=(?P<scrolls>(?P=box)\.scrollWidth>[^?]+)\?0:-1\}\)"
)


class Formatter(HtmlFormatter):
    """Sets code of which what has the colour of the text has no span: nearly half of the tags of a page."""

    def _get_css_classes(self, ttype: Any) -> str:
        names = super()._get_css_classes(ttype)
        return "" if names in PLAIN else names


def asks_then_tells(script: str) -> str:
    """Return the theme's script, which then lays the page out once and not once a box."""
    told = r"[...all].map(\g<box>=>[\g<box>,\g<scrolls>?0:-1]).forEach(([\g<box>,t])=>{\g<box>.tabIndex=t})"
    return ASKS_AND_TELLS.sub(
        rf".forEach((\g<box>,i,all)=>{{i||(window.requestIdleCallback??setTimeout)(()=>{told})}})", script
    )


def names_in(pages: Iterable[Path], scripts: Iterable[Path]) -> set[str]:
    """Return all classes and ids of the pages, and every word of their scripts, which may set more."""
    names: set[str] = set()
    for path in pages:
        html = path.read_text(encoding="utf-8")
        names.update(*(given.split() for given in GIVEN.findall(html)))
        names.update(*(NAME.findall(script) for script in SCRIPT.findall(html)))
    for path in scripts:
        names.update(NAME.findall(path.read_text(encoding="utf-8")))
    return names


def only_used_icons(static: Path) -> None:
    """Keep of the faces of icons, in a format that every browser reads, those signs that a style sheet asks for."""
    signs = {ord(sign) for path in static.glob("book-*.css") for sign in ICON.findall(path.read_text(encoding="utf-8"))}
    logging.getLogger("fontTools.subset").setLevel(logging.WARNING)  # else it tells of every table
    options = subset.Options(flavor="woff", recalc_timestamp=False, layout_features=[])
    for path in sorted(static.glob("**/webfonts/*.ttf")):
        with subset.load_font(path, options) as face:
            kept = subset.Subsetter(options)
            kept.populate(unicodes=signs)
            kept.subset(face)
            subset.save_font(face, path.with_suffix(".woff"), options)
        path.with_suffix(".woff2").unlink(missing_ok=True)
    for path in static.rglob("*.css"):
        css = path.read_text(encoding="utf-8")
        if WHOLE_FACE.search(css):
            path.write_text(WHOLE_FACE.sub(r'\1.woff\2) format("woff")', css), encoding="utf-8")


def without_unused(css: str, names: set[str]) -> str:
    """Return a style sheet without the rules that match nothing for want of a class or an id."""
    return _kept(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), names)


def _kept(rules: list, names: set[str]) -> str:
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [text for text, needed in _selectors(rule.prelude) if all(_known(n, names) for n in needed)]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{tinycss2.serialize(rule.content).strip()}}}")
        elif rule.type == "at-rule" and rule.content is not None and rule.lower_at_keyword in GROUPS:
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if body := _kept(inner, names):
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{\n{body}\n}}")
        elif rule.type == "at-rule":
            kept.append(rule.serialize())
    return "\n".join(kept)


def _known(name: str, names: set[str]) -> bool:
    return name in names or name.startswith(PUT_TOGETHER)


def _selectors(prelude: list) -> list[tuple[str, list[str]]]:
    """Return each selector of a rule and the classes and ids that it needs; what stands in brackets may be missing."""
    found: list[tuple[list, list[str]]] = [([], [])]
    before = None
    for token in prelude:
        if token.type == "comment":
            continue
        if token == ",":
            found.append(([], []))
        else:
            found[-1][0].append(token)
            if token.type == "hash" or (token.type == "ident" and before == "."):
                found[-1][1].append(token.value)
        before = token
    return [(tinycss2.serialize(tokens).strip(), needed) for tokens, needed in found]
