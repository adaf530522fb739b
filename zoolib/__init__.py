"""zoolib: the library of *Bandits that Generalize*.

Every algorithm of the book is defined here, once. The ground floor is the shop
(:mod:`zoolib.simulator`), its contexts (:mod:`zoolib.features`) and the evidence that a click leaves
(:mod:`zoolib.evidence`); the agents stand on it, the experiments on the agents.
"""

from zoolib.agents import (
    UCB,
    Agent,
    Anticipating,
    ArmHeadsAgent,
    ArmHeadsTSAgent,
    Delayed,
    DiagonalNeuralUCBAgent,
    Discount,
    EndToEnd,
    EpsilonGreedy,
    EpsilonGreedyAgent,
    Everything,
    Fresh,
    Frozen,
    HeadAgent,
    HeadAlone,
    Learned,
    LinTSAgent,
    LinUCBAgent,
    MappedAgent,
    NeuralLinearAgent,
    NeuralTSAgent,
    NeuralUCBAgent,
    Online,
    OracleAgent,
    PerProductAgent,
    RandomAgent,
    Rehearsal,
    Renewed,
    Replay,
    SharedLinUCBAgent,
    StaticMLPAgent,
    Thompson,
    UCBAgent,
    Window,
)
from zoolib.claims import claim
from zoolib.contest import FeatureShop, serve
from zoolib.experiment import Results, replicate, run
from zoolib.features import ContextSpace, FeatureEngineer
from zoolib.logs import LoggedData, read_log
from zoolib.persistence import load, save
from zoolib.propensities import Logbook
from zoolib.random_times import RandomTimes
from zoolib.randomness import spawn
from zoolib.recommender import MLPRecommender, random_log, train_recommender
from zoolib.segments import Conditions, Segments
from zoolib.shocks import SHOCK_DOG_TOY, SHOCK_FISH, Launch, Shock, Turnover
from zoolib.simulator import CATEGORIES, CLICK_TABLE, PERSONAS, ZooplusSimulator
from zoolib.sweeps import sweep

__version__ = "0.1.0"

__all__ = [
    "CATEGORIES",
    "CLICK_TABLE",
    "PERSONAS",
    "SHOCK_DOG_TOY",
    "SHOCK_FISH",
    "UCB",
    "Agent",
    "Anticipating",
    "ArmHeadsAgent",
    "ArmHeadsTSAgent",
    "Conditions",
    "ContextSpace",
    "Delayed",
    "DiagonalNeuralUCBAgent",
    "Discount",
    "EndToEnd",
    "EpsilonGreedy",
    "EpsilonGreedyAgent",
    "Everything",
    "FeatureEngineer",
    "FeatureShop",
    "Fresh",
    "Frozen",
    "HeadAgent",
    "HeadAlone",
    "Launch",
    "Learned",
    "LinTSAgent",
    "LinUCBAgent",
    "Logbook",
    "LoggedData",
    "MLPRecommender",
    "MappedAgent",
    "NeuralLinearAgent",
    "NeuralTSAgent",
    "NeuralUCBAgent",
    "Online",
    "OracleAgent",
    "PerProductAgent",
    "RandomAgent",
    "RandomTimes",
    "Rehearsal",
    "Renewed",
    "Replay",
    "Results",
    "Segments",
    "SharedLinUCBAgent",
    "Shock",
    "StaticMLPAgent",
    "Thompson",
    "Turnover",
    "UCBAgent",
    "Window",
    "ZooplusSimulator",
    "claim",
    "load",
    "random_log",
    "read_log",
    "replicate",
    "run",
    "save",
    "serve",
    "spawn",
    "sweep",
    "train_recommender",
]
