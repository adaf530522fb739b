"""The table of how NeuralUCB begins is what its experiment gives, and what the agents of the chapter give."""

import ast
import inspect

import nbformat
import numpy as np
import pandas as pd
import pytest
from built_book import ROOT
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.experiments import early
from zoolib.evidence import Evidence
from zoolib.experiment import stored


def test_every_run_has_its_worlds_and_earned_a_share_of_the_clicks():
    table = stored(early.TABLE)
    expected = [(*run, seed) for run in early.RUNS for seed in range(early.WORLDS.get(run, 100))]
    assert list(table[["matrix", "setting", "replication"]].itertuples(index=False, name=None)) == expected
    for row in table.itertuples():
        earned = np.array(row.earned.split(), dtype=float)
        assert len(earned) == early.N_STEPS[row.matrix] // early.EVERY
        assert ((earned > 0) & (earned < 1)).all()
    assert table[["error", "cosine"]].notna().all(axis=1).equals(table["matrix"] == "full")


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize("run", [("full", "α 0.5, η 0.01"), ("diagonal", "α 1.0, η 0.1"), ("none", "Random")])
def test_replications_come_out_again_digit_for_digit(run):
    table = stored(early.TABLE)
    kept = table[(table[["matrix", "setting"]] == list(run)).all(axis=1) & table["replication"].isin([61])]
    pd.testing.assert_frame_equal(early.compute([61], [run]), kept.reset_index(drop=True))


def test_evidence_that_grows_is_the_whole_matrix():
    rng = np.random.default_rng(5)
    growing, whole = early.GrowingEvidence(7, (), 12), Evidence(7)
    for g in rng.normal(size=(12, 7)):
        growing.add(g, 1.0)
        whole.add(g, 1.0)
    X = rng.normal(size=(4, 7))
    assert growing.width(X) == pytest.approx(whole.width(X))


def test_an_agent_that_starts_from_zero_does():
    features = zoo.FeatureEngineer(zoo.ZooplusSimulator(seed=[3]))
    agent = early.made("full, from zero", "α 0.1, η 0.001", features, [3])
    assert not agent.payoff(features.cells).any()
    agent._learn(np.broadcast_to(features.cells[:1], (1, 9)), np.array([0]), np.array([1]))
    assert agent.payoff(features.cells)[0, 0] > 0


def bare(tree):
    """What a class does: without its docstrings and types."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


@pytest.mark.parametrize("name", ["GrowingEvidence", "ZeroStartAgent"])
def test_the_agents_are_those_of_the_chapter(name):
    cells = nbformat.read(ROOT / "chapters" / "03_the_price.ipynb", 4).cells
    (source,) = [cell.source for cell in cells if cell.source.startswith(f"class {name}")]
    assert bare(ast.parse(source)) == bare(ast.parse(inspect.getsource(getattr(early, name))))
