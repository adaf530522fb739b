"""Extract what is to be translated, check a translation against its original, build the book in a language.

    python pages/ext/translate.py update de                      # the pages that German has, by what they say today
    python pages/ext/translate.py update de chapters/live        # and one more
    python pages/ext/translate.py check                          # every page that a language calls complete
    python pages/ext/translate.py build de                       # into _build/html-de

``pages/locale/README.md`` tells translators how.
"""  # fmt: skip

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import yaml
from babel import Locale
from babel.messages.pofile import read_po
from translated import LOCALE, WORDS, catalog

ROOT = LOCALE.parents[1]

FORMULA = re.compile(r"\$\$.+?\$\$|(?<!\\)\$.+?(?<!\\)\$", re.DOTALL)
ROLE = re.compile(r"\{([\w:]+)\}`(?:[^`]*?<([^`<>]+)>|([^`]+))`")
CODE = re.compile(r"(?<!\})(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)|<(https?://[^>]+)>")
IMAGE, SUBSTITUTION = re.compile(r"!\["), re.compile(r"\{\{.+?\}\}")
KINDS = {"formulas": FORMULA, "references": ROLE, "code": CODE, "links": LINK, "substitutions": SUBSTITUTION}


def languages() -> dict[str, list[str]]:
    """Return ``{language: the pages that it calls complete}``."""
    return yaml.safe_load((LOCALE / "languages.yml").read_text(encoding="utf-8")) or {}


def sphinx(builder: str, out: Path, doctrees: Path, **config: object) -> object:
    """Run Sphinx with the configuration of the book, as Jupyter Book does; return its status, 0 if all is well."""
    from jupyter_book.sphinx import build_sphinx

    strict = builder == "html"
    return build_sphinx(
        ROOT,
        out,
        path_config=ROOT / "_config.yml",
        noconfig=True,
        doctreedir=doctrees,
        builder=builder,
        confoverrides={"latex_individualpages": False, "nitpicky": strict, **config},
        warningiserror=strict,
        keep_going=True,
        quiet=strict,
        really_quiet=not strict,
    )


def contents(pages: Iterable[str], folder: Path) -> str:
    """Write a table of contents of these pages alone; return its path."""
    first, *others = pages
    chapters = {"chapters": [{"file": page} for page in others]} if others else {}
    path = folder / "toc.yml"
    path.write_text(yaml.safe_dump({"format": "jb-book", "root": first, **chapters}), encoding="utf-8")
    return str(path)


def extract(pages: Iterable[str], folder: Path) -> None:
    """Write the messages of some pages, and of these alone, into ``folder``, and those of the book itself."""
    folder.mkdir()
    if status := sphinx("gettext", folder, folder / ".doctrees", external_toc_path=contents(pages, folder)):
        raise RuntimeError(f"the messages of {', '.join(pages)} could not be extracted: {status}")
    said = "".join(f'msgid "{word}"\nmsgstr ""\n\n' for word in WORDS)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (folder / "words.pot").write_text(header + said, encoding="utf-8")


def pages_of(language: str) -> list[str]:
    """Return the pages that a language has, complete or not."""
    folder = LOCALE / language / "LC_MESSAGES"
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("*/**/*.po"))


