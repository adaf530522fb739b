"""Libraries against each other where no context ever comes again: the contenders, the world, one round of one of them.

This file runs in the peers' environment (``make -C zoolab bench-peers`` makes it), one process a contender:

    python -m zoolab.benchmarks.different "mabwiser: LinUCB" --seed 42

A context is x = (1, g), g being d - 1 normal numbers divided by their length. Where arms have models of their own there
is one x a step, and arm a earns 1 with the probability .5 + .4 w_a'g; where they share a model there is one x_a for
each arm and step, and the probability is .5 + .4 w'g_a. The w are drawn as the g are. All of it, and the luck of each
step, follows from the seed: every contender meets the same.
"""

import argparse
import importlib
import json
import multiprocessing
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from zoolab.benchmarks.contenders import BATCH, CONTENDERS, LINUCB, LOCKSTEP, ONE, OWN_MODELS, UNSEEN, WORLDS, step
from zoolab.benchmarks.linear_peers import ALPHA, Pair
from zoolab.benchmarks.memory import peak_mb
from zoolab.benchmarks.peers import version
from zoolab.literal.linear import LiteralLinUCB, LiteralSharedLinUCB

BATCH_SIZE = 500
STEPS = {ONE: 2000, BATCH: 2000, LOCKSTEP: 100}
BLOCK = 20  # steps between two looks at what was timed
ENOUGH, PATIENCE = 0.3, 60  # CPU seconds after which a play ends with its block; seconds after which it is given up
CELLS = {
    ONE: ((50, 5), (50, 20), (50, 100), (1000, 5), (1000, 20)),
    BATCH: ((50, 20), (1000, 20)),
    LOCKSTEP: ((50, 5), (50, 20), (1000, 5)),
}
SURE = 42  # the seed with which choices are held against the literal version, in as many steps of (K, d)
CLOSE = 1e-4  # scores that are as far apart are equal, some being in single precision
CHECKED = 50, 20, 120


