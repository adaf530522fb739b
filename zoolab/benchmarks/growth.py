"""What a step of LinUCB costs as the problem grows, beside what the memory alone would take.

    python -m zoolab.benchmarks.growth

To choose among K arms the agent must read the inverse of each arm's A once: 8 K d^2 bytes, as many times as there are
worlds. The memory's pace is that of a long copy, timed in the same run. Contexts are all different.
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count, islice, pairwise
from typing import Any

import numpy as np

from zoolab.benchmarks.contenders import LINUCB, our, step
from zoolab.benchmarks.different import World
from zoolab.benchmarks.measure import cpu_seconds
from zoolib import LinUCBAgent

K, D, ENOUGH, COPIED = 50, 20, 0.2, 2**28  # arms, d; CPU seconds of a measurement; bytes of the copy
SWEEPS: dict[str, Sequence[int]] = {
    "arms": (10, 30, 100, 300, 1000, 3000, 10_000),
    "d": (5, 10, 20, 40, 80, 160, 320),
    "worlds": (1, 3, 10, 30, 100, 300, 1000),
    "steps": (100, 300, 1000, 3000, 10_000, 30_000),
}


def bandwidth(rounds: int = 5) -> float:
    """Return the bytes that a long copy reads and writes in a second, in the best of several rounds."""
    source, target = np.ones(COPIED // 8), np.zeros(COPIED // 8)
    best = min(cpu_seconds(lambda: np.copyto(target, source)) for _ in range(rounds))
    return 2 * COPIED / best


def play(n_arms: int = K, d: int = D, worlds: int | None = None) -> Iterator[float]:
    """Yield the CPU seconds of one step after another of an agent in a world: to choose, and to learn."""
    world = World(LINUCB, n_arms, d, seed=42, worlds=worlds)
    pair = our(LinUCBAgent, world.shape, own_models=True)(n_arms, d)
    for number in count():
        for X, luck in zip(*world.block(number), strict=True):
            yield step(pair, X, partial(world.lesson, luck))[1]


def cost(**sizes: int) -> float:
    """Return the CPU seconds of a step: the median of as many as fit into the time, after two that do not count."""
    steps, taken = islice(play(**sizes), 2, None), []
    while sum(taken) < ENOUGH or len(taken) < 5:
        taken.append(next(steps))
    return float(np.median(taken))


def costs_of_steps(until: Sequence[int]) -> list[float]:
    """Return the CPU seconds of a step, on average, of those from one number to the next."""
    steps = play()
    return [sum(islice(steps, end - begin)) / (end - begin) for begin, end in pairwise((0, *until))]


def slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the exponent p of the power law c n^p that fits best, in logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def measure(sweeps: dict[str, Sequence[int]] = SWEEPS) -> dict[str, Any]:
    """Return for each sweep its sizes, the seconds of a step, those at the memory's pace, and the fitted slopes."""
    pace, found = bandwidth(), []
    for of, sizes in sweeps.items():
        name = {"arms": "n_arms"}.get(of, of)
        seconds = costs_of_steps(sizes) if of == "steps" else [cost(**{name: n}) for n in sizes]
        each = [{} if of == "steps" else {of: n} for n in sizes]
        line = [8 * e.get("arms", K) * e.get("d", D) ** 2 * e.get("worlds", 1) / pace for e in each]
        half = len(sizes) // 2
        found.append(
            {
                "by": of,
                "sizes": list(sizes),
                "seconds": seconds,
                "line": line,
                "slope": slope(sizes, seconds),
                "slope_small": slope(sizes[: half + 1], seconds[: half + 1]),
                "slope_large": slope(sizes[half:], seconds[half:]),
            }
        )
    return {"bandwidth": pace, "arms": K, "d": D, "sweeps": found}


if __name__ == "__main__":
    print(json.dumps(measure()))