def update(language: str, *more: str) -> int:
    """Bring the files of a language up to today's text: what is new is empty, what has changed is marked as fuzzy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "messages"
        extract(dict.fromkeys([*pages_of(language), *more]), folder)
        command = [sys.executable, "-m", "sphinx_intl", "update", "-p", str(folder), "-d", "_locale", "-l", language]
        return subprocess.run([*command, "-w", "100", "-j", "1"], cwd=ROOT, check=False).returncode


def found(pattern: re.Pattern[str], text: str) -> Counter[str]:
    """Count what a pattern finds, each by what may not change in it: of a reference its kind and where it leads."""
    return Counter(":".join(filter(None, match.groups())) or match[0] for match in pattern.finditer(text))


def numbers(text: str, language: str) -> Counter[Decimal]:
    """Count the numbers in a text by their values, as its language writes them: 2,210.5 is 2.210,5 in German.

    Formulas, code and where references lead have been taken out.
    """
    symbols = Locale(language).number_symbols["latn"]
    point, group = re.escape(symbols["decimal"]), f"[{re.escape(symbols['group'])}\u202f\u00a0]"
    written = rf"(?<![\w.,])(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)(?:{point}\d+)?(?![\w]|[.,]\d)|\d+"
    return Counter(
        Decimal(re.sub(group, "", one[0]).replace(symbols["decimal"], ".")) for one in re.finditer(written, text)
    )


def prose(text: str) -> str:
    """Return a message without all that must stand in its translation as it is."""
    for pattern in (FORMULA, ROLE, CODE, SUBSTITUTION):
        text = pattern.sub(" ", text)
    return re.sub(r"\]\([^()\s]+\)|<https?://[^>]+>", "] ", text)


def unfaithful(original: str, translation: str, language: str) -> Iterator[str]:
    """Say in which respects a translation does not say what its original says."""
    left, right = original, translation
    for kind, pattern in KINDS.items():
        here, there = found(pattern, left), found(pattern, right)
        if here != there:
            yield f"{kind}: {_named(here - there)} became {_named(there - here)}"
        left, right = pattern.sub(" ", left), pattern.sub(" ", right)  # what is in a formula is no code, and so on
    here, there = numbers(prose(original), "en"), numbers(prose(translation), language)
    if here != there:
        yield f"numbers: {_named(here - there)} became {_named(there - here)}"
    if language != "en" and '"' in prose(translation):
        yield 'quotation marks: " would be set as in English'
    if original.startswith("(") and original.endswith(")") and (translation[0], translation[-1]) != ("(", ")"):
        yield "brackets: the title of a statement stands in them"


def _named(some: Counter) -> str:
    return ", ".join(str(one) for one in some.elements()) or "nothing"


def faults(language: str, page: str, today: Path) -> Iterator[str]:
    """Say what keeps a page from being complete: what is stale, empty, only guessed, or not what the original says."""
    path = catalog(language, page)
    if not path.is_file():
        yield f"{page}: there is no {path.relative_to(ROOT)}"
        return
    with path.open("rb") as file:
        entries = {str(entry.id): entry for entry in read_po(file) if entry.id}
    with today.open("rb") as file:
        asked = {str(entry.id) for entry in read_po(file) if entry.id}
    for message in sorted(asked - entries.keys()):
        yield f"{page}: lacks {message!r}"
    for message in sorted(entries.keys() - asked):
        yield f"{page}: the original no longer says {message!r}"
    for message, entry in entries.items():
        if not entry.string:
            yield f"{page}: empty: {message!r}"
        elif entry.fuzzy:
            yield f"{page}: fuzzy: {message!r}"
        else:
            for fault in unfaithful(message, str(entry.string), language):
                yield f"{page}: {fault} in {message!r}"


def check(*some: str) -> int:
    """Print what is wrong with what the languages call complete; return 0 if nothing is."""
    told = []
    complete = {language: pages for language, pages in languages().items() if not some or language in some}
    if unknown := ", ".join(language for language in some if language not in complete):
        print(f"{unknown}: pages/locale/languages.yml has no such language")
    if unknown or not complete:
        return 1 if unknown else 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "messages"
        extract(sorted({page for pages in complete.values() for page in pages}), folder)
        for language, pages in complete.items():
            told += [
                f"{language}: {fault}"
                for page in [*pages, "words"]
                for fault in faults(language, page, folder / f"{page}.pot")
            ]
    print(*told, sep="\n", end="\n" if told else "")
    return min(len(told), 1)


def build(language: str) -> int:
    """Build the book in a language into ``_build/html-<language>``."""
    out = Path("_build") / f"html-{language}"
    settings = {"language": language, "translation_progress_classes": "untranslated"}
    status = sphinx("html", ROOT / out, ROOT / "_build" / f".doctrees-{language}", **settings)
    print(f"The book could not be built: {status}" if status else f"The book is built: open {out}/index.html")
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit({"update": update, "check": check, "build": build}[sys.argv[1]](*sys.argv[2:]))
