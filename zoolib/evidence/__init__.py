"""What a click leaves behind in a linear model, and how sure it makes us (chapters 1, 2, 3 and 5).

For speed alone there are arms_last, tabular, tabular_window, blocks, eigen and together; the others are the definition.
"""

from zoolib.evidence.arms_last import ArmsLastEvidence
from zoolib.evidence.blocks import BlockEvidence
from zoolib.evidence.diagonal import DiagonalEvidence
from zoolib.evidence.digits import refuse_long
from zoolib.evidence.eigen import EigenEvidence
from zoolib.evidence.forgetting import DiscountedEvidence, WindowedEvidence, make_evidence
from zoolib.evidence.low_rank import LowRankFilter
from zoolib.evidence.ridge import Evidence
from zoolib.evidence.tabular import FEW, TabularEvidence
from zoolib.evidence.tabular_window import WindowedTabularEvidence, on_table
