"""What all benchmarks share: time in turns, and where it was taken."""

import datetime
import os
import platform
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch

Timed = Callable[[], float]  # does the work once and returns the CPU seconds of one step of one world


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def in_turns(contenders: Mapping[str, Timed], rounds: int) -> pd.DataFrame:
    """Return the seconds of each contender (columns) in each round (rows), after one round for warming up."""
    for timed in contenders.values():
        timed()
    return pd.DataFrame([{name: timed() for name, timed in contenders.items()} for _ in range(rounds)])


def machine() -> dict[str, str]:
    """Describe the machine and the versions, without naming anybody's machine."""
    cpuinfo = Path("/proc/cpuinfo")
    told = cpuinfo.read_text() if cpuinfo.exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": model[1].strip() if model else platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__.split("+")[0],
    }
