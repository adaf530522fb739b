"""Small networks, many at a time, and the replay buffer that they are trained from (chapters 3 to 5 and 8)."""

from zoolib.networks.mlp import MLP, SGD, Adam
from zoolib.networks.replay_buffer import ReplayBuffer
