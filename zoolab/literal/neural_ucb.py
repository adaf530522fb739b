"""NeuralUCB as it is defined: a backward pass of torch for every arm, A inverted at every decision (chapter 3)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

try:
    import torch
except ImportError as error:
    raise ImportError("this part of zoolib needs PyTorch: python -m pip install torch") from error

from zoolib.agents.neural_ucb import NeuralUCBAgent
from zoolib.evidence import Evidence
from zoolib.networks import MLP
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class AutogradMLP(MLP):
    """The same network in the hands of torch, which finds its gradients by automatic differentiation.

    >>> AutogradMLP((2, 3, 1), [np.random.default_rng(0)]).gradients(np.eye(2)).shape
    (2, 13)
    """

    def __init__(self, sizes: Sequence[int], rngs: Sequence[np.random.Generator], batch_shape: tuple = ()) -> None:
        super().__init__(sizes, rngs, batch_shape)
        self.__setstate__({})

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.weights = [torch.from_numpy(part).requires_grad_() for layer in self.layers for part in layer]

    def _output(self, X: torch.Tensor) -> torch.Tensor:
        W1, b1, W2, b2 = self.weights
        return torch.relu(X @ W1 + b1) @ W2 + b2

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return the output for the rows of ``X``, ``(n, d) -> (n, 1)``."""
        with torch.no_grad():
            return self._output(torch.tensor(X)).numpy()

    def gradients(self, X: np.ndarray) -> np.ndarray:
        """Return the gradient at each row of ``X``, ``(n, d) -> (n, p)``, by one backward pass a row."""
        return np.stack([self._backward(self._output(x)) for x in torch.tensor(X)])

    def loss_gradient(self, X: np.ndarray, n: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return the gradient of the squared error of single rewards s (n = 1)."""
        error = self._output(torch.tensor(X))[..., 0] - torch.tensor(s)
        return self._backward((error**2).mean())

    def _backward(self, y: torch.Tensor) -> np.ndarray:
        gradient = torch.autograd.grad(y, self.weights)
        return torch.cat([part.flatten() for part in gradient]).numpy()


class LiteralEvidence(Evidence):
    """Evidence that inverts A whenever the inverse is needed, and goes through the contexts one by one.

    >>> LiteralEvidence(d=2).width(np.eye(2)).tolist()
    [1.0, 1.0]
    """

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) for the rows x of ``X``."""
        A_inv = np.linalg.inv(self.A)
        return np.array([np.sqrt(x @ A_inv @ x) for x in X])

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Take in a click: A <- A + x x', b <- b + r x."""
        self.A += np.outer(x, x)
        self.b += r * x


class LiteralNeuralUCBAgent(NeuralUCBAgent):
    """NeuralUCB as the definition reads, in one world: slow, and with the same choices as :class:`NeuralUCBAgent`.

    It takes the parameters of :class:`NeuralUCBAgent`, but for ``evidence``.

    >>> LiteralNeuralUCBAgent(ContextSpace(d=9, n_arms=3), rng=0).network.p
    705
    """

    network_kind = AutogradMLP

    def __init__(self, features: FeatureEngineer | ContextSpace, **settings: Any) -> None:
        if getattr(features, "batch_shape", ()):
            raise ValueError(f"the literal agent knows one world, got features of shape {features.batch_shape}")
        super().__init__(features, evidence=LiteralEvidence, **settings)

    def candidates(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the contexts of all products, and their numbers."""
        return self.features.contexts(user_id, sim), np.arange(sim.n_products)
