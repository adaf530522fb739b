"""From a notebook to a system: retrieval, a store that survives, a funnel (chapter 6).

Needs the extra ``production``: ``python -m pip install "zoolib[production]"``.
"""

from zoolib.production.codec import UnreadableValueError
from zoolib.production.embedder import Embedder
from zoolib.production.feedback import FeedbackQueue
from zoolib.production.funnel import Funnel
from zoolib.production.incremental import KeptScores
from zoolib.production.ledger import Ledger, StaleModelError
from zoolib.production.records import Decision, Message, Outcome, Sums, Visitor
from zoolib.production.retrieval import Arrivals, Retriever, Rule, recall
from zoolib.production.slate import Belief, Optimism, Sampling
from zoolib.production.store import Store, StoreUnavailableError, open_store

__all__ = [
    "Arrivals",
    "Belief",
    "Decision",
    "Embedder",
    "FeedbackQueue",
    "Funnel",
    "KeptScores",
    "Ledger",
    "Message",
    "Optimism",
    "Outcome",
    "Retriever",
    "Rule",
    "Sampling",
    "StaleModelError",
    "Store",
    "StoreUnavailableError",
    "Sums",
    "UnreadableValueError",
    "Visitor",
    "open_store",
    "recall",
]
