"""How much memory a process has taken; light to import, so that it takes none itself."""

from __future__ import annotations

import resource
import sys


def peak_mb() -> float:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
