"""What all agents keep to, for small ones: no window is longer than 100 clicks here, and no memory than 120."""

from collections.abc import Callable
from typing import Any

from zoolab.long import conformance


class AgentConformance(conformance.AgentConformance):
    n_steps = 150  # every window and memory is full by then and has let go; 300 is for agents that nobody knows


def held(make: Callable[..., Any], **facts: Any) -> type:
    """Return the class of tests that an agent, ``make(features, rng)``, is held to; ``facts`` is what it is besides."""
    return type("Held", (AgentConformance,), {"make": staticmethod(make), **facts})
