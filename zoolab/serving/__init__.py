"""From a notebook to a system: retrieval, a store that survives, a funnel (chapter 6).

Needs the extra ``production``: ``python -m pip install "zoolib[production]"``.
"""

from zoolab.serving.embedder import Embedder
from zoolab.serving.erasure import erase, retire
from zoolab.serving.funnel import STAGES, Funnel, timed
from zoolab.serving.grown_shop import GrownShop
from zoolab.serving.kept_scores import KeptScores
from zoolab.serving.ledger import Ledger
from zoolab.serving.optional import extra
from zoolab.serving.ranking import InverseGapRanking, Posterior, Ranked, Ranking, UCBRanking
from zoolab.serving.records import CLICK, UNKNOWN, Decision, Message, Outcome, Sums, Visitor
from zoolab.serving.retrieval import Arrivals, Retriever, Rule, recall
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import Put, Store, StoreUnavailableError, Update, Values
from zoolab.serving.stores.codec import UnreadableValueError, pack, understood, unpack
from zoolab.serving.stores.lmdb_store import LMDBStore
from zoolab.serving.stores.redis_store import RedisStore
from zoolab.serving.towers import TwoTowers, train_phi
from zoolab.serving.versions import RetiredModelError, StaleModelError
from zoolab.serving.watch import Alarm, Canary, Skew, feature_skew
