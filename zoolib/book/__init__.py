"""What the pages of the book need: claims and sources; nothing here is needed to run a bandit."""

import lazy_loader

_LATER = {"claims": ["CLAIM_MIME", "KINDS", "NOTHING_RANDOM", "SHORT_WORDS", "claim", "made"], "notebook": ["source"]}
__getattr__, _, _ = lazy_loader.attach(__name__, submod_attrs=_LATER)
