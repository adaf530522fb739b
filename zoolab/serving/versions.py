"""Which model version is in force, and which are retired: what a store says of them (chapter 6)."""

from functools import lru_cache

from zoolab.serving.stores.codec import understood, unpack
from zoolib import checks

CURRENT = "model/current"


class StaleModelError(RuntimeError):
    """Another model version is in force than the caller has; nothing was counted."""


class RetiredModelError(ValueError):
    """The version that was named is retired: its evidence was deleted, for good."""


@lru_cache(maxsize=8)  # it hardly ever changes, and is read all the time
def version_in(value: bytes | None) -> str | None:
    """Return the version that a value of ``CURRENT`` names; None if there is none."""
    if value is None:
        return None
    with understood(CURRENT):
        return checks.instance("version", unpack(CURRENT, "current", value)[0]["version"], str)


def retirement(version: str) -> str:
    """Return the key at which it is noted that a version is retired."""
    return f"retired/{version}"


def not_retired(version: str, value: bytes | None) -> None:
    """Refuse a version at whose :func:`retirement` there is a value."""
    if value is not None:
        raise RetiredModelError(f"version must not be retired, and {version!r} is: its evidence was deleted, for good")
