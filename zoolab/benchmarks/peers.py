"""Libraries that others wrote, each as two functions: choose an arm for a user, learn from the click.

This file runs in an environment of its own (``make -C zoolab bench-peers`` makes it), one process a contender:

    python -m zoolab.benchmarks.peers "river: LinUCBDisjoint" --steps 10000 --seed 42

Every contender serves the same users in the same shop, is told their persona and the products' categories, and is
written as its documentation says. Where an equal choice of settings exists it is made: alpha = .2 for LinUCB, a prior
of weight 1, an MLP 9 -> 64 -> 32, one minibatch in 50 steps for Neural-Linear. Who has one model for all products is
told the pair of persona and category: from the two apart it could learn nothing personal.
"""

import argparse
import importlib.metadata
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import zoolib as zoo
from zoolab.benchmarks import contenders, linear_peers, neural_peers, shared_peers
from zoolab.benchmarks.contenders import LINUCB, NEURAL_LINEAR, NEURAL_UCB, SHARED, UNSEEN, WORLDS, step
from zoolab.benchmarks.linear_peers import ALPHA, Make, one_by_one
from zoolab.benchmarks.memory import peak_mb
from zoolib.evidence import DiagonalEvidence

Choose = Callable[[int], int]
Learn = Callable[[int, int, int], None]
K = 50


class Shop:
    """What a contender may know: personas and categories, one-hot, as NumPy and torch see them."""

    def __init__(self, seed: int) -> None:
        self.sim = zoo.ZooplusSimulator(n_products=K, seed=seed)
        self.features = zoo.FeatureEngineer(self.sim)
        self.persona = self.sim.user_persona.tolist()
        self.category = self.sim.product_category.tolist()
        self.own = np.hstack([np.eye(4), np.ones((4, 1))])  # (P, 5): all that varies, where each arm has its own model
        shown = range(4), self.sim.product_category
        self.contexts = self.features.table[np.ix_(*shown)]  # (P, K, 9)
        self.crossed = self.features.encoded("crossed").table[np.ix_(*shown)]  # (P, K, 20)


Contender = Callable[[Shop], tuple[Choose, Learn]]


def zoolib(make: Callable[..., Any]) -> Contender:
    def contender(shop: Shop) -> tuple[Choose, Learn]:
        agent = make(shop.features)
        return (
            lambda user: agent.predict(user, shop.sim),
            lambda user, arm, click: agent.update(user, arm, click, shop.sim),
        )

    return contender


def on_rows(make: Make, told: Callable[[Shop], Any], of_arm: bool = True) -> Contender:
    """Return a contender that sees what ``told(shop)`` has for the user's persona, and learns from the arm's row of it.

    Where arms have models of their own, not ``of_arm``, all of it is what they see and learn from.
    """

    def contender(shop: Shop) -> tuple[Choose, Learn]:
        X, persona = told(shop), shop.persona
        choose, learn = make(K, X[0].shape[-1])
        if not of_arm:
            return lambda user: choose(X[persona[user]]), lambda user, *lesson: learn(X[persona[user]], *lesson)
        return (
            lambda user: choose(X[persona[user]]),
            lambda user, arm, click: learn(X[persona[user]][arm], arm, click),
        )

    return contender


def on_personas(make: Make) -> Contender:
    """Return a contender whose arms have models of their own, and which sees the persona alone."""
    return on_rows(make, lambda shop: shop.own, of_arm=False)


def on_products(make: Make) -> Contender:
    """Return a contender of one model, which sees the crossed contexts of all products."""
    return on_rows(make, lambda shop: shop.crossed)


def in_shop(make: Make) -> Contender:
    """Return a contender that is handed the contexts of the users who come, in torch."""

    def told(shop: Shop) -> Any:
        import torch

        return [torch.tensor(X, dtype=torch.float32) for X in shop.contexts]

    return on_rows(make, told)


def of_personas(make: Callable[[Callable[[int], Any]], Make], told: Callable[[Shop], list[Any]]) -> Contender:
    """Return a contender that ``make`` makes of a function: of what a user's persona has in what ``told`` lists."""

    def contender(shop: Shop) -> tuple[Choose, Learn]:
        known = told(shop)
        return make(lambda user: known[shop.persona[user]])(K, 0)

    return contender


def river(shop: Shop) -> list[dict[str, float]]:
    return [{f"p{p}": 1.0, "one": 1.0} for p in range(4)]


def vw_adf(shop: Shop) -> tuple[Choose, Learn]:
    """One line a product; interactions of user and product features, as its recommendation tutorial does it."""
    users = [f"shared |U p{p}" for p in range(4)]
    products = [f"|A k{k} c{c}" for k, c in enumerate(shop.category)]
    return shared_peers.vw_shared(lambda user: [users[shop.persona[user]], *products], "-q UA ")(K, 0)


def gittins(with_category: bool) -> Contender:
    def told(shop: Shop) -> list[linear_peers.Asked]:
        products = [
            (f"k{k}", {"category": zoo.CATEGORIES[c]} if with_category else {}) for k, c in enumerate(shop.category)
        ]
        return [({"persona": f"p{p}"}, products) for p in range(4)]

    return of_personas(lambda asked: linear_peers.gittins(lambda n_arms: asked, bits=12, place="shop"), told)


IN_LOCKSTEP = f", {contenders.LOCKSTEP}"


def _linucb(f: zoo.FeatureEngineer) -> Any:
    return zoo.LinUCBAgent(f, alpha=ALPHA)


def _neural_linear(f: zoo.FeatureEngineer) -> Any:
    return zoo.NeuralLinearAgent(f, alpha=0.3, training=zoo.Replay(), rng=0)


