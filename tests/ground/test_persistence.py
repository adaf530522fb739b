"""Agents on disk: what is not a saved agent is refused, and what was saved is not lost to an interruption.

That a loaded agent goes on like the first is part of what every agent conforms to (``conformance.py``).
"""

import json
import os
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from conformance import play, same

from zoolib import (
    Agent,
    ContextSpace,
    FeatureEngineer,
    Fresh,
    LinUCBAgent,
    NeuralLinearAgent,
    RandomAgent,
    Replay,
    Thompson,
    ZooplusSimulator,
    load,
    persistence,
    save,
)


@pytest.fixture
def agent(features):
    choices = {"training": Replay(50, 8, 10), "memory": Fresh(30), "exploration": Thompson()}
    return NeuralLinearAgent(features, d_emb=4, hidden_dim=6, rng=0, **choices)


@pytest.fixture
def path(agent, sim, tmp_path):
    play(agent, sim, 60)
    save(agent, tmp_path / "agent.npz")
    return tmp_path / "agent.npz"


def test_settings_come_back_with_the_agent(agent, path, features):
    loaded = load(path, features)
    assert loaded.settings() == agent.settings()
    assert loaded.training == Replay(50, 8, 10)
    assert loaded.memory == Fresh(30)
    assert loaded.exploration == Thompson()
    assert same(loaded.get_state(), agent.get_state())


def test_a_seed_drawn_ahead_is_not_lost(sim, features, tmp_path):
    agent = RandomAgent(features, rng=5)
    first = [agent.predict(0, sim) for _ in range(3000)]
    save(agent, tmp_path / "a")
    rest = [agent.predict(0, sim) for _ in range(3000)]
    assert [load(tmp_path / "a", features).predict(0, sim)] == rest[:1]
    loaded = load(tmp_path / "a", features)
    assert [loaded.predict(0, sim) for _ in range(3000)] == rest
    assert first != rest


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64])
def test_any_of_numpys_bit_generators_may_serve(kind, sim, features, tmp_path):
    agent = RandomAgent(features, rng=np.random.Generator(kind(1)))
    agent.predict(0, sim)
    save(agent, tmp_path / "a")
    loaded = load(tmp_path / "a", features)
    assert [loaded.predict(0, sim) for _ in range(50)] == [agent.predict(0, sim) for _ in range(50)]


def test_an_agent_of_bare_contexts_is_saved_too(tmp_path):
    space = ContextSpace(3, 4)
    agent = LinUCBAgent(space, window=5)
    rng = np.random.default_rng(0)
    for _ in range(12):
        agent.learn(rng.normal(size=3), int(rng.integers(4)), rng.normal())
    save(agent, tmp_path / "a")
    assert same(load(tmp_path / "a", space).get_state(), agent.get_state())


class Mine(Agent):
    """A reader's own agent: it likes a product, and one more at each click."""

    state = ("likes",)

    def __init__(self, features, *, start=0):
        super().__init__(features)
        self.start = self.likes = start

    def predict(self, user_id, sim):
        return self.likes % sim.n_products

    def _learn(self, x, arm, reward):
        self.likes += 1


