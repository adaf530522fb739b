"""The pet shop as a page on this machine: ``make shop``, or ``python -m zoolab.serving.shop`` (chapter 6).

The funnel of the chapter serves a grown shop of some thousands of products. The reader clicks, or lets simulated
visitors click, sees payoff, uncertainty and score of everything shown and the learning as it happens, and lets shocks
come and go. All of it lives in the store and is there again after a restart.
"""

from zoolab.serving import extra

extra("starlette")  # a missing extra says how to install it

from zoolab.serving.shop.app import create_app  # noqa: E402
from zoolab.serving.shop.shop import Shop  # noqa: E402

__all__ = ["Shop", "create_app"]
