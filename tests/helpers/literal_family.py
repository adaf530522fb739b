"""The rest of the Neural-Linear family as its definitions read: what nothing but tests asks for."""

import numpy as np
import torch

from zoolab.literal.neural import LiteralNeuralLinear, LiteralReplay, linear


class LiteralEndToEnd(LiteralNeuralLinear):
    rectified = True

    def set_up_training(self) -> None:
        self.linear_head = linear(self.initial, self.d_emb, 1)
        self.optimizer = torch.optim.SGD([*self.phi.parameters(), *self.linear_head.parameters()], lr=self.lr)

    def train(self, x: np.ndarray, reward: float) -> None:
        self.optimizer.zero_grad()
        ((self.linear_head(self.phi(torch.tensor(x))) - reward) ** 2).mean().backward()
        self.optimizer.step()


class LiteralFrozen(LiteralNeuralLinear):
    def train(self, x: np.ndarray, reward: float) -> None:
        pass


class LiteralFresh(LiteralReplay):
    """A and b at every decision from the contexts of the window, as phi embeds them now."""

    window = 500

    def keep(self, x: np.ndarray, reward: float) -> None:
        self.records = [*getattr(self, "records", []), (x, reward)][-self.window :]

    def scores(self, X: np.ndarray) -> list[float]:
        self.A, self.b = torch.eye(self.d_emb, dtype=torch.float64), torch.zeros(self.d_emb, dtype=torch.float64)
        if hasattr(self, "records"):
            Z = self.embed(np.array([x for x, _ in self.records]))
            self.A += Z.T @ Z
            self.b += Z.T @ torch.tensor([float(r) for _, r in self.records]).double()
        return super().scores(X)


class LiteralWindow(LiteralReplay):
    window = 500

    def keep(self, x: np.ndarray, reward: float) -> None:
        self.past = [*getattr(self, "past", []), (self.embed(x), reward)]
        super().keep(x, reward)
        if len(self.past) > self.window:
            z, r = self.past.pop(0)
            self.A -= torch.outer(z, z)
            self.b -= r * z


class LiteralDiscount(LiteralReplay):
    gamma = 0.998

    def keep(self, x: np.ndarray, reward: float) -> None:
        self.A = self.gamma * self.A + (1 - self.gamma) * torch.eye(self.d_emb, dtype=torch.float64)
        self.b = self.gamma * self.b
        super().keep(x, reward)


class LiteralThompson(LiteralReplay):
    def scores(self, X: np.ndarray) -> list[float]:
        A_inv = torch.linalg.inv(self.A)
        xi = torch.tensor(self.explore.standard_normal(self.d_emb))
        theta = A_inv @ self.b + self.alpha * torch.linalg.cholesky(A_inv) @ xi
        return [(theta @ self.embed(x)).item() for x in X]


class LiteralEpsilonGreedy(LiteralReplay):
    epsilon = 0.1

    def keep(self, x: np.ndarray, reward: float) -> None:
        pass

    def scores(self, X: np.ndarray) -> list[float]:
        with torch.no_grad():
            return [self.linear_head(self.phi(torch.tensor(x))).item() for x in X]

    def select(self, X: np.ndarray) -> int:
        u = self.explore.random()
        return int(u / self.epsilon * len(X)) if u < self.epsilon else super().select(X)
