"""Tables that cells make are tables in print, too: their HTML becomes nodes, which Sphinx's own writer sets.

What a cell stores for paper is text; wide tables were cut in it, and rows and heads parted over pages. We choose the
size of the letters and the widths of the columns here, since their words are known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, NavigableString, Tag
from docutils import nodes
from sphinx import addnodes
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

LINE = 428.0  # points, of a line beside a cell's indent
BOX = 24.0  # points, which a box takes of it
SIZES = {"small": 9.0, "footnotesize": 8.0, "scriptsize": 7.0}
TRIES = [  # the size of the letters, the points between two columns, and the lines of a head
    ("small", 12.0, 1),
    ("small", 10.0, 2),
    ("footnotesize", 8.0, 1),
    ("footnotesize", 8.0, 2),
    ("scriptsize", 6.0, 3),
]
SHORT = 11.0  # em, of a column that is not squeezed beside long texts
NUMBER = re.compile(r"[-−+]?[\d,.]+(?:e[-+]?\d+)?(?: ?%)?(?: \[[^\]]*\])?|nan|NaN|—|–|-|")
NARROW, BROAD = set("ijlt.,;:|![]()'’ f"), set("mwMW—%")


def width(words: str) -> float:
    """Return about how wide words are set, in em."""
    return sum(0.3 if sign in NARROW else 0.85 if sign in BROAD else 0.68 if sign.isupper() else 0.51 for sign in words)


def breakable(words: str) -> float:
    """Return the width of the widest word."""
    return max(map(width, words.split()), default=0.0)


@dataclass
class Column:
    """What must be known of a column: how wide are its widest cell, its head and its widest word; is it of numbers."""

    cells: float
    head: float
    word: float
    numbers: bool

    def natural(self, lines: int) -> float:
        """Return the width with a head of so many lines."""
        return max(self.cells, self.word, self.head / lines) + 0.3


def measured(head: list[list[str]], body: list[list[str]]) -> list[Column]:
    """Measure each column of a table."""
    columns = []
    for i in range(len(body[0])):
        over, below = [row[i] for row in head], [row[i] for row in body]
        columns.append(
            Column(
                max(map(width, below)),
                max((1.15 * width(words) for words in over), default=0.0),
                max([breakable(words) for words in below] + [1.15 * breakable(words) for words in over]),
                i > 0 and any(below) and all(NUMBER.fullmatch(words) for words in below),
            )
        )
    return columns


def shares(columns: list[Column], room: float) -> list[float]:
    """Divide a line among columns that do not fit: who needs little gets it, the others more the more they need."""
    natural = [column.natural(3) for column in columns]
    least = [max(column.word + 0.3, min(em, SHORT - 3)) for column, em in zip(columns, natural, strict=True)]
    given = {i: em for i, em in enumerate(natural) if em <= SHORT}
    given = given if sum(given.values()) < room / 2 else {}
    while True:
        rest = [i for i in range(len(columns)) if i not in given]
        left, total = room - sum(given.values()), sum(natural[i] ** 0.7 for i in rest)
        part = {i: left * natural[i] ** 0.7 / total for i in rest}
        fixed = {i: natural[i] for i in rest if natural[i] <= part[i]}
        fixed = fixed or {i: least[i] for i in rest if part[i] < least[i]}
        if not fixed or len(fixed) == len(rest):
            return [given.get(i) or part[i] for i in range(len(columns))]
        given.update(fixed)


def layout(columns: list[Column], line: float) -> tuple[str, float, str]:
    """Return the size of the letters, the gap between two columns in points, and LaTeX's words for the columns."""
    for size, gap, lines in TRIES:
        room = (line - gap * len(columns)) / SIZES[size]
        widths = [column.natural(lines) for column in columns]
        if sum(widths) <= room:
            break
    else:
        tight = sum(column.word for column in columns) > 0.8 * room * SIZES[size] / SIZES["footnotesize"]
        size = "scriptsize" if tight or len(columns) > 6 else "footnotesize"
        widths = shares(columns, (line - gap * len(columns)) / SIZES[size])
    spec = ""
    for column, em in zip(columns, widths, strict=True):
        if em >= column.cells and em >= column.head:
            spec += "r" if column.numbers else "l"
        else:
            side = "raggedleft" if column.numbers else "raggedright"
            spec += rf">{{\{side}\arraybackslash}}p{{{em:.2f}em}}"
    return size, gap, spec


