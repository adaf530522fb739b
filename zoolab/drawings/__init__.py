"""Figures in the style of the house, and their drawings for wide and narrow pages."""

import lazy_loader

_LATER = {"drawings": ["NARROW", "WIDE", "drawing", "drawings", "keep"]}
__getattr__, _, _ = lazy_loader.attach(__name__, submodules=["palette", "plots"], submod_attrs=_LATER)
