"""Sweeps give the numbers of single experiments, wherever they run and however often they are stopped."""

import importlib.util
import logging
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from built_book import missing

import zoolib
from zoolib import SHOCK_DOG_TOY, SHOCK_FISH, LinUCBAgent, RandomAgent, SharedLinUCBAgent, metrics, replicate
from zoolib.experiment import cache, cluster, gather, store, stored, sweep, sweeps
from zoolib.randomness import shifted

SHOCKS = {200: SHOCK_FISH, 350: SHOCK_DOG_TOY}
GRID = {
    "LinUCB": (LinUCBAgent, {"alpha": [0.05, 0.2], "window": 150}),
    "shared": (SharedLinUCBAgent, {"alpha": 0.2, "encoding": ["onehot", "crossed"]}),
    "random": (RandomAgent, {}),
}
ARGUMENTS = {"seeds": range(6), "n_steps": 500, "shocks": SHOCKS, "n_products": 20, "progress": False}


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    return sweep(GRID, **ARGUMENTS)


def entries(folder: Path) -> list[Path]:
    """The files in which what is known is kept, one for each cell of the grid."""
    return sorted(folder.rglob("output.pkl"))


def replications_computed(monkeypatch) -> list[int]:
    """Note the seeds that are computed from now on."""
    seen: list[int] = []

    def noting(agents, seeds, *args, **kwargs):
        seen.extend(seeds)
        return replicate(agents, seeds, *args, **kwargs)

    monkeypatch.setattr(sweeps, "replicate", noting)
    return seen


def test_a_sweep_holds_the_numbers_of_single_experiments(plain):
    factory = {"random": lambda features, rng: RandomAgent(features, rng=rng)}
    results = replicate(factory, range(6), 500, SHOCKS, n_products=20)
    mine = plain[(plain.agent == "random") & (plain.phase == "fish boom")]
    assert (mine.start.unique(), mine.stop.unique()) == ([200], [350])
    assert mine.ctr.to_numpy().tolist() == metrics.ctr(results, 200, 350)["random"].tolist()
    assert mine.regret.to_numpy().tolist() == metrics.regret(results, 200, 350)["random"].tolist()


def test_its_table_is_tidy(plain):
    assert list(plain.columns) == [
        "agent", "alpha", "window", "encoding", "replication", "phase", "start", "stop", "ctr", "value", "regret",
    ]  # fmt: skip
    assert len(plain) == 5 * 6 * 4
    assert plain.phase.unique().tolist() == ["all", "start", "fish boom", "dog-toy craze"]
    counts = plain.groupby(["agent", "alpha", "encoding", "replication", "phase"], dropna=False).size()
    assert (counts == 1).all()


def test_the_steps_to_recover_are_a_measure():
    frame = sweep(
        {"a": (LinUCBAgent, {"alpha": 0.5})}, range(3), 2500, {1200: SHOCK_FISH}, ["recovery"], progress=False
    )
    results = replicate({"a": lambda f, rng: LinUCBAgent(f, alpha=0.5)}, range(3), 2500, {1200: SHOCK_FISH})
    measured = frame[frame.phase == "fish boom"].recovery.tolist()
    assert measured == metrics.steps_to_recover(results, 1200)["a"].tolist()


@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_the_size_of_a_chunk_changes_no_number(plain, chunk):
    pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, chunk=chunk), plain, check_exact=True)


def test_two_processes_give_the_numbers_of_one(plain):
    with joblib.parallel_config("loky", n_jobs=2):
        pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, chunk=2), plain, check_exact=True)


def test_two_processes_give_the_shifted_numbers_of_one(plain):
    with shifted(1000):
        one = sweep(GRID, **ARGUMENTS)
        with joblib.parallel_config("loky", n_jobs=2):  # which asks for most tasks when some are done
            two = sweep(GRID, **ARGUMENTS, chunk=1)
    pd.testing.assert_frame_equal(two, one, check_exact=True)
    assert not one["value"].equals(plain["value"])


def test_a_dask_cluster_of_two_workers_over_tcp_gives_the_numbers_of_one_process(plain, tmp_path):
    if importlib.util.find_spec("distributed") is None:
        missing("Dask is not installed: pip install -e '.[cluster]'")
    with cluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as client:
        workers = client.scheduler_info()["workers"]
        assert len(workers) == 2
        assert all(address.startswith("tcp://127.0.0.1:") for address in workers)
        pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, chunk=2, cache=tmp_path), plain, check_exact=True)
    pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=tmp_path), plain, check_exact=True)


def test_without_dask_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install 'zoolib\[cluster\]'"), cluster():
        pass


