"""zoolib: the library of *Bandits that Generalize*.

Every algorithm of the book is defined here, once. The wings, from the ground up: :mod:`~zoolib.world`,
:mod:`~zoolib.evidence`, :mod:`~zoolib.networks`, :mod:`~zoolib.maps`, :mod:`~zoolib.data`, :mod:`~zoolib.agents`,
:mod:`~zoolib.experiment`, :mod:`~zoolib.production`, :mod:`~zoolib.off_policy`, :mod:`~zoolib.book`. An import only
ever points down. What needs more than NumPy is loaded when it is first used.
"""

from zoolib import sources  # noqa: F401, I001 - first, since it notes when a module is imported
from zoolib.agents import (
    UCB, Agent, Anticipating, ArmHeadsAgent, ArmHeadsTSAgent, ArmThompson, BetaThompsonAgent, Delayed,
    DiagonalNeuralUCBAgent, Discount, EndToEnd, EnsembleAgent, EpinetAgent, EpsilonGreedy, EpsilonGreedyAgent,
    Everything, FactorizationAgent, Fresh, Frozen, HeadAgent, HeadAlone, HybridLinUCBAgent,
    InverseGap, KalmanNetworkAgent, KLUCBAgent, LinTSAgent, LinUCBAgent, LogisticUCBAgent, MappedAgent,
    NeuralLinearAgent, NeuralTSAgent, NeuralUCBAgent, OneIndex, OneMember, Online, OracleAgent, PerProductAgent,
    RandomAgent, Replay, Restarting, SharedLinUCBAgent, SharedLogisticUCBAgent, Snapshots, StaticMLPAgent, Thompson,
    UCB1Agent, UCBAgent, Window,
)  # fmt: skip
from zoolib.experiment import Results, replicate, run, serve
from zoolib.faces import later
from zoolib.maps import Learned
from zoolib.randomness import spawn
from zoolib.saving import load, save
from zoolib.world import (
    CATEGORIES,
    CLICK_TABLE,
    PERSONAS,
    SHOCK_DOG_TOY,
    SHOCK_FISH,
    Conditions,
    ContextSpace,
    FeatureEngineer,
    FeatureShop,
    Launch,
    RandomTimes,
    Segments,
    Shock,
    Turnover,
    ZooplusSimulator,
)

_LATER = {
    "agents": ["MLPRecommender", "random_log", "train_recommender"],
    "book": ["check", "claim"],
    "data": ["LoggedData", "read_log"],
    "experiment": ["sweep"],
    "experiment.metrics": [],
    "off_policy": ["Logbook"],
}
__getattr__ = later(__name__, _LATER)

__version__ = "1.0.0"

__all__ = [
    "CATEGORIES", "CLICK_TABLE", "PERSONAS", "SHOCK_DOG_TOY", "SHOCK_FISH", "UCB", "Agent", "Anticipating",
    "ArmHeadsAgent", "ArmHeadsTSAgent", "ArmThompson", "BetaThompsonAgent", "Conditions", "ContextSpace", "Delayed",
    "DiagonalNeuralUCBAgent", "Discount", "EndToEnd", "EnsembleAgent", "EpinetAgent", "EpsilonGreedy",
    "EpsilonGreedyAgent", "Everything", "FactorizationAgent", "FeatureEngineer", "FeatureShop", "Fresh", "Frozen",
    "HeadAgent", "HeadAlone", "HybridLinUCBAgent", "InverseGap", "KLUCBAgent",
    "KalmanNetworkAgent", "Launch", "Learned", "LinTSAgent", "LinUCBAgent", "Logbook", "LoggedData", "LogisticUCBAgent",
    "MLPRecommender", "MappedAgent", "NeuralLinearAgent", "NeuralTSAgent", "NeuralUCBAgent", "OneIndex", "OneMember",
    "Online", "OracleAgent", "PerProductAgent", "RandomAgent", "RandomTimes", "Replay", "Restarting", "Results",
    "Segments", "SharedLinUCBAgent", "SharedLogisticUCBAgent", "Shock", "Snapshots", "StaticMLPAgent", "Thompson",
    "Turnover", "UCB1Agent", "UCBAgent", "Window", "ZooplusSimulator", "check", "claim", "load", "random_log",
    "read_log", "replicate", "run", "save", "serve", "spawn", "sweep", "train_recommender",
]  # fmt: skip
