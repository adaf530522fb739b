"""Agents that the story is compared with."""

import lazy_loader

from zoolab.rivals.arm_heads import ArmHeadsAgent
from zoolab.rivals.diagonal_neural_ucb import DiagonalNeuralUCBAgent
from zoolab.rivals.ensemble import EnsembleAgent, OneMember
from zoolab.rivals.epinet import EpinetAgent, OneIndex
from zoolab.rivals.inverse_gap import InverseGap
from zoolab.rivals.per_product import PerProductAgent
from zoolab.rivals.presets import ArmHeadsTSAgent, EpsilonGreedyAgent, LinTSAgent, NeuralTSAgent
from zoolab.rivals.static import StaticMLPAgent
from zoolab.rivals.wrappers import Anticipating, Delayed, Restarting

_LATER = {"recommender": ["MLPRecommender", "random_log", "train_recommender"]}  # These need torch.
__getattr__, _, _ = lazy_loader.attach(__name__, submod_attrs=_LATER)
