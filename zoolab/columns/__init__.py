"""What a linear model may see of a visitor and a product: written down, fitted to a log, or learned (chapter 8)."""

from zoolab.columns.batched import BatchedEvidence, BatchedLogistic
from zoolab.columns.click_network import AdamW, ClickNetwork, sigmoid
from zoolab.columns.feature_shop import FeatureShop, random_value
from zoolab.columns.fitted import Boosted, KMeans, Unmixed, chosen_together
from zoolab.columns.fixed import Crossed, FeatureMap, Identity, RandomFourier, crossed, with_one
from zoolab.columns.learned import Learned
from zoolab.columns.logistic import LogisticEvidence
from zoolab.columns.mapped import HeadAgent, MappedAgent
from zoolab.columns.new_columns import drop_columns
from zoolab.columns.pairs import Pairs, WithProduct, tents
from zoolab.columns.pictures import Pictures
from zoolab.columns.screened import Projected, Screened, directions, screen, significant_pairs
from zoolab.columns.serve import Problem, serve
from zoolab.columns.tastes import CLUSTER_SD, KINDS, Conditions, Layout, Segments
