"""phi as it is served: frozen, versioned, one batch at a time, on whatever device there is (chapter 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch

from zoolib import checks
from zoolib.networks import MLP

DEVICES = ("auto", "cpu", "cuda", "mps")


class Embedder:
    """The first ``depth`` layers of a network, as they are now.

    In float32 an embedding is off by about one part in ten million, which can turn a choice between two nearly equal
    products. The evidence stays float64 in any case. On the CPU NumPy computes: for a few hundred contexts that
    is faster than to hand them to torch. On MPS there is no float64.

    Parameters
    ----------
    network
        Whose layers; later changes of its weights change nothing here.
    depth
        How many; the output of the last of them is z.
    device
        ``"auto"`` takes CUDA, else MPS, else the CPU.
    dtype
        ``"float32"`` or ``"float64"``.

    Attributes
    ----------
    version
        A fingerprint of the weights: two embedders of the same version embed alike.
    """

    def __init__(self, network: MLP, depth: int = 2, *, device: str = "auto", dtype: str = "float32") -> None:
        if not isinstance(network, MLP) or network.flat.ndim != 1:
            raise TypeError("network must be one MLP, without an axis of worlds")
        if device not in DEVICES or dtype not in ("float32", "float64"):
            raise ValueError(
                f"device must be one of {', '.join(DEVICES)} and dtype float32 or float64, got {device!r}, {dtype!r}"
            )
        depth = checks.whole("depth", depth, 1, len(network.layers))
        if not np.isfinite(network.flat).all():
            raise ValueError("network must have finite weights")
        self.layers = [(W.copy(), b.copy()) for W, b in network.layers[:depth]]
        self.relu = list(network.relu[:depth])
        self._settle(device, dtype)

    def _settle(self, device: str, dtype: str) -> None:
        if device == "auto":
            if torch.cuda.is_available():
                device = "cuda"
            else:
                device = "mps" if torch.backends.mps.is_available() and dtype == "float32" else "cpu"
        if device == "mps" and dtype == "float64":
            raise ValueError("dtype must be float32 on the device mps, which has no float64")
        self.device, self.dtype = device, dtype
        digest = hashlib.blake2b(repr(self.relu).encode(), digest_size=6)
        for W, b in self.layers:
            digest.update(f"{W.shape}".encode() + W.tobytes() + b.tobytes())
        self.version = digest.hexdigest()
        cast = [(W.astype(dtype), b.astype(dtype)) for W, b in self.layers]
        on_cpu = device == "cpu"
        self._served = cast if on_cpu else [tuple(torch.from_numpy(a).to(device) for a in pair) for pair in cast]

    @property
    def d(self) -> int:
        """Length of a context."""
        return self.layers[0][0].shape[0]

    @property
    def d_emb(self) -> int:
        """Length of an embedding."""
        return self.layers[-1][0].shape[1]

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return the embedding of each row of ``X`` in float64, ``(n, d) -> (n, d_emb)``."""
        X = np.asarray(X)
        if X.ndim != 2 or X.shape[1] != self.d:
            raise ValueError(f"X must have shape (any, {self.d}), got {X.shape}")
        if self.device != "cpu":
            return self._elsewhere(X)
        H = X.astype(self.dtype, copy=False)
        for (W, b), relu in zip(self._served, self.relu, strict=True):
            H = H @ W
            H += b
            if relu:
                np.maximum(H, 0, out=H)
        return H.astype(float)

    @torch.no_grad()
    def _elsewhere(self, X: np.ndarray) -> np.ndarray:
        H = torch.from_numpy(X.astype(self.dtype)).to(self.device)
        for (W, b), relu in zip(self._served, self.relu, strict=True):
            H = torch.addmm(b, H, W)
            H = torch.relu(H) if relu else H
        return H.cpu().numpy().astype(float)

    def record(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a store keeps of it: words and arrays."""
        arrays = {f"{name}{i}": a for i, pair in enumerate(self.layers) for name, a in zip("Wb", pair, strict=True)}
        return {"relu": self.relu}, arrays

    @classmethod
    def of_record(
        cls,
        words: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray],
        *,
        device: str = "auto",
        dtype: str = "float32",
    ) -> Self:
        """Return the embedder of which :meth:`record` was kept."""
        embedder = cls.__new__(cls)
        embedder.relu = list(words["relu"])
        embedder.layers = [(arrays[f"W{i}"], arrays[f"b{i}"]) for i in range(len(embedder.relu))]
        embedder._settle(device, dtype)
        return embedder
