"""The batched baseline: a click model learned offline, from a log, and then left as it is (chapter 0).

User and product embeddings, concatenated, 64 -> 32 -> 1 with a ReLU between and a sigmoid at the end. It is the one
network of the book that is trained by torch's autograd and optimizers as anyone would do it.
"""

import copy
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

try:
    import torch
    from torch import nn
except ImportError as error:
    raise ImportError("this part of zoolib needs PyTorch: python -m pip install torch") from error

from zoolib import checks
from zoolib.randomness import Seed, generators
from zoolib.world import ZooplusSimulator


class MLPRecommender(nn.Module):
    """Click probabilities of (user, product) from learned embeddings of both.

    Parameters
    ----------
    n_users, n_products, embedding_dim
        Sizes of the embedding tables, beyond which nothing can be scored, and length of each embedding.
    rng
        Seed or generator of the initial weights.

    >>> MLPRecommender(n_users=5, n_products=3).table().shape
    (5, 3)
    """

    def __init__(self, n_users: int, n_products: int, embedding_dim: int = 32, *, rng: Seed = 0) -> None:
        super().__init__()
        sizes = {"n_users": n_users, "n_products": n_products, "embedding_dim": embedding_dim}
        self.sizes = {name: checks.whole(name, size, 1) for name, size in sizes.items()}
        self.user = nn.Embedding(n_users, embedding_dim, dtype=torch.float64)
        self.product = nn.Embedding(n_products, embedding_dim, dtype=torch.float64)
        self.hidden = nn.Linear(2 * embedding_dim, 32, dtype=torch.float64)
        self.head = nn.Linear(32, 1, dtype=torch.float64)
        (generator,) = generators(rng, ())
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if name in ("user.weight", "product.weight"):
                    weight.copy_(torch.from_numpy(generator.normal(scale=0.1, size=tuple(weight.shape))))
                else:
                    bound = 1 / np.sqrt(self.hidden.in_features if name.startswith("hidden") else 32)
                    weight.copy_(torch.from_numpy(generator.uniform(-bound, bound, size=tuple(weight.shape))))

    def logits(self, user: torch.Tensor, product: torch.Tensor) -> torch.Tensor:
        """Return the log odds of a click, of the shape of ``user`` and ``product``.

        What a layer makes of two embeddings end to end is the sum of what its halves make of each; so every user and
        product goes through it once, and not once a click.
        """
        of_user, of_product = self.hidden.weight.T.split(self.user.embedding_dim)
        x = (self.user.weight @ of_user)[user] + (self.product.weight @ of_product)[product]
        return self.head(torch.relu(x + self.hidden.bias))[..., 0]

    def forward(self, user: torch.Tensor, product: torch.Tensor) -> torch.Tensor:
        """Return the click probability."""
        return torch.sigmoid(self.logits(user, product))

    @torch.no_grad()
    def table(self) -> np.ndarray:
        """Return the click probability of every user and product, ``(n_users, n_products)``."""
        user, product = (torch.arange(self.sizes[name]) for name in ("n_users", "n_products"))
        return self(*torch.meshgrid(user, product, indexing="ij")).numpy()


def random_log(sim: ZooplusSimulator, n_clicks: int, rng: Seed) -> pd.DataFrame:
    """Return what a random policy would have logged in the shop as it is now: ``user``, ``product``, ``click``.

    Users and products are uniform. The clicks take ``rng``, not the shop's own luck, which stays as it is.

    >>> list(random_log(ZooplusSimulator(seed=42), n_clicks=100, rng=0))
    ['user', 'product', 'click']
    """
    if checks.instance("sim", sim, ZooplusSimulator).batch_shape:
        raise ValueError("sim must be one world: every world has a log of its own")
    n_clicks = checks.whole("n_clicks", n_clicks, 1)
    (generator,) = generators(rng, ())
    user = generator.integers(0, sim.n_users, n_clicks)
    product = generator.integers(0, sim.n_products, n_clicks)
    click = generator.random(n_clicks) < sim.click_probability(user, product)
    return pd.DataFrame({"user": user, "product": product, "click": click.astype(np.int8)})


