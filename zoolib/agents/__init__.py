"""The agents of the book, one file a family, :mod:`zoolib.agents.base` first; tabulated is for speed alone."""

from zoolib.agents.base import Agent, UCBAgent
from zoolib.agents.baselines import OracleAgent, RandomAgent, StaticMLPAgent
from zoolib.agents.counting import BetaThompsonAgent, KLUCBAgent, UCB1Agent, divergence
from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.factorization import FactorizationAgent
from zoolib.agents.hybrid import HybridLinUCBAgent
from zoolib.agents.kalman import KalmanNetworkAgent
from zoolib.agents.linucb import DisjointLinUCBAgent, LinUCBAgent, SharedLinUCBAgent
from zoolib.agents.logistic import LogisticUCBAgent, SharedLogisticUCBAgent
from zoolib.agents.memory import Discount, Everything, Fresh, HeadAlone, Memory, Window
from zoolib.agents.neural_linear import NeuralLinearAgent
from zoolib.agents.neural_ucb import DiagonalNeuralUCBAgent, NeuralUCBAgent
from zoolib.agents.sampling import ArmThompson, EpsilonGreedy, InverseGap, Thompson
from zoolib.agents.training import EndToEnd, Frozen, Online, Replay, Training
from zoolib.agents.wrappers import Anticipating, Delayed, Restarting, Snapshots, Wrapper
from zoolib.faces import later
from zoolib.ties import TIE, best_first, first_best

_LATER = {
    "literal": ["AutogradMLP", "LiteralEvidence"],
    "recommender": ["MLPRecommender", "random_log", "train_recommender"],
}
__getattr__ = later(__name__, _LATER)
