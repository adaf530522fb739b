"""Finish the book in print: what the LaTeX of Sphinx and its extensions leaves undone, each mend with its reason."""

import re
from pathlib import Path

from chapter_zero import CLOSING
from docutils import nodes
from print_tables import CellsInPrint, page_of
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform


def leave_reference_unnumbered(tex: str) -> str:
    """Leave the chapters their numbers, and the guide and what is only looked up without, as on the pages."""
    mark = r"\part{Deciding}"
    return tex.replace(mark, r"\setcounter{secnumdepth}{-1}" + "\n" + mark, 1)


def leave_closing_sections_unnumbered(tex: str) -> str:
    """Take the numbers of the sections that close a chapter, as on the pages."""
    anchors = "|".join(anchor.removeprefix("#") for anchor in sorted(CLOSING))
    section = rf"\\section\{{[^\n]*\}}\n\\label\{{\\detokenize\{{chapters/\d[\w-]*:(?:{anchors})\}}\}}"
    return re.sub(section, lambda match: rf"\printedclosing{match[0]}\printednumbered{{}}", tex)


def name_proofs(tex: str) -> str:
    """Give a proof its title: the extension for proofs leaves it out, and what follows is taken for it."""
    untitled = r"(\\begin\{sphinxadmonition\}\{note\})(\s*\\sphinxAtStartPar\s*)(\w+)\. "
    return re.sub(untitled, r"\1{\3}\2", tex)


def bring_the_bibliography_home(tex: str) -> str:
    """Put the list of works into its chapter, from the end of the book, where it would be a second one."""
    works = re.search(r"(?s)\\begin\{sphinxthebibliography\}.*?\\end\{sphinxthebibliography\}\n", tex)
    place = tex.find(r"\sphinxstepscope", tex.find(r"bibliography::doc}}"))
    if works is None or not 0 <= place < works.start():
        return tex
    return tex[:place] + works[0] + tex[place : works.start()] + tex[works.end() :]


def begin_without_a_foot(tex: str) -> str:
    """Leave the foot of the first pages without the title of the table of contents before them."""
    return tex.replace(r"\pagestyle{normal}", r"\pagestyle{normal}\markboth{}{}", 1)


def lead_to_exercises(tex: str) -> str:
    """Lead references to exercises to where these stand, and call them by the numbers they have there.

    Sphinx points to a label of its own, which the extension for exercises, whose labels are others, never sets.
    """
    title = r"\\label\{exercise:([\w-]+)\}\s*\\begin\{sphinxadmonition\}\{note\}\{(Exercise [\d.]+)"
    names = dict(re.findall(title, tex))
    there = r"\\detokenize\{[^{}]*:([\w-]+)\}"
    reference = rf"\\hyperref\[{there}\]\{{Exercise \\ref\{{{there}\}}\}}"

    def mended(match: re.Match[str]) -> str:
        known = match[1] in names
        return rf"\hyperref[exercise:{match[1]}]{{{names[match[1]]}}}" if known else match[0]

    return re.sub(reference, mended, tex)


def leave_columns_as_they_are(tex: str) -> str:
    """Set a table whose columns are all given as they are: the package that makes columns fit finds none to squeeze."""
    given = r"(?s)\\begin\{tabulary\}\{\\linewidth\}(\[t\]\{[^T\n]*\}\n.*?)\\end\{tabulary\}"
    return re.sub(given, r"\\begin{tabular}\1\\end{tabular}", tex)


def end_with_a_row(tex: str) -> str:
    """Keep the rule that ends a long table below its last row: alone it would take a head on to the next page."""
    return tex.replace("\\\\\n\\sphinxbottomrule\n\\end{longtable}", "\\\\*\n\\sphinxbottomrule\n\\end{longtable}")


def keep_heads_of_the_first_page(tex: str) -> str:
    """Keep the heads on the first page, which are lines to LaTeX, with what follows."""
    head = r"(\\begin\{DUlineblock\}\{0em\}\n\\item\[\] \\sphinxstylestrong\{\\[Ll]arge )"
    return re.sub(head, r"\\printedroom{8}\n\1", tex)


