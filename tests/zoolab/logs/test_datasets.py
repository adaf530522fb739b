"""Logs are read as they are or refused by row and column, and a damaged file is never read."""

import bz2
import gzip
import io
import lzma
import shutil
import tarfile
import threading
import zipfile
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
from built_book import ROOT

from zoolab.logs import LoggedData, log_of_frame, open_bandit, packages, production_prior, read_log, unpacking
from zoolab.logs.public_logs import CAMPAIGNS, POLICIES

installed = pytest.mark.skipif(
    not list(packages.folder().rglob("obp-*")), reason=f"the Open Bandit sample is not installed: {packages.FETCH}"
)

GOOD = """visitor,hour,item,bought,chance
new,9,pen,0,0.5
old,10,ink,1,0.25
new,11,pen,0,0.5
old,12,pad,1,0.25
"""
COLUMNS = {"context": ["visitor", "hour"], "action": "item", "reward": "bought", "propensity": "chance"}


def read(tmp_path, text, **more):
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    return read_log(path, **(COLUMNS | more))


NAMES = {name: column for name, column in COLUMNS.items() if name != "context"}


def frame_with(**columns):
    return pd.read_csv(io.StringIO(GOOD)).assign(**columns)


# ---- a reader's own log -------------------------------------------------------------------------------------------


def test_a_log_is_read_as_it_is(tmp_path):
    log = read(tmp_path, GOOD)
    assert len(log) == 4
    assert log.actions == ("ink", "pad", "pen")
    assert log.action.tolist() == [2, 0, 2, 1]
    assert log.features == ("visitor=new", "visitor=old", "hour")
    assert log.context.tolist() == [[1, 0, 9], [0, 1, 10], [1, 0, 11], [0, 1, 12]]
    assert log.reward.tolist() == [0, 1, 0, 1]
    assert log.propensity.tolist() == [0.5, 0.25, 0.5, 0.25]
    assert log.position.tolist() == [0] * 4
    assert log.rewarded() == 2


def test_actions_may_be_named_in_an_order_of_their_own_and_some_may_never_occur(tmp_path):
    log = read(tmp_path, GOOD, actions=["pen", "ink", "nib", "pad"])
    assert log.n_actions == 4
    assert log.action.tolist() == [0, 1, 0, 3]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("chance\n", "odds\n", "column 'chance' is missing; there are 'visitor', 'hour', 'item', 'bought', 'odds'"),
    ("pen,0,0.5\nold,12", "pen,0,0\nold,12", r"propensity, row 2: must be a probability in \(0, 1\].*got 0.0"),
    ("ink,1,0.25", "ink,1,1.25", r"propensity, row 1: .*got 1.25"),
    ("ink,1,0.25", "ink,1,-0.25", "propensity, row 1: .*got -0.25"),
    ("ink,1,0.25", "ink,1,", "column 'chance', row 1: must be filled in, not NA, got nan"),
    ("ink,1,0.25", "ink,1", "column 'chance', row 1: must be filled in"),
    ("ink,1,0.25", "ink,1,often", "column 'chance', row 1: must be a finite number, got often"),
    ("ink,1,0.25", "ink,inf,0.25", "column 'bought', row 1: must be a finite number, got inf"),
    ("ink,1,0.25", "ink,yes,0.25", "column 'bought', row 1: must be a finite number, got yes"),
    ("old,12,pad", "old,12,", "column 'item', row 3: must be filled in"),
    ("old,12,pad", "old,,pad", "column 'hour', row 3: must be filled in"),
    ("old,12,pad", ",12,pad", "column 'visitor', row 3: must be filled in"),
    ("old,12,pad", "old,inf,pad", "column 'hour', row 3: must be a finite number"),
    ("new,11", "\nnew,11", "column 'visitor', row 2: must be filled in"),
    ("ink,1,0.25", "ink,1,0.25,7", "is no CSV file with a header: .*line 3"),
])  # fmt: skip
def test_what_is_wrong_with_a_log_is_named_by_column_and_row(tmp_path, old, new, message):
    assert GOOD.count(old) == 1
    with pytest.raises(ValueError, match=message):
        read(tmp_path, GOOD.replace(old, new))


