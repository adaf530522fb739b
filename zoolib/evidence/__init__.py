"""What a click leaves behind in a linear model, and how sure it makes us (chapters 1, 2, 3 and 5).

The definition is :mod:`~zoolib.evidence.ridge`, :mod:`~zoolib.evidence.forgetting`, :mod:`~zoolib.evidence.diagonal`
and :mod:`~zoolib.evidence.columns`; on a shelf of its own, for speed alone, stand :mod:`~zoolib.evidence.tabular`,
:mod:`~zoolib.evidence.blocks`, :mod:`~zoolib.evidence.batched` and :mod:`~zoolib.evidence.eigen`.
"""

from zoolib.evidence.batched import BatchedEvidence
from zoolib.evidence.blocks import BlockEvidence
from zoolib.evidence.columns import add_columns, drop_columns
from zoolib.evidence.diagonal import DiagonalEvidence
from zoolib.evidence.eigen import EigenEvidence
from zoolib.evidence.forgetting import DiscountedEvidence, WindowedEvidence, make_evidence
from zoolib.evidence.ridge import Evidence
from zoolib.evidence.tabular import TabularEvidence