MENDS = [
    end_with_a_row,
    keep_heads_of_the_first_page,
    leave_columns_as_they_are,
    leave_reference_unnumbered,
    leave_closing_sections_unnumbered,
    lead_to_exercises,
    name_proofs,
    bring_the_bibliography_home,
    begin_without_a_foot,
]


def finish_print(app: Sphinx, exception: Exception | None) -> None:
    """Finish the LaTeX of a build that succeeded."""
    if exception or app.builder.name != "latex":
        return
    for document in app.config.latex_documents:
        path = Path(app.outdir) / document[1]
        tex = path.read_text(encoding="utf-8")
        for mend in MENDS:
            tex = mend(tex)
        path.write_text(tex, encoding="utf-8")


def number_as_on_the_pages(app: Sphinx) -> None:
    """Let definitions be numbered by chapter, as on the pages, where the extension for print asks for sections."""
    if app.builder.name == "latex":
        app.config.numfig_secnum_depth = 1


def number_figures_by_chapter(app: Sphinx, env: BuildEnvironment) -> None:
    """Give the writer of LaTeX, which counts figures itself and from the part, the depth that means the chapter."""
    if app.builder.name == "latex":
        app.config.numfig_secnum_depth = 2


def mark_named_boxes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set a mark before each box that has a name, as a question has: references lead to it; the writer sets none."""
    if app.builder.name == "latex":
        for box in [box for box in doctree.findall(nodes.admonition) if type(box) is nodes.admonition and box["ids"]]:
            box.parent.insert(box.parent.index(box), nodes.target(ids=list(box["ids"])))


COUNTERS = {
    nodes.figure: ("figure", "figure"),
    nodes.table: ("table", "table"),
    nodes.math_block: ("displaymath", "equation"),
}


class NumbersOfThePages(SphinxPostTransform):
    """Give every figure, table and equation the number that it has on its page: LaTeX would count otherwise."""

    builders = ("latex",)
    default_priority = 5  # while it is known on which page a node stands

    def run(self, **kwargs: object) -> None:
        """Say each number before what has it."""
        for node in [node for node in self.document.findall(nodes.Element) if type(node) in COUNTERS]:
            kind, counter = COUNTERS[type(node)]
            known = self.env.toc_fignumbers.get(page_of(node) or self.env.config.root_doc, {}).get(kind, {})
            for number in [known[name] for name in node["ids"] if name in known]:
                words = rf"\def\the{counter}{{{'.'.join(map(str, number))}}}%"
                node.parent.insert(node.parent.index(node), nodes.raw("", words, format="latex"))


def set_tables(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Set tables in letters that fit, and rows with empty cells as high as the others.

    With seven columns and more words run into the margin otherwise; an empty paragraph takes a line of its own.
    """
    if app.builder.name != "latex":
        return
    for table in list(doctree.findall(nodes.table)):
        for empty in [cell[0] for cell in table.findall(nodes.entry) if len(cell) == 1 and not cell[0].children]:
            empty.parent.remove(empty)
        wide = len(list(table.findall(nodes.colspec))) >= 7
        size = table.get("size") or ("footnotesize" if wide else None)
        if size is None:
            continue
        gap = table.get("gap", 4)
        first = table.parent.index(table)
        table.parent.insert(first + 1, nodes.raw("", "}", format="latex"))
        if first and isinstance(table.parent[first - 1], addnodes.tabular_col_spec):
            first -= 1
        smaller = rf"{{\{size}\setlength{{\tabcolsep}}{{{gap}pt}}" + (r"\setlength{\tymin}{3em}" if wide else "")
        table.parent.insert(first, nodes.raw("", smaller, format="latex"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what happens before the numbers are given, after that, and at the end."""
    app.connect("builder-inited", number_as_on_the_pages, priority=990)
    app.connect("env-check-consistency", number_figures_by_chapter)
    app.connect("doctree-resolved", mark_named_boxes)
    app.connect("doctree-resolved", set_tables)
    app.connect("build-finished", finish_print, priority=900)
    app.add_post_transform(CellsInPrint)
    app.add_post_transform(NumbersOfThePages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
