"""What the pages draw: figures that move (:mod:`figures.moving`), and the figures and counts of single chapters."""

from figures.moving import Moving, band, principal_plane
from figures.svg import HATCHES, Axis, Bars, Line, Points
