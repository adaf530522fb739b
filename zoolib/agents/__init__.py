"""The agents of the book, one file a family; :mod:`zoolib.agents.base` first."""

from zoolib.agents.arm_heads import ArmHeadsAgent
from zoolib.agents.base import TIE, Agent, UCBAgent, best_first, first_best
from zoolib.agents.baselines import OracleAgent, RandomAgent, StaticMLPAgent
from zoolib.agents.delayed import Anticipating, Delayed
from zoolib.agents.diagonal import DiagonalNeuralUCBAgent
from zoolib.agents.epsilon_greedy import EpsilonGreedyAgent
from zoolib.agents.exploration import UCB, EpsilonGreedy, Thompson
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
from zoolib.agents.warm import log_contexts, warm_start
from zoolib.faces import later

__getattr__ = later(
    __name__,
    {
        "literal": ["AutogradMLP", "LiteralEvidence"],
        "recommender": ["MLPRecommender", "random_log", "train_recommender"],
    },
)
