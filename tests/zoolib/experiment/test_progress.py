"""A bar is shown to who waits for it, and to nobody else."""

import re
from types import SimpleNamespace

import IPython
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from zoolib import FeatureEngineer, RandomAgent, ZooplusSimulator, run
from zoolib.experiment import progress


@pytest.fixture
def asked(monkeypatch):
    """Return a function that sets what the front end sent with the cell, and the list of what is drawn for it."""
    drawn = []

    def ask(metadata):
        monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(parent_header={"metadata": metadata}))

    def display(html, display_id):
        drawn.append(html.data)
        return SimpleNamespace(update=lambda later: drawn.append(later.data))

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setattr(progress, "PAUSE", 0)
    return SimpleNamespace(ask=ask, drawn=drawn)


def play(shown=None):
    sim = ZooplusSimulator(10, 20, 1)
    run({"a <b>": RandomAgent(FeatureEngineer(sim), rng=0)}, sim, 2500, progress=shown)


def test_a_reader_sees_the_bar_while_the_cell_runs_and_nothing_after(asked, capfd):
    asked.ask({"cellId": "1"})
    play()
    assert re.search(r'<progress max="2500" value="1000">', asked.drawn[0])
    assert asked.drawn[-1] == ""
    assert all("a &lt;b&gt;" in html for html in asked.drawn[:-1])
    assert capfd.readouterr() == ("", "")


def test_a_bar_counts_and_says_how_long_still(asked):
    asked.ask({"cellId": "1"})
    with progress.bar(4, "work", None) as bar:
        for _ in range(4):
            bar.update(1)
    counts = [int(re.search(r'value="(\d)"', html)[1]) for html in asked.drawn[:-1]]
    assert counts == [1, 2, 3, 4]
    assert re.search(r"4/4 \[00:\d\d&lt;00:\d\d\]", asked.drawn[-2])


@pytest.mark.parametrize(("metadata", "shown"), [({}, None), ({"cellId": "1"}, False)])
def test_where_nobody_waits_or_wants_it_nothing_is_drawn(asked, capfd, metadata, shown):
    asked.ask(metadata)
    play(shown)
    assert asked.drawn == []
    assert capfd.readouterr() == ("", "")


def test_what_is_done_at_once_shows_no_bar(asked, monkeypatch):
    asked.ask({"cellId": "1"})
    monkeypatch.setattr(progress, "PATIENCE", 60)
    play()
    assert asked.drawn == []


def test_a_notebook_that_is_executed_as_a_whole_stores_no_bar():
    code = (
        "import zoolib as zoo\nfrom zoolib.experiment import progress\nprogress.PATIENCE = 0\n"
        "sim = zoo.ZooplusSimulator(10, 20, 1)\n"
        "zoo.run({'r': zoo.RandomAgent(zoo.FeatureEngineer(sim), rng=0)}, sim, 2500)\nprogress.somebody_waits()"
    )
    nb = new_notebook(cells=[new_code_cell(code)])
    NotebookClient(nb, timeout=120, kernel_name="python3").execute()
    nbformat.validate(nb)
    assert [output["data"]["text/plain"] for output in nb.cells[0].outputs] == ["False"]
