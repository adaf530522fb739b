"""Linear bandits that others wrote, of one model for all arms, for contexts that are all different.

Each is made by ``make(K, d)``, as in :mod:`zoolab.benchmarks.linear_peers`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from zoolab.benchmarks.linear_peers import ALPHA, Make, Pair, line


def vw_shared(told: Callable[[Any], list[str]] = lambda X: [line(x) for x in X], options: str = "") -> Make:
    """One line an arm, the last ones of those that ``told`` returns anew for each decision."""

    def make(n_arms: int, d: int) -> Pair:
        from vowpalwabbit import Workspace

        vw, rng = Workspace(f"--cb_explore_adf --squarecb {options}--quiet"), np.random.default_rng(0)
        last: list[Any] = [None, 0.0]

        def choose(x: Any) -> int:
            lines = told(x)
            scores = np.array(vw.predict("\n".join(lines)))
            arm = int(np.searchsorted(scores.cumsum(), rng.random() * scores.sum()))
            last[:] = lines, scores[arm]
            return arm

        def learn(x: Any, arm: int, r: int) -> None:
            lines, chance = last
            lines[arm - n_arms] = f"0:{-r}:{chance} {lines[arm - n_arms]}"
            vw.learn("\n".join(lines))

        return choose, learn

    return make


def calvera(policy: str, **settings: Any) -> Make:
    """Its update without the trainer around it, which would take most of the time."""

    def make(n_arms: int, d: int) -> Pair:
        import torch
        from calvera import bandits

        torch.manual_seed(0)
        bandit = getattr(bandits, policy)(n_features=d, eps=1e-9, **settings)

        def learn(X: np.ndarray, arms: np.ndarray, r: np.ndarray) -> None:
            x, r = torch.tensor(X, dtype=torch.float32), torch.tensor(r, dtype=torch.float32)
            bandit._perform_update(x[:, None], r[:, None])

        return lambda X: bandit(torch.tensor(X, dtype=torch.float32))[0].argmax(1).numpy(), learn

    return make


def pearl_shared(thompson: bool) -> Make:
    """It puts the 1 in front itself; its exploration takes the contexts of all arms at once."""

    def make(n_arms: int, d: int) -> Pair:
        import torch
        from pearl.policy_learners.contextual_bandits.linear_bandit import LinearBandit
        from pearl.policy_learners.exploration_modules.contextual_bandits import (
            thompson_sampling_exploration as thompson_module,
        )
        from pearl.policy_learners.exploration_modules.contextual_bandits.ucb_exploration import UCBExploration
        from pearl.replay_buffers.transition import TransitionBatch
        from pearl.utils.instantiations.spaces.discrete_action import DiscreteActionSpace

        torch.manual_seed(0)
        exploration = thompson_module.ThompsonSamplingExplorationLinear() if thompson else UCBExploration(alpha=ALPHA)
        policy = LinearBandit(feature_dim=d - 1, exploration_module=exploration)
        space = DiscreteActionSpace([torch.tensor([float(k)]) for k in range(n_arms)])
        policy.model.calculate_coefs()  # until its first click it would have no width at all

        def choose(X: np.ndarray) -> np.ndarray:
            X = torch.tensor(X[..., 1:], dtype=torch.float32)
            scores = exploration.get_scores(
                subjective_state=X, values=policy.model(X), action_space=space, representation=policy.model
            )
            return scores.argmax(1).numpy()

        def learn(X: np.ndarray, arms: np.ndarray, r: np.ndarray) -> None:
            x, r = torch.tensor(X[:, 1:], dtype=torch.float32), torch.tensor(r, dtype=torch.float32)[:, None]
            policy.learn_batch(TransitionBatch(state=x, action=x[:, :0], reward=r, weight=torch.ones_like(r)))

        return choose, learn

    return make


def coba(policy: str, **settings: Any) -> Make:
    def make(n_arms: int, d: int) -> Pair:
        from coba import learners

        learner, last = getattr(learners, policy)(features=["a"], **settings), [None, 0.0]

        def choose(X: np.ndarray) -> int:
            actions = [tuple(x) for x in X.tolist()]
            last[:] = learner.predict(None, actions)[:2]
            return actions.index(last[0])

        return choose, lambda x, arm, r: learner.learn(None, last[0], float(r), last[1])

    return make
