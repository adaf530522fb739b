"""Agents on disk: what is not a saved agent is refused, and what was saved is not lost to an interruption.

That a loaded agent goes on like the first is part of what every agent conforms to (:mod:`zoolab.long.conformance`).
"""

import copy
import json
import os
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from zoolab.columns import Boosted, Identity, MappedAgent
from zoolab.long.conformance import play, same
from zoolab.rivals import LinTSAgent
from zoolib import (
    Agent,
    ContextSpace,
    Delayed,
    FeatureEngineer,
    Fresh,
    HybridLinUCBAgent,
    Launch,
    LinUCBAgent,
    NeuralLinearAgent,
    RandomAgent,
    Replay,
    SharedLinUCBAgent,
    Thompson,
    ZooplusSimulator,
    load,
    save,
    saving,
)


def like(features, **other):
    choices = {"training": Replay(50, 8, 10), "memory": Fresh(30), "exploration": Thompson(), "d_emb": 4} | other
    return NeuralLinearAgent(features, hidden_dim=6, rng=0, **choices)


@pytest.fixture
def agent(features):
    return like(features)


@pytest.fixture
def path(agent, sim, tmp_path):
    play(agent, sim, 60)
    save(agent, tmp_path / "agent.npz")
    return tmp_path / "agent.npz"


def test_what_was_learned_goes_into_an_agent_made_alike(agent, path, features):
    into = like(features)
    assert load(path, into=into) is into
    assert same(into.get_state(), agent.get_state())


@pytest.mark.parametrize(("other", "reason"), [
    ({"training": Replay(60, 8, 10)}, r"training .* Replay\(capacity=50, .* Replay\(capacity=60"),
    ({"memory": Fresh(31)}, r"memory .*window=30.*window=31"),
    ({"d_emb": 5}, "d_emb .* is 4, .* 5"),
    ({"alpha": 0.7}, "alpha .* is 0.3, .* 0.7"),
])  # fmt: skip
def test_an_agent_of_other_settings_is_refused_and_stays_as_it_was(path, features, other, reason):
    into = like(features, **other)
    before = copy.deepcopy(into.get_state())
    with pytest.raises(ValueError, match=reason):
        load(path, into=into)
    assert same(before, into.get_state())


def test_a_seed_drawn_ahead_is_not_lost(sim, features, tmp_path):
    agent = RandomAgent(features, rng=5)
    first = [agent.predict(0, sim) for _ in range(3000)]
    save(agent, tmp_path / "a")
    rest = [agent.predict(0, sim) for _ in range(3000)]
    loaded = load(tmp_path / "a", into=RandomAgent(features, rng=1))
    assert [loaded.predict(0, sim) for _ in range(3000)] == rest
    assert first != rest


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64])
def test_any_of_numpys_bit_generators_may_serve(kind, sim, features, tmp_path):
    agent = RandomAgent(features, rng=np.random.Generator(kind(1)))
    agent.predict(0, sim)
    save(agent, tmp_path / "a")
    loaded = load(tmp_path / "a", into=RandomAgent(features, rng=2))
    assert [loaded.predict(0, sim) for _ in range(50)] == [agent.predict(0, sim) for _ in range(50)]