_boosted = linear_peers.contextualbandits("LinUCB", alpha=ALPHA, ucb_from_empty=True)
# package: name; all of a task are compared with its first
CONTENDERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "zoolib: LinUCBAgent": (LINUCB, zoolib(_linucb)),
    "zoolib: LinUCBAgent, 100 worlds in lockstep": (LINUCB, _linucb),
    "mabwiser: LinUCB": (LINUCB, on_personas(one_by_one(linear_peers.mabwiser("LinUCB")))),
    "river: LinUCBDisjoint": (LINUCB, of_personas(linear_peers.river_linucb, river)),
    "contextualbandits: LinUCB": (LINUCB, on_personas(one_by_one(_boosted))),
    "gobrec: LinUCB": (LINUCB, on_personas(one_by_one(linear_peers.gobrec("LinUCB")))),
    "pymab: LinUCBPolicy": (LINUCB, on_personas(linear_peers.pymab("LinUCBPolicy", alpha=ALPHA))),
    "vowpalwabbit: squarecb, a line a product": (LINUCB, vw_adf),
    "vowpalwabbit: epsilon-greedy, a line a decision": (
        LINUCB,
        of_personas(linear_peers.vw_disjoint, lambda shop: [f"| p{p}" for p in range(4)]),
    ),
    "gittins: products by category": (LINUCB, gittins(with_category=True)),
    "gittins: products by name": (LINUCB, gittins(with_category=False)),
    "zoolib: SharedLinUCBAgent": (
        SHARED,
        zoolib(lambda f: zoo.SharedLinUCBAgent(f.encoded("crossed"), alpha=ALPHA)),
    ),
    "coba: LinUCBLearner": (SHARED, on_products(shared_peers.coba("LinUCBLearner", alpha=ALPHA))),
    "calvera: LinearUCBBandit": (
        SHARED,
        on_products(one_by_one(shared_peers.calvera("LinearUCBBandit", exploration_rate=ALPHA))),
    ),
    "zoolib: NeuralLinearAgent, replay": (NEURAL_LINEAR, zoolib(_neural_linear)),
    "zoolib: NeuralLinearAgent, replay, 100 worlds in lockstep": (NEURAL_LINEAR, _neural_linear),
    "Pearl: NeuralLinearBandit, evidence at every click": (
        NEURAL_LINEAR,
        in_shop(neural_peers.pearl_neural_linear(True)),
    ),
    "Pearl: NeuralLinearBandit, all once in 50 steps": (
        NEURAL_LINEAR,
        in_shop(neural_peers.pearl_neural_linear(False)),
    ),
    "calvera: NeuralLinearBandit": (NEURAL_LINEAR, in_shop(neural_peers.calvera_neural_linear)),
    "zoolib: NeuralUCBAgent, diagonal": (
        NEURAL_UCB,
        zoolib(lambda f: zoo.NeuralUCBAgent(f, alpha=0.1, evidence=DiagonalEvidence, rng=0)),
    ),
    "zoolib: NeuralUCBAgent": (NEURAL_UCB, zoolib(lambda f: zoo.NeuralUCBAgent(f, alpha=0.1, rng=0))),
    "calvera: NeuralUCBBandit, diagonal": (NEURAL_UCB, in_shop(neural_peers.calvera_neural_ucb)),
}


def version(distribution: str) -> str:
    if distribution == "zoolib":
        return zoo.__version__
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def in_lockstep(name: str, n_steps: int, seed: int) -> dict[str, Any]:
    """Return the CPU seconds a world of the whole loop and the clicks of ours in many worlds, ``seed`` the first."""
    sim = zoo.ZooplusSimulator(n_products=K, seed=range(seed, seed + WORLDS))
    agent = CONTENDERS[name][1](zoo.FeatureEngineer(sim))
    start = time.process_time()
    results = zoo.run({"agent": agent}, sim, n_steps)
    return {"seconds": (time.process_time() - start) / WORLDS, "ctr": results.reward.mean().item()}


def alone(name: str, n_steps: int, seed: int) -> dict[str, Any]:
    """Return the CPU seconds of choosing and learning and the clicks of one contender in one world."""
    shop = Shop(seed)
    users = np.random.default_rng(seed).integers(0, shop.sim.n_users, n_steps).tolist()
    pair, clicks, seconds = CONTENDERS[name][1](shop), 0, 0.0
    for user in users:
        (_, _, click), took = step(pair, user, lambda user, arm: (user, int(arm), shop.sim.get_reward(user, int(arm))))
        clicks, seconds = clicks + click, seconds + took
    return {"seconds": seconds, "ctr": clicks / n_steps}


def play(name: str, n_steps: int, seed: int) -> dict[str, Any]:
    """Return what a contender did, one made anew after some steps unseen."""
    played = in_lockstep if name.endswith(IN_LOCKSTEP) else alone
    played(name, UNSEEN, seed)
    return played(name, n_steps, seed)


def told(name: str) -> dict[str, Any]:
    """Return a contender's task, whether its posterior is the one that is defined, and with whom it is compared."""
    task, elsewhere = CONTENDERS[name][0], contenders.CONTENDERS.get(name.removesuffix(IN_LOCKSTEP))
    reference = next(first for first, one in CONTENDERS.items() if one[0] == task)
    exact = elsewhere is not None and elsewhere.exact  # vowpalwabbit and gittins are told other things there
    return {"task": task, "exact": exact, "reference": reference}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("name", choices=list(CONTENDERS), nargs="?")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int)
    given = parser.parse_args()
    if given.list:
        print(json.dumps({name: told(name) for name in CONTENDERS}))
    else:
        played = play(given.name, given.steps, given.seed)
        print(json.dumps(played | {"mb": peak_mb(), "version": version(given.name.partition(":")[0])}))
