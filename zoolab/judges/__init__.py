"""Judges of exercises: what ``zoo.check`` asks."""

from zoolab.judges.checking import Verdict, check
