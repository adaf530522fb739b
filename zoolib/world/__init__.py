"""Who comes, what is shown, and what it earns: the shops of the book (chapters 0, 6 and 8)."""

from zoolib.world.features import ContextSpace, FeatureEngineer
from zoolib.world.random_times import RandomTimes
from zoolib.world.shocks import SHOCK_DOG_TOY, SHOCK_FISH, Launch, Schedule, Shock, Shocks, Turnover
from zoolib.world.simulator import CATEGORIES, CLICK_TABLE, PERSONAS, TABLE, ZooplusSimulator
