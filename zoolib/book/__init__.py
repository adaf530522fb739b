"""What the pages of the book need: claims, figures, sources; nothing here is needed to run a bandit."""

from zoolib.faces import later

_LATER = {
    "claims": ["CLAIM_MIME", "KINDS", "NOTHING_RANDOM", "claim", "made"],
    "notebook": ["source"],
    "palette": [],
    "plots": [],
}
__getattr__ = later(__name__, _LATER)
