"""Build one deck of slides a chapter from the built book: ``python -m pages.slides.build`` ("make -C pages slides").

A deck has the chapter's objectives, its definitions, figures, claims and traps, in the order of the page, a stack of
slides for each section. The notes of the speaker are the week's entry in chapters/teaching.md and what the page says of
a figure or a claim beyond its sentence.
"""

import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt

from pages.slides import pages
from pages.slides.pages import template

HERE = pages.ROOT / "pages" / "slides"
TEACHING = pages.ROOT / "chapters" / "teaching.md"
SHOWN = "div.proof, div.trap, .zoolib-claim, figure[id^=fig-]"
VALUE = re.compile(r"(?<![\\\w])(alpha|epsilon|gamma|lambda|[α-ω]) (?=\d)")  # no line ends between the two
FILLS = 620  # letters that fill a slide; a formula counts as much as a line


def weeks(teaching: str) -> dict[str, dict[str, str]]:
    """Return what the teaching page says of each chapter's week: ``{chapter: {"The trap": ..., "In class": ...}}``."""
    found = {}
    for week in re.split(r"^### Week ", teaching.split("\n## Problem sets\n")[0], flags=re.MULTILINE)[1:]:
        entries = {
            title: " ".join(words.split())
            for title, words in re.findall(r"^(\w[\w ]+)\n: (.*(?:\n  .*)*)", week, re.MULTILINE)
        }
        entries["Week"] = week.split("\n")[0]
        for chapter in re.findall(r"\{doc\}`(\w+)`|\]\((\w+)\.ipynb\)", entries["Read"]):
            found.setdefault(chapter[0] or chapter[1], entries)
            entries = {title: words for title, words in entries.items() if title != "The trap"}  # it is the first one's
    return found


def called(teaching: Tag) -> dict[str, str]:
    """Return how the built teaching page calls what it refers to, by label: "Figure 5.4", "Theorem 9.1"."""
    names = {}
    for link in teaching.select("article a[href*='.html']"):
        page, _, label = link["href"].partition("#")
        label, said = label.removeprefix("equation-"), " ".join(link.get_text().split())
        names.setdefault(label or page.removesuffix(".html"), f"Equation {said}" if said.startswith("(") else said)
    return names


