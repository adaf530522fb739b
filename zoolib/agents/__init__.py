"""The agents of the book, one file a family."""

from zoolib.agents.arm_heads import ArmHeadsAgent
from zoolib.agents.base import Agent, UCBAgent
from zoolib.agents.baselines import OracleAgent, RandomAgent, StaticMLPAgent
from zoolib.agents.delayed import Anticipating, Delayed
from zoolib.agents.diagonal import DiagonalNeuralUCBAgent
from zoolib.agents.epsilon_greedy import EpsilonGreedyAgent
from zoolib.agents.exploration import UCB, EpsilonGreedy, Thompson
from zoolib.agents.learned_map import Learned
from zoolib.agents.linucb import LinUCBAgent, SharedLinUCBAgent
from zoolib.agents.mapped import HeadAgent, MappedAgent
from zoolib.agents.memory import Discount, Everything, Fresh, HeadAlone, Window
from zoolib.agents.neural_linear import NeuralLinearAgent
from zoolib.agents.neural_ucb import NeuralUCBAgent
from zoolib.agents.per_product import PerProductAgent
from zoolib.agents.rehearsal import Rehearsal
from zoolib.agents.renewed import Renewed
from zoolib.agents.thompson import ArmHeadsTSAgent, LinTSAgent, NeuralTSAgent
from zoolib.agents.training import EndToEnd, Frozen, Online, Replay

__all__ = [
    "UCB",
    "Agent",
    "Anticipating",
    "ArmHeadsAgent",
    "ArmHeadsTSAgent",
    "Delayed",
    "DiagonalNeuralUCBAgent",
    "Discount",
    "EndToEnd",
    "EpsilonGreedy",
    "EpsilonGreedyAgent",
    "Everything",
    "Fresh",
    "Frozen",
    "HeadAgent",
    "HeadAlone",
    "Learned",
    "LinTSAgent",
    "LinUCBAgent",
    "MappedAgent",
    "NeuralLinearAgent",
    "NeuralTSAgent",
    "NeuralUCBAgent",
    "Online",
    "OracleAgent",
    "PerProductAgent",
    "RandomAgent",
    "Rehearsal",
    "Renewed",
    "Replay",
    "SharedLinUCBAgent",
    "StaticMLPAgent",
    "Thompson",
    "UCBAgent",
    "Window",
]
