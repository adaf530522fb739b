"""The families of chapter 7 and their dials; a *kind* names a family and where its dials stand, and is parsed again.

All have the same dials wherever they apply: the weight of exploration; what is forgotten; the prior lambda; and with a
network the step size, the buffer to draw from, and after how many clicks a training comes.
"""

from dataclasses import dataclass
from typing import Any

import zoolib as zoo
from zoolab.experiments import cells
from zoolab.experiments.contest import Factor, Setting
from zoolab.rivals import EpsilonGreedyAgent, InverseGap

N_STEPS = 40_000
TOP = 20_000  # clicks; whoever remembers more remembers everything


@dataclass(frozen=True)
class Forgetting:
    """A dial for what is forgotten: None is nothing, ``("window", n)`` all but the last n clicks.

    ``("discount", n)`` lets clicks fade by gamma = 1 - 2/n, so that those remembered are on average as old as in a
    window of n.

    >>> Forgetting("window", "discount").around(("window", 4000), 3)
    [('window', 1300), ('window', 12000), ('discount', 4000)]
    """

    ways: tuple[str, ...]
    start: Any = None

    def __init__(self, *ways: str) -> None:
        object.__setattr__(self, "ways", ways)

    def around(self, value: Any, factor: float) -> list[Any]:
        """Return its neighbours at that distance: shorter, longer, and as long in the other way."""
        if value is None:
            return [(way, TOP) for way in self.ways]
        length = Factor(value[1], top=TOP, whole=True)
        near = [None if n is None else (value[0], n) for n in length.around(value[1], factor)]
        return near + [(way, value[1]) for way in self.ways if way != value[0]]


@dataclass(frozen=True)
class Family:
    """A family: its class, the encoding it sees, its dials, and settings with which its search begins."""

    agent: type[zoo.UCBAgent]
    encoding: str
    dials: dict[str, Any]
    starts: tuple[Setting, ...]
    training: str = ""


DISJOINT, SHARED = (zoo.LinUCBAgent, "onehot"), (zoo.SharedLinUCBAgent, "onehot")
CROSSED, NEURAL = (zoo.SharedLinUCBAgent, "crossed"), (zoo.NeuralLinearAgent, "onehot")
GREEDY = (EpsilonGreedyAgent, "onehot")

ALPHA, RIDGE, LR = Factor(0.3, bottom=0.01), Factor(1.0), Factor(0.01)
BUFFER = Factor(10_000, bottom=100, floor=64, top=TOP, ceiling=N_STEPS, whole=True)
EVERY = Factor(50, whole=True)
LINEAR = {"alpha": ALPHA, "memory": Forgetting("window", "discount"), "ridge": RIDGE}
REPLAY = {"lr": LR, "buffer": BUFFER, "every": EVERY}
FRESH = {"alpha": ALPHA, "memory": Forgetting("fresh"), "ridge": RIDGE}
FADING = {"alpha": ALPHA, "memory": Forgetting("discount"), "ridge": RIDGE}  # on log-odds no click can be taken out


def _family(
    agent: type[zoo.UCBAgent], encoding: str, dials: dict[str, Any], *starts: Setting, training: str = ""
) -> Family:
    here = {name: dial.start for name, dial in dials.items()}
    return Family(agent, encoding, dials, tuple(here | one for one in starts), training)