def plain(words: str, names: dict[str, str]) -> str:
    """Return Markdown of the teaching page as HTML for notes; references by their numbers, formulas as they are."""
    words = re.sub(r"\{[\w:]+\}`([^`<]+?)\s*<[^`>]+>`", r"\1", words)  # which has words of its own
    words = re.sub(r"\{[\w:]+\}`([^`]+)`", lambda found: names[found[1]], words)
    return MarkdownIt().renderInline(re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", words))


def notes(*said: str) -> str:
    """Return the speaker's notes of a slide, a paragraph each."""
    return f'<aside class="notes">{"".join(f"<p>{one}</p>" for one in said if one)}</aside>'


def slide(kind: str, kicker: str, body: str, note: str = "") -> str:
    """Return a slide: the section it belongs to, what it says, what the speaker sees."""
    above = f'<p class="kicker">{kicker}</p>' if kicker else ""
    return f'<section class="{kind}">{above}<div class="body">{body}</div>{note}</section>'


def weight(tag: Tag) -> int:
    """Return how much room a block takes, in letters."""
    return (
        len(tag.get_text(" ", strip=True)) // (1 if tag.name != "table" else 2)
        + 70 * len(tag.select(".math:not(span)"))
        + 40 * len(tag.select("br, li"))
    )


def parts(blocks: list[Tag]) -> Iterator[list[Tag]]:
    """Deal blocks to slides that none of them overflows, in their order."""
    page, filled = [], 0
    for block in blocks:
        if page and filled + weight(block) > FILLS:
            yield page
            page, filled = [], 0
        page.append(block)
        filled += weight(block)
    if page:
        yield page


def of_statement(found: Tag, kicker: str) -> Iterator[str]:
    """Go through the slides of a definition, theorem or algorithm, as many as it needs."""
    title = found.select_one(".admonition-title")
    name = re.sub(r"\s*\((.*)\)\s*$", r" <span>\1</span>", " ".join(title.decode_contents().split()))
    blocks = [block for block in found.select_one("[class*=-content]").children if isinstance(block, Tag)]
    dealt = list(parts(blocks))
    for i, page in enumerate(dealt, 1):
        of = f" <small>{i} of {len(dealt)}</small>" if len(dealt) > 1 else ""
        yield slide("statement", kicker, f"<h2>{name}{of}</h2>" + "".join(map(str, page)))


def of_figure(figure: pages.Figure, kicker: str, out: Path, which: int | None) -> str:
    """Return the slide of a figure below its message, and put its drawing beside the deck."""
    if figure.drawing is None:
        shown = figure.moving
        more = "It moves: Tab goes to its controls, arrows move them. Escape gives the arrows back to the slides."
    else:
        shutil.copyfile(figure.drawing, out / "images" / f"{figure.label}{figure.drawing.suffix}")
        shown = f'<img src="images/{figure.label}{figure.drawing.suffix}" alt="{html.escape(figure.alt)}">'
        more = ""
    note = notes(f"{figure.number}. {figure.caption}", f"What is seen: {html.escape(figure.alt)}", more)
    return slide("figure", kicker, f"<h2>{figure.message(which)}</h2>{shown}", note)


def of_claim(found: Tag, kicker: str) -> str:
    """Return the slide of a claim, its sentence; what was measured is for the speaker. Short words have it in them."""
    said, *measured = found.select("p")[:2]
    lead = said.select_one("strong")
    holds = lead.extract().get_text(strip=True) if lead else "Holds."
    body = f"<h2>{said.decode_contents().strip()}</h2>"
    return slide("claim", kicker, body, notes(" ".join([holds, *(part.decode_contents() for part in measured)])))


def of_trap(found: Tag, kicker: str) -> str:
    """Return the slide of a trap, as much of it as a slide holds."""
    title = found.select_one(".admonition-title").decode_contents()
    blocks = [block for block in found.children if isinstance(block, Tag) and block.name == "p"][1:]
    said = [one for block in blocks for one in pages.sentences(block.decode_contents().strip())]
    shown, rest = said[:1], said[1:]
    while rest and len(" ".join(shown)) + len(rest[0]) < FILLS:
        shown.append(rest.pop(0))
    return slide(
        "trap",
        kicker,
        f"<h2>{title}</h2><p>{' '.join(shown)}</p>",
        notes(*(block.decode_contents() for block in blocks)),
    )


def opening(article: Tag, week: dict[str, str], names: dict[str, str]) -> Iterator[str]:
    """Go through the first slides: the title, the question with which the week's trap opens, the objectives."""
    number = article.select_one("h1").get_text(" ", strip=True)
    yield slide(
        "opening",
        "Bandits that Generalize",
        f"<h1>{number}</h1><p>The zoolib authors · text and figures CC BY 4.0, code MIT</p>",
        notes(f"Week {week['Week']}" if week else ""),
    )
    if "The trap" in week:
        yield slide(
            "ask",
            "The trap",
            "<h2>Write down what you expect, before we look.</h2>",
            notes(plain(week["The trap"], names)),
        )
    words = next(p for p in article.select(".objectives p") if p.get_text().startswith("You will be able to"))
    words.select_one("strong").extract()
    able = [part.strip() for part in re.split(r";\s+(?:and\s+)?", words.decode_contents().strip().rstrip("."))]
    aims = f"<ul>{''.join(f'<li>{part}</li>' for part in able)}</ul>" if able[1:] else f"<p>{able[0]}</p>"
    yield slide("aims", "You will be able to", aims, notes(plain(week["In class"], names) if week else ""))


def closing(article: Tag, week: dict[str, str], names: dict[str, str]) -> str:
    """Return the last slide: question, rule and trap of the chapter's one page."""
    page = article.select_one(".onepage")
    question = next(p for p in page.select("p") if p.get_text().startswith("The question"))
    rules = [p for p in page.select("p") if re.match(r"The (rule|trap)\b", p.get_text())]
    body = "".join(map(str, [question, *rules]))
    said = [f"{title}: {plain(week[title], names)}" for title in ("Often wrong", "Take home") if title in week]
    return slide("closing", "On one page", body, notes(*said))


def deck(page: Path, out: Path, told: dict) -> str:
    """Return the deck of a chapter, and put its pictures beside it."""
    article, name = pages.article(page), page.stem
    known = weeks(TEACHING.read_text(encoding="utf-8"))
    week, names = known.get(name, {}), called(pages.parsed(page.with_name("teaching.html")))
    stacks = ["".join(f"<section>{one}</section>" for one in opening(article, week, names))]
    top = article.select_one("section")
    for section in [top, *top.find_all("section", recursive=False)]:
        kicker, slides = section.select_one("h1, h2").decode_contents().strip(), []
        for found in section.select(SHOWN):
            if section is top and found.find_parent("section") is not top:
                continue  # it stands in the stack of its section
            label = found.get("id", "").removeprefix("claim-")
            if label in told["leave"] or ("proof" in found.get("class", []) and len(found["class"]) == 2):
                continue
            if found.name == "figure":
                slides.append(of_figure(pages.figure(found, page), kicker, out, told["messages"].get(label)))
            elif "trap" in found["class"]:
                slides.append(of_trap(found, kicker))
            elif "zoolib-claim" in found["class"]:
                slides.append(of_claim(found, kicker))
            else:
                slides += of_statement(found, kicker)
        if slides:
            stacks.append(f"<section>{''.join(slides)}</section>")
    stacks.append(f"<section>{closing(article, week, names)}</section>")
    title = f"{article.select_one('h1').get_text(' ', strip=True)} · slides"
    return template("deck.html", title=html.escape(title), slides=clean("".join(stacks)))


def clean(slides: str) -> str:
    """Return slides without what is only for pages: ids, which no slide may share with another, and hints."""
    soup = BeautifulSoup(slides, "html.parser")
    for tag in soup.select("[id], a[title], [tabindex], [aria-label=Formula]"):
        if tag.find_parent(class_="zoolib-widget") or "zoolib-widget" in tag.get("class", []):
            continue
        for name in ("id", "tabindex", "role", "aria-label", "title"):
            tag.attrs.pop(name, None)
    for text in soup.find_all(string=VALUE):
        if not text.find_parent(class_=["math", "zoolib-widget"]):
            text.replace_with(VALUE.sub("\\1\u00a0", text))
    return str(soup)


def reveal(out: Path) -> None:
    """Fetch reveal.js by its hash, and put what decks need beside them."""
    if shutil.which("npm") is None:
        raise FileNotFoundError("slides need npm, which fetches reveal.js")
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund", "--prefix", str(HERE)], check=True
    )
    package = HERE / "node_modules" / "reveal.js"
    for name in ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE"):
        shutil.copyfile(package / name, out / "reveal" / Path(name).name)


