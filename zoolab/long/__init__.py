"""Long experiments: sweeps whose results are kept."""

from zoolab.long.cache import Cache, gather
from zoolab.long.sweeps import cluster, combinations, summarize, sweep
from zoolab.long.tables import DATA, intervals, store
