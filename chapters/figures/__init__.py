"""What the pages draw: figures that move (:mod:`figures.moving`), and the figures and counts of single chapters."""

from figures.moving import Moving, band, contexts, principal_plane
from figures.svg import Axis, Bars, Line, Points