def build(out: Path, html_folder: Path = pages.HTML) -> list[Path]:
    """Write all decks, and a page that lists them, into a folder that needs nothing else."""
    shutil.rmtree(out, ignore_errors=True)
    for folder in ("images", "reveal"):
        (out / folder).mkdir(parents=True)
    reveal(out)
    shutil.copytree(pages.ROOT / "pages" / "vendor" / "mathjax", out / "mathjax")
    for name in ("slides.css", "slides.js"):
        shutil.copyfile(HERE / name, out / name)
    told, written = yaml.safe_load((HERE / "decks.yml").read_text(encoding="utf-8")), []
    for page in pages.chapters(html_folder):
        (path := out / page.name).write_text(deck(page, out, told), encoding="utf-8")
        written.append(path)
    titles = (re.search(r"<title>(.*?) · slides</title>", path.read_text(encoding="utf-8"))[1] for path in written)
    listed = "".join(f'<li><a href="{path.name}">{said}</a></li>' for path, said in zip(written, titles, strict=True))
    (out / "index.html").write_text(template("list.html", listed=listed), encoding="utf-8")
    return written


if __name__ == "__main__":
    built = build(pages.ROOT / "_build" / "slides")
    print(f"{len(built)} decks are built: open {built[0].parent / 'index.html'}")
