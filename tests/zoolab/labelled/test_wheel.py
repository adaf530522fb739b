"""The wheel is that of Riquelme, Tucker and Snoek (2018): its disc, its rim and its five arms."""

import numpy as np
import pytest
from refused import each

from zoolab.columns import serve
from zoolab.labelled import WheelBandit
from zoolib import LinUCBAgent, RandomAgent, metrics


def literal(x, delta):
    """What the five arms earn at a point, by the words of the paper."""
    means = [1.2, 1.0, 1.0, 1.0, 1.0]
    if x[0] ** 2 + x[1] ** 2 > delta**2:
        if x[0] > 0:
            means[1 if x[1] > 0 else 2] = 50.0
        else:
            means[3 if x[1] > 0 else 4] = 50.0
    return means


@pytest.mark.parametrize("delta", [0.5, 0.7, 0.9, 0.95, 0.99])
def test_arms_earn_what_the_paper_says(delta):
    wheel = WheelBandit(3, 3000, delta=delta)
    assert np.array_equal(wheel.expected, [literal(x, delta) for x in wheel.x])
    assert wheel.space.n_arms == 5
    assert (wheel.contexts(7) == wheel.x[7]).all()


@pytest.mark.parametrize("delta", [0.5, 0.95])
def test_points_are_uniform_on_the_disc_and_the_rim_has_its_share(delta):
    wheel = WheelBandit(range(20), 2000, delta=delta)
    radius = np.linalg.norm(wheel.x, axis=-1)
    assert radius.max() <= 1
    for r in (0.2, 0.5, 0.9):
        assert (radius < r).mean() == pytest.approx(r**2, abs=0.01)
    assert (wheel.expected.max(-1) == 50).mean() == pytest.approx(1 - delta**2, abs=0.01)
    quarters = [(wheel.expected[..., arm] == 50).mean() for arm in range(1, 5)]
    assert quarters == pytest.approx([(1 - delta**2) / 4] * 4, abs=0.01)


def test_rewards_are_means_with_noise_of_a_hundredth():
    wheel = WheelBandit(0, 4000, delta=0.9)
    noise = np.array([wheel.reward(t, t % 5) - wheel.expected[t, t % 5] for t in range(4000)])
    assert noise.mean() == pytest.approx(0, abs=0.001)
    assert noise.std() == pytest.approx(0.01, rel=0.05)


def test_regret_of_chance_is_that_of_the_closed_form():
    """Inside 1.2 - (1.2 + 4) / 5, on the rim 50 - (1.2 + 3 + 50) / 5."""
    wheel = WheelBandit(range(50), 2000, delta=0.5)
    played = serve({"chance": lambda space, rng: RandomAgent(space, rng=rng)}, wheel)
    expected = 2000 * (0.25 * 0.16 + 0.75 * 39.16)
    assert metrics.regret(played)["chance"].mean() == pytest.approx(expected, rel=0.01)
    assert (played.expected <= played.oracle).all()


def test_wheel_i_of_a_batch_is_the_wheel_with_its_seed():
    agents = {"LinUCB": lambda space, rng: LinUCBAgent(space, alpha=30.0)}
    many = serve(agents, WheelBandit([5, 2, 9], 200, delta=0.7))
    for i, seed in enumerate([5, 2, 9]):
        one = serve(agents, WheelBandit(seed, 200, delta=0.7))
        for name in ("arm", "reward", "expected", "oracle"):
            both = getattr(one, name), getattr(many, name)
            assert np.array_equal(both[0][..., 0, :], both[1][..., i, :])


@pytest.mark.parametrize(("changes", "message"), [
    *each(delta=[0.0, 1.5, "thin"], n_steps=[0]), ({"seeds": []}, "seed"),
    ({"seeds": [3, 3]}, "seeds must name at least one world, and none twice"),
])  # fmt: skip
def test_arguments_that_make_no_sense_are_refused_by_name(changes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        WheelBandit(**({"seeds": 0, "n_steps": 10} | changes))