def test_an_agent_of_bare_contexts_is_saved_too(tmp_path):
    space = ContextSpace(3, 4)
    agent = LinUCBAgent(space, window=5)
    rng = np.random.default_rng(0)
    for _ in range(12):
        agent.learn(rng.normal(size=3), int(rng.integers(4)), rng.normal())
    save(agent, tmp_path / "a")
    assert same(load(tmp_path / "a", into=LinUCBAgent(space, window=5)).get_state(), agent.get_state())


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
    loaded = load(tmp_path / "a", into=Mine(features, start=3))
    assert (loaded.start, loaded.likes) == (3, 12)


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_every_truncated_file_is_refused_by_name(path, features):
    whole = path.read_bytes()
    for n in {*range(0, 200, 20), *range(200, len(whole), len(whole) // 40), len(whole) - 1}:
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match=r"agent\.npz: not a saved agent, or a damaged one"):
            load(path, into=like(features))


def test_every_damaged_file_is_refused_or_its_damage_does_not_matter(path, features, agent):
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for place in rng.integers(0, len(whole), 150):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            assert same(load(path, into=like(features)).get_state(), agent.get_state())  # a date in the archive, say
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
    header["checksum"] = saving._checksum(header["content"], content)


def with_another_class(header, arrays):
    header["content"]["agent"]["class"] = "somewhere.Else"
    resigned(header, arrays)


def with_another_setting(header, arrays):
    header["content"]["agent"]["temperature"] = "1"
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


def with_numbers(header, arrays, number):
    name = next(n for n in arrays if n.endswith("flat"))
    arrays[name] = np.full_like(arrays[name], number, dtype=np.result_type(arrays[name], number))
    resigned(header, arrays)


def with_a_count(header, arrays, number):
    header["content"]["state"]["memory"]["more"] = number
    resigned(header, arrays)


@pytest.mark.parametrize(("change", "reason"), [
    (lambda h, a: h.update(format="another"), "format is 'another'"),
    (lambda h, a: h.update(version=1), "version is 1, this zoolib reads 3"),
    (lambda h, a: h.pop("checksum"), "checksum"),
    (lambda h, a: h["content"]["agent"].update(alpha="9.0"), "checksum"),
    (lambda h, a: a.update({next(n for n in a if n.endswith("flat")): np.zeros(3)}), "checksum"),
    (lambda h, a: a.update(more=np.zeros(3)), "checksum"),
    (with_another_class, "somewhere.Else"),
    (with_another_setting, "temperature"),
    (with_arrays_of_another_shape, "flat"),
    (without_an_array, "flat"),
    (without_a_part_of_the_state, "memory"),
    (lambda h, a: with_numbers(h, a, np.nan), r"flat must be finite"),
    (lambda h, a: with_numbers(h, a, -np.inf), r"flat must be finite"),
    (lambda h, a: with_numbers(h, a, 1j), "complex"),
    (lambda h, a: with_a_count(h, a, np.nan), "not JSON compliant"),
])  # fmt: skip
def test_what_does_not_belong_together_is_refused_with_file_and_reason(path, features, change, reason):
    changed(path, change)
    with pytest.raises(ValueError, match=reason) as caught:
        load(path, into=like(features))
    assert str(path) in str(caught.value)


def test_an_agent_stays_as_it_was_whatever_a_crafted_state_raises(path, features):
    def with_a_generator_that_numpy_cannot_take(header, arrays):
        header["content"]["state"]["training"]["rngs"][0]["uinteger"] = -1
        resigned(header, arrays)

    changed(path, with_a_generator_that_numpy_cannot_take)
    into = like(features)
    before = copy.deepcopy(into.get_state())
    with pytest.raises(ValueError, match=r"agent\.npz: its content does not fit .*OverflowError"):
        load(path, into=into)
    assert same(before, into.get_state())


def test_files_of_others_are_refused(path, features):
    def refused():
        with pytest.raises(ValueError, match="not a saved agent") as caught:
            load(path, into=like(features))
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


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_what_unpacks_to_more_than_its_length_is_not_unpacked(path, features, packed):
    with zipfile.ZipFile(path, "w", packed) as archive, archive.open("state.npy", "w") as member:
        np.lib.format.write_array(member, np.zeros(2**22))
    with pytest.raises(ValueError, match=r"not a saved agent.*holds more than its length"):
        load(path, into=like(features))


def test_entries_that_share_their_bytes_are_not_unpacked(path, features):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0.npy", bytes(10**5))
        for i in range(1, 50):
            entry = copy.copy(archive.filelist[0])
            entry.filename = f"{i}.npy"
            archive.filelist.append(entry)
    with pytest.raises(ValueError, match=r"not a saved agent.*holds more than its length"):
        load(path, into=like(features))


class Bomb:
    def __reduce__(self):
        return os.system, ("echo exploded",)


def test_nothing_in_a_file_is_ever_run(path, features, capfd):
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="not a saved agent"):
        load(path, into=like(features))
    with path.open("wb") as file:
        np.savez(file, header=np.array([Bomb()], dtype=object))
    with pytest.raises(ValueError, match="not a saved agent"):
        load(path, into=like(features))
    assert "exploded" not in capfd.readouterr().out