class World:
    """Contexts and luck in blocks of steps, in one world or in ``worlds`` of them."""

    def __init__(self, task: str, n_arms: int, d: int, seed: int, worlds: int | None = None) -> None:
        self.own_models, self.n_arms, self.d, self.seed = task in OWN_MODELS, n_arms, d, seed
        self.shape = (worlds,) if worlds else ()
        models = (n_arms,) if self.own_models else ()
        self.w = _directions(np.random.default_rng([seed, 0]), (*self.shape, *models, d - 1))

    def block(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return contexts, ``(BLOCK, ..., d)`` or ``(BLOCK, ..., K, d)``, and uniform numbers, ``(BLOCK, ...)``."""
        rng = np.random.default_rng([self.seed, 1 + number])
        luck = rng.random((BLOCK, *self.shape))
        rows = () if self.own_models else (self.n_arms,)
        g = _directions(rng, (BLOCK, *self.shape, *rows, self.d - 1))
        return np.concatenate([np.ones((*g.shape[:-1], 1)), g], axis=-1), luck

    def chosen(self, X: np.ndarray, arms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the contexts of the arms chosen, ``(..., d)``, and the probabilities that they earn something."""
        arms = np.asarray(arms)
        if self.own_models:
            x, w = X, np.take_along_axis(self.w, arms[..., None, None], -2)[..., 0, :] if self.shape else self.w[arms]
        else:
            x, w = np.take_along_axis(X, arms[..., None, None], -2)[..., 0, :], self.w
        return x, 0.5 + 0.4 * (w * x[..., 1:]).sum(-1)

    def lesson(self, luck: Any, X: np.ndarray, arms: Any) -> tuple[np.ndarray, Any, Any]:
        """Return the contexts of the arms chosen, the arms, and what they earn with that luck, an int for one step."""
        x, chance = self.chosen(X, arms)
        return x, arms, (luck < chance).astype(int) if np.ndim(luck) else int(luck < chance)


def _directions(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    g = rng.standard_normal(shape)
    return g / np.sqrt((g * g).sum(-1, keepdims=True))


def begun(name: str, way: str, n_arms: int, d: int, seed: int) -> tuple[World, Pair, int]:
    """Return a world, a contender of it, and how many steps it is asked at once."""
    contender = CONTENDERS[name]
    world = World(contender.task, n_arms, d, seed, WORLDS if way == LOCKSTEP else None)
    return world, contender.ways[way](n_arms, d), BATCH_SIZE if way == BATCH else 1


def steps_of(world: World, size: int, n_steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield contexts and luck, of one step after another or of ``size`` of them."""
    for first in range(0, n_steps, max(size, BLOCK)):
        blocks = [world.block(i) for i in range(first // BLOCK, (first + max(size, BLOCK)) // BLOCK)]
        X, luck = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        yield from [(X, luck)] if size > 1 else zip(X, luck, strict=True)


def play(name: str, way: str, n_arms: int, d: int, seed: int) -> dict[str, Any]:
    """Return how many steps were made; after each block, the CPU seconds so far and the mean reward; and the memory.

    Only choosing and learning are timed, and what was made for the purpose has first played some steps unseen.
    """
    for counts in (False, True):
        world, pair, size = begun(name, way, n_arms, d, seed)
        marks, rewards, seconds, asked = [], [], 0.0, max(BLOCK // size, 1)
        for n, (X, luck) in enumerate(steps_of(world, size, STEPS[way]), 1):
            (_, _, r), took = step(pair, X, partial(world.lesson, luck))
            seconds += took
            if not counts and n * size >= UNSEEN:
                break
            rewards.append(np.mean(r))
            if n % asked == 0:
                marks.append((n * size, seconds, float(np.mean(rewards))))
                if seconds > ENOUGH:
                    break
    return {"marks": marks, "mb": peak_mb(), "worlds": WORLDS if way == LOCKSTEP else 1}


def agreement(name: str, way: str, seed: int) -> float:
    """Return in which share of some steps the arm chosen is one that the literal LinUCB might choose in its place."""
    n_arms, d, n_steps = CHECKED
    world, pair, _ = begun(name, way, n_arms, d, seed)
    judge = (LiteralLinUCB if CONTENDERS[name].task == LINUCB else LiteralSharedLinUCB)(n_arms, d, ALPHA)
    right, size = [], n_steps // 2 if way == BATCH else 1
    for X, luck in steps_of(world, size, n_steps):
        lesson, _ = step(pair, X, partial(world.lesson, luck))
        rows = [(X, *lesson)] if size == 1 else list(zip(X, *lesson, strict=True))
        for told, _, arm, _ in rows:
            scores = judge.scores(np.broadcast_to(told, (n_arms, d)))
            right.append(scores[int(arm)] > max(scores) - CLOSE)
        for _, one, arm, earned in rows:
            judge.learn(one, int(arm), float(earned))
    return float(np.mean(right))


def played(name: str, seed: int) -> list[dict[str, Any]]:
    """Return what a contender did in each way and cell, each in a process of its own, forked after the imports."""
    contender = CONTENDERS[name]
    for module in contender.modules:
        importlib.import_module(module)
    found = []
    for way in contender.ways:
        sure = {}
        if contender.literal and way != LOCKSTEP and seed == SURE:
            sure = {"agrees": _forked(agreement, name, way, seed)}
        for n_arms, d in CELLS[way]:
            if d > contender.longest:
                continue
            try:
                one = {"missing": "", **_forked(play, name, way, n_arms, d, seed), **sure}
            except multiprocessing.TimeoutError:
                first = BATCH_SIZE if way == BATCH else BLOCK
                one = {"missing": f"the first {first} steps took over {PATIENCE} s"}
            except Exception as error:
                one = {"missing": (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]}
            found.append({"way": way, "arms": n_arms, "d": d, **one})
    return found


def _forked(work: Callable[..., Any], *given: Any) -> Any:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply_async(work, given).get(PATIENCE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=list(CONTENDERS))
    parser.add_argument("--seed", type=int)
    given = parser.parse_args()
    cells = played(given.name, given.seed)
    print(json.dumps({"version": version(CONTENDERS[given.name].package), "cells": cells}))
