"""What a policy leaves behind: contexts, choices, rewards, and how probable each choice was (chapter 9).

A log is worth something to others only if it says with which probability each action was chosen. Everything here is
checked when it is made; what does not fit is refused by row and column, and nothing is left out in silence.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from numbers import Number
from typing import Any, Self

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from zoolib import checks

MOST_NUMBERS = 10**8  # of contexts, rows times columns
THOUSANDS = "[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?"
LEAST = float(np.finfo(float).tiny)  # what is below has lost digits, and its inverse may be infinite


@dataclass(frozen=True, eq=False)
class LoggedData:
    """A log of n choices among K actions, or R such logs in lockstep.

    Attributes
    ----------
    context
        ``(..., n, d)`` what was known before the choice.
    action, reward
        ``(..., n)`` what was chosen, 0 to K - 1, and what it earned, any finite number.
    propensity
        ``(..., n)`` the probability with which the logging policy chose it in that row, in (0, 1].
    n_actions
        Number of actions K.
    position
        ``(..., n)`` where it was shown, counted from 0; all 0 if nothing is said.
    actions, features
        Names of the K actions and of the d entries of a context, where they have names.

    Raises
    ------
    ValueError, TypeError
        If anything does not fit; the message names the column and the first row, counted from 0.
    """

    context: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    propensity: np.ndarray
    n_actions: int
    position: np.ndarray = field(default=None)  # type: ignore[assignment]
    actions: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n_actions = checks.whole("n_actions", self.n_actions, 1)
        shape = np.shape(self.action)
        if len(shape) not in (1, 2) or not np.size(self.action):
            raise ValueError(f"action must have shape (n,) or (R, n) with at least one row, got {shape}")
        action = _whole_numbers("action", self.action, shape)
        position = _whole_numbers("position", np.zeros(shape) if self.position is None else self.position, shape)
        reward, p = (_numbers(name, getattr(self, name), shape) for name in ("reward", "propensity"))
        refuse_rows("action", (action < 0) | (action >= n_actions), action, f"between 0 and {n_actions - 1}")
        refuse_rows("position", position < 0, position, "at least 0")
        refuse_rows("propensity", (p < LEAST) | (p > 1), p, "a probability in (0, 1]: the action was chosen, after all")
        context = np.asarray(self.context)
        if context.shape[:-1] != shape:
            raise ValueError(f"context must have shape {(*shape, 'd')}, one row a choice, got {context.shape}")
        context = checks.numbers("context", context).astype(float)
        refuse_cells("context", ~np.isfinite(context), context, "a finite number", self.features)
        for names, n, of in ((self.actions, n_actions, "actions"), (self.features, context.shape[-1], "features")):
            if names and len(names) != n:
                raise ValueError(f"{of} must name all {n}, got {len(names)} names")
        columns = {"context": context, "action": action, "reward": reward, "propensity": p, "position": position}
        for name, column in columns.items():
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        """Return the number of rows n."""
        return self.action.shape[-1]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """``()`` for one log, ``(R,)`` for R in lockstep."""
        return self.action.shape[:-1]

    def rows(self, index: Any) -> Self:
        """Return the log of some rows, the same of each replication."""
        try:
            index = np.arange(len(self))[index]
        except (IndexError, OverflowError, ValueError) as error:
            raise ValueError(f"index must pick some of {len(self)} rows: {error}") from None
        parts = {name: getattr(self, name)[..., index] for name in ("action", "reward", "propensity", "position")}
        return replace(self, context=self.context[..., index, :], **parts)

    def rewarded(self) -> int | np.ndarray:
        """Return in how many rows the reward is not 0."""
        n = (self.reward != 0).sum(-1)
        return n if self.batch_shape else int(n)


def log_of_frame(
    frame: pd.DataFrame,
    *,
    context: Sequence[str],
    action: str = "action",
    reward: str = "reward",
    propensity: str = "propensity",
    position: str | None = None,
    actions: Sequence[Any] | None = None,
) -> LoggedData:
    """Return the log that a table holds.

    Parameters
    ----------
    frame
        The table, one row a choice.
    context
        Names of the columns that were known before the choice. Numbers are taken as they are; a column of words becomes
        one column for each word (one-hot, sorted), and "1.5" is a word. A column of numbers with a few words in it, or
        with commas, is refused, and so are contexts of more than a hundred million numbers, rows times columns.
    action, reward, propensity, position
        Names of these columns; ``position`` may be missing. As a reward "1.5" is a number; an action "007" is a word.
    actions
        All actions that there were, in the order in which a policy will list them. If None, those that occur, sorted;
        then an action that was never shown is not known, and no policy can choose it.
    """
    if not isinstance(frame, pd.DataFrame) or not len(frame):
        raise ValueError("frame must be a DataFrame with at least one row")
    if isinstance(context, str):
        raise TypeError(f"context must be a sequence of column names, got {context!r}")
    context = [checks.hashable("context", name) for name in checks.items("context", context)]
    if later := [name for name in (action, reward, propensity) if name in context]:
        raise ValueError(f"context must hold what was known before the choice, which column {later[0]!r} was not")
    times = Counter(frame.columns)
    for name in (*context, action, reward, propensity, *([] if position is None else [position])):
        if times[name] != 1:
            how = "occurs twice" if times[name] else "is missing"
            raise ValueError(f"column {name!r} {how}; there are {_listed(map(repr, frame.columns))}")
        refuse_rows(f"column {name!r}", frame[name].isna().to_numpy(), frame[name].to_numpy(), "filled in, not NA")
    chosen = frame[action].to_numpy()
    if actions is None:
        word = np.array([isinstance(one, str) for one in chosen])
        refuse_rows(f"column {action!r}", word != word[0], chosen, "a word or a number, as in row 0: one kind for all")
    known = sorted(frame[action].unique().tolist()) if actions is None else list(actions)
    if len(set(known)) < len(known):
        raise ValueError(f"actions must be distinct, got {_listed(map(str, known))}")
    code = frame[action].map({name: place for place, name in enumerate(known)})
    unknown = code.isna().to_numpy()
    if unknown.any() and {str(one) for one in chosen[unknown]} & {str(one) for one in known}:
        kinds = type(known[0]).__name__, type(chosen[unknown].tolist()[0]).__name__
        raise TypeError(f"actions must be of the type that column {action!r} holds, {kinds[1]}, got {kinds[0]}")
    refuse_rows(f"column {action!r}", unknown, chosen, f"one of the actions {_listed(map(str, known))}")
    parts, features = [np.empty((len(frame), 0))], []
    for name in context:
        if (len(features) + 1) * len(frame) > MOST_NUMBERS:
            raise ValueError(f"context must hold at most {MOST_NUMBERS:,} numbers, and holds more with column {name!r}")
        column = frame[name].infer_objects()  # which leaves decimals as they are
        if is_numeric_dtype(column) or (column.dtype == object and all(isinstance(one, Number) for one in column)):
            parts.append(_numeric(frame, name)[:, None])
            features.append(str(name))
        else:
            no_number, as_words = np.isnan(_read_as_numbers(column)), column.astype(str)
            if no_number.mean() < 0.5 or as_words[no_number].str.fullmatch(THOUSANDS).all():
                allowed = "a number, as most of its entries are, written without commas"
                refuse_rows(f"column {name!r}", no_number, column.to_numpy(), allowed)
            at, words = pd.factorize(as_words, sort=True)
            if (len(features) + len(words)) * len(frame) > MOST_NUMBERS:
                many = f"{len(words):,} different words are as many columns of {len(frame):,} rows"
                raise ValueError(f"column {name!r} must hold a few words, each often, and {many}")
            parts.append((at[:, None] == np.arange(len(words))).astype(float))
            features += [f"{name}={word}" for word in words]
    return LoggedData(
        context=np.concatenate(parts, axis=1),
        action=code.to_numpy(dtype=np.int64),
        reward=_numeric(frame, reward),
        propensity=_numeric(frame, propensity),
        n_actions=len(known),
        position=None if position is None else _numeric(frame, position),
        actions=tuple(map(str, known)),
        features=tuple(features),
    )


def _listed(names: Iterable[str]) -> str:
    some = list(islice(names, 21))
    return ", ".join(some if len(some) < 21 else [*some[:20], "and more"])


def refuse_rows(name: str, wrong: np.ndarray, values: np.ndarray, allowed: str) -> None:
    """Raise a ``ValueError`` that names the first row, along the last axis, in which ``wrong`` is true, if any is."""
    if not wrong.any():
        return
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f"row {place[-1]}" + (f" of replication {place[0]}" if len(place) > 1 else "")
    more = f" ({wrong.sum():,} such rows)" if wrong.sum() > 1 else ""
    raise ValueError(f"{name}, {where}: must be {allowed}, got {values[place]!s}{more}")


def refuse_cells(name: str, wrong: np.ndarray, values: np.ndarray, allowed: str, columns: Sequence[str] = ()) -> None:
    """Raise a ``ValueError`` that names row and column of the first entry of ``values`` that is wrong, if any is."""
    if wrong.any():
        at = int(np.argwhere(wrong)[0][-1])
        refuse_rows(f"{name}, column {columns[at] if columns else at}", wrong[..., at], values[..., at], allowed)


def _numbers(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    value = checks.numbers(name, value)
    if value.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, one entry a row, got {value.shape}")
    refuse_rows(name, ~np.isfinite(value), value, "a finite number")
    return value.astype(float)


def _whole_numbers(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    column = _numbers(name, value, shape)
    no_whole = (column % 1 != 0) | (np.abs(column) > 2**53)  # not all of them exist beyond
    refuse_rows(name, no_whole, column, "a whole number")
    return column.astype(np.int64)


def _numeric(frame: pd.DataFrame, name: str) -> np.ndarray:
    numbers = _read_as_numbers(frame[name])
    refuse_rows(f"column {name!r}", ~np.isfinite(numbers), frame[name].to_numpy(), "a finite number")
    return numbers


def _read_as_numbers(column: pd.Series) -> np.ndarray:
    try:
        numbers = pd.to_numeric(column, errors="coerce")
    except OverflowError:  # of a whole number beyond all floats; as a word it is infinite
        numbers = pd.to_numeric(column.astype(str), errors="coerce")
    one_real = column.dtype.kind not in "mM" and numbers.dtype.kind != "c"  # and no time
    return numbers.to_numpy(dtype=float) if one_real else np.full(len(column), np.nan)
