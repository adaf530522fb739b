"""Players for speed: the same choices, sooner; you need nothing of this to understand the book.

An agent is its definition, for any contexts. In the shop there are few contexts, and whoever knows that can keep what an
agent asks for instead of computing it at each visit. :func:`~zoolib.experiment.run` asks :func:`player_of` who plays for an
agent, and tells the agent afterwards what was learned. Nothing else imports this package.
"""

from __future__ import annotations

from typing import Any

from zoolib.agents import Agent, LinUCBAgent, NeuralLinearAgent, NeuralUCBAgent, SharedLinUCBAgent
from zoolib.agents.memory import Discount, Everything, Fresh, HeadAlone, Window
from zoolib.agents.training import Frozen, Replay
from zoolib.evidence import DiscountedEvidence, Evidence, WindowedEvidence
from zoolib.quick.blocks import Blocks
from zoolib.quick.cells import Embedded, Table
from zoolib.quick.counts import Counts
from zoolib.quick.player import Player, Unplayable, goes_by_width
from zoolib.world import FeatureEngineer

FEW = 100  # cells up to which we keep what there is to know of each pair
KNOWN = (LinUCBAgent, SharedLinUCBAgent, NeuralLinearAgent, NeuralUCBAgent)
PARTS = {"features", "evidence", "exploration", "memory", "training", "network", "optimizer"}
READ = PARTS | {"alpha", "batch_shape", "worlds"}  # which a class with other names for the same agent leaves alone


def player_of(agent: Any, world: Any) -> Any:
    """Return the player that stands in for ``agent`` in ``world``, or the agent itself if we know none.

    An agent is played as it is if it is of a class or has a part that we do not know, or if a method was set on it.
    """
    kind = _kind_of(agent)
    try:
        return kind(agent, world) if kind else agent
    except Unplayable:
        return agent


def give_back(player: Any) -> None:
    """Let the agent know what its player has learned; an agent that played itself knows."""
    if isinstance(player, Player):
        player.give_back()


def still_fits(player: Any, world: Any) -> bool:
    """Tell whether products and users are those for which ``player`` was made."""
    return not isinstance(player, Player) or player.fits(world)


def _kind_of(agent: Any) -> type[Player] | None:
    """Return the class of players for an agent, going by the exact types of all its parts."""
    kind = next((kind for kind in KNOWN if isinstance(agent, kind)), None)
    if kind is None or not _only_makes(type(agent), kind) or type(agent.features) is not FeatureEngineer:
        return None
    if any(map(_has_methods_set, [agent, *(getattr(agent, name, None) for name in sorted(PARTS))])):
        return None
    evidence, by_width = type(agent.evidence), goes_by_width(agent.exploration)
    if kind is LinUCBAgent:
        return Counts if by_width and evidence in (Evidence, WindowedEvidence, DiscountedEvidence) else None
    if kind is NeuralUCBAgent:
        return Blocks if by_width and evidence is Evidence else None
    if len(agent.features.cells) > FEW:
        return None
    if kind is SharedLinUCBAgent:
        return Table if by_width and evidence in (Evidence, WindowedEvidence) else None
    training, memory = type(agent.training), type(agent.memory)
    if training not in (Replay, Frozen) or agent.training.every == 1:
        return None
    if by_width and memory in (Everything, Fresh):
        return Table
    return Embedded if memory in (Everything, Window, Discount, Fresh, HeadAlone) else None


def _only_makes(kind: type, known: type) -> bool:
    """Tell whether a class says how an agent of a ``known`` class is made, and changes nothing that it does."""
    ways = kind.__mro__[: kind.__mro__.index(known)]
    names = {name for way in ways for name in vars(way)} - {"__init__"} - vars(_Nothing).keys()
    return names.isdisjoint({*dir(known), *READ})


class _Nothing(Agent):
    """Has the names that every class has."""


def _has_methods_set(part: Any) -> bool:
    """Tell whether a method of an object was set on the object itself."""
    return any(callable(getattr(type(part), name, None)) for name in vars(part)) if hasattr(part, "__dict__") else False
