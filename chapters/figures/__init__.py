"""What single chapters alone draw and count; what several need is in :mod:`zoolib.book`."""
