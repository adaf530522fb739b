"""Agents that the story is compared with."""

from zoolab.rivals.diagonal_neural_ucb import DiagonalNeuralUCBAgent
from zoolab.rivals.ensemble import EnsembleAgent, OneMember
from zoolab.rivals.epinet import EpinetAgent, OneIndex
from zoolab.rivals.inverse_gap import InverseGap
from zoolab.rivals.per_product import PerProductAgent
from zoolab.rivals.presets import ArmHeadsTSAgent, EpsilonGreedyAgent, LinTSAgent, NeuralTSAgent
from zoolab.rivals.wrappers import Anticipating, Delayed, Restarting
