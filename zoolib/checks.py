"""What every public function asks of its arguments, said once and in one voice.

Each check returns the argument in the form in which it is used, or raises a ``ValueError`` or ``TypeError`` that names
the argument, what it was and what is allowed. Nothing is changed before all checks have passed.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

Shape = tuple[int, ...]
MOST = 2**31 - 1  # of whatever is counted: more would not end, or not fit
LARGEST = float(np.finfo(float).max)


def whole(name: str, value: Any, low: int, high: float | None = None) -> int:
    """Return ``value`` as an ``int`` in ``[low, high]``; unless told, only what begins at 0 has no end, like seeds."""
    high = (MOST if low > 0 else np.inf) if high is None else high
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if not low <= value <= high:
        allowed = f"at least {low}" if value < low and high >= MOST else f"between {low} and {high}"
        raise ValueError(f"{name} must be {allowed}, got {value}")
    return int(value)


def real(name: str, value: Any, low: float, high: float = np.inf, open_low: bool = False) -> float:
    """Return ``value`` as a finite ``float`` in ``[low, high]``, or in ``(low, high]`` if ``open_low``."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {value!r}")
    if not (abs(value) <= LARGEST and low <= value <= high) or (open_low and value == low):
        raise ValueError(f"{name} must be a finite number in {'[('[open_low]}{low}, {high}], got {value}")
    return float(value)


def wholes(low: int, /, **values: Any) -> list[int]:
    """Return each of the named ``values`` as an ``int`` of at least ``low``: ``a, b = wholes(1, a=a, b=b)``."""
    return [whole(name, value, low) for name, value in values.items()]