def train_recommender(
    log: pd.DataFrame,
    n_users: int,
    n_products: int,
    rng: Seed,
    *,
    epochs: int = 12,
    batch_size: int = 2_500,
    lr: float = 0.03,
    validation: float = 0.1,
    progress: bool = False,
) -> tuple[MLPRecommender, pd.DataFrame]:
    """Train a recommender on a log and keep the weights that were best on clicks held out.

    Adam on binary cross-entropy. Training stops after two epochs without progress on the held-out part, or after
    ``epochs``.

    Parameters
    ----------
    log
        Columns ``user``, ``product``, ``click``.
    n_users, n_products
        How many there are.
    rng
        Seed or generator of the split, the initial weights and the order of the batches.
    epochs, batch_size, lr
        The usual.
    validation, progress
        Share of the log held out, in (0, 1); whether to show a progress bar.

    Returns
    -------
    The trained model; and one row an epoch of ``training``, ``validation``, the mean cross-entropy on each part.

    >>> log = random_log(ZooplusSimulator(n_users=5, seed=42), n_clicks=100, rng=0)
    >>> train_recommender(log, 5, 50, rng=0, epochs=2)[1].shape
    (2, 2)
    """
    sizes = {"epochs": epochs, "batch_size": batch_size, "n_users": n_users, "n_products": n_products}
    epochs, batch_size, n_users, n_products = checks.wholes(1, **sizes)
    lr = checks.real("lr", lr, 0.0, open_low=True)
    validation = checks.real("validation", validation, 0.0, 1.0, open_low=True)
    (generator,) = generators(rng, ())
    columns = _log_tensors(log, n_users, n_products)
    order = torch.from_numpy(generator.permutation(len(log)))
    n_held_out = max(1, round(validation * len(log)))
    if n_held_out >= len(log):
        raise ValueError(f"validation={validation} of a log of {len(log)} clicks leaves nothing to train on")
    held_out, rest = order[:n_held_out], order[n_held_out:]
    model = MLPRecommender(n_users, n_products, rng=generator)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)

    def cross_entropy(rows: torch.Tensor) -> torch.Tensor:
        user, product, click = (column.index_select(0, rows) for column in columns)
        return nn.functional.binary_cross_entropy_with_logits(model.logits(user, product), click)

    history, best, best_weights, patience = [], np.inf, copy.deepcopy(model.state_dict()), 0
    for _ in tqdm(range(epochs), desc="training", unit="epoch", disable=not progress):
        losses = []
        for rows in rest[torch.from_numpy(generator.permutation(len(rest)))].split(batch_size):
            loss = cross_entropy(rows)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        with torch.no_grad():
            history.append({"training": np.mean(losses), "validation": cross_entropy(held_out).item()})
        patience += 1
        if history[-1]["validation"] < best:
            best, best_weights, patience = history[-1]["validation"], copy.deepcopy(model.state_dict()), 0
        if patience == 2:
            break
    model.load_state_dict(best_weights)
    return model, pd.DataFrame(history).rename_axis("epoch")


def _log_tensors(log: pd.DataFrame, n_users: int, n_products: int) -> list[torch.Tensor]:
    columns: list[Any] = []
    for name, n in (("user", n_users), ("product", n_products), ("click", 2)):
        if name not in checks.instance("log", log, pd.DataFrame):
            raise ValueError(f"log must have a column {name!r}, it has {', '.join(map(str, log.columns))}")
        numbers = checks.indices(f"log[{name!r}]", log[name].to_numpy(), n, (len(log),))
        columns.append(torch.from_numpy(numbers.copy()))  # those of pandas may be read-only
    return [*columns[:2], columns[2].double()]