# Each search begins at the best of its starts: the standard setting of its chapter, and the best that was known of
# the family, by an earlier grid or by a reader.
LOW, HIGH, LONG = {"alpha": 0.2}, {"alpha": 1.0}, {"alpha": 1.0, "memory": ("window", 5500)}
FADES, FADES_SOON = {"alpha": 1.0, "memory": ("discount", 10_000)}, {"alpha": 0.3, "memory": ("discount", 4000)}
FAMILIES = {
    "LinUCB": _family(*DISJOINT, LINEAR, LOW, HIGH, FADES_SOON),
    "Shared": _family(*SHARED, LINEAR, LOW, {"alpha": 1.0, "memory": ("window", 2500)}),
    "Shared, crossed": _family(*CROSSED, LINEAR, LOW, LONG, FADES),
    "Shared, crossed, inverse gap": _family(
        *CROSSED,
        {"greed": Factor(100.0), "memory": Forgetting("window", "discount"), "ridge": RIDGE},
        {"greed": 100.0},
        {"greed": 300.0, "memory": ("window", 5500)},
    ),
    "Neural-Linear, online": _family(*NEURAL, LINEAR | {"lr": LR}, LOW, HIGH, training="online"),
    "Neural-Linear, replay": _family(
        *NEURAL,
        LINEAR | REPLAY,
        {"alpha": 0.3},
        {"alpha": 3.0, "lr": 0.0003, "ridge": 0.1, "buffer": 2500},
        LONG | {"lr": 0.0003, "ridge": 0.01, "buffer": 2500},
        training="replay",
    ),
    "Neural-Linear, fresh": _family(
        *NEURAL,
        FRESH | REPLAY,
        {"alpha": 0.3, "memory": ("fresh", 4000)},
        {"alpha": 1.0, "memory": ("fresh", 5500), "ridge": 0.01},
        training="replay",
    ),
    "Neural-Linear, frozen": _family(*NEURAL, LINEAR, {"alpha": 0.3}, LONG | {"ridge": 0.01}, training="frozen"),
    "Epsilon-greedy": _family(
        *GREEDY,
        {"epsilon": Factor(0.1, bottom=0.005)} | REPLAY,
        {"epsilon": 0.1},
        {"epsilon": 0.05, "buffer": 2500},
        training="replay",
    ),
    # these came later, and begin where the other linear families did
    "LinUCB, logistic": _family(cells.DisjointLogistic, "onehot", FADING, LOW, HIGH, FADES_SOON),
    "Shared, crossed, logistic": _family(cells.CrossedLogistic, "crossed", FADING, LOW, HIGH, FADES),
    "Hybrid": _family(cells.Hybrid, "crossed", LINEAR, LOW, FADES_SOON, FADES),
}


def kind(family: str, setting: Setting) -> str:
    """Return the name of a family where its dials stand so.

    >>> kind("LinUCB", {"alpha": 0.3, "memory": ("discount", 4000), "ridge": 1.0})
    'LinUCB: alpha 0.3, gamma 0.9995, ridge 1'
    """
    words = []
    for name, value in setting.items():
        if name != "memory":
            words.append(f"{name} {value:g}" if isinstance(value, (int, float)) else f"{name} {value}")
        elif value is not None:
            way, n = value
            words.append(f"gamma {round(1 - 2 / n, 6):g}" if way == "discount" else f"{way} {n}")
    return f"{family}: {', '.join(words)}"


def known(name: str) -> tuple[type[zoo.UCBAgent], str, dict[str, Any]]:
    """Return class, encoding and settings of a kind.

    >>> known("LinUCB: alpha 0.3, gamma 0.9995, ridge 1")[2]
    {'alpha': 0.3, 'ridge': 1.0, 'gamma': 0.9995}
    """
    family, _, words = name.partition(": ")
    one = FAMILIES[family]
    said = dict(word.split(" ") for word in words.split(", "))
    given: dict[str, Any] = {dial: float(said[dial]) for dial in ("alpha", "epsilon", "ridge", "lr") if dial in said}
    clicks = {way: int(said[way]) for way in ("window", "fresh", "buffer", "every") if way in said}
    if "gamma" in said:
        given["gamma"] = float(said["gamma"])
    if "greed" in said:
        given["exploration"] = InverseGap(float(said["greed"]))
    if not one.training:
        return one.agent, one.encoding, given | {way: n for way, n in clicks.items() if way == "window"}
    if one.training == "replay":
        given["training"] = zoo.Replay(clicks.get("buffer", 10_000), every=clicks.get("every", 50))
    else:
        given["training"] = {"online": zoo.Online(), "frozen": zoo.Frozen()}[one.training]
    if "memory" in one.dials:
        given["memory"] = _memory(one, clicks, given.pop("gamma", None))
    return one.agent, one.encoding, given


def _memory(family: Family, clicks: dict[str, int], gamma: float | None) -> Any:
    if gamma is not None:
        return zoo.Discount(gamma)
    if "fresh" in {*family.dials["memory"].ways, *clicks} or (family.training == "frozen" and "window" in clicks):
        n = clicks.get("fresh", clicks.get("window", N_STEPS))  # what is frozen is always fresh
        return zoo.Fresh(n)
    return zoo.Window(clicks["window"]) if "window" in clicks else zoo.Everything()
