"""Tables of results in MyST, each with its machine and date."""

from collections.abc import Mapping, Sequence

MOST = 30  # rows; a longer table goes on over pages of paper, where its columns must be told their widths


def table(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    n_words: int,
    machine: Mapping[str, str],
    last_words: int = 0,
) -> str:
    """Return a MyST table whose first ``n_words`` and last ``last_words`` columns are words, the others numbers."""
    n_numbers = len(head) - n_words - last_words
    lines = [f"```{{table}} {title}", ":align: left"]
    if len(rows) > MOST:
        widths = [min(24, max(7, *map(len, column))) for column in zip(head, *rows, strict=True)]
        lines += [":class: printed-widths", f":widths: {' '.join(map(str, widths))}"]
    lines += ["", row_of(head)]
    lines += [row_of([":--"] * n_words + ["--:"] * n_numbers + [":--"] * last_words), *map(row_of, rows), "```", ""]
    where = "{cpu}, {cores} cores, {system}; Python {python}, NumPy {numpy}, torch {torch}; {date}".format(**machine)
    return "\n".join([*lines, where + ".", ""])


def row_of(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
