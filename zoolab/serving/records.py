"""What a ledger keeps: decisions with their verdicts, and the sums of evidence (chapter 6)."""

import enum
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np

from zoolab.serving.stores.codec import UnreadableValueError, pack, understood, unpack
from zoolib import checks

GROUPINGS = ("shared", "segment", "user")  # whose clicks make one body of evidence
UNKNOWN, NO_CLICK, CLICK = -1, 0, 1  # verdicts on something shown
LARGEST_X, LARGEST_Z = 1e6, 1e4  # in size; a thousand embeddings of 1e7 would leave nothing of all others in A


def bounded(name: str, value: np.ndarray, shape: Sequence[int | None], largest: float) -> None:
    """Refuse what is not of ``shape`` (None: any length), not finite, or larger than ``largest``."""
    if (size := np.abs(checks.finite(name, value, shape)).max(initial=0.0)) > largest:
        raise ValueError(f"{name} must lie between -{largest:g} and {largest:g}, got {size:g} in size")


@dataclass(frozen=True)
class Visitor:
    """Who comes: features, ``(d_u,)``, and the names that are needed where evidence is kept by user or segment."""

    x: np.ndarray
    id: str = ""
    segment: str = ""

    def group(self, grouping: str) -> str:
        """Return the group whose evidence serves this visitor, where evidence is kept by ``grouping``."""
        if checks.choice("grouping", grouping, GROUPINGS) == "shared":
            return "shared"
        kind = "segment" if grouping == "segment" else "id"
        name = getattr(self, kind)
        if not isinstance(name, str) or not 0 < len(name.encode()) <= 200:
            raise ValueError(f"the visitor's {kind} must be a name, got {name!r}")
        return f"{grouping}:{name}"


class Outcome(enum.Enum):
    """What became of a message."""

    COUNTED = "counted"  # the first verdict on what was shown
    CORRECTED = "corrected"  # a click on what had been counted as not clicked
    REPEATED = "repeated"  # it says nothing new
    UNKNOWN = "unknown"  # no such decision, or it is forgotten, or this was not shown in it


class Message(NamedTuple):
    """What a page reports: in decision ``decision``, ``arm`` was clicked (1) or not (0)."""

    decision: str
    arm: int
    reward: int


@dataclass
class Decision:
    """What was shown to somebody, in order.

    Attributes
    ----------
    arms, X
        ``(n,)`` product numbers, and their ``(n, d)`` raw contexts, float32 or float64: what a later phi embeds.
    score, propensity
        ``(n,)``; the probability with which this place went to this arm, NaN where the choice was not random.
    group, model
        Whose evidence it used, and adds to; version of the phi that scored it.
    id, made
        A name nobody can guess, and the time in seconds since 1970.
    verdict, counted
        ``(n,)``: -1 none yet, 0 no click, 1 click; ``{version: (n,)}``, those that are in that version's evidence.
    payoff, width, stored
        ``(n,)``, of what the score is made, while it is new; the value from which it was read, once it is not.
    """

    arms: np.ndarray
    X: np.ndarray
    score: np.ndarray
    propensity: np.ndarray
    group: str
    model: str
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    made: float = 0.0
    verdict: np.ndarray = None  # type: ignore[assignment]
    counted: dict[str, np.ndarray] = field(default_factory=dict)
    payoff: np.ndarray | None = None
    width: np.ndarray | None = None
    stored: bytes | None = None

    def __post_init__(self) -> None:
        if self.verdict is None:
            self.verdict = np.full(len(self.arms), UNKNOWN, dtype=np.int8)

    @property
    def key(self) -> str:
        """Where it is stored."""
        return f"decision/{self.id}"

    def told(self, verdicts: Iterable[tuple[int, int]]) -> tuple[np.ndarray, list[Outcome]]:
        """Return the verdicts once these are in, pairs of arm and reward, and what became of each; nothing changes."""
        verdict, outcomes = self.verdict.copy(), []
        for arm, reward in verdicts:
            if (at := next(iter(np.flatnonzero(self.arms == arm)), None)) is None:
                outcomes.append(Outcome.UNKNOWN)
            elif reward <= verdict[at]:
                outcomes.append(Outcome.REPEATED)
            else:
                outcomes.append(Outcome.COUNTED if verdict[at] == UNKNOWN else Outcome.CORRECTED)
                verdict[at] = reward
        return verdict, outcomes

    def packed(self) -> bytes:
        """Return the value to store."""
        words = {name: getattr(self, name) for name in ("group", "model", "made")}
        arrays = {name: getattr(self, name) for name in ("arms", "X", "score", "propensity", "verdict")}
        arrays |= {f"counted {version}": counted for version, counted in self.counted.items()}
        return pack(self.key, "decision", words, arrays)

    @classmethod
    def unpacked(cls, key: str, value: bytes | None) -> Self | None:
        """Return the decision in a value; None if there is none."""
        if value is None:
            return None
        words, arrays = unpack(key, "decision", value)
        with understood(key):
            counted = {name.removeprefix("counted "): arrays.pop(name) for name in list(arrays) if " " in name}
            known = cls(id=key.removeprefix("decision/"), counted=counted, stored=value, **words, **arrays)
            checks.instance("group", known.group, str)
            checks.real("made", known.made, -np.inf)
            verdicts = [known.verdict, *counted.values()]
            if {a.shape for a in (known.arms, *verdicts, known.X[:, 0])} != {(len(known.arms),)}:
                raise ValueError("its arrays disagree about how many products were shown")
            if not all(a.dtype == np.int8 and UNKNOWN <= a.min() <= a.max() <= CLICK for a in verdicts if a.size):
                raise ValueError("its verdicts must be -1, 0 or 1")
            return known


