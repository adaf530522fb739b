"""The agents of the book, one file for each family; read :mod:`zoolib.agents.base` first."""

from zoolib.agents.base import Agent, UCBAgent
from zoolib.agents.baselines import OracleAgent, RandomAgent
from zoolib.agents.counting import BetaThompsonAgent, KLUCBAgent, UCB1Agent, divergence
from zoolib.agents.exploration import UCB, ArmThompson, EpsilonGreedy, Exploration, Thompson
from zoolib.agents.linucb import LinearUCBAgent, LinUCBAgent, SharedLinUCBAgent
from zoolib.agents.memory import Discount, Everything, Fresh, HeadAlone, Memory, Window
from zoolib.agents.neural_linear import NeuralLinearAgent
from zoolib.agents.neural_ucb import NeuralUCBAgent
from zoolib.agents.snapshots import Snapshots, Wrapper
from zoolib.agents.training import EndToEnd, Frozen, Online, Replay, Training
from zoolib.ties import TIE, argmax, top_k
