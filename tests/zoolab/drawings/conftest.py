"""What the tests of figures share: no window, the house style, figures closed afterwards, and warnings are errors."""

import warnings

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pytest

from zoolab.drawings import plots


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    monkeypatch.setenv("BOOK_DRAWINGS", "1")
    with plt.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.use_house_style()
        yield
        plt.close("all")
