"""What a number may depend on besides the program: ``python tests/helpers/machine.py NOTEBOOK...`` notes it in them.

It also makes one output of what a busy machine has sent in parts.
"""

import os
import platform
import sys
from pathlib import Path

import nbformat
import numpy as np
import threadpoolctl


def kernel() -> str:
    """Return the name of the kernel that NumPy's OpenBLAS has chosen for this processor."""
    pools = [pool for pool in threadpoolctl.threadpool_info() if "numpy" in pool["filepath"]]  # faiss has one, too
    found = [pool["architecture"] for pool in pools if pool["internal_api"] == "openblas"]
    return f"OpenBLAS kernel {found[0]}" if found else "no OpenBLAS"


def here() -> str:
    versions = (
        f"Python {platform.python_version_tuple()[0]}.{platform.python_version_tuple()[1]}, NumPy {np.__version__}"
    )
    return f"{versions}, {kernel()} ({platform.system()} {platform.machine()})"


def threads() -> str:
    n = os.environ.get("OPENBLAS_NUM_THREADS", "as many threads as there are")
    return {"1": "one thread", "2": "two threads"}.get(n, n)


def stored_on(notebook: Path) -> str:
    return nbformat.read(notebook, as_version=4).metadata.get("stored_on", "a machine that was not noted down")


def join_parts(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return the outputs of a cell; what was printed in one go, but came in parts, is one of them."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else output
        if last is not output and last.output_type == output.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


if __name__ == "__main__":
    for name in sys.argv[1:]:
        nb = nbformat.read(name, as_version=4)
        nb.metadata["stored_on"] = here()
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = join_parts(cell.outputs)
        nbformat.write(nb, name)
