"""Agents in a world, step by step, and what came of it (chapter 0)."""

from zoolib.experiment.progress import bar, interrupts_between_steps
from zoolib.experiment.results import Results
from zoolib.experiment.run import draw_users, replicate, run
from zoolib.faces import later

_LATER = {
    "metrics": ["Interval", "mean_interval", "paired_difference", "rolling", "share"],
    "profiles": ["interquartile_mean", "performance_profile", "resampled", "stratified_bootstrap"],
    "recovery": ["steps_to_recover"],
    "tables": ["store", "stored"],
}
__getattr__ = later(__name__, _LATER)
