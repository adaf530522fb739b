"""Agents that count, as their papers write them down: dictionaries, loops, and one number at a time."""

from collections import defaultdict
from math import inf, log, sqrt

from scipy.optimize import brentq


class LiteralUCB1:
    """UCB1: show each thing once, then the one of the highest mean plus sqrt(2 ln t / n)."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha
        self.shown, self.clicked = defaultdict(int), defaultdict(float)

    def choose(self, things):
        """Return the first of those with the highest index."""
        t = sum(self.shown[thing] for thing in things)
        best, highest = None, -inf
        for thing in things:
            index = self.index(self.shown[thing], self.clicked[thing], t) if self.shown[thing] else inf
            if best is None or index > highest + 1e-9:
                best, highest = thing, index
        return best

    def index(self, n, c, t):
        return c / n + self.alpha * sqrt(2 * log(t) / n)

    def learn(self, thing, reward):
        self.shown[thing] += 1
        self.clicked[thing] += reward


class LiteralKLUCB(LiteralUCB1):
    """KL-UCB: the root of n kl(c / n, q) = ln t above c / n."""

    def index(self, n, c, t):
        p = c / n
        if p == 1 or t == 1:
            return p

        def excess(q):
            hit = p * log(p / q) if p else 0
            return n * (hit + (1 - p) * log((1 - p) / (1 - q))) - log(t)

        return brentq(excess, p or 1e-15, 1 - 1e-15, xtol=1e-14)
