"""What is asked of arguments: what is right comes back, what is wrong is named."""

from fractions import Fraction

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


@pytest.mark.parametrize("value", [np.array([1, 0], dtype=object), np.array([1 + 0j, 0]), [Fraction(1), 0], ["1", "0"]])
@pytest.mark.parametrize("check", [checks.clicks, checks.finite])
def test_what_numpy_cannot_reckon_with_is_refused_before_it_is_added_to_a_sum(check, value):
    with pytest.raises(TypeError, match="reward must hold real numbers, got dtype"):
        check("reward", value, (2,))


@pytest.mark.parametrize("value", [1, True, np.int8(1), np.True_, np.float32(1), 1.0, Fraction(1)])
def test_a_click_in_one_world_is_a_number_that_can_be_added_in_place(value):
    total = np.zeros(2)
    total += checks.clicks("reward", value, ()) * np.ones(2)
    assert total.tolist() == [1, 1]


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.skipif(np.finfo(np.longdouble).max <= checks.LARGEST, reason="here no number is larger than a float")
@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_number_is_finite_only_if_it_is_so_as_a_float(shape):
    with pytest.raises(ValueError, match="x must be finite"):
        checks.finite("x", np.full(shape, np.longdouble("1e400"))[()], shape)


def test_what_is_frozen_nobody_can_write_to():
    a = np.arange(6).reshape(2, 3)
    column = a[:, 1]
    column.flags.writeable = False
    kept = checks.frozen(column)
    a[:] = 9
    assert kept.tolist() == [1, 4]
    assert checks.frozen(kept) is kept
    kept.flags.writeable = True
    kept[0] = 7
    with pytest.raises(ValueError, match="arm must lie between 0 and 4, got 4 to 7"):
        checks.indices("arm", kept, 5, (2,))