def choice(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Return ``value``, which must be one of the words ``allowed``."""
    words = tuple(allowed)
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}, got {value!r}")
    return value


def instance(name: str, value: Any, *kinds: type) -> Any:
    """Return ``value``, which must be an object of one of the classes ``kinds``."""
    if not isinstance(value, kinds):
        wanted = " or ".join(("an " if kind.__name__[0] in "AEIOU" else "a ") + kind.__name__ for kind in kinds)
        raise TypeError(f"{name} must be {wanted}, got {type(value).__name__}")
    return value


def having(name: str, value: Any, *wanted: str) -> Any:
    """Return ``value``, an object of any class that has the attributes or methods ``wanted``."""
    for one in wanted:
        if not hasattr(value, one):
            raise TypeError(f"{name} must have {' and '.join(wanted)}, got {type(value).__name__}")
    return value


def items(name: str, value: Any, least: int = 0) -> tuple[Any, ...]:
    """Return all that ``value`` holds, which must be something that one can go through, of so many things at least."""
    try:
        found = tuple(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be a sequence, got {type(value).__name__}") from error
    if len(found) < least:
        raise ValueError(f"{name} must hold at least {least}, got {len(found)}")
    return found


def hashable(name: str, value: Any) -> Any:
    """Return ``value``, which must be something that can name a column or a key."""
    try:
        hash(value)
    except TypeError as error:
        raise TypeError(f"{name} must be a name, got {type(value).__name__}") from error
    return value


def path(name: str, value: Any) -> str:
    """Return ``value``, which must name a file or a folder."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(f"{name} must be a path, got {type(value).__name__}")
    text(name, found := os.fsdecode(value))
    if "\0" in found:
        raise ValueError(f"{name} must be a path, got {found!r}")
    return found


def text(name: str, value: Any) -> bytes:
    """Return ``value``, which must be text, in UTF-8."""
    try:
        return instance(name, value, str).encode(errors="surrogateescape")
    except UnicodeError as error:
        raise ValueError(f"{name} must be text that can be written, got {value[:40]!r}") from error


def array(name: str, value: Any) -> np.ndarray:
    """Return ``value`` as an array."""
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array, got {type(value).__name__}: {error}") from error


def called(name: str, value: Any) -> Any:
    """Return ``value``, which must be a function or something else that can be called."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, got {type(value).__name__}")
    return value


def words(name: str, value: Any) -> tuple[str, ...]:
    """Return ``value``, which must hold words and not be one."""
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"{name} must be a sequence of words, got {value!r}")
    return tuple(value)


def indices(name: str, value: Any, n: int, shape: Shape, more_axes: bool = False) -> Any:
    """Return ``value`` as indices in ``0 .. n-1`` of ``shape``: an ``int`` if that is ``()``.

    With ``more_axes``, further axes may follow those of ``shape``.
    """
    if not shape and not (more_axes and isinstance(value, (Sequence, np.ndarray))):
        if type(value) is int and 0 <= value < n:  # the fast way first: this runs at every step
            return value
        return whole(name, value, 0, n - 1)
    value = numbers(name, value, "whole")
    if (value.shape[: len(shape)] if more_axes else value.shape) != shape:
        raise ValueError(f"{name} must have shape {shape}, one entry a world, got {value.shape}")
    value = value.astype(np.int64, copy=False)
    if np.count_nonzero(value.view(np.uint64) >= n):  # negative ones look huge
        raise ValueError(f"{name} must lie between 0 and {n - 1}, got {value.min()} to {value.max()}")
    return value


def frozen(a: np.ndarray) -> np.ndarray:
    """Return ``a`` if nobody can write to it, or a copy of which that is so; a view is a copy's work, too."""
    if a.flags.writeable or a.base is not None:
        a = a.copy()
        a.flags.writeable = False
    return a


def clicks(name: str, value: Any, shape: Shape) -> Any:
    """Return ``value`` as rewards that are 0 or 1, of exactly ``shape``."""
    if not shape:
        if not (isinstance(value, (int, Real, np.bool_)) and (value == 0 or value == 1)):  # int first: fast
            raise ValueError(f"{name} must be 0 or 1, got {value!r}")
        return value if isinstance(value, (int, np.generic)) else float(value)  # a fraction is no number to NumPy
    value = numbers(name, value)
    if value.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, one entry a world, got {value.shape}")
    if np.count_nonzero((value == 0) | (value == 1)) < value.size:
        raise ValueError(f"{name} must be 0 or 1 in every world, got {np.unique(value)[:5]}")
    return value


def finite(name: str, value: Any, shape: Sequence[int | None]) -> np.ndarray:
    """Return ``value`` as a finite ``float64`` array of ``shape``, in which ``None`` stands for any length."""
    if shape == () and type(value) in (int, float, np.float64) and -LARGEST <= value <= LARGEST:  # fast: at every step
        return np.float64(value)
    value = numbers(name, value)
    got = value.shape
    if got != shape and (len(got) != len(shape) or any(s not in (None, n) for s, n in zip(shape, got, strict=True))):
        wanted = ", ".join("any" if s is None else str(s) for s in shape)
        raise ValueError(f"{name} must have shape ({wanted}), got {got}")
    value = value.astype(float, copy=False)
    if np.count_nonzero(np.isfinite(value)) < value.size:  # faster than "all" where there are few: it runs at each step
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return value


def numbers(name: str, value: Any, of: str = "real") -> np.ndarray:
    """Return ``value`` as an array of ``"real"`` or ``"whole"`` numbers."""
    value = array(name, value)
    if value.dtype.kind not in ("iu" if of == "whole" else "iufb"):
        raise TypeError(f"{name} must hold {of} numbers, got dtype {value.dtype}")
    return value


def table(name: str, value: Any) -> None:
    """Refuse what is not a table of the form ``{persona: {category: probability}}``."""
    if not isinstance(value, Mapping) or not all(isinstance(row, Mapping) for row in value.values()):
        raise TypeError(f"{name} must be {{persona: {{category: probability}}}}, got {value!r}")


def same_worlds(agent_shape: Shape, sim: Any) -> None:
    """Refuse what is no shop, and an agent that was made for another number of worlds than the shop holds."""
    if agent_shape != having("sim", sim, "batch_shape", "for_sale").batch_shape:
        raise ValueError(f"sim holds worlds of shape {sim.batch_shape}, but the agent was made for {agent_shape}")
