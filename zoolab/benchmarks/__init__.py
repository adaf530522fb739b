"""How fast zoolib is: against the literal versions of its own algorithms, and against the libraries of others.

``python -m zoolab.benchmarks`` (``make -C zoolab bench``) times the first, with ``--peers`` (``make -C zoolab
bench-peers``) both. Times are CPU times of one thread. What is compared is timed in turns, several rounds of it, so
that a busy machine slows all alike; ratios are taken within a round, and their medians are reported.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[variable] = "1"
