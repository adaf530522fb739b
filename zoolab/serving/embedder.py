"""phi as it is served: frozen, versioned, one batch at a time, on whatever device there is (chapter 6)."""

import hashlib
from typing import Any, Self

import numpy as np

from zoolab.serving.optional import extra
from zoolib import checks
from zoolib.networks import MLP
from zoolib.ties import SINGLE, TIE

PORTION = 64  # rows; in float64 each of them rounds alike under the kernels that were tried, in float32 not under all
DEVICES, DTYPES = ("auto", "cpu", "cuda", "mps"), ("float32", "float64")


class Embedder:
    """The first ``depth`` layers of a network, as they are now.

    Contexts are embedded in portions of 64, the last one filled up, since a matrix product of another size may round
    otherwise. In float32 an embedding is off by about one part in ten million, which on some processors depends on its
    place; scores that differ by no more count as equal. The evidence is float64 in any case. On the CPU NumPy computes:
    for a few hundred contexts that is faster than to hand them to torch.

    Parameters
    ----------
    network, depth
        Whose layers, and how many; the output of the last is z. Later changes of its weights change nothing here.
    device, dtype
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``, which takes CUDA, else MPS, else the CPU; ``"float64"``, which
        MPS does not have, or ``"float32"``.

    Attributes
    ----------
    d, d_emb, version, tolerance
        Lengths of a context and of an embedding; a fingerprint: embedders of the same version embed alike; and the part
        of their size by which scores must differ not to be equal.
    """

    def __init__(self, network: MLP, depth: int = 2, *, device: str = "auto", dtype: str = "float64") -> None:
        if not isinstance(network, MLP) or network.flat.ndim != 1:
            raise TypeError("network must be one MLP, without an axis of worlds")
        depth = checks.whole("depth", depth, 1, len(network.layers))
        if not np.isfinite(network.flat).all():
            raise ValueError("network must have finite weights")
        self._serve([(W.copy(), b.copy()) for W, b in network.layers[:depth]], network.relu[:depth], device, dtype)

    def _serve(self, layers: list[tuple[np.ndarray, np.ndarray]], relu: list[bool], device: str, dtype: str) -> None:
        checks.choice("device", device, DEVICES)
        checks.choice("dtype", dtype, DTYPES)
        if device == "mps" and dtype == "float64":
            raise ValueError("dtype must be float32 on the device mps, which has no float64")
        self.layers, self.relu, self.dtype = layers, list(relu), dtype
        self.d, self.d_emb = layers[0][0].shape[0], layers[-1][0].shape[1]
        self.tolerance = TIE if dtype == "float64" else SINGLE
        self.device = _best_device(dtype) if device == "auto" else device
        digest = hashlib.blake2b(repr(self.relu).encode(), digest_size=6)
        for W, b in layers:
            digest.update(f"{W.shape}".encode() + W.tobytes() + b.tobytes())
        self.version = digest.hexdigest()
        self._served = [(self._there(W), self._there(b)) for W, b in layers]

    def _there(self, a: np.ndarray) -> Any:
        """Return ``a`` as it is computed with, on the device."""
        a = a.astype(self.dtype, copy=False)
        return a if self.device == "cpu" else extra("torch").from_numpy(a).to(self.device)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return the embedding of each row of ``X`` in float64, ``(n, d) -> (n, d_emb)``."""
        X = checks.finite("X", X, (None, self.d))
        portions = np.zeros((-(-len(X) // PORTION), PORTION, self.d), dtype=self.dtype)
        portions.reshape(-1, self.d)[: len(X)] = X
        H = self._there(portions)
        for (W, b), relu in zip(self._served, self.relu, strict=True):
            H = H @ W
            H += b
            H = H.clip(0) if relu else H
        Z = H if self.device == "cpu" else H.cpu().numpy()
        return Z.reshape(-1, self.d_emb)[: len(X)].astype(float)

    def record(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return what a store keeps of it: words and arrays."""
        arrays = {f"{name}{i}": a for i, pair in enumerate(self.layers) for name, a in zip("Wb", pair, strict=True)}
        return {"relu": self.relu}, arrays

    @classmethod
    def of_record(cls, words: dict[str, Any], arrays: dict[str, np.ndarray], *, device: str, dtype: str) -> Self:
        """Return the embedder of which :meth:`record` was kept."""
        embedder = cls.__new__(cls)
        layers = [(arrays[f"W{i}"], arrays[f"b{i}"]) for i in range(len(words["relu"]))]
        embedder._serve(layers, words["relu"], device, dtype)
        return embedder


def _best_device(dtype: str) -> str:
    try:
        torch = extra("torch")
    except ImportError:
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if dtype == "float32" and torch.backends.mps.is_available() else "cpu"
