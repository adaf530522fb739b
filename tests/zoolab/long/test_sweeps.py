"""Sweeps give the numbers of single experiments, wherever they run and however often they are stopped."""

import importlib
import importlib.util
import pickle
import shutil
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import joblib
import numpy as np
import pandas as pd
import pytest
from built_book import missing
from refused import each

import zoolib
from zoolab.long import cache, cluster, gather, intervals, store, sweep, sweeps
from zoolib import SHOCK_DOG_TOY, SHOCK_FISH, LinUCBAgent, RandomAgent, SharedLinUCBAgent, metrics, replicate
from zoolib.experiment import stored
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


@pytest.fixture(scope="module")
def kept_once(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    sweep(GRID, **ARGUMENTS, cache=folder)
    return folder


@pytest.fixture
def filled(kept_once, tmp_path) -> Path:
    """A folder of one's own in which all parts are known."""
    return Path(shutil.copytree(kept_once, tmp_path, dirs_exist_ok=True))


def entries(folder: Path) -> list[Path]:
    """The files in which what is known is kept, one for each cell of the grid."""
    return sorted(folder.glob("*.npz"))


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


@pytest.mark.parametrize(("by", "chunk"), [(0, 2), (1000, 1)], ids=["as they are", "shifted"])
def test_two_processes_give_the_numbers_of_one(plain, by, chunk):
    with shifted(by):
        one = sweep(GRID, **ARGUMENTS) if by else plain
        with joblib.parallel_config("loky", n_jobs=2):  # which asks for most tasks when some are done
            two = sweep(GRID, **ARGUMENTS, chunk=chunk)
    pd.testing.assert_frame_equal(two, one, check_exact=True)
    assert one["value"].equals(plain["value"]) == (not by)


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
from zoolab.long import sweeps
replicate = sweeps.replicate
def slowly(*args, **kwargs):
    time.sleep(0.15)
    return replicate(*args, **kwargs)
sweeps.replicate = slowly
sweeps.sweep(GRID, **ARGUMENTS, cache={folder!r}, chunk=1)
"""


def known(path: Path) -> dict:
    return cache._read(path.parent, path.stem)


def n_known(folder: Path) -> int:
    return sum(len(known(path)) for path in entries(folder))


@pytest.mark.parametrize("name", ["all", "start", "at first"])
@pytest.mark.parametrize("drawn", [False, True])
def test_no_phase_is_lost_whatever_a_shock_is_called(name, drawn):
    shock = zoolib.Shock({}, name=name)
    shocks = zoolib.RandomTimes([shock], 30, 30) if drawn else {30: shock}
    found = sweep({"random": (RandomAgent, {})}, range(2), 50, shocks, measures=["ctr"], progress=False)
    assert list(zip(found.start, found.stop, strict=True)) == [(0, 50), (0, 30), (30, 50)] * 2
    assert (found.phase[1::3] == "start").all()


@pytest.mark.parametrize(
    ("setting", "measure"),
    [*((name, "ctr") for name in ("agent", "replication", "phase", "start", "stop", "ctr")), ("a", "a"), ("a", "stop")],
)
def test_no_two_columns_are_called_alike(setting, measure):
    def agent(features, **settings):
        return RandomAgent(features, rng=0)

    grid, measures = {"mine": (agent, {setting: [1, 2]})}, {measure: metrics.ctr}
    with pytest.raises(ValueError, match="two columns of the result would be called"):
        sweep(grid, range(2), 50, measures=measures, progress=False)


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
    lambda data: b"",
    lambda data: b"[]",
    lambda data: b"\0\0",
    lambda data: pickle.dumps({}),
], ids=["cut off", "a bit changed", "empty", "something else", "no text", "a pickle"])  # fmt: skip
def test_what_is_damaged_is_computed_again_and_said(damage, plain, filled, monkeypatch):
    path = entries(filled)[0]
    path.write_bytes(damage(path.read_bytes()))
    computed = replications_computed(monkeypatch)
    with pytest.warns(UserWarning, match="is not what was kept there, and is computed again"):
        pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=filled), plain, check_exact=True)
    assert len(computed) == 6
    with warnings.catch_warnings(action="error"):
        pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=filled), plain, check_exact=True)
    assert len(computed) == 6


def test_no_changed_bit_changes_a_number(filled):
    path = entries(filled)[0]
    data, whole = path.read_bytes(), known(path)
    for place in range(0, len(data), 53):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with warnings.catch_warnings(action="ignore"):
            assert known(path) in (whole, {})


def test_a_part_under_the_key_of_another_is_not_believed(plain, filled):
    one, *others = entries(filled)
    for other in others:
        shutil.copy(one, other)
    with pytest.warns(UserWarning, match="it is of another key"):
        pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=filled), plain, check_exact=True)


def test_a_folder_or_a_link_to_nowhere_in_the_place_of_a_part_ends_no_sweep(plain, filled):
    folder, link, *_ = entries(filled)
    folder.unlink()
    folder.mkdir()
    link.unlink()
    link.symlink_to(filled / "nowhere")
    with pytest.warns(UserWarning, match="cannot be kept"):
        pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=filled), plain, check_exact=True)
    assert link.is_file()
    assert [path.name for path in filled.iterdir() if path.name.endswith(".part")] == []


def test_two_sweeps_may_find_the_same_damaged_part(tmp_path, monkeypatch):
    job = [({"power": 2}, [1, 2, 3])]
    gather(squares, job, tmp_path, progress=False)
    (path,) = entries(tmp_path)
    path.write_bytes(b"damaged")
    both, read = Barrier(2), cache._read
    monkeypatch.setattr(cache, "_read", lambda *which: (both.wait(60), read(*which))[1])
    with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor(2) as pool:
        found = [pool.submit(gather, squares, job, tmp_path, progress=False) for _ in range(2)]
        assert [one.result() for one in found] == [[{1: 1.0, 2: 4.0, 3: 9.0}]] * 2
    assert read(tmp_path, path.stem) == {1: 1.0, 2: 4.0, 3: 9.0}


def keys_of(**changes) -> str:
    recipe = {"agent": LinUCBAgent, "settings": {"alpha": 0.2}, "shocks": SHOCKS, "n_steps": 500}
    return cache.key(recipe | {"measure": metrics.ctr} | changes)


def test_the_key_holds_all_that_decides_the_numbers(monkeypatch):
    table = list(zoolib.CLICK_TABLE.items())
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
        *({"click_table": dict(rows)} for rows in (table, table[::-1])),  # the order of personas, too
    ]
    assert len({keys_of(**change) for change in changes}) == len(changes)
    assert keys_of() == keys_of(settings={"alpha": np.float64(0.2)})
    before = keys_of()
    with shifted(1):
        assert keys_of() != before
    monkeypatch.setattr(cache, "code", lambda: "other code")
    assert keys_of() != before


@pytest.mark.parametrize("name", ["zoolib/world/simulator.py", "zoolib/new.py", "zoolab/long/sweeps.py"])
def test_the_code_is_another_when_a_byte_of_zoolib_or_zoolab_is(name, tmp_path, monkeypatch):
    root = Path(zoolib.__file__).parents[1]
    for package in ("zoolib", "zoolab"):
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", ".venv*"))
    monkeypatch.setattr(zoolib, "__file__", str(tmp_path / "zoolib" / "__init__.py"))
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "zoolab" / "long" / "cache.py"))
    before = cache.code.__wrapped__()
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("\nx = 1\n")
    assert cache.code.__wrapped__() != before


def test_the_code_is_that_of_the_start_whatever_is_changed_later(monkeypatch):
    before = cache.code()
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"changed")
    assert cache.code() == before


def test_the_file_of_a_readers_agent_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # which takes two texts of one second for the same
    keys = []
    for alpha in (0.05, 0.8, 0.05):
        text = (
            f"from zoolib import LinUCBAgent\n\ndef agent(features):\n    return LinUCBAgent(features, alpha={alpha})\n"
        )
        (tmp_path / "readers_own.py").write_text(text, encoding="utf-8")
        sys.modules.pop("readers_own", None)
        importlib.invalidate_caches()
        keys.append(cache.key({"agent": importlib.import_module("readers_own").agent}))
    monkeypatch.delitem(sys.modules, "readers_own")
    assert keys[0] == keys[2] != keys[1]


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
    monkeypatch.setattr(np, "savez_compressed", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        gather(squares, job, tmp_path, progress=False)
    monkeypatch.undo()
    assert entries(tmp_path) == []
    gather(squares, job, tmp_path, progress=False)
    assert [known(path) for path in entries(tmp_path)] == [{1: 1.0, 2: 4.0, 3: 9.0}]


VALUES = {
    1: {(2, "a"): [1, 2.5, None, True, "ü"], "nested": {3: {"x": (1, (2,))}}},
    (1, 2): np.arange(6.0).reshape(2, 3),
    "inf": [float("inf"), -float("inf")],
    0.1 + 0.2: np.array([np.nan, np.inf, 1e-300]),
    float("inf"): 0.1 + 0.2,
    "numbers": (np.float64(0.1), np.int64(2**60), np.float32(0.1), np.bool_(True)),
    "arrays": [np.array([], dtype=np.int32), np.array("words"), np.array([True, False])],
}


def values(items):
    return {item: VALUES[item] for item in items}


def test_what_is_kept_comes_back_as_it_was(tmp_path):
    """By value, by kind, and in its order: dicts, lists, tuples, arrays and numbers of NumPy."""
    job = [({}, list(VALUES))]
    gather(values, job, tmp_path, progress=False)
    (found,) = gather(values, job, tmp_path, progress=False)
    assert repr(found) == repr(VALUES)
    for one, other in zip(VALUES["arrays"], found["arrays"], strict=True):
        assert one.dtype == other.dtype


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, np.array([None]), metrics.ctr], ids=["object", "set", "array", "code"]
)
def test_a_value_that_cannot_be_kept_is_refused(value, tmp_path, monkeypatch):
    monkeypatch.setitem(VALUES, "odd", value)
    with pytest.raises(TypeError, match="cannot be kept"):
        gather(values, [({}, ["odd"])], tmp_path, progress=False)
    assert entries(tmp_path) == []


class Planted:
    """What runs when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("where", ["the file", "an array", "what is said"])
def test_a_planted_pickle_runs_nothing(where, tmp_path):
    job, trace = [({"power": 2}, [1, 2, 3])], tmp_path / "trace"
    gather(squares, job, tmp_path, progress=False)
    (path,) = entries(tmp_path)
    with np.load(path) as kept:
        parts = dict(kept)
    planted = np.array([Planted(trace)], dtype=object)
    if where == "the file":
        path.write_bytes(pickle.dumps(planted))
    else:
        np.savez(path, **{**parts, ("said" if where == "what is said" else "a0"): planted})
    with warnings.catch_warnings(action="ignore"):
        assert gather(squares, job, tmp_path, progress=False) == [{1: 1.0, 2: 4.0, 3: 9.0}]
    assert not trace.exists()


def test_a_job_grows_by_what_it_lacks_a_chunk_at_a_time(tmp_path, monkeypatch):
    gather(squares, [({"power": 2}, [1, 2])], tmp_path, progress=False)
    computed, compute = [], cache._compute
    monkeypatch.setattr(cache, "_compute", lambda *task: computed.append(task[2]) or compute(*task))
    found = gather(squares, [({"power": 2}, [4, 2, 1, 3])], tmp_path, chunk=2, progress=False)
    assert list(found[0].items()) == [(4, 16.0), (2, 4.0), (1, 1.0), (3, 9.0)]
    assert computed == [[4], [3]]


def test_a_worker_with_other_code_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "_compute", lambda *task: ("other code", task[1], {}))
    for folder in (None, tmp_path):
        with pytest.raises(RuntimeError, match="a worker runs other code"):
            sweep(GRID, **ARGUMENTS, cache=folder)
    assert entries(tmp_path) == []


def test_a_stored_table_is_read_to_the_last_bit(plain, tmp_path):
    store(plain, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(stored(tmp_path / "table.csv"), plain, check_exact=True)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@pytest.mark.parametrize(("changes", "message"), [
    *each(grid=[{}], seeds=[[], [1, 1], [-1]], chunk=[0], n_steps=[0], shocks=[{900: SHOCK_FISH}], n_products=[0]),
    ({"grid": {"a": (LinUCBAgent, {"alpha": []})}}, "alpha"),
    ({"grid": {"a": (LinUCBAgent, {"beta_x": 0.2})}}, "beta_x"),
    ({"measures": ["clicks"]}, "clicks"),
])  # fmt: skip
def test_arguments_that_make_no_sense_are_refused_by_name(changes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        sweep(**{"grid": GRID, **ARGUMENTS, **changes})


def test_columns_that_only_look_alike_have_an_interval_each():
    found = intervals(pd.DataFrame({1: [1.0, 2.0], "1": [5.0, 6.0]}))
    assert (found[1].mean, found["1"].mean) == (1.5, 5.5)