# ---- what is kept on disk --------------------------------------------------------------------------------


def test_what_is_kept_is_not_computed_again(plain, tmp_path, monkeypatch):
    few = {**ARGUMENTS, "seeds": range(4)}
    sweep(GRID, **few, cache=tmp_path, chunk=3)
    computed = replications_computed(monkeypatch)
    pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=tmp_path), plain, check_exact=True)
    assert sorted(set(computed)) == [4, 5]
    assert len(computed) == 2 * 5


SCRIPT = """
import sys, time
sys.path[1:1] = {paths!r}
from test_sweeps import ARGUMENTS, GRID
from zoolib.experiment import sweeps
replicate = sweeps.replicate
def slowly(*args, **kwargs):
    time.sleep(0.15)
    return replicate(*args, **kwargs)
sweeps.replicate = slowly
sweeps.sweep(GRID, **ARGUMENTS, cache={folder!r}, chunk=1)
"""


def n_known(folder: Path) -> int:
    return sum(len(joblib.load(path)) for path in entries(folder))


def test_a_sweep_that_was_killed_goes_on_where_it_was(plain, tmp_path, monkeypatch):
    script = [sys.executable, "-c", SCRIPT.format(folder=str(tmp_path), paths=sys.path)]
    process = subprocess.Popen(script, cwd=Path(__file__).parent)
    while n_known(tmp_path) < 7:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    n_kept = n_known(tmp_path)
    assert 7 <= n_kept < 30
    computed = replications_computed(monkeypatch)
    pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=tmp_path), plain, check_exact=True)
    assert len(computed) == 30 - n_kept


@pytest.mark.parametrize("damage", [
    lambda data: data[: len(data) // 2],
    lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    lambda data: b"",
    lambda data: b"[]",
    lambda data: b"\0\0",
], ids=["cut off", "a bit changed", "the last bit changed", "empty", "something else", "no text"])  # fmt: skip
def test_what_is_damaged_is_computed_anew_and_said(damage, plain, tmp_path, monkeypatch, caplog):
    sweep(GRID, **ARGUMENTS, cache=tmp_path)
    path = entries(tmp_path)[0]
    path.write_bytes(damage(path.read_bytes()))
    computed = replications_computed(monkeypatch)
    for n_computed in (6, 6):  # the first time, and not again
        with caplog.at_level(logging.WARNING):
            again = sweep(GRID, **ARGUMENTS, cache=tmp_path)
        pd.testing.assert_frame_equal(again, plain, check_exact=True)
        assert len(computed) == n_computed
    assert caplog.text.count("Exception while loading results") == 1


def keys_of(**changes) -> str:
    recipe = {
        "agent": LinUCBAgent,
        "settings": {"alpha": 0.2},
        "shocks": SHOCKS,
        "n_steps": 500,
        "measure": metrics.ctr,
    }
    return cache.key(recipe | changes)


def test_whatever_decides_the_numbers_is_in_the_key(monkeypatch):
    changes = [
        {},
        {"agent": SharedLinUCBAgent},
        {"settings": {"alpha": 0.3}},
        {"settings": {"alpha": 0.2, "window": None}},
        {"shocks": {200: SHOCK_FISH}},
        {"shocks": {200: SHOCK_FISH, 350: SHOCK_FISH}},
        {"n_steps": 501},
        {"measure": metrics.value},
        {"n_products": 20},
    ]
    assert len({keys_of(**change) for change in changes}) == len(changes)
    assert keys_of() == keys_of(settings={"alpha": np.float64(0.2)})
    before = keys_of()
    monkeypatch.setattr(cache, "zoolib_code", lambda: "other code")
    assert keys_of() != before


def test_the_code_counts_and_its_words_do_not():
    assert cache._code("x = 1\n") == cache._code("# why\nx  =  1\n") == cache._code('"""What."""\nx = 1\n')
    assert cache._code("def f():\n    return 1\n") == cache._code('def f():\n    """Why."""\n    return 1\n')
    assert cache._code("x = 1\n") != cache._code("x = 2\n")
    assert cache._code("x = '1'\n") != cache._code("x = '2'\n")


@pytest.mark.parametrize(("name", "counts"), [
    ("evidence/ridge.py", True), ("world/simulator.py", True), ("experiment/sweeps.py", True), ("agents/base.py", True),
    ("agents/new.py", True), ("book/new.py", False), ("book/plots.py", False), ("experiment/cache.py", False),
    ("persistence.py", False), ("saving.py", False),
])  # fmt: skip
def test_a_changed_page_makes_no_number_out_of_date_and_changed_code_does(name, counts, tmp_path, monkeypatch):
    shutil.copytree(Path(zoolib.__file__).parent, tmp_path / "zoolib", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "zoolib" / "experiment" / "cache.py"))
    before = cache.zoolib_code.__wrapped__()
    changed = tmp_path / "zoolib" / name
    with changed.open("a", encoding="utf-8") as file:
        file.write("\nx = 1\n")
    assert (cache.zoolib_code.__wrapped__() != before) == counts


