"""How much memory a process has taken; light to import, so that it takes none itself."""

import re
import resource
import sys
from pathlib import Path


def peak_mb() -> float:
    """Return the peak memory of this process so far, in MB.

    On Linux ``getrusage`` would count what the process had taken that started this one.
    """
    if sys.platform == "linux":
        return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