def test_an_action_that_nobody_named_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"column 'item', row 3: must be one of the actions .*got pad"):
        read(tmp_path, GOOD, actions=["pen", "ink"])
    with pytest.raises(ValueError, match="actions must be distinct"):
        read(tmp_path, GOOD, actions=["pen", "ink", "pad", "pen"])


def test_numbers_among_words_and_words_among_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match="column 'item', row 1: must be a word or a number, as in row 0"):
        log_of_frame(frame_with(item=["pen", 2, "pen", "pad"]), context=["hour"], **NAMES)
    with pytest.raises(TypeError, match="actions must be of the type that column 'item' holds, int, got str"):
        log_of_frame(frame_with(item=[0, 1, 0, 1]), context=["hour"], actions=["0", "1"], **NAMES)
    with pytest.raises(ValueError, match=r"column 'hour', row 2: must be a number, as most of its .* got noon"):
        log_of_frame(frame_with(hour=["9", "11", "noon", "12"]), context=["hour"], **NAMES)


def test_decimals_are_numbers_and_what_is_no_real_number_is_none():
    decimals = log_of_frame(frame_with(hour=[Decimal("9.5"), Decimal(10), 11.5, 12]), context=["hour"], **NAMES)
    assert decimals.features == ("hour",)
    assert decimals.context[:, 0].tolist() == [9.5, 10, 11.5, 12]
    for column in ("hour", "bought"):
        with pytest.raises(ValueError, match=rf"column '{column}', row 0: must be a finite number, got \(?1\+2j"):
            log_of_frame(frame_with(**{column: [1 + 2j, 1, 0, 1]}), context=["hour"], **NAMES)
    with pytest.raises(ValueError, match="column 'bought', row 0: must be a finite number, got 2020-01-01"):
        log_of_frame(frame_with(bought=pd.to_datetime(["2020-01-01"] * 4)), context=["hour"], **NAMES)
    with pytest.raises(ValueError, match=r"column 'hour', row 0: .* written without commas, got 1,500"):
        log_of_frame(frame_with(hour=["1,500", "2,500", "900", "1,000,000.5"]), context=["hour"], **NAMES)
    assert log_of_frame(frame_with(hour=["1,5", "2,5", "a", "b"]), context=["hour"], **NAMES).context.shape == (4, 4)


def test_an_action_keeps_the_zeros_before_it_and_numbers_are_numbers(tmp_path):
    zeros = GOOD.replace("pen", "007").replace("ink", "7").replace("pad", "010")
    assert read(tmp_path, zeros).actions == ("007", "010", "7")
    assert read(tmp_path, zeros, actions=["7", "010", "007"]).action.tolist() == [2, 0, 2, 1]
    numbers = GOOD.replace("pen", "10").replace("ink", "9").replace("pad", "0")
    assert read(tmp_path, numbers).actions == ("0", "9", "10")
    assert read(tmp_path, numbers, actions=[10, 9, 0]).action.tolist() == [0, 1, 0, 2]


def test_a_context_holds_no_outcome_and_a_column_is_there_once(tmp_path):
    with pytest.raises(ValueError, match="context must hold what was known before the choice, which column 'bought'"):
        log_of_frame(frame_with(), context=["hour", "bought"], **NAMES)
    twice = pd.concat([frame_with(), frame_with()[["bought"]]], axis=1)
    with pytest.raises(ValueError, match="column 'bought' occurs twice"):
        log_of_frame(twice, context=["hour"], **NAMES)


def test_files_that_are_no_logs_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*nowhere\.csv"):
        read_log(tmp_path / "nowhere.csv", context=[])
    with pytest.raises(ValueError, match="no CSV file"):
        read(tmp_path, "")
    with pytest.raises(ValueError, match="at least one row"):
        read(tmp_path, GOOD.splitlines()[0])
    with pytest.raises(ValueError, match="more fields than its header"):
        read(tmp_path, GOOD.replace("\n", ",x\n").replace(",x", "", 1))
    with pytest.raises(TypeError, match="context must be a sequence"):
        read(tmp_path, GOOD, context="hour")


@pytest.mark.parametrize("first", [[1, 2, 3, 4], [5, 6, 7, 8], [10, 20, 30, 40], [7, 7, 7, 7], ["a", "b", "c", "d"]])
def test_a_field_too_much_in_every_row_shifts_no_column(tmp_path, first):
    head, *rows = GOOD.splitlines()
    text = "\n".join([head, *(f"{one},{row}" for one, row in zip(first, rows, strict=True))])
    with pytest.raises(ValueError, match="more fields than its header"):
        read(tmp_path, text)


