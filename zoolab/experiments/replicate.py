"""Run what the book claims again, in worlds that nobody has looked at.

    python -m zoolab.experiments replicate --hundreds 1:4
    python -m zoolab.experiments replicate chapters/02_the_principle.ipynb --offset 123456

A *fresh hundred* is the book run with all its seeds shifted: other worlds, users, luck, networks, logs and shuffles.
The notebooks run as they stand; what each claim says of itself goes into ``chapters/data/replicate.csv``, from which
the record of the book is made. What is done is kept, so that a run that was stopped goes on where it was, and ends with
the same table.

A chapter that reads stored tables needs those of its hundred: ``--tables ablation`` computes them first, into
``chapters/data/fresh``. A claim whose chapter wants a table, or a part of one, is left out, and comes when it is there.
``--claim tuned-story`` asks one claim alone, of tables of which only that part is there on which it rests: such tables
are named in ``parts.csv`` beside them, with the claims for which they are enough, and are missing for all others.
"""

import argparse
import ast
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import joblib
import nbformat
import pandas as pd

from zoolab.experiments.names import read_and_given
from zoolab.long import cluster, gather, store
from zoolib import checks
from zoolib.book import CLAIM_MIME, SHORT_WORDS
from zoolib.experiment import stored
from zoolib.randomness import SHIFT, shifted

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
TABLE = CHAPTERS / "data" / "replicate.csv"
HUNDRED = 1_000_000  # by so much the seeds of one fresh hundred are shifted against those of the next
ENDED = "(ended in an error)"  # in the place of the labels of a chapter that did not come to its end
COLUMNS = ["chapter", "label", "offset", "holds", "measured", "cell"]
NOT_THERE = ("FileNotFoundError", "NotPlayedError")  # a table, or a part of one, that nobody has computed


def code_of(cell: Any) -> ast.Module | None:
    """Return what a cell of a notebook does, without its layout; None if it is no code."""
    return ast.parse(cell.source) if cell.cell_type == "code" and not cell.source.startswith("%") else None


def digest(*cells: Any) -> str:
    """Return a short hash of what cells do; not of how a claim is said on its page."""
    trees = [tree for cell in cells if (tree := code_of(cell))]
    for call in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        call.keywords = [word for word in call.keywords if word.arg not in SHORT_WORDS]
    return hashlib.sha256("".join(map(ast.dump, trees)).encode()).hexdigest()[:12]


def claims_of(cell: Any) -> list[dict[str, Any]]:
    """Return the records of the claims that a cell has made."""
    made = [output.get("data", {}) for output in cell.get("outputs", ())]
    return [json.loads(json.dumps(data[CLAIM_MIME])) for data in made if CLAIM_MIME in data]


def until(notebook: Any, label: str | None) -> Any:
    """Return a notebook up to the cell that makes the claim of that label, or all of it."""
    if label is not None:
        ends = [i for i, cell in enumerate(notebook.cells) if any(one["label"] == label for one in claims_of(cell))]
        if not ends:
            raise ValueError(f"no claim is labelled {label!r}")
        notebook.cells = notebook.cells[: ends[0] + 1]
    return notebook


def play(offsets: Sequence[int], chapter: str, code: str, last: str | None = None) -> dict[int, list[dict[str, Any]]]:
    """Run a chapter, up to the claim ``last`` if it is given, in fresh hundreds, and return what its claims say.

    ``code``, a digest of its cells, finds what was kept only as long as they are the same. Where ``last`` is given,
    other cells may fail: tables may hold no more than it needs. Else a chapter that fails says so, and nothing more.
    """
    from nbclient import NotebookClient

    found = {}
    for offset in offsets:
        notebook = until(nbformat.read(CHAPTERS / f"{chapter}.ipynb", 4), last)
        strict = ("BOOK_STRICT", "PYTEST_VERSION", "PYTEST_CURRENT_TEST")  # here a claim may fall
        threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        env = {name: value for name, value in os.environ.items() if name not in strict}
        env |= threads | {SHIFT: str(offset), "PYTHONHASHSEED": "0"}
        how = {"resources": {"metadata": {"path": str(CHAPTERS)}}, "extra_arguments": ["--log-level=ERROR"]}
        NotebookClient(notebook, timeout=3600, kernel_name="python3", allow_errors=True, **how).execute(env=env)
        where, parts = f"{chapter}, shifted by {offset:,}", parts_only(offset, last)
        try:
            found[offset] = [
                {name: one[name] for name in ("label", "holds", "measured")} | {"cell": digest(cell)}
                for cell in sound(notebook.cells, where, parts, bool(last))
                for one in claims_of(cell)
                if one["kind"] != "machine"  # whose numbers are new in every run
            ]
        except RuntimeError as error:
            found[offset] = [{"label": ENDED, "holds": False, "measured": str(error), "cell": ""}]
    return found


