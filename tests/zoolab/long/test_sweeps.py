"""Sweeps give the numbers of single experiments, wherever they run and however often they are stopped."""

import ast
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
from joblib.externals.loky import get_reusable_executor

import zoolib
from zoolab.long import cache, cluster, gather, sweep, sweeps
from zoolib import SHOCK_DOG_TOY, SHOCK_FISH, LinUCBAgent, RandomAgent, SharedLinUCBAgent, metrics, replicate, sources
from zoolib.experiment import store, stored
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
    return sorted(folder.glob("*.pkl"))


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
    return sum(len(joblib.load(path)[1]) for path in entries(folder))


def test_the_order_of_personas_is_part_of_what_is_kept(tmp_path):
    table = dict(zoolib.CLICK_TABLE)
    ask = {"seeds": range(3), "n_steps": 300, "measures": ["value"], "progress": False}
    grid, found = {"LinUCB": (LinUCBAgent, {})}, {}
    for order in (list(table), list(table)[::-1]):
        shop = {"click_table": {name: table[name] for name in order}}
        found[order[0]] = sweep(grid, cache=tmp_path, **shop, **ask).value.tolist()
        assert found[order[0]] == sweep(grid, **shop, **ask).value.tolist()
    assert len({*map(tuple, found.values())}) == 2


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
    lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    lambda data: b"",
    lambda data: b"[]",
    lambda data: b"\0\0",
    lambda data: pickle.dumps({}),
    lambda data: b"(" * 100_000 + b"t" * 100_000 + b".",
    lambda data: b"cnowhere\nnothing\n.",
], ids=["cut off", "a bit changed", "the last bit changed", "empty", "something else", "no text", "no part", "nested",
        "of a module that is gone"])  # fmt: skip
def test_what_is_damaged_is_computed_anew_and_said(damage, plain, filled, monkeypatch):
    path = entries(filled)[0]
    path.write_bytes(damage(path.read_bytes()))
    computed = replications_computed(monkeypatch)
    with pytest.warns(UserWarning, match="is not what was kept there, and is computed anew"):
        pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=filled), plain, check_exact=True)
    assert len(computed) == 6
    with warnings.catch_warnings(action="error"):
        pd.testing.assert_frame_equal(sweep(GRID, **ARGUMENTS, cache=filled), plain, check_exact=True)
    assert len(computed) == 6


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
    both, load = Barrier(2), joblib.load
    monkeypatch.setattr(joblib, "load", lambda path: (both.wait(60), load(path))[1])
    with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor(2) as pool:
        found = [pool.submit(gather, squares, job, tmp_path, progress=False) for _ in range(2)]
        assert [one.result() for one in found] == [[{1: 1.0, 2: 4.0, 3: 9.0}]] * 2
    assert load(path)[1] == {1: 1.0, 2: 4.0, 3: 9.0}


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
    monkeypatch.setattr(sources, "zoolib_code", lambda: "other code")
    assert keys_of() != before


def code_of(text: str) -> str:
    return sources._code(ast.parse(text))


def test_the_code_counts_and_its_words_do_not():
    assert code_of("x = 1\n") == code_of("# why\nx  =  1\n") == code_of('"""What."""\nx = 1\n')
    assert code_of("def f():\n    return 1\n") == code_of('def f():\n    """Why."""\n    return (\n        1\n    )\n')
    assert code_of("x = 1\n") != code_of("x = 2\n")
    assert code_of("x = '1'\n") != code_of("x = '2'\n")


@pytest.mark.parametrize(("name", "counts"), [
    ("evidence/ridge.py", True), ("world/simulator.py", True), ("experiment/sweeps.py", True), ("agents/base.py", True),
    ("agents/new.py", True), ("book/new.py", False), ("book/plots.py", False), ("experiment/cache.py", False),
    ("persistence.py", False), ("saving.py", False), ("sources.py", False),
])  # fmt: skip
def test_a_changed_page_makes_no_number_out_of_date_and_changed_code_does(name, counts, tmp_path, monkeypatch):
    shutil.copytree(Path(zoolib.__file__).parent, tmp_path / "zoolib", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sources, "__file__", str(tmp_path / "zoolib" / "sources.py"))
    monkeypatch.setattr(sources, "_changed", lambda *_: False)  # it is no copy that was imported
    before = sources.zoolib_code.__wrapped__()
    changed = tmp_path / "zoolib" / name
    with changed.open("a", encoding="utf-8") as file:
        file.write("\nx = 1\n")
    assert (sources.zoolib_code.__wrapped__() != before) == counts


