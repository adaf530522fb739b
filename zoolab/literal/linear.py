"""The algorithms as their definitions read, without one trick.

They are the oracles of the tests and the yardsticks of the benchmarks.

Nothing here is imported from zoolib's agents. One loop a sum, one inverse a use.
"""

import numpy as np


class LiteralLinUCB:
    """Disjoint LinUCB: A_a = I, b_a = 0; the inverse of every A_a at every decision."""

    def __init__(self, n_arms: int, d: int, alpha: float, gamma: float = 1.0, window: int | None = None) -> None:
        self.A = [np.eye(d) for _ in range(n_arms)]
        self.b = [np.zeros(d) for _ in range(n_arms)]
        self.d, self.alpha, self.gamma, self.window = d, alpha, gamma, window
        self.past: list[tuple[np.ndarray, int, float]] = []

    def scores(self, X: np.ndarray) -> list[float]:
        scores = []
        for a, x in enumerate(X):
            A_inv = np.linalg.inv(self.A[a])
            theta = A_inv @ self.b[a]
            scores.append(theta @ x + self.alpha * np.sqrt(x @ A_inv @ x))
        return scores

    def select(self, X: np.ndarray) -> int:
        scores = self.scores(X)
        return min(a for a, score in enumerate(scores) if score >= max(scores) - 1e-10)

    def learn(self, x: np.ndarray, arm: int, reward: float) -> None:
        if self.gamma < 1:
            for a in range(len(self.A)):
                self.A[a] = self.gamma * self.A[a] + (1 - self.gamma) * np.eye(self.d)
                self.b[a] = self.gamma * self.b[a]
        self.A[arm] = self.A[arm] + np.outer(x, x)
        self.b[arm] = self.b[arm] + reward * x
        if self.window is not None:
            self.past.append((x, arm, reward))
            if len(self.past) > self.window:
                x, arm, reward = self.past.pop(0)
                self.A[arm] = self.A[arm] - np.outer(x, x)
                self.b[arm] = self.b[arm] - reward * x


class LiteralSharedLinUCB(LiteralLinUCB):
    """One A and b for all arms."""

    def __init__(self, n_arms: int, d: int, alpha: float, gamma: float = 1.0, window: int | None = None) -> None:
        super().__init__(1, d, alpha, gamma, window)

    def scores(self, X: np.ndarray) -> list[float]:
        A_inv = np.linalg.inv(self.A[0])
        theta = A_inv @ self.b[0]
        return [theta @ x + self.alpha * np.sqrt(x @ A_inv @ x) for x in X]

    def learn(self, x: np.ndarray, arm: int, reward: float) -> None:
        super().learn(x, 0, reward)


class LiteralShop:
    """The shop as its description reads, on NumPy's own ``choice`` and ``binomial``."""

    def __init__(self, table: dict, categories: list[str], n_products: int, n_users: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.table = {persona: dict(row) for persona, row in table.items()}
        self.personas, self.categories = list(table), list(categories)
        shelf = [c for c in categories for _ in range(n_products // len(categories))]
        shelf += list(self.rng.choice(categories, n_products - len(shelf)))
        self.product = [str(c) for c in self.rng.permutation(shelf)]
        self.user = [str(self.rng.choice(self.personas)) for _ in range(n_users)]

    def probability(self, user: int, product: int) -> float:
        return self.table[self.user[user]].get(self.product[product], 0.01)

    def reward(self, user: int, product: int) -> int:
        return int(self.rng.binomial(1, self.probability(user, product)))

    def random_user(self) -> int:
        return int(self.rng.integers(0, len(self.user)))

    def context(self, user: int, product: int) -> np.ndarray:
        x = [float(self.user[user] == p) for p in sorted(self.personas)]
        return np.array(x + [float(self.product[product] == c) for c in sorted(self.categories)])

    def contexts(self, user: int) -> np.ndarray:
        return np.array([self.context(user, k) for k in range(len(self.product))])