def test_a_readers_own_agent_is_saved_by_naming_its_state(sim, features, tmp_path):
    agent = Mine(features, start=3)
    play(agent, sim, 9)
    save(agent, tmp_path / "a")
    loaded = load(tmp_path / "a", features)
    assert (loaded.start, loaded.likes) == (3, 12)


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_every_truncated_file_is_refused_by_name(path, features):
    whole = path.read_bytes()
    for n in {*range(0, 200, 20), *range(200, len(whole), len(whole) // 40), len(whole) - 1}:
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match=r"agent\.npz: not a saved agent, or a damaged one"):
            load(path, features)


def test_every_damaged_file_is_refused_or_its_damage_does_not_matter(path, features, agent):
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for place in rng.integers(0, len(whole), 150):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            assert same(load(path, features).get_state(), agent.get_state())  # a date in the archive, say
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017  the other way out is as good
            refused += 1
    assert refused > 120


def changed(path, change):
    """Write the file anew with another header or other arrays, its archive sound."""
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(str(arrays["header"]))
    change(header, arrays)
    arrays["header"] = np.array(json.dumps(header))
    with path.open("wb") as file:
        np.savez(file, **arrays)


def resigned(header, arrays):
    content = {name: a for name, a in arrays.items() if name != "header"}
    header["checksum"] = persistence._checksum(header["content"], content)


def with_another_class(header, arrays):
    header["content"]["class"] = "somewhere.Else"
    resigned(header, arrays)


def with_an_evil_setting(header, arrays):
    header["content"]["settings"]["training"] = {"$class": "os.system", "command": "true"}
    resigned(header, arrays)


def with_another_setting(header, arrays):
    header["content"]["settings"]["temperature"] = 1
    resigned(header, arrays)


def with_a_setting_that_makes_no_sense(header, arrays):
    header["content"]["settings"]["d_emb"] = -4
    resigned(header, arrays)


def with_arrays_of_another_shape(header, arrays):
    name = next(n for n in arrays if n.endswith("flat"))
    arrays[name] = arrays[name][:-1]
    resigned(header, arrays)


def without_an_array(header, arrays):
    del arrays[next(n for n in arrays if n.endswith("flat"))]
    resigned(header, arrays)


def without_a_part_of_the_state(header, arrays):
    del header["content"]["state"]["memory"]
    resigned(header, arrays)


@pytest.mark.parametrize(("change", "reason"), [
    (lambda h, a: h.update(format="another"), "format is 'another'"),
    (lambda h, a: h.update(version=2), "version is 2, this zoolib reads 1"),
    (lambda h, a: h.pop("checksum"), "checksum"),
    (lambda h, a: h["content"]["settings"].update(alpha=9.0), "checksum"),
    (lambda h, a: a.update({next(n for n in a if n.endswith("flat")): np.zeros(3)}), "checksum"),
    (lambda h, a: a.update(more=np.zeros(3)), "checksum"),
    (with_another_class, "somewhere.Else"),
    (with_an_evil_setting, "os.system"),
    (with_another_setting, "temperature"),
    (with_a_setting_that_makes_no_sense, "d_emb"),
    (with_arrays_of_another_shape, "flat"),
    (without_an_array, "flat"),
    (without_a_part_of_the_state, "memory"),
])  # fmt: skip
def test_what_does_not_belong_together_is_refused_with_file_and_reason(path, features, change, reason):
    changed(path, change)
    with pytest.raises(ValueError, match=reason) as caught:
        load(path, features)
    assert str(path) in str(caught.value)


def test_files_of_others_are_refused(path, features):
    def refused():
        with pytest.raises(ValueError, match="not a saved agent") as caught:
            load(path, features)
        assert str(path) in str(caught.value)

    path.write_text("alpha,reward\n0.1,1\n")
    refused()
    np.save(path.with_suffix(".npy"), np.ones(3))
    path.write_bytes(path.with_suffix(".npy").read_bytes())
    refused()
    np.savez(path, weights=np.ones(3))
    refused()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.npy", "no array")
    refused()


class Bomb:
    def __reduce__(self):
        return os.system, ("echo exploded",)


def test_nothing_in_a_file_is_ever_run(path, features, capfd):
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="not a saved agent"):
        load(path, features)
    with path.open("wb") as file:
        np.savez(file, header=np.array([Bomb()], dtype=object))
    with pytest.raises(ValueError, match="not a saved agent"):
        load(path, features)
    assert "exploded" not in capfd.readouterr().out


@pytest.mark.parametrize(("make", "reason"), [
    (lambda: FeatureEngineer(ZooplusSimulator(n_products=20, seed=3), "crossed"), "made for d 9, but features have 20"),
    (lambda: FeatureEngineer(ZooplusSimulator(n_products=20, seed=[3, 4])), "batch_shape"),
    (lambda: ContextSpace(9, 20), "encoding 'onehot', but features have None"),
])  # fmt: skip
def test_an_agent_is_not_given_other_eyes(path, make, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        load(path, make())
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_not_there(tmp_path, features):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere", features)
    with pytest.raises(FileNotFoundError):
        save(LinUCBAgent(features), tmp_path / "nowhere" / "agent")


def test_what_is_no_agent_is_not_saved(tmp_path):
    with pytest.raises(TypeError, match="agent must be"):
        save({"alpha": 0.2}, tmp_path / "a")
    assert not any(tmp_path.iterdir())


# ---- interruptions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["savez", "fsync", "replace"])
def test_an_interrupted_save_leaves_the_old_file_and_no_other(path, agent, sim, features, monkeypatch, step):
    before = path.read_bytes()
    play(agent, sim, 20)

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr({"savez": np, "fsync": os, "replace": os}[step], step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(agent, path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["agent.npz"]


def test_a_state_that_cannot_be_saved_says_where_it_is_and_leaves_the_old_file(path, agent):
    before = path.read_bytes()
    agent.memory.evidence.b = {1, 2}
    with pytest.raises(TypeError, match=r"state\.memory\.evidence\.b is a set"):
        save(agent, path)
    assert path.read_bytes() == before


KILLED = """
import sys
from zoolib import FeatureEngineer, SharedLinUCBAgent, ZooplusSimulator, save
features = FeatureEngineer(ZooplusSimulator(seed=range(300)))
agents = [SharedLinUCBAgent(features, alpha=a) for a in (1.0, 2.0)]
save(agents[0], sys.argv[1])
print("saved", flush=True)
while True:
    for agent in agents:
        save(agent, sys.argv[1])
"""


def test_whoever_is_killed_while_saving_has_a_whole_agent(tmp_path):
    path = tmp_path / "agent"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "saved\n"
    for _ in range(40):
        loaded = load(path, FeatureEngineer(ZooplusSimulator(seed=range(300))))
        assert loaded.alpha in (1.0, 2.0)
    process.kill()
    process.wait()
    assert load(path, FeatureEngineer(ZooplusSimulator(seed=range(300)))).alpha in (1.0, 2.0)
