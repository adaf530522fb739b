"""What all players have in common."""

from typing import Any

import numpy as np

CLOSE = 1e-9  # A difference below this part is taken for a rounding error.


class UnplayableError(Exception):
    """The agent knows something for which its player has no room, so the agent plays itself."""


class Player:
    """Plays for ``agent`` in ``world``, then gives back what it learned. Inside, one world is a batch of one, R = 1."""

    def __init__(self, agent: Any, world: Any) -> None:
        agent.features.shop(world)
        self.agent, self.how, self.alpha = agent, agent.exploration, agent.alpha
        self.R = int(np.prod(agent.batch_shape, dtype=int))
        self.worlds, self.n_updates, self._user, self.personas = np.arange(self.R), 0, None, world.user_persona

    def fits(self, world: Any) -> bool:
        """Tell whether what the player goes by is as it was at the start."""
        return world.user_persona is self.personas

    def persona(self, user_id: Any, sim: Any) -> np.ndarray:
        """Return the personas of the users, ``(R,)``; an update asks for the same users as its prediction."""
        if user_id is not self._user:
            self._user, self._persona = user_id, np.atleast_1d(sim.persona(user_id))
        return self._persona

    def in_shape(self, a: np.ndarray) -> np.ndarray:
        """Return ``a``, ``(R, ...)``, as the agent wants it: one world has no axis."""
        return a if self.agent.batch_shape else a[0]

    def place(self, payoff: np.ndarray, width: np.ndarray, offered: np.ndarray | None) -> Any:
        """Return the place of the candidate to show, given payoffs and widths, ``(R, n)``, in the agent's axes."""
        payoff = self.in_shape(payoff)
        scores = payoff + self.alpha * self.how.bonus(self.in_shape, width, None) if self.alpha else payoff
        return self.how.pick(scores if offered is None else np.where(self.in_shape(offered), scores, -np.inf))

    def shown(self, best: Any, sim: Any) -> Any:
        """Return the product to show where ``best`` has the highest score."""
        arm = self.how.override(best, sim.for_sale)
        return arm if self.agent.batch_shape else int(arm)


def numbers_of(X: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return which of the ``rows``, ``(..., m, d)``, each context of ``X``, ``(..., d)``, is; or refuse it."""
    nearest = (2 * np.matvec(rows, X) - np.vecdot(rows, rows)).argmax(-1)
    found = np.take_along_axis(np.broadcast_to(rows, (*X.shape[:-1], *rows.shape[-2:])), nearest[..., None, None], -2)
    if not np.array_equal(found[..., 0, :], X):
        raise UnplayableError("a context that this shop does not have")
    return nearest