def grid(rows: list[Tag]) -> list[list[Tag | None]]:
    """Return the cells of rows in their columns; a head is said again over each of its columns."""
    held: dict[tuple[int, int], None] = {}
    lines: list[dict[int, Tag | None]] = []
    for i, row in enumerate(rows):
        line: dict[int, Tag | None] = {}
        at = 0
        for cell in row.find_all(["th", "td"], recursive=False):
            while (i, at) in held:
                line[at] = None
                at += 1
            across, down = int(cell.get("colspan", 1)), int(cell.get("rowspan", 1))
            held.update({(i + y, at + x): None for y in range(down) for x in range(across)})
            line.update({at + x: cell for x in range(across)})
            at += across
        lines.append(line)
    columns = max(max(line) + 1 for line in lines if line)
    return [[line.get(i) for i in range(columns)] for line in lines]


def words(cell: Tag | None) -> str:
    """Return the words of a cell."""
    return " ".join(cell.get_text().split()) if cell is not None else ""


def merged(head: list[list[Tag | None]]) -> list[list[Tag | None]]:
    """Return the head in one row if no column has words in two of them, as where the index of a frame has a name."""
    if any(sum(bool(words(cell)) for cell in column) > 1 for column in zip(*head, strict=True)):
        return head
    return [[next((cell for cell in column if words(cell)), None) for column in zip(*head, strict=True)]]


KINDS = {"em": nodes.emphasis, "i": nodes.emphasis, "strong": nodes.strong, "b": nodes.strong, "code": nodes.literal}


class Inline:
    """What stands in a cell, as nodes; links lead to where the page they name is printed."""

    def __init__(self, env: BuildEnvironment, labels: set[tuple[str, str]]) -> None:
        self.env, self.labels = env, labels

    def __call__(self, tag: Tag) -> list[nodes.Node]:
        """Return the nodes of all that is in a tag."""
        found: list[nodes.Node] = []
        for child in tag.children:
            if isinstance(child, NavigableString):
                found.append(nodes.Text(re.sub(r"\s+", " ", child)))
            elif isinstance(child, Tag) and child.name == "br":
                found.append(nodes.Text(" "))
            elif isinstance(child, Tag):
                uri = self.uri(str(child.get("href", ""))) if child.name == "a" else None
                if uri:
                    found.append(nodes.reference("", "", *self(child), refuri=uri, internal=uri.startswith("%")))
                elif child.name in KINDS:
                    found.append(KINDS[child.name]("", "", *self(child)))
                else:
                    found += self(child)
        return found

    def uri(self, href: str) -> str | None:
        """Return the address of a link as the writer of LaTeX wants it, or none if nothing there is printed."""
        if re.match(r"https?://", href):
            return href
        page = re.fullmatch(r"([\w-]+)\.html(?:#([\w-]+))?", href)
        name = f"chapters/{page[1]}" if page else ""
        if not page or name not in self.env.found_docs:
            return None
        return f"%{name}#{page[2]}" if (name, page[2]) in self.labels else f"%{name}"


def row_of(cells: list[Tag | None], inline: Inline) -> nodes.row:
    """Return a row; an empty cell has no paragraph, which would take a line of its own."""
    made = nodes.row()
    for cell in cells:
        made += nodes.entry("", *([nodes.paragraph("", "", *inline(cell))] if words(cell) else []))
    return made


