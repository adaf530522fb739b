"""Players for speed: the same choices, sooner; you need nothing of this to understand the book.

An agent is its definition, for any contexts. The shop has few contexts, and so a player can keep the answers that an
agent computes at each visit. :func:`~zoolib.experiment.run` asks :func:`player_of` who plays for an agent, and the
player gives back to the agent what it learned. Nothing else imports this package.
"""

from contextlib import suppress
from typing import Any

from zoolib.agents import Agent, LinUCBAgent, NeuralLinearAgent, NeuralUCBAgent, SharedLinUCBAgent
from zoolib.agents.exploration import UCB, ArmThompson, Exploration
from zoolib.agents.memory import Discount, Everything, Fresh, HeadAlone, Window
from zoolib.agents.training import Frozen, Replay
from zoolib.evidence import DiscountedEvidence, Evidence, WindowedEvidence
from zoolib.networks import MLP
from zoolib.quick.blocks import Blocks
from zoolib.quick.cells import Embedded, Table
from zoolib.quick.counts import Counts
from zoolib.quick.player import Player, UnplayableError
from zoolib.world import FeatureEngineer

FEW = 100  # Up to so many cells we keep a number for each pair.
KNOWN = (LinUCBAgent, SharedLinUCBAgent, NeuralLinearAgent, NeuralUCBAgent)
PARTS = {"features", "evidence", "exploration", "memory", "training", "network", "optimizer"}
READ = PARTS | {"alpha", "batch_shape", "worlds"}  # A player reads these of its agent.
KEPT = (Evidence, WindowedEvidence, DiscountedEvidence)
BY_WIDTH = (Exploration.bonus, UCB.bonus, ArmThompson.bonus)  # They ask for nothing but widths.
SAID_BY_ALL = {name for name in vars(Agent) if name.startswith("__")} | {"_abc_impl"}


def player_of(agent: Any, world: Any) -> Any:
    """Return the player that stands in for ``agent`` in ``world``, or the agent itself if we know none.

    An agent is played as it is if it is of a class or has a part that we do not know, or if a method was set on it.
    """
    for kind in _kinds_of(agent):
        with suppress(UnplayableError):
            return kind(agent, world)
    return agent


def _kinds_of(agent: Any) -> list[type[Player]]:
    """Return the classes of players for an agent, the fastest first, going by the exact types of all its parts."""
    kind = next((kind for kind in KNOWN if isinstance(agent, kind)), None)
    if kind is None or not _only_makes(type(agent), kind) or type(agent.features) is not FeatureEngineer:
        return []
    parts = {name: getattr(agent, name, None) for name in PARTS}
    if any(map(_has_methods_set, [agent, *parts.values()])) or type(parts["network"]) not in (MLP, type(None)):
        return []
    evidence, by_width = type(agent.evidence), type(agent.exploration).bonus in BY_WIDTH
    if kind is LinUCBAgent:
        return [Counts] if by_width and evidence in KEPT else []
    if kind is NeuralUCBAgent:
        return [Blocks] if by_width and evidence is Evidence else []
    if len(agent.features.cells) > FEW:
        return []
    if kind is SharedLinUCBAgent:
        return [Table, Embedded] if by_width and evidence in (Evidence, WindowedEvidence) else [Embedded]
    training, memory = type(agent.training), type(agent.memory)
    if training not in (Replay, Frozen) or agent.training.every == 1:
        return []
    if by_width and memory in (Everything, Fresh) and evidence is Evidence:
        return [Table]
    return [Embedded] if memory in (Everything, Window, Discount, Fresh, HeadAlone) else []


def _only_makes(kind: type, known: type) -> bool:
    """Tell whether a class says how an agent of a ``known`` class is made, and changes nothing that it does."""
    ways = kind.__mro__[: kind.__mro__.index(known)]
    return all(name in SAID_BY_ALL or name not in {*dir(known), *READ} for way in ways for name in vars(way))


def _has_methods_set(part: Any) -> bool:
    """Tell whether a method of an object was set on the object itself."""
    return any(callable(getattr(type(part), name, None)) for name in vars(part)) if hasattr(part, "__dict__") else False
