"""Networks of torch with weights that are given, for the literal versions in the tests."""

import itertools

import numpy as np
import torch


def network(weights: np.ndarray, *sizes: int) -> torch.nn.Sequential:
    """Return a network of one hidden layer with these weights, layer by layer, matrices before biases."""
    layers = [torch.nn.Linear(m, n).double() for m, n in itertools.pairwise(sizes)]
    f = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    parts = np.split(weights, np.cumsum([w.numel() for w in f.parameters()])[:-1])
    with torch.no_grad():
        for w, part in zip(f.parameters(), parts, strict=True):
            w.copy_(torch.tensor(part.reshape(w.shape[::-1]).T if w.ndim == 2 else part))
    return f
