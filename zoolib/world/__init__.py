"""Who comes, what is shown, and what it earns: the shops of the book (chapters 0, 6 and 8)."""

from zoolib.world.feature_shop import FeatureShop, random_value
from zoolib.world.features import ContextSpace, FeatureEngineer
from zoolib.world.grown_shop import GrownShop
from zoolib.world.pictures import Pictures
from zoolib.world.random_times import RandomTimes
from zoolib.world.shocks import SHOCK_DOG_TOY, SHOCK_FISH, Launch, Schedule, Shock, Shocks, Turnover
from zoolib.world.simulator import CATEGORIES, CLICK_TABLE, PERSONAS, TABLE, ZooplusSimulator
from zoolib.world.tastes import CLUSTER_SD, KINDS, Conditions, Layout, Segments