def test_a_column_that_occurs_twice_in_a_file_is_refused_if_it_is_asked_for(tmp_path):
    text = "\n".join(f"{row},{extra}" for row, extra in zip(GOOD.splitlines(), ["hour", 1, 2, 3, 4], strict=True))
    with pytest.raises(ValueError, match="column 'hour' occurs twice"):
        read(tmp_path, text)
    assert read(tmp_path, text, context=["visitor"]).features == ("visitor=new", "visitor=old")


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    assert read(tmp_path, "\ufeff" + GOOD).features == read(tmp_path, GOOD).features


@pytest.mark.parametrize("ending", ["csv.gz", "csv.zip", "csv.xz", "csv.bz2", "csv.zst", "csv.tar"])
def test_a_compressed_file_that_is_none_is_refused_in_words(tmp_path, ending):
    for content in (GOOD.encode(), gzip.compress(GOOD.encode())[:20]):
        (tmp_path / f"log.{ending}").write_bytes(content)
        with pytest.raises(ValueError, match=r"path: '.*' is no CSV file"):
            read_log(tmp_path / f"log.{ending}", **COLUMNS)


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
def test_a_packed_log_is_read_and_what_unpacks_to_more_than_fits_is_refused(tmp_path, monkeypatch, ending, pack):
    path = tmp_path / f"log.csv.{ending}"
    path.write_bytes(pack.compress(GOOD.encode()))
    assert read_log(path, **COLUMNS).action.tolist() == [2, 0, 2, 1]
    monkeypatch.setattr(unpacking, "MOST_TEXT", 2**20)
    path.write_bytes(pack.compress(GOOD.encode() + b"new,11,pen,0,0.5\n" * 2**16))
    with pytest.raises(ValueError, match=r"must hold at most 1,048,576 bytes, and unpacks to more"):
        read_log(path, **COLUMNS)


def test_more_columns_than_anybody_has_and_words_that_are_all_different_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"at most 5,000 columns, got 100,005"):
        read(tmp_path, "".join(f"{row}{',x' * 100_000}\n" for row in GOOD.splitlines()))
    rows = "".join(f"v{i},9,pen,0,0.5\n" for i in range(20_000))
    with pytest.raises(ValueError, match=r"column 'visitor' must hold a few words.* 20,000 different words"):
        read(tmp_path, GOOD.splitlines()[0] + "\n" + rows)


def test_a_refusal_lists_some_names_and_not_thousands():
    with pytest.raises(ValueError, match="column 'reward' is missing") as caught:
        log_of_frame(pd.DataFrame({f"column {i}": [1] for i in range(3000)} | {"action": 1}), context=[])
    assert len(str(caught.value)) < 500


def test_a_number_of_four_hundred_digits_is_refused(tmp_path):
    text = "\n".join(f"{row},{p}" for row, p in zip(GOOD.splitlines(), ["place", 0, "1e300", 0, 0], strict=True))
    with pytest.raises(ValueError, match=r"position, row 1: must be a whole number, got 1e\+300"):
        read(tmp_path, text, position="place")
    with pytest.raises(ValueError, match=r"column 'bought', row 1: must be a finite number"):
        read(tmp_path, GOOD.replace("ink,1,0.25\nnew", f"ink,1{'0' * 400},0.25\nnew"))


def test_of_many_wrong_rows_the_first_is_named_and_all_are_counted(tmp_path):
    with pytest.raises(ValueError, match=r"propensity, row 0: .*got 5.0 \(2 such rows\)"):
        read(tmp_path, GOOD.replace("0.5\n", "5\n"))


# ---- the type itself ----------------------------------------------------------------------------------------------


def parts(**new):
    good = {"context": np.zeros((4, 2)), "action": np.array([0, 1, 2, 1]), "reward": np.ones(4)}
    return good | {"propensity": np.full(4, 0.5), "n_actions": 3} | new


