"""Agents in a world, step by step, and what came of it (chapter 0)."""

from zoolib.experiment.interrupts import interrupts_between_steps
from zoolib.experiment.progress import bar
from zoolib.experiment.run import Results, draw_users, replicate, run
from zoolib.experiment.serve import serve
from zoolib.experiment.slates import show_slates
from zoolib.faces import later

__getattr__ = later(
    __name__,
    {
        "cache": ["gather"],
        "metrics": ["Interval", "mean_interval", "paired_difference", "rolling"],
        "sweeps": ["cluster", "store", "stored", "summarize", "sweep"],
    },
)