@pytest.mark.parametrize(("make", "reason"), [
    (lambda: FeatureEngineer(ZooplusSimulator(n_products=20, seed=3), "crossed"), "d of the saved agent is 9, .* 20"),
    (lambda: FeatureEngineer(ZooplusSimulator(n_products=20, seed=[3, 4])), "batch_shape"),
    (lambda: ContextSpace(9, 20), "encoding"),
])  # fmt: skip
def test_an_agent_with_other_eyes_is_refused(path, make, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        load(path, into=like(make()))
    assert str(path) in str(caught.value)


def test_another_kind_of_agent_is_refused(path, features):
    with pytest.raises(ValueError, match=r"class of the saved agent is .*NeuralLinearAgent, .*LinUCBAgent"):
        load(path, into=LinUCBAgent(features))
    with pytest.raises(TypeError, match="into must be an agent"):
        load(path, into=features)


def test_a_file_that_is_not_there_is_not_there(tmp_path, features):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere", into=LinUCBAgent(features))
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
    agent.memory.evidence._b = {1, 2}
    with pytest.raises(TypeError, match=r"state\.memory\.evidence\._b is a set"):
        save(agent, path)
    assert path.read_bytes() == before


def test_an_agent_of_nan_is_not_saved_over_a_good_one(path, agent):
    before = path.read_bytes()
    agent.memory.evidence.b[...] = np.nan
    with pytest.raises(ValueError, match=r"state\.memory\.evidence.* must be finite"):
        save(agent, path)
    assert path.read_bytes() == before


def test_who_might_read_the_old_file_may_read_the_new_one_and_a_link_stays_a_link(path, agent, features, tmp_path):
    usual, link = tmp_path / "usual", tmp_path / "link"
    usual.touch()
    assert path.stat().st_mode == usual.stat().st_mode
    path.chmod(0o640)
    link.symlink_to(path)
    agent.alpha = 0.7
    save(agent, link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert load(path, into=like(features, alpha=0.7)).alpha == 0.7


def test_what_somebody_who_was_killed_has_left_is_cleared_away_and_what_is_being_written_is_not(path, agent):
    old, new, other = (path.with_name(name) for name in (".agent.npz.1.part", ".agent.npz.2.part", ".other.1.part"))
    for draft in (old, new, other):
        draft.touch()
    for draft in (old, other):
        os.utime(draft, (0, 0))
    save(agent, path)
    assert sorted(p.name for p in path.parent.iterdir()) == [new.name, other.name, "agent.npz"]


def test_what_is_no_file_is_not_written_over(agent, tmp_path):
    with pytest.raises(FileExistsError, match="is no file"):
        save(agent, tmp_path)


KILLED = """
import sys
from zoolib import FeatureEngineer, SharedLinUCBAgent, ZooplusSimulator, save
features = FeatureEngineer(ZooplusSimulator(seed=range(300)))
agents = [SharedLinUCBAgent(features) for _ in range(2)]
for agent, b in zip(agents, (1.0, 2.0)):
    agent.evidence.b[...] = b
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
    into = SharedLinUCBAgent(FeatureEngineer(ZooplusSimulator(seed=range(300))))
    for _ in range(40):
        load(path, into=into)
        assert into.evidence.b[0, 0] in (1.0, 2.0)
    process.kill()
    process.wait()
    assert load(path, into=into).evidence.b[0, 0] in (1.0, 2.0)


IN_THE_SHOP = {
    "LinUCB": lambda F: LinUCBAgent(F),
    "LinUCB on a window": lambda F: LinUCBAgent(F, window=50),
    "LinUCB, discounted": lambda F: LinUCBAgent(F, gamma=0.99),
    "LinTS": lambda F: LinTSAgent(F, rng=0),
    "LinTS on a window": lambda F: LinTSAgent(F, window=50, rng=0),
    "hybrid": lambda F: HybridLinUCBAgent(F),
    "delayed": lambda F: Delayed(LinUCBAgent(F), delay=3),
    "fresh": lambda F: like(F),
    "mapped": lambda F: MappedAgent(F, map=Identity(), settle=3, rng=0),
}


@pytest.mark.parametrize("make", IN_THE_SHOP.values(), ids=IN_THE_SHOP)
def test_what_is_loaded_takes_the_place_of_whatever_was_there(make, tmp_path):
    sim = ZooplusSimulator(n_products=10, n_users=60, seed=3)
    features = FeatureEngineer(sim)
    saved, twin, other = make(features), make(features), make(features)
    for agent in (saved, twin):
        play(agent, sim.copy(), 100)
    save(saved, tmp_path / "agent.npz")
    play(other, sim, 300, seed=9)
    load(tmp_path / "agent.npz", into=other)
    assert (play(other, sim.copy(), 100, seed=1) == play(twin, sim.copy(), 100, seed=1)).all()


@pytest.mark.parametrize("make", IN_THE_SHOP.values(), ids=IN_THE_SHOP)
def test_an_agent_saved_after_a_launch_is_loaded_into_one_made_before(make, tmp_path):
    sim = ZooplusSimulator(n_products=10, n_users=60, seed=3)
    features = FeatureEngineer(sim.copy())
    saved, new = make(features), make(features)
    play(saved, sim, 50)
    sim.apply_shock(Launch(["Cat Toy"]))
    play(saved, sim, 50)
    save(saved, tmp_path / "agent.npz")
    load(tmp_path / "agent.npz", into=new)
    assert (play(saved, sim.copy(), 100, seed=1) == play(new, sim.copy(), 100, seed=1)).all()


@pytest.mark.parametrize("make", IN_THE_SHOP.values(), ids=IN_THE_SHOP)
def test_a_state_is_a_copy_to_which_one_can_go_back_and_which_two_may_take(make):
    sim = ZooplusSimulator(n_products=10, n_users=60, seed=3)
    features = FeatureEngineer(sim)
    agent, twin, other = make(features), make(features), make(features)
    for one in (agent, twin):
        play(one, sim.copy(), 47)
    state = agent.get_state()
    other.set_state(state)
    play(other, sim.copy(), 30, seed=5)
    play(agent, sim.copy(), 30, seed=7)
    assert same(state, twin.get_state())
    agent.set_state(state)
    assert (play(agent, sim.copy(), 60, seed=1) == play(twin, sim.copy(), 60, seed=1)).all()


def test_an_agent_for_another_number_of_arms_is_refused_where_there_is_no_shop(tmp_path):
    save(LinUCBAgent(ContextSpace(2, 3)), tmp_path / "agent.npz")
    with pytest.raises(ValueError, match="n_arms"):
        load(tmp_path / "agent.npz", into=LinUCBAgent(ContextSpace(2, 5)))


@pytest.mark.parametrize(("n_saved", "n_there"), [(1, 2000), (2000, 1)])
def test_records_are_loaded_however_many_there_are(n_saved, n_there, tmp_path):
    saved, there = (MappedAgent(ContextSpace(2, 3), map=Identity(), rng=0) for _ in range(2))
    for agent, n in ((saved, n_saved), (there, n_there)):
        agent.learn_many(np.random.default_rng(n).normal(size=(n, 2)), np.zeros(n, dtype=int), np.ones(n))
    save(saved, tmp_path / "agent.npz")
    load(tmp_path / "agent.npz", into=there)
    for agent in (saved, there):
        agent.learn_many(np.ones((50, 2)), np.zeros(50, dtype=int), np.zeros(50))
    assert same(saved.get_state(), there.get_state())
    assert np.array_equal(saved.evidence.theta, there.evidence.theta)


def test_trees_are_not_saved():
    agent = MappedAgent(ContextSpace(2, 3), map=Boosted(pairs=0, leaf=1, n_trees=2), rng=0)
    agent.warm(np.eye(2)[[0, 1] * 9], np.array([0.0, 1.0] * 9))
    with pytest.raises(TypeError, match="cannot be saved"):
        save(agent, "agent.npz")
