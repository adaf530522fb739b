"""Agents in a world, step by step, and what came of it (chapter 0)."""

import lazy_loader

from zoolib.experiment.progress import bar, interrupts_between_steps
from zoolib.experiment.results import Results
from zoolib.experiment.run import draw_users, replicate, run

_LATER = {
    "metrics": ["Interval", "mean_interval", "paired_difference", "resampled", "rolling", "share", "steps_to_recover"],
    "tables": ["stored"],
}
__getattr__, _, _ = lazy_loader.attach(__name__, submodules=["metrics"], submod_attrs=_LATER)