def test_the_code_is_read_once_when_it_is_first_needed():
    code = """
import pathlib
from zoolib.experiment import cache, sweep
assert cache.zoolib_code.cache_info().misses == 0
said = cache.zoolib_code()
pathlib.Path.read_text = None  # what is changed later is not the code that runs
assert cache.zoolib_code() == said
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def own_agent(features, *, rng):
    return RandomAgent(features, rng=rng)


def test_an_agent_of_the_readers_own_counts_by_its_code_too(monkeypatch):
    before = cache.key({"agent": own_agent})
    monkeypatch.setattr(cache.inspect, "getsource", lambda module: "changed = 1")
    assert cache.key({"agent": own_agent}) != before


@pytest.mark.parametrize("thing", [lambda features: None, object(), {1, 2}], ids=["lambda", "object", "set"])
def test_what_no_key_can_tell_apart_is_refused(thing, tmp_path):
    with pytest.raises(TypeError, match="cannot be part of a key"):
        cache.key({"agent": thing})


def test_without_a_cache_any_factory_will_do():
    frame = sweep({"a": (lambda features, *, rng: RandomAgent(features, rng=rng), {})}, [3], 50, progress=False)
    assert len(frame) == 2


def squares(items, power):
    """What :func:`gather` is asked for below."""
    return {item: float(item) ** power for item in items}


def test_what_is_kept_is_written_completely_or_not_at_all(tmp_path, monkeypatch):
    job = [({"power": 2}, [1, 2, 3])]
    monkeypatch.setattr("joblib.numpy_pickle.dump", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        gather(squares, job, tmp_path, progress=False)
    monkeypatch.undo()
    assert entries(tmp_path) == []
    gather(squares, job, tmp_path, progress=False)
    assert [joblib.load(path) for path in entries(tmp_path)] == [{1: 1.0, 2: 4.0, 3: 9.0}]


def test_a_number_that_is_infinite_and_all_its_digits_are_kept(tmp_path):
    job = [({"power": 0.3}, [float("inf"), 0.1 + 0.2]), ({"power": 2}, [3])]
    found = gather(squares, job, tmp_path, progress=False)
    assert found == gather(squares, job, tmp_path, progress=False) == gather(squares, job, progress=False)
    assert found[0][float("inf")] == float("inf")


def test_a_job_grows_by_what_it_lacks_a_chunk_at_a_time(tmp_path, monkeypatch):
    gather(squares, [({"power": 2}, [1, 2])], tmp_path, progress=False)
    computed, compute = [], cache._compute
    monkeypatch.setattr(cache, "_compute", lambda *task: computed.append(task[2]) or compute(*task))
    found = gather(squares, [({"power": 2}, [4, 2, 1, 3])], tmp_path, chunk=2, progress=False)
    assert list(found[0].items()) == [(4, 16.0), (2, 4.0), (1, 1.0), (3, 9.0)]
    assert computed == [[4], [3]]


def test_a_worker_with_other_code_is_refused(monkeypatch):
    monkeypatch.setattr(cache, "_compute", lambda *task: ("other code", task[1], {}))
    with pytest.raises(RuntimeError, match="another zoolib"):
        sweep(GRID, **ARGUMENTS)


def test_a_stored_table_is_read_to_the_last_bit(plain, tmp_path):
    store(plain, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(stored(tmp_path / "table.csv"), plain, check_exact=True)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize(("changes", "message"), [
    ({"grid": {}}, "grid"),
    ({"grid": {"a": (LinUCBAgent, {"alpha": []})}}, "alpha"),
    ({"grid": {"a": (LinUCBAgent, {"beta_x": 0.2})}}, "beta_x"),
    ({"seeds": []}, "seeds"),
    ({"seeds": [1, 1]}, "seeds"),
    ({"seeds": [-1]}, "seeds"),
    ({"chunk": 0}, "chunk"),
    ({"measures": ["clicks"]}, "clicks"),
    ({"n_steps": 0}, "n_steps"),
    ({"shocks": {900: SHOCK_FISH}}, "shocks"),
    ({"n_products": 0}, "n_products"),
])  # fmt: skip
def test_arguments_that_make_no_sense_are_refused_by_name(changes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        sweep(**{"grid": GRID, **ARGUMENTS, **changes})
