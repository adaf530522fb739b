"""From a notebook to a system: retrieval, a store that survives, a funnel (chapter 6).

Needs the extra ``production``: ``python -m pip install "zoolib[production]"``.
"""

from zoolib.production.embedder import Embedder
from zoolib.production.erasure import erase, retire
from zoolib.production.feedback import FeedbackQueue
from zoolib.production.funnel import STAGES, Funnel, timed
from zoolib.production.kept_scores import KeptScores
from zoolib.production.ledger import Ledger
from zoolib.production.optional import extra
from zoolib.production.ranking import InverseGapRanking, Posterior, Ranked, Ranking, UCBRanking
from zoolib.production.records import CLICK, UNKNOWN, Decision, Message, Outcome, Sums, Visitor
from zoolib.production.retrieval import Arrivals, Retriever, Rule, recall
from zoolib.production.stores import LMDBStore, RedisStore, open_store
from zoolib.production.stores.base import Put, Store, StoreUnavailableError, Update, Values
from zoolib.production.stores.codec import UnreadableValueError, pack, understood, unpack
from zoolib.production.towers import TwoTowers, train_phi
from zoolib.production.versions import RetiredModelError, StaleModelError
from zoolib.production.watch import Alarm, Canary, Skew, feature_skew