@pytest.mark.parametrize(("column", "value", "message"), [
    ("action", [0, 1, 3, 1], "action, row 2: must be between 0 and 2, got 3"),
    ("action", [0, -1, 2, 1], "action, row 1: must be between 0 and 2, got -1"),
    ("action", [0, 1.5, 2, 1], "action, row 1: must be a whole number, got 1.5"),
    ("action", list("abcd"), "action must hold real numbers"),
    ("action", [], r"action must have shape \(n,\)"),
    ("reward", [0, 1, np.nan, 1], "reward, row 2: must be a finite number, got nan"),
    ("reward", [0, 1], r"reward must have shape \(4,\)"),
    ("propensity", [0.5, 0.5, 0.0, 0.5], "propensity, row 2"),
    ("propensity", [0.5, 0.5, np.nan, 0.5], "propensity, row 2: must be a finite number, got nan"),
    ("position", [0, 0, 0, -1], "position, row 3: must be at least 0, got -1"),
    ("context", [[0, 0], [0, np.nan], [0, 0], [0, 0]], "context, column 1, row 1: must be a finite number"),
    ("context", np.zeros((3, 2)), "context must have shape"),
    ("context", np.zeros(4), "context must have shape"),
    ("n_actions", 0, "n_actions must be at least 1"),
    ("actions", ("a", "b"), "actions must name all 3"),
    ("features", ("a",), "features must name all 2"),
])  # fmt: skip
def test_what_is_no_log_is_refused(column, value, message):
    with pytest.raises((ValueError, TypeError), match=message):
        LoggedData(**parts(**{column: value}))


def test_a_replication_is_named_too():
    many = {name: np.stack([value] * 3) for name, value in parts().items() if name != "n_actions"}
    many["propensity"][2, 1] = 0
    with pytest.raises(ValueError, match="propensity, row 1 of replication 2"):
        LoggedData(**many, n_actions=3)


def test_a_log_keeps_its_own_copy_of_what_it_was_given():
    given = parts()
    log = LoggedData(**given)
    given["action"][0], given["propensity"][0] = 2, 9.0
    assert log.action[0] == 0
    assert log.propensity[0] == 0.5


def test_a_frame_gives_the_log_that_its_file_gives(tmp_path):
    frame = pd.read_csv(io.StringIO(GOOD))
    a, b = log_of_frame(frame, **COLUMNS), read(tmp_path, GOOD)
    assert (a.context == b.context).all()
    assert (a.action == b.action).all()


# ---- the Open Bandit sample ---------------------------------------------------------------------------------------


@installed
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_every_row_of_the_sample_is_there(campaign, policy):
    log = open_bandit(campaign, policy)
    K = CAMPAIGNS[campaign]
    assert len(log) == 10_000
    assert log.n_actions == K
    assert set(log.position) == {0, 1, 2}
    if policy == "random":
        np.testing.assert_allclose(log.propensity, 1 / K)
    alpha, beta = production_prior(campaign)
    assert len(alpha) == len(beta) == K
    assert (alpha < beta).all()


MEN = "obp/dataset/obd/random/men/men.csv"


