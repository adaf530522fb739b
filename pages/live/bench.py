"""Five experiments in the engine of the page and natively, one after the other: ``python -m pages.live.bench``.

Prints how many times longer the page takes, in CPU seconds of one run of each, and whether every choice, category and
click is the same.
"""

from __future__ import annotations

import json
import subprocess
import sys

from pages.live.cells import run

SETUP = """
import hashlib, json, time
import numpy as np
import zoolib as zoo

EXPERIMENTS = {
    "LinUCB and Random, 100 worlds, 5,000 visits": lambda: zoo.replicate(
        {"LinUCB": lambda f, rng: zoo.LinUCBAgent(f, alpha=0.2), "Random": lambda f, rng: zoo.RandomAgent(f, rng=rng)},
        range(100), 5_000),
    "Shared LinUCB on crossed features, 100 worlds, 2,000 visits": lambda: zoo.replicate(
        {"x": lambda f, rng: zoo.SharedLinUCBAgent(f.encoded("crossed"), alpha=1.0)}, range(100), 2_000),
    "Neural-Linear with replay, 20 worlds, 3,000 visits, a shock": lambda: zoo.replicate(
        {"x": lambda f, rng: zoo.NeuralLinearAgent(f, alpha=0.2, training=zoo.Replay(), rng=rng)},
        range(20), 3_000, {1_500: zoo.SHOCK_FISH}),
    "Neural-Linear on the latest click, 1 world, 1,000 visits": lambda: zoo.replicate(
        {"x": lambda f, rng: zoo.NeuralLinearAgent(f, alpha=0.2, rng=rng)}, range(1), 1_000),
    "NeuralUCB, 5 worlds, 300 visits": lambda: zoo.replicate(
        {"x": lambda f, rng: zoo.NeuralUCBAgent(f, rng=rng)}, range(5), 300),
}
def measure(name):
    began = time.process_time()
    results = EXPERIMENTS[name]()
    seconds = time.process_time() - began
    digest = hashlib.sha256()
    for kept in (results.arm, results.category, results.reward):
        digest.update(np.ascontiguousarray(kept).tobytes())
    print(json.dumps([name, seconds, digest.hexdigest()]))
"""
MEASURE = "for name in EXPERIMENTS:\n    measure(name)"


def main() -> int:
    """Print the table; fail if anything differs."""
    done = subprocess.run([sys.executable, "-c", SETUP + MEASURE], capture_output=True, text=True, check=True)
    native = [json.loads(line) for line in done.stdout.splitlines()]
    *_, last = run([("setup", SETUP), ("measure", MEASURE)])
    printed = "".join(message["text"] for message in last["shown"] if message["type"] == "stream")
    live = [json.loads(line) for line in printed.splitlines()]
    for (name, here, choices), (_, there, same) in zip(native, live, strict=True):
        print(f"{name:<60} native {here:6.2f} s, page {there:6.2f} s, {there / here:4.1f} times; ", end="")
        print("the same choices" if choices == same else "OTHER CHOICES")
    return [one[2] for one in native] != [one[2] for one in live]


if __name__ == "__main__":
    sys.exit(main())
