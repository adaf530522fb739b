"""The tables beside the chapters are what their experiments give."""

import pandas as pd
import pytest
from built_book import ROOT

from experiments import ablation
from zoolib.sweeps import stored


def test_the_ablation_holds_every_kind_and_alpha_in_a_hundred_worlds():
    table = stored(ablation.TABLE)
    families = ablation.FAMILIES.values()
    runs = [(kind, alpha) for _, kinds, alphas in families for kind in kinds for alpha in alphas]
    expected = [(*run, seed) for run in runs for seed in range(100)]
    assert list(table[["kind", "alpha", "replication"]].itertuples(index=False, name=None)) == expected
    assert table.drop(columns="kind").notna().all(axis=None)


@pytest.mark.parametrize(
    "kind",
    ["disjoint, window", "shared, crossed, discount", "online", "replay, fresh, Thompson", "frozen, window, scaled"],
)
def test_replications_of_the_ablation_come_out_again_digit_for_digit(kind):
    seeds = [7, 61]
    table = stored(ablation.TABLE)
    kept = table[(table["kind"] == kind) & table["replication"].isin(seeds)].reset_index(drop=True)
    pd.testing.assert_frame_equal(ablation.compute(seeds, [kind], progress=False), kept, check_exact=True)


def test_the_oracle_earns_most_in_every_world():
    table = stored(ablation.TABLE).set_index("replication")
    oracle = table.loc[table["kind"] == "oracle", "all"]
    assert (table["all"] <= oracle.reindex(table.index) + 1e-9).all()


def test_every_table_is_described_and_has_its_experiment():
    described = (ROOT / "chapters" / "data" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "chapters" / "data").glob("*.csv"):
        assert f"## {path.name}" in described
        assert (ROOT / "experiments" / f"{path.stem}.py").is_file()
