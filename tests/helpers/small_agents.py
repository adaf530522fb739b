"""What all agents keep to, for small ones: no window is longer than 100 clicks here, and no memory than 120."""

from zoolab.long import conformance


class AgentConformance(conformance.AgentConformance):
    n_steps = 150  # every window and memory is full by then and has let go; 300 is for agents that nobody knows
