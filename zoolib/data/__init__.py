"""Other people's data: logs, labelled rows, ratings (chapters 9 and 10)."""

from zoolib.data.classification import FORMS, ClassificationBandit, copies, scaled, shuffled
from zoolib.data.labelled_sets import SETS, LabelledData, labelled
from zoolib.data.logs import LoggedData, log_of_frame, refuse_cells, refuse_rows
from zoolib.data.packages import member
from zoolib.data.public_logs import movielens, open_bandit, production_prior, rating_log
from zoolib.data.unpacking import read_log
from zoolib.data.wheel import WheelBandit