def test_the_code_is_read_once_when_it_is_first_needed():
    code = """
import pathlib
from zoolib import RandomAgent, sources, sweep
sweep({"random": (RandomAgent, {})}, [1], 50, progress=False)
assert sources.zoolib_code.cache_info().misses == 0  # nothing is kept, and this process is its own worker
said = sources.zoolib_code()
pathlib.Path.read_bytes = None  # what is changed later is not the code that runs
assert sources.zoolib_code() == said
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- the reader's own code -------------------------------------------------------------------------------


class Own:
    """Modules of a reader's own in a folder: ``mine`` has the agent, whatever ``files`` says hands it its alpha."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder, self.files = folder, files
        self.write(0.05)
        self.load()

    def write(self, alpha: float) -> None:
        """Change what all that stands in the folder says of alpha."""
        for name, text in self.files.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace("ALPHA = 0", f"ALPHA = {alpha}"), encoding="utf-8")

    def load(self) -> None:
        """Import all of it, as a new process would."""
        for name in [name for name in sys.modules if name.partition(".")[0] in ("mine", "aside", "bundle")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        self.agent = importlib.import_module("mine").agent

    def sweep(self, cache: Path | None = None, agent=None) -> pd.DataFrame:
        return sweep(
            {"mine": (agent or self.agent, {})}, range(2), 200, n_products=20, cache=cache, progress=False, chunk=1
        )


AGENT = "from zoolib import LinUCBAgent\n{}\ndef agent(features):\n    return LinUCBAgent(features, alpha={})\n"
WAYS = {
    "itself": {"mine.py": AGENT.format("ALPHA = 0", "ALPHA")},
    "by default": {"mine.py": AGENT.format("ALPHA = 0\nclass Of:\n    alpha = ALPHA", "Of.alpha")},
    "from another": {"mine.py": AGENT.format("from aside import ALPHA", "ALPHA"), "aside.py": "ALPHA = 0\n"},
    "later": {
        "mine.py": AGENT.format("def its():\n    import aside\n    return aside", "its().ALPHA"),
        "aside.py": "ALPHA = 0\n",
    },
    "by way of another": {
        "mine.py": AGENT.format("from bundle.one import two", "two.ALPHA"),
        "bundle/__init__.py": "",
        "bundle/one.py": "import json\nimport numpy\nfrom . import two\n",
        "bundle/two.py": "ALPHA = 0\n",
    },
    "from a package's door": {
        "mine.py": AGENT.format("import bundle.one", "bundle.one.its()"),
        "bundle/__init__.py": "ALPHA = 0\n",
        "bundle/one.py": "import sys\ndef its():\n    return sys.modules['bundle'].ALPHA\n",
    },
}


@pytest.fixture(params=WAYS)
def own(request, tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "code")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # which takes two texts of one second for the same
    with monkeypatch.context() as context:
        yield Own(tmp_path / "code", WAYS[request.param])
        for name in [name for name in sys.modules if name.partition(".")[0] in ("mine", "aside", "bundle")]:
            context.delitem(sys.modules, name)


def test_whatever_the_agents_module_imports_counts_too(own, tmp_path):
    before = own.sweep(tmp_path)
    assert set(sources.codes(["mine"])) == {
        "zoolib",
        *(n[:-3].replace("/", ".").removesuffix(".__init__") for n in own.files),
    }
    own.write(0.8)
    own.load()
    after = own.sweep(tmp_path)
    pd.testing.assert_frame_equal(after, own.sweep(), check_exact=True)
    assert not after.ctr.equals(before.ctr)
    own.write(0.05)
    own.load()
    pd.testing.assert_frame_equal(own.sweep(tmp_path), before, check_exact=True)
    assert len(entries(tmp_path)) == 2


def test_code_that_was_changed_after_it_was_imported_is_refused_until_it_is_loaded_again(own, tmp_path):
    time.sleep(0.02)  # clocks of files are coarse
    own.write(0.8)
    with pytest.raises(RuntimeError, match="changed since it was imported; load it again"):
        own.sweep(tmp_path)
    assert entries(tmp_path) == []
    assert own.sweep().ctr.notna().all()  # what is not kept may be computed
    own.load()
    pd.testing.assert_frame_equal(own.sweep(tmp_path), own.sweep(), check_exact=True)


def test_code_that_was_changed_after_it_was_looked_at_is_known_as_it_was(own, tmp_path):
    before, key = own.sweep(tmp_path), cache.key({"agent": own.agent})
    time.sleep(0.02)
    own.write(0.8)
    pd.testing.assert_frame_equal(own.sweep(tmp_path), before, check_exact=True)
    assert cache.key({"agent": own.agent}) == key
    own.load()
    assert cache.key({"agent": own.agent}) != key


def test_a_module_that_is_loaded_again_is_looked_at_again(own):
    key = cache.key({"agent": own.agent})
    own.write(0.8)
    for name in [name for name in sources.codes(["mine"]) if name != "zoolib" and name in sys.modules]:
        importlib.reload(sys.modules[name])
    assert cache.key({"agent": sys.modules["mine"].agent}) != key


@pytest.mark.many
@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("own", ["by way of another"], indirect=True)
def test_a_worker_that_holds_other_code_is_refused(own, tmp_path, kept):
    folder = tmp_path / "kept" if kept else None
    get_reusable_executor().shutdown()  # whose workers would not find the folder
    with joblib.parallel_config("loky", n_jobs=2):
        try:
            pd.testing.assert_frame_equal(own.sweep(folder), own.sweep(), check_exact=True)
            own.write(0.8)
            own.load()
            with pytest.raises(RuntimeError, match=r"a worker runs another .*bundle\.two"):
                own.sweep(folder)
        finally:
            get_reusable_executor().shutdown()
    assert not kept or len(entries(folder)) == 1
    with joblib.parallel_config("loky", n_jobs=2):
        pd.testing.assert_frame_equal(own.sweep(folder), own.sweep(), check_exact=True)


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
    monkeypatch.setattr(joblib, "dump", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        gather(squares, job, tmp_path, progress=False)
    monkeypatch.undo()
    assert entries(tmp_path) == []
    gather(squares, job, tmp_path, progress=False)
    assert [joblib.load(path)[1] for path in entries(tmp_path)] == [{1: 1.0, 2: 4.0, 3: 9.0}]


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
    monkeypatch.setattr(cache, "_compute", lambda *task: ({"zoolib": "other code"}, task[1], {}))
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
