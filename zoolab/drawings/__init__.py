"""Drawings of a figure for wide and narrow pages, beside its picture."""

from zoolab.drawings.drawings import NARROW, WIDE, drawing, drawings, keep