def parts_only(offset: int, claim: str | None = None) -> set[str]:
    """Return the names of tables of which a hundred has a part only, that is not enough for a claim (``parts.csv``)."""
    path = CHAPTERS / "data" / "fresh" / str(offset) / "parts.csv"
    parts = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["table", "claim"])
    return set(parts["table"]) - set(parts.loc[parts["claim"] == claim, "table"])


def tables_read(source: str) -> list[str]:
    """Return the names of the tables that a piece of a chapter reads."""
    return re.findall(r'stored\("data/(\w+\.csv)"\)', source)


def sound(cells: Sequence[Any], where: str, missing: Collection[str] = (), forgiving: bool = False) -> Iterator[Any]:
    """Yield the cells of a notebook that has run which rest on no table that nobody has computed, or is ``missing``.

    Raises
    ------
    RuntimeError
        If another one failed; all but the last may, where that is forgiven.
    """
    without: set[str] = set()  # names that a cell which failed would have given
    for cell in cells:
        if (tree := code_of(cell)) is None:
            continue
        read, gives = read_and_given(tree)
        errors: list[Any] = [output for output in cell.get("outputs", ()) if output.output_type == "error"]
        gone = not set(missing).isdisjoint(tables_read(cell.source))
        own = errors and not gone and errors[0].ename not in NOT_THERE and not read & without
        if own and not (forgiving and cell is not cells[-1]):
            raise RuntimeError(f"{where}, cell {cell.id}: {errors[0].ename}: {errors[0].evalue}")
        if errors or gone or read & without:
            without |= gives
        else:
            without -= gives
            yield cell


def replicate(
    chapters: Sequence[str],
    offsets: Sequence[int],
    cache: str | None = ".cache/replicate",
    claim: str | None = None,
) -> pd.DataFrame:
    """Return what the claims of chapters say in fresh hundreds, a row each: chapter, label, offset, verdict, measured.

    Parameters
    ----------
    chapters
        Names of notebooks, without folder and ending.
    offsets
        By how much all seeds are shifted; not 0, in which everything was found.
    cache
        As in :func:`zoolab.long.sweep`.
    claim
        The label of the only claim that is asked, in the hundreds that have what it rests on; a ``ValueError`` if none.
    """
    offsets = [checks.whole("offset", offset, 1) for offset in offsets]
    asked = [(name, offset) for offset in offsets for name in chapters]
    only = {} if claim is None else {"last": claim}
    jobs = [({"chapter": name, "code": rests_on(name, offset, claim), **only}, [offset]) for name, offset in asked]
    found = gather(play, jobs, cache, chunk=1)
    rows = pd.DataFrame(
        (
            {"chapter": name, "offset": offset, **row}
            for (name, offset), one in zip(asked, found, strict=True)
            for row in one[offset]
        ),
        columns=COLUMNS,
    )
    rows = rows if claim is None else rows[rows["label"].isin([claim, ENDED])]
    if claim is not None and rows.empty:
        raise ValueError(f"claim: {claim!r} rests on what is in none of the hundreds {offsets}")
    return rows


def rests_on(chapter: str, offset: int, claim: str | None = None) -> str:
    """Return a hash of what decides what a chapter says in a hundred, besides zoolib: its cells, and its tables."""
    said = digest(*nbformat.read(CHAPTERS / f"{chapter}.ipynb", 4).cells)
    for table in tables_of(chapter, offset):
        said += f"{table.name in parts_only(offset, claim)} "
        said += hashlib.sha256(table.read_bytes()).hexdigest() if table.exists() else table.name
    return f"{said} {offset}"


def tables_of(chapter: str, offset: int) -> list[Path]:
    """Return where the tables lie that a chapter reads in a hundred."""
    source = "".join(cell.source for cell in nbformat.read(CHAPTERS / f"{chapter}.ipynb", 4).cells)
    return [CHAPTERS / "data" / "fresh" / str(offset) / name for name in tables_read(source)]


