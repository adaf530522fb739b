"""What is asked of arguments: what is right comes back, what is wrong is named."""

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