def table_nodes(table: Tag, inline: Inline, boxed: bool = False) -> list[nodes.Node]:
    """Return a table of HTML as nodes, with its caption in bold above it; in a box it does not go over pages."""
    top = list(table.select("thead tr"))
    head = merged(grid(top)) if top else []
    body = grid([row for row in table.find_all("tr") if row.find_parent("thead") is None])
    texts = [[words(cell) for cell in row] for row in body]
    size, gap, spec = layout(measured([[words(cell) for cell in row] for row in head], texts), LINE - BOX * boxed)
    group = nodes.tgroup(cols=len(body[0]))
    group += [nodes.colspec(colwidth=1) for _ in body[0]]
    if head:
        group += nodes.thead("", *[row_of(row, inline) for row in head])
    group += nodes.tbody("", *[row_of(row, inline) for row in body])
    lines = sum(max(1.0, width(max(row, key=len)) / 30) for row in texts)
    made = nodes.table("", group, classes=["longtable"] if lines > 20 and not boxed else [])
    made["size"], made["gap"] = size, gap / 2
    caption = table.find("caption")
    title = [nodes.paragraph("", "", nodes.strong("", "", *inline(caption)))] if isinstance(caption, Tag) else []
    result: list[nodes.Node] = [*title, addnodes.tabular_col_spec(spec=spec), made]
    if not boxed:
        room = 13 if "longtable" in made["classes"] else 8  # for the title, the head and a first row
        result.insert(0, nodes.raw("", rf"\par\printedroom{{{room}}}", format="latex"))
        result.insert(-2, nodes.raw("", r"\par\nopagebreak", format="latex"))
    return result


def above(node: nodes.Node) -> Iterator[nodes.Node]:
    """Go through all in which a node stands, from the inside."""
    while node.parent is not None:
        yield (node := node.parent)


def page_of(node: nodes.Node) -> str:
    """Return the name of the page on which a node stands, in a book that is put together from pages."""
    return next((section["docname"] for section in above(node) if "docname" in section), "")


def start_of(figure: Tag) -> str:
    """Return with which settings a moving figure begins, as "alpha 0.5, step 12,000"."""
    settings = []
    for label in figure.select("[data-controls] label"):
        name, chosen = label.find("span"), label.select_one("option[selected]")
        value = f" {words(chosen)}" if chosen is not None else ""
        settings.append(words(name) + value)
    return ", ".join(settings)


class CellsInPrint(SphinxPostTransform):
    """Choose what of a cell's output is printed, before MyST-NB does, where that would be text for a terminal."""

    builders = ("latex",)
    default_priority = 3

    def run(self, **kwargs: object) -> None:
        """Mark where claims stand, make tables, and say of moving figures how they are shown."""
        bundles = [node for node in self.document.findall(nodes.container) if node.get("nb_element") == "mime_bundle"]
        pages = [(bundle, self.html_of(bundle)) for bundle in bundles]
        claims = {bundle: page.select_one(".zoolib-claim[id]") for bundle, page in pages if page is not None}
        labels = {(page_of(bundle), str(claim["id"])) for bundle, claim in claims.items() if claim is not None}
        inline = Inline(self.env, labels)
        for bundle, page in pages:
            if page is None:
                continue
            kinds = {child["mime_type"] for child in bundle.children}
            place = bundle.parent.index(bundle)
            table, moving = page.find("table"), page.select_one(".zoolib-widget")
            if claims[bundle] is not None:
                keep = nodes.raw("", r"\par\printedroom{6}", format="latex")
                bundle.parent.insert(place, nodes.target(ids=[claims[bundle]["id"]]))
                bundle.parent.insert(place, keep)  # a verdict and what was measured stand together
            elif moving is not None and start_of(moving):
                said = f"On the page this figure moves. Shown here: {start_of(moving)}."
                bundle.parent.insert(place + 1, nodes.paragraph("", "", nodes.emphasis("", said)))
            elif isinstance(table, Tag) and kinds <= {"text/html", "text/plain"}:
                boxed = any(isinstance(node, nodes.Admonition) for node in above(bundle))
                bundle.replace_self(table_nodes(table, inline, boxed))

    @staticmethod
    def html_of(bundle: nodes.Element) -> BeautifulSoup | None:
        """Return the HTML of an output, without drawings, scripts and words that are cut, if it has any."""
        for child in bundle.children:
            if child["mime_type"] == "text/html":
                page = BeautifulSoup(re.sub(r"(?s)<(svg|script|style)\b.*?</\1>", "", child.astext()), "html.parser")
                for line in page.select("summary.cut"):
                    line.decompose()
                return page
        return None
