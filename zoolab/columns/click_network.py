"""A network that predicts clicks: layer norm before each ReLU, cross-entropy, decoupled weight decay (chapter 8)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.networks.mlp import MLP, Adam

EPS = 1e-5


class ClickNetwork(MLP):
    """An MLP whose single output is the log-odds of a click, with layer norm before each ReLU.

    A hidden layer is relu(n(W'x + b)), where n(h) = (h - mean(h)) / sqrt(var(h) + 1e-5) over the layer's units (Ba,
    Kiros and Hinton, 2016, without their gains and offsets).

    Parameters
    ----------
    sizes, rngs, batch_shape
        As in :class:`~zoolib.networks.MLP`; the last size is 1.
    normalize
        Whether there is a layer norm.

    >>> network = ClickNetwork((20, 32, 32, 1), [np.random.default_rng(0)])
    >>> network.click_gradient(np.ones((5, 20)), np.ones(5)).shape
    (1761,)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        rngs: Sequence[np.random.Generator],
        batch_shape: tuple[int, ...] = (),
        normalize: bool = True,
    ) -> None:
        if not isinstance(sizes, Sequence) or not sizes or sizes[-1] != 1:  # before a number is drawn
            raise ValueError(f"sizes must end in 1, the log-odds of a click, got {sizes}")
        super().__init__(sizes, rngs, batch_shape)
        self.normalize = normalize

    def forward(self, X: np.ndarray, depth: int | None = None) -> list[np.ndarray]:
        """Return ``X`` and the output of each of the first ``depth`` layers (None: of all)."""
        self._normal: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        return super().forward(X, depth)

    def _activate(self, i: int, H: np.ndarray) -> np.ndarray:
        if not (self.relu[i] and self.normalize):
            return super()._activate(i, H)
        H -= H.sum(-1, keepdims=True) / H.shape[-1]
        scale = 1 / np.sqrt(np.vecdot(H, H) / H.shape[-1] + EPS)[..., None]
        H *= scale
        self._normal[i] = H, scale
        return np.maximum(H, 0)

    def _through_relu(self, i: int, outputs: list[np.ndarray], G: np.ndarray) -> np.ndarray:
        G = super()._through_relu(i, outputs, G)
        if self.relu[i] and self.normalize:
            H, scale = self._normal[i]
            along = np.vecdot(G, H)[..., None] / H.shape[-1]
            G -= G.sum(-1, keepdims=True) / H.shape[-1]
            G -= H * along
            G *= scale
        return G

    def click_gradient(self, X: np.ndarray, r: np.ndarray, lasso: float = 0.0) -> np.ndarray:
        """Return the gradient of the mean cross-entropy of clicks, plus ``lasso`` times |first layer's W|_1.

        Parameters
        ----------
        X, r, lasso
            ``(..., m, d_in)`` contexts and ``(..., m)`` clicks; weight of a penalty that makes the network leave out
            columns that say nothing.
        """
        outputs = self.forward(X)
        G = sigmoid(outputs[-1][..., 0])
        G -= r
        G /= r.shape[-1]
        flat = self.backward(outputs, G[..., None])
        if lasso:
            self.views(flat)[0][0][...] += lasso * np.sign(self.layers[0][0])
        return flat


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019): before each step w <- (1 - lr decay) w.

    The parameters are those of :class:`~zoolib.networks.Adam`, and ``decay``, at least 0.

    >>> AdamW(weights := np.ones(2), lr=0.1, decay=0.5).step(np.array([1.0, -2.0]))
    >>> weights.round(3).tolist()
    [0.85, 1.05]
    """

    def __init__(self, weights: np.ndarray, lr: float, decay: float = 1e-4) -> None:
        super().__init__(weights, lr)
        self.decay = checks.real("decay", decay, 0.0)

    def step(self, gradient: np.ndarray) -> None:
        """Shrink the weights, then move them against ``gradient``, which is used up."""
        self.weights *= 1 - self.lr * self.decay
        super().step(gradient)


def sigmoid(x: Any) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), by the hyperbolic tangent, on whose last digits the stored tables rest.

    >>> sigmoid([-1e4, 0.0, 1e4]).tolist()
    [0.0, 0.5, 1.0]
    """
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(x)))
