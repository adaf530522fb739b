"""zoolib: the library of *Bandits that Generalize*.

Every algorithm of the book is defined here, once. The ground floor is the shop
(:mod:`zoolib.simulator`), its contexts (:mod:`zoolib.features`) and the evidence that a click leaves
(:mod:`zoolib.evidence`); the agents stand on it, the experiments on the agents.
"""

from zoolib.agents import (
    Agent,
    LinUCBAgent,
    OracleAgent,
    RandomAgent,
    SharedLinUCBAgent,
    StaticMLPAgent,
    UCBAgent,
)
from zoolib.claims import claim
from zoolib.experiment import Results, replicate, run
from zoolib.features import ContextSpace, FeatureEngineer
from zoolib.randomness import spawn
from zoolib.recommender import MLPRecommender, random_log, train_recommender
from zoolib.shocks import SHOCK_DOG_TOY, SHOCK_FISH, Launch, Shock, Turnover
from zoolib.simulator import CATEGORIES, CLICK_TABLE, PERSONAS, ZooplusSimulator

__version__ = "0.1.0"

__all__ = [
    "CATEGORIES",
    "CLICK_TABLE",
    "PERSONAS",
    "SHOCK_DOG_TOY",
    "SHOCK_FISH",
    "Agent",
    "ContextSpace",
    "FeatureEngineer",
    "Launch",
    "LinUCBAgent",
    "MLPRecommender",
    "OracleAgent",
    "RandomAgent",
    "Results",
    "SharedLinUCBAgent",
    "Shock",
    "StaticMLPAgent",
    "Turnover",
    "UCBAgent",
    "ZooplusSimulator",
    "claim",
    "random_log",
    "replicate",
    "run",
    "spawn",
    "sweep",
    "train_recommender",
]
