"""What a linear model may see of a context: written down, drawn, fitted to a log, or learned (chapter 8)."""

from zoolib.maps.fitted import Boosted, KMeans, Unmixed, chosen_together
from zoolib.maps.fixed import Crossed, FeatureMap, Identity, RandomFourier, crossed, with_one
from zoolib.maps.learned import Learned
from zoolib.maps.pairs import Pairs, WithProduct, tents
from zoolib.maps.screened import Projected, Screened, directions, screen, significant_pairs
