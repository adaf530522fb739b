"""Neural bandits that others wrote: each made by ``make(K, d)``, for contexts that come as tensors of torch.

What is made are two functions: ``choose(X)`` returns the row of X, ``(K, d)``, to choose; ``learn(x, arm, r)`` takes in
the reward of one. An equal choice of settings is made: an MLP d -> 64 -> 32, and one minibatch in 50 steps.
"""

import logging
import warnings
from typing import Any

import numpy as np

from zoolab.benchmarks.linear_peers import Make, Pair


def on_arrays(make: Make) -> Make:
    """Return a contender that is given arrays."""

    def told(n_arms: int, d: int) -> Pair:
        import torch

        choose, learn = make(n_arms, d)
        return (
            lambda X: choose(torch.tensor(X, dtype=torch.float32)),
            lambda x, arm, r: learn(torch.tensor(x, dtype=torch.float32), arm, r),
        )

    return told


def pearl_neural_linear(every_click: bool) -> Make:
    """Learn from the last 50 clicks once in 50 steps; ``every_click``: A and b at each click, phi from 64 of them."""

    def make(n_arms: int, d: int) -> Pair:
        import torch
        from pearl.policy_learners.contextual_bandits.neural_linear_bandit import NeuralLinearBandit
        from pearl.policy_learners.exploration_modules.contextual_bandits.ucb_exploration import UCBExploration
        from pearl.replay_buffers.transition import TransitionBatch
        from pearl.utils.instantiations.spaces.discrete_action import DiscreteActionSpace

        torch.manual_seed(0)
        policy = NeuralLinearBandit(
            feature_dim=d, hidden_dims=[64, 32], learning_rate=0.01, exploration_module=UCBExploration(alpha=0.3)
        )
        space = DiscreteActionSpace([torch.tensor([float(k)]) for k in range(n_arms)])
        linear, rng = policy.model._linear_regression_layer, np.random.default_rng(0)
        clicks: list[tuple[Any, int]] = []

        def choose(X: Any) -> int:
            # get_scores takes the contexts of all arms at once, where act would pair each state with each action
            with torch.no_grad():
                model = policy.model.forward_with_intermediate_values(X)
                scores = policy.exploration_module.get_scores(
                    subjective_state=model["nn_output"],
                    values=model["pred_label_pre_activation"],
                    action_space=space,
                    representation=linear,
                )
            return int(scores.argmax())

        def train(batch: list[tuple[Any, int]]) -> None:
            state = torch.stack([x for x, _ in batch])
            reward = torch.tensor([[float(r)] for _, r in batch])
            ones = torch.ones(len(batch), 1)
            policy.learn_batch(TransitionBatch(state=state, action=ones, reward=reward, weight=ones))

        def learn(x: Any, arm: int, click: int) -> None:
            clicks.append((x, click))
            if every_click:
                with torch.no_grad():
                    z = policy.model.forward_with_intermediate_values(x[None])["nn_output"]
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

    return make


def calvera_neural_linear(n_arms: int, d: int) -> Pair:
    import torch
    from calvera.bandits import NeuralLinearBandit

    torch.manual_seed(0)
    phi = torch.nn.Sequential(torch.nn.Linear(d, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32))
    # lazy: else its head, made anew at each training, would keep A = I; eps is added to A with each minibatch
    settings = {"learning_rate": 0.01, "lazy_uncertainty_update": True, "eps": 1e-9, **_calvera_settings()}
    return _trained(NeuralLinearBandit(network=phi, n_embedding_size=32, **settings))


def calvera_neural_ucb(n_arms: int, d: int) -> Pair:
    import torch
    from calvera.bandits import NeuralUCBBandit

    torch.manual_seed(0)
    f = torch.nn.Sequential(torch.nn.Linear(d, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
    alpha_squared = 0.01
    settings = {"exploration_rate": alpha_squared, "learning_rate": 0.001}
    return _trained(NeuralUCBBandit(n_features=d, network=f, **settings, **_calvera_settings()))


def _calvera_settings() -> dict[str, Any]:
    from calvera.utils.data_storage import AllDataRetrievalStrategy, TensorDataBuffer

    return {
        "buffer": TensorDataBuffer(AllDataRetrievalStrategy(), max_size=10_000),
        "train_batch_size": 64,
        "min_samples_required_for_training": 50,
        "initial_train_steps": 0,
        "early_stop_threshold": None,
    }


def _trained(bandit: Any) -> Pair:
    """One minibatch of 64 from the last 10,000 clicks, once in 50 steps, by the trainer that it is made for."""
    import torch
    from lightning.pytorch import Trainer

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    n = [0]

    def learn(x: Any, arm: int, click: int) -> None:
        bandit.record_feedback(x[None, None], torch.tensor([[float(click)]]))
        n[0] += 1
        if n[0] % 50 == 0:
            Trainer(max_epochs=1, limit_train_batches=1, accelerator="cpu", **quiet).fit(bandit)

    return lambda X: int(bandit(X[None])[0].argmax()), learn
