"""zoolib: the small package of *Bandits that Generalize*, all that the story up to the gauntlet runs on.

From the ground up: :mod:`~zoolib.world`, :mod:`~zoolib.evidence`, :mod:`~zoolib.networks`, :mod:`~zoolib.agents`,
:mod:`~zoolib.experiment`, :mod:`~zoolib.book`. What later chapters need and what defends the story is in
:mod:`zoolab`. What needs more than NumPy is loaded when it is first used.
"""

import importlib
import warnings
from typing import Any

import lazy_loader

# isort: off
from zoolib.agents import (
    UCB, Agent, ArmThompson, BetaThompsonAgent, Discount, EndToEnd, EpsilonGreedy, Everything, Fresh, Frozen,
    HeadAlone, KLUCBAgent, LinUCBAgent, NeuralLinearAgent, NeuralUCBAgent, Online, OracleAgent, RandomAgent, Replay,
    SharedLinUCBAgent, Snapshots, Thompson, UCB1Agent, UCBAgent, Window,
)  # fmt: skip
from zoolib.experiment import replicate, run
from zoolib.randomness import spawn
from zoolib.world import (
    CATEGORIES, CLICK_TABLE, PERSONAS, SHOCK_DOG_TOY, SHOCK_FISH, ContextSpace, FeatureEngineer, Launch, RandomTimes,
    Shock, Turnover, ZooplusSimulator,
)  # fmt: skip
# isort: on

__version__ = "1.0.0"

__all__ = [
    "CATEGORIES", "CLICK_TABLE", "PERSONAS", "SHOCK_DOG_TOY", "SHOCK_FISH", "UCB", "Agent", "ArmThompson",
    "BetaThompsonAgent", "ContextSpace", "Discount", "EndToEnd", "EpsilonGreedy", "Everything", "FeatureEngineer",
    "Fresh", "Frozen", "HeadAlone", "KLUCBAgent", "Launch", "LinUCBAgent", "NeuralLinearAgent",
    "NeuralUCBAgent", "Online", "OracleAgent", "RandomAgent", "RandomTimes", "Replay", "SharedLinUCBAgent", "Shock",
    "Snapshots", "Thompson", "Turnover", "UCB1Agent", "UCBAgent", "Window", "ZooplusSimulator",
    "check", "claim", "replicate", "run", "spawn",
]  # fmt: skip

_LATER = {"book": ["claim"], "experiment": ["metrics"]}  # These need pandas or SciPy.
_later, _, _ = lazy_loader.attach(__name__, submod_attrs=_LATER)


def __getattr__(name: str) -> Any:
    """Load what is loaded late; find a name of version 1.0 where it is now, with a warning."""
    if name == "check":  # The judges of exercises are all that the story asks of the laboratory.
        return importlib.import_module("zoolab.judges").check
    if name in ("claim", "metrics"):
        return _later(name)
    if home := importlib.import_module("zoolab").home(name):
        warnings.warn(f"zoolib.{name} is now {home}.{name}", DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'zoolib' has no attribute {name!r}")
