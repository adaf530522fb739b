"""Small networks, many at a time: MLPs whose weights carry the worlds' axis, and their optimisers (chapters 3 to 5).

All weights of a network stand in one flat vector of length p, so that one line updates them all, and the gradient that
NeuralUCB linearises is that of this vector. Everything is float64 and in closed form: at these sizes a tape of
operations costs more than the operations.
"""

import copy
import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import numpy as np

from zoolib import checks

Layer = tuple[np.ndarray, np.ndarray]


class MLP:
    """Fully connected networks: a layer is relu(W'x + b), the last one W'x + b.

    Parameters
    ----------
    sizes
        Width of the input, of each hidden layer and of the output, such as ``(9, 64, 1)``.
    rngs
        One generator a network. Weights and biases start uniform in [-1/sqrt(d_in), 1/sqrt(d_in)] like those of
        ``torch.nn.Linear``; layer by layer, weights before biases.
    batch_shape
        ``()`` for one network, ``(R,)`` for R. Network i of a batch is the one that its generator alone would give.
    linear
        Numbers of the hidden layers, counted from 1, that have no ReLU.

    Attributes
    ----------
    flat
        ``(..., p)``, all weights; they change in place.
    layers
        ``[(W, b), ...]``, views of ``flat`` of shapes ``(..., d_in, d_out)`` and ``(..., d_out)``.

    >>> network = MLP((9, 64, 1), [np.random.default_rng(i) for i in range(100)], batch_shape=(100,))
    >>> network(np.ones((100, 5, 9))).shape, network.p
    ((100, 5, 1), 705)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        rngs: Sequence[np.random.Generator],
        batch_shape: tuple[int, ...] = (),
        linear: Collection[int] = (),
    ) -> None:
        self.sizes = tuple(checks.whole("sizes", size, 1) for size in checks.items("sizes", sizes))
        if len(self.sizes) < 2:
            raise ValueError(f"sizes must name an input and an output at least, got {self.sizes}")
        n_layers = len(self.sizes) - 1
        self.relu = [i < n_layers and i not in linear for i in range(1, n_layers + 1)]
        rngs = [checks.instance("rngs", rng, np.random.Generator) for rng in checks.items("rngs", rngs, 1)]
        shapes = [*itertools.pairwise(self.sizes)]
        drawn = [rng.uniform(-1, 1, (m + 1) * n) / np.sqrt(m) for rng in rngs for m, n in shapes]
        self.flat = np.concatenate(drawn).reshape(*batch_shape, -1)
        self.layers = self.views(self.flat)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.layers = self.views(self.flat)  # A copy would otherwise hold layers that are no views.

    def get_state(self) -> dict[str, Any]:
        """Return a copy of the weights."""
        return {"flat": self.flat.copy()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
        self.flat[...] = state["flat"]

    @property
    def p(self) -> int:
        """Number of weights of one network."""
        return self.flat.shape[-1]

    def views(self, flat: np.ndarray) -> list[Layer]:
        """Return the parts W and b of each layer in ``flat``, ``(..., p)``, without copying."""
        layers, start = [], 0
        for m, n in itertools.pairwise(self.sizes):
            W, b = flat[..., start : start + m * n], flat[..., start + m * n : start + (m + 1) * n]
            layers.append((W.reshape(*W.shape[:-1], m, n), b))
            start += (m + 1) * n
        return layers

    def of_world(self, i: int) -> Self:
        """Return network ``i`` of a batch alone, on the weights of the batch; a network without a batch is itself."""
        if self.flat.ndim == 1:
            return self
        one = copy.copy(self)
        one.flat = self.flat[i]
        one.layers = one.views(one.flat)
        return one

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return the output for the rows of ``X``, ``(..., n, d_in) -> (..., n, d_out)``."""
        return self.forward(X)[-1]

    def forward(self, X: np.ndarray, depth: int | None = None) -> list[np.ndarray]:
        """Return ``X`` and the output of each of the first ``depth`` layers (None: of all)."""
        outputs = [X]
        for i, (W, b) in enumerate(self.layers[:depth]):
            H = outputs[-1] @ W
            H += b[..., None, :]
            outputs.append(self._activate(i, H))
        return outputs

    def backward(self, outputs: list[np.ndarray], G: np.ndarray) -> np.ndarray:
        """Return the gradient of a loss with respect to all weights, ``(..., p)``.

        Parameters
        ----------
        outputs
            What :meth:`forward` returned, up to the layer at which the loss looks.
        G
            The loss's gradient at the last of them, of the same shape; layers beyond it get a gradient of 0.
        """
        flat = np.zeros_like(self.flat) if len(outputs) <= len(self.layers) else np.empty_like(self.flat)
        for i, (gW, gb) in reversed(list(enumerate(self.views(flat)))[: len(outputs) - 1]):
            G = self._through_relu(i, outputs, G)
            if G.shape[-2] == 1:  # Matmul is slow at outer products.
                np.einsum("...ni,...nj->...ij", outputs[i], G, out=gW)
            else:
                np.matmul(np.swapaxes(outputs[i], -1, -2), G, out=gW)
            gb[...] = G.sum(-2)
            if i:
                G = G @ np.swapaxes(self.layers[i][0], -1, -2)
        return flat

    def loss_gradient(self, X: np.ndarray, n: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return the gradient of the mean squared error, ``(..., p)``.

        Parameters
        ----------
        X
            ``(..., m, d_in)`` contexts.
        n, s
            ``(..., m)``: how often each was met, and its rewards, summed: all that the gradient depends on. For single
            records, n is 1 and s the reward.
        """
        outputs = self.forward(X)
        G = 2 * (n * outputs[-1][..., 0] - s) / n.sum(-1, keepdims=True)
        return self.backward(outputs, G[..., None])

    def gradients(self, X: np.ndarray) -> np.ndarray:
        """Return the gradient of a single output at each row of ``X``, ``(..., n, d_in) -> (..., n, p)``."""
        if self.sizes[-1] != 1:
            raise ValueError(f"gradients are those of a single output, but the network has {self.sizes[-1]}")
        outputs = self.forward(X)
        flat = np.empty((*outputs[-1].shape[:-1], self.p))
        G = np.ones_like(outputs[-1])
        for i, (gW, gb) in reversed(list(enumerate(self.views(flat)))):
            G = self._through_relu(i, outputs, G)
            np.einsum("...i,...j->...ij", outputs[i], G, out=gW)  # There is one outer product for each row.
            gb[...] = G
            if i:
                G = G @ np.swapaxes(self.layers[i][0], -1, -2)
        return flat

    def _activate(self, i: int, H: np.ndarray) -> np.ndarray:
        return np.maximum(H, 0, out=H) if self.relu[i] else H

    def _through_relu(self, i: int, outputs: list[np.ndarray], G: np.ndarray) -> np.ndarray:
        return G * (outputs[i + 1] > 0) if self.relu[i] else G


class SGD:
    """Stochastic gradient descent: w <- w - lr g.

    Parameters
    ----------
    weights, lr
        ``(..., p)``, changed in place; and the step size, above 0.

    >>> SGD(weights := np.ones(2), lr=0.1).step(np.array([1.0, -2.0]))
    >>> weights.round(3).tolist()
    [0.9, 1.2]
    """

    def __init__(self, weights: np.ndarray, lr: float) -> None:
        self.weights, self.lr = weights, checks.real("lr", lr, 0.0, open_low=True)

    def step(self, gradient: np.ndarray) -> None:
        """Move the weights against ``gradient``, ``(..., p)``, which is used up."""
        gradient *= self.lr
        self.weights -= gradient


class Adam:
    """Adam (Kingma and Ba, ICLR 2015) with its usual constants: steps of about lr, whatever the gradient's size.

    m <- .9 m + .1 g, v <- .999 v + .001 g^2, w <- w - lr m^ / (sqrt(v^) + 1e-8), where m^ = m / (1 - .9^t) and
    v^ = v / (1 - .999^t). The parameters are those of :class:`SGD`.

    >>> Adam(weights := np.ones(2), lr=0.1).step(np.array([1.0, -2.0]))
    >>> weights.round(3).tolist()
    [0.9, 1.1]
    """

    def __init__(self, weights: np.ndarray, lr: float) -> None:
        self.weights, self.lr = weights, checks.real("lr", lr, 0.0, open_low=True)
        self.m, self.v, self.t = np.zeros_like(weights), np.zeros_like(weights), 0

    def get_state(self) -> dict[str, Any]:
        """Return copies of both moments, and the number of steps."""
        return {"m": self.m.copy(), "v": self.v.copy(), "t": self.t}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
        self.m[...], self.v[...], self.t = state["m"], state["v"], state["t"]

    def of_world(self, i: int) -> Self:
        """Return the optimiser of network ``i`` of a batch alone, on arrays of the batch; its ``t`` is its own."""
        if self.weights.ndim == 1:
            return self
        one = copy.copy(self)
        one.weights, one.m, one.v = self.weights[i], self.m[i], self.v[i]
        return one

    def step(self, gradient: np.ndarray) -> None:
        """Move the weights against ``gradient``, ``(..., p)``, which is used up."""
        self.t += 1
        self.v *= 0.999
        self.v += 0.001 * gradient * gradient
        self.m *= 0.9
        gradient *= 0.1
        self.m += gradient
        denominator = np.sqrt(self.v)
        denominator /= np.sqrt(1 - 0.999**self.t)
        denominator += 1e-8
        np.divide(self.m, denominator, out=denominator)
        denominator *= self.lr / (1 - 0.9**self.t)
        self.weights -= denominator
