"""Libraries that others wrote, each as two functions: choose an arm for a user, learn from the click.

This file runs in an environment of its own (``make bench-peers`` makes it), one process a contender:

    python -m benchmarks.peers "river: LinUCBDisjoint" --steps 10000 --seed 42

Every contender serves the same users in the same shop, is told their persona and the products' categories, and is
written as its documentation says. Where an equal choice of settings exists it is made: alpha = .2 for LinUCB, a prior
of weight 1, an MLP 9 -> 64 -> 32, and for what trains a network one minibatch in 50 steps.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from zoolib import (
    CATEGORIES,
    FeatureEngineer,
    LinUCBAgent,
    NeuralLinearAgent,
    NeuralUCBAgent,
    Replay,
    ZooplusSimulator,
    __version__,
    run,
)

Choose = Callable[[int], int]
Learn = Callable[[int, int, int], None]
K = 50
ALPHA = 0.2


class Shop:
    """What a contender may know: personas and categories, one-hot, as NumPy and torch see them."""

    def __init__(self, seed: int) -> None:
        self.sim = ZooplusSimulator(n_products=K, seed=seed)
        self.features = FeatureEngineer(self.sim)
        self.persona = self.sim.user_persona.tolist()
        self.category = self.sim.product_category.tolist()
        self.own = np.hstack([np.eye(4), np.ones((4, 1))])  # (P, 5): all that varies, where each arm has its own model
        self.contexts = np.stack([self.features.table[p][self.sim.product_category] for p in range(4)])  # (P, K, 9)


def zoolib(make: Callable[..., Any]) -> Callable[[Shop], tuple[Choose, Learn]]:
    def contender(shop: Shop) -> tuple[Choose, Learn]:
        agent = make(shop.features)
        return (
            lambda user: agent.predict(user, shop.sim),
            lambda user, arm, click: agent.update(user, arm, click, shop.sim),
        )

    return contender


def mabwiser_linucb(shop: Shop) -> tuple[Choose, Learn]:
    from mabwiser.mab import MAB, LearningPolicy

    mab = MAB(list(range(K)), LearningPolicy.LinUCB(alpha=ALPHA, l2_lambda=1.0))
    mab.fit([0], [0], np.zeros((1, 5)))  # it wants a first record; this one is worth nothing
    contexts = [shop.own[p : p + 1] for p in range(4)]
    return (
        lambda user: mab.predict(contexts[shop.persona[user]]),
        lambda user, arm, click: mab.partial_fit([arm], [click], contexts[shop.persona[user]]),
    )


def river_linucb(shop: Shop) -> tuple[Choose, Learn]:
    from river.bandit import LinUCBDisjoint

    policy = LinUCBDisjoint(alpha=1.0, beta=1.0, seed=0)  # its prior and noise; the bonus it adds has a weight of one
    contexts = [{f"p{p}": 1.0, "one": 1.0} for p in range(4)]
    arms = list(range(K))
    return (
        lambda user: policy.pull(arms, context=contexts[shop.persona[user]]),
        lambda user, arm, click: policy.update(arm, contexts[shop.persona[user]], float(click)),
    )


def contextualbandits_linucb(shop: Shop) -> tuple[Choose, Learn]:
    from contextualbandits.online import LinUCB

    policy = LinUCB(
        nchoices=K,
        alpha=ALPHA,
        lambda_=1.0,
        fit_intercept=False,
        use_float=False,
        method="sm",
        ucb_from_empty=True,
        beta_prior=None,
        random_state=1,
        njobs=1,
    )
    contexts = [shop.own[p : p + 1] for p in range(4)]
    return (
        lambda user: int(policy.predict(contexts[shop.persona[user]])[0]),
        lambda user, arm, click: policy.partial_fit(
            contexts[shop.persona[user]], np.array([arm]), np.array([float(click)])
        ),
    )


def vw_adf(shop: Shop) -> tuple[Choose, Learn]:
    """One line a product; interactions of user and product features, as its recommendation tutorial does it."""
    from vowpalwabbit import Workspace

    vw = Workspace("--cb_explore_adf --squarecb -q UA --quiet")
    rng = np.random.default_rng(0)
    users = [f"shared |U p{p}" for p in range(4)]
    products = [f"|A k{k} c{c}" for k, c in enumerate(shop.category)]
    last: list[float] = [0.0]

    def choose(user: int) -> int:
        scores = np.array(vw.predict("\n".join([users[shop.persona[user]], *products])))
        arm = int(np.searchsorted(scores.cumsum(), rng.random() * scores.sum()))
        last[0] = scores[arm]
        return arm

    def learn(user: int, arm: int, click: int) -> None:
        told = products.copy()
        told[arm] = f"0:{-click}:{last[0]} {products[arm]}"
        vw.learn("\n".join([users[shop.persona[user]], *told]))

    return choose, learn


def vw_disjoint(shop: Shop) -> tuple[Choose, Learn]:
    """One line a decision: a model for each arm on the persona alone, exploring at random in one step of twenty."""
    from vowpalwabbit import Workspace

    vw = Workspace(f"--cb_explore {K} --epsilon 0.05 --quiet")
    rng = np.random.default_rng(0)
    contexts = [f"| p{p}" for p in range(4)]
    last: list[float] = [0.0]

    def choose(user: int) -> int:
        scores = np.array(vw.predict(contexts[shop.persona[user]]))
        arm = int(np.searchsorted(scores.cumsum(), rng.random() * scores.sum()))
        last[0] = scores[arm]
        return arm

    def learn(user: int, arm: int, click: int) -> None:
        vw.learn(f"{arm + 1}:{-click}:{last[0]} {contexts[shop.persona[user]]}")

    return choose, learn


def gittins(with_category: bool) -> Callable[[Shop], tuple[Choose, Learn]]:
    def contender(shop: Shop) -> tuple[Choose, Learn]:
        import gittins as engine

        state = engine.create(bits=12, horizon=10.0)
        contexts = [{"persona": f"p{p}"} for p in range(4)]
        told = [{"category": CATEGORIES[c]} if with_category else {} for c in shop.category]
        products = [(f"k{k}", one) for k, one in enumerate(told)]
        last: list[Any] = [0.0, None]

        def choose(user: int) -> int:
            last[0] += 1.0
            record = engine.decide(state, contexts[shop.persona[user]], products, last[0], "shop")
            last[1] = record.decision_id
            return record.chosen

        return choose, lambda user, arm, click: engine.learn(state, last[1], float(click), last[0]) and None

    return contender


def calvera_linucb(shop: Shop) -> tuple[Choose, Learn]:
    """Its update without the trainer around it, which would take most of the time."""
    import torch
    from calvera.bandits import LinearUCBBandit

    bandit = LinearUCBBandit(n_features=20, exploration_rate=ALPHA, eps=1e-9)
    crossed = torch.zeros(4, 1, K, 20)
    for p in range(4):
        crossed[p, 0, torch.arange(K), torch.tensor(shop.category) * 4 + p] = 1.0
    reward = torch.zeros(1, 1)

    def choose(user: int) -> int:
        return int(bandit(crossed[shop.persona[user]])[0].argmax())

    def learn(user: int, arm: int, click: int) -> None:
        bandit._perform_update(crossed[shop.persona[user]][:, arm : arm + 1], reward + click)

    return choose, learn


def _in_torch(shop: Shop) -> tuple[Any, list[Any]]:
    import torch

    torch.manual_seed(0)
    return torch, [torch.tensor(X, dtype=torch.float32) for X in shop.contexts]


def pearl_neural_linear(every_click: bool) -> Callable[[Shop], tuple[Choose, Learn]]:
    """Learn from the last 50 clicks once in 50 steps; ``every_click``: A and b at each click, phi from 64 of them."""

    def contender(shop: Shop) -> tuple[Choose, Learn]:
        torch, X = _in_torch(shop)
        from pearl.policy_learners.contextual_bandits.neural_linear_bandit import NeuralLinearBandit
        from pearl.policy_learners.exploration_modules.contextual_bandits.ucb_exploration import UCBExploration
        from pearl.replay_buffers.transition import TransitionBatch
        from pearl.utils.instantiations.spaces.discrete_action import DiscreteActionSpace

        policy = NeuralLinearBandit(
            feature_dim=9, hidden_dims=[64, 32], learning_rate=0.01, exploration_module=UCBExploration(alpha=0.3)
        )
        space = DiscreteActionSpace([torch.tensor([float(k)]) for k in range(K)])
        linear, rng = policy.model._linear_regression_layer, np.random.default_rng(0)
        clicks: list[tuple[int, int, int]] = []

        def choose(user: int) -> int:
            # get_scores takes the contexts of all arms at once, where act would pair each state with each action
            with torch.no_grad():
                model = policy.model.forward_with_intermediate_values(X[shop.persona[user]])
                scores = policy.exploration_module.get_scores(
                    subjective_state=model["nn_output"],
                    values=model["pred_label_pre_activation"],
                    action_space=space,
                    representation=linear,
                )
            return int(scores.argmax())

        def train(batch: list[tuple[int, int, int]]) -> None:
            state = torch.stack([X[p][k] for p, k, _ in batch])
            reward = torch.tensor([[float(r)] for _, _, r in batch])
            ones = torch.ones(len(batch), 1)
            policy.learn_batch(TransitionBatch(state=state, action=ones, reward=reward, weight=ones))

        def learn(user: int, arm: int, click: int) -> None:
            clicks.append((shop.persona[user], arm, click))
            if every_click:
                with torch.no_grad():
                    z = policy.model.forward_with_intermediate_values(X[shop.persona[user]][arm : arm + 1])["nn_output"]
                linear.learn_batch(z, torch.tensor([[float(click)]]))
            if len(clicks) % 50:
                return
            if not every_click:
                train(clicks[-50:])
            elif len(clicks) >= 64:
                A, b = linear._A.clone(), linear._b.clone()  # what training would count once more
                train([clicks[i] for i in rng.integers(max(0, len(clicks) - 10_000), len(clicks), 64)])
                linear._A, linear._b = A, b
                linear.calculate_coefs()

        return choose, learn

    return contender


def _calvera_trained(bandit: Any, X: list[Any], shop: Shop, torch: Any) -> tuple[Choose, Learn]:
    """One minibatch of 64 from the last 10,000 clicks, once in 50 steps, by the trainer that it is made for."""
    import logging

    from lightning.pytorch import Trainer

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    n = [0]

    def choose(user: int) -> int:
        return int(bandit(X[shop.persona[user]][None])[0].argmax())

    def learn(user: int, arm: int, click: int) -> None:
        x = X[shop.persona[user]][None, arm : arm + 1]
        bandit.record_feedback(x, torch.tensor([[float(click)]]))
        n[0] += 1
        if n[0] % 50 == 0:
            Trainer(max_epochs=1, limit_train_batches=1, accelerator="cpu", **quiet).fit(bandit)

    return choose, learn


def _calvera_buffer() -> Any:
    from calvera.utils.data_storage import AllDataRetrievalStrategy, TensorDataBuffer

    return TensorDataBuffer(AllDataRetrievalStrategy(), max_size=10_000)


def calvera_neural_linear(shop: Shop) -> tuple[Choose, Learn]:
    torch, X = _in_torch(shop)
    from calvera.bandits import NeuralLinearBandit

    phi = torch.nn.Sequential(torch.nn.Linear(9, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32))
    bandit = NeuralLinearBandit(
        network=phi,
        buffer=_calvera_buffer(),
        n_embedding_size=32,
        train_batch_size=64,
        learning_rate=0.01,
        min_samples_required_for_training=50,
        initial_train_steps=0,
        early_stop_threshold=None,
    )
    return _calvera_trained(bandit, X, shop, torch)


def calvera_neural_ucb(shop: Shop) -> tuple[Choose, Learn]:
    torch, X = _in_torch(shop)
    from calvera.bandits import NeuralUCBBandit

    f = torch.nn.Sequential(torch.nn.Linear(9, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
    bandit = NeuralUCBBandit(
        n_features=9,
        network=f,
        buffer=_calvera_buffer(),
        exploration_rate=0.01,  # alpha^2
        train_batch_size=64,
        learning_rate=0.001,
        min_samples_required_for_training=50,
        initial_train_steps=0,
        early_stop_threshold=None,
    )
    return _calvera_trained(bandit, X, shop, torch)


LINEAR, NEURAL_LINEAR, NEURAL_UCB = "LinUCB", "Neural-Linear", "NeuralUCB"

WORLDS = 100  # of what runs in lockstep

# name: (task, the distribution whose version is reported, how it is made)
CONTENDERS: dict[str, tuple[str, str, Callable[[Any], Any]]] = {
    "zoolib: LinUCBAgent": (LINEAR, "zoolib", zoolib(lambda f: LinUCBAgent(f, alpha=ALPHA))),
    "zoolib: LinUCBAgent, 100 worlds in lockstep": (LINEAR, "zoolib", lambda f: LinUCBAgent(f, alpha=ALPHA)),
    "mabwiser: LinUCB": (LINEAR, "mabwiser", mabwiser_linucb),
    "river: LinUCBDisjoint": (LINEAR, "river", river_linucb),
    "contextualbandits: LinUCB": (LINEAR, "contextualbandits", contextualbandits_linucb),
    "calvera: LinearUCBBandit": (LINEAR, "calvera", calvera_linucb),
    "vowpalwabbit: squarecb, a line a product": (LINEAR, "vowpalwabbit", vw_adf),
    "vowpalwabbit: epsilon-greedy, a line a decision": (LINEAR, "vowpalwabbit", vw_disjoint),
    "gittins: products by category": (LINEAR, "gittins", gittins(with_category=True)),
    "gittins: products by name": (LINEAR, "gittins", gittins(with_category=False)),
    "zoolib: NeuralLinearAgent, replay": (
        NEURAL_LINEAR,
        "zoolib",
        zoolib(lambda f: NeuralLinearAgent(f, alpha=0.3, training=Replay(), rng=0)),
    ),
    "zoolib: NeuralLinearAgent, replay, 100 worlds in lockstep": (
        NEURAL_LINEAR,
        "zoolib",
        lambda f: NeuralLinearAgent(f, alpha=0.3, training=Replay(), rng=0),
    ),
    "Pearl: NeuralLinearBandit, evidence at every click": (NEURAL_LINEAR, "Pearl", pearl_neural_linear(True)),
    "Pearl: NeuralLinearBandit, all once in 50 steps": (NEURAL_LINEAR, "Pearl", pearl_neural_linear(False)),
    "calvera: NeuralLinearBandit": (NEURAL_LINEAR, "calvera", calvera_neural_linear),
    "zoolib: NeuralUCBAgent": (NEURAL_UCB, "zoolib", zoolib(lambda f: NeuralUCBAgent(f, alpha=0.1, rng=0))),
    "zoolib: NeuralUCBAgent, diagonal": (
        NEURAL_UCB,
        "zoolib",
        zoolib(lambda f: NeuralUCBAgent(f, alpha=0.1, diagonal=True, rng=0)),
    ),
    "calvera: NeuralUCBBandit, diagonal": (NEURAL_UCB, "calvera", calvera_neural_ucb),
}


def version(distribution: str) -> str:
    if distribution == "zoolib":
        return __version__
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def play_in_lockstep(name: str, n_steps: int, seed: int) -> dict[str, Any]:
    """Return the CPU seconds a world and the clicks of an agent of ours in many worlds, ``seed`` the first of them."""
    sim = ZooplusSimulator(n_products=K, seed=range(seed, seed + WORLDS))
    agent = CONTENDERS[name][2](FeatureEngineer(sim))
    start = time.process_time()
    results = run({"agent": agent}, sim, n_steps)
    return {"seconds": (time.process_time() - start) / WORLDS, "ctr": results.reward.mean().item()}


def play(name: str, n_steps: int, seed: int) -> dict[str, Any]:
    """Return the CPU seconds and the clicks of one contender in one world."""
    if name.endswith("in lockstep"):
        return play_in_lockstep(name, n_steps, seed)
    shop = Shop(seed)
    users = np.random.default_rng(seed).integers(0, shop.sim.n_users, n_steps).tolist()
    choose, learn = CONTENDERS[name][2](shop)
    clicks = 0
    start = time.process_time()
    for user in users:
        arm = int(choose(user))
        click = shop.sim.get_reward(user, arm)
        learn(user, arm, click)
        clicks += click
    return {"seconds": time.process_time() - start, "ctr": clicks / n_steps}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("name", choices=list(CONTENDERS), nargs="?")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int)
    given = parser.parse_args()
    if given.list:
        print(json.dumps({name: task for name, (task, _, _) in CONTENDERS.items()}))
    else:
        played = play(given.name, given.steps, given.seed)
        print(json.dumps(played | {"version": version(CONTENDERS[given.name][1])}))