@installed
def test_a_damaged_sample_is_refused_and_the_error_says_what_to_run(tmp_path, monkeypatch):
    archive, content = packages.archive("obp"), packages.member("obp", MEN)
    monkeypatch.setenv("ZOOLIB_WHEELS", str(tmp_path))
    with zipfile.ZipFile(tmp_path / "obp-0.5.7-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MEN, content.replace(b",0,", b",1,", 1))
    with pytest.raises(ValueError, match=r"men\.csv.*check sum differs; 'python -m zoolab\.logs'"):
        open_bandit("men")
    (tmp_path / "obp-0.5.7-py3-none-any.whl").unlink()
    whole = archive.read_bytes()
    for spoiled in (whole[: len(whole) // 2], whole[:90_000] + bytes(500) + whole[90_500:], b"", b"no archive"):
        (tmp_path / archive.name).write_bytes(spoiled)
        with pytest.raises((ValueError, FileNotFoundError), match=r"'python -m zoolab\.logs' fetches"):
            open_bandit("women")


@pytest.mark.parametrize(
    ("at", "value"), [(8, 99), (8, 14), (6, 1)], ids=["no method", "LZMA of nothing", "a password"]
)
def test_a_crafted_archive_is_refused_in_words(monkeypatch, tmp_path, at, value):
    monkeypatch.setenv("ZOOLIB_WHEELS", str(tmp_path))
    path = tmp_path / "obp-0.5.7-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(MEN, b"0" * 100)
    content = bytearray(path.read_bytes())
    for place in (at, content.index(b"PK\1\2") + at + 2):  # what packs it, or its flags, in both headers
        content[place] = value
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged or no archive"):
        open_bandit("men")


def test_without_the_archive_the_error_says_what_to_run(monkeypatch, tmp_path):
    monkeypatch.setenv("ZOOLIB_WHEELS", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"run 'python -m zoolab\.logs' once"):
        open_bandit()
    with tarfile.open(tmp_path / "obp-0.5.7.tar.gz", "w:gz") as archive:
        archive.add(ROOT / "README.md", "obp-0.5.7/README.md")
    with pytest.raises(FileNotFoundError, match="holds no obp/dataset"):
        open_bandit()


# ---- how it comes there -------------------------------------------------------------------------------------------


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index of our own, which lists one archive of ``obp`` and sends what the test has put there."""
    (tmp_path / "obp").mkdir()
    (tmp_path / "obp" / "index.html").write_text('<a href="../obp-0.5.7.tar.gz#sha256=0">obp-0.5.7.tar.gz</a>')

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setenv("ZOOLIB_WHEELS", str(tmp_path / "kept"))
        monkeypatch.setattr(packages, "VERSIONS", {"obp": "0.5.7"})
        yield tmp_path
        server.shutdown()


def test_of_an_archive_nothing_is_run_and_another_is_refused(index):
    ran = index / "ran"
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": f"import pathlib\npathlib.Path({str(ran)!r}).touch()\n",
        "setup.py": f"import pathlib\npathlib.Path({str(ran)!r}).touch()\n",
        "PKG-INFO": "Metadata-Version: 2.1\nName: obp\nVersion: 0.5.7\n",
    }
    with tarfile.open(index / "obp-0.5.7.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"obp-0.5.7/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    with pytest.raises(ValueError, match="is not the archive of obp"):
        packages.fetch()
    assert not ran.exists()
    assert list((index / "kept").iterdir()) == []


@installed
def test_the_right_archive_is_fetched_once(index, monkeypatch):
    with monkeypatch.context() as context:
        context.delenv("ZOOLIB_WHEELS")
        shutil.copy(packages.archive("obp"), index / "obp-0.5.7.tar.gz")
    assert packages.fetch() == ["obp"]
    assert len(open_bandit("men")) == 10_000
    assert packages.fetch() == []


@pytest.mark.parametrize("wrong", [{"campaign": "kids"}, {"policy": "ucb"}])
def test_campaigns_and_policies_that_do_not_exist_are_refused(wrong):
    with pytest.raises(ValueError, match="must be one of"):
        open_bandit(**wrong)


def test_a_new_machine_gets_the_data():
    """make, the workflows, the README and what else installs the book fetch them in the same way."""
    workflows = [f".github/workflows/{name}.yml" for name in ("ci", "versions")]
    for name in ("Makefile", "README.md", *workflows, ".binder/postBuild", "requirements.txt"):
        assert packages.FETCH.removeprefix("python ") in (ROOT / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("make", [lambda x: x, lambda x: x.astype(object), lambda x: [True, False, True]])
def test_numbers_are_numbers_in_a_column_of_any_kind(make):
    frame = pd.DataFrame({"action": [0, 1, 1], "reward": [1, 0, 1], "propensity": 0.5})
    frame["x"] = pd.Series(make(pd.Series([1.0, 0.0, 1.0])), dtype=object)
    log = log_of_frame(frame, context=["x"])
    assert log.features == ("x",)
    assert log.context[:, 0].tolist() == [1, 0, 1]


def test_a_word_is_one_word_however_far_down_it_stands(tmp_path):
    words = ["01"] * 400_000 + ["ab"] * 2  # pandas reads so long a file in parts
    rows = "".join(f"0,1,.5,{word}\n" for word in words)
    (tmp_path / "log.csv").write_text("action,reward,propensity,c\n" + rows, encoding="utf-8")
    with pytest.raises(ValueError, match=r"row 400000: must be a number.*got ab"):
        read_log(tmp_path / "log.csv", context=["c"])
    (tmp_path / "log.csv").write_text(
        "action,reward,propensity,c\n" + rows + rows.replace(",01", ",cd"), encoding="utf-8"
    )
    assert read_log(tmp_path / "log.csv", context=["c"]).features == ("c=01", "c=ab", "c=cd")
