"""What is asked of arguments: what is right comes back, what is wrong is named."""

import numpy as np
import pytest

from zoolib import checks


def test_several_settings_are_checked_at_once_and_come_back_in_their_order():
    assert checks.wholes(1, b=2, a=3) == [2, 3]


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: checks.wholes(1, every=1, batches=0), ValueError, "batches must be at least 1, got 0"),
    (lambda: checks.wholes(0, every=1.0), TypeError, "every must be a whole number"),
    (lambda: checks.choice("form", "c", ["a", "b"]), ValueError, "form must be one of a, b, got 'c'"),
    (lambda: checks.instance("n", "1", int, float), TypeError, "n must be an? int or a float, got str"),
])  # fmt: skip
def test_a_setting_that_is_wrong_is_named_with_what_is_allowed(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_word_or_an_object_of_the_right_kind_comes_back():
    assert checks.choice("form", "b", {"a": 1, "b": 2}) == "b"
    assert checks.instance("n", 3, int) == 3


def test_what_is_frozen_nobody_can_write_to_and_it_is_looked_at_once(monkeypatch):
    a = np.arange(6).reshape(2, 3)
    column = a[:, 1]
    column.flags.writeable = False
    kept = checks.frozen(column)
    a[:] = 9
    assert kept.tolist() == [1, 4]
    assert checks.frozen(kept) is kept
    looked = []
    monkeypatch.setattr(checks, "array", lambda name, value: looked.append(name) or np.asarray(value))
    for _ in range(3):
        assert checks.indices("arm", kept, 5, (2,)) is kept
    assert looked == ["arm"]
    kept.flags.writeable = True
    kept[0] = 7
    with pytest.raises(ValueError, match="arm must lie between 0 and 4, got 4 to 7"):
        checks.indices("arm", kept, 5, (2,))
