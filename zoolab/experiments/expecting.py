"""What a linear model expects of the unknown (chapter 10): not nothing, but a reward that is a dial like others."""

from typing import Any

import zoolib as zoo


class Expecting:
    """Learns by how much each reward differs from ``expects``, and so expects that of whatever it does not know.

    To all scores the same number is missing, which changes no choice. For a class that is mixed with that of an agent.

    >>> class Hopeful(Expecting, zoo.LinUCBAgent): ...
    >>> agent = Hopeful(zoo.ContextSpace(d=1, n_arms=2), alpha=0.0, expects=0.5)
    >>> agent.learn([1.0], 0, 0.0)
    >>> agent.select([[1.0], [1.0]])
    1
    """

    def __init__(self, features: zoo.ContextSpace, *, expects: float = 0.0, **settings: Any) -> None:
        super().__init__(features, **settings)
        self.expects = expects

    def _learn(self, x: Any, arm: Any, reward: Any) -> None:
        super()._learn(x, arm, reward - self.expects)


class ExpectingLinUCB(Expecting, zoo.LinUCBAgent):
    """LinUCB that expects something of the unknown."""
