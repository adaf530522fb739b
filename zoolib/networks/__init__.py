"""Small networks, many at a time, and the memory of clicks that they are trained on (chapters 3 to 5 and 8)."""

from zoolib.networks.factorization import FactorizationMachine
from zoolib.networks.mlp import MLP, SGD, Adam
from zoolib.networks.replay_buffer import ReplayBuffer
