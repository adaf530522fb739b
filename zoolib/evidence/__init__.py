"""What a click leaves behind in a linear model, and how sure it makes us (chapters 1, 2, 3 and 5)."""

from zoolib.evidence.diagonal import DiagonalEvidence
from zoolib.evidence.forgetting import DiscountedEvidence, WindowedEvidence, make_evidence
from zoolib.evidence.ridge import Evidence, refuse_long
