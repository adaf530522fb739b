"""The tables beside the chapters are what their experiments give."""

from types import SimpleNamespace

import joblib
import pandas as pd
import pytest
from built_book import ROOT
from stored_numbers import compares_stored_numbers

from zoolab.experiments import __main__ as command
from zoolab.experiments import ablation
from zoolib.experiment import stored


def test_the_ablation_holds_every_kind_and_alpha_in_a_hundred_worlds():
    table = stored(ablation.TABLE)
    families = ablation.FAMILIES.values()
    runs = [(kind, alpha) for _, kinds, alphas in families for kind in kinds for alpha in alphas]
    expected = [(*run, seed) for run in runs for seed in range(100)]
    assert list(table[["kind", "alpha", "replication"]].itertuples(index=False, name=None)) == expected
    assert table.drop(columns="kind").notna().all(axis=None)


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize("kind", ["online", "disjoint, window", "frozen, window, scaled"])
def test_replications_of_the_ablation_come_out_again_digit_for_digit(kind, monkeypatch):
    """With one alpha. What else there is, the gauntlet has as well, whose tables are compared and computed again."""
    ((family, (make, kinds, (alpha, *_))),) = [one for one in ablation.FAMILIES.items() if kind in one[1][1]]
    monkeypatch.setitem(ablation.FAMILIES, family, (make, kinds, [alpha]))
    table = stored(ablation.TABLE)
    kept = table[(table[["kind", "alpha", "replication"]] == [kind, alpha, 61]).all(axis=1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(ablation.compute([61], [kind]), kept, check_exact=True)


def test_the_oracle_earns_most_in_every_world():
    table = stored(ablation.TABLE).set_index("replication")
    oracle = table.loc[table["kind"] == "oracle", "all"]
    assert (table["all"] <= oracle.reindex(table.index) + 1e-9).all()


def test_every_table_is_described_and_has_its_experiment():
    described = (ROOT / "chapters" / "data" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "chapters" / "data").glob("*.csv"):
        assert f"## {path.name}" in described
        by_hand = path.stem in {"cast", "fallen", "guide", "guide_runs", "loosened", "usually_told"}
        modules = (ROOT / "zoolab" / "experiments" / f"{name}.py" for name in (path.stem, path.stem.split("_")[0]))
        assert by_hand or any(module.is_file() for module in modules), path.name


def test_the_command_computes_what_is_named_and_writes_one_table_or_several(tmp_path, monkeypatch, capsys):
    frame, asked = pd.DataFrame({"x": [1, 2]}), []
    one = SimpleNamespace(TABLE=tmp_path / "one.csv", compute=lambda cache: asked.append(cache) or frame)
    two = SimpleNamespace(tables=lambda cache: {tmp_path / "two.csv": frame, tmp_path / "two_more.csv": frame})
    monkeypatch.setattr(command, "EXPERIMENTS", {"one": one, "two": two})
    command.main(["two"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["two.csv", "two_more.csv"]
    command.main(["--cache", "kept"])
    assert asked == ["kept"]
    pd.testing.assert_frame_equal(stored(tmp_path / "one.csv"), frame)
    assert "one.csv: 2 rows" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command.main(["three"])
    assert "three" in capsys.readouterr().err


def test_the_command_uses_the_cluster_whose_address_it_is_given(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    found = []

    def compute(cache):
        found.append(type(joblib.parallel.get_active_backend()[0]).__name__)
        return pd.DataFrame({"x": [1]})

    monkeypatch.setattr(command, "EXPERIMENTS", {"one": SimpleNamespace(TABLE=tmp_path / "one.csv", compute=compute)})
    here = {"host": "127.0.0.1", "protocol": "tcp", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, **here) as cluster:
        command.main(["one", "--cluster", cluster.scheduler_address])
    command.main(["one"])
    assert found[0] == "DaskDistributedBackend" != found[1]
