"""The agents of the book, one file a family."""

from zoolib.agents.base import Agent, UCBAgent
from zoolib.agents.baselines import OracleAgent, RandomAgent, StaticMLPAgent
from zoolib.agents.linucb import LinUCBAgent, SharedLinUCBAgent

__all__ = ["Agent", "LinUCBAgent", "OracleAgent", "RandomAgent", "SharedLinUCBAgent", "StaticMLPAgent", "UCBAgent"]
