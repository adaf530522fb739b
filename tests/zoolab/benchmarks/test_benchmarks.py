"""The speed that must hold, where it is cheap to see, and a table of results that can be shown.

``make -C zoolab bench`` measures in full. Here a ratio fails if the best of several rounds misses it by a quarter: a
busy machine moves them by less.
"""

import copy
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from built_book import ROOT

from zoolab.benchmarks import peers, report
from zoolab.benchmarks.against_literal import LINUCB, REPLAY, WORLDS, Algorithm, fast_loop, literal_loop
from zoolab.benchmarks.contenders import BATCH, LOCKSTEP, ONE
from zoolab.benchmarks.contenders import LINUCB as LINUCB_TASK
from zoolab.benchmarks.funnel import latencies, open_loop
from zoolab.benchmarks.measure import in_turns, machine
from zoolab.benchmarks.memory import peak_mb

SHARE, ROUNDS = 0.75, 4
STORED = ROOT / "zoolab" / "benchmarks" / "results.json"


@pytest.mark.parametrize("algorithm", [LINUCB, REPLAY], ids=lambda algorithm: algorithm.name)
def test_one_world_and_a_hundred_are_as_much_faster_than_the_literal_version_as_they_must_be(algorithm: Algorithm):
    n_literal, n_single, n_lockstep = (n // 2 for n in algorithm.steps)
    seconds = in_turns(
        {
            "literal": lambda: literal_loop(algorithm.literal, n_literal),
            "single": lambda: fast_loop(algorithm.fast, n_single),
            "lockstep": lambda: fast_loop(algorithm.fast, n_lockstep, WORLDS),
        },
        ROUNDS,
    )
    best = seconds.min()
    for how, must in zip(("single", "lockstep"), algorithm.must, strict=True):
        assert best["literal"] / best[how] > SHARE * must, how


def test_contenders_are_timed_in_turns_after_a_round_that_does_not_count():
    order: list[str] = []
    seconds = in_turns({"a": lambda: order.append("a") or 1.0, "b": lambda: order.append("b") or 2.0}, rounds=2)
    assert order == ["a", "b"] * 3
    assert seconds.to_numpy().tolist() == [[1.0, 2.0]] * 2


@pytest.fixture
def stored() -> dict:
    return json.loads(STORED.read_text(encoding="utf-8"))


def test_the_stored_results_say_where_and_when_they_were_measured(stored):
    for part in ("literal", "gauntlet", "funnel", "shop", "growth", "accelerator", "peers", "different"):
        assert set(stored[part]["machine"]) == set(machine())
        assert all(stored[part]["machine"].values())


def test_in_the_stored_results_all_holds_that_must(stored):
    assert report.failures(stored) == []


def test_the_stored_results_are_complete(stored):
    from zoolab.benchmarks.against_literal import ALGORITHMS

    assert [row["algorithm"] for row in stored["literal"]["rows"]] == [a.name for a in ALGORITHMS for _ in range(2)]
    for row in stored["literal"]["rows"]:
        assert np.isclose(row["ratio"], row["literal_us"] / row["fast_us"], rtol=0.3)
    for row in stored["peers"]["rows"]:
        assert row["missing"] or (row["rate"] > 0 and 0 < row["ctr"] < 1)
    assert [row["contender"] for row in stored["peers"]["rows"]] == list(peers.CONTENDERS)
    assert all(peers.told(row["contender"]).items() <= row.items() for row in stored["peers"]["rows"])


def test_the_page_shows_the_stored_results(stored):
    assert (ROOT / "zoolab" / "benchmarks" / "results.md").read_text(encoding="utf-8") == report.page(stored)


def test_what_the_page_says_of_gittins_is_so(stored):
    rate = {row["contender"]: row["rate"] for row in stored["peers"]["rows"]}
    by_name, by_category = (rate[f"gittins: products by {told}"] for told in ("name", "category"))
    assert 1.5 <= rate["zoolib: LinUCBAgent"] / by_name < 1.7  # about two thirds of the time
    assert by_category < by_name
    assert rate["zoolib: LinUCBAgent, 100 worlds in lockstep"] > 5 * by_name


def test_a_result_that_falls_short_is_named(stored):
    short = copy.deepcopy(stored)
    short["literal"]["rows"][0]["ratio"] = 1.0
    short["gauntlet"] |= {"seconds": 50, "peak_mb": 3000}
    short["funnel"] |= {"recall": 0.9, "peak_mb": 2500}
    short["shop"] |= {"lost": 3, "errors": ["answer: 500"], "clients": 3}
    (decision,) = (row for row in short["funnel"]["stages"] if row["stage"] == "decision")
    decision |= {"median_ms": 5.5, "p99_ms": 21.5}
    ours = [row for row in short["peers"]["rows"] if row["contender"].startswith("zoolib")]
    for row in ours:
        row["rate"] = 1.0
    found = "\n".join(report.failures(short))
    for word in (
        "LinUCB, disjoint",
        "takes 50 s",
        "3000 MB",
        "mabwiser",
        "0.900",
        "2500 MB",
        "5.5 ms",
        "21.5 ms",
        "lost 3 of",
        "answer: 500",
        "3 clients",
        "Neural-Linear",
        "LinUCBAgent, 100 worlds in lockstep: 1 steps",
    ):
        assert word in found


def test_where_no_context_comes_again_lockstep_has_a_pace_and_no_exact_library_is_faster_in_batches(stored):
    row = {"task": LINUCB_TASK, "missing": "", "exact": True, "rate": 3e5, "ratio_low": 1.0, "arms": 50, "d": 20}
    ours = row | {"contender": "zoolib: LinUCBAgent", "way": LOCKSTEP, "d": 5}
    other = row | {"contender": "other", "way": BATCH, "ratio_low": 1.1}

    def named(*rows):
        return [line for line in report.failures(stored | {"different": {"rows": rows}}) if line not in elsewhere]

    elsewhere = report.failures({part: stored[part] for part in stored if part != "different"})
    assert named(ours, other) == []
    assert len(named(ours | {"rate": 2e5}, other)) == 1
    assert len(named(ours | {"d": 20}, other)) == 1  # it was not measured
    (line,) = named(ours, other | {"ratio_low": 0.9})
    assert line.startswith("other, in batches of 500")
    for fine in ({"exact": False}, {"arms": 1000}, {"way": ONE}, {"contender": "zoolib: other"}, {"missing": "slow"}):
        assert named(ours, other | {"ratio_low": 0.9} | fine) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is asked for in another way")
def test_the_memory_of_a_process_is_not_that_of_the_one_that_started_it():
    big = np.ones(30_000_000)  # 240 MB
    code = "from zoolab.benchmarks.memory import peak_mb; print(peak_mb())"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 5 < float(child.stdout) < 100
    assert peak_mb() > big.nbytes / 1e6 * 0.9


def test_the_funnel_was_measured_on_two_million_products(stored):
    funnel = stored["funnel"]
    assert (funnel["products"], funnel["candidates"]) == (2_000_000, 500)
    assert funnel["decisions"] >= 1000
    medians = {row["stage"]: row["median_ms"] for row in funnel["stages"]}
    assert medians["decision"] >= max(medians[stage] for stage in ("retrieve", "read", "embed", "score", "record"))


@pytest.mark.slow
def test_under_open_loop_load_whoever_comes_while_others_are_served_waits_for_them():
    gaps = np.tile([3.0, 0.0, 0.0], 30)  # three at once: the first waits for nobody, the third for two
    found = open_loop([lambda: time.sleep(0.02)] * 90, gaps, busy=0.3)
    assert 18 < found["wait_ms"] < 35
    assert 38 < found["median_ms"] + 2 < 60
    assert 0.2 < found["busy"] < 0.4
    assert 1 < found["formula_ms"] < 10  # which thinks that all come independently of each other
    assert "open loop, one thread busy" in report.funnel(funnel_part(found))
    assert found["others"] > 3  # who sleeps has no processor
    assert found["core"]["busy"] == 0.3


def test_a_stall_is_felt_by_all_who_come_meanwhile_and_holds_nobody_back():
    """Ten units of time for one, and one for each of the others, who come every two: it takes nine to catch up."""
    served = np.ones(30)
    served[5] = 10
    found = latencies(2.0 * np.arange(30), served)
    assert found.tolist() == [1.0] * 5 + [10, 9, 8, 7, 6, 5, 4, 3, 2] + [1.0] * 16


def test_those_who_come_independently_of_each_other_wait_as_queueing_theory_says():
    """M/D/1 and M/M/1: the mean wait at 60 %, and the whole distribution of the latter's latency, exponential."""
    rng, n, busy = np.random.default_rng(1), 300_000, 0.6
    due = np.cumsum(rng.exponential(size=n)) / busy
    constant, random = np.ones(n), rng.exponential(size=n)
    assert (latencies(due, constant) - constant).mean() == pytest.approx(busy / (2 * (1 - busy)), rel=0.03)
    found = latencies(due, random)
    assert (found - random).mean() == pytest.approx(busy / (1 - busy), rel=0.05)
    assert np.percentile(found, [50, 99]) == pytest.approx(-np.log([0.5, 0.01]) / (1 - busy), rel=0.06)


def test_on_a_core_of_its_own_latency_is_that_of_the_processors_time_at_the_load_that_was_asked():
    took = []  # a thousandth of a second, or longer where the system charges for more

    def piece():
        begun = time.process_time()
        while time.process_time() < begun + 0.001:
            pass
        took.append(1000 * (time.process_time() - begun))

    pace = np.random.default_rng(2).exponential(size=400)
    found = open_loop([piece] * 400, pace, busy=0.6)
    served = np.array(took[-400:])
    exact = latencies(np.cumsum(pace) / pace.mean() * served.mean() / 0.6, served)
    for name, percent in (("median_ms", 50), ("p99_ms", 99)):
        assert found["core"][name] == pytest.approx(np.percentile(exact, percent), rel=0.15)
    assert found["p99_ms"] > 0.8 * found["core"]["p99_ms"]  # on the clock it is no less, whoever else is there


def test_what_must_hold_of_the_funnel_is_said_of_the_load_too_and_not_judged_by_a_clock_that_others_share():
    queue = {"busy": 0.62, "median_ms": 6.0, "p99_ms": 30.0, "wait_ms": 1.0, "formula_ms": 1.0, "others": 1.02}
    part = funnel_part(queue | {"core": {"busy": 0.6, "median_ms": 4.0, "p99_ms": 25.0}})
    said = [str(one) for one in report.verdicts(part)]
    assert said == [
        "a decision, median: 1.0 ms, must be under 5 ms: holds",
        "a decision, 99th percentile: 2.0 ms, must be under 20 ms: holds",
        "open loop, busy for 60% of the time, on a core of its own, median: 4.0 ms, must be under 5 ms: holds",
        "open loop, busy for 60% of the time, on a core of its own, 99th percentile: 25.0 ms, must be under 20 ms: "
        "does not hold",
        "open loop, busy for 62% of the time, on the clock, median: 6.0 ms, must be under 5 ms: does not hold",
        "open loop, busy for 62% of the time, on the clock, 99th percentile: 30.0 ms, must be under 20 ms: "
        "does not hold",
        "recall: 1.000, must be at least 0.95: holds",
        "peak memory: 1 MB, must be under 2000 MB: holds",
    ]
    part["open_loop"]["others"] = 1.5
    clock = [one for one in report.verdicts(part) if "clock" in one.what]
    assert [one.holds for one in clock] == [None, None]
    assert "not judged" in str(clock[0])
    named = report.failures(json.loads(STORED.read_text(encoding="utf-8")) | {"funnel": part})
    load = "the funnel: open loop, busy for 60% of the time, on a core of its own"
    assert named == [f"{load}, 99th percentile is 25.0 ms, but must be under 20 ms"]


def funnel_part(queue):
    stages = [{"stage": "decision", "median_ms": 1.0, "p99_ms": 2.0}]
    counts = {"products": 1, "decisions": 1, "candidates": 1, "recall": 1.0, "index_mb": 1.0, "peak_mb": 1.0}
    return counts | {"stages": stages, "open_loop": queue, "machine": machine()}


def test_the_shop_was_loaded_by_four_clients_for_a_minute(stored):
    shop = stored["shop"]
    assert (shop["clients"], shop["lost"], shop["errors"]) == (4, 0, [])
    assert shop["seconds"] >= 60
    assert shop["clicks"] == shop["counted"] > 0
    assert shop["answers"] > 200
    assert {row["request"]: row["count"] for row in shop["requests"]} == {
        "visit": shop["answers"],
        "answer": shop["answers"] + shop["repeated"],
    }


def test_every_table_is_a_table(stored):
    tables = report.page(stored).split("```{table}")[1:]
    assert len(tables) == 14
    for text in tables:
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert len(rows) > 3
        assert len({row.count("|") - row.count("\\|") for row in rows}) == 1


def test_the_benchmarks_name_no_machine_and_no_path():
    for name in ("results.json", "results.md"):
        text = (Path(report.__file__).parent / name).read_text(encoding="utf-8")
        assert str(ROOT) not in text
