"""The neural algorithms as their definitions read, in torch and without one trick.

Nothing here is imported from zoolib. One forward pass an arm, one inverse a decision, one backward pass a gradient.
"""

import numpy as np
import torch


def linear(rng: np.random.Generator, d_in: int, d_out: int) -> torch.nn.Linear:
    """Torch's layer in float64, with the weights that ``rng`` draws: U(-1/sqrt(d_in), 1/sqrt(d_in))."""
    layer = torch.nn.Linear(d_in, d_out).double()
    bound = 1 / np.sqrt(d_in)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(rng.uniform(-bound, bound, (d_in, d_out)).T))
        layer.bias.copy_(torch.tensor(rng.uniform(-bound, bound, d_out)))
    return layer


def first_best(scores: list[float]) -> int:
    return min(a for a, score in enumerate(scores) if score >= max(scores) - 1e-10)


class LiteralNeuralUCB:
    def __init__(self, d: int, alpha: float, lr: float, hidden_dim: int, rng: np.random.Generator) -> None:
        self.f = torch.nn.Sequential(linear(rng, d, hidden_dim), torch.nn.ReLU(), linear(rng, hidden_dim, 1))
        self.optimizer = torch.optim.SGD(self.f.parameters(), lr=lr)
        self.p = sum(w.numel() for w in self.f.parameters())
        self.A, self.alpha = torch.eye(self.p, dtype=torch.float64), alpha

    def gradient(self, x: np.ndarray) -> tuple[float, torch.Tensor]:
        self.f.zero_grad()
        value = self.f(torch.tensor(x))
        value.backward()
        return value.item(), torch.cat([w.grad.flatten() for w in self.f.parameters()])

    def select(self, X: np.ndarray) -> int:
        A_inv = torch.linalg.inv(self.A)
        scores = []
        for x in X:
            value, g = self.gradient(x)
            scores.append(value + self.alpha * torch.sqrt(g @ A_inv @ g).item())
        return first_best(scores)

    def learn(self, x: np.ndarray, arm: int, reward: float) -> None:
        self.count(self.gradient(x)[1])
        self.optimizer.zero_grad()
        ((self.f(torch.tensor(x)) - reward) ** 2).mean().backward()
        self.optimizer.step()

    def count(self, g: torch.Tensor) -> None:
        self.A += torch.outer(g, g)


class LiteralDiagonalNeuralUCB(LiteralNeuralUCB):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.A = torch.ones(self.p, dtype=torch.float64)

    def select(self, X: np.ndarray) -> int:
        scores = []
        for x in X:
            value, g = self.gradient(x)
            scores.append(value + self.alpha * torch.sqrt((g * g / self.A).sum()).item())
        return first_best(scores)

    def count(self, g: torch.Tensor) -> None:
        self.A += g * g


class LiteralNeuralLinear:
    """Neural-Linear, phi trained online on (theta'phi(x) - r)^2."""

    rectified = False

    def __init__(self, d: int, alpha: float, lr: float, d_emb: int, hidden_dim: int, rng: np.random.Generator) -> None:
        self.initial, self.replay, _, self.explore = rng.spawn(4)
        layers = [linear(self.initial, d, hidden_dim), torch.nn.ReLU(), linear(self.initial, hidden_dim, d_emb)]
        self.phi = torch.nn.Sequential(*layers, *([torch.nn.ReLU()] if self.rectified else []))
        self.A, self.b = torch.eye(d_emb, dtype=torch.float64), torch.zeros(d_emb, dtype=torch.float64)
        self.alpha, self.d_emb, self.lr = alpha, d_emb, lr
        self.set_up_training()

    def embed(self, x: np.ndarray) -> torch.Tensor:
        with torch.no_grad():
            return self.phi(torch.tensor(x))

    def scores(self, X: np.ndarray) -> list[float]:
        A_inv = torch.linalg.inv(self.A)
        theta = A_inv @ self.b
        scores = []
        for x in X:
            z = self.embed(x)
            scores.append((theta @ z + self.alpha * torch.sqrt(z @ A_inv @ z)).item())
        return scores

    def select(self, X: np.ndarray) -> int:
        return first_best(self.scores(X))

    def learn(self, x: np.ndarray, arm: int, reward: float) -> None:
        self.keep(x, reward)
        self.train(x, reward)

    def keep(self, x: np.ndarray, reward: float) -> None:
        z = self.embed(x)
        self.A += torch.outer(z, z)
        self.b += reward * z

    def set_up_training(self) -> None:
        self.optimizer = torch.optim.SGD(self.phi.parameters(), lr=self.lr)

    def train(self, x: np.ndarray, reward: float) -> None:
        theta = torch.linalg.inv(self.A) @ self.b
        self.optimizer.zero_grad()
        ((theta @ self.phi(torch.tensor(x)) - reward) ** 2).backward()
        self.optimizer.step()


class LiteralReplay(LiteralNeuralLinear):
    capacity, batch_size, every = 10_000, 64, 50

    def set_up_training(self) -> None:
        self.linear_head = linear(self.initial, self.d_emb, 1)
        self.optimizer = torch.optim.Adam([*self.phi.parameters(), *self.linear_head.parameters()], lr=self.lr)
        self.buffer, self.n_clicks = [], 0

    def train(self, x: np.ndarray, reward: float) -> None:
        place = self.n_clicks % self.capacity
        self.buffer[place : place + 1] = [(x, reward)]
        self.n_clicks += 1
        if self.n_clicks % self.every == 0 and len(self.buffer) >= self.batch_size:
            self.train_on_a_batch()

    def train_on_a_batch(self) -> None:
        batch = [self.buffer[i] for i in self.replay.integers(0, len(self.buffer), self.batch_size)]
        X, r = torch.tensor(np.array([x for x, _ in batch])), torch.tensor([float(r) for _, r in batch]).double()
        self.optimizer.zero_grad()
        torch.nn.functional.mse_loss(self.linear_head(self.phi(X))[:, 0], r).backward()
        self.optimizer.step()
