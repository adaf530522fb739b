"""``python -m zoolab.logs`` fetches what chapters 9 and 10 read into the Python environment, once."""

from zoolab.logs.packages import fetch

fetch()