def wanting(chapter: str, offset: int) -> list[str]:
    """Return the names of the tables that a chapter would read in a hundred, and nobody has computed to their end."""

    def rows(table: Path) -> int:
        return len(stored(table)) if table.exists() else 0

    return [table.name for table in tables_of(chapter, offset) if rows(table) < rows(CHAPTERS / "data" / table.name)]


def merged(known: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which what a claim said in a hundred is replaced by what it says now, in the book's order.

    What fell in other words than those of today stays, before what came in its place.
    """
    cells = {(one.label, one.offset): one.cell for one in new.itertuples()}
    kept = [
        (one.label, one.offset) not in cells or (not one.holds and cells[one.label, one.offset] != one.cell)
        for one in known.itertuples()
    ]
    both = pd.concat([known[kept], new], ignore_index=True)
    order = {label: i for i, label in enumerate(labels())}
    both = both[both["label"].isin(order)]
    return both.sort_values(["label", "offset"], key=lambda c: c.map(order) if c.name == "label" else c)[COLUMNS]


def notebooks() -> list[str]:
    """Return the notebooks that claim something, in the order of the book."""
    found = [path.stem for which in ("[0-9]*", "lab_*") for path in CHAPTERS.glob(f"{which}.ipynb")]
    in_order = sorted(found, key=lambda name: (name.removeprefix("lab_"), name))  # a laboratory behind its chapter
    return in_order + [path.stem for path in CHAPTERS.glob("guide.ipynb")]


def labels(chapters: Sequence[str] | None = None) -> list[str]:
    """Return the labels of all claims, or those of some notebooks, in the order of the book."""
    cells = [cell for name in chapters or notebooks() for cell in nbformat.read(CHAPTERS / f"{name}.ipynb", 4).cells]
    return [one["label"] for cell in cells for one in claims_of(cell)]


def main(arguments: Sequence[str], tables: Any, known: Sequence[str]) -> int:
    """Replicate what is asked for; ``tables(name, cache)`` computes those of an experiment, one of ``known``."""
    parser = argparse.ArgumentParser(prog="python -m zoolab.experiments replicate", description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="all if none is named")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--hundreds", default="1:4", metavar="FROM:TO", help="which fresh hundreds; 1:4 are three")
    which.add_argument("--offset", type=int, help="shift all seeds by so much, and print what comes out")
    parser.add_argument("--tables", nargs="+", default=[], metavar="NAME", choices=known, help="to compute before")
    parser.add_argument("--claim", metavar="LABEL", help="ask one claim alone, of the one notebook that is named")
    parser.add_argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler; else all cores are used")
    parser.add_argument("--cache", default=".cache/replicate", metavar="FOLDER", help="where what is done is kept")
    asked = parser.parse_args(arguments)
    start, _, stop = asked.hundreds.partition(":")
    offsets = [asked.offset] if asked.offset else [n * HUNDRED for n in range(int(start), int(stop or int(start) + 1))]
    chosen = [Path(name).stem for name in asked.notebooks] or notebooks()
    if unknown := [name for name in chosen if name not in notebooks()]:
        parser.error(f"no notebook {unknown[0]!r} claims anything; there are {', '.join(notebooks())}")
    if asked.claim and (len(chosen) != 1 or asked.claim not in labels(chosen)):
        parser.error(f"argument --claim: {asked.claim!r} is not a claim of one notebook that is named")
    with cluster(asked.cluster) if asked.cluster else joblib.parallel_config(n_jobs=-1):
        for offset in offsets:
            with shifted(offset):
                for name in asked.tables:
                    for path, table in tables(name, asked.cache).items():
                        store(table, path)
        found = replicate(chosen, offsets, asked.cache, claim=asked.claim)
    fallen = found[~found["holds"].astype(bool)]
    print(f"{len(found) - len(fallen)} of {len(found)} hold, {len(fallen)} do not:")
    for one in fallen.itertuples():
        print(f"  {one.chapter}, {one.label}, shifted by {one.offset:,}: {one.measured}")
    if not asked.offset:
        store(merged(stored(TABLE) if TABLE.exists() else pd.DataFrame(columns=COLUMNS), found), TABLE)
    if away := sorted(set(offsets) - set(found["offset"])) if asked.claim else []:
        print(f"{asked.claim} was not asked where what it rests on is missing, in worlds shifted by {away}")
    return 1 if away or (found["label"] == ENDED).any() else 0