@dataclass
class Sums:
    """The evidence of one group under one model version: A, b, how much was shown and how often it was clicked."""

    A: np.ndarray
    b: np.ndarray
    n_shown: int = 0
    n_clicks: int = 0

    @classmethod
    def prior(cls, d: int, ridge: float) -> Self:
        """Return the evidence of no clicks."""
        return cls(ridge * np.eye(d), np.zeros(d))

    def count(self, z: np.ndarray, verdict: int, before: int) -> None:
        """Bring the sums up to date where the verdict on ``z`` that they have counted was ``before``.

        A ``verdict`` of -1 takes it out of them. A ``ValueError`` refuses a z that is not finite, of another length, or
        has entries above 10,000 in size.
        """
        bounded("z", z, self.b.shape, LARGEST_Z)
        z = np.asarray(z)
        verdict, before = (checks.whole("verdict and before", one, UNKNOWN, CLICK) for one in (verdict, before))
        if more := (before == UNKNOWN) - (verdict == UNKNOWN):
            self.A += more * np.multiply.outer(z, z)
            self.n_shown += more
        change = max(verdict, 0) - max(before, 0)
        self.b += change * z
        self.n_clicks += change

    def packed(self, key: str, ridge: float) -> bytes:
        """Return the value to store under ``key``."""
        words = {"ridge": checks.real("ridge", ridge, 0.0), "n_shown": self.n_shown, "n_clicks": self.n_clicks}
        return pack(key, "evidence", words, {"A": self.A, "b": self.b})

    @classmethod
    def unpacked(cls, key: str, value: bytes | None, d: int, ridge: float) -> Self:
        """Return the sums in a value; those of the prior if there is none."""
        if value is None:
            return cls.prior(d, ridge)
        words, arrays = unpack(key, "evidence", value)
        with understood(key):
            if (found := (arrays["A"].shape, words["ridge"])) != ((d, d), ridge):
                said = "the evidence at {!r} is of shape {} with ridge {}, but {} with ridge {} was asked for"
                raise UnreadableValueError(said.format(key, *found, (d, d), ridge))
            A, b = checks.finite("A", arrays["A"], (d, d)), checks.finite("b", arrays["b"], (d,))
            return cls(A, b, *checks.wholes(0, n_shown=words["n_shown"], n_clicks=words["n_clicks"]))
